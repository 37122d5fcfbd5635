package pgstore

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/peertest"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
	"github.com/ittakesacommunity/takeover/store/storetest"
)

var ctx = context.Background()

func TestConformance(t *testing.T) {
	storetest.Suite{
		Open: func(t *testing.T) (store.Store, func(*testing.T) store.Store) {
			o := Options{DSN: schema(t)}
			s := open(t, o)
			return s, func(t *testing.T) store.Store { return open(t, o) }
		},
		OpenBackup: func(t *testing.T, path string) store.Store {
			s, err := boltstore.Open(boltstore.Options{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		},
	}.Run(t)
}

var schemas atomic.Int64

// schema makes an empty schema in the real database and returns how to reach it.
func schema(t testing.TB) string {
	dsn := peertest.Need(t, "postgres", "TAKEOVER_TEST_POSTGRES")
	name := fmt.Sprintf("test_%d_%d", time.Now().UnixNano(), schemas.Add(1))
	admin(t, dsn, `CREATE SCHEMA `+name)
	t.Cleanup(func() { admin(t, dsn, `DROP SCHEMA `+name+` CASCADE`) })
	return with(t, dsn, "search_path", name)
}

// with is the address with one more parameter.
func with(t testing.TB, dsn, name, value string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	return u.String()
}

// admin runs a statement on a connection of its own.
func admin(t testing.TB, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func open(t testing.TB, o Options) *Store {
	t.Helper()
	s, err := Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestWatch: a daemon hears what another changed, and not what it changed itself
// or what happens in another campaign of the same database.
func TestWatch(t *testing.T) {
	dsn := schema(t)
	one, two := open(t, Options{DSN: dsn}), open(t, Options{DSN: dsn})
	elsewhere := open(t, Options{DSN: schema(t)})
	heard := make(chan struct{}, 100)
	watching, end := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		one.Watch(watching, func() { heard <- struct{}{} })
	}()
	hears := func(want bool, why string) {
		t.Helper()
		patience := 30 * time.Second
		if !want {
			patience = 300 * time.Millisecond
		}
		select {
		case <-heard:
			if !want {
				t.Errorf("it heard %s", why)
			}
		case <-time.After(patience):
			if want {
				t.Fatalf("it did not hear %s", why)
			}
		}
	}
	hears(true, "that it listens")
	stop := func(s *Store) {
		t.Helper()
		if err := s.Update(ctx, func(tx store.Tx) error { return tx.PutSwitches(campaign.Switches{}) }); err != nil {
			t.Fatal(err)
		}
	}
	stop(one)
	hears(false, "itself")
	stop(elsewhere)
	hears(false, "another campaign")
	stop(two)
	hears(true, "the other daemon")
	admin(t, dsn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`)
	hears(true, "that it listens again")
	stop(two)
	hears(true, "the other daemon, on a new connection")
	end()
	<-ended
}
