package threads

import (
	"errors"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
)

// notReady is how long a container that is not ready is given.
const notReady = 30 * time.Second

// rows is the table of platforms.md §6.6.
func rows(step graph.Step, f graph.Failure, _ bool) (graph.Row, bool) {
	if step == graph.Read {
		return f.AccountRow()
	}
	switch {
	case f.Subcode == 2207051: // "restricted activity": posts were found live behind it
		if step == graph.Publish {
			return graph.Row{Fate: channels.InDoubt, Scope: channels.ScopeChannel}, true
		}
		return graph.HeldRow, true
	case f.Subcode == 4279013: // the user is restricted; the container is asked all the same
		held := graph.HeldRow
		held.Keep = step == graph.Publish
		return held, true
	case f.Code == 24: // not there, or not seen yet
		if step == graph.Publish {
			return graph.Row{Fate: channels.NotSent, Scope: channels.ScopeContent, Wait: notReady, Keep: true}, true
		}
		return graph.AgainRow, true
	case f.Code == 9004, f.Code == -2: // fetching our picture failed
		return graph.AgainRow, step == graph.Stage
	case f.Hidden():
		return graph.HeldRow, true
	case f.Code == 100 && step == graph.Stage:
		return graph.RefusedRow, true
	case f.Code == 100: // what was staged was right; the container tells
		return graph.Row{Fate: channels.InDoubt, Scope: channels.ScopeContent}, true
	case f.Code == -1, f.Code == 1, f.Code == 2:
		return graph.ServerRow(step), true
	}
	return f.AccountRow()
}

// broken is the row for a container that failed, by Threads' own word for it.
func broken(detail string) graph.Row {
	if strings.HasPrefix(detail, "FAILED_DOWNLOADING") || strings.HasPrefix(detail, "FAILED_PROCESSING") || detail == "UNKNOWN" || detail == "" {
		return graph.AgainRow
	}
	return graph.RefusedRow
}

// errUnknownPost is what nothing can be done with: its own id is not known.
var errUnknownPost = errors.New("which post of the account it is could not be told")
