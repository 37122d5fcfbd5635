package desk

import (
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

// TestNames: an account that the campaign does not mean is never connected.
func TestNames(t *testing.T) {
	a := campaign.Account{ID: "109", Handle: "@us@social.example"}
	for said, want := range map[string]bool{
		"": true, "109": true, "@us@social.example": true, "US@Social.example": true, "social.example": true,
		"@us": false, "us": false, "@them@social.example": false, "@us@other.example": false, "other.example": false, "10": false,
	} {
		if names(said, a) != want {
			t.Errorf("%q: %v", said, !want)
		}
	}
	// The server's address is not always the domain of its accounts.
	a.URL = "https://web.social.example:8443/@us"
	for said, want := range map[string]bool{
		"@us@social.example": true, "social.example": true, "web.social.example:8443": true, "@us@Web.social.example:8443": true,
		"@them@web.social.example:8443": false, "web.social.example": false, "@us@other.example": false,
	} {
		if names(said, a) != want {
			t.Errorf("%q, its page elsewhere: %v", said, !want)
		}
	}
	if names("", campaign.Account{}) != true || names("x.example", campaign.Account{Handle: "us"}) {
		t.Error("a handle without a server")
	}
}
