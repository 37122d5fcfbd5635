package channels

import (
	"slices"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

// TestFacts holds every row to what its readers rely on.
func TestFacts(t *testing.T) {
	want := []string{"x", "mastodon", "bluesky", "facebook", "instagram", "threads", "linkedin", "telegram", "discord",
		"youtube", "tiktok", "wordpress", "email", "webhook", "manual", "sandbox"}
	var names []string
	for _, f := range AllFacts() {
		names = append(names, f.Name)
		if f.Class < campaign.K1 || f.Class > campaign.K6 {
			t.Errorf("%s: class %q", f.Name, f.Class)
		}
		if f.Measure == nil || f.Limits.TextUnit == "" {
			t.Errorf("%s: nothing says how its texts count", f.Name)
		}
		for i, c := range f.Capabilities {
			at := slices.Index(Capabilities, c)
			if at < 0 || i > 0 && at <= slices.Index(Capabilities, f.Capabilities[i-1]) {
				t.Errorf("%s: capability %q is unknown or out of order", f.Name, c)
			}
		}
		if f.Class == campaign.K6 && f.Can(CanReadBack) {
			t.Errorf("%s: nobody can ask a platform of class K6", f.Name)
		}
		if f.Can(CanOwnCard) && !f.Can(CanLinkCard) {
			t.Errorf("%s: makes cards that are not shown", f.Name)
		}
		if !f.Can(CanAlt) && f.Limits.Alt != 0 {
			t.Errorf("%s: a limit for alt texts that it does not have", f.Name)
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("platforms are %v, want %v", names, want)
	}
}

// TestFactsAreCopies breaks when a caller can change the table.
func TestFactsAreCopies(t *testing.T) {
	f, _ := Known("mastodon")
	f.Capabilities[0], f.Limits.ImageTypes[0] = "changed", "changed"
	if again, _ := Known("mastodon"); again.Capabilities[0] == "changed" || again.Limits.ImageTypes[0] == "changed" {
		t.Error("a caller changed the table")
	}
	if _, ok := Known("x "); ok {
		t.Error("an unknown platform is known")
	}
}
