package pgstore

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ittakesacommunity/takeover/store"
)

var _ store.Watched = (*Store)(nil)

// channel is what stores tell each other changes on. The payload is the schema
// and who tells, since a database may hold several campaigns.
const channel = "takeover"

// tellSQL tells the other stores, once the transaction is committed.
const tellSQL = `SELECT pg_notify('` + channel + `', current_schema() || ' ' || $1)`

// Watch implements store.Watched. Whenever it has connected anew it calls
// changed, for what it did not hear meanwhile.
func (s *Store) Watch(ctx context.Context, changed func()) {
	for wait := time.Duration(0); ctx.Err() == nil; {
		wait = backOff(wait)
		if conn, err := pgx.ConnectConfig(ctx, s.config); err == nil {
			heard := time.Now()
			_ = s.hear(ctx, conn, changed)
			if time.Since(heard) > longest {
				wait = 0
			}
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
			_ = conn.Close(closing)
			cancel()
		}
		select {
		case <-ctx.Done():
		case <-time.After(jittered(wait)):
		}
	}
}

// hear calls changed for what others tell, until the connection or ctx ends.
func (s *Store) hear(ctx context.Context, conn *pgx.Conn, changed func()) error {
	var schema string
	if err := conn.QueryRow(ctx, `SELECT current_schema()`).Scan(&schema); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `LISTEN `+channel); err != nil {
		return err
	}
	changed()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if len(n.Payload) > len(schema) && n.Payload[:len(schema)+1] == schema+" " && n.Payload[len(schema)+1:] != s.self {
			changed()
		}
	}
}
