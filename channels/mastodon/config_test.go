package mastodon

import (
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		name   string
		kv     string // key=value, separated by spaces
		base   string
		errors []string
	}{
		{"plain", "server=https://social.example", "https://social.example", nil},
		{"everything", "server=https://social.example token=env:T visibility=followers thread_visibility=unlisted app_name=us app_website=https://us.example dedupes=false", "https://social.example", nil},
		{"another address", "server=https://social.example base_url=http://127.0.0.1:1 allow_private=true", "http://127.0.0.1:1", nil},
		{"nothing", "", "", []string{"server: it is missing"}},
		{"plain http", "server=http://social.example", "", []string{"allow_private"}},
		{"literal token", "server=https://social.example token=abcdef", "", []string{"{file: PATH}"}},
		{"visibility", "server=https://social.example visibility=direct thread_visibility=x", "", []string{"visibility: it must be one of", "thread_visibility: it must be one of"}},
		{"dedupes", "server=https://social.example dedupes=maybe", "", []string{"dedupes: it must be true or false"}},
		{"app name", "server=https://social.example app_name=" + strings.Repeat("x", 61), "", []string{"app_name"}},
		{"query", "server=https://social.example?x=1", "", []string{"server: write it as"}},
		{"fragment", "server=https://social.example#x", "", []string{"server: write it as"}},
		{"unknown", "server=https://social.example tokn=x", "", []string{"tokn: unknown here"}},
	} {
		settings := map[string]string{}
		for f := range strings.FieldsSeq(tt.kv) {
			k, v, _ := strings.Cut(f, "=")
			settings[k] = v
		}
		cfg, err := ParseConfig(campaign.Channel{Settings: settings})
		if tt.errors == nil {
			if err != nil || cfg.Base.String() != tt.base || cfg.AppWebsite != settings["app_website"] {
				t.Errorf("%s: %v, %v", tt.name, cfg.Base, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s: accepted", tt.name)
			continue
		}
		for _, part := range tt.errors {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", tt.name, err, part)
			}
		}
		if strings.Contains(err.Error(), "abcdef") {
			t.Errorf("%s: the error repeats a token", tt.name)
		}
	}
}

func TestNarrower(t *testing.T) {
	for _, tt := range []struct{ a, b, want string }{
		{"public", "public", "public"}, {"public", "unlisted", "unlisted"}, {"followers", "unlisted", "followers"}, {"unlisted", "followers", "followers"},
		{"direct", "public", "followers"}, {"", "", "followers"},
	} {
		if got := narrower(tt.a, tt.b); got != tt.want {
			t.Errorf("%s and %s: %s", tt.a, tt.b, got)
		}
	}
}
