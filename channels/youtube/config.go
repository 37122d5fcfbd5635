package youtube

import (
	"net/url"
	"regexp"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Config is the section of a YouTube channel.
type Config struct {
	// Base is where calls go, Site where owners agree, Tokens where tokens are
	// given: base_url for all where it is set, else Google's.
	Base, Site, Tokens *url.URL
	// ClientID and ClientSecret are the app's name and, by reference, its secret.
	ClientID, ClientSecret string
	// Redirect is the address registered with the app.
	Redirect string
	// StartsAfter is how long after its due time a broadcast starts that is made
	// for a post; zero: posts must name one.
	StartsAfter time.Duration
	// Stream is the id of the channel's stream that such a broadcast is bound to; "" for none.
	Stream string
	// AutoStart lets such a broadcast start and end with its stream.
	AutoStart bool
	// AllowPrivate permits private addresses and plain http.
	AllowPrivate bool
}

const maxStartsAfter = 90 * 24 * time.Hour

var (
	clientForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,200}$`)
	streamForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)
)

// ParseConfig reads the settings of c; the error lists everything that is wrong.
func ParseConfig(c campaign.Channel) (Config, error) {
	s := channels.ReadSettings(c)
	cfg := Config{
		AllowPrivate: s.Bool("allow_private"), AutoStart: s.Bool("auto_start"), ClientID: s.Text("client_id"), Stream: s.Text("stream"),
		Base: &url.URL{Scheme: "https", Host: "www.googleapis.com"}, Site: &url.URL{Scheme: "https", Host: "accounts.google.com"},
		Tokens: &url.URL{Scheme: "https", Host: "oauth2.googleapis.com"},
	}
	if base := s.URL("base_url", s.Text("base_url"), cfg.AllowPrivate); base != nil {
		cfg.Base, cfg.Site, cfg.Tokens = base, base, base
		if base.RawQuery != "" || base.Fragment != "" {
			s.Fail("base_url", "write it as https://host")
		}
	}
	if cfg.ClientID != "" && !clientForm.MatchString(cfg.ClientID) {
		s.Fail("client_id", "it is not the name of an app; copy the Client ID from the Google console")
	}
	if s.Text("client_secret") != "" {
		cfg.ClientSecret = s.SecretRef("client_secret", "")
	}
	// It may be an address of the owner's own machine: nothing is sent there by us.
	if v := s.Text("redirect_uri"); v != "" && s.URL("redirect_uri", v, true) != nil {
		cfg.Redirect = v
	}
	if v := s.Text("starts_after"); v != "" {
		var err error
		if cfg.StartsAfter, err = time.ParseDuration(v); err != nil || cfg.StartsAfter < time.Minute || cfg.StartsAfter > maxStartsAfter {
			s.Fail("starts_after", "write a time from 1m to 2160h, such as 24h")
		}
	}
	if cfg.Stream != "" && !streamForm.MatchString(cfg.Stream) {
		s.Fail("stream", "it is not the id of a stream")
	}
	return cfg, s.Err()
}
