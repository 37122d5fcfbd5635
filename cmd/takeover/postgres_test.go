package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/peertest"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/pgstore"
)

// database is an empty schema of a real PostgreSQL.
type database struct{ admin, schema, dsn string }

func newDatabase(t *testing.T) database {
	t.Helper()
	d := database{admin: peertest.Need(t, "postgres", "TAKEOVER_TEST_POSTGRES"), schema: fmt.Sprintf("program_%d", time.Now().UnixNano())}
	d.do(t, `CREATE SCHEMA `+d.schema)
	t.Cleanup(func() { d.do(t, `DROP SCHEMA `+d.schema+` CASCADE`) })
	u, err := url.Parse(d.admin)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", d.schema)
	u.RawQuery = q.Encode()
	d.dsn = u.String()
	return d
}

func (d database) do(t *testing.T, sql string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), d.admin)
	if err == nil {
		_, err = conn.Exec(context.Background(), sql)
		err = errors.Join(err, conn.Close(context.Background()))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// newSharedSite is newSite on the database.
func newSharedSite(t *testing.T, d database, campaignFile string) *site {
	t.Helper()
	dsn := filepath.Join(t.TempDir(), "dsn")
	if err := os.WriteFile(dsn, []byte(d.dsn+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TAKEOVER_STORE_DRIVER", "postgres")
	t.Setenv("TAKEOVER_STORE_DSN_FILE", dsn)
	return newSite(t, campaignFile)
}

// join lays out another folder with the same configuration and secrets, as on
// another machine.
func (s *site) join() *site {
	s.t.Helper()
	dir, err := os.MkdirTemp("", "takeover")
	if err != nil {
		s.t.Fatal(err)
	}
	o := &site{t: s.t, dir: dir, log: &lockedBuffer{}}
	s.t.Cleanup(func() {
		o.kill()
		if s.t.Failed() {
			s.t.Logf("another daemon:\n%s", o.log.tail(6000))
		}
		os.RemoveAll(dir)
	})
	for _, name := range []string{"takeover.yaml", "master.key", "hook.secret"} {
		b, err := os.ReadFile(s.path(name))
		if err != nil {
			s.t.Fatal(err)
		}
		o.write(name, string(b))
	}
	return o
}

// ownerOf is the site, of several, whose daemon has the channel's lane.
func ownerOf(t *testing.T, d database, ch campaign.ChannelID, sites ...*site) (owner *site) {
	t.Helper()
	db, err := pgstore.Open(t.Context(), pgstore.Options{DSN: d.dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for end := time.Now().Add(stuck); owner == nil && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		err := db.View(t.Context(), func(tx store.Tx) error {
			c, err := tx.Campaign()
			if err != nil {
				return err
			}
			l, err := tx.Lane(c.LaneOf(ch))
			if err != nil || l.Owner == "" {
				return err
			}
			b, err := tx.Setting("daemon/" + l.Owner)
			if errors.Is(err, store.ErrNotFound) {
				return nil // it left, and nobody took the lane yet
			} else if err != nil {
				return err
			}
			var is campaign.Daemon
			if err := json.Unmarshal(b, &is); err != nil {
				return err
			}
			for _, s := range sites {
				if strings.HasSuffix(is.Name, ":"+s.path("data")) {
					owner = s
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if owner == nil {
		t.Fatalf("nobody owns the lane of %s", ch)
	}
	return owner
}

// The program does on a database what it does on a file: init, campaign, plans,
// publishing, status, health, doctor, backup and rehearsal.
func TestProgramOnPostgres(t *testing.T) {
	d := newDatabase(t)
	r := newReceiver(t)
	s := newSharedSite(t, d, webhooks(r.URL, 2, func(int) bool { return false }))
	s.start()
	s.submitAndApprove(3, func(int) string { return "c0, c1" })
	for _, row := range s.settle() {
		if row.State != campaign.Published || r.calls[row.ID] != 1 {
			t.Errorf("%s: %s, received %d times", row.ID, row.State, r.calls[row.ID])
		}
	}
	s.must("status")
	s.must("health", "--wait", "20s")
	var doc struct {
		Data struct{ Symptoms []struct{ Area, Text string } }
	}
	out, _ := s.command("doctor", "-o", "json")
	if err := json.Unmarshal(out, &doc); err != nil || !bytes.Contains(out, []byte("PostgreSQL ")) {
		t.Errorf("doctor: %v\n%s", err, out)
	}
	s.must("rehearse")
	s.must("backup", s.path("kept.tar.gz"))
	if bytes.Contains(s.log.b.Bytes(), []byte(d.dsn)) {
		t.Error("the connection string is in the log")
	}
	if _, err := os.Stat(s.path("data/takeover.db")); err == nil {
		t.Error("a file store was made beside the database")
	}
	// A second process on the same folder is refused, as on a file.
	second := exec.Command("takeover", "serve", "--config", s.path("takeover.yaml"), "--listen", "127.0.0.1:0")
	if said, err := second.CombinedOutput(); err == nil || !strings.Contains(string(said), "in use by process") {
		t.Errorf("a second daemon on the folder: %v, %s", err, said)
	}
}

// TestScriptsOnPostgres runs whole scripts, the example campaign's among them,
// on a database each.
func TestScriptsOnPostgres(t *testing.T) {
	peertest.Need(t, "postgres", "TAKEOVER_TEST_POSTGRES")
	testscript.Run(t, testscript.Params{
		Files:               []string{"testdata/script/serve.txtar", "testdata/script/queue.txtar", "testdata/script/plan.txtar"},
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("ESC", "\x1b")
			dsn := filepath.Join(e.WorkDir, "dsn")
			e.Setenv("TAKEOVER_STORE_DRIVER", "postgres")
			e.Setenv("TAKEOVER_STORE_DSN_FILE", dsn)
			return os.WriteFile(dsn, []byte(newDatabase(t).dsn), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// The owner of a lane dies: another daemon sends what is due next within 15 s,
// and nothing twice.
func TestOwnerKilledOnPostgres(t *testing.T) {
	d := newDatabase(t)
	r := newReceiver(t)
	first := newSharedSite(t, d, webhooks(r.URL, 4, func(int) bool { return true }))
	second := first.join()
	first.start()
	second.start()
	victim, other := ownerOf(t, d, "c0", first, second), first
	if victim == first {
		other = second
	}
	other.submitAndApprove(1, func(int) string { return "c0, c1, c2, c3" })
	victim.kill()
	killed := time.Now()
	rows := other.settle()
	if took := time.Since(killed); took > 15*time.Second {
		t.Errorf("the next due deliveries went out %v after their owner died", took)
	}
	for _, row := range rows {
		if row.State != campaign.Published || r.calls[row.ID] != 1 {
			t.Errorf("%s: %s, received %d times", row.ID, row.State, r.calls[row.ID])
		}
	}
}

// What is handed in at one daemon is sent by the one that has the lane, without
// waiting for its look each minute; one that is asked to end gives its lanes away.
func TestDaemonsHearEachOtherOnPostgres(t *testing.T) {
	d := newDatabase(t)
	r := newReceiver(t)
	first := newSharedSite(t, d, webhooks(r.URL, 6, func(int) bool { return true }))
	second := first.join()
	first.start()
	second.start()
	if ownerOf(t, d, "c0", first, second) == first {
		first, second = second, first
	}
	first.submitAndApprove(1, func(int) string { return "c0, c1, c2, c3, c4, c5" })
	approved := time.Now()
	published := func() (n int) {
		for _, row := range first.settle() {
			if row.State == campaign.Published && r.calls[row.ID] == 1 {
				n++
			}
		}
		return n
	}
	if n := published(); n != 6 || time.Since(approved) > 45*time.Second {
		t.Errorf("%d of 6 went out once, within %v", n, time.Since(approved))
	}
	_ = second.daemon.Process.Signal(syscall.SIGTERM)
	if err := second.daemon.Wait(); err != nil {
		t.Error(err)
	}
	second.daemon = nil
	if ownerOf(t, d, "c0", first, second) != first {
		t.Error("a daemon that ended kept its lane")
	}
}

// A stop names the daemon that stands still, and its bytes do not leave when it
// goes on.
func TestStopNamesTheSilentOnPostgres(t *testing.T) {
	d := newDatabase(t)
	r := newReceiver(t)
	first := newSharedSite(t, d, webhooks(r.URL, 2, func(int) bool { return false }))
	second := first.join()
	first.start()
	second.start()
	if ownerOf(t, d, "c0", first, second) == first {
		first, second = second, first
	}
	if err := second.daemon.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	first.submitAndApprove(1, func(int) string { return "c0" })
	var doc struct{ Data desk.Stopped }
	out, code := first.command("stop", "--all", "-m", "wrong photo", "-o", "json")
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	if s := doc.Data; code != exitNeedsPerson || s.Confirmed || len(s.Unconfirmed) != 1 || !strings.HasSuffix(s.Unconfirmed[0], second.path("data")) || !strings.Contains(s.Text, second.path("data")) {
		t.Errorf("%d: %+v", code, s)
	}
	if err := second.daemon.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	second.must("health", "--wait", "20s")
	out, code = first.command("stop", "--all", "-o", "json")
	if err := json.Unmarshal(out, &doc); err != nil || code != exitDone || !doc.Data.Confirmed {
		t.Errorf("once it goes on: %d, %v, %s", code, err, out)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.calls) != 0 {
		t.Errorf("%d calls came after the stop", len(r.calls))
	}
}
