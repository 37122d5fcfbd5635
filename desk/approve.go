package desk

import "github.com/ittakesacommunity/takeover/campaign"

// Approval asks for an approval of everything picked that waits for one.
type Approval struct {
	Pick
	// Expect is what the person saw: the delivery's Wants, or HashOf the
	// deliveries for several. Empty does not look.
	Expect campaign.Digest `json:"expect,omitempty"`
	// Alone is an organizer's reason for approving own content from two hours before due.
	Alone string `json:"alone,omitempty"`
	// OnBehalf is the role whose clearance came another way, Evidence where it is kept.
	OnBehalf string `json:"on_behalf,omitempty"`
	Evidence string `json:"evidence,omitempty"`
}

// Approved says what an approval did.
type Approved struct {
	Scheduled []campaign.DeliveryID `json:"scheduled"`         // may leave now
	Waiting   []campaign.DeliveryID `json:"waiting,omitempty"` // recorded, another person must approve too
	Refused   []Refusal             `json:"refused,omitempty"` // picked by plan or day, but not this person's to approve
	Already   int                   `json:"already"`           // need no approval any more
}

// Refusal is one delivery left out of a deed, and why.
type Refusal struct {
	ID  campaign.DeliveryID `json:"id"`
	Why string              `json:"why"`
}

// Reviewed says what a review did.
type Reviewed struct {
	Plan     campaign.PlanID       `json:"plan"`
	Post     campaign.PostID       `json:"post"`
	Comment  campaign.Comment      `json:"comment"`
	Affected []campaign.DeliveryID `json:"affected"`
	// Locked had left or was leaving before.
	Locked []campaign.DeliveryID `json:"locked,omitempty"`
}
