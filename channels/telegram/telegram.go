package telegram

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
	f, _ := channels.Known("telegram")
	return f
}

const (
	// maxQuestion is the longest question of a poll, in UTF-16 units.
	// Source: core.telegram.org/bots/api, sendPoll.
	maxQuestion = 300
	// shortPoll and longPoll are the longest that a poll may be open: of older
	// servers, and since Bot API 9.6. Which holds is unsure, so that the longer
	// is a setting.
	shortPoll = 10 * time.Minute
	longPoll  = 2_628_000 * time.Second
	// maxUpload is the longest that bringing a picture to the staging chat may take.
	maxUpload = 5 * time.Minute
)

// Channel is one chat that a bot posts to.
type Channel struct {
	cfg     Config
	env     channels.Env
	client  *httpx.Client
	uploads *httpx.Client

	mu    sync.Mutex
	moved map[string]int64 // chats that got another number, by what the settings call them
}

// New makes a channel from its configuration; the error lists everything that
// is wrong with it. It does no I/O.
func New(c campaign.Channel, env channels.Env) (*Channel, error) {
	cfg, err := ParseConfig(c)
	if err != nil {
		return nil, err
	}
	client := func(within time.Duration) *httpx.Client {
		return httpx.New(httpx.Options{AllowPrivate: cfg.AllowPrivate, Timeout: within, Date: env.Date})
	}
	return &Channel{cfg: cfg, env: env, client: client(0), uploads: client(maxUpload), moved: map[string]int64{}}, nil
}

// Class is K6: nobody can tell what became of a lost answer.
func (c *Channel) Class() campaign.Class { return campaign.K6 }

// Check finds what Telegram would refuse.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	worded := c.worded(content)
	found := channels.Check(facts(), worded)
	if worded.Poll != nil {
		found = append(found, c.checkPoll(worded)...)
	}
	return found
}

// checkPoll finds what Telegram would refuse in a poll, whose question is the text.
func (c *Channel) checkPoll(content campaign.Content) []campaign.Finding {
	var found []campaign.Finding
	say := func(path, message, fix string) {
		found = append(found, campaign.Finding{Severity: campaign.SeverityError, Code: "P061", Path: path, Message: message, Fix: fix})
	}
	if len(content.Media) > 0 {
		say("poll", "a post has either pictures or a poll here", "remove one of them")
	}
	if n, _ := measure.UTF16(content.Text); n > maxQuestion {
		say("text", fmt.Sprintf("with a poll the text is its question, and %d over the limit of %d utf-16 units", n-maxQuestion, maxQuestion), fmt.Sprintf("shorten by %d", n-maxQuestion))
	}
	switch longest := c.longestPoll(); {
	case content.Poll.Ends > longest && !c.cfg.LongPolls:
		say("poll", fmt.Sprintf("the poll is open for %s, the limit is %s", content.Poll.Ends, longest), "end it sooner, or set long_polls: true for the channel after a try in a chat of your own")
	case content.Poll.Ends > longest:
		say("poll", fmt.Sprintf("the poll is open for %s, the limit is %s", content.Poll.Ends, longest), "end it sooner")
	}
	return found
}

func (c *Channel) longestPoll() time.Duration {
	if c.cfg.LongPolls {
		return longPoll
	}
	return shortPoll
}
