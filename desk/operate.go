package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// MayOperate refuses who may not do an operator's work. A store without a
// campaign knows nobody; only who reaches its folder is an actor there.
func (d *Desk) MayOperate(ctx context.Context, a campaign.Actor) error {
	err := d.look(ctx, a, func(r *room) error { return r.may(campaign.ActOperate, campaign.Object{}) })
	if errors.Is(err, store.ErrNotFound) {
		return new(campaign.Campaign).May(a, campaign.ActOperate, campaign.Object{}, d.Clock.Now())
	}
	return err
}

// lastBackup is the setting that says when the last backup was handed out.
const lastBackup = "backup/last"

// NoteBackup writes down that a backup was made; what names it.
func (d *Desk) NoteBackup(ctx context.Context, a campaign.Actor, what string) error {
	return d.do(ctx, a, "backup", func(r *room) error {
		if err := r.may(campaign.ActOperate, campaign.Object{}); err != nil {
			return err
		}
		r.did("store", "%s", what)
		return r.PutSetting(lastBackup, []byte(r.now.Format(time.RFC3339)))
	})
}

// NoteRotation writes down that the key which seals tokens was replaced.
func (d *Desk) NoteRotation(ctx context.Context, a campaign.Actor, sealed int) error {
	return d.do(ctx, a, "secret.rotate", func(r *room) error {
		r.did("key", "%d secrets sealed anew", sealed)
		return r.may(campaign.ActOperate, campaign.Object{})
	})
}

// LastBackup is when the last backup was handed out; zero if never.
func (d *Desk) LastBackup(ctx context.Context) (at time.Time, err error) {
	err = d.Store.View(ctx, func(tx store.Tx) error {
		b, err := tx.Setting(lastBackup)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		at, err = time.Parse(time.RFC3339, string(b))
		return err
	})
	return at, err
}

// Restored marks a store that was put back from a backup made at the instant:
// nothing leaves until a person resumes (campaign.CauseQuarantine), since
// newer posts may be public that the store does not know of.
func (d *Desk) Restored(ctx context.Context, a campaign.Actor, made time.Time) error {
	return d.do(ctx, a, "restore", func(r *room) error {
		if err := r.may(campaign.ActOperate, campaign.Object{}); err != nil {
			return err
		}
		sw, err := r.switches()
		if err != nil {
			return err
		}
		stopped := copySwitches(sw)
		if stopped.Causes == nil {
			stopped.Causes = map[campaign.Cause]campaign.CauseRecord{}
		}
		reason := fmt.Sprintf("the store was put back from a backup of %s", made.UTC().Format(time.RFC3339))
		stopped.Causes[campaign.CauseQuarantine] = campaign.CauseRecord{By: a.Person, At: r.now, Reason: reason}
		r.did("store", "backup of %s", made.UTC().Format(time.RFC3339))
		return r.putSwitches(stopped)
	})
}

// lifts tells whether the cause is on and will be lifted.
func (l *lifted) lifts(r *room, c campaign.Cause) bool {
	if r.sw == nil {
		return false
	}
	_, on := r.sw.Causes[c]
	_, still := l.after.Causes[c]
	return on && !still
}

// unsettled are the deliveries of which nobody knows whether they are public.
func (r *room) unsettled() ([]Row, error) {
	ds, err := r.all(store.Filter{States: []campaign.State{campaign.Armed, campaign.InDoubt, campaign.NeedsHuman}})
	if err != nil {
		return nil, err
	}
	return r.rows(ds)
}
