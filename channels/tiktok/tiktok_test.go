package tiktok

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/tiktok/pretend"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/oauth"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

const (
	canary    = "act.CANARY-0"
	appSecret = "secretCANARY"
	back      = "https://takeover.example/connected"
)

func picture(t testing.TB, shade uint8) (campaign.Media, []byte) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	img.Set(0, 0, color.Gray{Y: shade})
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return campaign.Media{Digest: campaign.DigestOf(b.Bytes()), Type: "image/jpeg", Bytes: int64(b.Len()), Width: 8, Height: 8,
		Alt: fmt.Sprintf("Grey %d.", shade), Credit: "Photo: A. Example / CC BY"}, b.Bytes()
}

// open opens a channel on a server, with settings beside the usual ones.
func open(t testing.TB, base string, env channels.Env, kv ...string) *Channel {
	t.Helper()
	settings := map[string]string{"base_url": base, "allow_private": "true", "client_key": pretend.ClientKey, "client_secret": "file:app", "redirect_uri": back, "mode": "direct"}
	for i := 0; i < len(kv); i += 2 {
		settings[kv[i]] = kv[i+1]
	}
	c, err := New(campaign.Channel{Platform: "tiktok", Settings: settings}, env)
	if err != nil {
		t.Fatal(err)
	}
	c.pollFirst = time.Millisecond
	return c
}

// connected is a Keeper with a token that serves long enough, for the channel at base.
func connected(t testing.TB, base string) *channeltest.Keeper {
	t.Helper()
	c := open(t, base, channels.Env{})
	sealed, err := oauth.Kept{Server: c.cfg.Base.Host, AppID: pretend.ClientKey, Access: canary, Until: channeltest.Now().Add(365 * 24 * time.Hour)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return &channeltest.Keeper{Kept: sealed}
}

// bench is a channel, its server, a box between them and a clock for all.
type bench struct {
	t     *testing.T
	s     *pretend.Server
	box   *channeltest.Box
	c     *Channel
	keep  *channeltest.Keeper
	media map[campaign.Digest][]byte

	mu  sync.Mutex
	now time.Time
}

func newBench(t *testing.T, o pretend.Options, kv ...string) *bench {
	t.Helper()
	b := &bench{t: t, now: channeltest.Now(), media: map[campaign.Digest][]byte{}}
	o.Now, o.Token, o.Redirect, o.ClientSecret = b.clock, canary, back, appSecret
	b.s = pretend.New(o)
	b.box = channeltest.NewBox(t, b.s)
	b.keep = connected(t, b.box.URL)
	b.c = open(t, b.box.URL, b.env(), kv...)
	return b
}

func (b *bench) env() channels.Env {
	return channels.Env{Campaign: "itac", Now: b.clock, Keep: b.keep,
		Secret:   func(string) (secret.String, error) { return secret.New(appSecret + "\n"), nil },
		Media:    func(d campaign.Digest) ([]byte, error) { return b.media[d], nil },
		MediaURL: func(d campaign.Digest, _ time.Time) string { return "https://media.example/" + string(d) }}
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) picture(shade uint8) campaign.Media {
	m, bytes := picture(b.t, shade)
	b.media[m.Digest] = bytes
	return m
}

// prepare stages a content.
func (b *bench) prepare(c campaign.Content) *channels.Request {
	b.t.Helper()
	r := &channels.Request{Delivery: campaign.Delivery{ID: "d_1", Due: channeltest.Now()}, Content: c, Key: "d_1_0", ArmedAt: channeltest.Now(), Gate: channeltest.Open{}}
	var err error
	if r.Staged, err = b.c.Prepare(b.t.Context(), *r); err != nil {
		b.t.Fatal(err)
	}
	return r
}

func TestConformance(t *testing.T) {
	m1, b1 := picture(t, 10)
	m2, b2 := picture(t, 20)
	m2.Credit = "Photo: B. Example"
	sample := campaign.Content{Text: "Ten years, one community, with people from all over the world. 🌍 <b>&</b> And what is longer than any title can be here.",
		Link: "https://www.gfmd.org/a?b=1&c=2", Media: []campaign.Media{m1, m2}}
	for _, mode := range []string{"direct", "inbox"} {
		t.Run(mode, func(t *testing.T) {
			channeltest.Suite{
				Pretend: func(*testing.T) channeltest.Platform {
					s := pretend.New(pretend.Options{Now: channeltest.Now, Token: canary, Works: 1})
					return channeltest.Platform{Handler: s, Posts: func() []channeltest.Post { return seen(s) }}
				},
				Open: func(t *testing.T, base string, env channels.Env) channels.Channel {
					keep := connected(t, base)
					env.Keep = keep
					return open(t, base, env, "mode", mode, "alt_in_text", "true")
				},
				Sample: sample, Secret: appSecret, Media: map[campaign.Digest][]byte{m1.Digest: b1, m2.Digest: b2}, Blind: true,
			}.Run(t)
		})
	}
}

// seen is what the public, or the owner in the inbox, sees: descriptions stand in the text.
func seen(s *pretend.Server) []channeltest.Post {
	var posts []channeltest.Post
	for _, p := range s.Posts() {
		post := channeltest.Post{Text: p.Title + "\n" + p.Description}
		for _, line := range strings.Split(p.Description, "\n") {
			if alt, ok := strings.CutPrefix(line, "🖼 "); ok {
				post.Alts = append(post.Alts, alt)
			}
		}
		posts = append(posts, post)
	}
	return posts
}

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		kv   map[string]string
		says []string // nil: fine
	}{
		{nil, nil},
		{map[string]string{"mode": "direct", "privacy": "SELF_ONLY", "no_comments": "true", "client_key": "abc", "client_secret": "file:s"}, nil},
		{map[string]string{"mode": "draft", "privacy": "me", "client_key": "a b", "client_secret": "inTheClear", "tokn": "x"}, []string{"mode:", "privacy:", "client_key:", "client_secret:", "tokn: unknown"}},
	} {
		_, err := ParseConfig(campaign.Channel{Settings: tt.kv})
		if (err == nil) != (tt.says == nil) {
			t.Errorf("%v: %v", tt.kv, err)
		}
		for _, s := range tt.says {
			if err == nil || !strings.Contains(err.Error(), s) {
				t.Errorf("%v does not say %q", err, s)
			}
		}
	}
}

