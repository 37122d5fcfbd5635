package pgstore

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/turns"
)

var (
	// ErrUnfit is wrapped when the server cannot keep what it acknowledged.
	ErrUnfit = errors.New("this PostgreSQL server cannot be trusted with a campaign")
	// ErrForeign is wrapped when the schema holds tables that are not ours.
	ErrForeign = errors.New("not a takeover store")
	// ErrNewer is wrapped when a newer version of the program made the tables.
	ErrNewer = errors.New("the store was written by a newer version of takeover")
	// ErrUnreachable is wrapped when the server does not answer or refuses us.
	ErrUnreachable = errors.New("the database cannot be reached")
)

// Options say where a store lies.
type Options struct {
	// DSN is the connection string, as a URL or as key=value. Its search_path
	// names the schema, pool_max_conns how many views run at once (default 8).
	DSN string

	// onPoint is told at every numbered place; tests stop there.
	onPoint func(name string)
}

// Info is what Open found and did.
type Info struct {
	Created      bool   // there were no tables
	MigratedFrom int    // the schema found, where it was older; else the present one
	Server       string // version of the server
	// Blind tells that the server does not say on which time line it is: a
	// replica that took over is not noticed.
	Blind bool
	// RolledBack tells that the database is not the one of the last transaction.
	// CauseQuarantine is set in the store; Why says how.
	RolledBack bool
	Why        string
}

const (
	// patience is how long a call waits for a database that does not answer.
	patience = 5 * time.Second
	// answerIn bounds each exchange with the server, so that a lost network is
	// noticed; the slowest statement is the lock that waits for other writers.
	answerIn = 30 * time.Second
	// viewConns is how many views run at once unless the DSN says otherwise.
	viewConns = 8
	// oldest is the oldest server that is tried, as server_version_num.
	oldest = 150000
)

// Session settings: a session that stands still inside a transaction is ended,
// and one whose client is gone is noticed.
var session = map[string]string{
	"application_name":                    "takeover",
	"idle_in_transaction_session_timeout": "5000",
	"lock_timeout":                        "20000",
	"statement_timeout":                   "25000",
	"tcp_user_timeout":                    "10000",
	"tcp_keepalives_idle":                 "5",
	"tcp_keepalives_interval":             "2",
	"tcp_keepalives_count":                "3",
}

// Open connects, makes or migrates the tables, and finds out whether the database
// is still the one it was. Its errors wrap ErrUnfit, ErrForeign, ErrNewer or
// ErrUnreachable.
func Open(ctx context.Context, o Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(o.DSN)
	if err != nil {
		return nil, errors.New("the connection string cannot be read") // its own words may hold the password
	}
	if config.MaxConns < viewConns {
		config.MaxConns = viewConns
	}
	for name, value := range session {
		if _, set := config.ConnConfig.RuntimeParams[name]; !set {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	config.ConnConfig.ConnectTimeout = patience
	s := &Store{o: o, suspects: map[suspect]string{}, self: rand.Text()}
	s.config = config.ConnConfig.Copy()
	s.config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if n.SeverityUnlocalized == "WARNING" {
			s.warning.Store(n)
		}
	}
	conn, err := pgx.ConnectConfig(ctx, s.config)
	if err != nil {
		return nil, unreachable(err)
	}
	s.conn = conn
	if s.pool, err = pgxpool.NewWithConfig(context.WithoutCancel(ctx), config); err != nil {
		_ = conn.Close(ctx)
		return nil, unreachable(err)
	}
	if err := s.prepare(ctx); err != nil {
		s.pool.Close()
		_ = conn.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	s.turns = turns.New(maxShare, s.admit, s.serve)
	if err := s.Update(ctx, func(t store.Tx) error { return t.(*tx).raise() }); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func unreachable(err error) error { return fmt.Errorf("%w: %w", ErrUnreachable, err) }

// prepare checks the server and brings the tables to the present schema.
func (s *Store) prepare(ctx context.Context) error {
	var number int
	var fsync, pages, schema string
	err := s.conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_version'),
		current_setting('fsync'), current_setting('full_page_writes'), coalesce(current_schema(), '')`).
		Scan(&number, &s.info.Server, &fsync, &pages, &schema)
	switch {
	case err != nil:
		return unreachable(err)
	case number < oldest:
		return fmt.Errorf("%w: it is PostgreSQL %s, and 15 is the oldest that will do", ErrUnfit, s.info.Server)
	case fsync != "on" || pages != "on":
		return fmt.Errorf("%w: fsync is %s and full_page_writes is %s; both must be on, or a power cut sends posts twice", ErrUnfit, fsync, pages)
	case schema == "":
		return fmt.Errorf("the connection's search_path names no schema that exists: create it, or mend search_path")
	}
	s.place = placeSQL
	if _, err := s.where(ctx, s.conn); refusal(err) {
		s.place, s.info.Blind = blindSQL, true
	} else if err != nil {
		return unreachable(err)
	}
	return s.migrate(ctx)
}

//go:embed migrations
var migrations embed.FS

// Schema is the version of the layout that this program writes.
const Schema = 1

// migrate brings the tables to the present schema in one transaction, one daemon
// at a time.
func (s *Store) migrate(ctx context.Context) error {
	return pgx.BeginFunc(ctx, s.conn, func(db pgx.Tx) error {
		// A name for the lock that no other schema of the database shares.
		if _, err := db.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('takeover ' || current_schema(), 0))`); err != nil {
			return unreachable(err)
		}
		found, tables := 0, 0
		if err := db.QueryRow(ctx, `SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace
			AND relkind IN ('r', 'p') AND relname IN ('records', 'deliveries', 'counts', 'writers', 'takeover_schema')`).Scan(&tables); err != nil {
			return unreachable(err)
		}
		if tables > 0 {
			if err := db.QueryRow(ctx, `SELECT n FROM takeover_schema`).Scan(&found); err != nil {
				return fmt.Errorf("%w: the schema has tables of our names, and none that says which schema they are: %w", ErrForeign, err)
			}
		} else if _, err := db.Exec(ctx, `CREATE TABLE takeover_schema (n integer NOT NULL); INSERT INTO takeover_schema VALUES (0)`); err != nil {
			return err
		}
		s.info.Created, s.info.MigratedFrom = tables == 0, found
		if found > Schema {
			return fmt.Errorf("%w: it has schema %d, this one knows %d", ErrNewer, found, Schema)
		}
		if s.info.Created {
			s.info.MigratedFrom = Schema
		}
		for n := found + 1; n <= Schema; n++ {
			sql, err := migrations.ReadFile("migrations/" + strconv.Itoa(n) + ".sql")
			if err != nil {
				return err
			}
			if _, err := db.Exec(ctx, string(sql)); err != nil {
				return fmt.Errorf("migrate to schema %d: %w", n, err)
			}
		}
		_, err := db.Exec(ctx, `UPDATE takeover_schema SET n = $1`, Schema)
		return err
	})
}
