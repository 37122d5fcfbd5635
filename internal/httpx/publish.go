package httpx

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// firstWrite is how many bytes leave inside the gate. They fit the send buffer
// of a fresh connection, so nobody who closes the gate waits for the network.
const firstWrite = 2048

// undeliveredFor is how long sent bytes may stay unacknowledged before the
// kernel gives up the connection.
const undeliveredFor = 30 * time.Second

// maxInterim is how many 1xx answers may come before the answer.
const maxInterim = 5

// Publish makes one call that may become public. It opens a connection of its
// own, passes g with the first byte that leaves after connecting and the TLS
// handshake, and reads one answer. There is no http.Transport here: that one
// repeats requests on its own account, and reads and writes when it likes.
//
// When the call's time is over the connection is cut and what was not yet
// delivered is discarded. An error with ReachAnswer tells that the body is not
// whole; the status still counts.
func (c *Client) Publish(ctx context.Context, g Gate, call Call) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	nothing := Answer{Reach: ReachNothing}
	if g == nil {
		return nothing, fmt.Errorf("%w: there is none", ErrGate)
	}
	req, err := c.request(ctx, call)
	if err != nil {
		return nothing, err
	}
	req.Close = true
	var wire bytes.Buffer
	if err := req.Write(&wire); err != nil {
		return nothing, quiet{err}
	}
	line, err := c.connect(ctx, req.URL)
	if err != nil {
		return nothing, quiet{err}
	}
	defer line.cut()
	defer context.AfterFunc(ctx, line.cut)()

	a, err := c.exchange(ctx, g, line, req, wire.Bytes())
	if err != nil && ctx.Err() != nil && a.Reach != ReachNothing {
		err = fmt.Errorf("cut at the end of its time: %w", context.Cause(ctx))
	}
	return a, err
}

// exchange sends the request through the gate and reads the answer.
func (c *Client) exchange(ctx context.Context, g Gate, line line, req *http.Request, wire []byte) (Answer, error) {
	left, first := false, min(firstWrite, len(wire))
	err := g.Pass(func() error {
		if err := ctx.Err(); err != nil {
			return err
		}
		left = true
		_, err := line.Write(wire[:first])
		return err
	})
	switch {
	case !left && err == nil:
		return Answer{Reach: ReachNothing}, fmt.Errorf("%w: it let nothing through", ErrGate)
	case !left:
		return Answer{Reach: ReachNothing}, err
	}
	if err == nil {
		_, err = line.Write(wire[first:])
	}
	// A server may answer and hang up before it has read everything.
	a, readErr := c.read(line, req)
	if a.Reach == ReachSent && err != nil {
		return a, fmt.Errorf("while sending: %w", quiet{err})
	}
	return a, readErr
}

// read takes one answer from the connection; interim ones are passed over.
func (c *Client) read(line line, req *http.Request) (Answer, error) {
	capped := &io.LimitedReader{R: line, N: maxHead}
	r := bufio.NewReader(capped)
	for range maxInterim + 1 {
		resp, err := http.ReadResponse(r, req)
		switch {
		case err != nil && capped.N <= 0:
			return Answer{Reach: ReachSent}, fmt.Errorf("the answer's head is larger than %d bytes", maxHead)
		case err != nil:
			return Answer{Reach: ReachSent}, fmt.Errorf("no answer: %w", quiet{err})
		case resp.StatusCode < 200 && resp.StatusCode != http.StatusSwitchingProtocols:
			continue
		}
		// Small chunks cost more than they carry; the body itself is capped by answer.
		capped.N = 2*c.o.MaxBody + maxHead
		return c.answer(req, resp)
	}
	return Answer{Reach: ReachSent}, errors.New("too many interim answers")
}

// line is one connection: what is written to, and what is cut.
type line struct {
	net.Conn // TLS or plain
	raw      *net.TCPConn
}

// cut ends the connection at once. SO_LINGER 0 makes the kernel forget what it
// has not delivered, so no byte arrives after its time.
func (l line) cut() { l.raw.Close() }

// connect opens a connection up to the first byte of a request.
func (c *Client) connect(ctx context.Context, u *url.URL) (line, error) {
	port := u.Port()
	if port == "" {
		port = u.Scheme // "http" and "https" are names of their ports
	}
	conn, err := c.dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return line{}, err
	}
	l := line{Conn: conn, raw: conn.(*net.TCPConn)}
	if err := forgetful(l.raw); err != nil {
		l.cut()
		return line{}, err
	}
	if u.Scheme == "http" {
		return l, nil
	}
	cfg := c.tls.Clone()
	cfg.ServerName = u.Hostname()
	secure := tls.Client(conn, cfg)
	ctx, cancel := context.WithTimeout(ctx, tlsWithin)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		l.cut()
		return line{}, err
	}
	l.Conn = secure
	return l, nil
}

// forgetful makes the kernel discard undelivered bytes when the connection
// ends, by us, by a crash, or by a silent network after undeliveredFor.
func forgetful(c *net.TCPConn) error {
	if err := c.SetLinger(0); err != nil {
		return err
	}
	return setUserTimeout(c, undeliveredFor)
}
