package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ittakesacommunity/takeover/internal/child"
	"github.com/ittakesacommunity/takeover/web"
)

// People of the campaign that is run here.
const (
	organizer = "desk@campaign.example"
	lead      = "lead@mayors.example"
)

// site is a folder with a configuration and a store, and the daemon on it.
type site struct {
	dir, bin string
	env      []string
	before   []string // what runs the daemon, such as "ip netns exec NAME"
	log      *os.File
	http     *http.Client

	mu     sync.Mutex
	daemon *child.Child
}

// newSite lays the folder out and applies the campaign.
func newSite(ctx context.Context, bin, dir, campaignFile string) (*site, error) {
	s := &site{dir: dir, bin: bin, env: child.PlainEnv()}
	s.http = &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, // the daemon dies often
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", filepath.Join(dir, "data", "takeover.sock"))
		},
	}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if s.log, err = os.Create(filepath.Join(dir, "daemon.log")); err != nil {
		return nil, err
	}
	if _, err := s.command(ctx, "init", dir, "--title", "crash", "--no-input"); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"hook.secret": hookSecret + "\n", "campaign.yaml": campaignFile} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	_, err = s.command(ctx, "campaign", "apply", filepath.Join(dir, "campaign.yaml"))
	return s, err
}

// command runs one command of the program.
func (s *site) command(ctx context.Context, args ...string) ([]byte, error) {
	if args[0] != "init" {
		args = append(args, "--config", filepath.Join(s.dir, "takeover.yaml"))
	}
	cmd := exec.CommandContext(ctx, s.bin, args...)
	var out, said bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = s.env, &out, &said
	if err := cmd.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("takeover %s: %w\n%s%s", strings.Join(args, " "), err, said.Bytes(), out.Bytes())
	}
	return out.Bytes(), nil
}

var ready = regexp.MustCompile(`takeover serves (http://[^\s,]+)`)

// launch starts the daemon and does not wait for it.
func (s *site) launch() (*child.Child, error) {
	args := append(s.before, s.bin, "serve", "--config", filepath.Join(s.dir, "takeover.yaml"), "--listen", "127.0.0.1:0")
	c, err := child.Start(child.Options{Program: args[0], Args: args[1:], Dir: s.dir, Env: s.env, Log: s.log, Ready: ready})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.daemon = c
	return c, nil
}

// start starts the daemon and waits until it serves.
func (s *site) start(ctx context.Context) error {
	c, err := s.launch()
	if err != nil {
		return err
	}
	if _, err := c.Await(ctx); err != nil {
		return fmt.Errorf("%w\n%s", err, s.tail())
	}
	return nil
}

func (s *site) running() *child.Child {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.daemon
}

// kill ends the daemon without warning and waits until it is gone.
func (s *site) kill() { s.running().Kill() }

// pause freezes the daemon for a while; it returns when it is frozen.
func (s *site) pause(d time.Duration) error {
	c := s.running()
	if err := c.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	time.AfterFunc(d, func() { _ = c.Signal(syscall.SIGCONT) })
	return nil
}

// close ends what runs.
func (s *site) close() {
	s.kill()
	_ = s.log.Close()
}

// store is the data file.
func (s *site) store() string { return filepath.Join(s.dir, "data", "takeover.db") }

// said is all that the daemon said.
func (s *site) said() string {
	b, _ := os.ReadFile(s.log.Name())
	return string(b)
}

// tail is the end of it.
func (s *site) tail() string {
	b := s.said()
	return b[max(0, len(b)-4000):]
}

// refusal is an answer of the API that is not a success.
type refusal struct {
	status int
	body   string
}

func (r *refusal) Error() string { return fmt.Sprintf("the daemon answers %d: %s", r.status, r.body) }

// refused tells whether the daemon answered, and with a no.
func refused(err error) bool {
	var r *refusal
	return errors.As(err, &r)
}

// ask speaks to the daemon as a person through its socket. in may be bytes.
func (s *site) ask(ctx context.Context, as, method, path string, in, out any) error {
	var body io.Reader
	kind := "application/json"
	switch v := in.(type) {
	case nil:
	case []byte:
		body, kind = bytes.NewReader(v), "application/octet-stream"
	default:
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://takeover/api/v1"+path, body)
	if err != nil {
		return err
	}
	req.Header.Set(web.AsHeader, as)
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode >= 300:
		return &refusal{resp.StatusCode, string(b)}
	case out == nil:
		return nil
	}
	return json.Unmarshal(b, out)
}

// row is a delivery as the daemon tells of it.
type row struct {
	ID       string `json:"id"`
	Plan     string `json:"plan"`
	Post     string `json:"post"`
	Channel  string `json:"channel"`
	State    string `json:"state"`
	Why      string `json:"why"`
	Receipts []struct {
		RemoteID string `json:"remote_id"`
	} `json:"receipts"`
}

// rows lists the deliveries in the given states, or all.
func (s *site) rows(ctx context.Context, states ...string) (all []row, err error) {
	path := "/queue?max=5000"
	if len(states) > 0 {
		path += "&state=" + strings.Join(states, ",")
	}
	for cursor := ""; ; {
		var page struct {
			Rows []row  `json:"rows"`
			Next string `json:"next"`
		}
		if err := s.ask(ctx, organizer, http.MethodGet, path+cursor, nil, &page); err != nil {
			return all, err
		}
		all = append(all, page.Rows...)
		if page.Next == "" {
			return all, nil
		}
		cursor = "&cursor=" + page.Next
	}
}

// counts is the number of deliveries in each state.
func (s *site) counts(ctx context.Context) (map[string]int, error) {
	var status struct {
		ByState map[string]int `json:"by_state"`
	}
	err := s.ask(ctx, organizer, http.MethodGet, "/status", nil, &status)
	return status.ByState, err
}

// open is how many deliveries have no end yet.
func (s *site) open(ctx context.Context) (int, error) {
	counts, err := s.counts(ctx)
	return counts["planned"] + counts["scheduled"] + counts["armed"] + counts["in_doubt"] + counts["needs_human"], err
}
