package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels/webhook"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/desk"
)

// site is a folder with a configuration, a campaign and a store, and the
// daemon that runs on it, if one does.
type site struct {
	t      *testing.T
	dir    string
	daemon *exec.Cmd
	log    *lockedBuffer
	stderr *os.File // of the daemon; nil: the log takes it
	made   []byte   // what init said
	listen string   // for the daemon; "": a free port of this machine
}

// newSite lays a folder out; campaignFile "" begins with the example.
func newSite(t *testing.T, campaignFile string) *site {
	t.Helper()
	return newSiteIn(t, shortDir(t), campaignFile)
}

// shortDir is a folder for a site: the name of a Unix socket is short, those of
// test folders are long.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "takeover")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// newSiteIn lays a site out in the folder.
func newSiteIn(t *testing.T, dir, campaignFile string) *site {
	t.Helper()
	s := &site{t: t, dir: dir, log: &lockedBuffer{}}
	t.Cleanup(func() {
		s.kill()
		if t.Failed() {
			t.Logf("daemon:\n%s", s.log.tail(6000))
		}
	})
	if campaignFile == "" {
		s.made = s.must("init", dir, "--from-example", "itac", "--no-input", "-o", "json")
		return s
	}
	s.must("init", dir, "--title", "itac", "--no-input")
	s.write("hook.secret", "whsec_"+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))+"\n")
	s.write("campaign.yaml", campaignFile)
	s.must("campaign", "apply", s.path("campaign.yaml"))
	return s
}

func (s *site) path(name string) string { return filepath.Join(s.dir, name) }

func (s *site) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// start runs the daemon as a process of its own until it answers.
func (s *site) start() {
	s.t.Helper()
	s.daemon = exec.Command("takeover", "serve", "--config", s.path("takeover.yaml"), "--listen", orElse(s.listen, "127.0.0.1:0"))
	s.daemon.Stdout, s.daemon.Stderr = s.log, s.log
	if s.stderr != nil {
		s.daemon.Stderr = s.stderr
	}
	if err := s.daemon.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.must("health", "--wait", "20s")
}

// kill ends the daemon as a power cut would.
func (s *site) kill() {
	if s.daemon != nil {
		_ = s.daemon.Process.Signal(syscall.SIGKILL)
		_ = s.daemon.Wait()
		s.daemon = nil
	}
}

// command runs one command; code is its exit code.
func (s *site) command(args ...string) (stdout []byte, code int) {
	s.t.Helper()
	if args[0] != "init" {
		args = append(args, "--config", s.path("takeover.yaml"))
	}
	var out, talk bytes.Buffer
	code = run(context.Background(), args, strings.NewReader(""), &out, &talk)
	if talk.Len() > 0 {
		s.t.Logf("takeover %s: %s", strings.Join(args, " "), bytes.TrimSpace(talk.Bytes()))
	}
	return out.Bytes(), code
}

