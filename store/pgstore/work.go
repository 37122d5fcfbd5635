package pgstore

import (
	"context"
	"errors"
	"maps"

	"github.com/jackc/pgx/v5"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store/record"
)

// work is one transaction of the database; several callers of Update share it.
type work struct {
	s      *Store
	conn   *pgx.Conn
	writes bool // it is the writer's
	open   bool
	err    error // the first trouble with the database: nothing of this will be kept
	wrote  bool
	stirs  bool   // other daemons should look at what it wrote
	xid    string // the server's name for it
	at     string // where the database is

	batch *pgx.Batch // writes that wait for the next question
	// known is what was read or written, sealed, by kind and key; nil where there
	// is nothing. Nobody else can change it while the transaction lasts.
	known map[string][]byte
	// moved is by how much the number of deliveries in each state changes.
	moved [len(counts{})]int64
	last  *lastEntry // of the journal
	// anyAside tells that some record was set aside: else nobody need ask for one.
	anyAside bool
	// campaignIs is the campaign as this transaction sees it; nil: not decoded.
	campaignIs *campaignMemory
}

// counts are the numbers of deliveries by state code.
type counts [10]int64

// lastEntry is the end of the journal.
type lastEntry struct {
	n    uint64
	hash campaign.Digest
}

// maxBatch is how many writes wait at most.
const maxBatch = 500

func newWork(s *Store, conn *pgx.Conn) *work {
	return &work{s: s, conn: conn, batch: &pgx.Batch{}, known: map[string][]byte{}}
}

// lost notes the first trouble and returns it.
func (w *work) lost(err error) error {
	if w.err == nil {
		w.err = err
	}
	return w.err
}

// exchange sends what waits and sql behind it, and gives the rows of sql to scan.
func (w *work) exchange(sql string, args []any, scan func(pgx.Rows) error) error {
	if w.err != nil {
		return w.err
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerIn)
	defer cancel()
	if w.batch.Len() == 0 && sql != "" {
		rows, err := w.conn.Query(ctx, sql, args...)
		if err != nil {
			return w.lost(err)
		}
		return w.each(rows, scan)
	}
	b := w.batch
	w.batch = &pgx.Batch{}
	waiting := b.Len()
	if sql != "" {
		b.Queue(sql, args...)
	}
	results := w.conn.SendBatch(ctx, b)
	for range waiting {
		if _, err := results.Exec(); err != nil {
			_ = results.Close()
			return w.lost(err)
		}
	}
	var err error
	if sql != "" {
		var rows pgx.Rows
		if rows, err = results.Query(); err == nil {
			err = w.each(rows, scan)
		}
	}
	if cerr := results.Close(); cerr != nil {
		return w.lost(cerr)
	}
	return err
}

// each scans the rows; an error of scan is the caller's own, any other is trouble.
func (w *work) each(rows pgx.Rows, scan func(pgx.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return w.lost(err)
	}
	return nil
}

// queue lets a statement wait for the next question.
func (w *work) queue(sql string, args ...any) error {
	w.batch.Queue(sql, args...)
	if w.batch.Len() >= maxBatch {
		return w.flush()
	}
	return w.err
}

func (w *work) flush() error {
	if w.batch.Len() == 0 {
		return w.err
	}
	return w.exchange("", nil, nil)
}

// metaSQL reads the records that nearly every function asks for; the campaign
// only if it is not the one in memory ($1, its revision, which stands in front).
const metaSQL = `SELECT kind, key, CASE WHEN kind = 'meta' AND key = 'campaign' AND substring(value FROM 6 FOR 8) = $1 THEN NULL ELSE value END
	FROM records WHERE kind = 'meta'
	UNION ALL (SELECT kind, key, value FROM records WHERE kind = 'audit' ORDER BY key DESC LIMIT 1)
	UNION ALL (SELECT kind, key, value FROM records WHERE kind = 'aside' LIMIT 1)`

