package storetest

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

func (s Suite) settings(t *testing.T) {
	st := s.open(t)
	view(t, st, func(tx store.Tx) error {
		_, err := tx.Campaign()
		want(t, "campaign before the first apply", err, store.ErrNotFound)
		_, err = tx.Setting("token/x-main")
		want(t, "setting that was never put", err, store.ErrNotFound)
		sw, err := tx.Switches()
		if err != nil || sw.Causes != nil || sw.Holds != nil {
			t.Errorf("switches of an empty store: %+v, %v", sw, err)
		}
		return nil
	})
	c := campaign.Campaign{ID: "itac", Zone: "Europe/Brussels", Channels: map[campaign.ChannelID]campaign.Channel{
		"main": {Platform: "sandbox", Account: "itac", MinGap: time.Minute}}, Policies: campaign.DefaultPolicies()}
	sw := campaign.Switches{
		Causes: map[campaign.Cause]campaign.CauseRecord{campaign.CauseStop: {By: "o@example.org", At: day, Reason: "a test"}},
		Holds:  []campaign.Hold{{ID: "h1", Scope: campaign.Scope{Kind: "plan", Plan: "p"}, By: "o@example.org", At: day}},
	}
	update(t, st, func(tx store.Tx) error {
		if err := tx.PutCampaign(c); err != nil {
			return err
		}
		if err := tx.PutSwitches(sw); err != nil {
			return err
		}
		for _, n := range []string{"token/b", "token/a", "folder/x"} {
			if err := tx.PutSetting(n, []byte(n)); err != nil {
				return err
			}
		}
		return tx.PutSetting("empty", []byte{})
	})
	view(t, st, func(tx store.Tx) error {
		got, err := tx.Campaign()
		if err != nil || got.Revision != 1 || got.Channels["main"].MinGap != time.Minute || got.Policies.MinLead != c.Policies.MinLead {
			t.Errorf("campaign: %+v, %v", got, err)
		}
		again, _ := tx.Campaign()
		if got != again {
			t.Error("the campaign of one revision was decoded twice; it is shared")
		}
		gotSw, err := tx.Switches()
		if err != nil || !reflect.DeepEqual(gotSw, sw) {
			t.Errorf("switches: %+v, %v", gotSw, err)
		}
		names, err := tx.SettingNames("token/")
		if err != nil || !reflect.DeepEqual(names, []string{"token/a", "token/b"}) {
			t.Errorf("names: %v, %v", names, err)
		}
		if b, err := tx.Setting("empty"); err != nil || b == nil || len(b) != 0 {
			t.Errorf("an empty value came back as %v, %v", b, err)
		}
		return nil
	})
	// A campaign that is taken back is not remembered for the one that then
	// gets its revision.
	failed := c
	failed.Revision, failed.Title = 1, "taken back"
	err := st.Update(ctx, func(tx store.Tx) error {
		if err := tx.PutCampaign(failed); err != nil {
			return err
		}
		if got, err := tx.Campaign(); err != nil || got.Title != "taken back" || got.Revision != 2 {
			t.Errorf("its own campaign: %+v, %v", got, err)
		}
		return errUndo
	})
	want(t, "update", err, errUndo)
	failed.Title = "kept"
	update(t, st, func(tx store.Tx) error { return tx.PutCampaign(failed) })
	view(t, st, func(tx store.Tx) error {
		if got, err := tx.Campaign(); err != nil || got.Title != "kept" {
			t.Errorf("campaign: %+v, %v", got, err)
		}
		return nil
	})
	update(t, st, func(tx store.Tx) error {
		want(t, "campaign of revision 0 over revision 2", tx.PutCampaign(c), store.ErrStale)
		return tx.PutSetting("token/a", nil)
	})
	view(t, st, func(tx store.Tx) error {
		_, err := tx.Setting("token/a")
		want(t, "deleted setting", err, store.ErrNotFound)
		return nil
	})
}

// plans covers what is stored under its digest too.
func (s Suite) plans(t *testing.T) {
	st := s.open(t)
	text := campaign.Content{Text: "Ten years, one community.", Template: "Ten years, one community.", Language: "en"}
	source := []byte("plan: mayors-day\x00\xff")
	var source1, source2, text1, text2 campaign.Digest
	update(t, st, func(tx store.Tx) (err error) {
		for _, p := range []campaign.Plan{{ID: "b", Title: "second"}, {ID: "a", Title: "first", Anchors: map[string]campaign.Anchor{"live": {Start: day}}}} {
			if err := tx.PutPlan(p); err != nil {
				return err
			}
		}
		if source1, err = tx.PutBlob(source); err != nil {
			return err
		}
		text1, err = tx.PutContent(text)
		return err
	})
	update(t, st, func(tx store.Tx) (err error) {
		if source2, err = tx.PutBlob(source); err != nil {
			return err
		}
		text2, err = tx.PutContent(text)
		return err
	})
	if source1 != source2 || text1 != text2 || text1 != text.Digest() || source1 != campaign.DigestOf(source) {
		t.Error("the same bytes got two digests")
	}
	view(t, st, func(tx store.Tx) error {
		ps, err := tx.Plans()
		if err != nil || len(ps) != 2 || ps[0].ID != "a" || ps[1].ID != "b" || !ps[0].Anchors["live"].Start.Equal(day) {
			t.Errorf("plans: %+v, %v", ps, err)
		}
		b, err := tx.Blob(source1)
		if err != nil || !bytes.Equal(b, source) {
			t.Errorf("blob: %q, %v", b, err)
		}
		c, err := tx.Content(text1)
		if err != nil || !reflect.DeepEqual(c, text) {
			t.Errorf("content: %+v, %v", c, err)
		}
		_, err = tx.Plan("c")
		want(t, "plan", err, store.ErrNotFound)
		_, err = tx.Blob("00")
		want(t, "blob", err, store.ErrNotFound)
		_, err = tx.Content("00")
		want(t, "content", err, store.ErrNotFound)
		return nil
	})
}

