package pgstore

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

// chunk is how many deliveries a list reads at once when it must pass over some.
const chunk = 500

// List implements store.Queue. The database sorts by the index that fits: plan,
// channel, or one stream for each state. What no index knows (mechanism, window,
// post) is read and passed over.
func (t *tx) List(f store.Filter, cursor string, max int) (ds []campaign.Delivery, next string, err error) {
	place, err := record.ReadCursor(cursor)
	if err != nil || max <= 0 {
		return nil, "", err
	}
	want := max + 1
	if f.Mechanism != "" || f.Takeover != "" || f.Post != "" {
		want = chunk
	}
	for {
		sql, args := question(f, place, want)
		page, err := t.find(sql, args...)
		if err != nil {
			return nil, "", err
		}
		for _, d := range page {
			if !f.Match(&d) {
				continue
			}
			if len(ds) == max {
				return ds, record.WriteCursor(&ds[max-1]), nil
			}
			ds = append(ds, d)
		}
		if len(page) < want {
			return ds, "", nil
		}
		last := page[len(page)-1]
		place = append(timeKey(last.Due), last.ID...)
	}
}

// question is the statement for one page of at most n behind the place.
func question(f store.Filter, place []byte, n int) (sql string, args []any) {
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	where := []string{"state <> 255"}
	if place != nil {
		due, id := arg(place[:record.TimeSize]), arg(place[record.TimeSize:])
		where = append(where, fmt.Sprintf("(due, id) > (%s, %s)", due, id))
	}
	bound := func(op string, at time.Time) {
		if !at.IsZero() {
			where = append(where, "due "+op+" "+arg(timeKey(at)))
		}
	}
	bound(">=", f.From)
	bound("<", f.To)
	states := f.States
	if len(states) == 0 {
		states = record.States
	}
	codes := []int16{}
	for _, s := range states {
		if c := record.StateCode(s); c != record.NoState && !slices.Contains(codes, int16(c)) {
			codes = append(codes, int16(c))
		}
	}
	limit := arg(n)
	switch {
	case f.Plan != "":
		where = append(where, "plan = "+arg([]byte(f.Plan)))
	case f.Channel != "":
		where = append(where, "channel = "+arg([]byte(f.Channel)))
	default:
		var streams []string
		for _, c := range codes {
			streams = append(streams, fmt.Sprintf("(SELECT due, id, value FROM deliveries WHERE state = %d AND %s ORDER BY due, id LIMIT %s)",
				c, strings.Join(where, " AND "), limit))
		}
		if len(streams) == 0 {
			streams = []string{"(SELECT due, id, value FROM deliveries WHERE false AND " + strings.Join(where, " AND ") + " LIMIT " + limit + ")"}
		}
		return "SELECT id, value FROM (" + strings.Join(streams, " UNION ALL ") + ") streams ORDER BY due, id LIMIT " + limit, args
	}
	if len(f.States) > 0 {
		where = append(where, "state = ANY("+arg(codes)+")")
	}
	return "SELECT id, value FROM deliveries WHERE " + strings.Join(where, " AND ") + " ORDER BY due, id LIMIT " + limit, args
}
