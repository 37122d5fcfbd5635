package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// examination compares one image with what had been acknowledged.
type examination struct {
	r     *powerReport
	l     configs.Layout
	acked map[string]string
	where string
	s     *boltstore.Store
	m     *media.Store
}

func (x *examination) examine(ctx context.Context) {
	if err := x.open(); err != nil {
		x.r.Unreadable++
		x.r.note("%s: %v", x.where, err)
		return
	}
	info := x.s.Opened()
	if info.RolledBack {
		x.r.Quarantined++
		x.r.note("%s: %s", x.where, info.Why)
	}
	if info.Rewritten {
		x.r.Rewritten++
	}
	armed := map[campaign.LaneID]int{}
	for n := range lives * workers {
		x.delivery(ctx, n, armed)
	}
	x.lanes(ctx, armed)
	x.goesOn(ctx)
	if err := x.s.Close(); err != nil {
		x.half("closing: %v", err)
	}
	x.sound(ctx, x.l.Store)
	for what, state := range x.acked {
		if state == "copied" { // its path is the recorded one
			x.sound(ctx, filepath.Join(x.l.Backups, filepath.Base(what)))
		}
	}
}

func (x *examination) open() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("opening panicked: %v", p)
		}
	}()
	x.s, x.m, err = openStore(x.l)
	return err
}

func (x *examination) lost(format string, args ...any) {
	x.r.Lost++
	x.r.note(x.where+": "+format, args...)
}

func (x *examination) half(format string, args ...any) {
	x.r.Half++
	x.r.note(x.where+": "+format, args...)
}

// delivery looks at one delivery of the workload: it must have got as far as
// was acknowledged, at most one step further, and each step must be there whole.
func (x *examination) delivery(ctx context.Context, n int, armed map[campaign.LaneID]int) {
	id := deliveryID(n)
	acked := slices.Index(steps, campaign.State(x.acked[string(id)]))
	var d campaign.Delivery
	err := x.s.View(ctx, func(tx store.Tx) (err error) {
		d, err = tx.Delivery(id)
		return err
	})
	at := -1
	switch {
	case err == nil:
		at = slices.Index(steps, d.State)
	case !errors.Is(err, store.ErrNotFound):
		x.lost("%s: %v", id, err)
		return
	}
	switch {
	case at < acked:
		x.lost("%s was acknowledged as %s, and is %q", id, x.acked[string(id)], d.State)
	case at > acked+1:
		x.half("%s is %s, and only %q was acknowledged", id, d.State, x.acked[string(id)])
	}
	if at < 0 {
		return
	}
	if at >= slices.Index(steps, campaign.Armed) {
		armed[d.Lane]++
	}
	if err := x.s.View(ctx, func(tx store.Tx) error { return x.whole(tx, d, at) }); err != nil {
		x.half("%s is %s, but: %v", id, d.State, err)
	}
}

// whole tells what is missing of the transactions that brought the delivery to
// where it is.
func (x *examination) whole(tx store.Tx, d campaign.Delivery, at int) error {
	content, err := tx.Content(d.Content)
	if err != nil {
		return err
	}
	for _, m := range content.Pictures() {
		if why := x.m.Check(m.Digest); why != "" {
			return errors.New(why)
		}
	}
	attempts, err := tx.Attempts(d.ID)
	if err != nil {
		return err
	}
	want := 0
	if at >= slices.Index(steps, campaign.Armed) {
		want = 1
	}
	if len(attempts) != want || want == 1 && (attempts[0].Fate == "published") != (d.State == campaign.Published) {
		return fmt.Errorf("it has the attempts %+v", attempts)
	}
	entries, err := tx.AuditFrom(0, 1<<20)
	if err != nil {
		return err
	}
	about := 0
	for _, e := range entries {
		if e.Object == string(d.ID) {
			about++
		}
	}
	if about != at+1 {
		return fmt.Errorf("the journal tells of %d steps", about)
	}
	return nil
}

var errGivenUp = errors.New("given up")

// lanes compares what was counted on each lane with what was armed on it, and
// the remote ids with their owners.
func (x *examination) lanes(ctx context.Context, armed map[campaign.LaneID]int) {
	err := x.s.Update(ctx, func(tx store.Tx) error {
		for n := range lanes {
			id := campaign.LaneID(fmt.Sprintf("lane%d", n))
			l, err := tx.Lane(id)
			if err != nil {
				return err
			}
			if l.Tally[tallied] != armed[id] {
				return fmt.Errorf("%s counts %d armed, and %d are", id, l.Tally[tallied], armed[id])
			}
		}
		for n := range lives * workers {
			d, err := tx.Delivery(deliveryID(n))
			if err != nil {
				continue // told above
			}
			owner, free, err := tx.ClaimRemote(d.Lane, remoteID(d.ID), "somebody")
			if err != nil {
				return err
			}
			if free == (d.State == campaign.Published) || !free && owner != d.ID {
				return fmt.Errorf("%s is %s, and its remote id is %q's", d.ID, d.State, owner)
			}
		}
		return errGivenUp
	})
	if !errors.Is(err, errGivenUp) {
		x.half("%v", err)
	}
}

// goesOn tries whether the store takes a change.
func (x *examination) goesOn(ctx context.Context) {
	err := x.s.Update(ctx, func(tx store.Tx) error {
		return tx.Audit(campaign.AuditEntry{At: time.Now(), By: organizer, Door: "test", Deed: "look", Object: "image"})
	})
	if err != nil {
		x.half("it takes no change: %v", err)
	}
}

// sound reads a whole file.
func (x *examination) sound(ctx context.Context, path string) {
	r, err := boltstore.Check(ctx, path)
	if err != nil {
		x.lost("%s: %v", filepath.Base(path), err)
	} else if !r.Sound() || len(r.SetAside) > 0 {
		x.half("%s: %s", filepath.Base(path), strings.Join(slices.Concat(r.Pages, r.Index, r.Audit), "; "))
	}
}
