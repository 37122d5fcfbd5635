package desk

import (
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// FieldChange is one difference between two campaigns.
type FieldChange struct {
	Path string `json:"path"` // "Channels.x-main.DailyLimit"
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

// Applied says what a change of the campaign did, or would do.
type Applied struct {
	Revision uint64        `json:"revision"`
	Changes  []FieldChange `json:"changes"`
	// Affected are queued deliveries that may not go any more under the new campaign.
	Affected []Row `json:"affected"`
	// Findings are overlaps of windows and the like; with errors nothing was changed.
	Findings campaign.Findings `json:"findings"`
}

// Withdrawn says what a withdrawn consent met.
type Withdrawn struct {
	Ref       string `json:"ref"`
	Cancelled []Row  `json:"cancelled"`
	Perhaps   []Row  `json:"perhaps"` // leaving or in doubt: may be public
	Public    []Row  `json:"public"`  // to be taken down
}

// Disabled says what disabling a person met.
type Disabled struct {
	Person campaign.PersonID `json:"person"`
	Tokens int               `json:"tokens"` // revoked
	Held   []Row             `json:"held"`   // approved by the person, now paused
	Kept   []Row             `json:"kept"`   // approved by the person, still going
	At     time.Time         `json:"at"`
}
