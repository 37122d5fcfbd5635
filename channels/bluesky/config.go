package bluesky

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// entryway is where accounts of the public network log in; from there they are
// sent to the server that holds them.
const entryway = "https://bsky.social"

// leastImage is the smallest limit of a picture's bytes that may be set: below
// it no photo is worth showing.
const leastImage = 100_000

// Config is the section of a Bluesky channel.
type Config struct {
	// Base is the server to log in at: base_url, else the public entryway.
	Base *url.URL
	// Handle names the account, without "@"; "" where it is asked on connecting.
	Handle string
	// DID is the account's permanent name where the campaign pins it as
	// account; a login to any other is refused.
	DID string
	// Password names an app password. "": the channel is connected by a person
	// and what it needs is kept sealed.
	Password string
	// ImageBytes is the largest picture that the account's server takes, in
	// bytes. Older ones take 1,000,000, and no server says what it takes.
	ImageBytes int64
	// AllowPrivate permits private addresses and plain http.
	AllowPrivate bool
}

// ParseConfig reads the settings of c; the error lists everything that is wrong.
func ParseConfig(c campaign.Channel) (Config, error) {
	s := channels.ReadSettings(c)
	cfg := Config{Handle: strings.TrimPrefix(strings.TrimSpace(c.Handle), "@"), AllowPrivate: s.Bool("allow_private")}
	base := s.Text("base_url")
	if base == "" {
		base = entryway
	}
	cfg.Base = s.URL("base_url", base, cfg.AllowPrivate)
	if s.Text("password") != "" {
		cfg.Password = s.SecretRef("password", "it logs in")
		if cfg.Handle == "" {
			s.Fail("handle", "it is missing: a password belongs to an account, @name.bsky.social")
		}
	}
	facts, _ := channels.Known(name)
	cfg.ImageBytes = facts.Limits.ImageBytes
	if v := s.Text("image_bytes"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < leastImage || n > cfg.ImageBytes {
			s.Fail("image_bytes", fmt.Sprintf("it must be a number from %d to %d", leastImage, cfg.ImageBytes))
		}
		cfg.ImageBytes = n
	}
	if strings.HasPrefix(c.Account, "did:") {
		cfg.DID = c.Account
	}
	return cfg, s.Err()
}
