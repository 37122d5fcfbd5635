package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

// placeSQL says where the database is: which cluster, which database of it, which
// table, and the time line, which changes when a replica takes over.
const placeSQL = `SELECT format('%s/%s/%s/%s', (SELECT system_identifier FROM pg_control_system()),
	(SELECT oid FROM pg_database WHERE datname = current_database()), coalesce(to_regclass('records')::oid, 0),
	substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))`

// blindSQL is for servers that do not say so much.
const blindSQL = `SELECT format('%s/%s', (SELECT oid FROM pg_database WHERE datname = current_database()), coalesce(to_regclass('records')::oid, 0))`

func (s *Store) where(ctx context.Context, conn *pgx.Conn) (at string, err error) {
	err = conn.QueryRow(ctx, s.place).Scan(&at)
	return at, err
}

// comparePlace sets the quarantine when the database is not where the last
// transaction was.
func (t *tx) comparePlace() error {
	var was string
	switch err := t.load(record.Meta, []byte(keyPlace), &was); {
	case errors.Is(err, store.ErrNotFound):
		return t.save(record.Meta, []byte(keyPlace), t.w.at)
	case errors.Is(err, store.ErrCorrupt):
		was = "?"
	case err != nil:
		return err
	}
	if was == t.w.at {
		return nil
	}
	why := fmt.Sprintf("the database was at %s and is at %s now: a copy was put back or a replica took over, and the last changes may be missing", was, t.w.at)
	if err := t.quarantine(why); err != nil {
		return err
	}
	t.s.mu.Lock()
	t.s.info.RolledBack, t.s.info.Why = true, why
	t.s.mu.Unlock()
	return t.save(record.Meta, []byte(keyPlace), t.w.at)
}

// quarantine sets the cause, unless it is set already.
func (t *tx) quarantine(why string) error {
	now := time.Now().UTC()
	sw, err := t.Switches()
	if errors.Is(err, store.ErrCorrupt) {
		// Nobody knows what was stopped, so everything stays stopped.
		sw = campaign.Switches{Causes: map[campaign.Cause]campaign.CauseRecord{
			campaign.CauseStore: {At: now, Reason: "the record of holds and stops could not be read"},
		}}
	} else if err != nil {
		return err
	}
	if _, ok := sw.Causes[campaign.CauseQuarantine]; ok {
		return nil
	}
	if sw.Causes == nil {
		sw.Causes = map[campaign.Cause]campaign.CauseRecord{}
	}
	sw.Causes[campaign.CauseQuarantine] = campaign.CauseRecord{At: now, Reason: why}
	return t.PutSwitches(sw)
}

// settle finds out what became of a transaction whose COMMIT was not answered:
// nil when it was kept, an error that passes when it was not.
func (w *work) settle(cause error) error {
	s := w.s
	for until := time.Now().Add(answerIn); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		status, err := w.status()
		switch {
		case err != nil && refused(err):
			return s.fail(fmt.Errorf("%w, and nobody knows its transaction: %w", cause, err))
		case err != nil, status == "in progress":
		case status == "committed":
			return nil
		case status == "aborted":
			return fmt.Errorf("%w: %w", errAborted, cause)
		default:
			return s.fail(fmt.Errorf("%w, and its transaction is %s", cause, status))
		}
	}
	return s.fail(fmt.Errorf("%w, and nobody said in time what became of its transaction", cause))
}

// errAborted says that a transaction was surely not kept.
var errAborted = errors.New("the transaction was not committed")

// status asks on a connection of its own.
func (w *work) status() (status string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, w.s.config)
	if err != nil {
		return "in progress", nil // no answer is no refusal
	}
	defer conn.Close(ctx)
	at, err := w.s.where(ctx, conn)
	if err != nil {
		return "in progress", nil
	}
	if at != w.at {
		return "of another database: it was at " + w.at + ", this one is at " + at, nil
	}
	err = conn.QueryRow(ctx, `SELECT coalesce(pg_xact_status($1::text::xid8), 'forgotten')`, w.xid).Scan(&status)
	return status, err
}

// refused tells that the server answered, and that the answer was an error which
// took the transaction back.
func refused(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.SeverityUnlocalized == "ERROR"
}

// refusal tells that the server does not know or allow what was asked.
func refusal(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "42501" || e.Code == "42883" || e.Code == "0A000")
}

// passes tells that nothing was kept and that the same may go well another time:
// serialization failure, deadlock, a wait that was too long, no connection, a
// server that starts, ends or only reads. Source: PostgreSQL manual, appendix A.
func passes(err error) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return !errors.Is(err, store.ErrBroken) && !errors.Is(err, store.ErrCorrupt) && !errors.Is(err, store.ErrNotFound)
	}
	switch e.Code {
	case "40001", "40P01", "55P03", "57014", "25006", "25P03", "55000", "53300":
		return true
	}
	return e.Code[:2] == "08" || e.Code[:3] == "57P"
}

// away is what a caller is told of trouble that passes: nothing was written.
func away(err error) error {
	if errors.Is(err, store.ErrBroken) || !passes(err) || errors.Is(err, store.ErrBusy) {
		return err
	}
	return fmt.Errorf("%w: the database: %w", store.ErrBusy, err)
}
