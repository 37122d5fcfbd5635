package telegram

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/telegram/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		name string
		kv   map[string]string
		says []string // nil: fine
	}{
		{"name", map[string]string{"chat": "@itac", "token": "file:t"}, nil},
		{"number, connected", map[string]string{"chat": "-1001234567890"}, nil},
		{"nothing", nil, []string{"chat: it is missing"}},
		{"address", map[string]string{"chat": "https://t.me/itac"}, []string{"chat: write it as @name"}},
		{"token in clear", map[string]string{"chat": "@itac", "token": canary}, []string{"token:"}},
		{"all at once", map[string]string{"chat": "@itac", "staging_chat": "@ITAC", "link_preview": "big", "long_polls": "x", "chta": "y"},
			[]string{"staging_chat:", "link_preview:", "long_polls:", "chta: unknown"}},
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

func TestCheck(t *testing.T) {
	b := newBench(t, pretend.Options{})
	long := newBench(t, pretend.Options{}, "long_polls", "true")
	alts := newBench(t, pretend.Options{}, "alt_in_text", "true")
	m := b.picture(1)
	poll := func(ends time.Duration) *campaign.Poll {
		return &campaign.Poll{Options: []string{"One", "Two"}, Ends: ends}
	}
	caption := strings.Repeat("a", 1024-2-len([]rune(m.Credit)))
	for _, tt := range []struct {
		name string
		c    *Channel
		say  campaign.Content
		ok   bool
	}{
		{"longest text", b.c, campaign.Content{Text: strings.Repeat("🌍", 2048)}, true},
		{"longer", b.c, campaign.Content{Text: strings.Repeat("🌍", 2048) + "a"}, false},
		{"longest caption", b.c, campaign.Content{Text: caption, Media: []campaign.Media{m}}, true},
		{"longer caption", b.c, campaign.Content{Text: caption + "a", Media: []campaign.Media{m}}, false},
		{"with its description", alts.c, campaign.Content{Text: caption, Media: []campaign.Media{m}}, false},
		{"ten minutes", b.c, campaign.Content{Text: "?", Poll: poll(10 * time.Minute)}, true},
		{"a day", b.c, campaign.Content{Text: "?", Poll: poll(24 * time.Hour)}, false},
		{"a day, permitted", long.c, campaign.Content{Text: "?", Poll: poll(24 * time.Hour)}, true},
		{"question", b.c, campaign.Content{Text: strings.Repeat("?", 301), Poll: poll(5 * time.Minute)}, false},
		{"poll and picture", b.c, campaign.Content{Text: "?", Poll: poll(5 * time.Minute), Media: []campaign.Media{m}}, false},
		{"eleven pictures", b.c, campaign.Content{Text: "x", Media: slices.Repeat([]campaign.Media{m}, 11)}, false},
	} {
		if found := tt.c.Check(tt.say); campaign.Findings(found).HasErrors() == tt.ok {
			t.Errorf("%s: %+v", tt.name, found)
		}
	}
}

// TestWhatIsShown: each kind of post arrives as it was written, names itself
// rightly, and is taken down whole.
func TestWhatIsShown(t *testing.T) {
	b := newBench(t, pretend.Options{})
	for i, c := range contents(b) {
		before := len(b.s.Messages())
		r := b.all(campaign.Message, c)
		shown := b.s.Messages()[before:]
		if want := max(1, len(c.Media)) + len(c.Thread); len(shown) != want {
			t.Fatalf("content %d: %d messages, want %d", i, len(shown), want)
		}
		if shown[0].Silent != c.Silent || len(c.Thread) > 0 && shown[1].ReplyTo != shown[0].ID || c.Poll != nil && !slices.Equal(shown[0].Options, c.Poll.Options) {
			t.Errorf("content %d: %+v", i, shown)
		}
		if receipt := r.Earlier[0]; receipt.Warning != "" || receipt.URL != fmt.Sprintf("https://t.me/itac/%d", shown[0].ID) || receipt.Platform.IsZero() {
			t.Errorf("content %d: %+v", i, receipt)
		}
		for _, receipt := range r.Earlier {
			for range 2 { // what is gone is no error
				if err := b.c.Delete(t.Context(), receipt); err != nil {
					t.Errorf("content %d: %v", i, err)
				}
			}
		}
		if n := len(b.s.Messages()); n != before {
			t.Errorf("content %d: %d messages are left", i, n-before)
		}
	}
}

// TestStagingChat: pictures are at Telegram before the post, which then is a
// small call without them; nothing is left in the staging chat.
func TestStagingChat(t *testing.T) {
	b := newBench(t, pretend.Options{}, "staging_chat", fmt.Sprint(pretend.StagingID))
	r := b.prepare(campaign.Message, campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1), b.picture(2)}})
	if left := b.s.Staged(); len(left) != 0 {
		t.Errorf("%d messages are left in the staging chat", len(left))
	}
	sent := b.box.Bytes()
	if _, err := b.publish(r); err != nil {
		t.Fatal(err)
	}
	if n := b.box.Bytes() - sent; n > 2000 || len(b.s.Messages()) != 2 {
		t.Errorf("%d bytes for %d messages", n, len(b.s.Messages()))
	}
	public := newBench(t, pretend.Options{}, "staging_chat", fmt.Sprint(pretend.ChatID))
	_, err := public.c.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "x", Media: []campaign.Media{public.picture(1)}}})
	if err == nil || len(public.s.Messages()) != 0 {
		t.Errorf("a picture was put into the public chat under another name: %v, %d messages", err, len(public.s.Messages()))
	}
}

