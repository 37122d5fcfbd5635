package channeltest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// lose publishes part 0 under a fault, checks the fate, takes the fault away
// and lets the delivery come to its end. At no time may more be public than
// the sample makes.
func (s Suite) lose(t *testing.T, f Fault, want channels.Fate) {
	t.Helper()
	b := s.bench(t)
	r := b.prepare(t, 1)
	b.box.Set(f)
	receipt, err := b.publish(t.Context(), &r)
	if err == nil {
		t.Fatalf("a receipt came of it: %+v", receipt)
	}
	if got := channels.FateOf(err); got != want {
		t.Fatalf("%s, want %s: %v", got, want, err)
	}
	b.box.Set(Fault{})
	if want == channels.NotSent {
		b.finish(t, &r)
	} else if b.settle(t, &r) {
		b.finish(t, &r)
	}
	switch n := len(b.platform.Posts()); {
	case n > s.most:
		t.Errorf("%d posts are public, want %d", n, s.most)
	case n < s.most && r.Part == len(r.Staged.Parts):
		t.Errorf("%d posts are public, and it counts as published", n)
	}
}

// cutPoints are where the connection of a call ends once it is there.
var cutPoints = []struct {
	name  string
	fault Fault
}{
	{"at once", Fault{Cut: AtAccept}},
	{"in the head", Fault{Cut: InHead}},
	{"in the body", Fault{Cut: InBody}},
	{"after the body, without effect", Fault{Cut: NoAnswer, Lost: true}},
	{"after the body, with effect", Fault{Cut: NoAnswer}},
	{"in the answer's head, with effect", Fault{Cut: InAnswer}},
	{"before the answer's end, with effect", Fault{Cut: InAnswerEnd}},
}

func (s Suite) cuts(t *testing.T) {
	s.ask(t, "connection refused", func(t *testing.T) {
		b := s.bench(t)
		r := b.prepare(t, 1)
		b.box.Close()
		if _, err := b.publish(t.Context(), &r); channels.FateOf(err) != channels.NotSent {
			t.Errorf("%v", err)
		}
	})
	s.ask(t, "in the TLS handshake", func(t *testing.T) {
		b := s.bench(t)
		r := b.prepare(t, 1)
		b.box.Set(Fault{Cut: AtAccept})
		b.channel = s.Open(t, strings.Replace(b.box.URL, "http:", "https:", 1), s.env())
		if _, err := b.publish(t.Context(), &r); channels.FateOf(err) != channels.NotSent {
			t.Errorf("%v", err)
		}
	})
	for _, tt := range cutPoints {
		s.ask(t, tt.name, func(t *testing.T) { s.lose(t, tt.fault, channels.InDoubt) })
	}
}

// likely are what boxes in between answer by themselves most of the time.
var likely = []int{200, 201, 202, 204, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 407, 408, 409, 410, 413, 418, 421, 422, 425, 429, 431, 451,
	500, 501, 502, 503, 504, 508, 511, 520, 521, 522, 523, 524, 525, 526, 529, 530, 599}

// statuses are what boxes in between may answer: with -short the likely ones,
// else every status that is registered, too.
func statuses() []int {
	all := slices.Clone(likely)
	for status := http.StatusOK; status < 600 && !testing.Short(); status++ {
		if http.StatusText(status) != "" && !slices.Contains(likely, status) {
			all = append(all, status)
		}
	}
	return all
}

// boxAnswers gives answers that are not the platform's: HTML, or nothing.
func (s Suite) boxAnswers(t *testing.T) {
	for _, status := range statuses() {
		if s.AnyOK && status < 300 {
			continue
		}
		want := channels.InDoubt
		switch status {
		case 301, 307, 308:
			want = channels.NotSent // a wrong address; not followed
		}
		for _, lost := range []bool{true, false} {
			if !lost && want == channels.NotSent {
				continue // the table takes them at their word
			}
			for name, body := range map[string]string{"HTML": "<html><title>Request blocked</title></html>", "nothing": ""} {
				s.ask(t, fmt.Sprintf("%d, %s, with effect %v", status, name, !lost), func(t *testing.T) {
					s.lose(t, Fault{Lost: lost, Answer: raw(status, "text/html", body)}, want)
				})
			}
		}
	}
}