// TestWhatIsPublished: direct posts say who sees them; others wait in the inbox,
// and the receipt says so.
func TestWhatIsPublished(t *testing.T) {
	for _, direct := range []bool{true, false} {
		b := newBench(t, pretend.Options{Works: 2}, "mode", map[bool]string{true: "direct", false: "inbox"}[direct], "privacy", "MUTUAL_FOLLOW_FRIENDS", "no_comments", "true")
		m := b.picture(1)
		done, err := b.c.Publish(t.Context(), *b.prepare(campaign.Content{Text: "A title.\n\nAnd a text.", Media: []campaign.Media{m}}))
		if err != nil {
			t.Fatal(err)
		}
		p := b.s.Posts()[0]
		if p.Title != "A title." || p.Description != "And a text.\n\n"+m.Credit || !slices.Equal(p.Images, []string{"https://media.example/" + string(m.Digest)}) || p.Inbox == direct {
			t.Errorf("%+v", p)
		}
		if direct && (p.Privacy != "MUTUAL_FOLLOW_FRIENDS" || !p.NoComments || done.RemoteID != p.ID || done.Warning != "") {
			t.Errorf("%+v, %+v", p, done)
		}
		if !direct && (p.Privacy != "" || done.RemoteID != strings.ReplaceAll(p.Work, "~", ":") || !strings.Contains(done.Warning, "inbox")) {
			t.Errorf("%+v, %+v", p, done)
		}
	}
}

func TestCheck(t *testing.T) {
	b := newBench(t, pretend.Options{})
	m := b.picture(1)
	without := b.env()
	without.MediaURL = nil
	for _, tt := range []struct {
		name string
		c    *Channel
		say  campaign.Content
		ok   bool
	}{
		{"fine", b.c, campaign.Content{Text: strings.Repeat("🌍", 1980), Media: []campaign.Media{m}}, true},
		{"too long", b.c, campaign.Content{Text: strings.Repeat("🌍", 2000), Media: []campaign.Media{m}}, false},
		{"no picture", b.c, campaign.Content{Text: "x"}, false},
		{"PNG", b.c, campaign.Content{Text: "x", Media: []campaign.Media{{Type: "image/png"}}}, false},
		{"36 pictures", b.c, campaign.Content{Text: "x", Media: slices.Repeat([]campaign.Media{m}, 36)}, false},
		{"no public address", open(t, b.box.URL, without), campaign.Content{Text: "x", Media: []campaign.Media{m}}, false},
	} {
		if found := tt.c.Check(tt.say); campaign.Findings(found).HasErrors() == tt.ok {
			t.Errorf("%s: %+v", tt.name, found)
		}
	}
	if _, err := open(t, b.box.URL, without).Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "x", Media: []campaign.Media{m}}}); channels.FateOf(err) != channels.NotSent {
		t.Errorf("%v", err)
	}
	for _, text := range []string{strings.Repeat("🌍", 90), strings.Repeat("a ", 90), strings.Repeat("🌍", 46) + "\nmore"} {
		title, description := titled(text)
		if (&bench{}).units(title) > maxTitle || !strings.Contains(title+description, strings.TrimSpace(text)) {
			t.Errorf("%q, %q", title, description)
		}
	}
}

