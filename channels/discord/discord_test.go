package discord

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
	"github.com/ittakesacommunity/takeover/channels/discord/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		name string
		kv   map[string]string
		says []string // nil: fine
	}{
		{"bot", map[string]string{"channel": "123", "token": "file:t"}, nil},
		{"webhook", map[string]string{"webhook": "file:w"}, nil},
		{"webhook, connected", map[string]string{"mode": "webhook"}, nil},
		{"nothing", nil, []string{"channel: it is missing"}},
		{"webhook in clear", map[string]string{"webhook": hookURL}, []string{"webhook:"}},
		{"both", map[string]string{"mode": "webhook", "token": "file:t"}, []string{"token:"}},
		{"bot with a webhook", map[string]string{"mode": "bot", "channel": "1", "webhook": "file:w"}, []string{"webhook:"}},
		{"all at once", map[string]string{"mode": "x", "channel": "#news", "link_preview": "big", "chanel": "1"}, []string{"mode:", "channel:", "link_preview:", "chanel: unknown"}},
		{"crosspost", map[string]string{"mode": "webhook", "crosspost": "true"}, []string{"crosspost:"}},
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
	free := newBench(t, pretend.Options{}, "markdown", "true")
	m := b.picture(1)
	large := m
	large.Bytes = 9 << 20
	poll := func(ends time.Duration) *campaign.Poll {
		return &campaign.Poll{Options: []string{"One", "Two"}, Ends: ends}
	}
	for _, tt := range []struct {
		name string
		c    *Channel
		say  campaign.Content
		ok   bool
	}{
		{"longest", b.c, campaign.Content{Text: strings.Repeat("🌍", 1000)}, true},
		{"longer", b.c, campaign.Content{Text: strings.Repeat("🌍", 1000) + "a"}, false},
		{"stars that are escaped", b.c, campaign.Content{Text: strings.Repeat("*", 1001)}, false},
		{"stars that are markup", free.c, campaign.Content{Text: strings.Repeat("*", 1001)}, true},
		{"long part of a thread", b.c, campaign.Content{Text: "x", Thread: []string{strings.Repeat("*", 1001)}}, false},
		{"pictures together", b.c, campaign.Content{Text: "x", Media: []campaign.Media{large, large, large}}, false},
		{"three hours", b.c, campaign.Content{Text: "?", Poll: poll(3 * time.Hour)}, true},
		{"half an hour", b.c, campaign.Content{Text: "?", Poll: poll(30 * time.Minute)}, false},
		{"a question", b.c, campaign.Content{Text: strings.Repeat("?", 301), Poll: poll(time.Hour)}, false},
		{"a poll with a picture", b.c, campaign.Content{Text: "?", Poll: poll(time.Hour), Media: []campaign.Media{m}}, false},
	} {
		if found := tt.c.Check(tt.say); campaign.Findings(found).HasErrors() == tt.ok {
			t.Errorf("%s: %+v", tt.name, found)
		}
	}
}

// TestWhatIsShown: each kind of post arrives as it was written, names itself
// rightly, notifies nobody by a name, and is taken down.
func TestWhatIsShown(t *testing.T) {
	for _, kv := range [][]string{nil, byHook} {
		b := newBench(t, pretend.Options{}, kv...)
		for i, c := range contents(b) {
			before := len(b.s.Messages())
			r := b.all(c)
			shown := b.s.Messages()[before:]
			if len(shown) != 1+len(c.Thread) {
				t.Fatalf("content %d: %d messages", i, len(shown))
			}
			first := shown[0]
			if first.Flags&flagSilent != 0 != c.Silent || len(first.Files) != len(c.Media) || c.Poll != nil && (first.Question != c.Text || !slices.Equal(first.Options, c.Poll.Options) || first.Shown != c.Link) {
				t.Errorf("content %d: %+v", i, first)
			}
			if kv == nil && len(c.Thread) == 2 && (shown[1].ReplyTo != first.ID || shown[2].ReplyTo != shown[1].ID) {
				t.Errorf("content %d: the thread hangs on %+v", i, shown)
			}
			if receipt := r.Earlier[0]; receipt.Warning != "" || receipt.URL != "https://discord.com/channels/"+pretend.GuildID+"/"+pretend.ChannelID+"/"+first.ID || receipt.Platform.IsZero() {
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
		for _, call := range b.s.Calls() {
			if string(call.Payload["allowed_mentions"]) != `{"parse":[]}` {
				t.Errorf("allowed_mentions %s", call.Payload["allowed_mentions"])
			}
		}
	}
}

func TestWarnings(t *testing.T) {
	b := newBench(t, pretend.Options{DropAlts: true})
	if r := b.all(campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}}); !strings.Contains(r.Earlier[0].Warning, "alt text") {
		t.Errorf("warning %q", r.Earlier[0].Warning)
	}
}

