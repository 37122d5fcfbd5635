package scheduler

import (
	"context"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// What the simulation found; each broke a promise before it was mended.

// A repeat that publishes long after the due time said that it was on time:
// the lateness was that of the first call, which had not done it.
func TestARepeatThatPublishesSaysThatItIsLate(t *testing.T) {
	for _, tt := range []struct {
		name    string
		first   act
		repeat  act
		shown   func(w *world) time.Time // what the platform says; nil: nothing
		notices int
	}{
		{"the first call had no effect", gone, ok, nil, 1},
		{"nor an answer the second time", gone, lost, nil, 1},
		{"the platform says that the first did it", lost, ok, func(w *world) time.Time { return w.clk.Now().Add(-25 * time.Minute) }, 0},
		{"the platform says what cannot be", gone, ok, func(*world) time.Time { return time.Unix(0, 0) }, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, 1, func(t *testing.T, w *world) {
				p := w.p0()
				p.class, p.strength, p.window = campaign.K1, channels.Weak, time.Hour
				id := w.add("a", "c00", time.Minute)
				p.does(tt.first, func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
					receipt, err := tt.repeat(ctx, p, r)
					if tt.shown != nil {
						receipt.Platform = tt.shown(w)
					}
					return receipt, err
				})
				w.start()
				goBy(62 * time.Second)
				w.is(id, campaign.InDoubt, p.count(id))
				p.becomes(func() { p.down = true })
				goBy(25 * time.Minute)
				p.becomes(func() { p.down = false })
				goBy(20 * time.Minute)
				w.is(id, campaign.Published, 1)
				if n := w.told(NoticeLate); n != tt.notices {
					t.Errorf("told %d times that it is late (%s)", n, w.get(id).Lateness)
				}
			})
		})
	}
}

// A person named a post by its address; the read-back of its twin then found
// the same post by its id, and one post stood in two receipts.
func TestAPostThatAPersonNamedIsNotFoundAgain(t *testing.T) {
	for _, tt := range []struct {
		name string
		url  string // what the platform gives
		want campaign.State
	}{
		{"its own address", "https://fake.example/1", campaign.NeedsHuman},
		{"another address", "https://fake.example/2", campaign.Published},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, 1, func(t *testing.T, w *world) {
				p := w.p0()
				series := func(d *campaign.Delivery, c *campaign.Content) { d.Series, c.Text = "s", "same" }
				a, b := w.add("a", "c00", time.Minute, series), w.add("b", "c00", 2*time.Minute, series)
				p.becomes(func() { p.down = true })
				p.url = tt.url
				p.does(lost, gone)
				w.start()
				goBy(130 * time.Second)
				w.change(a, func(d *campaign.Delivery) error {
					if err := d.NeedPerson(campaign.ReasonCannotTell, "", w.clk.Now()); err != nil {
						return err
					}
					return d.DecidePublished(campaign.Receipt{RemoteID: "https://fake.example/1", At: w.clk.Now()}, w.clk.Now())
				})
				w.update(func(tx store.Tx) error {
					_, _, err := tx.ClaimRemote(w.get(a).Lane, "https://fake.example/1", a)
					return err
				})
				p.becomes(func() { p.down = false })
				goBy(10 * time.Minute)
				if d := w.get(b); d.State != tt.want {
					t.Errorf("the other is %s (%+v)", d.State, d.Receipts)
				}
			})
		})
	}
}

// A platform that gives all its posts one address hides none of them.
func TestOneAddressForManyPosts(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		w.p0().url = "https://fake.example/@us"
		a, b := w.add("a", "c00", time.Minute), w.add("b", "c00", 2*time.Minute)
		w.start()
		goBy(5 * time.Minute)
		w.is(a, campaign.Published, 1)
		w.is(b, campaign.Published, 1)
	})
}

// A clock set back between arming and the first byte made a late post one that
// was on time.
func TestLatenessWhenTheClockIsSetBackAtTheGate(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("a", "c00", time.Minute)
		w.p0().does(func(ctx context.Context, p *platform, r channels.Request) (campaign.Receipt, error) {
			w.clk.jump(-time.Hour)
			return ok(ctx, p, r)
		})
		goBy(20 * time.Minute) // nobody runs at its time
		w.start()
		goBy(5 * time.Minute)
		w.is(id, campaign.Published, 1)
		if d := w.get(id); d.Lateness < 18*time.Minute || d.Lateness > 20*time.Minute || w.told(NoticeLate) != 1 {
			t.Errorf("late by %s, told %d times", d.Lateness, w.told(NoticeLate))
		}
	})
}