func TestPins(t *testing.T) {
	b := newBench(t, pretend.Options{}, "pin_livestreams", "true")
	content := campaign.Content{Text: "Live at four."}
	if r := b.all(campaign.Message, content); len(r.Staged.Parts) != 1 || b.s.Pinned() != 0 {
		t.Fatal("a post that is no livestream was pinned")
	}
	r := b.prepare(campaign.Livestream, content)
	if _, err := b.publish(r); err != nil {
		t.Fatal(err)
	}
	if v, _, err := b.c.Reconcile(t.Context(), *r); v != channels.CannotTell || err != nil {
		t.Errorf("before the pin: %s, %v", v, err)
	}
	doubt := *r
	receipt, err := b.publish(r)
	if err != nil || b.s.Pinned() != b.s.Messages()[1].ID || receipt.RemoteID != fmt.Sprintf("pin-%d", b.s.Pinned()) {
		t.Fatalf("%+v, %v; pinned %d", receipt, err, b.s.Pinned())
	}
	if v, found, err := b.c.Reconcile(t.Context(), doubt); v != channels.Found || found.RemoteID != receipt.RemoteID || err != nil {
		t.Errorf("after the pin: %s, %+v, %v", v, found, err)
	}
	if err := b.c.Delete(t.Context(), receipt); err != nil || b.s.Pinned() != 0 || len(b.s.Messages()) != 2 {
		t.Errorf("%v, pinned %d, %d messages", err, b.s.Pinned(), len(b.s.Messages()))
	}
	lacks := newBench(t, pretend.Options{Lacks: []string{"can_edit_messages"}}, "pin_livestreams", "true")
	r = lacks.prepare(campaign.Livestream, content)
	_, _ = lacks.publish(r)
	var e *channels.Error
	if _, err := lacks.publish(r); !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != channels.ScopeChannel {
		t.Errorf("without the right: %v", err)
	}
}

// TestMovedGroup: a group that got another number is written to under it, by
// the same staged post.
func TestMovedGroup(t *testing.T) {
	b := newBench(t, pretend.Options{Group: true}, "chat", fmt.Sprint(pretend.ChatID))
	r := b.prepare(campaign.Message, campaign.Content{Text: "x"})
	b.s.Move(-1005555555555)
	var e *channels.Error
	if _, err := b.publish(r); !errors.As(err, &e) || e.Fate != channels.NotSent || e.RetryAt.IsZero() {
		t.Fatalf("%v", err)
	}
	if _, err := b.publish(r); err != nil || len(b.s.Messages()) != 1 {
		t.Errorf("%v, %d messages", err, len(b.s.Messages()))
	}
	forgot := open(t, b.box.URL, b.env(), "chat", fmt.Sprint(pretend.ChatID))
	if a, err := forgot.Inspect(t.Context()); err != nil || a.ID != "-1005555555555" {
		t.Errorf("after a restart: %+v, %v", a, err)
	}
}

func TestWarnings(t *testing.T) {
	b := newBench(t, pretend.Options{CutTexts: true, DropReplies: true})
	r := b.all(campaign.Message, campaign.Content{Text: "A longer text.", Thread: []string{"More of it."}})
	if w := r.Earlier[0].Warning; !strings.Contains(w, "text") {
		t.Errorf("warning %q", w)
	}
	if w := r.Earlier[1].Warning; !strings.Contains(w, "answer") {
		t.Errorf("warning %q", w)
	}
}

