package scheduler

import (
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

func TestPublishesOnTimeAndOnce(t *testing.T) {
	bubble(t, 2, func(t *testing.T, w *world) {
		var ids []campaign.DeliveryID
		for i := range 6 {
			ids = append(ids, w.add(string(rune('a'+i)), []campaign.ChannelID{"c00", "c01"}[i%2], time.Duration(i)*time.Minute))
		}
		w.start()
		goBy(10 * time.Minute)
		for _, id := range ids {
			w.is(id, campaign.Published, 1)
			if d := w.get(id); d.Lateness > time.Second {
				t.Errorf("%s left %s late", d.Post, d.Lateness)
			}
		}
		if err := w.end(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func TestNothingLeavesEarly(t *testing.T) {
	bubble(t, 1, func(t *testing.T, w *world) {
		id := w.add("later", "c00", time.Hour)
		w.start()
		goBy(time.Hour - time.Second)
		w.is(id, campaign.Scheduled, 0)
		goBy(2 * time.Second)
		w.is(id, campaign.Published, 1)
	})
}