func (*bench) units(s string) (n int) {
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// TestPrivacy: what the account may not do is known before the due time.
func TestPrivacy(t *testing.T) {
	b := newBench(t, pretend.Options{Privacy: []string{"SELF_ONLY"}})
	var e *channels.Error
	if _, err := b.c.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}}}); !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel {
		t.Errorf("%v", err)
	}
}

// TestWorkThatFails: TikTok's last word is believed.
func TestWorkThatFails(t *testing.T) {
	for reason, want := range map[string]channels.Fate{"picture_size_check_failed": channels.Refused, "photo_pull_failed": channels.NotSent, "spam_risk_too_many_posts": channels.NotSent, "something": channels.Refused} {
		b := newBench(t, pretend.Options{Fails: reason, Works: 1})
		if _, err := b.c.Publish(t.Context(), *b.prepare(campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}})); channels.FateOf(err) != want {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// TestLongWork: the name of what TikTok works on is handed over before anything
// is asked by it. What is in work for long is in doubt, and asked for by its name,
// also by a process that did not send it; without the name nobody can tell.
func TestLongWork(t *testing.T) {
	for _, fails := range []string{"", "photo_pull_failed"} {
		b := newBench(t, pretend.Options{Works: polls + 1, Fails: fails})
		r := b.prepare(campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}})
		asked := len(b.box.Bodies())
		r.Note = func(work string) error {
			if r.Work = work; len(b.box.Bodies()) != asked+1 {
				t.Errorf("it was asked for before it was stored")
			}
			return nil
		}
		if _, err := b.c.Publish(t.Context(), *r); channels.FateOf(err) != channels.InDoubt {
			t.Fatalf("%v", err)
		}
		b.c = open(t, b.box.URL, b.env()) // as after a restart
		if v, _, err := b.c.Reconcile(t.Context(), *r); v != channels.CannotTell || err == nil {
			t.Errorf("in work: %s, %v; want to be asked later", v, err)
		}
		unnamed := *r
		unnamed.Work = ""
		if v, _, err := b.c.Reconcile(t.Context(), unnamed); v != channels.CannotTell || err != nil {
			t.Errorf("without a name: %s, %v", v, err)
		}
		want := map[string]channels.Verdict{"": channels.Found}[fails]
		if fails != "" {
			want = channels.Absent
		}
		if v, done, err := b.c.Reconcile(t.Context(), *r); v != want || err != nil || v == channels.Found && done.RemoteID != b.s.Posts()[0].ID {
			t.Errorf("%q: %s, %+v, %v", fails, v, done, err)
		}
	}
}

