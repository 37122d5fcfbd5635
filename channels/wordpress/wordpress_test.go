package wordpress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/wordpress/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

var regexpHref = regexp.MustCompile(`<a href="[^"<>]*">`)

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		name string
		kv   map[string]string
		says []string // nil: fine
	}{
		{"site", map[string]string{"server": "https://news.example/blog", "user": "campaign", "password": "file:p", "categories": "3, 7"}, nil},
		{"connected", map[string]string{"server": "https://news.example"}, nil},
		{"nothing", nil, []string{"server: it is missing"}},
		{"password without user", map[string]string{"server": "https://news.example", "password": "file:p"}, []string{"user:"}},
		{"password in clear", map[string]string{"server": "https://news.example", "user": "c", "password": canary}, []string{"password:"}},
		{"all at once", map[string]string{"server": "https://news.example/?p=1", "user": "a:b", "tags": "x", "sever": "y"}, []string{"server:", "user:", "tags:", "sever: unknown"}},
	} {
		_, err := ParseConfig(campaign.Channel{Settings: tt.kv})
		if (err == nil) != (tt.says == nil) {
			t.Errorf("%s: %v", tt.name, err)
		}
		for _, s := range tt.says {
			if err == nil || !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %v does not say %q", tt.name, err, s)
			}
		}
		noCanary(t, err)
	}
}

// TestArticleOfADelivery: nothing is public before its time; then all of it,
// with alt texts, under its lasting name.
func TestArticleOfADelivery(t *testing.T) {
	b := newBench(t, pretend.Options{}, "featured_image", "true", "categories", "3,7")
	m := b.picture(1)
	r := b.prepare(campaign.Content{Text: "A title.\n\nAnd a text.", Language: "en", Media: []campaign.Media{m}})
	if n := len(b.s.Public()); n != 0 {
		t.Fatalf("%d articles are public", n)
	}
	// Somebody changes the draft; what was approved leaves.
	b.s.ByHand(b.s.Articles()[0].ID, func(a *pretend.Article) { a.Title, a.Content = "Other", "<p>Other</p>" })
	receipt, err := b.c.Publish(t.Context(), *r)
	if err != nil || receipt.Warning != "" || receipt.Platform.IsZero() {
		t.Fatalf("%+v, %v", receipt, err)
	}
	a, file := b.s.Public()[0], b.s.Media()[0]
	if a.Title != "A title." || !strings.Contains(a.Content, "And a text.") || !strings.Contains(a.Content, file.Source) || a.Featured != file.ID || !slices.Equal(a.Categories, []int64{3, 7}) ||
		!strings.HasPrefix(a.Slug, "a-title-") || receipt.URL != "https://news.example/"+a.Slug+"/" {
		t.Errorf("%+v, %+v", a, receipt)
	}
	if file.Alt != m.Alt || file.Caption != m.Credit || file.Post != a.ID || !bytes.Equal(file.Bytes, b.media[m.Digest]) {
		t.Errorf("%+v", file)
	}
	for range 2 { // what is gone is no error
		if err := b.c.Delete(t.Context(), receipt); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.s.Public()) != 0 || len(b.s.Media()) != 0 {
		t.Errorf("%d articles and %d pictures are left", len(b.s.Public()), len(b.s.Media()))
	}
}

// TestPrepareAgain: after a crash at any call the draft and its pictures are
// found, not made twice.
func TestPrepareAgain(t *testing.T) {
	content := func(b *bench) campaign.Content {
		return campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1), b.picture(2)}}
	}
	whole := newBench(t, pretend.Options{})
	whole.prepare(content(whole))
	for crash := range whole.s.Calls() {
		b := newBench(t, pretend.Options{})
		calls := 0
		b.s.Fault(func(w http.ResponseWriter, _ *http.Request) bool {
			if calls++; calls > crash {
				http.Error(w, "<html>", http.StatusBadGateway)
			}
			return calls > crash
		})
		if _, err := b.c.Prepare(t.Context(), *request("d_1", content(b))); channels.FateOf(err) != channels.NotSent {
			t.Fatalf("at call %d: %v", crash, err)
		}
		b.s.Fault(nil)
		b.prepare(content(b))
		if a, m := b.s.Articles(), b.s.Media(); len(a) != 1 || len(m) != 2 {
			t.Errorf("after a crash at call %d: %d articles, %d pictures", crash, len(a), len(m))
		}
	}
}

