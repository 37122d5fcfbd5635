package email

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/email/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

func TestConfig(t *testing.T) {
	fine := map[string]string{"server": "mail.example.org:587", "from": "Us <us@example.org>", "to": "list@example.org"}
	with := func(kv ...string) map[string]string {
		m := map[string]string{}
		for k, v := range fine {
			m[k] = v
		}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i]] = kv[i+1]
		}
		return m
	}
	for _, tt := range []struct {
		name string
		kv   map[string]string
		says []string // nil: fine
	}{
		{"without login", fine, nil},
		{"with login", with("user", "u", "password", "file:p", "unsubscribe", "https://example.org/leave", "reply_to", "a@example.org"), nil},
		{"nothing", nil, []string{"server:", "from:", "to:"}},
		{"no port", with("server", "mail.example.org"), []string{"server:"}},
		{"two lines", with("to", "a@example.org\r\nBCC: b@example.org"), []string{"to:"}},
		{"command in the address", with("to", "\"a>\"@example.org"), []string{"to:"}},
		{"password in clear", with("user", "u", "password", canary), []string{"password:"}},
		{"password without user", with("password", "file:p"), []string{"user:"}},
		{"script", with("unsubscribe", "javascript:x"), []string{"unsubscribe:"}},
		{"other", with("base_url", "https://example.org", "tp", "x"), []string{"base_url:", "tp: unknown"}},
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
	}
}

// TestWhatIsRead: the mail says all of the post, in text and as a page, and
// bears one name and date in every attempt.
func TestWhatIsRead(t *testing.T) {
	b := newBench(t, pretend.Options{}, "reply_to", "team@itac.example", "unsubscribe", "mailto:leave@partners.example")
	m := b.picture(1)
	text := "Zehn Jahre, eine Gemeinschaft – für alle.\n\nText mit <b> & https://example.org/?a=1&b=2\n."
	r := b.prepare(campaign.Content{Text: text, Language: "de", Media: []campaign.Media{m}})
	receipt, err := b.c.Publish(t.Context(), *r)
	if err != nil || receipt.RemoteID != "d_1@itac.example" {
		t.Fatalf("%+v, %v", receipt, err)
	}
	if _, err := b.c.Publish(t.Context(), *r); err != nil {
		t.Fatal(err)
	}
	mails := b.s.Mails()
	if !bytes.Equal(mails[0].Raw, mails[1].Raw) {
		t.Error("a repeat sends other bytes")
	}
	if mails[0].From != "news@itac.example" || mails[0].To != "list@partners.example" {
		t.Errorf("%+v", mails[0])
	}
	for line := range bytes.SplitSeq(mails[0].Raw, []byte("\r\n")) {
		if len(line) > 200 || bytes.ContainsAny(line, "\r\n") || bytes.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
			t.Errorf("line %q", line)
		}
	}
	got := parse(t, mails[0].Raw)
	subject, err := new(mime.WordDecoder).DecodeHeader(got.head.Get("Subject"))
	if err != nil || subject != "Zehn Jahre, eine Gemeinschaft – für alle." {
		t.Errorf("subject %q, %v", subject, err)
	}
	for k, want := range map[string]string{"From": `"It takes a Community" <news@itac.example>`, "To": "<list@partners.example>", "Reply-To": "<team@itac.example>", "Message-ID": "<d_1@itac.example>",
		"Date": channeltest.Now().Format(time.RFC1123Z), "Content-Language": "de", "Auto-Submitted": "auto-generated", "List-Unsubscribe": "<mailto:leave@partners.example>"} {
		if v := got.head.Get(k); v != want {
			t.Errorf("%s: %q, want %q", k, v, want)
		}
	}
	if !strings.Contains(got.plain, "https://example.org/?a=1&b=2\n.\n\n"+m.Credit) || !strings.Contains(got.plain, "["+m.Alt+"]") {
		t.Errorf("text %q", got.plain)
	}
	if !strings.Contains(got.html, `<a href="https://example.org/?a=1&amp;b=2">`) || !strings.Contains(got.html, "&lt;b&gt;") || !slices.Equal(got.alts(), []string{m.Alt}) {
		t.Errorf("page %s", got.html)
	}
	if !bytes.Equal(got.pictures["1.d_1@itac.example"], b.media[m.Digest]) {
		t.Error("the picture is another")
	}
}

