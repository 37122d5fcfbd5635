package mastodon

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Config is the section of a Mastodon channel.
type Config struct {
	// Server is the address under which people know the server.
	Server *url.URL
	// Base is where calls go: base_url where it is given, else Server.
	Base *url.URL
	// Token names the access token; "" where the account is connected by command.
	Token string
	// Visibility holds for posts that name none themselves.
	Visibility string
	// ThreadVisibility holds for the further parts of a thread; "" is that of
	// the first. A part is never seen by more people than the first.
	ThreadVisibility string
	// AppName and AppWebsite are what the server shows as the posting program.
	AppName, AppWebsite string
	// Dedupes overrules what is known of the server: whether it recognises a
	// repeat by its Idempotency-Key. nil goes by its software.
	Dedupes *bool
	// AllowPrivate permits private addresses and plain http.
	AllowPrivate bool
}

const (
	defaultAppName = "takeover"
	maxAppName     = 60 // characters; the server's own limit
)

// visibilities in our words, widest first, and in the server's.
var (
	visibilities = []string{"public", "unlisted", "followers"}
	theirs       = map[string]string{"public": "public", "unlisted": "unlisted", "followers": "private"}
)

// narrower is the one of two visibilities that fewer people see; of a word
// that is none, the narrowest.
func narrower(a, b string) string {
	rank := func(v string) int {
		if i := slices.Index(visibilities, v); i >= 0 {
			return i
		}
		return len(visibilities) - 1
	}
	return visibilities[max(rank(a), rank(b))]
}

// ParseConfig reads the settings of c; the error lists everything that is wrong.
func ParseConfig(c campaign.Channel) (Config, error) {
	s := channels.ReadSettings(c)
	cfg := Config{
		AllowPrivate:     s.Bool("allow_private"),
		Visibility:       visibility(s, "visibility"),
		ThreadVisibility: visibility(s, "thread_visibility"),
		AppName:          cmp.Or(s.Text("app_name"), defaultAppName),
	}
	cfg.Visibility = cmp.Or(cfg.Visibility, visibilities[0])
	if n := len([]rune(cfg.AppName)); n > maxAppName {
		s.Fail("app_name", "it is longer than "+strconv.Itoa(maxAppName)+" characters")
	}
	if site := s.URL("app_website", s.Text("app_website"), false); site != nil {
		cfg.AppWebsite = site.String()
	}
	if s.Text("token") != "" {
		cfg.Token = s.SecretRef("token", "")
	}
	if s.Text("dedupes") != "" {
		dedupes := s.Bool("dedupes")
		cfg.Dedupes = &dedupes
	}
	base := s.URL("base_url", s.Text("base_url"), cfg.AllowPrivate)
	cfg.Server = s.URL("server", s.Need("server", "it is the address of the account's server"), cfg.AllowPrivate || base != nil)
	cfg.Base = cmp.Or(base, cfg.Server)
	if cfg.Server != nil && (cfg.Server.RawQuery != "" || cfg.Server.Fragment != "") {
		s.Fail("server", "write it as https://host")
	}
	return cfg, s.Err()
}

// visibility is a key that says who sees a post; "" where it is not set.
func visibility(s *channels.Settings, key string) string {
	v := s.Text(key)
	if v != "" && !slices.Contains(visibilities, v) {
		s.Fail(key, "it must be one of "+strings.Join(visibilities, ", "))
		return ""
	}
	return v
}
