package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/internal/child"
	"github.com/ittakesacommunity/takeover/web"
)

// People of the campaign.
const (
	organizer = "desk@campaign.example"
	lead      = "lead@mayors.example"
)

// site is a folder with a configuration and a store, and the daemon on it.
type site struct {
	dir, bin string
	log      bytes.Buffer // the daemon's words; read after its end
	daemon   *child.Child
	http     *http.Client
}

// newSite lays the folder out and applies a campaign with a channel, and so a
// lane, for each address.
func newSite(ctx context.Context, o options, name string, addresses []string) (*site, error) {
	s := &site{dir: filepath.Join(o.dir, name), bin: o.bin}
	s.http = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(s.dir, "data", "takeover.sock"))
	}}}
	if err := s.command(ctx, "init", s.dir, "--title", "bench", "--no-input"); err != nil {
		return nil, err
	}
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte("thirty-two bytes for the bench..."))
	file := filepath.Join(s.dir, "campaign.yaml")
	for name, text := range map[string]string{filepath.Join(s.dir, "hook.secret"): secret + "\n", file: campaignFile(addresses)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	return s, s.command(ctx, "campaign", "apply", file, "--config", filepath.Join(s.dir, "takeover.yaml"))
}

const wallTime = "2006-01-02T15:04:05"

func campaignFile(addresses []string) string {
	var b strings.Builder
	b.WriteString("schema: takeover/campaign-v1\ncampaign: {id: bench, title: Bench, timezone: UTC, languages: [en]}\n" +
		"mechanisms: {mayors: {title: Mayors}}\nchannels:\n")
	names := make([]string, len(addresses))
	for i, a := range addresses {
		names[i] = fmt.Sprintf("c%02d", i)
		fmt.Fprintf(&b, "  %s: {platform: webhook, url: %q, account: %s, secret: {file: hook.secret}, allow_private: true, languages: separate}\n", names[i], a, names[i])
	}
	now := time.Now().UTC()
	fmt.Fprintf(&b, "windows:\n  w: {mechanism: mayors, from: %q, to: %q, channels: [%s]}\n",
		now.AddDate(0, 0, -1).Format(wallTime), now.AddDate(0, 0, 60).Format(wallTime), strings.Join(names, ", "))
	fmt.Fprintf(&b, "people:\n  - {mail: %s, roles: [organizer, operator]}\n  - {mail: %s, roles: [\"lead:mayors\"]}\n", organizer, lead)
	return b.String()
}

func (s *site) command(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, s.bin, args...)
	cmd.Env = child.PlainEnv()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("takeover %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

func (s *site) store() string { return filepath.Join(s.dir, "data", "takeover.db") }

var ready = regexp.MustCompile(`takeover serves (http://[^\s,]+)`)

// start starts the daemon and waits until it serves; at is when its process began.
func (s *site) start(ctx context.Context) (at time.Time, err error) {
	args := []string{"serve", "--config", filepath.Join(s.dir, "takeover.yaml"), "--listen", "127.0.0.1:0"}
	at = time.Now()
	if s.daemon, err = child.Start(child.Options{Program: s.bin, Args: args, Dir: s.dir, Log: &s.log, Ready: ready}); err != nil {
		return at, err
	}
	if _, err := s.daemon.Await(ctx); err != nil {
		return at, fmt.Errorf("%w\n%s", err, s.tail())
	}
	return at, nil
}

// end ends the daemon; its data is of no further use.
func (s *site) end() { s.daemon.Kill() }

// tail is the end of what the daemon said. It ends the daemon first.
func (s *site) tail() string {
	s.end()
	return s.log.String()[max(0, s.log.Len()-4000):]
}

// published asks the daemon how many deliveries it has recorded as published.
func (s *site) published(ctx context.Context) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://takeover/api/v1/status", nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set(web.AsHeader, organizer)
	resp, err := s.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var status struct {
		ByState map[string]int `json:"by_state"`
	}
	err = json.NewDecoder(resp.Body).Decode(&status)
	return status.ByState["published"], err
}