// TestLossesAreToldTruly: until the dot everything is known to be unsent; after
// it only the server's own word is believed.
func TestLossesAreToldTruly(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault pretend.Fault
		fate  channels.Fate
		scope channels.Scope
	}{
		{"hangs up at once", pretend.Fault{At: pretend.Accept}, channels.NotSent, channels.ScopePlatform},
		{"hangs up before it greets", pretend.Fault{At: pretend.Greeting}, channels.NotSent, channels.ScopePlatform},
		{"busy", pretend.Fault{At: pretend.Greeting, Reply: "421 4.3.2 later\r\n"}, channels.NotSent, channels.ScopePlatform},
		{"wants nothing of us", pretend.Fault{At: pretend.Greeting, Reply: "554 5.7.1 no\r\n"}, channels.NotSent, channels.ScopeChannel},
		{"in EHLO", pretend.Fault{At: pretend.EHLO, Half: true}, channels.NotSent, channels.ScopePlatform},
		{"in STARTTLS", pretend.Fault{At: pretend.STARTTLS}, channels.NotSent, channels.ScopePlatform},
		{"no TLS today", pretend.Fault{At: pretend.STARTTLS, Reply: "454 4.7.0 not now\r\n"}, channels.NotSent, channels.ScopePlatform},
		{"words put between", pretend.Fault{At: pretend.STARTTLS, Reply: "220 go on\r\n250 fine\r\n"}, channels.NotSent, channels.ScopeChannel},
		{"wrong password", pretend.Fault{At: pretend.AUTH, Reply: "535 5.7.8 no\r\n"}, channels.NotSent, channels.ScopeChannel},
		{"login out of order", pretend.Fault{At: pretend.AUTH, Reply: "454 4.7.0 later\r\n"}, channels.NotSent, channels.ScopePlatform},
		{"wrong sender", pretend.Fault{At: pretend.MAIL, Reply: "550 5.7.1 not yours\r\n"}, channels.NotSent, channels.ScopeChannel},
		{"no such list", pretend.Fault{At: pretend.RCPT, Reply: "550 5.1.1 unknown\r\n"}, channels.NotSent, channels.ScopeChannel},
		{"greylisted", pretend.Fault{At: pretend.RCPT, Reply: "450 4.7.1 later\r\n"}, channels.NotSent, channels.ScopePlatform},
		{"in RCPT", pretend.Fault{At: pretend.RCPT}, channels.NotSent, channels.ScopePlatform},
		{"no message", pretend.Fault{At: pretend.DATA, Reply: "554 5.6.0 no\r\n"}, channels.Refused, channels.ScopeContent},
		{"too many", pretend.Fault{At: pretend.DATA, Reply: "451 4.7.1 rate\r\n"}, channels.NotSent, channels.ScopePlatform},
		{"before 354", pretend.Fault{At: pretend.DATA}, channels.NotSent, channels.ScopePlatform},
		{"after the dot, without effect", pretend.Fault{At: pretend.Dot}, channels.InDoubt, channels.ScopePlatform},
		{"after the dot, with effect", pretend.Fault{At: pretend.Dot, Kept: true}, channels.InDoubt, channels.ScopePlatform},
		{"in the answer", pretend.Fault{At: pretend.Dot, Half: true, Kept: true}, channels.InDoubt, channels.ScopePlatform},
		{"an answer that is none", pretend.Fault{At: pretend.Dot, Reply: "<html>\r\n", Kept: true}, channels.InDoubt, channels.ScopePlatform},
		{"an answer of another kind", pretend.Fault{At: pretend.Dot, Reply: "354 go on\r\n"}, channels.InDoubt, channels.ScopePlatform},
		{"later", pretend.Fault{At: pretend.Dot, Reply: "452 4.3.1 full\r\n"}, channels.NotSent, channels.ScopePlatform},
		{"spam", pretend.Fault{At: pretend.Dot, Reply: "554-5.7.1 no\r\n554 5.7.1 spam\r\n"}, channels.Refused, channels.ScopeContent},
		{"too large", pretend.Fault{At: pretend.Dot, Reply: "552 5.3.4 large\r\n"}, channels.Refused, channels.ScopeContent},
	} {
		b := newBench(t, pretend.Options{User: "campaign", Password: canary, TLS: true}, "user", "campaign", "password", "file:p")
		r := b.prepare(campaign.Content{Text: "x", Media: []campaign.Media{b.picture(1)}})
		b.s.Set(tt.fault)
		_, err := b.c.Publish(t.Context(), *r)
		var e *channels.Error
		if !errors.As(err, &e) || e.Fate != tt.fate || e.Scope != tt.scope {
			t.Errorf("%s: %+v", tt.name, err)
			continue
		}
		if want := map[bool]int{true: 1}[tt.fault.Kept]; len(b.s.Mails()) != want {
			t.Errorf("%s: %d mails", tt.name, len(b.s.Mails()))
		}
		if v, _, err := b.c.Reconcile(t.Context(), *r); v != channels.CannotTell || err != nil {
			t.Errorf("%s: %s, %v", tt.name, v, err)
		}
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, e), "CANARY") {
			t.Errorf("%s: the password is shown", tt.name)
		}
	}
}

