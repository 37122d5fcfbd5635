// Package sitetest runs the real program, as its people do, in the tests of
// what stands in front of it: a campaign in a folder, commands, a daemon that
// can be killed.
package sitetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program builds takeover, once for all tests of a package.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "takeover")
	if err != nil {
		return "", err
	}
	built = dir
	path := filepath.Join(dir, "takeover")
	out, err := exec.Command("go", "build", "-o", path, "github.com/ittakesacommunity/takeover/cmd/takeover").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

var built string // folder of the program, once there is one

// Main is the TestMain of a package that has sites.
func Main(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(built)
	}
	os.Exit(code)
}

// Site is a folder with a campaign, and the daemon that runs on it.
type Site struct {
	Dir string
	t   *testing.T
	log bytes.Buffer // of daemons; read when none runs

	mu     sync.Mutex
	daemon *exec.Cmd
}

// New makes a site whose campaign "itac" has the channels, one YAML entry a
// line, and a window "w" on all of them from yesterday to the day after
// tomorrow. It has the people desk@campaign.example (organizer, operator) and
// lead@mayors.example. Its test runs beside others, is skipped where tests
// shall be short, and prints the daemon's log when it fails.
func New(t *testing.T, channels ...string) *Site {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds the program and waits for read-backs")
	}
	s := Empty(t)
	s.Must("init", s.Dir, "--title", "itac", "--no-input")
	var names []string
	for _, c := range channels {
		name, _, _ := strings.Cut(strings.TrimSpace(c), ":")
		names = append(names, name)
	}
	day := func(days int) string { return time.Now().UTC().AddDate(0, 0, days).Format("2006-01-02T15:04") }
	s.Write("campaign.yaml", fmt.Sprintf(`schema: takeover/campaign-v1
campaign: {id: itac, title: It Takes a Community, timezone: UTC, languages: [en, fr, es, ar]}
mechanisms: {mayors: {title: Mayors}}
channels:
  %s
windows:
  w: {mechanism: mayors, from: %q, to: %q, channels: [%s]}
people:
  - {mail: desk@campaign.example, roles: [organizer, operator]}
  - {mail: lead@mayors.example, roles: ["lead:mayors"]}
policies: {min_lead: 0s, consent: "off"}
`, strings.Join(channels, "\n  "), day(-1), day(2), strings.Join(names, ", ")))
	s.Must("campaign", "apply", s.Path("campaign.yaml"))
	return s
}

// Empty makes a site without anything in its folder, whose name leaves room
// for that of a socket.
func Empty(t *testing.T) *Site {
	t.Helper()
	if _, err := program(); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "tko")
	if err != nil {
		t.Fatal(err)
	}
	s := &Site{t: t, Dir: dir}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			t.Logf("daemon:\n%s", s.log.String())
		}
		os.RemoveAll(dir)
	})
	return s
}

// Path is a file of the site.
func (s *Site) Path(name string) string { return filepath.Join(s.Dir, name) }

// Write writes a file of the site that only its owner can read.
func (s *Site) Write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(s.Path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// Command makes one command of the program, on this site and without the
// variables of takeover that the test itself runs under.
func (s *Site) Command(args ...string) *exec.Cmd {
	if args[0] != "init" {
		args = append(args, "--config", s.Path("takeover.yaml"))
	}
	path, _ := program() // Empty has seen it built
	cmd := exec.Command(path, args...)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "TAKEOVER_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	return cmd
}

// Run runs a command whose questions the lines of input answer; out is what it
// said, on both streams, code its exit code.
func (s *Site) Run(input string, args ...string) (out string, code int) {
	s.t.Helper()
	var said, talk bytes.Buffer
	cmd := s.Command(args...)
	cmd.Stdin = strings.NewReader(input)
	cmd.Stdout, cmd.Stderr = &said, &talk
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatal(err)
	}
	return said.String() + talk.String(), cmd.ProcessState.ExitCode()
}

