package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
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
	Thread         []string `json:"thread,omitempty"` // further parts, in order
	FirstComment   string   `json:"first_comment,omitempty"`
	ContentWarning string   `json:"content_warning,omitempty"`
	Visibility     string   `json:"visibility,omitempty"`
	Silent         bool     `json:"silent,omitempty"`
}

// Media is one picture or film of a post with all that must travel with it.
type Media struct {
	Digest  Digest     `json:"digest"`
	Name    string     `json:"name"` // file name, for people
	Type    string     `json:"type"` // "image/png"
	Bytes   int64      `json:"bytes"`
	Width   int        `json:"width"`
	Height  int        `json:"height"`
	Alt     string     `json:"alt,omitempty"`
	Credit  string     `json:"credit,omitempty"`
	Licence string     `json:"licence,omitempty"`
	Shows   string     `json:"shows,omitempty"` // nobody, person, crowd
	Consent string     `json:"consent,omitempty"`
	Focus   [2]float64 `json:"focus"` // kept in frame: x, y from the top left, 0..1
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
	text := c.Template
	for _, s := range c.Slots {
		if s.Value == "" {
			return fmt.Errorf("the value %q is not filled in", s.Name)
		}
		v := s.At
		if s.Kind == "integer" {
			n, err := strconv.ParseInt(s.Value, 10, 64)
			if err != nil {
				return fmt.Errorf("the value %q is not a whole number", s.Name)
			}
			v = n
		}
		if v < s.Min || v > s.Max {
			return fmt.Errorf("the value %q is outside what was approved", s.Name)
		}
		text = strings.ReplaceAll(text, "{"+s.Name+"}", s.Value)
	}
	if text != c.Text {
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

// linkPattern finds what platforms shorten or decorate.
var linkPattern = regexp.MustCompile(`https?://[^\s]+`)

// Fingerprint is equal for two posts that readers of one account would take
// for the same: links count by host, white space and variation selectors do
// not count, the number of pictures does. The text is expected in NFC, as plans
// are normalised when they are submitted. Source: platforms.md §0.4.
func (c Content) Fingerprint() string {
	norm := NormalForm(strings.Join(append([]string{c.Text}, c.Thread...), "\n"))
	return string(DigestOf([]byte(fmt.Sprintf("%s\x00%d", norm, len(c.Media)))))[:32]
}

// NormalForm is the text as fingerprints compare it.
func NormalForm(text string) string {
	text = linkPattern.ReplaceAllStringFunc(text, func(s string) string {
		u, err := url.Parse(s)
		if err != nil || u.Host == "" {
			return s
		}
		return strings.ToLower(u.Host)
	})
	text = strings.Map(func(r rune) rune {
		if r == '\uFE0E' || r == '\uFE0F' {
			return -1
		}
		if unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
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
