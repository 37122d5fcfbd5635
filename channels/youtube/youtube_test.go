package youtube

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/youtube/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// named is a broadcast that people made.
const named = "Qh2fT3xAmPl"

func (b *bench) addNamed() {
	b.s.Add(pretend.Broadcast{ID: named, Title: "Draft", Description: "To be written.", Category: "25", Tags: []string{"cities"}, Start: "2026-12-20T15:00:00Z", Privacy: private})
}

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		kv   map[string]string
		says []string // nil: fine
	}{
		{nil, nil},
		{map[string]string{"client_id": "x.apps.googleusercontent.com", "client_secret": "file:s", "redirect_uri": "http://127.0.0.1:8/", "starts_after": "24h", "stream": "abc", "auto_start": "true"}, nil},
		{map[string]string{"client_id": "a b", "client_secret": "inTheClear", "starts_after": "1s", "stream": "a b", "tokn": "x"}, []string{"client_id:", "client_secret:", "starts_after:", "stream:", "tokn: unknown"}},
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

func TestCheck(t *testing.T) {
	b := newBench(t, pretend.Options{})
	without := open(t, b.box.URL, b.env(), "starts_after", "")
	m := b.picture()
	for _, tt := range []struct {
		name string
		c    *Channel
		say  campaign.Content
		ok   bool
	}{
		{"made for it", b.c, campaign.Content{Text: "x", Media: []campaign.Media{m}}, true},
		{"none named, none made", without, campaign.Content{Text: "x"}, false},
		{"named", without, campaign.Content{Text: "Tomorrow: " + watch(named) + "."}, true},
		{"named as link", without, campaign.Content{Text: "Tomorrow", Link: "https://youtu.be/" + named}, true},
		{"named twice", without, campaign.Content{Text: watch(named) + " https://www.youtube.com/live/" + named + "?si=x"}, true},
		{"two named", without, campaign.Content{Text: watch(named) + " " + watch("another1234")}, false},
		{"named, with picture", without, campaign.Content{Text: watch(named), Media: []campaign.Media{m}}, false},
		{"elsewhere", without, campaign.Content{Text: "https://youtube.com.evil.example/watch?v=" + named}, false},
		{"markup", b.c, campaign.Content{Text: "<b>"}, false},
		{"longest", b.c, campaign.Content{Text: strings.Repeat("a ", 2487)}, true},
		{"no room for the mark", b.c, campaign.Content{Text: strings.Repeat("a ", 2499)}, false},
		{"unlisted", b.c, campaign.Content{Text: "x", Visibility: "unlisted"}, true},
		{"followers", b.c, campaign.Content{Text: "x", Visibility: "followers"}, false},
	} {
		if found := tt.c.Check(tt.say); campaign.Findings(found).HasErrors() == tt.ok {
			t.Errorf("%s: %+v", tt.name, found)
		}
	}
}

// TestMadeForThePost: nothing is seen before its time; then the broadcast is
// there, with picture and stream, and without our mark.
func TestMadeForThePost(t *testing.T) {
	b := newBench(t, pretend.Options{}, "stream", "stream-1")
	m := b.picture()
	r := b.prepare(campaign.Content{Text: "Cities live.\n\nAll of it.", Language: "en", Visibility: "unlisted", Media: []campaign.Media{m}})
	if len(b.s.Public()) != 0 || !strings.Contains(b.s.Broadcasts()[0].Description, "tko:") {
		t.Fatalf("%+v", b.s.Broadcasts())
	}
	done, err := b.c.Publish(t.Context(), *r)
	if err != nil || done.Warning != "" {
		t.Fatalf("%+v, %v", done, err)
	}
	want := pretend.Broadcast{ID: done.RemoteID, Title: "Cities live.", Description: "All of it.", Language: "en", Category: "22", Start: "2026-12-19T09:00:00Z",
		Privacy: unlisted, Stream: "stream-1", Picture: b.media[m.Digest]}
	if got := b.s.Broadcasts(); len(got) != 1 || !reflect.DeepEqual(got[0], want) || done.URL != watch(got[0].ID) {
		t.Errorf("%+v, %+v", got, done)
	}
	n, err := b.c.Numbers(t.Context(), done)
	if _, told := n.Counts[campaign.CountReplies]; err != nil || n.Counts[campaign.CountViews] != 12 || n.Counts[campaign.CountLikes] != 3 || told {
		t.Errorf("%+v, %v", n, err)
	}
	for range 2 {
		if err := b.c.Delete(t.Context(), done); err != nil || len(b.s.Public()) != 0 || len(b.s.Broadcasts()) != 1 {
			t.Errorf("%v, %+v", err, b.s.Broadcasts())
		}
	}
	b.s.ByHand(done.RemoteID, nil)
	if err := b.c.Delete(t.Context(), done); err != nil {
		t.Error(err)
	}
	if _, err := b.c.Numbers(t.Context(), done); !errors.Is(err, channels.ErrGone) {
		t.Errorf("%v", err)
	}
}

// TestNamed: the broadcast that people made gets title, text and privacy, and
// keeps all else.
func TestNamed(t *testing.T) {
	b := newBench(t, pretend.Options{}, "starts_after", "")
	b.addNamed()
	r := b.prepare(campaign.Content{Text: "Cities live.\n\nTomorrow: " + watch(named)})
	if len(b.s.Public()) != 0 {
		t.Fatal("it is seen before its time")
	}
	if _, err := b.c.Publish(t.Context(), *r); err != nil {
		t.Fatal(err)
	}
	got := b.s.Public()
	want := pretend.Broadcast{ID: named, Title: "Cities live.", Description: "Tomorrow: " + watch(named), Category: "25", Tags: []string{"cities"}, Start: "2026-12-20T15:00:00Z", Privacy: public}
	if len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("%+v", got)
	}
	if _, err := b.c.Prepare(t.Context(), *request(campaign.Content{Text: watch("nowhere1234")})); channels.FateOf(err) != channels.Refused {
		t.Errorf("of somebody else: %v", err)
	}
}

