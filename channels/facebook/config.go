package facebook

import (
	"cmp"
	"net/url"
	"regexp"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Where calls go, and which version of the API, unless the settings say
// otherwise. A version lives about two years.
const (
	publicAPI      = "https://graph.facebook.com"
	publicDialog   = "https://www.facebook.com"
	currentVersion = "v26.0"
)

// Config is the section of a Facebook channel.
type Config struct {
	Base, Dialog *url.URL
	Version      string
	// Page is the Page's number.
	Page string
	// Token names the Page's token; "" where the account is connected by command.
	Token string
	// AppID and AppSecret are of the app that connects accounts. With its
	// secret each call carries a proof that the app makes it.
	AppID, AppSecret string
	// Redirect is an address registered with the app.
	Redirect string
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
		AllowPrivate: s.Bool("allow_private"),
		Version:      cmp.Or(s.Text("version"), currentVersion),
		Page:         s.Need("page", "it is the number of the Page"),
		AppID:        s.Text("app_id"),
	}
	if !versionForm.MatchString(cfg.Version) {
		s.Fail("version", "write it as "+currentVersion)
	}
	if cfg.Page != "" && !numberForm.MatchString(cfg.Page) {
		s.Fail("page", "write the Page's number, as its About page shows it")
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
	cfg.Base = s.URL("base_url", cmp.Or(base, publicAPI), cfg.AllowPrivate)
	cfg.Dialog = s.URL("base_url", cmp.Or(base, publicDialog), cfg.AllowPrivate)
	return cfg, s.Err()
}
