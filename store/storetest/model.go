package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// model is the queue as anyone would write it without a disk: every question
// looks at every delivery.
type model map[campaign.DeliveryID]campaign.Delivery

// where returns those that pass, in the order of by and then of ids.
func (m model) where(pass func(d campaign.Delivery) bool, by func(d campaign.Delivery) time.Time) []campaign.Delivery {
	var out []campaign.Delivery
	for _, d := range m {
		if pass(d) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b campaign.Delivery) int {
		return cmp.Or(by(a).Compare(by(b)), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// The few values that ids and times are drawn from, so that they meet.
var (
	drawLane = rapid.SampledFrom([]campaign.LaneID{"a", "b", "a\x00", "ab", ""})
	drawID   = rapid.SampledFrom([]string{"d_1", "d_2", "d_3", "d_10", "d_4", "d_5", "d_6", "d_7"})
	drawTime = rapid.Custom(func(t *rapid.T) time.Time {
		return day.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "s")) * time.Second)
	})
	drawMax = rapid.IntRange(0, 9)
)

// drawDelivery is any delivery, with no regard to what could lead there.
func drawDelivery(t *rapid.T) campaign.Delivery {
	d := delivery(drawID.Draw(t, "id"), drawLane.Draw(t, "lane"), 0)
	d.Due, d.Latest, d.CheckAt = drawTime.Draw(t, "due"), drawTime.Draw(t, "latest"), drawTime.Draw(t, "check")
	if rapid.Bool().Draw(t, "retry") {
		d.NotBefore = drawTime.Draw(t, "not before")
	}
	d.Parked = rapid.Bool().Draw(t, "parked")
	d.Plan = rapid.SampledFrom([]campaign.PlanID{"p", "q"}).Draw(t, "plan")
	d.Channel = rapid.SampledFrom([]campaign.ChannelID{"c", "e"}).Draw(t, "channel")
	d.Mechanism = rapid.SampledFrom([]campaign.MechanismID{"mayors", "youth"}).Draw(t, "mechanism")
	d.Fingerprint = rapid.SampledFrom([]string{"f", "g", ""}).Draw(t, "fingerprint")
	return inState(d, rapid.SampledFrom(campaign.States).Draw(t, "state"))
}

func drawFilter(t *rapid.T) store.Filter {
	f := store.Filter{
		States:    rapid.SliceOfNDistinct(rapid.SampledFrom(campaign.States), 0, 4, rapid.ID).Draw(t, "states"),
		Plan:      rapid.SampledFrom([]campaign.PlanID{"", "p", "q"}).Draw(t, "plan"),
		Channel:   rapid.SampledFrom([]campaign.ChannelID{"", "c", "e"}).Draw(t, "channel"),
		Mechanism: rapid.SampledFrom([]campaign.MechanismID{"", "mayors"}).Draw(t, "mechanism"),
	}
	if rapid.Bool().Draw(t, "bounded") {
		f.From, f.To = drawTime.Draw(t, "from"), drawTime.Draw(t, "to")
	}
	return f
}

// change puts a random delivery into both.
func (m model) change(t *rapid.T, tx store.Tx) error {
	d := drawDelivery(t)
	d.Revision = m[d.ID].Revision
	if err := tx.PutDelivery(&d); err != nil {
		return err
	}
	m[d.ID] = d
	return nil
}

var errUndo = errors.New("on purpose")

// indexEqualsModel changes random deliveries in one transaction, asks every
// question after each, and takes all of it back.
func (s Suite) indexEqualsModel(t *testing.T) {
	st := s.open(t)
	rapid.Check(t, func(rt *rapid.T) {
		err := st.Update(ctx, func(tx store.Tx) error {
			m := model{}
			for range rapid.IntRange(1, 12).Draw(rt, "changes") {
				if err := m.change(rt, tx); err != nil {
					return err
				}
				if err := m.compare(rt, tx); err != nil {
					return err
				}
			}
			return errUndo
		})
		if !errors.Is(err, errUndo) {
			rt.Fatal(err)
		}
		if err := st.View(ctx, func(tx store.Tx) error { return model{}.compare(rt, tx) }); err != nil {
			rt.Fatalf("after all was taken back: %v", err)
		}
	})
}