// TestLossInTheMessage: the dot was not written yet, so nothing was sent. The
// message is so large that no buffer on the way holds it all.
func TestLossInTheMessage(t *testing.T) {
	b := newBench(t, pretend.Options{})
	large := bytes.Repeat([]byte("x"), 24_000_000)
	m := campaign.Media{Digest: campaign.DigestOf(large), Type: "image/png"}
	b.media[m.Digest] = large
	r := b.prepare(campaign.Content{Text: "x", Media: []campaign.Media{m}})
	b.s.Set(pretend.Fault{At: pretend.Body})
	if _, err := b.c.Publish(t.Context(), *r); channels.FateOf(err) != channels.NotSent || len(b.s.Mails()) != 0 {
		t.Errorf("%v, %d mails", err, len(b.s.Mails()))
	}
}

// TestNothingBeforeTheGate: a closed gate lets no DATA out.
func TestNothingBeforeTheGate(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.prepare(campaign.Content{Text: "x"})
	before := len(b.s.Said())
	seen := func() []string { return b.s.Said()[before:] }
	r.Gate = stop{}
	_, err := b.c.Publish(t.Context(), *r)
	var e *channels.Error
	if !errors.As(err, &e) || e.Fate != channels.NotSent {
		t.Errorf("%+v", err)
	}
	if said := seen(); !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, "RCPT") }) || slices.Contains(said, "DATA") {
		t.Errorf("said %q", said)
	}
}

// stop is a gate that is closed.
type stop struct{}

func (stop) Pass(func() error) error { return errors.New("stopped") }

func TestDeadline(t *testing.T) {
	for at, want := range map[pretend.Step]channels.Fate{pretend.RCPT: channels.NotSent, pretend.DATA: channels.NotSent, pretend.Dot: channels.InDoubt} {
		b := newBench(t, pretend.Options{})
		r := b.prepare(campaign.Content{Text: "x"})
		b.s.Set(pretend.Fault{At: at, Silent: true})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := b.c.Publish(ctx, *r)
		cancel()
		if channels.FateOf(err) != want || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", at, err)
		}
		<-b.s.Hung()
	}
}

// TestEndlessAnswers: what a server says is bounded.
func TestEndlessAnswers(t *testing.T) {
	for _, says := range []string{strings.Repeat("2", 1<<20), strings.Repeat("250-x\r\n", 1000), "250-a\r\n450 b\r\n", "\r\n", "25", "250\x00\r\n", "999 x\r\n"} {
		b := newBench(t, pretend.Options{})
		r := b.prepare(campaign.Content{Text: "x"})
		b.s.Set(pretend.Fault{At: pretend.Dot, Reply: says, Kept: true})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		if _, err := b.c.Publish(ctx, *r); channels.FateOf(err) != channels.InDoubt {
			t.Errorf("%.20q: %v", says, err)
		}
		cancel()
	}
}

// TestInTheOpen: neither a mail nor a password goes unencrypted, but to this machine.
func TestInTheOpen(t *testing.T) {
	b := newBench(t, pretend.Options{User: "campaign", Password: canary, TLS: true}, "user", "campaign", "password", "file:p")
	b.prepare(campaign.Content{Text: "x"})
	if b.s.Secured() != 1 {
		t.Errorf("%d connections with TLS", b.s.Secured())
	}
	b.c.roots = nil // a certificate that nobody vouches for
	before := len(b.s.Said())
	if _, err := b.c.Inspect(t.Context()); err == nil || slices.Contains(b.s.Said()[before:], "AUTH") {
		t.Errorf("%v; said %q", err, b.s.Said())
	}
	open := newBench(t, pretend.Options{User: "campaign", Password: canary}, "user", "campaign", "password", "file:p")
	open.c.cfg.Host = "127.0.0.1"
	if _, err := open.c.Inspect(t.Context()); err != nil {
		t.Errorf("to this machine: %v", err)
	}
	open.c.cfg.AllowPrivate = false
	var e *channels.Error
	if _, err := open.c.Inspect(t.Context()); !errors.As(err, &e) || e.Scope != channels.ScopeChannel || e.Fate != channels.NotSent {
		t.Errorf("not permitted: %v", err)
	}
	s := &session{cfg: Config{Host: "mail.example.org", Port: 587, AllowPrivate: true}, can: map[string]string{}}
	if err := s.upgrade(nil); err == nil {
		t.Error("another machine without TLS was taken")
	}
}