// TestDoubt: what a lost answer ends with, by what people did meanwhile.
func TestDoubt(t *testing.T) {
	for _, tt := range []struct {
		name   string
		lost   bool // the call never arrived
		change func(a *pretend.Article)
		remove bool
		want   channels.Verdict
	}{
		{"public", false, func(*pretend.Article) {}, false, channels.Found},
		{"never arrived", true, func(*pretend.Article) {}, false, channels.Absent},
		{"taken back", false, func(a *pretend.Article) { a.Status = "draft" }, false, channels.Gone},
		{"trashed", false, func(a *pretend.Article) { a.Status, a.Slug = "trash", a.Slug+"__trashed" }, false, channels.Gone},
		{"trashed before", true, func(a *pretend.Article) { a.Status, a.Slug = "trash", a.Slug+"__trashed" }, false, channels.Gone},
		{"deleted", false, nil, true, channels.Gone},
		{"made private", false, func(a *pretend.Article) { a.Status = "private" }, false, channels.Ambiguous},
		{"scheduled by hand", true, func(a *pretend.Article) { a.Status = "future" }, false, channels.Ambiguous},
	} {
		b := newBench(t, pretend.Options{})
		r := b.prepare(campaign.Content{Text: "x"})
		if !tt.lost {
			b.lose(r)
		}
		b.s.ByHand(b.s.Articles()[0].ID, tt.change)
		v, receipt, err := b.c.Reconcile(t.Context(), *r)
		if err != nil || v != tt.want || (v == channels.Found) != (receipt.RemoteID != "") {
			t.Errorf("%s: %s, %+v, %v", tt.name, v, receipt, err)
		}
	}
}

// TestTaken: a draft that somebody threw away is not made again, and of two
// with our name none is taken.
func TestTaken(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.prepare(campaign.Content{Text: "x"})
	b.s.ByHand(b.s.Articles()[0].ID, func(a *pretend.Article) { a.Status, a.Slug = "trash", a.Slug+"__trashed" })
	if _, err := b.c.Prepare(t.Context(), *r); channels.FateOf(err) != channels.Refused {
		t.Errorf("trashed: %v", err)
	}
	twice := newBench(t, pretend.Options{})
	r = twice.prepare(campaign.Content{Text: "x"})
	twice.s.Add(pretend.Article{Status: "draft", Slug: twice.s.Articles()[0].Slug})
	if _, err := twice.c.Prepare(t.Context(), *r); channels.FateOf(err) != channels.Refused {
		t.Errorf("twice: %v", err)
	}
	// One that is public under our name is ours: an earlier call was lost.
	public := newBench(t, pretend.Options{})
	r = public.prepare(campaign.Content{Text: "x"})
	public.lose(r)
	r = public.prepare(campaign.Content{Text: "x"})
	if _, err := public.c.Publish(t.Context(), *r); err != nil || len(public.s.Articles()) != 1 {
		t.Errorf("%v, %d articles", err, len(public.s.Articles()))
	}
}

func TestRoles(t *testing.T) {
	b := newBench(t, pretend.Options{Contributor: true})
	r := b.prepare(campaign.Content{Text: "x"})
	var e *channels.Error
	if _, err := b.c.Publish(t.Context(), *r); !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel || len(b.s.Public()) != 0 {
		t.Errorf("%v", err)
	}
	if a, err := b.c.Inspect(t.Context()); err != nil || !slices.Equal(a.Missing, []string{"publish_posts", "upload_files", "delete_published_posts"}) {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestWarnings(t *testing.T) {
	b := newBench(t, pretend.Options{Strip: true})
	r := b.prepare(campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}})
	if receipt, err := b.c.Publish(t.Context(), *r); err != nil || !strings.Contains(receipt.Warning, "0 of 1 pictures") {
		t.Errorf("%+v, %v", receipt, err)
	}
}

// TestBadPicture: one that the site does not take is no fault of the site.
func TestBadPicture(t *testing.T) {
	b := newBench(t, pretend.Options{})
	text := []byte("no picture")
	m := campaign.Media{Digest: campaign.DigestOf(text), Type: "image/png", Alt: "x"}
	b.media[m.Digest] = text
	var e *channels.Error
	if _, err := b.c.Prepare(t.Context(), *request("d_1", campaign.Content{Text: "x", Media: []campaign.Media{m}})); !errors.As(err, &e) || e.Fate != channels.Refused || e.Scope != channels.ScopeContent {
		t.Errorf("%v", err)
	}
}