func TestConnect(t *testing.T) {
	b := newBench(t, pretend.Options{Scopes: "user.info.basic,video.publish"})
	b.keep.Kept = secret.String{}
	invited, err := b.c.Begin(t.Context(), back)
	if err != nil || invited.State == "" {
		t.Fatalf("%+v, %v", invited, err)
	}
	landed, err := b.s.Agree(invited.URL)
	if err != nil {
		t.Fatal(err)
	}
	channeltest.Unbound(t, b.c, invited.Begun, landed)
	token, a, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"code": secret.New(landed)})
	if err != nil || a.ID != pretend.OpenID || len(a.Missing) != 0 || !a.Expires.Equal(b.clock().Add(refreshLife)) {
		t.Fatalf("%+v, %v", a, err)
	}
	b.keep.Kept = token
	for range 3 { // each time with a token renewed since; a refresh token serves once
		if _, err := b.c.Inspect(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.pass(3 * time.Hour)
	}
	before := b.s.Granted()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := b.c.app.Session(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := b.s.Granted() - before; n != 1 {
		t.Errorf("%d renewals", n)
	}
	if err := b.c.Revoke(t.Context(), b.keep.Kept); err != nil {
		t.Fatal(err)
	}
	b.pass(3 * time.Hour)
	var e *channels.Error
	if _, err := b.c.Inspect(t.Context()); !errors.As(err, &e) || e.Scope != channels.ScopeChannel || !errors.Is(err, channels.ErrNotConnected) {
		t.Errorf("after the end: %v", err)
	}
}

// TestOutcomes holds the adapter against every recorded answer of TikTok.
func TestOutcomes(t *testing.T) {
	now := channeltest.Now()
	for _, tt := range channeltest.RecordedOf(t, "tiktok") {
		t.Run(tt.Case, func(t *testing.T) {
			a := tt.Answer()
			var s state
			var e *channels.Error
			switch {
			case tt.Call == "poll":
				if !result(a, &s) {
					t.Fatal("it cannot be read")
				}
				switch tt.First {
				case "staged_processing":
					if s.done() {
						t.Errorf("%+v", s)
					}
					return
				case "published":
					if r := s.receipt("work", "answer", now); !s.done() || tt.RemoteID != "" && r.RemoteID != tt.RemoteID {
						t.Errorf("%+v, %+v", s, r)
					}
					return
				}
				e = s.failed(now)
			case tt.First == "staged":
				if id, e := outcome(a, nil, now); id == "" || e != nil {
					t.Errorf("%q, %v", id, e)
				}
				return
			default: // with pictures the call that begins is the one that publishes
				_, e = outcome(a, nil, now)
			}
			want := map[string]channels.Fate{"retryable": channels.NotSent, "refresh": channels.NotSent, "rejected": channels.Refused, "unknown": channels.InDoubt}[tt.First]
			if e == nil || e.Fate != want || e.Scope.String() != tt.Scope {
				t.Errorf("%+v, want %s for the %s", e, tt.First, tt.Scope)
			}
		})
	}
}

// TestF56NoSecretIsShown: no error, receipt, account or log line holds a token,
// whatever is answered, and where nothing answers.
func TestF56NoSecretIsShown(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := *b.prepare(campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}})
	status := 0
	parrot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		if strings.Contains(q.URL.String(), "CANARY") || !strings.HasPrefix(q.URL.Path, "/v2/oauth/") && bytes.Contains(body, []byte("CANARY")) {
			t.Errorf("a secret stands where it does not belong: %s", q.URL.Path)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		code := "ok"
		if status != 200 {
			code = canary
		}
		fmt.Fprintf(w, `{"data":{"publish_id":%q,"status":"FAILED","fail_reason":%q,"user":{"open_id":%q,"display_name":%q}},"error":{"code":%q,"message":%q}}`, canary, canary, canary, canary, code, canary)
	}))
	defer parrot.Close()
	for _, base := range []string{parrot.URL, "http://127.0.0.1:1"} {
		env := b.env()
		keep := connected(t, base)
		env.Keep = keep
		c := open(t, base, env)
		for _, status = range []int{200, 302, 307, 400, 401, 403, 404, 409, 429, 500, 502} {
			for name, call := range map[string]func(ctx context.Context) (any, error){
				"prepare":   func(ctx context.Context) (any, error) { return c.Prepare(ctx, r) },
				"publish":   func(ctx context.Context) (any, error) { return c.Publish(ctx, r) },
				"reconcile": func(ctx context.Context) (any, error) { _, done, err := c.Reconcile(ctx, r); return done, err },
				"inspect":   func(ctx context.Context) (any, error) { return c.Inspect(ctx) },
				"revoke":    func(ctx context.Context) (any, error) { return nil, c.Revoke(ctx, keep.Kept) },
				"date":      func(ctx context.Context) (any, error) { return c.Date(ctx) },
			} {
				got, err := call(t.Context())
				var log bytes.Buffer
				slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err, "got", got)
				if s := fmt.Sprintf("%s %v %+v %#v", log.String(), err, got, got); strings.Contains(s, "CANARY") {
					t.Errorf("%s with %d: %s", name, status, s)
				}
			}
		}
	}
}

func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"data":{"publish_id":"p_pub_url~v2.1","status":"PUBLISH_COMPLETE","publicaly_available_post_id":[7401]},"error":{"code":"ok"}}`)
	f.Add(403, `{"data":{},"error":{"code":"url_ownership_unverified"}}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		now := channeltest.Now()
		a := httpx.Answer{Reach: httpx.ReachAnswer, Status: status, Body: []byte(body), Whole: true}
		id, e := outcome(a, nil, now)
		switch {
		case e == nil && !workForm.MatchString(id):
			t.Errorf("publish_id %q", id)
		case e != nil && (status >= 500 && e.Fate == channels.Refused || len(e.Error()) > 500):
			t.Errorf("%d: %+v", status, e)
		}
		var s state
		if result(a, &s) {
			if r := s.receipt("work", "answer", now); channels.SafeID(r.RemoteID) == "" {
				t.Errorf("receipt %+v", r)
			}
		}
	})
}
