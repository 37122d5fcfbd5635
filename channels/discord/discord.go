package discord

import (
	"fmt"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/measure"
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

func facts() channels.Facts {
	f, _ := channels.Known("discord")
	return f
}

const (
	// keyWindow is how long a nonce is counted on: Discord says "the past few
	// minutes". Source: platforms.md §9.7.
	keyWindow = 90 * time.Second
	// settle is how long a message may take to be listed. Source: platforms.md §9.7.
	settle = 10 * time.Second
	// maxRequest is the most bytes of a call with its files. Source: platforms.md §9.3.
	maxRequest = 25 << 20
	// maxQuestion is the longest question of a poll, in characters.
	maxQuestion = 300
	// publishWithin bounds a call with its files.
	publishWithin = 2 * time.Minute
	// maxAnswer bounds a page of messages.
	maxAnswer = 4 << 20
)

// Channel is one channel of a server.
type Channel struct {
	cfg    Config
	env    channels.Env
	client *httpx.Client

	mu  sync.Mutex
	bot identity
	// deleted are keys of posts that Discord once had and has no more. What is
	// forgotten by a restart is found out again.
	deleted map[string]bool
}

// New makes a channel from its configuration; the error lists everything that
// is wrong with it. It does no I/O.
func New(c campaign.Channel, env channels.Env) (*Channel, error) {
	cfg, err := ParseConfig(c)
	if err != nil {
		return nil, err
	}
	return &Channel{cfg: cfg, env: env, deleted: map[string]bool{}, client: httpx.New(httpx.Options{
		AllowPrivate: cfg.AllowPrivate, Timeout: publishWithin, MaxBody: maxAnswer, Date: env.Date,
	})}, nil
}

// Class is K1 for a bot, whose nonces are recognised, and K6 for a webhook.
func (c *Channel) Class() campaign.Class {
	if c.cfg.Hook {
		return campaign.K6
	}
	return campaign.K1
}

// KeyWindow is how long a repeat under one nonce is safe.
func (c *Channel) KeyWindow() time.Duration { return keyWindow }

// ReadBack is good for a bot, which can list the channel's messages.
func (c *Channel) ReadBack() (channels.Strength, time.Duration) {
	if c.cfg.Hook {
		return channels.Weak, 0
	}
	return channels.Good, settle
}

// Check finds what Discord would refuse. A sign that would be taken for markup
// counts twice: it leaves with a backslash before it.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	shown := channels.Worded(content)
	shown.Text = c.plain(shown.Text)
	shown.Thread = nil
	for _, text := range content.Thread {
		shown.Thread = append(shown.Thread, c.plain(text))
	}
	found := channels.Check(facts(), shown)
	say := func(path, message, fix string) {
		found = append(found, campaign.Finding{Severity: campaign.SeverityError, Code: "P061", Path: path, Message: message, Fix: fix})
	}
	var bytes int64
	for _, m := range content.Media {
		bytes += m.Bytes
	}
	if bytes > maxRequest {
		say("images", fmt.Sprintf("the pictures have %d bytes together, the limit is %d", bytes, maxRequest), "remove a picture, or make them smaller")
	}
	if p := content.Poll; p != nil {
		if len(content.Media) > 0 {
			say("poll", "a post has either pictures or a poll here", "remove one of them")
		}
		if n, _ := measure.CodePoints(content.Text); n > maxQuestion {
			say("text", fmt.Sprintf("with a poll the text is its question, and %d over the limit of %d characters", n-maxQuestion, maxQuestion), fmt.Sprintf("shorten by %d", n-maxQuestion))
		}
		if p.Ends < time.Hour || p.Ends%time.Hour != 0 {
			say("poll", fmt.Sprintf("the poll is open for %s; only whole hours are possible here", p.Ends), "choose whole hours")
		}
	}
	return found
}
