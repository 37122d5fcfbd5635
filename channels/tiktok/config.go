package tiktok

import (
	"cmp"
	"net/url"
	"regexp"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Config is the section of a TikTok channel.
type Config struct {
	// Base is where calls go, Site where owners agree: base_url for both where
	// it is set, else TikTok itself.
	Base, Site *url.URL
	// ClientKey and ClientSecret are the app's name and, by reference, its secret.
	ClientKey, ClientSecret string
	// Redirect is the address registered with the app.
	Redirect string
	// Direct publishes; else the post waits in the account's inbox for a person.
	Direct bool
	// Privacy is who sees what is published directly, in TikTok's words.
	Privacy string
	// NoComments forbids comments.
	NoComments bool
	// AltInText puts the descriptions of pictures below the text.
	AltInText bool
	// AllowPrivate permits private addresses and plain http.
	AllowPrivate bool
}

var (
	keyForm     = regexp.MustCompile(`^[A-Za-z0-9]{1,100}$`)
	privacyForm = regexp.MustCompile(`^[A-Z_]{1,50}$`)
)

const everybody = "PUBLIC_TO_EVERYONE"

// ParseConfig reads the settings of c; the error lists everything that is wrong.
func ParseConfig(c campaign.Channel) (Config, error) {
	s := channels.ReadSettings(c)
	cfg := Config{
		AllowPrivate: s.Bool("allow_private"), AltInText: s.Bool("alt_in_text"), NoComments: s.Bool("no_comments"),
		ClientKey: s.Text("client_key"), Privacy: cmp.Or(s.Text("privacy"), everybody),
		Base: &url.URL{Scheme: "https", Host: "open.tiktokapis.com"}, Site: &url.URL{Scheme: "https", Host: "www.tiktok.com"},
	}
	if base := s.URL("base_url", s.Text("base_url"), cfg.AllowPrivate); base != nil {
		cfg.Base, cfg.Site = base, base
		if base.RawQuery != "" || base.Fragment != "" {
			s.Fail("base_url", "write it as https://host")
		}
	}
	switch s.Text("mode") {
	case "", "inbox":
	case "direct":
		cfg.Direct = true
	default:
		s.Fail("mode", "it must be inbox or direct")
	}
	if cfg.ClientKey != "" && !keyForm.MatchString(cfg.ClientKey) {
		s.Fail("client_key", "it is not the key of an app; copy it from TikTok's developer pages")
	}
	if s.Text("client_secret") != "" {
		cfg.ClientSecret = s.SecretRef("client_secret", "")
	}
	if v := s.Text("redirect_uri"); v != "" && s.URL("redirect_uri", v, true) != nil {
		cfg.Redirect = v
	}
	if !privacyForm.MatchString(cfg.Privacy) {
		s.Fail("privacy", "write it as TikTok does, such as "+everybody)
	}
	return cfg, s.Err()
}
