package campaign

import (
	"fmt"
	"slices"
	"time"
)

// Consent is an entry of the consent register. Who is shown stays out of it:
// Shows is a role ("a nurse in Quito").
type Consent struct {
	Shows     string
	Scope     []string  // "web", "social"; empty: all
	Platforms []string  // names of platforms; empty: all
	Languages []string  // empty: all
	Until     time.Time // zero: no end
	Guardian  bool      // a guardian agreed for a minor
	Withdrawn bool      // for good: a new consent is a new entry
	Forgotten bool      // withdrawn, and what was kept of the person is gone
}

// Holds tells whether the consent allows use at the instant.
func (c Consent) Holds(at time.Time) bool {
	return !c.Withdrawn && (c.Until.IsZero() || at.Before(c.Until))
}

// Covers tells whether the consent allows use on the platform.
func (c Consent) Covers(platform string) bool {
	return len(c.Platforms) == 0 || slices.Contains(c.Platforms, platform)
}

// ConsentMissing says which of the consents does not allow use on the channel at
// the instant, and why; "" where all do. One that is not in the register counts
// where the campaign requires consents.
func (c *Campaign) ConsentMissing(refs []string, ch ChannelID, at time.Time) string {
	for _, ref := range refs {
		con, known := c.Consents[ref]
		switch {
		case !known && c.Policies.Consent == Required, known && !con.Holds(at):
			return "consent " + ref + " no longer holds"
		case known && !con.Covers(c.Channels[ch].LimitsName()):
			return fmt.Sprintf("consent %s does not cover %s", ref, c.Channels[ch].LimitsName())
		}
	}
	return ""
}
