//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	mail "github.com/ittakesacommunity/takeover/channels/email/pretend"
	"github.com/ittakesacommunity/takeover/channels/sandbox"
)

// probe asks the running daemon's own socket; code 0 is no answer.
func (s *site) probe(path string) (code int, body string) {
	s.t.Helper()
	c := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return net.Dial("unix", s.path("data/takeover.sock"))
		}}}
	r, err := c.Get("http://takeover" + path)
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err.Error()
	}
	return r.StatusCode, string(b)
}

// seen is how soon a fault, and its cure, must be seen.
const seen = time.Minute

// red waits until the daemon says exactly these lines, which are expressions, of
// what is wrong, and sees that the command says them, too.
func (s *site) red(lines ...string) {
	s.t.Helper()
	want := regexp.MustCompile("^" + strings.Join(lines, "\n") + "\n$")
	s.await(http.StatusServiceUnavailable, want)
	out, code := s.command("health")
	if code != exitFailed {
		s.t.Errorf("health ended with %d", code)
	}
	for _, l := range lines {
		cause, text, _ := strings.Cut(l, ": ")
		if !regexp.MustCompile(`(?m)^` + cause + ` +` + text + `.* fix: .`).Match(out) {
			s.t.Errorf("health does not say %q with a remedy: %s", l, out)
		}
	}
}

// green waits until the daemon says that all is well.
func (s *site) green() {
	s.t.Helper()
	s.await(http.StatusOK, regexp.MustCompile(`^ok\n?$`))
	s.must("health")
}

func (s *site) await(code int, page *regexp.Regexp) {
	s.t.Helper()
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		got, body := s.probe("/readyz")
		if got == code && page.MatchString(body) {
			s.t.Logf("after %s /readyz says %d: %s", time.Since(begun).Round(time.Second), got, strings.TrimSpace(body))
			return
		}
		if time.Since(begun) > seen {
			s.t.Fatalf("a minute later /readyz says %d %q, want %d %s", got, body, code, page)
		}
	}
}

// oneChannel is a campaign whose only channel is written so.
func oneChannel(channel string) string {
	now := time.Now().UTC()
	return fmt.Sprintf(`schema: takeover/campaign-v1
campaign: {id: itac, title: One channel, timezone: UTC, languages: [en]}
mechanisms: {mayors: {title: Mayors}}
channels:
  wall: %s
windows:
  w: {mechanism: mayors, from: %q, to: %q, channels: [wall]}
people:
  - {mail: desk@campaign.example, roles: [organizer, operator]}
  - {mail: lead@mayors.example, roles: ["lead:mayors"]}
policies: {min_lead: 0s}
`, channel, now.AddDate(0, 0, -1).Format("2006-01-02T15:04"), now.AddDate(0, 0, 2).Format("2006-01-02T15:04"))
}

// platform is a sandbox with a clock of its own; off is how far it goes wrong.
type platform struct {
	*sandbox.Server
	url string
	off atomic.Int64
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	s, err := sandbox.NewServer(sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := &platform{Server: s}
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(time.Duration(p.off.Load())).UTC().Format(http.TimeFormat))
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	p.url = h.URL
	return p
}

func (p *platform) campaign() string {
	return oneChannel(fmt.Sprintf("{platform: sandbox, account: itac, base_url: %q, allow_private: true, languages: separate}", p.url))
}

func wall(int) string { return "wall" }

// TestEachCauseIsSeen brings about what can go wrong with a real daemon: within
// a minute it says so, with the cause, and within a minute of the cure it is
// green. A store that takes nothing is in TestDaemonIsWatched.
func TestEachCauseIsSeen(t *testing.T) {
	waitsMinutes(t)
	for name, see := range map[string]func(t *testing.T){
		"worker, overdue": seeWorker, "stands still": seeStandstill, "lane": seeLane, "clock": seeClock, "disk": seeDisk, "backup": seeBackup, "token": seeToken,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			see(t)
		})
	}
}

// seeWorker: the part that publishes says that a post was missed to a log that
// takes nothing more, and waits for it; what is due next waits with it.
func seeWorker(t *testing.T) {
	r := newReceiver(t)
	s := newSite(t, webhooks(r.URL, 2, func(int) bool { return false }))
	log, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	defer pipe.Close()
	s.stderr = pipe
	s.start()
	s.must("hold", "--channel", "c0", "-m", "so that one is missed")
	due := time.Now().Add(5 * time.Second)
	many := posts(2, due, func(i int) string { return fmt.Sprintf("c%d", i) })
	many = strings.Replace(many, "id: p0,", "id: p0, tolerance: 1m,", 1)
	many = strings.Replace(many, fmt.Sprintf("id: p1, kind: message, at: %q", stamp(due)), fmt.Sprintf("id: p1, kind: message, at: %q", stamp(due.Add(65*time.Second))), 1)
	s.write("many.yaml", many)
	s.must("plan", "submit", s.path("many.yaml"), "--as", "lead@mayors.example", "--quiet")
	s.must("approve", "--plan", "many", "-o", "json")
	fill(t, pipe)
	time.Sleep(time.Until(due.Add(time.Minute))) // the first is missed, and nobody hears it
	s.red(`worker: The part that publishes is stuck: it should have looked at what is due \d+s ago\.`, `overdue: Account [^ ]+: what was due \d+s ago is not handled\.`)
	if code, _ := s.probe("/healthz"); code != http.StatusServiceUnavailable {
		t.Errorf("a restart would better it, and yet /healthz says %d", code)
	}
	go io.Copy(io.Discard, log)
	s.green()
	for _, row := range s.settle() {
		if want := map[string]string{"c0": "missed", "c1": "published"}[string(row.Channel)]; string(row.State) != want {
			t.Errorf("on %s: %s, want %s", row.Channel, row.State, want)
		}
	}
}