func TestConnect(t *testing.T) {
	b := newBench(t, pretend.Options{}, "token", "")
	if _, err := b.c.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "x"}}); !errors.Is(err, channels.ErrNotConnected) {
		t.Errorf("before: %v", err)
	}
	invited, err := b.c.Begin(t.Context(), "https://takeover.example/")
	if err != nil || len(invited.Ask) != 1 || !invited.Ask[0].Secret {
		t.Fatalf("%+v, %v", invited, err)
	}
	for _, wrong := range []string{"", "x", canary + "x/../getMe", "123456789:another0000000000000000000"} {
		if _, _, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"token": secret.New(wrong)}); err == nil {
			t.Errorf("%q was taken", wrong)
		} else {
			noCanary(t, err)
		}
	}
	token, account, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"token": secret.New(" " + canary + "\n")})
	if err != nil || account.ID != fmt.Sprint(pretend.ChatID) || account.Handle != "@itac" || account.Server != "bot @itac_bot" || len(account.Missing) != 0 {
		t.Fatalf("%+v, %v", account, err)
	}
	b.keep.Kept = token
	if r := b.all(campaign.Message, campaign.Content{Text: "x"}); r.Earlier[0].URL == "" {
		t.Errorf("%+v", r.Earlier)
	}
	elsewhere := open(t, "http://127.0.0.1:1", b.env(), "token", "")
	if _, err := elsewhere.Inspect(t.Context()); !errors.Is(err, channels.ErrNotConnected) {
		t.Errorf("the token would go to another server: %v", err)
	}
}

func TestInspectRights(t *testing.T) {
	for _, tt := range []struct {
		o       pretend.Options
		kv      []string
		missing []string
	}{
		{pretend.Options{}, nil, nil},
		{pretend.Options{Lacks: []string{"can_post_messages"}}, nil, []string{"can_post_messages"}},
		{pretend.Options{Lacks: []string{"can_edit_messages"}}, nil, nil},
		{pretend.Options{Lacks: []string{"can_edit_messages"}}, []string{"pin_livestreams", "true"}, []string{"can_edit_messages"}},
		{pretend.Options{Lacks: []string{"administrator"}}, nil, []string{"administrator", "can_post_messages", "can_delete_messages"}},
		{pretend.Options{Group: true}, nil, nil},
	} {
		b := newBench(t, tt.o, tt.kv...)
		a, err := b.c.Inspect(t.Context())
		if err != nil || !slices.Equal(a.Missing, tt.missing) {
			t.Errorf("%+v: %+v, %v", tt.o, a, err)
		}
	}
}

func TestDate(t *testing.T) {
	b := newBench(t, pretend.Options{})
	if at, err := b.c.Date(t.Context()); err != nil || at.IsZero() || len(b.s.Calls()) != 0 {
		t.Errorf("%v, %v", at, err)
	}
}

// TestF56NoSecretIsShown: no error, receipt, account or log line holds the
// token or its secret half, whatever is answered, and where nothing answers.
func TestF56NoSecretIsShown(t *testing.T) {
	b := newBench(t, pretend.Options{})
	content := campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}}
	r := *b.prepare(campaign.Message, content)
	r.Gate = channeltest.Open{}
	status := 0
	_, half, _ := strings.Cut(canary, ":")
	parrot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		if bytes.Contains(body, []byte("CANARY")) || strings.Contains(fmt.Sprint(q.Header, q.URL.RawQuery), "CANARY") {
			t.Error("the token stands outside of the path")
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", q.URL.String())
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"ok":%v,"error_code":%d,"description":"chat not found %s %s","result":{"message_id":7,"id":7,"title":%q,"username":%q,"text":%q,"photo":[{"file_id":%q}],"chat":{"id":-1005,"username":%q}}}`,
			status == 200, status, canary, half, canary, half, canary, half, half)
	}))
	defer parrot.Close()
	for _, base := range []string{parrot.URL, "http://127.0.0.1:1"} {
		c := open(t, base, b.env(), "staging_chat", "-100777")
		for _, status = range []int{200, 302, 307, 400, 401, 403, 404, 409, 413, 429, 500, 502} {
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
				if strings.Contains(log.String(), "CANARY") || strings.Contains(log.String(), "/bot") {
					t.Errorf("%s with %d: %s", name, status, log.String())
				}
				noCanary(t, err, got)
			}
		}
	}
	noCanary(t, b.c, b.c.cfg, string(r.Staged.Parts[0].Body))
}
