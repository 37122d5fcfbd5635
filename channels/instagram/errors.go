package instagram

import (
	"errors"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
)

// notReady is how long a container that is not ready is given.
const notReady = 30 * time.Second

// rows is the table of platforms.md §5.6.
func rows(step graph.Step, f graph.Failure, _ bool) (graph.Row, bool) {
	if step == graph.Read {
		return f.AccountRow() // 100/33 on reads often passes by itself
	}
	if row, ok := subcode(step, f.Subcode); ok {
		return row, true
	}
	switch f.Code {
	case -2, 9004:
		return graph.AgainRow, step == graph.Stage
	case 24:
		return gone(step), true
	case 9007:
		return wait, true
	case 36000, 36001, 36003, 36004, 352:
		return graph.RefusedRow, true
	case -1, 1, 2:
		return graph.ServerRow(step), true
	case 9:
		return full, true
	}
	switch {
	case f.Hidden():
		return graph.HeldRow, true
	case f.Code == 100 && step == graph.Stage:
		return graph.RefusedRow, true
	}
	return f.AccountRow()
}

var (
	wait = graph.Row{Fate: channels.NotSent, Scope: channels.ScopeContent, Wait: notReady, Keep: true}
	full = graph.Row{Fate: channels.NotSent, Scope: channels.ScopeChannel, Wait: graph.RateWait}
)

// subcode is the row for a number of Instagram's own.
func subcode(step graph.Step, n int) (graph.Row, bool) {
	switch n {
	case 2207003, 2207052, 2207020: // fetching our picture failed, or it is too old
		return graph.AgainRow, step == graph.Stage
	case 2207006, 2207008:
		return gone(step), true
	case 2207001, 2207032, 2207053:
		return graph.ServerRow(step), true
	case 2207027:
		return wait, true
	case 2207004, 2207005, 2207009, 2207010, 2207026, 2207023, 2207028, 2207057:
		return graph.RefusedRow, true
	case 2207042:
		return full, true
	case 2207051: // a post was found live after this answer
		if step == graph.Publish {
			return graph.Row{Fate: channels.InDoubt, Scope: channels.ScopeChannel}, true
		}
		return full, true
	case 2207050, 2207081:
		return graph.HeldRow, true
	}
	return graph.Row{}, false
}

// gone is the row of a container that the platform does not find: only its
// state tells whether it was published.
func gone(step graph.Step) graph.Row {
	if step == graph.Publish {
		return graph.Row{Fate: channels.InDoubt, Scope: channels.ScopeContent}
	}
	return graph.AgainRow
}

// broken is the row for a container that failed. What no number says is the
// post's own fault.
func broken(detail string) graph.Row {
	if row, ok := subcode(graph.Stage, graph.Subcode(detail)); ok {
		return row
	}
	return graph.RefusedRow
}

// errUnknownPost is what nothing can be done with: its own id is not known.
var errUnknownPost = errors.New("which post of the account it is could not be told")
