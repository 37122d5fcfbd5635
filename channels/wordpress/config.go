package wordpress

import (
	"cmp"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Config is the section of a WordPress channel.
type Config struct {
	// Site is the address under which people know the site.
	Site *url.URL
	// Base is where calls go: base_url where it is given, else Site.
	Base *url.URL
	// User is the login name; "" where it is asked on connecting.
	User string
	// Password names the application password; "" where the account is connected by command.
	Password string
	// Categories and Tags are numbers of the site.
	Categories, Tags []int64
	// Featured makes the first picture the article's featured image, too.
	Featured bool
	// AllowPrivate permits private addresses and plain http.
	AllowPrivate bool
}

var userForm = regexp.MustCompile(`^[^\s:/][^:/\r\n]{0,59}$`)

// ParseConfig reads the settings of c; the error lists everything that is wrong.
func ParseConfig(c campaign.Channel) (Config, error) {
	s := channels.ReadSettings(c)
	cfg := Config{
		AllowPrivate: s.Bool("allow_private"), Featured: s.Bool("featured_image"), User: s.Text("user"),
		Categories: numbers(s, "categories"), Tags: numbers(s, "tags"),
	}
	if cfg.User != "" && !userForm.MatchString(cfg.User) {
		s.Fail("user", "it must be the login name, without colon and slash")
	}
	if s.Text("password") != "" {
		cfg.Password = s.SecretRef("password", "")
		if cfg.User == "" {
			s.Fail("user", "it is missing: a password belongs to a user")
		}
	}
	base := s.URL("base_url", s.Text("base_url"), cfg.AllowPrivate)
	cfg.Site = s.URL("server", s.Need("server", "it is the address of the site"), cfg.AllowPrivate || base != nil)
	cfg.Base = cmp.Or(base, cfg.Site)
	if cfg.Site != nil && (cfg.Site.RawQuery != "" || cfg.Site.Fragment != "") {
		s.Fail("server", "write it as https://host, or https://host/folder")
	}
	return cfg, s.Err()
}

// numbers are those of a list with commas.
func numbers(s *channels.Settings, key string) []int64 {
	var list []int64
	for _, word := range strings.FieldsFunc(s.Text(key), func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := strconv.ParseInt(word, 10, 64)
		if err != nil || n < 1 {
			s.Fail(key, "write numbers with commas, \"3, 7\"")
			return nil
		}
		list = append(list, n)
	}
	return list
}