// TestPrepareAgain: after a crash at any call the broadcast is found, not made
// twice; one whose start moved is moved.
func TestPrepareAgain(t *testing.T) {
	content := func(b *bench) campaign.Content {
		return campaign.Content{Text: "x", Media: []campaign.Media{b.picture()}}
	}
	whole := newBench(t, pretend.Options{}, "stream", "s")
	whole.prepare(content(whole))
	for crash := range whole.s.Calls() {
		for _, effect := range []bool{false, true} {
			b := newBench(t, pretend.Options{}, "stream", "s")
			calls := 0
			b.s.Fault(func(w http.ResponseWriter, _ *http.Request) bool {
				if calls++; calls == crash+1 && effect {
					b.box.Set(channeltest.Fault{Cut: channeltest.NoAnswer})
				} else if calls > crash {
					pretend.Refuse(w, http.StatusInternalServerError, "backendError")
					return true
				}
				return false
			})
			b.c.Prepare(t.Context(), *request(content(b)))
			b.s.Fault(nil)
			b.box.Set(channeltest.Fault{})
			r := request(content(b))
			r.Delivery.Due = r.Delivery.Due.Add(time.Hour)
			if _, err := b.c.Prepare(t.Context(), *r); err != nil {
				t.Fatal(err)
			}
			if got := b.s.Broadcasts(); len(got) != 1 || got[0].Start != "2026-12-19T10:00:00Z" {
				t.Errorf("after a crash at call %d, with effect %v: %+v", crash, effect, got)
			}
		}
	}
	b := newBench(t, pretend.Options{})
	b.prepare(campaign.Content{Text: "x"})
	twin := b.s.Broadcasts()[0]
	twin.ID = "twin1234567"
	b.s.Add(twin)
	if _, err := b.c.Prepare(t.Context(), *request(campaign.Content{Text: "x"})); channels.FateOf(err) != channels.Refused {
		t.Errorf("two with our mark: %v", err)
	}
}