// stamp is a time as posts writes it.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05") }

// fill writes into a pipe until it takes nothing more, and lets writers wait again.
func fill(t *testing.T, pipe *os.File) {
	t.Helper()
	fd := int(pipe.Fd())
	err := syscall.SetNonblock(fd, true)
	for _, b := range [][]byte{make([]byte, 4096), {0}} {
		for err == nil {
			_, err = syscall.Write(fd, b)
		}
		if err == syscall.EAGAIN {
			err = nil
		}
	}
	if err := errors.Join(err, syscall.SetNonblock(fd, false)); err != nil {
		t.Fatal(err)
	}
}

// seeStandstill: a process that does not run says nothing; whoever asks sees that.
func seeStandstill(t *testing.T) {
	s := newSite(t, "")
	s.start()
	_ = s.daemon.Process.Signal(syscall.SIGSTOP)
	if code, said := s.probe("/healthz"); code != 0 {
		t.Errorf("/healthz of a process that stands still: %d %s", code, said)
	}
	var said bytes.Buffer
	begun := time.Now()
	code := run(t.Context(), []string{"health", "--config", s.path("takeover.yaml")}, strings.NewReader(""), io.Discard, &said)
	if code != exitUnreachable || time.Since(begun) > seen || !strings.Contains(said.String(), "the daemon does not answer for 10s") {
		t.Errorf("health ended with %d after %s: %s", code, time.Since(begun), said.String())
	}
	_ = s.daemon.Process.Signal(syscall.SIGCONT)
	s.green()
}

// seeLane: a mail server takes the message and never says that it did.
func seeLane(t *testing.T) {
	server, err := mail.New(mail.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	s := newSite(t, oneChannel(fmt.Sprintf("{platform: email, server: %q, from: desk@campaign.example, to: list@campaign.example, allow_private: true, languages: separate}", server.Addr)))
	s.start()
	s.submitAndApprove(1, wall)
	for len(server.Said()) == 0 { // it was prepared
		time.Sleep(50 * time.Millisecond)
	}
	server.Set(mail.Fault{At: mail.Dot, Silent: true})
	for s.rows()[0].State != "armed" {
		time.Sleep(50 * time.Millisecond)
	}
	s.red(`lane: Account [^ ]+: a call is not answered for \d+s\.`)
	s.green()
}

// seeClock: the platform that is about to be sent to says another time than we do.
func seeClock(t *testing.T) {
	p := newPlatform(t)
	s := newSite(t, p.campaign())
	s.start()
	p.off.Store(int64(-time.Hour))
	s.submitAndApprove(1, wall)
	s.red(`clock: The clock is not trusted, so nothing is published\.`)
	p.off.Store(0)
	s.must("resume", "--cause", "clock", "--yes", "-m", "compared with another clock")
	s.green()
}

// seeDisk: the data folder's disk is small, and something else fills it.
func seeDisk(t *testing.T) {
	dir := shortDir(t)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=160m,mode=0700", "takeover", dir).CombinedOutput(); err != nil {
		t.Skipf("no small disk can be had here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	s := newSiteIn(t, dir, "")
	s.start()
	filler, err := os.Create(s.path("filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer filler.Close()
	if _, err := filler.Write(make([]byte, 120<<20)); err != nil {
		t.Fatal(err)
	}
	s.red(`disk: The disk is nearly full: \d+ MiB are free\.`)
	if err := os.Remove(filler.Name()); err != nil {
		t.Fatal(err)
	}
	filler.Close()
	s.green()
}

// seeBackup: the newest backup is older than a daily one can be.
func seeBackup(t *testing.T) {
	s := newSite(t, "")
	s.start()
	old := filepath.Join("data", "backups", datedName(time.Now().Add(-37*time.Hour)))
	s.write(old, "")
	at := time.Now().Add(-37 * time.Hour)
	if err := os.Chtimes(s.path(old), at, at); err != nil {
		t.Fatal(err)
	}
	s.red(`backup: The last backup is 37 h old\.`)
	s.must("backup", s.path("today.backup"))
	s.green()
}

// seeToken: the platform does not accept the account any more.
func seeToken(t *testing.T) {
	p := newPlatform(t)
	s := newSite(t, p.campaign())
	s.start()
	if err := p.AddFault(sandbox.Fault{Kind: sandbox.FaultToken, Call: sandbox.FaultAny, Times: -1}); err != nil {
		t.Fatal(err)
	}
	s.submitAndApprove(1, wall)
	s.red(`token: Channel wall: the account does not accept us any more; its posts wait\.`)
	p.ClearFaults("")
	s.must("resume", "--channel", "wall", "--yes", "-m", "connected again")
	s.green()
	if rows := s.settle(); rows[0].State != "published" {
		t.Errorf("after the cure its post is %s", rows[0].State)
	}
}