// Must runs a command that must end well.
func (s *Site) Must(args ...string) string {
	s.t.Helper()
	out, code := s.Run("", args...)
	if code != 0 {
		s.t.Fatalf("takeover %s ended with %d:\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// Start runs the daemon until it answers.
func (s *Site) Start() {
	s.t.Helper()
	cmd := s.Command("serve", "--listen", "127.0.0.1:0")
	cmd.Stdout, cmd.Stderr = &s.log, &s.log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	s.daemon = cmd
	s.mu.Unlock()
	s.Must("health", "--wait", "30s")
}

// Copy is a site with the same files. No daemon may run meanwhile.
func (s *Site) Copy() *Site {
	s.t.Helper()
	twin := Empty(s.t)
	for path, b := range s.Files() {
		rel, err := filepath.Rel(s.Dir, path)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(twin.Path(rel)), 0o700)
		}
		if err == nil {
			err = os.WriteFile(twin.Path(rel), b, 0o600)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return twin
}

// Kill ends the daemon, if one runs, as a power cut would. It may be called
// from any goroutine.
func (s *Site) Kill() {
	s.mu.Lock()
	cmd := s.daemon
	s.daemon = nil
	s.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Signal(syscall.SIGKILL)
		_ = cmd.Wait()
	}
}

// freeze keeps the daemon from doing anything more until it is killed.
func (s *Site) freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.daemon != nil {
		_ = s.daemon.Process.Signal(syscall.SIGSTOP)
	}
}

// Pid is the daemon's process.
func (s *Site) Pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.daemon.Process.Pid
}

// Log is what the daemons said. None may run.
func (s *Site) Log() []byte { return s.log.Bytes() }

// Row is what the queue says of a delivery.
type Row struct {
	ID, State, Why string
	Receipts       []struct{ URL string }
}

// Rows is the queue.
func (s *Site) Rows() []Row {
	s.t.Helper()
	out, err := s.Command("queue", "-o", "json").Output()
	var doc struct{ Data []Row }
	if jsonErr := json.Unmarshal(out, &doc); jsonErr != nil {
		s.t.Fatalf("queue: %v, %v in %s", err, jsonErr, out)
	}
	return doc.Data
}

// Settle waits until every delivery is where only a person can move it on.
func (s *Site) Settle(within time.Duration) []Row {
	s.t.Helper()
	return s.Until(within, Settled)
}

// Settled tells whether every delivery is where only a person can move it on.
func Settled(rows []Row) bool {
	return !slices.ContainsFunc(rows, func(r Row) bool {
		return slices.Contains([]string{"planned", "scheduled", "armed", "in_doubt"}, r.State)
	})
}

// Reach waits until a delivery is in the state.
func (s *Site) Reach(state string, within time.Duration) {
	s.t.Helper()
	s.Until(within, func(rows []Row) bool {
		return slices.ContainsFunc(rows, func(r Row) bool { return r.State == state })
	})
}

// Until waits until the queue is as it should be.
func (s *Site) Until(within time.Duration, done func([]Row) bool) []Row {
	s.t.Helper()
	for end := time.Now().Add(within); ; {
		rows := s.Rows()
		if done(rows) {
			return rows
		}
		if time.Now().After(end) {
			s.t.Fatalf("this queue does not become what it should: %+v", rows)
		}
		wait := time.NewTimer(200 * time.Millisecond)
		<-wait.C
	}
}

// All demands n deliveries, all of them in a state.
func (s *Site) All(rows []Row, state string, n int) {
	s.t.Helper()
	for _, r := range rows {
		if r.State != state {
			s.t.Errorf("%s is %s (%s), want %s", r.ID, r.State, r.Why, state)
		}
	}
	if len(rows) != n {
		s.t.Errorf("%d deliveries, want %d", len(rows), n)
	}
}

// Plan is a plan "one" on the window, with the media and posts given as YAML
// entries; AT in them becomes the time in due, LATER ten seconds after it.
func Plan(due time.Duration, media, posts string) string {
	now := time.Now()
	at := func(in time.Duration) string { return now.Add(in).UTC().Format(`"2006-01-02T15:04:05"`) }
	return "schema: takeover/plan-v1\nplan: one\ncampaign: itac\nwindow: w\ntitle: One\ntimezone: UTC\nlanguages: [en, fr, es, ar]\n" +
		media + "posts:\n" + strings.NewReplacer("AT", at(due), "LATER", at(due+10*time.Second)).Replace(posts)
}

// Submit hands the Plan in as its lead and has it approved. It is due as soon
// as the machine can: a plan whose time has come before it was handed in is refused.
func (s *Site) Submit(media, posts string) {
	s.t.Helper()
	for due := 2 * time.Second; ; due *= 2 {
		s.Write("plan.yaml", Plan(due, media, posts))
		out, code := s.Run("", "plan", "submit", s.Path("plan.yaml"), "--as", "lead@mayors.example", "--quiet")
		if code == 0 {
			break
		}
		if !strings.Contains(out, "is in the past") || due > time.Minute {
			s.t.Fatalf("takeover plan submit ended with %d:\n%s", code, out)
		}
	}
	s.Must("approve", "--plan", "one", "-o", "json")
}

// Files are the contents of all ordinary files of the site, by path.
func (s *Site) Files() map[string][]byte {
	s.t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(s.Dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files[path], err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return files
}