// TestDoubt: what a lost answer ends with, by what people did meanwhile.
func TestDoubt(t *testing.T) {
	for _, tt := range []struct {
		name   string
		lost   bool // the call never arrived
		change func(b *pretend.Broadcast)
		want   channels.Verdict
	}{
		{"public", false, func(*pretend.Broadcast) {}, channels.Found},
		{"never arrived", true, func(*pretend.Broadcast) {}, channels.Absent},
		{"taken back", false, func(b *pretend.Broadcast) { b.Privacy = private }, channels.Gone},
		{"text changed by hand", false, func(b *pretend.Broadcast) { b.Description = "Other" }, channels.Ambiguous},
		{"made public by hand", true, func(b *pretend.Broadcast) { b.Privacy, b.Title = public, "Other" }, channels.Ambiguous},
		{"deleted", false, nil, channels.Gone},
		{"deleted before", true, nil, channels.Gone},
	} {
		b := newBench(t, pretend.Options{})
		r := b.prepare(campaign.Content{Text: "Title\n\ntext"})
		if !tt.lost {
			b.lose(r)
		}
		b.s.ByHand(b.s.Broadcasts()[0].ID, tt.change)
		v, done, err := b.c.Reconcile(t.Context(), *r)
		if err != nil || v != tt.want || (v == channels.Found) != (done.RemoteID != "") {
			t.Errorf("%s: %s, %+v, %v", tt.name, v, done, err)
		}
	}
	// One that said the same before proves nothing.
	b := newBench(t, pretend.Options{})
	b.s.Add(pretend.Broadcast{ID: named, Title: watch(named), Description: watch(named), Privacy: private})
	r := b.prepare(campaign.Content{Text: watch(named)})
	if v, _, err := b.c.Reconcile(t.Context(), *r); v != channels.Ambiguous || err != nil {
		t.Errorf("the same before: %s, %v", v, err)
	}
}

func TestLocked(t *testing.T) {
	b := newBench(t, pretend.Options{Locked: true})
	var e *channels.Error
	if _, err := b.c.Publish(t.Context(), *b.prepare(campaign.Content{Text: "x"})); !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel {
		t.Errorf("%v", err)
	}
}

func TestWatch(t *testing.T) {
	b := newBench(t, pretend.Options{})
	b.addNamed()
	for i, change := range []func(b *pretend.Broadcast){func(*pretend.Broadcast) {}, func(b *pretend.Broadcast) { b.Live = true }, func(b *pretend.Broadcast) { b.Over = true }, nil} {
		b.s.ByHand(named, change)
		if live, err := b.c.Watch(t.Context(), "https://youtu.be/"+named); live != (i == 1) || err != nil {
			t.Errorf("%d: %v, %v", i, live, err)
		}
	}
	if _, err := b.c.Watch(t.Context(), "https://example.org/"); channels.FateOf(err) != channels.Refused {
		t.Errorf("%v", err)
	}
}

// connect goes the whole way and keeps the token.
func (b *bench) connect(redirect string) (campaign.Account, error) {
	b.t.Helper()
	b.keep.Kept = secret.String{}
	invited, err := b.c.Begin(b.t.Context(), redirect)
	if err != nil {
		return campaign.Account{}, err
	}
	if (invited.State == "") != (redirect == "") {
		b.t.Errorf("state %q where we are sent back to %q", invited.State, redirect)
	}
	landed, err := b.s.Agree(invited.URL)
	if err != nil {
		b.t.Fatal(err)
	}
	token, a, err := b.c.Finish(b.t.Context(), invited.Begun, map[string]secret.String{"code": secret.New(" " + landed + "\n")})
	b.keep.Kept = token
	return a, err
}

