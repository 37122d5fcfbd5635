package configs

import (
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

// TestMastodonAccount: however its handle is written, one account is one lane.
func TestMastodonAccount(t *testing.T) {
	for handle, want := range map[string]string{
		"": "social.example", "@Us": "@us@social.example", "us": "@us@social.example", "@us@social.example": "@us@social.example", "@us@example.org": "@us@example.org",
	} {
		c := campaign.Channel{Platform: "mastodon", Handle: handle, Settings: map[string]string{"server": "https://Social.example/"}}
		if got := accountOf(c); got != want {
			t.Errorf("%q is %q, want %q", handle, got, want)
		}
	}
}
