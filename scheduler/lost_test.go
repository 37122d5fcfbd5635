package scheduler

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// TestF62RepeatThatCannotBeRead: a doubt whose bytes, content or pictures are
// gone goes to a person with the reason, and stands in nobody's way.
func TestF62RepeatThatCannotBeRead(t *testing.T) {
	for _, tt := range []struct {
		name string
		lose func(w *world, id campaign.DeliveryID, media *atomic.Value)
		code string
	}{
		{"content, before the read-back", func(w *world, id campaign.DeliveryID, _ *atomic.Value) { w.lose(id) }, campaign.ReasonCannotTell},
		{"content, before the repeat", func(w *world, id campaign.DeliveryID, _ *atomic.Value) {
			w.p0().becomes(func() { w.p0().read = func() { w.lose(id) } })
		}, campaign.ReasonHash},
		{"picture", func(_ *world, _ campaign.DeliveryID, media *atomic.Value) { media.Store("its picture is missing") }, campaign.ReasonMedia},
		{"what was staged", func(w *world, id campaign.DeliveryID, _ *atomic.Value) {
			w.restage(id, "")
		}, campaign.ReasonCannotTell},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, 1, func(t *testing.T, w *world) {
				var media atomic.Value
				media.Store("")
				w.media = func(campaign.Digest) string { return media.Load().(string) }
				p := w.p0()
				p.class, p.strength = campaign.K2, channels.Weak // its repeat is recognised
				id := w.add("lost", "c00", time.Minute, func(_ *campaign.Delivery, c *campaign.Content) {
					c.Media = []campaign.Media{{Digest: "sha256:1", Alt: "a picture"}}
				})
				next := w.add("next", "c00", 2*time.Minute)
				p.does(gone)
				w.start()
				goBy(61 * time.Second)
				w.is(id, campaign.InDoubt, 0)
				tt.lose(w, id, &media)
				goBy(70 * time.Second)
				w.is(id, campaign.NeedsHuman, 0)
				if d := w.get(id); d.Reason.Code != tt.code || d.Reason.Text == "" || w.told(NoticePerson) != 1 {
					t.Errorf("asked %d times: %+v", w.told(NoticePerson), d.Reason)
				}
				w.is(next, campaign.Published, 1)
				if d := w.get(next); d.Lateness > time.Second {
					t.Errorf("the next one was %s late", d.Lateness)
				}
			})
		})
	}
}

// TestF63OneUnreadableDoubt: the doubts of one account are read back each for
// itself, also when the content of one of them is gone.
func TestF63OneUnreadableDoubt(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		bad, good := w.add("bad", "c00", time.Minute), w.add("good", "c00", time.Minute+time.Second)
		w.p0().does(lost, lost)
		w.start()
		goBy(62 * time.Second)
		w.lose(bad)
		goBy(2 * time.Minute)
		w.is(bad, campaign.NeedsHuman, 1)
		w.is(good, campaign.Published, 1)
	})
}

// TestLateAnswerKeepsThePost: a later answer without a post's id does not wipe
// out the id that an attempt is known by.
func TestLateAnswerKeepsThePost(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Minute)
		w.p0().does(lost)
		w.start()
		goBy(61 * time.Second)
		d := w.get(id)
		a := w.attempts(id)[0]
		a.RemoteID = "000001"
		f := &flight{delivery: d, attempt: a, pass: w.e.gate.admit(d, time.Time{}, 0)}
		w.update(func(tx store.Tx) error {
			if err := tx.PutAttempt(a); err != nil {
				return err
			}
			_, err := w.e.evidence(tx, f, outcome[campaign.Receipt]{err: errHangs})
			return err
		})
		if got := w.attempts(id)[0]; got.RemoteID != "000001" || !got.Late {
			t.Errorf("%+v", got)
		}
	})
}
