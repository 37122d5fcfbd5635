package scheduler

import (
	"fmt"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// gapOf sets the distance that the first channel's posts keep.
func (w *world) gapOf(gap time.Duration) {
	w.update(func(tx store.Tx) error {
		c, err := tx.Campaign()
		if err != nil {
			return err
		}
		n := *c
		n.Channels = map[campaign.ChannelID]campaign.Channel{"c00": {Platform: "fake0", Account: "acc", MinGap: gap}}
		return tx.PutCampaign(n)
	})
}

// TestF26OnTimeBeforeLate: after an outage the posts that are on time stay so,
// late ones go between them in their order, and none is missed for it.
func TestF26OnTimeBeforeLate(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		w.gapOf(10 * time.Minute)
		var late, onTime []campaign.DeliveryID
		for i := range 4 {
			late = append(late, w.add(fmt.Sprint("late", i), "c00", time.Duration(i)*time.Minute, tolerance(20*time.Hour)))
		}
		for i := range 4 { // one exactly when we are back, then each half hour
			onTime = append(onTime, w.add(fmt.Sprint("on time", i), "c00", 2*time.Hour+time.Duration(i)*30*time.Minute))
		}
		w.start()
		goBy(time.Second)
		w.kill() // the outage
		goBy(2*time.Hour - time.Minute)
		w.start()
		goBy(4 * time.Hour)
		for _, id := range onTime {
			w.is(id, campaign.Published, 1)
			if d := w.get(id); d.Lateness > campaign.OnTime {
				t.Errorf("%s was made %s late by older ones", d.Post, d.Lateness)
			}
		}
		last := time.Time{}
		for _, id := range late[1:] { // the first left before the outage
			w.is(id, campaign.Published, 1)
			at := w.get(id).Receipts[0].At
			if at.Before(last) {
				t.Errorf("%s overtook an older late one", w.get(id).Post)
			}
			last = at
		}
		w.spaced(w.p0(), 10*time.Minute)
	})
}

// TestF26LateOneWithoutRoomGoesFirst: a late post that can wait no longer is
// not missed for one that is on time.
func TestF26LateOneWithoutRoomGoesFirst(t *testing.T) {
	for _, due := range []time.Duration{2 * time.Hour, 2*time.Hour + 3*time.Minute} { // due now, and soon
		bubble(t, 1, func(t *testing.T, w *world) {
			w.gapOf(10 * time.Minute)
			first := w.add("late 1", "c00", time.Hour, tolerance(4*time.Hour))
			tight := w.add("late 2", "c00", time.Hour+time.Minute, tolerance(time.Hour+11*time.Minute))
			fresh := w.add("on time", "c00", due)
			goBy(2*time.Hour + time.Second)
			w.start()
			goBy(2 * time.Hour)
			for _, id := range []campaign.DeliveryID{first, tight, fresh} {
				w.is(id, campaign.Published, 1)
			}
			if w.told(NoticeMissed) > 0 {
				t.Error("one was missed although all could go")
			}
		})
	}
}

// TestF26OnTimeThatCannotLeave: one that is on time but cannot leave costs the
// late ones nothing.
func TestF26OnTimeThatCannotLeave(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		w.gapOf(10 * time.Minute)
		late := w.add("late", "c00", time.Hour, tolerance(4*time.Hour))
		held := w.add("held", "c00", 2*time.Hour, func(d *campaign.Delivery, _ *campaign.Content) { d.WaitFor = "live" })
		goBy(2*time.Hour + time.Second)
		w.start()
		goBy(time.Minute)
		w.is(late, campaign.Published, 1)
		w.is(held, campaign.Scheduled, 0)
	})
}
