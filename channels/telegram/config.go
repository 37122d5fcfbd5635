package telegram

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// publicAPI is where bots call, unless base_url says otherwise.
const publicAPI = "https://api.telegram.org"

// Config is the section of a Telegram channel.
type Config struct {
	// Base is where calls go.
	Base *url.URL
	// Chat is "@name" of a public channel or group, or its number.
	Chat string
	// StagingChat is a private chat of the bot where pictures are put before
	// they are due; "" sends them with the post.
	StagingChat string
	// Token names the bot's token; "" where the account is connected by command.
	Token string
	// LinkPreview is how a link is shown: "large", "small" or "none".
	LinkPreview string
	// AltInText puts the descriptions of pictures below the text: Telegram has
	// no place of its own for them.
	AltInText bool
	// LongPolls permits polls that are open for longer than ten minutes, which
	// older servers refuse.
	LongPolls bool
	// PinLivestreams pins the posts of livestreams.
	PinLivestreams bool
	// AllowPrivate permits private addresses and plain http.
	AllowPrivate bool
}

var (
	chatForm = regexp.MustCompile(`^(@[A-Za-z][A-Za-z0-9_]{3,31}|-?[1-9][0-9]{0,18})$`)
	previews = []string{"large", "small", "none"}
)

// ParseConfig reads the settings of c; the error lists everything that is wrong.
func ParseConfig(c campaign.Channel) (Config, error) {
	s := channels.ReadSettings(c)
	cfg := Config{
		AllowPrivate:   s.Bool("allow_private"),
		Chat:           chat(s, "chat", s.Need("chat", "it is where posts go, @name or a number")),
		StagingChat:    chat(s, "staging_chat", s.Text("staging_chat")),
		LinkPreview:    s.Text("link_preview"),
		AltInText:      s.Bool("alt_in_text"),
		LongPolls:      s.Bool("long_polls"),
		PinLivestreams: s.Bool("pin_livestreams"),
	}
	if cfg.LinkPreview == "" {
		cfg.LinkPreview = previews[0]
	}
	if !slices.Contains(previews, cfg.LinkPreview) {
		s.Fail("link_preview", "it must be one of "+strings.Join(previews, ", "))
	}
	if cfg.StagingChat != "" && strings.EqualFold(cfg.StagingChat, cfg.Chat) {
		s.Fail("staging_chat", "it must be another chat than the public one")
	}
	if s.Text("token") != "" {
		cfg.Token = s.SecretRef("token", "")
	}
	base := s.Text("base_url")
	if base == "" {
		base = publicAPI
	}
	cfg.Base = s.URL("base_url", base, cfg.AllowPrivate)
	return cfg, s.Err()
}

// chat is a chat as it is written; "" where it is not set or wrong.
func chat(s *channels.Settings, key, v string) string {
	if v != "" && !chatForm.MatchString(v) {
		s.Fail(key, "write it as @name, or as its number, -1001234567890")
		return ""
	}
	return v
}
