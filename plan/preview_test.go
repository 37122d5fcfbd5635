package plan

import (
	"testing"
	"unicode/utf8"

	"github.com/ittakesacommunity/takeover/campaign"
)

// TestPreviewShowsWhatReadersSee: the texts of a preview are the adapter's own,
// and their length is what is measured; without an adapter they are as written.
func TestPreviewShowsWhatReadersSee(t *testing.T) {
	const below = "\n\nPhoto: A. Example"
	env := testEnv()
	plain := env.Surface
	env.Surface = func(id campaign.ChannelID) (Surface, bool) {
		s, ok := plain(id)
		if s.Platform == "mastodon" {
			s.Shown = func(c campaign.Content) []campaign.Shown {
				return []campaign.Shown{{Title: "A title", Text: c.Text + below}}
			}
		}
		return s, ok
	}
	x := good(t, read(t, "good/base.yaml"), env)
	list := x.Previews(func(campaign.Delivery) bool { return true })
	seen := 0
	for _, p := range list {
		want := campaign.Shown{Text: p.Content.Text}
		if env.Campaign.Channels[p.Channel].Platform == "mastodon" {
			seen++
			want = campaign.Shown{Title: "A title", Text: want.Text + below}
			if n, _ := x.surfaces[p.Channel].Measure(want.Text); p.Length != n && len(p.Content.Slots) == 0 || n <= utf8.RuneCountInString(below) {
				t.Errorf("%s: length %d, want %d", p.Post, p.Length, n)
			}
		}
		if len(p.Shown) != 1+len(p.Content.Thread) && want.Title == "" || p.Shown[0] != want {
			t.Errorf("%s on %s shows %+v, want %+v", p.Post, p.Channel, p.Shown, want)
		}
	}
	if seen == 0 {
		t.Error("the plan has nothing for such a channel")
	}
}