// TestDoubt: what a lost answer ends with, by what happened meanwhile.
func TestDoubt(t *testing.T) {
	verdict := func(b *bench, r *channels.Request) channels.Verdict {
		v, _, err := b.c.Reconcile(t.Context(), *r)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	content := func(b *bench) campaign.Content {
		return campaign.Content{Text: "Ten *years*.", Media: []campaign.Media{b.picture(1)}}
	}
	t.Run("found", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		b.s.Say("7", "Hello.")
		r := b.prepare(content(b))
		b.lose(r)
		for range 120 { // more than a page stands before it is looked for
			b.s.Say("7", "Ten \\*years\\*.")
		}
		if v := verdict(b, r); v != channels.Found {
			t.Error(v)
		}
	})
	t.Run("repeated within the window", func(t *testing.T) {
		b := newBench(t, pretend.Options{Lag: time.Hour})
		r := b.prepare(content(b))
		b.lose(r)
		b.pass(keyWindow)
		if v := verdict(b, r); v != channels.Absent {
			t.Fatal(v)
		}
		if receipt, err := b.publish(r); err != nil || len(b.s.Messages()) != 1 || receipt.RemoteID != b.s.Messages()[0].ID {
			t.Errorf("%+v, %v; %d messages", receipt, err, len(b.s.Messages()))
		}
	})
	t.Run("taken down meanwhile", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		r := b.prepare(content(b))
		b.lose(r)
		b.s.Remove(b.s.Messages()[0].ID)
		if v := verdict(b, r); v != channels.Absent {
			t.Fatal(v)
		}
		if _, err := b.publish(r); channels.FateOf(err) != channels.InDoubt {
			t.Fatalf("%v", err)
		}
		if v := verdict(b, r); v != channels.Gone || len(b.s.Messages()) != 0 {
			t.Errorf("%s, %d messages", v, len(b.s.Messages()))
		}
	})
	t.Run("twice", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		r := b.prepare(campaign.Content{Text: "Twice."})
		b.lose(r)
		b.s.Say(pretend.BotID, "Twice.")
		if v := verdict(b, r); v != channels.Ambiguous {
			t.Error(v)
		}
	})
	t.Run("without its picture", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		r := b.prepare(content(b))
		b.s.Say(pretend.BotID, `Ten \*years\*.`+"\n\n"+r.Content.Media[0].Credit)
		if v := verdict(b, r); v != channels.Ambiguous {
			t.Error(v)
		}
	})
	t.Run("only before", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		b.s.Say(pretend.BotID, "Once.")
		if v := verdict(b, b.prepare(campaign.Content{Text: "Once."})); v != channels.Absent {
			t.Error(v)
		}
	})
	t.Run("the part before it is gone", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		r := b.prepare(campaign.Content{Text: "One.", Thread: []string{"Two."}})
		if _, err := b.publish(r); err != nil {
			t.Fatal(err)
		}
		b.s.Remove(b.s.Messages()[0].ID)
		if _, err := b.publish(r); channels.FateOf(err) != channels.Refused || len(b.s.Messages()) != 0 {
			t.Errorf("%v, %d messages", err, len(b.s.Messages()))
		}
	})
	t.Run("webhook", func(t *testing.T) {
		b := newBench(t, pretend.Options{}, byHook...)
		r := b.prepare(content(b))
		b.lose(r)
		if v := verdict(b, r); v != channels.CannotTell || b.c.Class() != campaign.K6 {
			t.Errorf("%s, %s", v, b.c.Class())
		}
	})
}

func TestNonce(t *testing.T) {
	long := nonceOf(strings.Repeat("d_00000000000000000001_0", 10))
	if len(long) > 25 || long != nonceOf(strings.Repeat("d_00000000000000000001_0", 10)) || nonceOf("a") == nonceOf("b") {
		t.Errorf("nonce %q", long)
	}
}

func TestCrosspost(t *testing.T) {
	b := newBench(t, pretend.Options{Announcement: true}, "crosspost", "true")
	r := b.prepare(campaign.Content{Text: "News."})
	if _, err := b.publish(r); err != nil {
		t.Fatal(err)
	}
	if v, _, err := b.c.Reconcile(t.Context(), *r); v != channels.Absent || err != nil {
		t.Errorf("before: %s, %v", v, err)
	}
	b.lose(r)
	v, found, err := b.c.Reconcile(t.Context(), *r)
	if v != channels.Found || err != nil {
		t.Errorf("after: %s, %v", v, err)
	}
	receipt, err := b.publish(r) // Discord says that it is done
	if err != nil || receipt.RemoteID != found.RemoteID || receipt.RemoteID == r.Earlier[0].RemoteID || !b.s.Messages()[0].Crossposted {
		t.Errorf("%+v, %v", receipt, err)
	}
	if err := b.c.Delete(t.Context(), receipt); err != nil || len(b.s.Messages()) != 1 {
		t.Errorf("%v, %d messages", err, len(b.s.Messages()))
	}
	if a, err := b.c.Inspect(t.Context()); err != nil || len(a.Missing) != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	plain := newBench(t, pretend.Options{}, "crosspost", "true")
	if a, err := plain.c.Inspect(t.Context()); err != nil || len(a.Missing) != 1 {
		t.Errorf("no announcement channel: %+v, %v", a, err)
	}
}

