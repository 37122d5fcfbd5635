package mastodon

import (
	"fmt"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// Platform is the kind of channel that this package makes.
func Platform() channels.Platform {
	f := facts()
	return channels.Platform{
		Name: f.Name, Class: f.Class, Limits: f.Limits, Capabilities: f.Capabilities,
		Open: func(id campaign.ChannelID, c campaign.Channel, env channels.Env) (channels.Channel, error) {
			return New(c, env)
		},
	}
}

// facts are what is known before the server was asked.
func facts() channels.Facts {
	f, _ := channels.Known("mastodon")
	return f
}

const (
	// keyWindow is how long a repeat is sent under one key: the server forgets
	// it after an hour. Source: platforms.md §2.7.
	keyWindow = 45 * time.Minute
	// settle is how long a post may take to stand in its account's list.
	// Source: platforms.md §2.7.
	settle = 2 * time.Minute
	// maxAnswer bounds a page of posts: those of some servers are long.
	maxAnswer = 4 << 20
)

// Channel is one account of a server.
type Channel struct {
	cfg     Config
	env     channels.Env
	client  *httpx.Client
	uploads *httpx.Client // with time for a film
	// pollFirst is the first wait for a picture that the server works on; each
	// next is twice as long.
	pollFirst time.Duration

	mu      sync.Mutex
	server  server   // what was learned last; its zero value is the careful one
	account identity // of the token it was asked with
	// deleted are keys of posts that the server once had and has no more. What
	// is forgotten by a restart is found out again.
	deleted map[string]bool
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
	return &Channel{cfg: cfg, env: env, client: client(0), uploads: client(maxUpload), pollFirst: time.Second}, nil
}

// Class is K1 where the server is known to recognise a repeat by its key, else
// K5. It goes by what Prepare or Inspect learned last.
func (c *Channel) Class() campaign.Class {
	if c.knowsKeys() {
		return campaign.K1
	}
	return campaign.K5
}

func (c *Channel) knowsKeys() bool {
	if c.cfg.Dedupes != nil {
		return *c.cfg.Dedupes
	}
	return c.known().software == softwareMastodon
}

// KeyWindow is how long a repeat under one key is safe.
func (c *Channel) KeyWindow() time.Duration { return keyWindow }

// ReadBack is good: the account's own posts can be listed.
func (c *Channel) ReadBack() (channels.Strength, time.Duration) { return channels.Good, settle }

// Check finds what the server would refuse, by its own limits once they are known.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	s := c.known()
	f := s.facts()
	// A content warning counts as part of each text.
	if warning := utf8.RuneCountInString(content.ContentWarning); f.Limits.Text > 0 {
		f.Limits.Text = max(1, f.Limits.Text-warning)
	}
	found := channels.Check(f, channels.Worded(content))
	if content.Poll != nil {
		found = append(found, s.checkPoll(content)...)
	}
	return found
}

// checkPoll finds what the server would refuse in the content's poll.
func (s server) checkPoll(c campaign.Content) []campaign.Finding {
	var found []campaign.Finding
	say := func(message, fix string) {
		found = append(found, campaign.Finding{Severity: campaign.SeverityError, Code: "P061", Path: "poll", Message: message, Fix: fix})
	}
	if len(c.Media) > 0 {
		say("a post has either pictures or a poll here", "remove one of them")
	}
	if n := len(c.Poll.Options); n > s.poll.options {
		say(fmt.Sprintf("the poll has %d options, the limit is %d", n, s.poll.options), fmt.Sprintf("remove %d", n-s.poll.options))
	}
	if c.Poll.Ends < s.poll.least || c.Poll.Ends > s.poll.most {
		say(fmt.Sprintf("the poll is open for %s; from %s to %s is possible", c.Poll.Ends, s.poll.least, s.poll.most), "choose another end")
	}
	return found
}
