package channeltest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Questions about the calls that the public does not see: staging, reading back
// and taking down. Each call of each is cut at each point; every status is answered by a box in
// between, at one call or another.

// trouble puts one deed, which makes some calls, into trouble: once for each
// way to lose each call. try does the deed under the fault, on a bench of its own.
func (s Suite) trouble(t *testing.T, calls int, try func(t *testing.T, f Fault)) {
	t.Helper()
	for after := range calls {
		for _, p := range cutPoints {
			f := p.fault
			f.After, f.Once = after, true
			s.ask(t, fmt.Sprintf("call %d cut %s", after+1, p.name), func(t *testing.T) { try(t, f) })
		}
		for i, status := range statuses() {
			if i%calls != after || testing.Short() && i/calls%3 != 0 {
				continue // each status once for the deed
			}
			body := map[bool]string{true: "<html><title>Request blocked</title></html>"}[(i+after)%2 == 0]
			f := Fault{Lost: true, Answer: raw(status, "text/html", body), After: after, Once: true}
			s.ask(t, fmt.Sprintf("call %d answered with %d by a box", after+1, status), func(t *testing.T) { try(t, f) })
		}
	}
}

// unreached puts one deed that makes calls where no call reaches anybody: nobody
// listens, or the handshake fails. try does the deed on a bench of its own once
// that was spoilt.
func (s Suite) unreached(t *testing.T, calls int, try func(t *testing.T, spoil func(b *bench))) {
	t.Helper()
	if calls == 0 {
		return
	}
	s.ask(t, "no connection", func(t *testing.T) {
		try(t, func(b *bench) {
			b.box.Close()
			b.channel = s.Open(t, b.base, s.env()) // without a connection that is left over
		})
	})
	s.ask(t, "in the TLS handshake", func(t *testing.T) {
		try(t, func(b *bench) {
			b.box.Set(Fault{Cut: AtAccept})
			b.channel = s.Open(t, strings.Replace(b.base, "http:", "https:", 1), s.env())
		})
	})
}

// counted is how many calls a deed makes where nothing is in the way.
func (b *bench) counted(deed func()) int {
	b.box.Set(Fault{})
	deed()
	return b.box.Calls()
}

// stagingInTrouble: whatever becomes of staging, nothing is public, no box is
// believed to refuse the post, and staging anew mends it.
func (s Suite) stagingInTrouble(t *testing.T) {
	b := s.bench(t)
	calls := b.counted(func() { b.stage(t, 1) })
	s.unreached(t, calls, func(t *testing.T, spoil func(b *bench)) {
		b := s.bench(t)
		spoil(b)
		_, err := b.channel.Prepare(t.Context(), b.request(1))
		unstaged(t, err)
	})
	s.trouble(t, calls, func(t *testing.T, f Fault) {
		b := s.bench(t)
		b.box.Set(f)
		if _, err := b.channel.Prepare(t.Context(), b.request(1)); err != nil {
			unstaged(t, err)
		}
		if n := len(b.platform.Posts()); n != 0 {
			t.Fatalf("%d posts are public", n)
		}
		b.box.Set(Fault{})
		r := b.prepare(t, 1)
		b.finish(t, &r)
		if n := len(b.platform.Posts()); n != s.most {
			t.Errorf("then %d posts are public, want %d", n, s.most)
		}
	})
}

// unstaged asks that staging failed as it may.
func unstaged(t *testing.T, err error) {
	t.Helper()
	var e *channels.Error
	if !errors.As(err, &e) || e.Fate != channels.NotSent {
		t.Errorf("%v; want not sent", err)
	}
}

// readBackInTrouble: a read-back that fails proves nothing. What is public is
// never said to be absent or gone, and is found once it can be asked.
func (s Suite) readBackInTrouble(t *testing.T) {
	public := func(t *testing.T) (*bench, channels.Request) {
		b := s.bench(t)
		r := b.prepare(t, 1)
		sent := r
		b.finish(t, &sent)
		b.channel = s.Open(t, b.box.URL, s.env()) // as after a restart: it remembers nothing
		return b, r
	}
	b, r := public(t)
	calls := b.counted(func() { _, _, _ = b.channel.Reconcile(t.Context(), r) })
	read := func(t *testing.T, b *bench, r channels.Request) {
		t.Helper()
		switch verdict, _, err := b.channel.Reconcile(t.Context(), r); {
		case err != nil:
		case verdict == channels.Absent, verdict == channels.Gone, verdict == channels.Ambiguous:
			t.Errorf("it is public, and yet it is %s", verdict)
		case verdict == channels.CannotTell && !s.Blind:
			t.Error("a read that failed counts as one that cannot tell: nobody asks again")
		}
	}
	s.unreached(t, calls, func(t *testing.T, spoil func(b *bench)) {
		b, r := public(t)
		spoil(b)
		read(t, b, r)
	})
	s.trouble(t, calls, func(t *testing.T, f Fault) {
		b, r := public(t)
		b.box.Set(f)
		read(t, b, r)
		b.box.Set(Fault{})
		verdict, _, err := b.channel.Reconcile(t.Context(), r)
		if !s.Blind && (verdict != channels.Found || err != nil) {
			t.Errorf("then: %s, %v", verdict, err)
		}
	})
}

// deletingInTrouble: what still can be seen never counts as taken down, and
// asking again takes it down.
func (s Suite) deletingInTrouble(t *testing.T) {
	public := func(t *testing.T) (*bench, channels.Deleter, campaign.Receipt) {
		b := s.bench(t)
		d, ok := b.channel.(channels.Deleter)
		if !ok {
			return b, nil, campaign.Receipt{}
		}
		r := b.prepare(t, 1)
		b.finish(t, &r)
		return b, d, r.Earlier[0]
	}
	b, d, first := public(t)
	if d == nil {
		return // the platform takes nothing down
	}
	calls := b.counted(func() {
		if err := d.Delete(t.Context(), first); err != nil {
			t.Errorf("Delete: %v", err)
		}
	})
	if n := len(b.platform.Posts()); n >= s.most {
		t.Errorf("%d posts are public after one was taken down, before it were %d", n, s.most)
	}
	s.unreached(t, calls, func(t *testing.T, spoil func(b *bench)) {
		b, _, first := public(t)
		spoil(b)
		if err := b.channel.(channels.Deleter).Delete(t.Context(), first); err == nil {
			t.Error("nobody was reached, and it counts as taken down")
		}
	})
	s.trouble(t, calls, func(t *testing.T, f Fault) {
		b, d, first := public(t)
		b.box.Set(f)
		err := d.Delete(t.Context(), first)
		b.box.Set(Fault{})
		n := len(b.platform.Posts())
		if err == nil && n >= s.most && !strings.Contains(f.Answer, " 204 ") { // which is all that some platforms say
			t.Errorf("it counts as taken down, and %d posts are public", n)
		}
		// What is gone, or was never there, some platforms do not tell apart.
		if err := d.Delete(t.Context(), first); err != nil && n >= s.most {
			t.Errorf("then: %v", err)
		}
		if n := len(b.platform.Posts()); n >= s.most {
			t.Errorf("then %d posts are public", n)
		}
	})
}
