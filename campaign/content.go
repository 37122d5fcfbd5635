package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Digest is a lower-case hexadecimal SHA-256.
type Digest string

// DigestOf hashes bytes.
func DigestOf(b []byte) Digest {
	sum := sha256.Sum256(b)
	return Digest(hex.EncodeToString(sum[:]))
}

// Content is what leaves for one channel in one language, rendered at
// submission. It is stored once under its digest; deliveries point to it.
type Content struct {
	Text string `json:"text"`
	// Template is Text with its slots unfilled ("{count}"); equal to Text
	// where there are none. An approval binds the template and the slots' bounds.
	Template       string   `json:"template"`
	Slots          []Slot   `json:"slots,omitempty"`
	Language       string   `json:"language"`            // first language of a joined post
	Languages      []string `json:"languages,omitempty"` // all of a joined post, in order
	Media          []Media  `json:"media,omitempty"`
	Link           string   `json:"link,omitempty"`
	Card           *Card    `json:"card,omitempty"`   // of Link, where the poster makes it
	Thread         []string `json:"thread,omitempty"` // further parts, in order
	FirstComment   string   `json:"first_comment,omitempty"`
	ContentWarning string   `json:"content_warning,omitempty"`
	Visibility     string   `json:"visibility,omitempty"`
	Silent         bool     `json:"silent,omitempty"`
	Poll           *Poll    `json:"poll,omitempty"` // nil: none, or its options stand in Text
}

// Media is one picture or film of a post with all that must travel with it.
type Media struct {
	Digest Digest `json:"digest"`
	// Original is what the file was made of, where it is a rendition for a channel.
	Original Digest `json:"original,omitempty"`
	Name     string `json:"name"` // file name, for people
	Type     string `json:"type"` // "image/png"
	Bytes    int64  `json:"bytes"`
	Width    int    `json:"width"`
	Height   int    `json:"height"`
	Alt      string `json:"alt,omitempty"`
	Credit   string `json:"credit,omitempty"`
	Licence  string `json:"licence,omitempty"`
	Shows    string `json:"shows,omitempty"` // nobody, person, crowd
	// Card tells that it is a quote drawn on a photo, with speaker and credit in sight.
	Card    bool       `json:"card,omitempty"`
	Consent string     `json:"consent,omitempty"`
	Focus   [2]float64 `json:"focus"` // kept in frame: x, y from the top left, 0..1
}

// Pictures are all files that leave with the content: its media and the picture of its card.
func (c Content) Pictures() []Media {
	if c.Card == nil || c.Card.Picture == nil {
		return c.Media
	}
	return append(slices.Clone(c.Media), *c.Card.Picture)
}

// Uncredited is the credit line of a picture whose licence demands it and which
// nothing that readers see of the content says; "" where there is none. A card
// says it itself. Credits of several pictures may stand in one line.
func (c Content) Uncredited() string {
	seen := strings.Join(append([]string{c.Text, c.FirstComment}, c.Thread...), "\n")
	if c.Card != nil {
		seen += "\n" + c.Card.Title + "\n" + c.Card.Description
	}
	for _, m := range c.Pictures() {
		if !m.Card && strings.HasPrefix(m.Licence, "CC-BY") && !strings.Contains(seen, m.Credit) {
			return m.Credit
		}
	}
	return ""
}

// Slot is a place in a text that may change within bounds without a new
// approval: an integer filled in later, or the time of a movable anchor.
type Slot struct {
	Name  string `json:"name"`  // as it stands between braces in the template
	Value string `json:"value"` // as it stands in the text; "" while it is missing
	Kind  string `json:"kind"`  // "integer" or "time"
	// Min and Max bound the value: the integer itself, or Unix seconds of the
	// instant that a time slot shows.
	Min int64 `json:"min"`
	Max int64 `json:"max"`
	// At is the instant a time slot shows, in Unix seconds.
	At int64 `json:"at,omitempty"`
}

// Filled checks that the text is the template with every slot's value put in
// and every value within its bounds.
func (c Content) Filled() error {
	var values []string
	for _, s := range c.Slots {
		if s.Value == "" {
			return fmt.Errorf("the value %q is not filled in", s.Name)
		}
		v := s.At
		switch s.Kind {
		case "integer":
			n, err := strconv.ParseInt(s.Value, 10, 64)
			if err != nil || strconv.FormatInt(n, 10) != s.Value {
				return fmt.Errorf("the value %q is not a whole number", s.Name)
			}
			v = n
		case "time":
		default:
			return fmt.Errorf("the value %q is of unknown kind %q", s.Name, s.Kind)
		}
		if v < s.Min || v > s.Max {
			return fmt.Errorf("the value %q is outside what was approved", s.Name)
		}
		values = append(values, "{"+s.Name+"}", s.Value)
	}
	// In one pass: braces inside a value are text, not another slot.
	if strings.NewReplacer(values...).Replace(c.Template) != c.Text {
		return fmt.Errorf("the text is not the approved template with its values")
	}
	return nil
}