// raw is an answer as it goes over the line.
func raw(status int, contentType, body string) string {
	head := fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Type: %s\r\nConnection: close\r\nLocation: http://127.0.0.1:1/\r\nRetry-After: 99999999999\r\n", status, http.StatusText(status), contentType)
	if status == http.StatusNoContent || status == http.StatusNotModified {
		return head + "\r\n"
	}
	return fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

func (s Suite) deadline(t *testing.T) {
	for _, lost := range []bool{true, false} {
		s.ask(t, fmt.Sprintf("with effect %v", !lost), func(t *testing.T) {
			b := s.bench(t)
			r := b.prepare(t, 1)
			b.box.Set(Fault{Cut: Silence, Lost: lost})
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			_, err := b.publish(ctx, &r)
			if channels.FateOf(err) != channels.InDoubt || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v; want doubt, at the deadline", err)
			}
			select {
			case <-b.box.gone:
			case <-time.After(patience):
				t.Error("the connection was not cut")
			}
		})
	}
}

// token is a text that no error may repeat.
const token = "EAAGm0PX4ZCpsBAKZCabcdefghijklmnopqrstuvwxyz0123456789"

func (s Suite) hostile(t *testing.T) {
	for _, f := range []struct {
		name  string
		fault Fault
	}{
		{"a gigabyte", Fault{Answer: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n{\"id\":\"", Forever: strings.Repeat("9", 1<<16)}},
		{"a head without end", Fault{Answer: "HTTP/1.1 200 OK\r\n", Forever: "X-A: " + strings.Repeat("a", 1<<16) + "\r\n"}},
		{"chunks without end", Fault{Answer: "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n", Forever: "1\r\n{\r\n"}},
	} {
		s.ask(t, f.name, func(t *testing.T) {
			b := s.bench(t)
			r := b.prepare(t, 1)
			b.box.Set(f.fault)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			if _, err := b.publish(ctx, &r); channels.FateOf(err) != channels.InDoubt {
				t.Errorf("%v", err)
			}
			select {
			case <-b.box.gone:
			case <-time.After(patience):
				t.Error("it was not cut off")
			}
		})
	}
	for _, body := range []string{"", "null", "true", "7", `"x"`, "[]", "[{}]", "{", `{"id":null}`, `{"id":{}}`, `{"id":[1]}`, `{"id":""}`, `{"id":-1e999}`,
		`{"id":"<script>"}`, `{"id":"a\u0000b"}`, `{"id":"n-1","url":"javascript:alert(1)"}`, `{"id":"n-1","url":7}`,
		`{"data":null}`, `{"data":{"id":{}}}`, `{"error":null}`, `{"error":{}}`, `{"error":"` + token + `"}`, `{"error":{"message":"access_token=` + token + `"}}`,
		`{"errors":[null]}`, "\xff\xfe{}", strings.Repeat("[", 10_000), `{"id":"` + strings.Repeat("9", 10_000) + `"}`, "<html>" + token} {
		for _, status := range []int{200, 201, 400, 401, 403, 404, 409, 422, 429, 500, 503} {
			s.survives(t, status, body)
		}
	}
}

// survives asks that an answer, whatever it holds, neither brings the adapter
// down nor is repeated where people read.
func (s Suite) survives(t *testing.T, status int, body string) {
	t.Helper()
	b := s.bench(t)
	r := b.prepare(t, 1)
	b.box.Set(Fault{Lost: true, Answer: raw(status, "application/json", body)})
	receipt, err := b.publish(t.Context(), &r)
	name := fmt.Sprintf("%d with %.60q", status, body)
	var e *channels.Error
	switch {
	case err == nil:
		if channels.SafeID(receipt.RemoteID) == "" || receipt.URL != channels.SafeLink(receipt.URL) || strings.HasPrefix(receipt.URL, "javascript:") {
			t.Errorf("%s: receipt %+v", name, receipt)
		}
		if status >= 400 && status != http.StatusConflict {
			t.Errorf("%s counts as published", name)
		}
	case !errors.As(err, &e):
		t.Errorf("%s: %v is no *channels.Error", name, err)
	case strings.Contains(err.Error(), token) || len(err.Error()) > 1000:
		t.Errorf("%s: the error repeats the answer: %v", name, err)
	case !e.RetryAt.IsZero() && e.RetryAt.After(Now().Add(25*time.Hour)):
		t.Errorf("%s: it would wait until %v", name, e.RetryAt)
	case status >= 500 && e.Fate != channels.InDoubt:
		t.Errorf("%s is %s", name, e.Fate)
	}
	if receipt != (campaign.Receipt{}) && err != nil {
		t.Errorf("%s: a receipt and an error", name)
	}
}
