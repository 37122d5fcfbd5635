package instagram

import (
	"cmp"
	"net/url"
	"regexp"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Ways in which accounts are connected: each has a host of its own.
// Source: platforms.md §5.
const (
	loginFacebook  = "facebook"  // through the Page that the account is linked to
	loginInstagram = "instagram" // by itself
)

const currentVersion = "v26.0"

// Config is the section of an Instagram channel.
type Config struct {
	Base, Dialog *url.URL
	Version      string
	Login        string // "facebook" or "instagram"
	// Account is the account's number, where the campaign tells it as such; ""
	// asks whose token it is.
	Account string
	// Token names the token; "" where the account is connected by command.
	Token            string
	AppID, AppSecret string
	Redirect         string
	// Deletes tells that the app may delete posts, which few may.
	Deletes bool
	// AllowPrivate permits private addresses and plain http.
	AllowPrivate bool
}

var (
	versionForm = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]$`)
	numberForm  = regexp.MustCompile(`^[0-9]{3,30}$`)
)

// ParseConfig reads the settings of c; the error lists everything that is wrong.
func ParseConfig(c campaign.Channel) (Config, error) {
	s := channels.ReadSettings(c)
	cfg := Config{
		AllowPrivate: s.Bool("allow_private"), Deletes: s.Bool("deletes"),
		Version: cmp.Or(s.Text("version"), currentVersion), Login: cmp.Or(s.Text("login"), loginFacebook),
		AppID: s.Text("app_id"),
	}
	if numberForm.MatchString(c.Account) {
		cfg.Account = c.Account
	}
	host, dialog := "https://graph.facebook.com", "https://www.facebook.com"
	switch cfg.Login {
	case loginFacebook:
	case loginInstagram:
		host, dialog = "https://graph.instagram.com", "https://www.instagram.com"
		if cfg.Deletes {
			s.Fail("deletes", "only apps with login: facebook can delete")
		}
	default:
		s.Fail("login", "it must be facebook or instagram")
	}
	if !versionForm.MatchString(cfg.Version) {
		s.Fail("version", "write it as "+currentVersion)
	}
	if cfg.AppID != "" && !numberForm.MatchString(cfg.AppID) {
		s.Fail("app_id", "write the app's number")
	}
	if s.Text("token") != "" {
		cfg.Token = s.SecretRef("token", "")
	}
	if s.Text("app_secret") != "" || cfg.AppID != "" {
		cfg.AppSecret = s.SecretRef("app_secret", "the app cannot be used without its secret")
	}
	if u := s.URL("redirect_uri", s.Text("redirect_uri"), cfg.AllowPrivate); u != nil {
		cfg.Redirect = u.String()
	}
	base := s.Text("base_url")
	cfg.Base = s.URL("base_url", cmp.Or(base, host), cfg.AllowPrivate)
	cfg.Dialog = s.URL("base_url", cmp.Or(base, dialog), cfg.AllowPrivate)
	return cfg, s.Err()
}
