package mastodon

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
)

// TestClassGoesByTheServer: the careful class until it is known better.
func TestClassGoesByTheServer(t *testing.T) {
	for _, tt := range []struct {
		name    string
		o       pretend.Options
		kv      []string
		before  campaign.Class
		after   campaign.Class
		shownAs string
	}{
		{"Mastodon", pretend.Options{}, nil, campaign.K5, campaign.K1, "mastodon 4.5.1"},
		{"older", pretend.Options{NoInstanceV2: true, Version: "3.5.0"}, nil, campaign.K5, campaign.K1, "mastodon 3.5.0"},
		{"Pixelfed", pretend.Options{Software: "pixelfed", Version: "0.12"}, nil, campaign.K5, campaign.K5, "pixelfed 0.12"},
		{"nobody knows", pretend.Options{NoNodeinfo: true}, nil, campaign.K5, campaign.K5, "4.5.1"},
		{"the campaign knows that it does", pretend.Options{Software: "hometown"}, []string{"dedupes", "true"}, campaign.K1, campaign.K1, "hometown"},
		{"the campaign knows that it does not", pretend.Options{}, []string{"dedupes", "false"}, campaign.K5, campaign.K5, "mastodon 4.5.1"},
	} {
		b := newBench(t, tt.o, tt.kv...)
		before := b.c.Class()
		a, err := b.c.Inspect(t.Context())
		if err != nil || before != tt.before || b.c.Class() != tt.after || !strings.HasPrefix(a.Server, tt.shownAs) {
			t.Errorf("%s: %s, then %s of %q, %v", tt.name, before, b.c.Class(), a.Server, err)
		}
		if b.c.KeyWindow() > 45*time.Minute {
			t.Errorf("a key is used for %v", b.c.KeyWindow())
		}
	}
}

func TestServerIsAskedSeldom(t *testing.T) {
	b := newBench(t, pretend.Options{})
	content := campaign.Content{Text: "x", Language: "en"}
	asked := func() (n int) {
		for _, c := range b.s.Calls() {
			if c == "GET /api/v2/instance" {
				n++
			}
		}
		return n
	}
	b.prepare(content)
	b.pass(5 * time.Hour)
	b.prepare(content)
	if asked() != 1 {
		t.Errorf("asked %d times in five hours", asked())
	}
	b.pass(2 * time.Hour)
	b.s.Change(func(o *pretend.Options) { o.Software = "pixelfed" })
	b.prepare(content)
	if asked() != 2 || b.c.Class() != campaign.K5 {
		t.Errorf("asked %d times in seven hours; class %s", asked(), b.c.Class())
	}
	b.s.Change(func(o *pretend.Options) { o.Software = "mastodon" })
	if _, err := b.c.Inspect(t.Context()); err != nil || b.c.Class() != campaign.K1 {
		t.Errorf("a person looks: %v, class %s", err, b.c.Class())
	}
	b.pass(7 * time.Hour)
	b.s.Set(&pretend.Trouble{Path: "GET /api/v2/instance", Status: 502, Body: "<html>"})
	if err := b.c.learn(t.Context()); err == nil {
		t.Error("a server that does not answer is known")
	}
}

