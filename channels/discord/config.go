package discord

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// publicAPI is where calls go, unless base_url says otherwise.
const publicAPI = "https://discord.com/api/v10"

// Config is the section of a Discord channel.
type Config struct {
	// Base is where calls go.
	Base *url.URL
	// Hook tells that posts go by a webhook, not by a bot.
	Hook bool
	// Channel is the number of the channel; "" for a webhook, which has its own.
	Channel string
	// Secret names the bot's token or the webhook's address; "" where the
	// channel is connected by command.
	Secret string
	// Markdown leaves what Discord takes for markup as it is written; else it
	// is shown as it stands.
	Markdown bool
	// Previews tells whether links are shown with a preview.
	Previews bool
	// Crosspost spreads posts of an announcement channel to its followers.
	Crosspost bool
	// AllowPrivate permits private addresses and plain http.
	AllowPrivate bool
}

// Modes of a channel, as the settings say them.
const (
	modeBot  = "bot"
	modeHook = "webhook"
)

var idForm = regexp.MustCompile(`^[1-9][0-9]{0,19}$`)

// ParseConfig reads the settings of c; the error lists everything that is wrong.
func ParseConfig(c campaign.Channel) (Config, error) {
	s := channels.ReadSettings(c)
	cfg := Config{AllowPrivate: s.Bool("allow_private"), Markdown: s.Bool("markdown"), Crosspost: s.Bool("crosspost"), Channel: s.Text("channel")}
	mode, token, hook := s.Text("mode"), s.Text("token"), s.Text("webhook")
	if mode == "" && hook != "" {
		mode = modeHook
	}
	cfg.Hook = mode == modeHook
	switch {
	case !slices.Contains([]string{"", modeBot, modeHook}, mode):
		s.Fail("mode", "it must be bot or webhook")
	case cfg.Hook && token != "":
		s.Fail("token", "a webhook has none; its address stands in webhook")
	case !cfg.Hook && hook != "":
		s.Fail("webhook", "a bot has none; set mode: webhook")
	case cfg.Hook && cfg.Crosspost:
		s.Fail("crosspost", "only a bot can do it")
	case cfg.Hook && hook != "":
		cfg.Secret = s.SecretRef("webhook", "")
	case !cfg.Hook && token != "":
		cfg.Secret = s.SecretRef("token", "")
	}
	if !cfg.Hook && cfg.Channel == "" {
		s.Fail("channel", "it is missing: it is the number of the channel that the bot posts to")
	}
	if cfg.Channel != "" && !idForm.MatchString(cfg.Channel) {
		s.Fail("channel", "write its number (Settings, Advanced, Developer Mode; then Copy Channel ID)")
		cfg.Channel = ""
	}
	switch shown := s.Text("link_preview"); shown {
	case "", "shown":
		cfg.Previews = true
	case "none":
	default:
		s.Fail("link_preview", "it must be shown or none")
	}
	base := s.Text("base_url")
	if base == "" {
		base = publicAPI
	}
	cfg.Base = s.URL("base_url", strings.TrimSuffix(base, "/"), cfg.AllowPrivate)
	return cfg, s.Err()
}
