package pgstore

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/peertest"
	"github.com/ittakesacommunity/takeover/store"
)

// TestTwoDaemons: read, add and write from two stores loses nothing, whether both
// write the same record or each what the other one reads.
func TestTwoDaemons(t *testing.T) {
	o := Options{DSN: schema(t)}
	a, b := open(t, o), open(t, o)
	var wg sync.WaitGroup
	for _, s := range []*Store{a, b} {
		for range 4 {
			wg.Go(func() {
				for range 15 {
					if err := s.Update(ctx, func(tx store.Tx) error {
						return errors.Join(add(tx, "sum", 1), tx.Audit(campaign.AuditEntry{Deed: "arm"}))
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	_ = b.View(ctx, func(tx store.Tx) error {
		es, err := tx.AuditFrom(0, 1000)
		for i, e := range es {
			if e.N != uint64(i+1) {
				t.Errorf("entry %d bears %d", i+1, e.N)
			}
		}
		if n := number(tx, "sum"); n != 120 || len(es) != 120 || err != nil {
			t.Errorf("sum %d, %d entries, %v", n, len(es), err)
		}
		return nil
	})
}

// TestNoWriteSkew: of two that each forbid the other, one only gets through.
func TestNoWriteSkew(t *testing.T) {
	o := Options{DSN: schema(t)}
	stores := []*Store{open(t, o), open(t, o)}
	for round := range 20 {
		names := []string{fmt.Sprintf("stop/%d", round), fmt.Sprintf("armed/%d", round)}
		var wg sync.WaitGroup
		var through atomic.Int64
		for i, s := range stores {
			wg.Go(func() {
				err := s.Update(ctx, func(tx store.Tx) error {
					if number(tx, names[1-i]) != 0 {
						return errors.New("the other was first")
					}
					return add(tx, names[i], 1)
				})
				if err == nil {
					through.Add(1)
				}
			})
		}
		wg.Wait()
		if through.Load() != 1 {
			t.Fatalf("round %d: %d got through", round, through.Load())
		}
	}
}

// TestCommitAnswerLost: whatever the network loses around COMMIT, the change is
// kept once and its caller is told the truth.
func TestCommitAnswerLost(t *testing.T) {
	for _, loss := range []string{"answer", "request"} {
		t.Run(loss, func(t *testing.T) {
			p := newProxy(t, schema(t))
			var armed atomic.Bool
			s := open(t, Options{DSN: p.dsn, onPoint: func(name string) {
				if name == "before commit" && armed.CompareAndSwap(true, false) {
					p.lose(loss)
				}
			}})
			armed.Store(true)
			runs := 0
			err := s.Update(ctx, func(tx store.Tx) error { runs++; return add(tx, "sum", 1) })
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]int{"answer": 1, "request": 2}[loss]
			_ = s.View(ctx, func(tx store.Tx) error {
				if n := number(tx, "sum"); n != 1 || runs != want {
					t.Errorf("kept %d times, run %d times, want %d", n, runs, want)
				}
				return nil
			})
		})
	}
}

// TestCommitUnknown: where nobody can say what became of a COMMIT, the store is broken.
func TestCommitUnknown(t *testing.T) {
	p := newProxy(t, schema(t))
	var armed atomic.Bool
	s := open(t, Options{DSN: p.dsn})
	s.o.onPoint = func(name string) {
		if name == "before commit" && armed.CompareAndSwap(true, false) {
			p.lose("answer")
			s.place = `SELECT 'elsewhere'` // what answers next is another database
		}
	}
	armed.Store(true)
	err := s.Update(ctx, func(tx store.Tx) error { return add(tx, "sum", 1) })
	if !errors.Is(err, store.ErrBroken) {
		t.Fatalf("%v, want ErrBroken", err)
	}
	if err := s.View(ctx, func(store.Tx) error { return nil }); !errors.Is(err, store.ErrBroken) {
		t.Errorf("a view afterwards: %v", err)
	}
}

// TestConnectionLost before COMMIT: the function runs again and is kept once; while
// the server cannot be reached nothing is written and the caller may try again.
func TestConnectionLost(t *testing.T) {
	p := newProxy(t, schema(t))
	s := open(t, Options{DSN: p.dsn})
	runs := 0
	err := s.Update(ctx, func(tx store.Tx) error {
		if runs++; runs == 1 {
			p.cut()
		}
		return add(tx, "sum", 1)
	})
	if err != nil || runs != 2 {
		t.Fatalf("run %d times, %v", runs, err)
	}
	p.away.Store(true)
	p.cut()
	if err := s.Update(ctx, func(tx store.Tx) error { return add(tx, "sum", 1) }); !errors.Is(err, store.ErrBusy) {
		t.Errorf("while it is away: %v", err)
	}
	if err := s.View(ctx, func(tx store.Tx) error { _, err := tx.Lanes(); return err }); !errors.Is(err, store.ErrBusy) {
		t.Errorf("a view while it is away: %v", err)
	}
	p.away.Store(false)
	if err := s.Update(ctx, func(tx store.Tx) error {
		if n := number(tx, "sum"); n != 1 {
			t.Errorf("kept %d times", n)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestStalledDaemon: one that stands still with the lock loses it, the others go
// on, and what it had written is not kept.
func TestStalledDaemon(t *testing.T) {
	dsn := schema(t)
	stalled := open(t, Options{DSN: with(t, dsn, "idle_in_transaction_session_timeout", "200")})
	other := open(t, Options{DSN: dsn})
	inside, wake := make(chan bool, 2), make(chan bool)
	done := make(chan error)
	runs := 0
	go func() {
		done <- stalled.Update(ctx, func(tx store.Tx) error {
			err := add(tx, "mine", 1)
			_ = number(tx, "and a question, so that it is sent")
			if runs++; runs == 1 {
				inside <- true
				<-wake
			}
			return err
		})
	}()
	<-inside
	if err := other.Update(ctx, func(tx store.Tx) error { return add(tx, "sum", number(tx, "mine")+1) }); err != nil {
		t.Fatal(err)
	}
	close(wake)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	_ = other.View(ctx, func(tx store.Tx) error {
		if sum, mine := number(tx, "sum"), number(tx, "mine"); sum != 1 || mine != 1 || runs != 2 {
			t.Errorf("sum %d, mine %d, run %d times", sum, mine, runs)
		}
		return nil
	})
}

// TestRefusedAlone: what the database refuses costs only the one who wrote it.
func TestRefusedAlone(t *testing.T) {
	dsn := schema(t)
	s := open(t, Options{DSN: dsn})
	admin(t, dsn, `ALTER TABLE records ADD CHECK (kind <> 'setting' OR key <> 'bad')`)
	hold, held := make(chan bool), make(chan bool)
	go func() { _ = s.Update(ctx, func(store.Tx) error { close(held); <-hold; return nil }) }()
	<-held
	var wg sync.WaitGroup
	for i := range 8 { // they share the next commit
		wg.Go(func() {
			name := fmt.Sprint(i)
			if i == 3 {
				name = "bad"
			}
			err := s.Update(ctx, func(tx store.Tx) error { return add(tx, name, 1) })
			if (err != nil) != (i == 3) || errors.Is(err, store.ErrBusy) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	close(hold)
	wg.Wait()
	_ = s.View(ctx, func(tx store.Tx) error {
		if names, err := tx.SettingNames(""); len(names) != 7 || err != nil {
			t.Errorf("kept %v, %v", names, err)
		}
		return nil
	})
}

// TestF18OtherPlace: a database that is not where it was is quarantined before
// anything else happens in it, and once only.
func TestF18OtherPlace(t *testing.T) {
	s := open(t, Options{DSN: schema(t)})
	err := s.Update(ctx, func(v store.Tx) error { return v.(*tx).save("meta", []byte(keyPlace), "1/2/3/00000001") })
	if err != nil {
		t.Fatal(err)
	}
	failed := errors.New("on purpose")
	if err := s.Update(ctx, func(tx store.Tx) error {
		sw, err := tx.Switches()
		if _, ok := sw.Causes[campaign.CauseQuarantine]; !ok || err != nil {
			t.Errorf("the first function sees %+v, %v", sw, err)
		}
		return failed
	}); !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if err := s.Update(ctx, func(tx store.Tx) error {
		sw, _ := tx.Switches()
		if _, ok := sw.Causes[campaign.CauseQuarantine]; !ok {
			t.Error("the quarantine went with the function that failed")
		}
		return tx.PutSwitches(campaign.Switches{}) // a person resumes
	}); err != nil {
		t.Fatal(err)
	}
	_ = s.View(ctx, func(tx store.Tx) error {
		if sw, _ := tx.Switches(); len(sw.Causes) > 0 {
			t.Errorf("set again: %+v", sw)
		}
		return nil
	})
	if i := s.Opened(); !i.RolledBack || i.Why == "" || i.Blind {
		t.Errorf("told %+v", i)
	}
}

// TestF18TimeLine: the server becomes a replica that takes over.
func TestF18TimeLine(t *testing.T) {
	data := peertest.Need(t, "postgres", "TAKEOVER_TEST_POSTGRES_DATA")
	s := open(t, Options{DSN: schema(t)})
	if err := os.WriteFile(filepath.Join(data, "standby.signal"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	server(t, data, "restart", "-m", "immediate")
	server(t, data, "promote")
	var causes map[campaign.Cause]campaign.CauseRecord
	err := errors.New("not asked")
	for range 20 {
		err = s.Update(ctx, func(tx store.Tx) error {
			sw, err := tx.Switches()
			causes = sw.Causes
			return err
		})
		if !errors.Is(err, store.ErrBusy) {
			break
		}
	}
	if _, ok := causes[campaign.CauseQuarantine]; !ok || err != nil {
		t.Errorf("after the take-over: %v, %v", causes, err)
	}
}

// server runs pg_ctl as the user whom the cluster belongs to.
func server(t *testing.T, data string, args ...string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(os.Getenv("TAKEOVER_TEST_POSTGRES_BIN"), "pg_ctl"), append([]string{"-D", data, "-w", "-l", filepath.Join(filepath.Dir(data), "server.log")}, args...)...)
	cmd.Dir = filepath.Dir(data)
	info, err := os.Stat(data)
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t); os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("pg_ctl %v: %v\n%s", args, err, out)
	}
}

// TestRefusedAtOpen: what cannot keep a campaign is refused, and nothing is made in it.
func TestRefusedAtOpen(t *testing.T) {
	dsn := schema(t)
	for _, tt := range []struct {
		name, sql, dsn string
		want           error
	}{
		{"foreign tables", `CREATE TABLE records (x int)`, dsn, ErrForeign},
		{"no schema", "", with(t, dsn, "search_path", "nowhere"), nil},
		{"nobody there", "", "postgres://takeover@127.0.0.1:1/none", ErrUnreachable},
		{"not an address", "", "postgres://takeover:secret@host:port/x", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.sql != "" {
				admin(t, tt.dsn, tt.sql)
			}
			_, err := Open(ctx, Options{DSN: tt.dsn})
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
	newer := schema(t)
	_ = open(t, Options{DSN: newer}).Close()
	admin(t, newer, `UPDATE takeover_schema SET n = 99`)
	if _, err := Open(ctx, Options{DSN: newer}); !errors.Is(err, ErrNewer) {
		t.Errorf("%v, want ErrNewer", err)
	}
}

// add adds n to a number kept in a setting.
func add(tx store.Tx, name string, n int) error {
	return tx.PutSetting(name, fmt.Append(nil, number(tx, name)+n))
}

// number is 0 where nothing was written.
func number(tx store.Tx, name string) (n int) {
	b, _ := tx.Setting(name)
	_, _ = fmt.Sscan(string(b), &n)
	return n
}

// proxy stands between the store and the server and loses things.
type proxy struct {
	dsn  string
	to   string
	away atomic.Bool // it takes no connections

	mu    sync.Mutex
	conns []net.Conn
	mode  atomic.Value // what is lost next
}

func newProxy(t *testing.T, dsn string) *proxy {
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{to: u.Host}
	p.mode.Store("")
	u.Host = l.Addr().String()
	p.dsn = u.String()
	t.Cleanup(func() { _ = l.Close(); p.cut() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if p.away.Load() { // before the server gives a connection that nobody ends
				_ = c.Close()
				continue
			}
			server, err := net.Dial("tcp", p.to)
			if err != nil {
				_ = c.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, c, server)
			p.mu.Unlock()
			go p.pump(server, c, "request")
			go p.pump(c, server, "answer")
		}
	}()
	return p
}

// lose makes the next message of the kind vanish together with its connection.
func (p *proxy) lose(what string) { p.mode.Store(what) }

func (p *proxy) pump(to, from net.Conn, what string) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if p.mode.CompareAndSwap(what, "") {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil && !errors.Is(err, io.EOF) {
			return
		}
	}
}

// cut closes all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}
