package sandbox

import (
	"fmt"
	"net/url"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Config is the section of a sandbox channel.
type Config struct {
	// Base is the server's address, base_url. Plain http and private addresses
	// are the rule here.
	Base *url.URL
	// Account is the account's name on the server.
	Account string
	Title   string // what the wall calls it
	Like    string // platform whose facts hold; "" is the sandbox's own
	Facts   channels.Facts
	// Class is what the account does with a repeat: class, else that of Like.
	Class campaign.Class
	// Settle is how long a post may take to show up in a list (settle); 2 s by default.
	Settle time.Duration
	// KeyWindow is how long a repeat under one key is safe; zero is for ever.
	KeyWindow time.Duration
}

// defaultBase is where `takeover sandbox` listens unless told otherwise.
const defaultBase = "http://127.0.0.1:8081"

const (
	defaultSettle = 2 * time.Second
	// safeKeyWindow leaves a margin below the hour that the server, like
	// Mastodon, remembers a key. Source: platforms.md §2.7.
	safeKeyWindow = 45 * time.Minute
	// discordKeyWindow is the shorter memory of Discord's nonces. Source: platforms.md §9.7.
	discordKeyWindow = 90 * time.Second
	// safeContainerLife leaves a margin below the day that a container lives.
	safeContainerLife = 23 * time.Hour
)

// ParseConfig reads a channel; the error lists everything that is wrong.
func ParseConfig(id campaign.ChannelID, c campaign.Channel) (Config, error) {
	s := channels.ReadSettings(c)
	s.Bool("allow_private") // may be said; it holds anyway
	cfg := Config{Account: string(id), Title: c.Handle, Like: c.Like, Settle: defaultSettle}
	base := s.Text("base_url")
	if base == "" {
		base = defaultBase
	}
	cfg.Base = s.URL("base_url", base, true)
	facts, ok := channels.Known(name(c.Like))
	if !ok {
		s.Fail("like", fmt.Sprintf("no platform is called %q", c.Like))
	}
	cfg.Facts, cfg.Class = facts, facts.Class
	if class := campaign.Class(s.Text("class")); class != "" {
		if class < campaign.K1 || class > campaign.K6 || len(class) != len(campaign.K1) {
			s.Fail("class", "it must be one of K1 to K6")
		}
		cfg.Class = class
	}
	if text := s.Text("settle"); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			s.Fail("settle", "it must be a duration, such as 2s")
		}
		cfg.Settle = d
	}
	switch {
	case cfg.Class == campaign.K1 && c.Like == "discord":
		cfg.KeyWindow = discordKeyWindow
	case cfg.Class == campaign.K1:
		cfg.KeyWindow = safeKeyWindow
	case cfg.Class == campaign.K3:
		cfg.KeyWindow = safeContainerLife
	}
	return cfg, s.Err()
}

// name is the platform whose facts hold.
func name(like string) string {
	if like == "" {
		return "sandbox"
	}
	return like
}