// evidence covers attempts, what was staged, claims and the lanes' memory.
func (s Suite) evidence(t *testing.T) {
	st := s.open(t)
	update(t, st, func(tx store.Tx) error {
		for _, n := range []int{10, 2, 1} {
			if err := tx.PutAttempt(campaign.Attempt{Delivery: "d_1", N: n, ArmedAt: day}); err != nil {
				return err
			}
		}
		if err := tx.PutAttempt(campaign.Attempt{Delivery: "d_1", N: 2, Fate: "in_doubt"}); err != nil {
			return err
		}
		if err := tx.PutAttempt(campaign.Attempt{Delivery: "d_11", N: 1}); err != nil {
			return err
		}
		if err := tx.PutStaged("d_1", []byte("container 7")); err != nil {
			return err
		}
		return tx.PutLane(campaign.LaneState{Lane: "l", LastAt: day, Tally: map[string]int{"main/2026-12-18": 3}, Epoch: 4})
	})
	update(t, st, func(tx store.Tx) error {
		for _, c := range []struct {
			lane, remote, id, owner string
			ok                      bool
		}{
			{"l", "1001", "d_1", "d_1", true},
			{"l", "1001", "d_1", "d_1", true},
			{"l", "1001", "d_2", "d_1", false},
			{"m", "1001", "d_2", "d_2", true},
			{"l1", "001", "d_3", "d_3", true}, // no lane runs into its neighbour
		} {
			owner, ok, err := tx.ClaimRemote(campaign.LaneID(c.lane), c.remote, campaign.DeliveryID(c.id))
			if err != nil || ok != c.ok || string(owner) != c.owner {
				t.Errorf("claim %+v: %s %v %v", c, owner, ok, err)
			}
		}
		return nil
	})
	view(t, st, func(tx store.Tx) error {
		as, err := tx.Attempts("d_1")
		if err != nil || len(as) != 3 || as[0].N != 1 || as[1].N != 2 || as[1].Fate != "in_doubt" || as[2].N != 10 {
			t.Errorf("attempts: %+v, %v", as, err)
		}
		b, err := tx.Staged("d_1")
		if err != nil || string(b) != "container 7" {
			t.Errorf("staged: %q, %v", b, err)
		}
		l, err := tx.Lane("l")
		if err != nil || l.Tally["main/2026-12-18"] != 3 || l.Epoch != 4 || !l.LastAt.Equal(day) {
			t.Errorf("lane: %+v, %v", l, err)
		}
		if l, err := tx.Lane("never seen"); err != nil || l.Lane != "never seen" || l.Epoch != 0 {
			t.Errorf("lane without memory: %+v, %v", l, err)
		}
		return nil
	})
	update(t, st, func(tx store.Tx) error { return tx.PutStaged("d_1", nil) })
	view(t, st, func(tx store.Tx) error {
		_, err := tx.Staged("d_1")
		want(t, "staged after its deletion", err, store.ErrNotFound)
		return nil
	})
}

func (s Suite) stale(t *testing.T) {
	st := s.open(t)
	d := delivery("d_1", "l", 0)
	update(t, st, func(tx store.Tx) error {
		never := d
		never.Revision = 3
		want(t, "revision 3 of what does not exist", tx.PutDelivery(&never), store.ErrStale)
		mine := d
		err := tx.PutDelivery(&mine)
		if mine.Revision != 1 {
			t.Errorf("revision %d after the first put", mine.Revision)
		}
		return err
	})
	update(t, st, func(tx store.Tx) error {
		again := d
		want(t, "creating what exists", tx.PutDelivery(&again), store.ErrStale)
		d, err := tx.Delivery("d_1")
		if err != nil {
			return err
		}
		behind := d
		if err := tx.PutDelivery(&d); err != nil {
			return err
		}
		want(t, "the revision before", tx.PutDelivery(&behind), store.ErrStale)
		if behind.Revision != 1 {
			t.Error("a refused put raised the revision")
		}
		_, err = tx.Delivery("d_2")
		want(t, "delivery", err, store.ErrNotFound)
		return nil
	})
	bad := delivery("d_3", "l", 0)
	bad.State = "nowhere"
	if err := st.Update(ctx, func(tx store.Tx) error { return tx.PutDelivery(&bad) }); err == nil {
		t.Error("an unknown state was stored")
	}
}

// ownCopies: what a transaction returns may be changed and kept.
func (s Suite) ownCopies(t *testing.T) {
	st := s.open(t)
	d := delivery("d_1", "l", 0)
	d.Warnings = []string{"first"}
	put(t, st, d)
	update(t, st, func(tx store.Tx) error { return tx.PutSetting("s", []byte("value")) })
	var kept []byte
	view(t, st, func(tx store.Tx) error {
		got, err := tx.Delivery("d_1")
		if err != nil {
			return err
		}
		got.Warnings[0] = "changed"
		again, err := tx.Delivery("d_1")
		if err != nil {
			return err
		}
		if again.Warnings[0] != "first" {
			t.Error("two reads of a delivery share memory")
		}
		if kept, err = tx.Setting("s"); err != nil {
			return err
		}
		kept[0] = 'V'
		if b, _ := tx.Setting("s"); string(b) != "value" {
			t.Error("two reads of a setting share memory")
		}
		return nil
	})
	update(t, st, func(tx store.Tx) error { return tx.PutSetting("s", []byte("other")) })
	if string(kept) != "Value" {
		t.Errorf("a value changed after its transaction: %q", kept)
	}
}