func TestConnect(t *testing.T) {
	for name, tt := range map[string]struct {
		kv     []string
		right  string
		wrong  []string
		handle string
		o      pretend.Options
		lacks  []string
	}{
		"bot": {kv: []string{"token", ""}, right: "Bot " + canary, wrong: []string{"", "x", canary + "\r\nX: y", hookURL}, handle: "#news"},
		"bot without rights": {kv: []string{"token", ""}, right: canary, handle: "#news", o: pretend.Options{Denied: 1<<11 | 1<<15},
			lacks: []string{"SEND_MESSAGES", "ATTACH_FILES"}},
		"webhook": {kv: []string{"token", "", "mode", "webhook"}, right: hookURL, handle: pretend.ChannelID,
			wrong: []string{"", canary, strings.Replace(hookURL, "discord.com", "discord.com.evil.example", 1), hookURL + "/../x", strings.Replace(hookURL, "https", "http", 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, tt.o, tt.kv...)
			if _, err := b.c.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "x"}}); !errors.Is(err, channels.ErrNotConnected) {
				t.Errorf("before: %v", err)
			}
			invited, err := b.c.Begin(t.Context(), "https://takeover.example/")
			if err != nil || len(invited.Ask) != 1 || !invited.Ask[0].Secret {
				t.Fatalf("%+v, %v", invited, err)
			}
			for _, wrong := range tt.wrong {
				if _, _, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"token": secret.New(wrong)}); err == nil {
					t.Errorf("%q was taken", wrong)
				} else {
					noCanary(t, err)
				}
			}
			token, account, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"token": secret.New(" " + tt.right + "\n")})
			if err != nil || account.ID != pretend.ChannelID || account.Handle != tt.handle || !slices.Equal(account.Missing, tt.lacks) {
				t.Fatalf("%+v, %v", account, err)
			}
			b.keep.Kept = token
			b.all(campaign.Content{Text: "x"})
			elsewhere := open(t, "http://127.0.0.1:1", b.env(), tt.kv...)
			if _, err := elsewhere.Inspect(t.Context()); !errors.Is(err, channels.ErrNotConnected) {
				t.Errorf("the secret would go to another server: %v", err)
			}
		})
	}
}

func TestDate(t *testing.T) {
	b := newBench(t, pretend.Options{})
	if at, err := b.c.Date(t.Context()); err != nil || !at.Equal(b.clock()) {
		t.Errorf("%v, %v", at, err)
	}
}

// TestF56NoSecretIsShown: no error, receipt, account or log line holds a
// secret, whatever is answered, and where nothing answers.
func TestF56NoSecretIsShown(t *testing.T) {
	for _, kv := range [][]string{nil, byHook} {
		b := newBench(t, pretend.Options{}, kv...)
		r := *b.prepare(campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}})
		r.Gate, r.Key = channeltest.Open{}, "k"
		secrets := canary
		if kv != nil {
			secrets = hookCanary
		}
		status := 0
		parrot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			body, _ := io.ReadAll(q.Body)
			if bytes.Contains(body, []byte("CANARY")) || strings.Contains(q.URL.RawQuery, "CANARY") || kv == nil && strings.Contains(q.URL.Path, "CANARY") {
				t.Error("a secret stands where it does not belong")
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Location", q.URL.String())
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"code":50035,"message":"%s","id":"%s","channel_id":"%s","guild_id":"%s","name":"%s","username":"%s","content":"%s"}`,
				secrets, pretend.ChannelID, pretend.ChannelID, secrets, secrets, secrets, secrets)
		}))
		for _, base := range []string{parrot.URL, "http://127.0.0.1:1"} {
			c := open(t, base, b.env(), kv...)
			for _, status = range []int{200, 204, 302, 307, 400, 401, 403, 404, 409, 413, 429, 500, 502} {
				for name, call := range map[string]func(ctx context.Context) (any, error){
					"prepare":   func(ctx context.Context) (any, error) { return c.Prepare(ctx, r) },
					"publish":   func(ctx context.Context) (any, error) { return c.Publish(ctx, r) },
					"reconcile": func(ctx context.Context) (any, error) { _, receipt, err := c.Reconcile(ctx, r); return receipt, err },
					"latest":    func(ctx context.Context) (any, error) { return c.Latest(ctx) },
					"inspect":   func(ctx context.Context) (any, error) { return c.Inspect(ctx) },
					"delete":    func(ctx context.Context) (any, error) { return nil, c.Delete(ctx, campaign.Receipt{RemoteID: "1"}) },
					"date":      func(ctx context.Context) (any, error) { return c.Date(ctx) },
				} {
					got, err := call(t.Context())
					var log bytes.Buffer
					slog.New(slog.NewJSONHandler(&log, nil)).Error("failed", "err", err, "got", got)
					if strings.Contains(log.String(), "CANARY") || strings.Contains(log.String(), "/webhooks/") {
						t.Errorf("%s with %d: %s", name, status, log.String())
					}
					noCanary(t, err, got)
				}
			}
		}
		parrot.Close()
		noCanary(t, b.c, b.c.cfg, string(r.Staged.Parts[0].Body))
	}
}
