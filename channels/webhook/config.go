package webhook

import (
	"net/url"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Config is the section of a webhook channel.
type Config struct {
	// URL is where posts are sent: url, with the scheme and host (and the
	// path before its own) of base_url where that is given.
	URL *url.URL
	// Secret names the signing secrets. Its value may hold several, one a
	// line: all sign, so that a receiver may change over from one to the next.
	Secret string
	// ReceiverDedupes vouches that a repeat under a known webhook-id has no
	// second effect.
	ReceiverDedupes bool
	// AllowPrivate permits private addresses and plain http.
	AllowPrivate bool
}

// ParseConfig reads the settings of c; the error lists everything that is wrong.
func ParseConfig(c campaign.Channel) (Config, error) {
	s := channels.ReadSettings(c)
	cfg := Config{
		Secret:          s.SecretRef("secret", "it signs what is sent"),
		ReceiverDedupes: s.Bool("receiver_dedupes"),
		AllowPrivate:    s.Bool("allow_private"),
	}
	cfg.URL = s.URL("url", s.Need("url", "it is where posts are sent"), cfg.AllowPrivate || s.Text("base_url") != "")
	if base := s.URL("base_url", s.Text("base_url"), cfg.AllowPrivate); base != nil && cfg.URL != nil {
		cfg.URL.Scheme, cfg.URL.Host = base.Scheme, base.Host
		cfg.URL.Path = strings.TrimSuffix(base.Path, "/") + cfg.URL.Path
		cfg.URL.RawPath = ""
	}
	return cfg, s.Err()
}
