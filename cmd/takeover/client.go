package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
	"github.com/ittakesacommunity/takeover/store/boltstore"
	"github.com/ittakesacommunity/takeover/web"
)

// client speaks the API: to a daemon on another machine, to the one on this
// machine through its socket, or, where none runs, to the same handlers on the
// data folder opened here. Commands cannot tell the difference.
type client struct {
	http   *http.Client
	base   string
	header http.Header
	local  bool // the data folder is open in this process
	close  func() error
}

// apiError is a request that was not done.
type apiError struct {
	Status int             `json:"status"`
	Code   string          `json:"code"`
	Detail string          `json:"detail"`
	Answer json.RawMessage `json:"answer"`
	Errors []struct {
		Message  string `json:"message"`
		Location string `json:"location"`
	} `json:"errors"`
}

func (e *apiError) Error() string {
	parts := []string{e.Detail}
	for _, d := range e.Errors {
		parts = append(parts, strings.TrimSpace(d.Location+" "+d.Message))
	}
	return strings.Join(parts, "; ")
}

// foundFaults tells whether err says that findings stand in the way, and reads
// the answer with them into out.
func foundFaults(err error, out any) bool {
	var refused *apiError
	return errors.As(err, &refused) && refused.Code == "findings" && refused.decode(out) == nil
}

// connect finds the daemon, or opens the data folder where none runs.
func (a *app) connect(ctx context.Context) (c *client, err error) {
	return c, patiently(ctx, func() error {
		var s configs.Server
		if c, s, err = a.findDaemon(); c != nil || err != nil {
			return err
		}
		c, err = a.openFolder(s)
		return err
	})
}

// findDaemon gives no client where none runs on this machine; it never opens
// the data folder, which would keep a daemon from starting.
func (a *app) findDaemon() (*client, configs.Server, error) {
	if err := a.loadProfile(); err != nil {
		return nil, configs.Server{}, err
	}
	if a.server != "" {
		c, err := a.connectServer()
		return c, configs.Server{}, err
	}
	s, err := a.serverConfig()
	if err != nil {
		return nil, s, err
	}
	c, ok := dialSocket(s.Layout.Socket)
	if !ok {
		return nil, s, nil
	}
	c.header = a.headers()
	return c, s, nil
}

func (a *app) headers() http.Header {
	if a.as == "" {
		return http.Header{}
	}
	return http.Header{web.AsHeader: {a.as}}
}

// storeIsThere refuses a folder without a store, which would be made by opening it.
func storeIsThere(s configs.Server) error {
	if s.Shared() {
		return nil // it is there or not, whatever lies in the folder
	}
	_, err := os.Stat(s.Layout.Store)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("no daemon runs and there is no store at %s; begin with: takeover init, or look at: takeover demo", s.Layout.Store)
	case err != nil:
		return fmt.Errorf("the store cannot be reached: %w; look who owns its folder, takeover runs as the one who made it", err)
	}
	return nil
}

func (a *app) openFolder(s configs.Server) (*client, error) {
	if err := storeIsThere(s); err != nil {
		return nil, unreachable{err}
	}
	h, err := openHouse(s, houseOptions{log: a.logger()})
	if err != nil {
		return nil, err
	}
	c, err := h.client()
	if err != nil {
		return nil, errors.Join(err, h.close())
	}
	c.header = a.headers()
	return c, nil
}

// patience is how long a store is waited for that somebody else has open:
// commands hold it for moments only, a daemon that starts answers soon.
const patience = 3 * time.Second

func patiently(ctx context.Context, open func() error) error {
	for end := time.Now().Add(patience); ; {
		err := open()
		var locked *boltstore.LockedError
		if !errors.As(err, &locked) || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// client speaks to the house's own handlers, in this process.
func (h *house) client() (*client, error) {
	srv, err := h.web()
	if err != nil {
		return nil, err
	}
	return &client{http: &http.Client{Transport: inProcess{srv.Local()}}, base: "http://takeover", local: true, close: h.close}, nil
}

func (a *app) connectServer() (*client, error) {
	u, err := url.Parse(a.server)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, usagef("--server %q is no address like https://takeover.example.org", a.server)
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return nil, usagef("--server %s would send the token in clear; use https", a.server)
	}
	token := os.Getenv("TAKEOVER_TOKEN")
	if a.tokenFile != "" {
		b, err := os.ReadFile(a.tokenFile)
		if err != nil {
			return nil, err
		}
		token = strings.TrimSpace(string(b))
	}
	if token == "" {
		return nil, usagef("a token is needed for %s: --token-file FILE or $TAKEOVER_TOKEN", u.Host)
	}
	if a.as != "" {
		return nil, usagef("--as works on the daemon's own machine only; a token says who you are")
	}
	c := &http.Client{Timeout: 2 * time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &client{http: c, base: strings.TrimSuffix(a.server, "/"), header: http.Header{"Authorization": {"Bearer " + token}}, close: noClose}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func noClose() error { return nil }

// loadProfile takes server and token file from a named profile, unless flags say otherwise.
func (a *app) loadProfile() error {
	if a.profile == "" {
		return nil
	}
	if a.profile != filepath.Base(a.profile) {
		return usagef("--profile takes a name, not a path")
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "takeover", a.profile+".yaml")
	src, err := readPlan(file)
	if err != nil {
		return fmt.Errorf("profile %s: %w", a.profile, err)
	}
	server, token, found := parseProfile(file, src)
	if found.HasErrors() {
		a.printFindings(a.err, found, map[string][]byte{file: src})
		return exit{exitFindings}
	}
	if a.server == "" {
		a.server = server
	}
	if a.tokenFile == "" && token != "" {
		a.tokenFile = token
		if !filepath.IsAbs(token) {
			a.tokenFile = filepath.Join(filepath.Dir(file), token)
		}
	}
	return nil
}

// dialSocket tells whether a daemon answers on the socket.
func dialSocket(path string) (*client, bool) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	conn, err := dial(context.Background(), "", "")
	if err != nil {
		return nil, false
	}
	_ = conn.Close()
	return &client{http: &http.Client{Transport: &http.Transport{DialContext: dial}}, base: "http://takeover", close: noClose}, true
}

// inProcess answers requests by a handler in this process. What the handler
// writes is read while it writes, so an answer may be larger than memory.
type inProcess struct{ http.Handler }

// RoundTrip implements http.RoundTripper.
func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	body, w := newStreamed()
	go func() {
		defer func() {
			w.begin(http.StatusOK)
			var cut error // nil is the proper end
			if p := recover(); p == http.ErrAbortHandler {
				cut = io.ErrUnexpectedEOF
			} else if p != nil {
				panic(p)
			}
			_ = w.pipe.CloseWithError(cut)
		}()
		h.ServeHTTP(w, r)
	}()
	<-w.begun
	return &http.Response{StatusCode: w.status, Header: w.sent, Body: body, Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1}, nil
}

// streamed is the writer of an answer in this process.
type streamed struct {
	header, sent http.Header
	status       int
	begun        chan struct{} // closed when status and header are decided
	once         sync.Once
	pipe         *io.PipeWriter
}

func newStreamed() (io.ReadCloser, *streamed) {
	r, w := io.Pipe()
	return r, &streamed{header: http.Header{}, begun: make(chan struct{}), pipe: w}
}

func (w *streamed) begin(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.begun)
	})
}

