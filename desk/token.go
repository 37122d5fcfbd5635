package desk

import (
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Token is what is kept of an API token: never the token itself.
type Token struct {
	ID      string            `json:"id"`
	Person  campaign.PersonID `json:"person"`
	Name    string            `json:"name"`
	Roles   []string          `json:"roles"` // a token never has more than its person has
	Created time.Time         `json:"created"`
	Until   time.Time         `json:"until"`
	By      campaign.PersonID `json:"by"`
}

// TokenRequest asks for a token.
type TokenRequest struct {
	For   campaign.PersonID `json:"for,omitempty"` // empty: oneself
	Name  string            `json:"name"`
	Roles []string          `json:"roles,omitempty"` // empty: all that the person has
	Until time.Time         `json:"until,omitzero"`  // zero: in 90 days; at most a year
}
