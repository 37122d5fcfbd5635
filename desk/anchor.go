package desk

import (
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Moved says what moving an anchor or filling a value in did.
type Moved struct {
	Submitted
	Start time.Time `json:"start,omitzero"` // of the anchor, now
	// Asks tells that approvals are asked again, since the move is larger than the policy allows.
	Asks bool `json:"asks"`
	// Went are deliveries that left or were leaving with the old time or text.
	Went []campaign.DeliveryID `json:"went,omitempty"`
}
