package telling

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// box is a way that keeps what it is given, and fails the first times.
type box struct {
	mu    sync.Mutex
	fails int
	sent  []string // "to: titles"
	ids   []string
}

func (b *box) Name() string { return "box" }

func (b *box) Send(_ context.Context, to string, ms []Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ids = append(b.ids, ms[0].ID)
	if b.fails > 0 {
		b.fails--
		return errors.New("not now")
	}
	var titles []string
	for _, m := range ms {
		titles = append(titles, m.Title)
	}
	b.sent = append(b.sent, to+": "+strings.Join(titles, ", "))
	return nil
}

func (b *box) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.sent)
	slices.Sort(all)
	return all
}

// shelf keeps letters in memory.
type shelf struct {
	mu     sync.Mutex
	values map[string][]byte
}

func (s *shelf) Keep(values map[string][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[string][]byte{}
	}
	maps.Copy(s.values, values)
	maps.DeleteFunc(s.values, func(_ string, v []byte) bool { return v == nil })
	return nil
}

func (s *shelf) Kept() (map[string][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.values), nil
}

func (s *shelf) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.values)
}

func running(t *testing.T, mail, push *box, log io.Writer) *Teller {
	return runningOn(t, &shelf{}, mail, push, log)
}

func runningOn(t *testing.T, s *shelf, mail, push *box, log io.Writer) *Teller {
	ctx, cancel := context.WithCancel(context.Background())
	teller := New(mail, []Way{push}, s, slog.New(slog.NewTextHandler(log, nil)))
	var done sync.WaitGroup
	done.Go(func() { teller.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return teller
}

func TestUrgentAtOnceTheRestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mail, push := &box{}, &box{}
		teller := running(t, mail, push, io.Discard)
		teller.Tell(Message{ID: "1", Title: "a"}, []string{"x@example.org", "y@example.org"})
		teller.Tell(Message{ID: "2", Title: "b", Push: true}, []string{"x@example.org"})
		teller.Tell(Message{ID: "3", Title: "c", Urgent: true}, []string{"x@example.org"})
		synctest.Wait()
		if got := mail.all(); !slices.Equal(got, []string{"x@example.org: c"}) {
			t.Errorf("at once: %q", got)
		}
		if got := push.all(); !slices.Equal(got, []string{": b"}) {
			t.Errorf("pushed: %q", got)
		}
		time.Sleep(together + time.Second)
		synctest.Wait()
		if got := mail.all(); !slices.Equal(got, []string{"x@example.org: a, b", "x@example.org: c", "y@example.org: a"}) {
			t.Errorf("later: %q", got)
		}
	})
}

func TestWhatFailsIsTriedAgainUnderTheSameID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mail, push, log := &box{fails: 3}, &box{}, &bytes.Buffer{}
		teller := running(t, mail, push, log)
		teller.Tell(Message{ID: "7", Title: "c", Urgent: true}, []string{"x@example.org"})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if got := mail.all(); len(got) != 1 || !slices.Equal(mail.ids, []string{"7", "7", "7", "7"}) {
			t.Errorf("%q after tries %q", got, mail.ids)
		}
		mail.fails = 100
		teller.Tell(Message{ID: "8", Title: "lost one", Urgent: true}, []string{"x@example.org"})
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if !strings.Contains(log.String(), "lost one") {
			t.Errorf("nobody was told, and the log does not say so: %s", log)
		}
	})
}

func TestTheEndSendsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mail := &box{}
		kept := &shelf{}
		teller := New(mail, nil, kept, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		teller.Tell(Message{Title: "a"}, []string{"x@example.org"})
		cancel()
		teller.Run(ctx)
		if got := mail.all(); len(got) != 1 {
			t.Errorf("%q", got)
		}
	})
}

// TestARestartLosesNoLetter: what was told to a Teller that never sent, or could
// not before its end, the next one sends, once.
func TestARestartLosesNoLetter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &shelf{}
		now := time.Now()
		New(&box{}, []Way{&box{}}, kept, slog.New(slog.DiscardHandler)).Tell(Message{ID: "1", At: now, Title: "of a command", Push: true}, []string{"x@example.org"})
		ctx, cancel := context.WithCancel(t.Context())
		deaf := &box{fails: 100}
		first := New(deaf, nil, kept, slog.New(slog.DiscardHandler))
		var done sync.WaitGroup
		done.Go(func() { first.Run(ctx) })
		first.Tell(Message{ID: "2", At: now.Add(time.Second), Title: "in an outage", Urgent: true}, []string{"x@example.org"})
		time.Sleep(30 * time.Second)
		cancel()
		done.Wait()
		if kept.size() != 2 { // mail of both; the first Teller had no way to push
			t.Fatalf("kept are %d: %v", kept.size(), kept.values)
		}
		mail, push := &box{}, &box{}
		next := runningOn(t, kept, mail, push, io.Discard)
		next.Tell(Message{ID: "2", At: now.Add(time.Second), Title: "in an outage", Urgent: true}, []string{"x@example.org"})
		time.Sleep(together + time.Second)
		synctest.Wait()
		if got := mail.all(); !slices.Equal(got, []string{"x@example.org: in an outage", "x@example.org: of a command"}) {
			t.Errorf("%q", got)
		}
		if kept.size() != 0 {
			t.Errorf("what was sent stays: %v", kept.values)
		}
	})
}

func TestAnOldLetterIsOfNoUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &shelf{}
		at := time.Now()
		New(&box{}, nil, kept, slog.New(slog.DiscardHandler)).Tell(Message{ID: "1", At: at, Title: "long ago", Urgent: true}, []string{"x@example.org"})
		_ = kept.Keep(map[string][]byte{"rubbish": []byte("{")})
		time.Sleep(stale + time.Minute)
		mail, log := &box{}, &bytes.Buffer{}
		runningOn(t, kept, mail, &box{}, log)
		synctest.Wait()
		if len(mail.all()) != 0 || kept.size() != 0 || !strings.Contains(log.String(), "long ago") {
			t.Errorf("sent %q, kept %v, log %s", mail.all(), kept.values, log)
		}
	})
}

// mailServer takes mails, without TLS.
func mailServer(t *testing.T) (address string, got chan string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	got = make(chan string, 1)
	talk := func(c net.Conn) {
		defer c.Close()
		in := bufio.NewReader(c)
		fmt.Fprint(c, "220 here\r\n")
		mail, data := "", false
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			switch {
			case data && line == ".\r\n":
				data = false
				got <- mail
				fmt.Fprint(c, "250 kept\r\n")
			case data:
				mail += line
			case strings.HasPrefix(line, "DATA"):
				data = true
				fmt.Fprint(c, "354 go on\r\n")
			case strings.HasPrefix(line, "QUIT"):
				fmt.Fprint(c, "221 bye\r\n")
				return
			default:
				fmt.Fprint(c, "250 fine\r\n")
			}
		}
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go talk(c)
		}
	}()
	return l.Addr().String(), got
}

func TestMail(t *testing.T) {
	address, got := mailServer(t)
	way := Mail{Server: address, From: "takeover@campaign.example"}
	err := way.Send(t.Context(), "lead@mayors.example", []Message{{ID: "9", Title: "! Needs you: plan/é", Text: "Please look.", Link: "https://takeover.example/queue"}})
	if err != nil {
		t.Fatal(err)
	}
	mail := <-got
	for _, want := range []string{"To: <lead@mayors.example>", "From: <takeover@campaign.example>", "Auto-Submitted: auto-generated", "Please look.", "https://takeover.example/queue"} {
		if !strings.Contains(mail, want) {
			t.Errorf("%q is missing in\n%s", want, mail)
		}
	}
	if err := way.Greet(t.Context()); err != nil {
		t.Errorf("greeted: %v", err)
	}
	if len(got) > 0 {
		t.Error("a greeting sends a mail")
	}
	for _, bad := range []string{"lead@mayors.example\r\nBcc: all@example.org", "no address"} {
		if err := way.Send(t.Context(), bad, []Message{{ID: "9", Title: "x"}}); err == nil {
			t.Errorf("%q is taken for an address", bad)
		}
	}
	if err := (Mail{Server: address, From: "a@b.example", User: "u", Password: "file:x",
		Secret: func(string) (secret.String, error) { return secret.New("canary-password"), nil }}).Send(t.Context(), "x@example.org", []Message{{Title: "x"}}); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("a password went without TLS: %v", err)
	}
	way.Server = "127.0.0.1:1" // nobody listens there
	if err := way.Greet(t.Context()); err == nil {
		t.Error("a server that is not there was greeted")
	}
}

func TestPushWays(t *testing.T) {
	var last *http.Request
	var body []byte
	status := http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(status)
	}))
	defer s.Close()
	client := httpx.New(httpx.Options{AllowPrivate: true})
	resolve := func(string) (secret.String, error) {
		return secret.New("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), nil
	}
	m := []Message{{ID: "a.b", Title: "Stopped", Text: "Publishing is stopped.", Urgent: true, Link: "https://takeover.example/queue"}}
	for _, w := range []Way{
		Ntfy{URL: s.URL + "/topic", Token: "file:t", Secret: resolve, Client: client},
		Hook{URL: s.URL + "/hook", Signing: "file:t", Secret: resolve, Client: client},
		Telegram{Chat: "@team", Bot: "file:t", Secret: resolve, Client: client, Base: s.URL},
	} {
		status = http.StatusOK
		if err := w.Send(t.Context(), "", m); err != nil || !bytes.Contains(body, []byte("Publishing is stopped.")) {
			t.Errorf("%s: %v, %s", w.Name(), err, body)
		}
		status = http.StatusForbidden
		if err := w.Send(t.Context(), "", m); err == nil || strings.Contains(err.Error(), "AAECAw") {
			t.Errorf("%s: refused, and the error is %v", w.Name(), err)
		}
		switch w.Name() {
		case "ntfy":
			if last.Header.Get("Priority") != "high" || last.Header.Get("Authorization") == "" {
				t.Errorf("%v", last.Header)
			}
		case "webhook":
			if last.Header.Get("webhook-id") != "a_b" || !strings.HasPrefix(last.Header.Get("webhook-signature"), "v1,") || !json.Valid(body) {
				t.Errorf("%v %s", last.Header, body)
			}
		}
	}
}