func TestConnect(t *testing.T) {
	for _, redirect := range []string{"", back} {
		b := newBench(t, pretend.Options{})
		a, err := b.connect(redirect)
		if err != nil || a.ID != pretend.ChannelID || a.Handle != "@itac" || len(a.Missing) != 0 || !slices.Equal(a.Rights, scopes) || !a.Expires.IsZero() {
			t.Fatalf("%+v, %v", a, err)
		}
		for range 3 { // each time with a token renewed since
			if a, err = b.c.Inspect(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.pass(3 * time.Hour)
		}
		// Of many callers one renews.
		before := b.s.Granted()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := b.c.token(t.Context()); err != nil {
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
		var e *channels.Error
		b.pass(3 * time.Hour)
		if _, err := b.c.Inspect(t.Context()); !errors.As(err, &e) || e.Scope != channels.ScopeChannel || !errors.Is(err, channels.ErrNotConnected) {
			t.Errorf("after the end: %v", err)
		}
	}
	b := newBench(t, pretend.Options{NoChannel: true})
	if _, err := b.connect(""); err == nil {
		t.Error("an account without a channel was taken")
	}
}

// TestFlowsAreKeptApart: what another flow, server or app began is not finished.
func TestFlowsAreKeptApart(t *testing.T) {
	b := newBench(t, pretend.Options{})
	one, _ := b.c.Begin(t.Context(), back)
	two, _ := b.c.Begin(t.Context(), back)
	landed, err := b.s.Agree(one.URL)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := open(t, "http://127.0.0.1:1", b.env())
	finish := func(c *Channel, begun secret.String, code string) error {
		_, _, err := c.Finish(t.Context(), begun, map[string]secret.String{"code": secret.New(code)})
		return err
	}
	for name, err := range map[string]error{
		"another flow":   finish(b.c, two.Begun, landed),
		"another server": finish(elsewhere, one.Begun, landed),
		"no code":        finish(b.c, one.Begun, back+"?error=access_denied"),
		"wrong code":     finish(b.c, one.Begun, "4/other"),
		"nothing":        finish(b.c, secret.New("{}"), landed),
	} {
		if err == nil {
			t.Errorf("%s was taken", name)
		} else if strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := finish(b.c, one.Begun, landed); err != nil {
		t.Error(err)
	}
}

// TestLostRenewal: an answer to a renewal that was lost changes nothing; a
// permission that is over holds the channel, and is not asked for again and again.
func TestLostRenewal(t *testing.T) {
	b := newBench(t, pretend.Options{})
	if _, err := b.connect(""); err != nil {
		t.Fatal(err)
	}
	b.pass(55 * time.Minute)
	b.box.Set(channeltest.Fault{Cut: channeltest.NoAnswer})
	if _, err := b.c.token(t.Context()); err != nil {
		t.Errorf("the old token serves still: %v", err)
	}
	b.box.Set(channeltest.Fault{})
	b.pass(10 * time.Minute)
	if _, err := b.c.token(t.Context()); err != nil {
		t.Errorf("then: %v", err)
	}
	b.s.Forget()
	b.pass(2 * time.Hour)
	for range 2 {
		if _, err := b.c.token(t.Context()); !errors.Is(err, channels.ErrNotConnected) {
			t.Errorf("%v", err)
		}
	}
}

// TestF56NoSecretIsShown: no error, receipt, account or log line holds a token,
// whatever is answered, and where nothing answers.
func TestF56NoSecretIsShown(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := *b.prepare(campaign.Content{Text: "x"})
	status := 0
	parrot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		if strings.Contains(q.URL.String(), "CANARY") || q.URL.Path != "/token" && q.URL.Path != "/revoke" && bytes.Contains(body, []byte("CANARY")) {
			t.Errorf("a secret stands where it does not belong: %s", q.URL.Path)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", q.URL.String())
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"id":%q,"items":[{"id":%q,"snippet":{"title":%q,"description":%q},"status":{"privacyStatus":"public"}}],"error":{"code":%d,"message":%q,"errors":[{"reason":%q}]},"status":{"privacyStatus":"public"}}`,
			canary, canary, canary, canary, status, canary, canary)
	}))
	defer parrot.Close()
	for _, base := range []string{parrot.URL, "http://127.0.0.1:1"} {
		env := b.env()
		keep := connected(t, base)
		env.Keep = keep
		c := open(t, base, env)
		for _, status = range []int{200, 302, 307, 400, 401, 403, 404, 409, 413, 429, 500, 502} {
			for name, call := range map[string]func(ctx context.Context) (any, error){
				"prepare":   func(ctx context.Context) (any, error) { return c.Prepare(ctx, r) },
				"publish":   func(ctx context.Context) (any, error) { return c.Publish(ctx, r) },
				"reconcile": func(ctx context.Context) (any, error) { _, done, err := c.Reconcile(ctx, r); return done, err },
				"inspect":   func(ctx context.Context) (any, error) { return c.Inspect(ctx) },
				"delete":    func(ctx context.Context) (any, error) { return nil, c.Delete(ctx, campaign.Receipt{RemoteID: named}) },
				"numbers":   func(ctx context.Context) (any, error) { return c.Numbers(ctx, campaign.Receipt{RemoteID: named}) },
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
	if s := fmt.Sprintf("%v %+v %s", b.c, b.c.cfg, r.Staged.Parts[0].Body); strings.Contains(s, "CANARY") {
		t.Errorf("%s", s)
	}
}
