package all

import (
	"testing"

	"github.com/ittakesacommunity/takeover/channels"
)

// TestPlatforms: each stands in the list once, and what it says of itself is
// what plans are checked against.
func TestPlatforms(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Platforms() {
		if seen[p.Name] {
			t.Errorf("%s stands in the list twice", p.Name)
		}
		seen[p.Name] = true
		if f, ok := channels.Known(p.Name); !ok || f.Class != p.Class || p.Open == nil {
			t.Errorf("%s: class %s, facts %v %s", p.Name, p.Class, ok, f.Class)
		}
	}
	for _, name := range []string{"x", "mastodon", "bluesky", "facebook", "instagram", "threads", "linkedin", "telegram", "discord", "youtube", "tiktok", "wordpress", "email", "webhook", "manual", "sandbox"} {
		if !seen[name] {
			t.Errorf("%s is missing", name)
		}
	}
}