func (w *streamed) Header() http.Header    { return w.header }
func (w *streamed) WriteHeader(status int) { w.begin(status) }
func (w *streamed) Write(b []byte) (int, error) {
	w.begin(http.StatusOK)
	return w.pipe.Write(b)
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 256 << 20

// do sends one request and decodes the answer into out (nil: not wanted). A
// refusal is an *apiError.
func (c *client) do(ctx context.Context, method, path string, query url.Values, contentType string, body io.Reader, out any) error {
	answer, err := c.open(ctx, method, path, query, contentType, body)
	if err != nil {
		return err
	}
	defer answer.Close()
	b, err := readAnswer(answer)
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(b, out)
}

func readAnswer(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxAnswer))
	if err != nil {
		return nil, unreachable{fmt.Errorf("the daemon's answer was cut off; look before you repeat: %w", err)}
	}
	return b, nil
}

// open sends one request and returns the answer's body, to be closed. A
// refusal is an *apiError.
func (c *client) open(ctx context.Context, method, path string, query url.Values, contentType string, body io.Reader) (io.ReadCloser, error) {
	u := c.base + "/api/v1" + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, u, body)
	if err != nil {
		return nil, err
	}
	req.Header = c.header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, unreachable{fmt.Errorf("the daemon does not answer: %w", errors.Unwrap(err))}
	}
	if resp.StatusCode < 300 {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	if ctx.Err() != nil { // handlers in this process are interrupted with us
		return nil, ctx.Err()
	}
	b, err := readAnswer(resp.Body)
	if err != nil {
		return nil, err
	}
	e := &apiError{}
	if json.Unmarshal(b, e) != nil || e.Detail == "" {
		e.Detail = http.StatusText(resp.StatusCode)
	}
	e.Status = resp.StatusCode
	return nil, e
}

// get asks for something.
func (c *client) get(ctx context.Context, path string, query url.Values, out any) error {
	return c.do(ctx, http.MethodGet, path, query, "", nil, out)
}

// send asks for a deed. in is its JSON body; nil sends none.
func (c *client) send(ctx context.Context, a *app, method, path string, in, out any) error {
	query := url.Values{}
	if a.dryRun {
		query.Set("dry_run", "true")
	}
	if in == nil {
		return c.do(ctx, method, path, query, "", nil, out)
	}
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return c.do(ctx, method, path, query, "application/json", bytes.NewReader(b), out)
}

// post is send with POST.
func (c *client) post(ctx context.Context, a *app, path string, in, out any) error {
	return c.send(ctx, a, http.MethodPost, path, in, out)
}

// withDaemon runs f with a daemon's client.
func (a *app) withDaemon(f func(*client) error) error {
	c, _, err := a.findDaemon()
	if err == nil && c == nil {
		err = unreachable{errors.New("no daemon runs; start one with takeover serve")}
	}
	if err != nil {
		return err
	}
	return errors.Join(f(c), c.close())
}

// withClient runs f with a connected client.
func (a *app) withClient(ctx context.Context, f func(*client) error) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f(c), c.close())
}

// jsonBody is a value as a request's body; only plain data is passed.
func jsonBody(v any) io.Reader {
	b, err := json.Marshal(v)
	if err != nil {
		panic("takeover: " + err.Error())
	}
	return bytes.NewReader(b)
}

// decode reads the answer that came with a refusal.
func (e *apiError) decode(out any) error { return json.Unmarshal(e.Answer, out) }

// parseProfile reads "server: https://…" and "token_file: …".
func parseProfile(file string, src []byte) (server, tokenFile string, found campaign.Findings) {
	doc, root := yamlwalk.Parse(file, src, yamlwalk.Limits{}, yamlwalk.Codes{})
	m := root.Map()
	server, tokenFile = m.Need("server").String().Value, m.Opt("token_file").StringOrEmpty().Value
	m.Done()
	return server, tokenFile, doc.Findings()
}