// Digest names the content exactly, slots' values included.
func (c Content) Digest() Digest { return digestJSON(c) }

// approved is the part of the content that an approval binds: everything but
// the values of slots, whose bounds it binds instead.
func (c Content) approved() Content {
	c.Text = ""
	slots := make([]Slot, len(c.Slots))
	for i, s := range c.Slots {
		s.Value, s.At = "", 0
		slots[i] = s
	}
	c.Slots = slots
	return c
}

func digestJSON(v any) Digest {
	b, err := json.Marshal(v)
	if err != nil {
		panic("campaign: " + err.Error()) // only plain data is passed
	}
	return DigestOf(b)
}

// Terms is everything besides the content that an approval binds.
type Terms struct {
	Takeover  TakeoverID    `json:"takeover"`
	Channel   ChannelID     `json:"channel"`
	Lane      LaneID        `json:"lane"`
	Language  string        `json:"language"`
	Rule      string        `json:"rule"`
	Tolerance time.Duration `json:"tolerance"`
	WaitFor   string        `json:"wait_for"`
	Repeat    bool          `json:"repeat"`
}

// ApprovalHash is what an approval binds: exactly what will leave, where, and by which time rule.
func ApprovalHash(c Content, t Terms) Digest {
	return digestJSON(struct {
		Content Content `json:"content"`
		Terms   Terms   `json:"terms"`
	}{c.approved(), t})
}

// linkPattern finds what platforms shorten or decorate: scheme, host (with user
// and port) and the rest of a link.
var linkPattern = regexp.MustCompile(`(?i)https?://([^\s/?#]+)[^\s]*`)

// Fingerprint is equal for two posts that readers of one account would take
// for the same: links count by host, white space and variation selectors do
// not count, the number of attachments does. No post of ours answers somebody
// else's, so there is no reply target in it. Nor are there a poll's options: not
// every list of own posts shows them, and a match that is missed would be a post
// made twice. The text is expected in NFC, as plans are normalised when they are
// submitted. Source: platforms.md §0.4.
func (c Content) Fingerprint() string {
	norm := NormalForm(strings.Join(append([]string{c.Text}, c.Thread...), "\n"))
	return string(DigestOf(fmt.Appendf(nil, "%s\x00%d", norm, len(c.Media))))[:32]
}

// NormalForm is the text as fingerprints compare it. It wants NFC.
func NormalForm(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Variation_Selector, r) {
			return -1
		}
		return r
	}, text)
	text = linkPattern.ReplaceAllStringFunc(text, linkHost)
	return strings.Join(strings.Fields(text), " ")
}

// sentenceEnd is what may follow a link without being part of it.
const sentenceEnd = ".,;:!?…)]}>\"'»”’"

// linkHost is a link's host in lower case, without user and port, and the
// punctuation that ends the sentence rather than the link.
func linkHost(link string) string {
	bare := strings.TrimRight(link, sentenceEnd)
	m := linkPattern.FindStringSubmatch(bare)
	if m == nil {
		return link
	}
	tail := link[len(bare):]
	host := strings.ToLower(m[1][strings.LastIndexByte(m[1], '@')+1:])
	if i := strings.LastIndexByte(host, ':'); i > 0 && strings.Trim(host[i+1:], "0123456789") == "" {
		host = host[:i]
	}
	return host + tail
}

// Identity derives the id of a delivery: loading a plan again finds the same
// deliveries instead of making new ones.
func Identity(t TakeoverID, p PlanID, post PostID, step string, ch ChannelID, language, occurrence string) DeliveryID {
	h := sha256.New()
	for _, s := range []string{string(t), string(p), string(post), step, string(ch), language, occurrence} {
		fmt.Fprintf(h, "%d:%s,", len(s), s) // length first: no two lists read the same
	}
	return DeliveryID("d_" + hex.EncodeToString(h.Sum(nil))[:20])
}

// Shown is the text of one visible part of a post as readers see it on a platform.
type Shown struct {
	Title string `json:"title,omitempty"` // where the platform has a place for one
	Text  string `json:"text"`
}
