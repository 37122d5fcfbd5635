package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Zone is the time zone in which the plan's wall times are read in campaign c;
// UTC where it names none that is known.
func (p *Plan) Zone(c *campaign.Campaign) *time.Location {
	if p.Timezone.Written() {
		if loc, _ := loadZone(p.Timezone.Value); loc != nil {
			return loc
		}
	}
	return c.Location()
}

// rulesFrom and rulesTo bound the changes of clocks by which rules are told apart.
var (
	rulesFrom = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	rulesTo   = time.Date(2045, 1, 1, 0, 0, 0, 0, time.UTC)
)

// RulesOf is a digest of a zone's rules: when its clocks change, and to what.
// It is another one where an update of the time zone data changed them.
func RulesOf(zone *time.Location) string {
	h := sha256.New()
	for at := rulesFrom.In(zone); !at.After(rulesTo); {
		start, end := at.ZoneBounds()
		_, offset := at.Zone()
		fmt.Fprintln(h, start.Unix(), offset)
		switch {
		case end.IsZero():
			return hex.EncodeToString(h.Sum(nil))
		case end.After(at):
			at = end
		default: // ZoneBounds may end a stretch at a new year where nothing changes
			at = at.Add(24 * time.Hour)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