// failuresEqualModel commits some changes and fails others half-way.
func (s Suite) failuresEqualModel(t *testing.T) {
	var st store.Store
	rapid.Check(t, func(rt *rapid.T) {
		st = s.open(t)
		defer st.Close()
		m := model{}
		for range rapid.IntRange(1, 5).Draw(rt, "updates") {
			fails := rapid.Bool().Draw(rt, "fails")
			next := maps.Clone(m)
			err := st.Update(ctx, func(tx store.Tx) error {
				for range rapid.IntRange(1, 4).Draw(rt, "changes") {
					if err := next.change(rt, tx); err != nil {
						return err
					}
				}
				if fails {
					return errUndo
				}
				return nil
			})
			switch {
			case fails && !errors.Is(err, errUndo), !fails && err != nil:
				rt.Fatal(err)
			case !fails:
				m = next
			}
			if err := st.View(ctx, func(tx store.Tx) error { return m.compare(rt, tx) }); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

// compare asks every question of the queue, with random bounds.
func (m model) compare(t *rapid.T, tx store.Tx) error {
	now, max := drawTime.Draw(t, "now"), drawMax.Draw(t, "max")
	lane := drawLane.Draw(t, "lane asked")
	for _, ask := range []func() error{
		func() error { return m.compareLanes(tx) },
		func() error { return m.compareRun(tx, lane, now, max) },
		func() error { return m.compareTimed(tx, now, max) },
		func() error { return m.compareGroups(tx, lane) },
		func() error { return m.compareList(tx, drawFilter(t), max) },
	} {
		if err := ask(); err != nil {
			return err
		}
	}
	return nil
}

func (m model) compareLanes(tx store.Tx) error {
	set := map[campaign.LaneID]bool{}
	for _, d := range m {
		if d.Runnable() || d.State == campaign.Armed || d.State == campaign.InDoubt {
			set[d.Lane] = true
		}
	}
	got, err := tx.Lanes()
	if want := slices.Sorted(maps.Keys(set)); err != nil || !slices.Equal(got, want) {
		return fmt.Errorf("lanes %q, want %q, %v", got, want, err)
	}
	return nil
}

func (m model) compareRun(tx store.Tx, lane campaign.LaneID, now time.Time, max int) error {
	run := m.where(func(d campaign.Delivery) bool { return d.Lane == lane && d.Runnable() }, func(d campaign.Delivery) time.Time { return d.RunAt() })
	at, ok, err := tx.Head(lane)
	if err != nil || ok != (len(run) > 0) || (ok && !at.Equal(run[0].RunAt())) {
		return fmt.Errorf("head of %q: %v %v %v, model %v", lane, at, ok, err, ids(run))
	}
	var want []campaign.Delivery
	for _, d := range run {
		if !d.RunAt().After(now) && len(want) < max {
			want = append(want, d)
		}
	}
	got, err := tx.Due(lane, now, max)
	return differ("due", got, want, err)
}

func (m model) compareTimed(tx store.Tx, now time.Time, max int) error {
	doubts := m.where(func(d campaign.Delivery) bool { return d.State == campaign.InDoubt }, func(d campaign.Delivery) time.Time { return d.CheckAt })
	got, next, err := tx.Doubts(now, max)
	if err := differTimed("doubts", got, next, err, doubts, max,
		func(d campaign.Delivery) (time.Time, bool) { return d.CheckAt, !d.CheckAt.After(now) }); err != nil {
		return err
	}
	open := m.where(func(d campaign.Delivery) bool { return d.State == campaign.Planned || d.State == campaign.Scheduled },
		func(d campaign.Delivery) time.Time { return d.Latest })
	got, next, err = tx.Expired(now, max)
	return differTimed("expired", got, next, err, open, max,
		func(d campaign.Delivery) (time.Time, bool) { return d.Latest, d.Latest.Before(now) })
}

// differTimed compares what is due, and the time of the first that is not or
// did not fit.
func differTimed(what string, got []campaign.Delivery, next time.Time, err error, all []campaign.Delivery, max int,
	due func(campaign.Delivery) (at time.Time, due bool)) error {
	var want []campaign.Delivery
	var wantNext time.Time
	for _, d := range all {
		at, is := due(d)
		if len(want) == max || !is {
			wantNext = at
			break
		}
		want = append(want, d)
	}
	if err := differ(what, got, want, err); err != nil {
		return err
	}
	if !next.Equal(wantNext) {
		return fmt.Errorf("%s: next %v, want %v", what, next, wantNext)
	}
	return nil
}

func (m model) compareGroups(tx store.Tx, lane campaign.LaneID) error {
	byID := func(campaign.Delivery) time.Time { return time.Time{} }
	got, err := tx.Armed(lane)
	armed := m.where(func(d campaign.Delivery) bool {
		return d.State == campaign.Armed && (lane == "" || d.Lane == lane)
	}, byID)
	slices.SortFunc(got, func(a, b campaign.Delivery) int { return cmp.Compare(a.ID, b.ID) })
	if err := differ("armed", got, armed, err); err != nil {
		return err
	}
	got, err = tx.OfPlan("p")
	if err := differ("of the plan", got, m.where(func(d campaign.Delivery) bool { return d.Plan == "p" }, byID), err); err != nil {
		return err
	}
	if err := m.comparePrefixes(tx); err != nil {
		return err
	}
	for _, f := range []string{"f", "g", ""} {
		got, err = tx.Twins(lane, f)
		twins := m.where(func(d campaign.Delivery) bool {
			return d.Lane == lane && d.Fingerprint == f &&
				d.State != campaign.Cancelled && d.State != campaign.Rejected && d.State != campaign.Missed
		}, byID)
		slices.SortFunc(got, func(a, b campaign.Delivery) int { return cmp.Compare(a.ID, b.ID) })
		if err := differ("twins", got, twins, err); err != nil {
			return err
		}
	}
	counts, err := tx.Counts()
	for _, st := range campaign.States {
		n := len(m.where(func(d campaign.Delivery) bool { return d.State == st }, byID))
		if err != nil || counts[st] != n {
			return fmt.Errorf("%d deliveries counted as %s, want %d, %v", counts[st], st, n, err)
		}
	}
	return nil
}

func (m model) comparePrefixes(tx store.Tx) error {
	for _, prefix := range []string{"", "d_", "d_1", "d_10", "d_5", "x"} {
		all := slices.Sorted(maps.Keys(m))
		want := slices.DeleteFunc(all, func(id campaign.DeliveryID) bool { return !strings.HasPrefix(string(id), prefix) })
		for _, max := range []int{0, 1, 2, 100} {
			got, err := tx.DeliveriesByPrefix(prefix, max)
			if err != nil || !slices.Equal(got, want[:min(max, len(want))]) {
				return fmt.Errorf("at most %d ids that begin with %q: %v, want of %v, %v", max, prefix, got, want, err)
			}
		}
	}
	return nil
}

func (m model) compareList(tx store.Tx, f store.Filter, max int) error {
	want := m.where(func(d campaign.Delivery) bool { return f.Match(&d) }, func(d campaign.Delivery) time.Time { return d.Due })
	first, next, err := tx.List(f, "", max)
	if err := differ("list", first, want[:min(max, len(want))], err); err != nil {
		return err
	}
	if more := max > 0 && len(want) > max; (next != "") != more {
		return fmt.Errorf("list: next %q with %d of %d", next, max, len(want))
	}
	if next == "" {
		return nil
	}
	rest, _, err := tx.List(f, next, 100)
	return differ("rest of the list", rest, want[max:], err)
}

// differ compares deliveries whole.
func differ(what string, got, want []campaign.Delivery, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if !slices.Equal(ids(got), ids(want)) {
		return fmt.Errorf("%s: %v, want %v", what, ids(got), ids(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			return fmt.Errorf("%s: got %+v, want %+v", what, got[i], want[i])
		}
	}
	return nil
}
