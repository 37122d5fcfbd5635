package channels

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Check finds what a platform of these facts would refuse in the content. It
// is what adapters' own Check begins with; they pass the content as it will
// leave (see Worded) and the limits of the server at hand.
func Check(f Facts, c campaign.Content) []campaign.Finding {
	var found checks
	found.texts(f, c)
	found.abilities(f, c)
	found.pictures(f.Limits, c.Media)
	return found
}

// checks collects findings that forbid publishing.
type checks []campaign.Finding

func (s *checks) say(code, path, message, fix string) {
	*s = append(*s, campaign.Finding{Severity: campaign.SeverityError, Code: code, Path: path, Message: message, Fix: fix})
}

func (s *checks) texts(f Facts, c campaign.Content) {
	if strings.TrimSpace(c.Text) == "" && len(c.Media) == 0 {
		s.say("P050", "text", "the post is empty", "write a text or add a picture")
	}
	for i, text := range append([]string{c.Text}, c.Thread...) {
		pictures, path := len(c.Media), "text"
		if i > 0 {
			pictures, path = 0, fmt.Sprintf("thread[%d]", i-1)
		}
		n, valid := f.Measure(text)
		if limit := f.Limits.TextFor(pictures); limit > 0 && n > limit {
			s.say("P051", path, fmt.Sprintf("the text is %d over the limit of %d %s", n-limit, limit, f.Limits.TextUnit), fmt.Sprintf("shorten by %d", n-limit))
		} else if text != "" && !valid {
			s.say("P051", path, "the text has something that is not taken", "remove forbidden characters, or shorten it")
		}
	}
}

func (s *checks) abilities(f Facts, c campaign.Content) {
	if len(c.Thread) > 0 && !f.Can(CanThread) {
		s.say("P061", "thread", "there are no threads here", "remove the thread, or say it in one post")
	}
	if c.FirstComment != "" && !f.Can(CanFirstComment) {
		s.say("P061", "first_comment", "there is no first comment of our own here", "remove first_comment")
	}
	switch {
	case c.Poll == nil:
	case !f.Can(CanPoll):
		s.say("P061", "poll", "there are no polls here", "remove the poll, or write its options into the text")
	case f.Limits.PollOption > 0:
		for i, o := range c.Poll.Options {
			if n := utf8.RuneCountInString(o); n > f.Limits.PollOption {
				s.say("P061", "poll", fmt.Sprintf("option %d has %d characters, the limit is %d", i+1, n, f.Limits.PollOption), fmt.Sprintf("shorten it by %d", n-f.Limits.PollOption))
			}
		}
	}
}

func (s *checks) pictures(l campaign.Limits, media []campaign.Media) {
	if l.Images > 0 && len(media) > l.Images {
		s.say("P061", "images", fmt.Sprintf("%d pictures, the limit is %d", len(media), l.Images), fmt.Sprintf("remove %d", len(media)-l.Images))
	}
	if l.NeedsImage && len(media) == 0 {
		s.say("P061", "images", "a post needs a picture here", "add a picture")
	}
	for i, m := range media {
		path := fmt.Sprintf("images[%d]", i)
		if len(l.ImageTypes) > 0 && !slices.Contains(l.ImageTypes, m.Type) {
			s.say("P071", path, "pictures of the type "+m.Type+" are not taken", "use one of the types that this platform takes")
		}
		if l.ImageBytes > 0 && m.Bytes > l.ImageBytes {
			s.say("P072", path, fmt.Sprintf("the picture has %d bytes, the limit is %d", m.Bytes, l.ImageBytes), "make the picture smaller")
		}
		if n := int64(m.Width) * int64(m.Height); l.ImagePixels > 0 && n > l.ImagePixels {
			s.say("P072", path, fmt.Sprintf("the picture has %d pixels, the limit is %d", n, l.ImagePixels), "make the picture smaller")
		}
		if n := utf8.RuneCountInString(m.Alt); l.Alt > 0 && n > l.Alt {
			s.say("P072", path, fmt.Sprintf("the alt text has %d characters, the limit is %d", n, l.Alt), fmt.Sprintf("shorten it by %d", n-l.Alt))
		}
	}
}
