package threads

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

const (
	currentVersion = "v1.0"
	everyone       = "everyone"
)

// replyControls are who may answer a post. Source: platforms.md §6.2.
var replyControls = []string{everyone, "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"}

// Config is the section of a Threads channel.
type Config struct {
	Base, Dialog *url.URL
	Version      string
	// Account is the account's number, where the campaign tells it as such; ""
	// asks whose token it is.
	Account string
	// Token names the token; "" where the account is connected by command.
	Token            string
	AppID, AppSecret string
	Redirect         string
	ReplyControl     string
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
		AllowPrivate: s.Bool("allow_private"), Version: cmp.Or(s.Text("version"), currentVersion),
		AppID: s.Text("app_id"), ReplyControl: cmp.Or(s.Text("reply_control"), everyone),
	}
	if numberForm.MatchString(c.Account) {
		cfg.Account = c.Account
	}
	if !versionForm.MatchString(cfg.Version) {
		s.Fail("version", "write it as "+currentVersion)
	}
	if !slices.Contains(replyControls, cfg.ReplyControl) {
		s.Fail("reply_control", "who may answer is unknown")
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
	cfg.Base = s.URL("base_url", cmp.Or(base, "https://graph.threads.net"), cfg.AllowPrivate)
	cfg.Dialog = s.URL("base_url", cmp.Or(base, "https://threads.net"), cfg.AllowPrivate)
	return cfg, s.Err()
}
