package channeltest

import (
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/ittakesacommunity/takeover/channels"
)

// Line stands between a channel and a platform that speaks no HTTP: it passes
// bytes on and cuts the connection where a Fault says so. An exchange is what
// the caller says up to the platform's answer; Fault.After counts exchanges of a
// connection, and -1 is the platform's greeting. Of the points there are
// AtAccept, InBody, NoAnswer and InAnswer.
type Line struct {
	Addr     string // host and port
	platform string
	listener net.Listener

	mu    sync.Mutex
	fault Fault
	most  int // exchanges of one connection since the fault was set
}

// NewLine puts a line before the platform until the test ends.
func NewLine(t *testing.T, platform string) *Line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	line := &Line{Addr: l.Addr().String(), platform: platform, listener: l}
	t.Cleanup(line.Close)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go line.serve(conn)
		}
	}()
	return line
}

// Close refuses connections from now on.
func (l *Line) Close() { l.listener.Close() }

// Set makes f the fault of all connections that follow.
func (l *Line) Set(f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault, l.most = f, 0
}

// Exchanges is how many the longest connection since Set had.
func (l *Line) Exchanges() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.most
}

// wire is one connection through a line.
type wire struct {
	line     *Line
	fault    Fault
	from, to net.Conn // caller and platform

	mu        sync.Mutex
	exchanges int
	answering bool // the platform spoke last
}

func (l *Line) serve(conn net.Conn) {
	defer conn.Close()
	l.mu.Lock()
	f := l.fault
	l.mu.Unlock()
	if f.Cut == AtAccept {
		return
	}
	to, err := net.Dial("tcp", l.platform)
	if err != nil {
		return
	}
	defer to.Close()
	w := &wire{line: l, fault: f, from: conn, to: to, answering: true}
	var both sync.WaitGroup
	both.Go(func() { w.pass(conn, to, w.said) })
	both.Go(func() { w.pass(to, conn, w.answered) })
	both.Wait()
}

// pass hands on what one end says until either ends or may is satisfied; may
// tells how many of n bytes go on, and whether the wire lives.
func (w *wire) pass(from, to net.Conn, may func(n int) (int, bool)) {
	defer w.from.Close()
	defer w.to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			k, lives := may(n)
			if _, err := to.Write(buf[:k]); err != nil || !lives {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// said is asked about what the caller says.
func (w *wire) said(n int) (int, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.answering {
		w.answering = false
		w.exchanges++
		w.line.saw(w.exchanges)
	}
	switch {
	case w.exchanges != w.fault.After+1:
	case w.fault.Cut == InBody:
		return n / 2, false
	case w.fault.Cut == NoAnswer && w.fault.Lost:
		return 0, false
	}
	return n, true
}

// answered is asked about what the platform says.
func (w *wire) answered(n int) (int, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answering = true
	switch {
	case w.exchanges != w.fault.After+1:
	case w.fault.Cut == NoAnswer:
		return 0, false
	case w.fault.Cut == InAnswer:
		return n / 2, false
	}
	return n, true
}

func (l *Line) saw(exchanges int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.most = max(l.most, exchanges)
}

// lineCuts cuts the dialogue that publishes, and the one that stages, at each
// point of each exchange: what is said of it is true, and no mail comes twice.
func (s Suite) lineCuts(t *testing.T) {
	s.ask(t, "connection refused", func(t *testing.T) {
		b := s.bench(t)
		r := b.prepare(t, 1)
		b.line.Close()
		if _, err := b.publish(t.Context(), &r); channels.FateOf(err) != channels.NotSent {
			t.Errorf("%v", err)
		}
	})
	b := s.bench(t)
	r := b.prepare(t, 1)
	b.line.Set(Fault{After: -2})
	b.finish(t, &r)
	exchanges := b.line.Exchanges()
	if exchanges < 4 {
		t.Fatalf("a dialogue of %d exchanges", exchanges)
	}
	for after := -1; after < exchanges; after++ {
		for _, p := range []struct {
			name  string
			fault Fault
		}{
			{"at once", Fault{Cut: AtAccept}},
			{"in the words", Fault{Cut: InBody}},
			{"after the words, without effect", Fault{Cut: NoAnswer, Lost: true}},
			{"after the words, with effect", Fault{Cut: NoAnswer}},
			{"in the answer", Fault{Cut: InAnswer}},
		} {
			if p.fault.Cut == AtAccept && after >= 0 || after < 0 && (p.fault.Cut == InBody || p.fault.Lost) {
				continue // there is one beginning, and no words before a greeting
			}
			f := p.fault
			f.After = after
			s.ask(t, fmt.Sprintf("exchange %d %s", after+1, p.name), func(t *testing.T) { s.lineCut(t, f) })
		}
	}
}

func (s Suite) lineCut(t *testing.T, f Fault) {
	b := s.bench(t)
	b.line.Set(f)
	if _, err := b.channel.Prepare(t.Context(), b.request(1)); err != nil {
		unstaged(t, err)
	}
	b.line.Set(Fault{After: -2})
	r := b.prepare(t, 1)
	if n := len(b.platform.Posts()); n != 0 {
		t.Fatalf("%d posts are public once it is staged", n)
	}
	b.line.Set(f)
	receipt, err := b.publish(t.Context(), &r)
	b.line.Set(Fault{After: -2})
	n := len(b.platform.Posts())
	switch fate := channels.FateOf(err); {
	case err == nil:
		// What is cut after the last word that matters is no loss.
		if n != 1 || channels.SafeID(receipt.RemoteID) == "" {
			t.Errorf("it counts as published by %+v, and %d posts are public", receipt, n)
		}
		return
	case fate == channels.Refused:
		t.Errorf("a line that broke counts as a no: %v", err)
	case fate == channels.NotSent:
		if n != 0 {
			t.Fatalf("it counts as not sent, and %d posts are public: %v", n, err)
		}
		b.finish(t, &r)
	case b.settle(t, &r):
		b.finish(t, &r)
	}
	if n := len(b.platform.Posts()); n > s.most {
		t.Errorf("%d posts are public, want at most %d", n, s.most)
	}
}
