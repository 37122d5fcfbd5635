package facebook

import (
	"regexp"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
)

// blockedFor is how long an account waits that Facebook calls too busy.
// Source: platforms.md §4.6.
const blockedFor = time.Hour

// saidBefore is how Facebook words that the Page's last post reads the same.
var saidBefore = regexp.MustCompile(`(?i)already (been )?posted|duplicate|identical`)

// rows is the table of platforms.md §4.6.
func rows(step graph.Step, f graph.Failure, doubt bool) (graph.Row, bool) {
	twin := graph.Row{Fate: channels.InDoubt, Scope: channels.ScopeContent, Duplicate: true}
	if step == graph.Read {
		// What cannot be read is asked for again; only the account's own
		// trouble holds it. 100/33 often passes by itself.
		return f.AccountRow()
	}
	switch f.Subcode {
	case 1366051:
		if step == graph.Publish && doubt {
			return twin, true
		}
		return graph.RefusedRow, true
	case 1404078, 4854002:
		return graph.HeldRow, true
	case 1390008, 1404112:
		return blocked, true
	case 1346003, 1404102, 1404006, 1366046, 2061006, 1349125, 1609008:
		return graph.RefusedRow, true
	case 1363047, 1609010:
		return graph.ServerRow(step), true
	}
	switch {
	case f.Code == 506, f.Code == 368 && saidBefore.MatchString(f.Message):
		if step == graph.Publish {
			return twin, true
		}
		return graph.AgainRow, true
	case f.Code == 368:
		return blocked, true
	case f.Hidden():
		return graph.HeldRow, true
	case f.Code == 100, f.Code == 324, f.Subcode >= 1363000 && f.Subcode < 1364000:
		return graph.RefusedRow, true
	case f.Code == 1, f.Code == 2:
		return graph.ServerRow(step), true
	}
	return f.AccountRow()
}

var blocked = graph.Row{Fate: channels.NotSent, Scope: channels.ScopeChannel, Wait: blockedFor}
