package desk

import (
	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/plan"
)

// Removals says what becomes of deliveries that a newer revision does not
// contain any more.
type Removals string

const (
	// RemoveFew cancels them unless more than a fifth of the plan's open
	// deliveries would vanish; then it keeps them all and says so.
	RemoveFew Removals = ""
	// RemoveNone keeps them until a person decides (the plan folder).
	RemoveNone Removals = "none"
	// RemoveNamed cancels those in Submission.Remove and keeps the others.
	RemoveNamed Removals = "named"
	// RemoveAll cancels them all.
	RemoveAll Removals = "all"
)

// Submission is a plan file that somebody hands in.
type Submission struct {
	File   string // name, for findings
	Source []byte // the file's bytes
	// Media are the stored files by path as the plan writes it (see StoreMedia).
	// A path that is not in it is taken from the plan's last revision.
	Media map[string]campaign.Digest
	// Describe, if set, is asked instead of Media; Check and Diff can so look
	// at files that nobody stored. Submit does not use it.
	Describe  func(path string) (campaign.Media, error)
	Note      string
	OnlyClean bool // submit the posts without errors, keep the others as drafts
	Expect    int  // revision of the plan that the person saw; 0 does not look
	Removals  Removals
	Remove    []campaign.DeliveryID // with RemoveNamed
}

// Submitted says what a submission does, or would do.
type Submitted struct {
	Plan      campaign.PlanID      `json:"plan"`
	Takeover  campaign.TakeoverID  `json:"window"`
	Mechanism campaign.MechanismID `json:"mechanism"`
	Revision  int                  `json:"revision"` // after the deed
	Changed   bool                 `json:"changed"`  // false: nothing was written
	Late      bool                 `json:"late,omitempty"`
	Findings  campaign.Findings    `json:"findings"`
	Diff      plan.Diff            `json:"diff"`
	// Kept are deliveries that the file no longer contains and that stay until
	// a person decides.
	Kept []campaign.DeliveryID `json:"kept,omitempty"`
	// Drafts are the posts left out because of errors (OnlyClean).
	Drafts  []campaign.PostID `json:"drafts,omitempty"`
	Waiting int               `json:"waiting"` // deliveries of the plan that wait for approval
	Added   int               `json:"added"`
	Edited  int               `json:"edited"`
	Removed int               `json:"removed"`
	Same    int               `json:"same"`
}