func TestConnect(t *testing.T) {
	for _, login := range []bool{false, true} {
		b := newBench(t, pretend.Options{User: "campaign", Password: canary, Login: login}, "user", "campaign")
		if _, err := b.c.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: "x"}}); !errors.Is(err, channels.ErrNotConnected) {
			t.Errorf("before: %v", err)
		}
		invited, err := b.c.Begin(t.Context(), "")
		if err != nil || len(invited.Ask) != 1 || !invited.Ask[0].Secret {
			t.Fatalf("%+v, %v", invited, err)
		}
		for _, wrong := range []string{"", "x", canary + "\r\nRCPT"} {
			if _, _, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"password": secret.New(wrong)}); err == nil {
				t.Errorf("%q was taken", wrong)
			}
		}
		kept, a, err := b.c.Finish(t.Context(), invited.Begun, map[string]secret.String{"password": secret.New(canary + "\n")})
		if err != nil || a.ID != "list@partners.example" {
			t.Fatalf("%+v, %v", a, err)
		}
		b.keep.Kept = kept
		if _, err := b.c.Publish(t.Context(), *b.prepare(campaign.Content{Text: "x"})); err != nil {
			t.Error(err)
		}
		if strings.Contains(fmt.Sprintf("%v %+v %q", b.c, b.c.cfg, b.s.Said()), "CANARY") {
			t.Error("the password is shown")
		}
		other := newBench(t, pretend.Options{User: "campaign", Password: canary}, "user", "campaign")
		other.keep.Kept = kept
		if _, err := other.c.Inspect(t.Context()); !errors.Is(err, channels.ErrNotConnected) {
			t.Errorf("the password would go to another server: %v", err)
		}
	}
}

func TestCheck(t *testing.T) {
	b := newBench(t, pretend.Options{Size: 1000})
	large := campaign.Content{Text: "x", Media: []campaign.Media{{Type: "image/png", Bytes: maxMessage}}}
	for _, tt := range []struct {
		c  campaign.Content
		ok bool
	}{{campaign.Content{Text: "x"}, true}, {large, false}, {campaign.Content{Text: "x", Thread: []string{"y"}}, false}, {campaign.Content{Text: "x", FirstComment: "y"}, false}} {
		if found := b.c.Check(tt.c); campaign.Findings(found).HasErrors() == tt.ok {
			t.Errorf("%+v: %+v", tt.c, found)
		}
	}
	if _, err := b.c.Prepare(t.Context(), channels.Request{Content: campaign.Content{Text: strings.Repeat("x", 2000)}}); channels.FateOf(err) != channels.Refused {
		t.Errorf("larger than the server takes: %v", err)
	}
}

// FuzzMessage: whatever a text holds, it begins no header of its own, and its
// words are read.
func FuzzMessage(f *testing.F) {
	f.Add("A subject\r\nBcc: x@example.org\r\n\r\nText\n.\nmore", "en\r\nX: y", "al\"t>\r\n")
	f.Fuzz(func(t *testing.T, text, lang, alt string) {
		m, png := grey(t, 1)
		m.Alt = alt
		s := &pretend.Server{}
		c := open(t, "mail.example:25", s, channels.Env{Now: channeltest.Now, Media: func(campaign.Digest) ([]byte, error) { return png, nil }})
		l := c.write(campaign.Delivery{ID: campaign.DeliveryID(lang), Due: channeltest.Now()}, campaign.Content{Text: text, Language: lang, Media: []campaign.Media{m}})
		raw, err := c.message(opPrepare, l)
		if err != nil {
			t.Fatal(err)
		}
		got := parse(t, raw)
		for name := range got.head {
			if !slices.Contains([]string{"Date", "Message-Id", "From", "To", "Subject", "Content-Language", "Auto-Submitted", "Mime-Version", "Content-Type"}, name) {
				t.Errorf("%q makes the header %q", text, name)
			}
		}
		if len(got.pictures) != 1 {
			t.Errorf("%d pictures", len(got.pictures))
		}
		for line := range bytes.SplitSeq(raw, []byte("\r\n")) {
			if len(line) > 998 {
				t.Errorf("a line of %d bytes", len(line))
			}
		}
	})
}