func TestConnect(t *testing.T) {
	for _, user := range []string{"", "campaign"} {
		b := newBench(t, pretend.Options{}, "password", "", "user", user)
		if _, err := b.c.Prepare(t.Context(), *request("d_1", campaign.Content{Text: "x"})); !errors.Is(err, channels.ErrNotConnected) {
			t.Errorf("before: %v", err)
		}
		invited, err := b.c.Begin(t.Context(), "")
		if err != nil || (len(invited.Ask) == 2) != (user == "") {
			t.Fatalf("%+v, %v", invited, err)
		}
		for _, wrong := range []string{"", "x", canary + "\r\nX-Evil: y"} {
			if _, _, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"user": secret.New("campaign"), "password": secret.New(wrong)}); err == nil {
				t.Errorf("%q was taken", wrong)
			} else {
				noCanary(t, err)
			}
		}
		kept, a, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"user": secret.New(" campaign "), "password": secret.New(canary + "\n")})
		if err != nil || a.ID != "news.example/campaign" || a.Handle != "campaign@news.example" || len(a.Missing) != 0 {
			t.Fatalf("%+v, %v", a, err)
		}
		b.keep.Kept = kept
		r := b.prepare(campaign.Content{Text: "x"})
		if _, err := b.c.Publish(t.Context(), *r); err != nil {
			t.Error(err)
		}
		elsewhere := open(t, b.box.URL, b.env(), "server", "https://evil.example", "password", "", "user", "")
		if _, err := elsewhere.Inspect(t.Context()); !errors.Is(err, channels.ErrNotConnected) {
			t.Errorf("the password would go to another site: %v", err)
		}
	}
}

// TestRootStaysHere: a site does not lead the password to another host.
func TestRootStaysHere(t *testing.T) {
	for link, want := range map[string]string{
		"https://news.example/wp-json/":               "/wp-json/",
		"https://news.example/blog/wp-json/":          "/blog/wp-json/",
		"https://news.example/?rest_route=/":          "/?rest_route=/",
		"https://news.example/index.php?rest_route=/": "/index.php?rest_route=/",
		"https://evil.example/wp-json/":               "/wp-json/",
		"https://news.example/../wp-json/":            "/wp-json/",
		"https://news.example/?x=/":                   "/wp-json/",
		"//evil.example":                              "/wp-json/",
		"%zz":                                         "/wp-json/",
	} {
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", `<`+link+`>; rel="https://api.w.org/"`)
		}))
		if got, err := open(t, site.URL, channels.Env{Now: channeltest.Now}).root(t.Context()); err != nil || got != want {
			t.Errorf("%s: %q, %v", link, got, err)
		}
		site.Close()
	}
}

// TestF56NoSecretIsShown: no error, receipt, account or log line holds the
// password, whatever is answered, and where nothing answers.
func TestF56NoSecretIsShown(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := *b.prepare(campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}})
	status := 0
	sent := pass{"campaign", secret.New(canary)}.basic().Reveal()
	parrot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		if strings.Contains(string(body)+q.URL.String(), "CANA") {
			t.Error("the password stands where it does not belong")
		}
		if q.Method == http.MethodHead {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"code":"%s","message":"%s","data":{"status":%d},"id":7,"status":"publish","slug":"%s","link":"https://news.example/?p=%s","name":"%s","content":{"raw":"%s"}}`,
			sent, canary, status, canary, sent, canary, canary)
	}))
	defer parrot.Close()
	for _, base := range []string{parrot.URL, "http://127.0.0.1:1"} {
		c := open(t, base, b.env())
		for _, status = range []int{200, 201, 302, 307, 400, 401, 403, 404, 409, 413, 429, 500, 502} {
			for name, call := range map[string]func(ctx context.Context) (any, error){
				"prepare":   func(ctx context.Context) (any, error) { return c.Prepare(ctx, r) },
				"publish":   func(ctx context.Context) (any, error) { return c.Publish(ctx, r) },
				"reconcile": func(ctx context.Context) (any, error) { _, receipt, err := c.Reconcile(ctx, r); return receipt, err },
				"inspect":   func(ctx context.Context) (any, error) { return c.Inspect(ctx) },
				"delete":    func(ctx context.Context) (any, error) { return nil, c.Delete(ctx, campaign.Receipt{RemoteID: "1"}) },
				"date":      func(ctx context.Context) (any, error) { return c.Date(ctx) },
			} {
				got, err := call(t.Context())
				var log bytes.Buffer
				slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err, "got", got)
				if strings.Contains(log.String(), "CANA") || strings.Contains(log.String(), sent) {
					t.Errorf("%s with %d: %s", name, status, log.String())
				}
				noCanary(t, err, got)
			}
		}
	}
	noCanary(t, b.c, b.c.cfg, string(r.Staged.Parts[0].Body))
}