// readMeta fills known with them.
func (w *work) readMeta() error {
	var have []byte
	memory := w.s.remembered.Load()
	if memory != nil {
		have = revisionBytes(memory.revision)
	}
	for _, key := range []string{keyCampaign, keySwitches, keyLife, keyPlace} {
		w.known[knownAs(record.Meta, []byte(key))] = nil
	}
	w.last = &lastEntry{}
	return w.exchange(metaSQL, []any{have}, func(rows pgx.Rows) error {
		var kind string
		var key, value []byte
		if err := rows.Scan(&kind, &key, &value); err != nil {
			return w.lost(err)
		}
		switch {
		case record.Kind(kind) == record.Audit:
			w.last = readLast(key, value)
		case record.Kind(kind) == record.Aside:
			w.anyAside = true
		case value == nil:
			w.campaignIs = memory
		default:
			w.known[knownAs(record.Kind(kind), key)] = value
		}
		return nil
	})
}

func (w *work) beginView() error {
	w.open = true
	w.batch.Queue(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)
	return w.readMeta()
}

// beginUpdate takes the lock before anything that makes a snapshot.
func (w *work) beginUpdate() error {
	w.open = true
	w.batch.Queue(`BEGIN ISOLATION LEVEL REPEATABLE READ`)
	w.batch.Queue(`LOCK TABLE writers IN EXCLUSIVE MODE`)
	w.batch.Queue(`SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')`)
	err := w.exchange(`SELECT pg_current_xact_id()::text, (`+w.s.place+`)`, nil, func(rows pgx.Rows) error {
		return rows.Scan(&w.xid, &w.at)
	})
	if err != nil {
		return w.lost(err)
	}
	return w.readMeta()
}

// rollback ends a transaction that is still open, without keeping anything.
func (w *work) rollback() {
	if !w.open {
		return
	}
	w.open = false
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if w.conn.IsClosed() {
		return
	}
	if _, err := w.conn.Exec(ctx, `ROLLBACK`); err != nil {
		_ = w.conn.Close(ctx) // whatever state it is in, it ends
	}
}

// mark is the state of the work before one caller's turn.
type mark struct {
	savepoint bool
	wrote     bool
	moved     [len(counts{})]int64
	last      *lastEntry
	known     map[string][]byte
	campaign  *campaignMemory
}

// mark begins a caller's turn. Alone it needs no savepoint: if its function fails
// there is nothing else to keep.
func (w *work) mark(shared bool) mark {
	m := mark{savepoint: shared || w.wrote, wrote: w.wrote, moved: w.moved, last: w.last, campaign: w.campaignIs}
	if m.savepoint {
		m.known = maps.Clone(w.known)
		_ = w.queue(`SAVEPOINT turn`)
	}
	return m
}

// backTo takes back what was written since the mark.
func (w *work) backTo(m mark) {
	if w.wrote && m.savepoint {
		_ = w.queue(`ROLLBACK TO SAVEPOINT turn`)
		w.known = m.known
	}
	w.wrote, w.moved, w.last, w.campaignIs = m.wrote, m.moved, m.last, m.campaign
}

// commit sends what waits and COMMIT. When it returns nil the change is kept; an
// error that passes says that it surely was not; else it wraps store.ErrBroken.
func (w *work) commit() error {
	for code, n := range w.moved {
		if n != 0 {
			w.batch.Queue(`UPDATE counts SET n = n + $2 WHERE state = $1`, int16(code), n)
		}
	}
	if w.stirs {
		w.batch.Queue(tellSQL, w.s.self)
	}
	if err := w.flush(); err != nil {
		return err
	}
	w.s.point("before commit")
	w.s.warning.Store(nil)
	ctx, cancel := context.WithTimeout(context.Background(), answerIn)
	defer cancel()
	w.open = false
	tag, err := w.conn.Exec(ctx, `COMMIT`)
	switch {
	case err != nil && !refused(err):
		_ = w.conn.Close(ctx)
		return w.settle(err)
	case err != nil:
		return err
	case tag.String() != "COMMIT":
		return errors.New("the server answered COMMIT with " + tag.String())
	}
	if n := w.s.warning.Load(); n != nil {
		return w.s.fail(errors.New("commit with a warning: " + n.Message))
	}
	if w.campaignIs != nil {
		w.s.remembered.Store(w.campaignIs)
	}
	return nil
}
