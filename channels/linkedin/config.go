package linkedin

import (
	"net/url"
	"regexp"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Config is the section of a LinkedIn channel.
type Config struct {
	// Base is where calls go, Site where owners agree and tokens are given:
	// base_url for both where it is set, else LinkedIn itself.
	Base, Site *url.URL
	// Organization is the number of the page; "" posts as the member.
	Organization string
	// Version is the month of the API, "202610".
	Version string
	// Token names an access token; "" where the account is connected by command.
	Token string
	// ClientID and ClientSecret are the app's name and, by reference, its secret.
	ClientID, ClientSecret string
	// Redirect is the address registered with the app to which the owner is
	// sent where we have none of our own.
	Redirect string
	// Probe allows one repeat of a member's post that is in doubt.
	Probe bool
	// AllowPrivate permits private addresses and plain http.
	AllowPrivate bool
}

// defaultVersion is the month of the API that this package was written for.
const defaultVersion = "202610"

// versionLife is how long LinkedIn serves a version at least, and versionWarn
// how long before its end it is told. Source: platforms.md §7.
const (
	versionLife = 365 * 24 * time.Hour
	versionWarn = 60 * 24 * time.Hour
)

var (
	pageForm    = regexp.MustCompile(`^[0-9]{1,19}$`)
	versionForm = regexp.MustCompile(`^20[0-9]{2}(0[1-9]|1[0-2])$`)
	clientForm  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`)
)

// ParseConfig reads the settings of c; the error lists everything that is wrong.
func ParseConfig(c campaign.Channel) (Config, error) {
	s := channels.ReadSettings(c)
	cfg := Config{
		AllowPrivate: s.Bool("allow_private"), Probe: s.Bool("probe_on_doubt"),
		Organization: s.Text("organization"), Version: s.Text("version"), ClientID: s.Text("client_id"),
		Base: &url.URL{Scheme: "https", Host: "api.linkedin.com"}, Site: &url.URL{Scheme: "https", Host: "www.linkedin.com"},
	}
	if base := s.Text("base_url"); base != "" {
		cfg.Base = s.URL("base_url", base, cfg.AllowPrivate)
		cfg.Site = cfg.Base
		if cfg.Base != nil && (cfg.Base.RawQuery != "" || cfg.Base.Fragment != "") {
			s.Fail("base_url", "write it as https://host")
		}
	}
	if cfg.Organization != "" && !pageForm.MatchString(cfg.Organization) {
		s.Fail("organization", "write the number of the page; it stands in the address of its admin view, linkedin.com/company/NUMBER/admin")
	}
	if cfg.Organization != "" && cfg.Probe {
		s.Fail("probe_on_doubt", "it is for members; the posts of a page are read back")
	}
	if cfg.Version == "" {
		cfg.Version = defaultVersion
	} else if !versionForm.MatchString(cfg.Version) {
		s.Fail("version", "write year and month of the API, such as "+defaultVersion)
	}
	if s.Text("token") != "" {
		cfg.Token = s.SecretRef("token", "")
	}
	if cfg.ClientID != "" && !clientForm.MatchString(cfg.ClientID) {
		s.Fail("client_id", "it is not the name of an app; copy the Client ID from the app's page, Auth")
	}
	if s.Text("client_secret") != "" {
		cfg.ClientSecret = s.SecretRef("client_secret", "")
	}
	// It may be an address of the owner's own machine: nothing is sent there by us.
	if v := s.Text("redirect_uri"); v != "" && s.URL("redirect_uri", v, true) != nil {
		cfg.Redirect = v
	}
	return cfg, s.Err()
}

// ending tells until when the version is served for certain.
func (cfg Config) ending() time.Time {
	month, err := time.Parse("200601", cfg.Version)
	if err != nil {
		return time.Time{}
	}
	return month.Add(versionLife)
}