func (s *site) must(args ...string) []byte {
	s.t.Helper()
	out, code := s.command(args...)
	if code != exitDone {
		s.t.Fatalf("takeover %s ended with %d:\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// rows is the whole queue.
func (s *site) rows() []desk.Row {
	s.t.Helper()
	out, code := s.command("queue", "-o", "json")
	if code != exitDone && code != exitNeedsPerson {
		s.t.Fatalf("queue ended with %d", code)
	}
	var doc struct {
		Data []desk.Row `json:"data"`
	}
	if err := json.Unmarshal(out, &doc); err != nil {
		s.t.Fatal(err)
	}
	return doc.Data
}

// stuck is how long a test waits before it calls a daemon stuck; no machine is that slow.
const stuck = 4 * time.Minute

// settle waits until every delivery is where only a person can move it on.
func (s *site) settle() []desk.Row {
	s.t.Helper()
	for end := time.Now().Add(stuck); ; time.Sleep(200 * time.Millisecond) {
		rows, open := s.rows(), 0
		for _, r := range rows {
			switch r.State {
			case campaign.Planned, campaign.Scheduled, campaign.Armed, campaign.InDoubt:
				open++
			}
		}
		if open == 0 {
			return rows
		}
		if time.Now().After(end) {
			s.t.Fatalf("%d of %d deliveries are still under way", open, len(rows))
		}
	}
}

// lockedBuffer takes what a process says while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) tail(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.b.Bytes()
	return string(b[max(0, len(b)-n):])
}

func (l *lockedBuffer) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Count(l.b.Bytes(), []byte(what))
}

// receiver is a plain HTTP server that takes posts and counts them.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	calls map[campaign.DeliveryID]int             // by delivery
	ids   map[campaign.DeliveryID]map[string]bool // webhook-ids it came under
	of    map[campaign.ChannelID]int              // calls of a channel
	hold  func(p webhook.Post, n int) bool        // whether the n-th call of a channel gets no answer
	held  chan webhook.Post
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{calls: map[campaign.DeliveryID]int{}, ids: map[campaign.DeliveryID]map[string]bool{},
		of: map[campaign.ChannelID]int{}, held: make(chan webhook.Post, 100)}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.CloseClientConnections)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take(w http.ResponseWriter, q *http.Request) {
	var e webhook.Event
	if err := json.NewDecoder(q.Body).Decode(&e); err != nil || q.Header.Get("webhook-signature") == "" {
		http.Error(w, `{"error":"bad"}`, http.StatusBadRequest)
		return
	}
	id := e.Data.DeliveryID
	r.mu.Lock()
	r.calls[id]++
	if r.ids[id] == nil {
		r.ids[id] = map[string]bool{}
	}
	r.ids[id][q.Header.Get("webhook-id")] = true
	r.of[e.Data.Channel]++
	hold := r.hold != nil && r.hold(e.Data, r.of[e.Data.Channel])
	r.mu.Unlock()
	if hold {
		r.held <- e.Data
		<-q.Context().Done() // the caller dies before it hears
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"id":%q}`, id)
}

// webhooks is a campaign whose channels c0, c1, … all lead to one receiver;
// of those in dedupes it vouches that a repeat has no second effect.
func webhooks(url string, n int, dedupes func(int) bool) string {
	var b strings.Builder
	b.WriteString("schema: takeover/campaign-v1\ncampaign: {id: itac, title: Webhooks, timezone: UTC, languages: [en]}\n" +
		"mechanisms: {mayors: {title: Mayors}}\nchannels:\n")
	var all []string
	for i := range n {
		fmt.Fprintf(&b, "  c%d: {platform: webhook, url: %q, account: a%d, secret: {file: hook.secret}, allow_private: true, receiver_dedupes: %t, languages: separate}\n",
			i, fmt.Sprintf("%s/c%d", url, i), i, dedupes(i))
		all = append(all, fmt.Sprintf("c%d", i))
	}
	now := time.Now().UTC()
	fmt.Fprintf(&b, "windows:\n  w: {mechanism: mayors, from: %q, to: %q, channels: [%s]}\n",
		now.AddDate(0, 0, -1).Format("2006-01-02T15:04"), now.AddDate(0, 0, 2).Format("2006-01-02T15:04"), strings.Join(all, ", "))
	b.WriteString("people:\n  - {mail: desk@campaign.example, roles: [organizer, operator]}\n  - {mail: lead@mayors.example, roles: [\"lead:mayors\"]}\n" +
		"policies: {min_lead: 0s}\n")
	return b.String()
}

// posts is a plan of n messages, all due at one time; the i-th goes to to(i).
func posts(n int, due time.Time, to func(i int) string) string {
	var b strings.Builder
	b.WriteString("schema: takeover/plan-v1\nplan: many\ncampaign: itac\nwindow: w\ntitle: Many\ntimezone: UTC\nlanguages: [en]\nposts:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {id: p%d, kind: message, at: %q, channels: [%s], text: {en: \"This is post number %d of many.\"}}\n",
			i, due.UTC().Format("2006-01-02T15:04:05"), to(i), i)
	}
	return b.String()
}

// submitAndApprove hands n posts in as their lead and approves them with one
// command. They are due as soon as this machine can have done so, which a
// difference of the same size tells.
func (s *site) submitAndApprove(n int, to func(i int) string) {
	s.t.Helper()
	begin := time.Now()
	s.write("many.yaml", posts(n, begin.Add(time.Hour), to))
	s.must("plan", "diff", s.path("many.yaml"), "--as", "lead@mayors.example", "--quiet")
	s.write("many.yaml", posts(n, time.Now().Add(2*time.Second+3*time.Since(begin)), to))
	s.must("plan", "submit", s.path("many.yaml"), "--as", "lead@mayors.example", "--quiet")
	s.must("approve", "--plan", "many", "-o", "json")
}

func TestKilledInTheMiddle(t *testing.T) {
	const perChannel, last = 6, 3
	r := newReceiver(t)
	dedupes := func(i int) bool { return i >= 2 } // c0, c1 are K6; c2, c3 are K2
	s := newSite(t, webhooks(r.URL, 4, dedupes))
	r.hold = func(_ webhook.Post, n int) bool { return n == last }
	s.start()
	s.submitAndApprove(perChannel, func(int) string { return "c0, c1, c2, c3" })
	lost := map[campaign.ChannelID]campaign.DeliveryID{}
	for len(lost) < 4 {
		select {
		case p := <-r.held:
			lost[p.Channel] = p.DeliveryID
		case <-time.After(stuck):
			t.Fatalf("the daemon sent nothing more; %d of 4 calls are held", len(lost))
		}
	}
	s.kill()
	if n := len(s.rowsIn(campaign.Armed)); n != 4 {
		t.Errorf("after the kill %d deliveries are armed, want 4", n)
	}
	s.start()
	rows := s.settle()
	if len(rows) != 4*perChannel {
		t.Fatalf("%d deliveries, want %d", len(rows), 4*perChannel)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range rows {
		wantState, wantCalls := campaign.Published, 1
		if lost[row.Channel] == row.ID {
			if row.Channel == "c0" || row.Channel == "c1" {
				wantState = campaign.NeedsHuman // nobody can tell whether it arrived
			} else {
				wantCalls = 2 // repeated under the same id, as the receiver allows
			}
		}
		if row.State != wantState || r.calls[row.ID] != wantCalls || len(r.ids[row.ID]) != 1 {
			t.Errorf("%s on %s: %s after %d calls under %d ids, want %s after %d under 1 (%s)", row.ID, row.Channel,
				row.State, r.calls[row.ID], len(r.ids[row.ID]), wantState, wantCalls, row.Why)
		}
	}
	if _, code := s.command("status"); code != exitNeedsPerson {
		t.Errorf("status ended with %d, want %d", code, exitNeedsPerson)
	}
	id := string(lost["c0"])
	s.must("resolve", id, "--published-as", "https://partner.example/1", "-m", "seen it")
	if out := s.must("show", id, "-o", "json"); !bytes.Contains(out, []byte(`"state":"published"`)) {
		t.Errorf("after a person settled the doubt: %s", out)
	}
	s.must("audit", "verify")
}

// rowsIn are the rows in a state; no daemon needs to run.
func (s *site) rowsIn(state campaign.State) (in []desk.Row) {
	s.t.Helper()
	for _, r := range s.rows() {
		if r.State == state {
			in = append(in, r)
		}
	}
	return in
}

func TestThousandPosts(t *testing.T) {
	if testing.Short() {
		t.Skip("a thousand posts take a while")
	}
	const n = 1000
	r := newReceiver(t)
	s := newSite(t, webhooks(r.URL, 10, func(int) bool { return false }))
	s.start()
	s.submitAndApprove(n, func(i int) string { return fmt.Sprintf("c%d", i%10) })
	rows := s.settle()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(rows) != n || len(r.calls) != n {
		t.Fatalf("%d deliveries, %d received, want %d", len(rows), len(r.calls), n)
	}
	for _, row := range rows {
		if row.State != campaign.Published || r.calls[row.ID] != 1 || len(row.Receipts) != 1 {
			t.Errorf("%s: %s, received %d times, %d receipts", row.ID, row.State, r.calls[row.ID], len(row.Receipts))
		}
	}
}

// TestStoreOpenForAMoment: a command that meets another one waits for it, and
// asking after the daemon's health opens nothing that a daemon needs.
func TestStoreOpenForAMoment(t *testing.T) {
	s := newSite(t, "")
	server, _, err := configs.LoadServer(s.path("takeover.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(server, houseOptions{log: newLogger(s.log, "text", 0)})
	if err != nil {
		t.Fatal(err)
	}
	var out, talk bytes.Buffer
	code := run(context.Background(), []string{"health", "--config", s.path("takeover.yaml")}, strings.NewReader(""), &out, &talk)
	if code != exitUnreachable || !strings.Contains(talk.String(), "no daemon runs") {
		t.Errorf("health ended with %d: %s", code, talk.String())
	}
	closed := make(chan error, 1)
	time.AfterFunc(300*time.Millisecond, func() { closed <- h.close() })
	s.must("status")
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestGracefulStop(t *testing.T) {
	s := newSite(t, "")
	s.start()
	_ = s.daemon.Process.Signal(syscall.SIGTERM)
	if err := s.daemon.Wait(); err != nil {
		t.Errorf("the daemon ended with %v", err)
	}
	s.daemon = nil
	if _, code := s.command("health"); code != exitUnreachable {
		t.Errorf("health without a daemon ended with %d, want %d", code, exitUnreachable)
	}
}
