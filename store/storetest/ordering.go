package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// ids of deliveries, to compare orders.
func ids(ds []campaign.Delivery) []string {
	out := []string{}
	for _, d := range ds {
		out = append(out, string(d.ID))
	}
	return out
}

func (s Suite) order(t *testing.T) {
	st := s.open(t)
	parked := delivery("d_0", "l", -time.Hour)
	parked.Parked = true
	retry := delivery("d_4", "l", 0)
	retry.NotBefore = day.Add(90 * time.Second)
	early := delivery("d_5", "l", time.Minute)
	early.NotBefore = day // before its due time: does not count
	put(t, st, parked, retry, early,
		delivery("d_3", "l", 0), delivery("d_2", "l", 0), delivery("d_1", "l", time.Minute),
		delivery("d_7", "l2", -time.Hour), delivery("d_8", "", 0))
	view(t, st, func(tx store.Tx) error {
		for _, c := range []struct {
			now  time.Duration
			max  int
			want []string
		}{
			{-time.Second, 10, []string{}},
			{0, 10, []string{"d_2", "d_3"}}, // ties by id
			{0, 1, []string{"d_2"}},
			{0, 0, []string{}},
			{time.Minute, 10, []string{"d_2", "d_3", "d_1", "d_5"}},
			{time.Hour, 10, []string{"d_2", "d_3", "d_1", "d_5", "d_4"}},
		} {
			due, err := tx.Due("l", day.Add(c.now), c.max)
			if err != nil || !reflect.DeepEqual(ids(due), c.want) {
				t.Errorf("due at %v, at most %d: %v, %v, want %v", c.now, c.max, ids(due), err, c.want)
			}
		}
		at, ok, err := tx.Head("l")
		if err != nil || !ok || !at.Equal(day) {
			t.Errorf("head: %v %v %v", at, ok, err)
		}
		if _, ok, err := tx.Head("nobody"); ok || err != nil {
			t.Errorf("head of an empty lane: %v %v", ok, err)
		}
		lanes, err := tx.Lanes()
		if err != nil || !reflect.DeepEqual(lanes, []campaign.LaneID{"", "l", "l2"}) {
			t.Errorf("lanes: %q, %v", lanes, err)
		}
		return nil
	})
}

// paging: every page boundary gives the same list, without gap or repeat.
func (s Suite) paging(t *testing.T) {
	st := s.open(t)
	var all []campaign.Delivery
	for i := range 23 {
		d := delivery(fmt.Sprintf("d_%02d", (i*7)%23), "l", time.Duration(i/5)*time.Hour)
		d = inState(d, campaign.States[i%3])
		all = append(all, d)
	}
	put(t, st, all...)
	for _, f := range []store.Filter{
		{}, {Plan: "mayors-day"}, {Channel: "main"}, {States: []campaign.State{campaign.Scheduled, campaign.Armed}},
		{From: day.Add(time.Hour), To: day.Add(3 * time.Hour)}, {Post: "no such post"},
	} {
		for size := 1; size < 25; size++ {
			view(t, st, func(tx store.Tx) error {
				whole, next, err := tx.List(f, "", 100)
				if err != nil || next != "" {
					t.Fatalf("list %+v: next %q, %v", f, next, err)
				}
				var paged []campaign.Delivery
				for cursor := ""; ; {
					page, next, err := tx.List(f, cursor, size)
					if err != nil || len(page) > size {
						t.Fatalf("page of %d: %d, %v", size, len(page), err)
					}
					paged = append(paged, page...)
					if cursor = next; next == "" {
						break
					}
				}
				if !reflect.DeepEqual(ids(paged), ids(whole)) {
					t.Errorf("%+v in pages of %d: %v, want %v", f, size, ids(paged), ids(whole))
				}
				return nil
			})
		}
	}
	view(t, st, func(tx store.Tx) error {
		if _, _, err := tx.List(store.Filter{}, "no place", 10); err == nil {
			t.Error("a place that List never gave was taken")
		}
		return nil
	})
}

// instants: order holds for any year, and times come back as they were.
func (s Suite) instants(t *testing.T) {
	st := s.open(t)
	odd := []time.Time{
		{}, time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(1677, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Unix(-1, 999999999), time.Unix(0, 0), time.Unix(0, 1), time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC),
		time.Date(2263, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
	}
	var want []string
	for i, at := range odd {
		d := delivery(fmt.Sprintf("d_%d", len(odd)-i), "l", 0)
		d.Due, d.Latest = at, at
		put(t, st, d)
		want = append(want, string(d.ID))
	}
	view(t, st, func(tx store.Tx) error {
		due, err := tx.Due("l", odd[len(odd)-1], 100)
		if err != nil || !reflect.DeepEqual(ids(due), want) {
			t.Errorf("due: %v, %v, want %v", ids(due), err, want)
		}
		for i, d := range due {
			if !d.Due.Equal(odd[i]) {
				t.Errorf("%v came back as %v", odd[i], d.Due)
			}
		}
		return nil
	})
}

// inState is d in the state; the suite builds any, whatever led there.
func inState(d campaign.Delivery, s campaign.State) campaign.Delivery {
	d.State = s
	return d
}
