package x

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Config is the section of an X channel.
type Config struct {
	// Base is where calls go: base_url where it is given, else X itself.
	Base *url.URL
	// Site is where the owner of an account agrees.
	Site *url.URL
	// Old publishes by API v1.1 instead of v2.
	Old bool
	// Keys name the four secrets of OAuth 1.0a; nil where the account is connected by command.
	Keys *keyRefs
	// ClientID is the program's name with OAuth 2; "" is none.
	ClientID string
	// ClientSecret names the program's secret; "" for a public client.
	ClientSecret string
	// Redirect is the address registered at X to which the owner is sent
	// where we have none of our own.
	Redirect string
	// ReplySettings says who may answer; "" is everybody.
	ReplySettings string
	// Threads permits further parts.
	Threads bool
	// Redo sends once more what the list of own posts does not show.
	Redo bool
	// MaxWeight is the longest text, 280 unless the account pays for more.
	MaxWeight int
	// LinkPrice is what X charges for a post with a link, as people read it;
	// "" is not said.
	LinkPrice string
	// AllowPrivate permits private addresses and plain http.
	AllowPrivate bool
}

// keyRefs name the secrets of OAuth 1.0a.
type keyRefs struct{ consumer, consumerSecret, token, tokenSecret string }

const (
	defaultWeight = 280
	// mostWeight is what X takes of accounts that pay. Source: platforms.md §1.4.
	mostWeight = 25_000
)

// replySettings are who may answer. Source: platforms.md §1.2.
var replySettings = []string{"following", "mentionedUsers", "subscribers", "verified"}

// clientForm is a program's name as X gives it.
var clientForm = regexp.MustCompile(`^[A-Za-z0-9_:-]{1,100}$`)

// priceForm is an amount of money.
var priceForm = regexp.MustCompile(`^[0-9]{1,6}(?:\.[0-9]{1,4})? [A-Z]{3}$`)

// ParseConfig reads the settings of c; the error lists everything that is wrong.
func ParseConfig(c campaign.Channel) (Config, error) {
	s := channels.ReadSettings(c)
	cfg := Config{
		AllowPrivate: s.Bool("allow_private"), Threads: s.Bool("threads"), Redo: s.Bool("redo_on_absent"),
		ReplySettings: s.Text("reply_settings"), ClientID: s.Text("client_id"), MaxWeight: defaultWeight,
	}
	switch api := s.Text("api"); api {
	case "", "v2":
	case "v1.1":
		cfg.Old = true
	default:
		s.Fail("api", "it must be v2 or v1.1")
	}
	cfg.address(s)
	cfg.credentials(s)
	if v := s.Text("max_weight"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > mostWeight {
			s.Fail("max_weight", "it must be a number from 1 to "+strconv.Itoa(mostWeight))
		}
		cfg.MaxWeight = n
	}
	if cfg.LinkPrice = s.Text("link_price"); cfg.LinkPrice != "" && !priceForm.MatchString(cfg.LinkPrice) {
		s.Fail("link_price", "write an amount and a currency, such as 0.20 USD")
	}
	if v := cfg.ReplySettings; v != "" && !slices.Contains(replySettings, v) {
		s.Fail("reply_settings", "it must be one of "+strings.Join(replySettings, ", "))
	}
	if cfg.Old && cfg.ReplySettings != "" {
		s.Fail("reply_settings", "API v1.1 has none; remove it, or use api: v2")
	}
	return cfg, s.Err()
}

// address reads where calls and owners go.
func (cfg *Config) address(s *channels.Settings) {
	base := s.Text("base_url")
	if base == "" {
		cfg.Base, cfg.Site = &url.URL{Scheme: "https", Host: "api.x.com"}, &url.URL{Scheme: "https", Host: "x.com"}
		return
	}
	cfg.Base = s.URL("base_url", base, cfg.AllowPrivate)
	cfg.Site = cfg.Base
	if cfg.Base != nil && (cfg.Base.RawQuery != "" || cfg.Base.Fragment != "") {
		s.Fail("base_url", "write it as https://host")
	}
}

// credentials reads how the account is known to X.
func (cfg *Config) credentials(s *channels.Settings) {
	refs := keyRefs{}
	named := 0
	for key, ref := range map[string]*string{"consumer_key": &refs.consumer, "consumer_secret": &refs.consumerSecret,
		"token": &refs.token, "token_secret": &refs.tokenSecret} {
		if s.Text(key) != "" {
			*ref = s.SecretRef(key, "")
			named++
		}
	}
	switch named {
	case 0:
	case 4:
		cfg.Keys = &refs
	default:
		s.Fail("token", "consumer_key, consumer_secret, token and token_secret belong together; name all four or none")
	}
	if cfg.Old && named == 0 {
		s.Fail("api", "v1.1 needs consumer_key, consumer_secret, token and token_secret; it knows no other way in")
	}
	if cfg.ClientID != "" && !clientForm.MatchString(cfg.ClientID) {
		s.Fail("client_id", "it is not the name of a program; copy the Client ID of the developer console")
	}
	if s.Text("client_secret") != "" {
		cfg.ClientSecret = s.SecretRef("client_secret", "")
	}
	// It may be an address of the owner's own machine: nothing is sent there by us.
	if v := s.Text("redirect_uri"); v != "" && s.URL("redirect_uri", v, true) != nil {
		cfg.Redirect = v
	}
}
