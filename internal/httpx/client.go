package httpx

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Options of a Client. The zero value is the strict one.
type Options struct {
	// AllowPrivate permits loopback and private addresses and plain http.
	AllowPrivate bool
	// Timeout bounds a whole call; zero is 60 s. Source: platforms.md §0.3.
	Timeout time.Duration
	// MaxBody is the most bytes of an answer's body that are read; zero is 1 MiB.
	MaxBody int64
	// Roots verify servers; nil is the system's.
	Roots *x509.CertPool
	// Date is told the Date header of each answer as soon as its head is
	// there; nil: nobody listens. It must not block.
	Date func(host string, date time.Time)
}

// Client calls one platform. It follows no redirect, asks no proxy, sends no
// cookie and unpacks nothing. It may be used by several goroutines.
type Client struct {
	o    Options
	dial func(ctx context.Context, network, address string) (net.Conn, error)
	tls  *tls.Config
	http *http.Client // of Do
}

const (
	tlsWithin = 10 * time.Second
	// maxHead is the most bytes of an answer before its body, interim answers included.
	maxHead = 64 << 10
	// userAgent names the program, not its version: a platform's log is public enough.
	userAgent = "takeover"
)

// New makes a Client.
func New(o Options) *Client {
	if o.Timeout == 0 {
		o.Timeout = 60 * time.Second
	}
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	c := &Client{o: o, dial: dialer(o.AllowPrivate).DialContext,
		tls: &tls.Config{RootCAs: o.Roots, NextProtos: []string{"http/1.1"}, MinVersion: tls.VersionTLS12}}
	c.http = &http.Client{
		Transport: &http.Transport{
			DialContext:            c.dial,
			TLSClientConfig:        c.tls,
			TLSHandshakeTimeout:    tlsWithin,
			IdleConnTimeout:        30 * time.Second,
			MaxIdleConnsPerHost:    2,
			MaxResponseHeaderBytes: maxHead,
			DisableCompression:     true, // a cap on packed bytes is no cap
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// Call is one request.
type Call struct {
	Method string
	URL    string
	Header http.Header
	Body   []byte
}

// Answer is what came back and how far the request got. Its texts are the
// other side's: nothing of them goes to people or files unchecked.
type Answer struct {
	Reach  Reach
	Status int // 0: no complete head came
	Header http.Header
	Body   []byte // at most Options.MaxBody
	Whole  bool   // the body ended where it said it would, within the cap
}

// request checks the call and makes it a request.
func (c *Client) request(ctx context.Context, call Call) (*http.Request, error) {
	u, err := url.Parse(call.URL)
	if err != nil {
		return nil, fmt.Errorf("%w: it cannot be read", ErrAddress) // the text may hold a token
	}
	if err := CheckURL(u, c.o.AllowPrivate); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, call.URL, bytes.NewReader(call.Body))
	if err != nil {
		return nil, quiet{err}
	}
	if call.Header != nil {
		req.Header = call.Header.Clone()
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", userAgent)
	}
	return req, nil
}

// Do makes a call that publishes nothing: a read, an upload, a deletion. It
// may reuse a connection, and repeat a call that a dead one swallowed.
func (c *Client) Do(ctx context.Context, call Call) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	req, err := c.request(ctx, call)
	if err != nil {
		return Answer{Reach: ReachNothing}, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ue, ok := err.(*url.Error); ok {
			err = ue.Err // the outer text holds the URL, and with some platforms that holds the token
		}
		return Answer{}, quiet{err}
	}
	defer resp.Body.Close()
	return c.answer(req, resp)
}

// answer reads the body of resp up to the cap.
func (c *Client) answer(req *http.Request, resp *http.Response) (Answer, error) {
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil && c.o.Date != nil {
		c.o.Date(req.URL.Hostname(), at)
	}
	a := Answer{Reach: ReachAnswer, Status: resp.StatusCode, Header: resp.Header}
	body, err := io.ReadAll(io.LimitReader(resp.Body, c.o.MaxBody+1))
	if int64(len(body)) > c.o.MaxBody {
		a.Body = body[:c.o.MaxBody]
		return a, fmt.Errorf("the answer is larger than %d bytes", c.o.MaxBody)
	}
	a.Body, a.Whole = body, err == nil
	if err != nil {
		return a, fmt.Errorf("the answer was cut off: %w", quiet{err})
	}
	return a, nil
}