// TestNodeinfoLeadsNowhereElse: what a server says does not make us call others.
func TestNodeinfoLeadsNowhereElse(t *testing.T) {
	called := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	defer other.Close()
	for _, href := range []string{other.URL + "/nodeinfo/2.0", "https://[::1", "/x", "", "https://social.example/../../admin", "https://social.example/nodeinfo/2.0?x=1", "file:///etc/passwd"} {
		b := newBench(t, pretend.Options{})
		body, _ := json.Marshal(map[string]any{"links": []map[string]string{{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": href}}})
		b.s.Set(&pretend.Trouble{Path: "GET /.well-known/nodeinfo", Status: 200, Body: string(body)})
		if _, err := b.c.Inspect(t.Context()); err != nil || b.c.Class() != campaign.K1 {
			t.Errorf("%s: %s, %v", href, b.c.Class(), err)
		}
		if !slices.Contains(b.s.Calls(), "GET /nodeinfo/2.0") {
			t.Errorf("%s: %v", href, b.s.Calls())
		}
	}
	if called {
		t.Error("another host was called")
	}
}

func TestCheckGoesByTheServersLimits(t *testing.T) {
	long := strings.Repeat("x", 501)
	poll := &campaign.Poll{Options: []string{"a", "b"}, Ends: time.Hour}
	photo := campaign.Media{Type: "image/png", Width: 100, Height: 100, Alt: "a"}
	for _, tt := range []struct {
		name    string
		o       pretend.Options
		c       campaign.Content
		before  string // codes, before the server was asked
		after   string
		mention string
	}{
		{"fits", pretend.Options{}, campaign.Content{Text: long[:500]}, "", "", ""},
		{"too long", pretend.Options{}, campaign.Content{Text: long}, "P051", "P051", "1 over the limit of 500"},
		{"a roomy server", pretend.Options{MaxCharacters: 5000}, campaign.Content{Text: long}, "P051", "", ""},
		{"a narrow server", pretend.Options{MaxCharacters: 400}, campaign.Content{Text: long[:450]}, "", "P051", "50 over"},
		{"a warning counts", pretend.Options{}, campaign.Content{Text: long[:495], ContentWarning: "Migration"}, "P051", "P051", "4 over"},
		{"a link counts", pretend.Options{PerLink: 50}, campaign.Content{Text: long[:470] + " https://example.org/"}, "", "P051", "21 over"},
		{"a credit counts", pretend.Options{}, campaign.Content{Text: long[:495], Media: []campaign.Media{{Type: "image/png", Credit: "Photo: A"}}}, "P051", "P051", ""},
		{"pictures", pretend.Options{MaxMedia: 1}, campaign.Content{Media: []campaign.Media{photo, photo}}, "", "P061", "limit is 1"},
		{"pixels", pretend.Options{}, campaign.Content{Media: []campaign.Media{{Type: "image/png", Width: 10_000, Height: 10_000}}}, "P072", "P072", "pixels"},
		{"poll", pretend.Options{}, campaign.Content{Text: "x", Poll: poll}, "", "", ""},
		{"poll with pictures", pretend.Options{}, campaign.Content{Text: "x", Poll: poll, Media: []campaign.Media{photo}}, "P061", "P061", "either"},
		{"poll of five", pretend.Options{}, campaign.Content{Text: "x", Poll: &campaign.Poll{Options: []string{"1", "2", "3", "4", "5"}, Ends: time.Hour}}, "P061", "P061", "5 options"},
		{"poll with a long option", pretend.Options{}, campaign.Content{Text: "x", Poll: &campaign.Poll{Options: []string{"1", long}, Ends: time.Hour}}, "P061", "P061", "501"},
		{"poll of a minute", pretend.Options{}, campaign.Content{Text: "x", Poll: &campaign.Poll{Options: []string{"1", "2"}, Ends: time.Minute}}, "P061", "P061", "1m0s"},
		{"poll of two months", pretend.Options{}, campaign.Content{Text: "x", Poll: &campaign.Poll{Options: []string{"1", "2"}, Ends: 60 * 24 * time.Hour}}, "P061", "P061", "1440h"},
		{"first comment", pretend.Options{}, campaign.Content{Text: "x", FirstComment: "y"}, "P061", "P061", ""},
		{"empty", pretend.Options{}, campaign.Content{}, "P050", "P050", ""},
	} {
		b := newBench(t, tt.o)
		codes := func() (codes, text string) {
			for _, f := range b.c.Check(tt.c) {
				codes += f.Code
				text += f.Message
			}
			return codes, text
		}
		before, _ := codes()
		if _, err := b.c.Inspect(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after, text := codes(); before != tt.before || after != tt.after || !strings.Contains(text, tt.mention) {
			t.Errorf("%s: %q, then %q (%s); want %q, then %q", tt.name, before, after, text, tt.before, tt.after)
		}
	}
}

// TestHostileInstance: numbers that cannot be meant are not believed.
func TestHostileInstance(t *testing.T) {
	var in instance
	err := json.Unmarshal([]byte(`{"version":"4.5 <b>","domain":"a/b?<script>","max_toot_chars":-1,"configuration":{
		"statuses":{"max_characters":-5,"max_media_attachments":99999999999,"characters_reserved_per_url":0},
		"media_attachments":{"supported_mime_types":["image/svg+xml","text/html"],"description_limit":-1,"image_size_limit":-1,"image_matrix_limit":-9},
		"polls":{"max_options":-1,"min_expiration":-1,"max_expiration":99999999999999}}}`), &in)
	if err != nil {
		t.Fatal(err)
	}
	s := in.server()
	s.perLink = defaultPerLink
	got, want := s.facts().Limits, facts().Limits
	if got.Text != want.Text || got.Images != want.Images || got.Alt != want.Alt || got.ImageBytes != want.ImageBytes || !slices.Equal(got.ImageTypes, want.ImageTypes) {
		t.Errorf("%+v", got)
	}
	if s.version != "" || strings.ContainsAny(s.domain, "<>/?") || s.poll != (pollLimits{}) || got.ImagePixels != want.ImagePixels {
		t.Errorf("%+v", s)
	}
}
