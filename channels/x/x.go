package x

import (
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/measure"
	"github.com/ittakesacommunity/takeover/internal/oauth"
)

// Platform is the kind of channel that this package makes.
func Platform() channels.Platform {
	f, _ := channels.Known("x")
	return channels.Platform{
		Name: f.Name, Class: f.Class, Limits: f.Limits, Capabilities: f.Capabilities,
		Open: func(id campaign.ChannelID, c campaign.Channel, env channels.Env) (channels.Channel, error) {
			return New(c, env)
		},
	}
}

const (
	// settle is how long a post may take to stand in its account's list.
	// Source: platforms.md §1.7.
	settle = 5 * time.Minute
	// maxAnswer bounds a page of posts.
	maxAnswer = 1 << 20
	// maxForbidden is how many refusals "not permitted" in a row stand for an
	// account that may not post at all. Source: platforms.md §1.6.
	maxForbidden = 3
)

// Limits of polls. Source: platforms.md §1.2.
const (
	pollLeast = 5 * time.Minute
	pollMost  = 7 * 24 * time.Hour
	pollMany  = 4
)

// Channel is one account.
type Channel struct {
	cfg     Config
	env     channels.Env
	facts   channels.Facts
	client  *httpx.Client
	uploads *httpx.Client // with time for a large file
	// pollFirst is the shortest wait for a file that X works on.
	pollFirst time.Duration

	oauth     *oauth.App // of a channel that names no keys
	mu        sync.Mutex
	who       identity // of the keys it was asked with
	forbidden int      // refusals "not permitted" since the last post that was taken
}

// New makes a channel from its configuration; the error lists everything that
// is wrong with it. It does no I/O.
func New(c campaign.Channel, env channels.Env) (*Channel, error) {
	cfg, err := ParseConfig(c)
	if err != nil {
		return nil, err
	}
	client := func(within time.Duration) *httpx.Client {
		return httpx.New(httpx.Options{AllowPrivate: cfg.AllowPrivate, Timeout: within, MaxBody: maxAnswer, Date: env.Date})
	}
	ch := &Channel{cfg: cfg, env: env, facts: cfg.facts(), client: client(0), uploads: client(maxUpload), pollFirst: time.Second}
	ch.oauth = ch.app()
	return ch, nil
}

// facts are those of the platform as the settings change them.
func (cfg Config) facts() channels.Facts {
	f, _ := channels.Known("x")
	f.Limits.Text = cfg.MaxWeight
	if cfg.Threads {
		f.Capabilities = append(f.Capabilities, channels.CanThread)
	}
	if cfg.Old {
		f.Capabilities = slices.DeleteFunc(f.Capabilities, func(c string) bool { return c == channels.CanPoll })
	}
	return f
}

// Class is K4: X refuses a text that the account has said lately.
func (c *Channel) Class() campaign.Class { return campaign.K4 }

// ReadBack is weak: the list of own posts may lag, so that absence proves
// nothing; with redo_on_absent it is believed after five minutes.
func (c *Channel) ReadBack() (channels.Strength, time.Duration) {
	if c.cfg.Redo {
		return channels.Good, settle
	}
	return channels.Weak, settle
}

// cashtag is a name of a share; X takes one in a post. Source: platforms.md §1.4.
var cashtag = regexp.MustCompile(`(?:^|[^\pL\pN_$])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?\b`)

const gif = "image/gif"

// Check finds what X would refuse, and what it charges more for where the
// settings say how much.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	content = channels.Worded(content)
	found := channels.Check(c.facts, content)
	say := func(code, path, message, fix string) {
		found = append(found, campaign.Finding{Severity: campaign.SeverityError, Code: code, Path: path, Message: message, Fix: fix})
	}
	for i, text := range append([]string{content.Text}, content.Thread...) {
		path := "text"
		if i > 0 {
			path = fmt.Sprintf("thread[%d]", i-1)
		}
		if c.cfg.LinkPrice != "" && measure.XLink(text) {
			found = append(found, campaign.Finding{Severity: campaign.SeverityWarning, Code: "W067", Path: path,
				Message: "X charges " + c.cfg.LinkPrice + " for this post, as it has a link", Fix: "leave the link out where the post does not need it"})
		}
		if len(cashtag.FindAllString(text, 2)) > 1 {
			say("P051", path, "a post has one cashtag at most here", "write the others without $")
		}
	}
	if len(content.Media) > 1 && slices.ContainsFunc(content.Media, func(m campaign.Media) bool { return m.Type == gif }) {
		say("P061", "images", "a GIF stands alone here", "remove the other pictures, or use a JPEG or PNG")
	}
	if p := content.Poll; p != nil && c.facts.Can(channels.CanPoll) {
		switch {
		case len(content.Media) > 0:
			say("P061", "poll", "a post has either pictures or a poll here", "remove one of them")
		case p.Multiple:
			say("P061", "poll", "a reader has one vote here", "remove multiple")
		case len(p.Options) < 2 || len(p.Options) > pollMany:
			say("P061", "poll", fmt.Sprintf("the poll has %d options; 2 to %d are possible", len(p.Options), pollMany), "change the number of options")
		case p.Ends < pollLeast || p.Ends > pollMost:
			say("P061", "poll", fmt.Sprintf("the poll is open for %s; from %s to %s is possible", p.Ends, pollLeast, pollMost), "choose another end")
		}
	}
	return found
}
