package desk

import (
	"fmt"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
)

const (
	added     = "added"
	changed   = "changed"
	removed   = "removed"
	unchanged = "unchanged"
	locked    = "locked"
)

func compare(stand []campaign.Delivery, x *plan.Expansion, content func(campaign.Digest) (campaign.Content, bool)) plan.Diff {
	var diff plan.Diff
	old := map[campaign.DeliveryID]*campaign.Delivery{}
	for i := range stand {
		old[stand[i].ID] = &stand[i]
	}
	for i := range x.Deliveries {
		n := &x.Deliveries[i]
		o := old[n.ID]
		delete(old, n.ID)
		c := plan.Change{Kind: added, New: n, Old: o}
		if o != nil {
			c.Fields = fields(o, n)
			c.Reapprove = o.Wants != n.Wants
			switch {
			case !queued(o):
				c.Kind = locked
				if o.Content != n.Content {
					sev := campaign.SeverityError
					if o.State.Pins() || o.State == campaign.Missed || o.State == campaign.Rejected {
						sev = campaign.SeverityWarning
					}
					diff.Findings = append(diff.Findings, campaign.Finding{Severity: sev, Code: "P099", Path: fmt.Sprintf("posts[%s]", n.Post), Message: "locked", Fix: "undo"})
				}
			case len(c.Fields) > 0:
				c.Kind = changed
			default:
				c.Kind = unchanged
			}
		}
		diff.Changes = append(diff.Changes, c)
	}
	for i := range stand {
		if _, left := old[stand[i].ID]; left && (queued(&stand[i]) || stand[i].State.Pins()) {
			diff.Changes = append(diff.Changes, plan.Change{Kind: removed, Old: &stand[i]})
		}
	}
	return diff
}

func fields(o, n *campaign.Delivery) (fs []string) {
	for _, f := range []struct {
		name string
		diff bool
	}{
		{"content", o.Content != n.Content}, {"due", !o.Due.Equal(n.Due)}, {"latest", !o.Latest.Equal(n.Latest)}, {"terms", o.Wants != n.Wants},
		{"if_missed", o.IfMissed != n.IfMissed}, {"consents", !slices.Equal(o.Consents, n.Consents)},
	} {
		if f.diff {
			fs = append(fs, f.name)
		}
	}
	return fs
}
