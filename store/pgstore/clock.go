package pgstore

import (
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ittakesacommunity/takeover/store"
)

var _ store.Shared = (*tx)(nil)

// Clock implements store.Shared. It is clock_timestamp() and not now(): the
// latter is when the transaction began, which may have waited for the lock since.
func (t *tx) Clock() (at time.Time, err error) {
	err = t.use().exchange(`SELECT clock_timestamp()`, nil, func(rows pgx.Rows) error { return rows.Scan(&at) })
	return at.UTC(), err
}
