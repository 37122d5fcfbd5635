package desk

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// wallOf is a platform that deletes and counts as a test says.
type wallOf struct {
	channels.Channel
	deleted []string
	refuses string // the remote id that it does not delete
	counts  map[campaign.Count]int64
	err     error
	asked   int
}

func (p *wallOf) Delete(_ context.Context, r campaign.Receipt) error {
	if r.RemoteID == p.refuses {
		return errors.New("too old to be deleted")
	}
	p.deleted = append(p.deleted, r.RemoteID)
	return nil
}

func (p *wallOf) Numbers(context.Context, campaign.Receipt) (campaign.Numbers, error) {
	p.asked++
	return campaign.Numbers{Counts: p.counts}, p.err
}

// public puts a published delivery of two parts into the store.
func public(t *testing.T) (*world, *wallOf, campaign.DeliveryID) {
	w, p := newWorld(t), &wallOf{}
	w.Channel = func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error) { return p, nil }
	d := campaign.Delivery{ID: "d_public", Takeover: "mayors-dec", Mechanism: "mayors", Plan: "plan", Post: "post", Channel: "hall",
		Lane: "sandbox:hall", Due: start, Latest: start.Add(time.Hour), State: campaign.Published,
		Receipts: []campaign.Receipt{{Part: 0, RemoteID: "r0", At: start}, {Part: 1, RemoteID: "r1", At: start}}}
	err := w.Store.Update(ctx, func(tx store.Tx) error {
		var err error
		if d.Content, err = tx.PutContent(campaign.Content{Text: "ten years"}); err != nil {
			return err
		}
		return tx.PutDelivery(&d)
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, p, d.ID
}

func (w *world) stored(id campaign.DeliveryID) *campaign.Delivery {
	w.t.Helper()
	var d campaign.Delivery
	if err := w.Store.View(ctx, func(tx store.Tx) (err error) { d, err = tx.Delivery(id); return err }); err != nil {
		w.t.Fatal(err)
	}
	return &d
}

func TestTakeDown(t *testing.T) {
	w, p, id := public(t)
	done, err := w.TakeDown(ctx, w.as(boss), id, "the speaker withdrew")
	if err != nil || strings.Join(p.deleted, " ") != "r1 r0" || !strings.Contains(done.Text, "2 posts") {
		t.Fatalf("%+v, deleted %v, %v", done, p.deleted, err)
	}
	if d := w.stored(id); d.State != campaign.Published || len(d.PublicNow()) != 0 || len(d.Receipts) != 2 {
		t.Errorf("the record: %+v", d)
	}
	if _, err := w.TakeDown(ctx, w.as(boss), id, "again"); !errors.Is(err, ErrConflict) {
		t.Errorf("a second time: %v", err)
	}
}

func TestTakeDownTellsWhatStays(t *testing.T) {
	w, p, id := public(t)
	p.refuses = "r0"
	_, err := w.TakeDown(ctx, w.as(boss), id, "wrong photo")
	if !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "1 of 2") || !strings.Contains(err.Error(), "too old") {
		t.Errorf("%v", err)
	}
	if left := w.stored(id).PublicNow(); len(left) != 1 || left[0].RemoteID != "r0" {
		t.Errorf("public by the record: %+v", left)
	}
}

func TestTakeDownIsAnOrganizersAndSaysWhy(t *testing.T) {
	w, p, id := public(t)
	for _, who := range []string{"lead@mayors.example", "second@campaign.example", "op@campaign.example"} {
		if _, err := w.TakeDown(ctx, w.as(who), id, "why"); !errors.Is(err, campaign.ErrNotAllowed) {
			t.Errorf("%s: %v", who, err)
		}
	}
	if _, err := w.TakeDown(ctx, w.as(boss), id, " "); !errors.Is(err, ErrUsage) {
		t.Errorf("without a reason: %v", err)
	}
	if len(p.deleted) > 0 {
		t.Errorf("deleted %v", p.deleted)
	}
}

func TestNumbersArePulledAtTheirTimes(t *testing.T) {
	w, p, id := public(t)
	collect := func(at time.Duration, want int) {
		t.Helper()
		w.clock.now = start.Add(at)
		for range 2 { // asking again changes nothing
			if _, err := w.CollectNumbers(ctx); err != nil {
				t.Fatal(err)
			}
		}
		sight, err := w.Show(ctx, w.as(boss), id)
		if err != nil || len(sight.Numbers) != want {
			t.Fatalf("after %s: %+v, %v; want %d", at, sight.Numbers, err, want)
		}
	}
	p.counts = map[campaign.Count]int64{campaign.CountLikes: 3}
	collect(59*time.Minute, 0)
	p.err = errors.New("no answer")
	collect(61*time.Minute, 0)
	p.err = nil
	collect(70*time.Minute, 1)
	p.counts = map[campaign.Count]int64{campaign.CountLikes: 30}
	collect(8*24*time.Hour, 3) // the daemon was away for the second: one answer for both
	if p.asked != 4 {
		t.Errorf("asked %d times, want 2 without and 2 with an answer", p.asked)
	}
	sight, _ := w.Show(ctx, w.as(boss), id)
	if likes, given := sight.Numbers[2].Counts[campaign.CountLikes]; !given || likes != 30 {
		t.Errorf("%+v", sight.Numbers)
	}
	if _, given := sight.Numbers[2].Counts[campaign.CountViews]; given {
		t.Error("a number that nobody gave")
	}
}
