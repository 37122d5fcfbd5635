package campaign

import (
	"cmp"
	"hash/fnv"
	"slices"
	"time"
)

// Lease is how long a daemon keeps its lanes without a word, and RenewLease how
// often it gives one. A dead owner's lanes are another's within both together.
const (
	Lease      = 8 * time.Second
	RenewLease = 2 * time.Second
)

// Daemon is one process of several that publish from one store. Its times are of
// the database's clock, never of its own.
type Daemon struct {
	// ID is new at every start.
	ID string `json:"id"`
	// Home is the data folder, which one process at a time may use: one that
	// starts there proves that earlier ones have ended.
	Home string `json:"home"`
	Name string `json:"name"` // what people call it
	// Until is the end of its lease, for all lanes that it owns.
	Until time.Time `json:"until"`
	// Drains tells that it gives its lanes away and takes no others.
	Drains bool `json:"drains,omitempty"`
	// Halted is the number of the last stop that its gate has obeyed.
	Halted uint64 `json:"halted,omitempty"`
}

// Alive tells whether its lease lasts.
func (d Daemon) Alive(now time.Time) bool { return now.Before(d.Until) }

// LaneGoesTo names the daemon that should own the lane, "" where none can: each
// lane has an order of daemons of its own, so that they share the lanes and only
// those of one that comes or goes move.
func LaneGoesTo(lane LaneID, ds []Daemon, now time.Time) string {
	var able []Daemon
	for _, d := range ds {
		if d.Alive(now) && !d.Drains {
			able = append(able, d)
		}
	}
	if len(able) == 0 {
		return ""
	}
	rank := func(d Daemon) uint64 {
		h := fnv.New64a()
		_, _ = h.Write([]byte(string(lane) + "\x00" + d.ID))
		x := h.Sum64() // its low bits follow the last byte: mix them
		x = (x ^ x>>33) * 0xff51afd7ed558ccd
		return x ^ x>>33
	}
	return slices.MaxFunc(able, func(a, b Daemon) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.ID, b.ID))
	}).ID
}

// LaneMove is what a daemon does about a lane.
type LaneMove uint8

const (
	LaneLeave LaneMove = iota // it is another's, or shall be
	LaneKeep
	LaneGive  // ours, and idle: let another have it
	LaneTake  // its owner is proven ended
	LaneUsurp // its owner's lease ended; that process may live yet
)

// MoveLane decides about the lane for the daemon self, which is one of ds. busy
// tells that a call of ours is in flight on it.
func MoveLane(l LaneState, self string, ds []Daemon, busy bool, now time.Time) LaneMove {
	goes := LaneGoesTo(l.Lane, ds, now)
	if l.Owner == self {
		if goes == self || busy {
			return LaneKeep
		}
		return LaneGive
	}
	i := slices.IndexFunc(ds, func(d Daemon) bool { return d.ID == l.Owner })
	switch {
	case goes != self || i >= 0 && ds[i].Alive(now):
		return LaneLeave
	case i >= 0:
		return LaneUsurp
	}
	return LaneTake
}
