package scheduler

import (
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// TestF68GoneAsksAPerson: what may have been taken down by hand is never
// repeated by itself, whatever the platform would recognise.
func TestF68GoneAsksAPerson(t *testing.T) {
	for _, strength := range []channels.Strength{channels.Weak, channels.Good, channels.Exact} {
		for _, repeats := range []bool{false, true} {
			for _, code := range []string{campaign.ReasonDoubt, campaign.ReasonDuplicate} {
				d := campaign.Delivery{Reason: campaign.Reason{Code: code}, Reads: 3}
				if s := weigh(&d, finding{verdict: channels.Gone, channel: opened{strength: strength}}, repeats); s != askPerson {
					t.Errorf("strength %d, repeats %v, %s: step %d", strength, repeats, code, s)
				}
			}
		}
	}
}

// TestF68ListThatProvesNothing: where what was taken down looks like what never
// arrived, a person is asked, though not before the list would show it; nothing
// is sent again meanwhile, and what shows late is found.
func TestF68ListThatProvesNothing(t *testing.T) {
	for _, tt := range []struct {
		name  string
		does  act
		shows time.Duration // after the doubt; 0: at once, and a person takes it down
		want  campaign.State
	}{
		{"taken down in the doubt", lost, 0, campaign.NeedsHuman},
		{"never arrived", gone, 0, campaign.NeedsHuman},
		{"shows late", lost, 20 * time.Second, campaign.Published},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, 1, func(t *testing.T, w *world) {
				p := w.p0()
				p.unsure = true // class K5, strength good, thirty seconds
				id := w.add("a", "c00", time.Minute)
				p.does(tt.does)
				w.start()
				goBy(61 * time.Second)
				var late []post
				p.becomes(func() { late, p.posts = p.posts, nil })
				goBy(tt.shows)
				if d := w.get(id); d.State != campaign.InDoubt {
					t.Errorf("%s before the list can be believed", d.State)
				}
				if tt.shows > 0 {
					p.becomes(func() { p.posts = late })
				}
				goBy(time.Hour)
				if d := w.get(id); d.State != tt.want || len(w.attempts(id)) != 1 {
					t.Errorf("%s after %d attempts, want %s", d.State, len(w.attempts(id)), tt.want)
				}
				if asked := w.told(NoticePerson); (asked == 1) != (tt.want == campaign.NeedsHuman) {
					t.Errorf("people were asked %d times", asked)
				}
			})
		})
	}
}
