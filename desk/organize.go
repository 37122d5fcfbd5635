package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Applied says what a change of the campaign did, or would do.
type Applied struct {
	Revision uint64 `json:"revision"`
	// Before (nil: there was none) and After are the campaigns, read-only; a
	// door says their difference in the words of the campaign's file.
	Before *campaign.Campaign `json:"-"`
	After  *campaign.Campaign `json:"-"`
	// Affected are queued deliveries that may not go any more under the new
	// campaign. They are cancelled when their time comes, unless a later change
	// allows them again.
	Affected []Row `json:"affected"`
	// Restyled are queued deliveries that keep the kit that their plan was submitted
	// with, and would leave otherwise if it were submitted again.
	Restyled []Row `json:"restyled"`
	// Findings are overlaps of windows and the like; with errors nothing was changed.
	Findings campaign.Findings `json:"findings"`
}

// Campaign is the campaign as it is stored, to be read only.
func (d *Desk) Campaign(ctx context.Context, a campaign.Actor) (*campaign.Campaign, error) {
	var c *campaign.Campaign
	err := d.look(ctx, a, func(r *room) error {
		c = r.c
		return r.may(campaign.ActRead, campaign.Object{})
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// MayApply tells whether the actor may apply a campaign at all: doors ask it
// before they read a file, whose findings are not everybody's to see.
func (d *Desk) MayApply(ctx context.Context, a campaign.Actor) error {
	err := d.look(ctx, a, func(r *room) error { return r.may(campaign.ActConfigure, campaign.Object{}) })
	if errors.Is(err, store.ErrNotFound) { // the first one
		return (&campaign.Campaign{}).May(a, campaign.ActOperate, campaign.Object{}, d.Clock.Now())
	}
	return err
}

// ApplyCampaign replaces the campaign and says what that changes. expect is
// the revision that the person saw (0 does not look); dry changes nothing. The
// first campaign of a store is applied by whoever is an organizer or operator in it.
func (d *Desk) ApplyCampaign(ctx context.Context, a campaign.Actor, c campaign.Campaign, expect uint64, dry bool) (Applied, error) {
	var out Applied
	now := d.Clock.Now()
	run := func(tx store.Tx) error {
		old, err := tx.Campaign()
		if errors.Is(err, store.ErrNotFound) {
			return first(tx, a, c, now, dry, &out)
		}
		if err != nil {
			return err
		}
		r := &room{Tx: tx, c: old, a: a, now: now}
		if expect != 0 && expect != old.Revision {
			return fmt.Errorf("%w: the campaign is at revision %d, not %d", ErrConflict, old.Revision, expect)
		}
		if out, err = r.reconfigure(c.Clone(), "campaign.apply", "campaign", "", dry); err != nil {
			return err
		}
		out.Restyled, err = d.restyled(r, &c)
		return err
	}
	transact := d.Store.Update
	if dry {
		transact = d.Store.View
	}
	if err := told(transact(ctx, run)); err != nil {
		return out, err
	}
	if !dry {
		d.wake()
	}
	return out, nil
}

// first stores the first campaign.
func first(tx store.Tx, a campaign.Actor, c campaign.Campaign, now time.Time, dry bool, out *Applied) error {
	c = c.Clone()
	c.Revision = 0
	if err := c.May(a, campaign.ActOperate, campaign.Object{}, now); err != nil {
		return err
	}
	*out = Applied{Revision: 1, After: &c, Findings: overlaps(&c), Affected: []Row{}, Restyled: []Row{}}
	if out.Findings.HasErrors() {
		return ErrFindings
	}
	if dry {
		return nil
	}
	if err := tx.PutCampaign(c); err != nil {
		return err
	}
	return tx.Audit(campaign.AuditEntry{At: now, By: a.Person, Door: a.Door, Deed: "campaign.apply", Object: "campaign", Detail: "the first"})
}

// reconfigure stores a changed campaign; it is the one way in which a campaign
// changes. It writes the audit entry, unless deed is empty: then the caller does.
func (r *room) reconfigure(c campaign.Campaign, deed, object, detail string, dry bool) (Applied, error) {
	if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
		return Applied{}, err
	}
	return r.change(c, deed, object, detail, dry)
}

// change is reconfigure for a caller that asked for authority by itself.
func (r *room) change(c campaign.Campaign, deed, object, detail string, dry bool) (Applied, error) {
	c.Revision = r.c.Revision
	out := Applied{Revision: c.Revision, Before: r.c, After: &c, Findings: overlaps(&c), Affected: []Row{}, Restyled: []Row{}}
	if c.ID != r.c.ID {
		return out, fmt.Errorf("%w: this store holds campaign %s, not %s", ErrConflict, r.c.ID, c.ID)
	}
	if out.Findings.HasErrors() {
		return out, ErrFindings
	}
	for ref, con := range r.c.Consents {
		if now := c.Consents[ref]; con.Withdrawn && !now.Withdrawn || con.Forgotten && !now.Forgotten {
			return out, fmt.Errorf("%w: consent %s was withdrawn, and stays so; a new consent needs a new reference", ErrConflict, ref)
		}
	}
	if same(r.c, &c) {
		return out, nil
	}
	var err error
	if out.Affected, err = r.affected(&c); err != nil || dry {
		return out, err
	}
	if err := r.PutCampaign(c); err != nil {
		return out, err
	}
	out.Revision = c.Revision + 1
	if deed == "" {
		return out, nil
	}
	if detail == "" {
		detail = fmt.Sprintf("revision %d", out.Revision)
	}
	return out, r.Audit(campaign.AuditEntry{At: r.now, By: r.a.Person, Door: r.a.Door, Deed: deed, Object: object, Detail: detail})
}

// overlaps are the windows that exclude each other, as findings.
func overlaps(c *campaign.Campaign) campaign.Findings {
	var fs campaign.Findings
	for _, o := range c.Overlaps() {
		fs = append(fs, campaign.Finding{Severity: campaign.SeverityError, Code: "C051", Path: "windows." + string(o.A), Message: o.String(),
			Fix: fmt.Sprintf("end one before the other begins, take %s out of one, or mark both as shared", o.Channel)})
	}
	return fs
}

// affected are the queued deliveries that the new campaign would cancel.
func (r *room) affected(c *campaign.Campaign) ([]Row, error) {
	rows := []Row{}
	err := r.each(store.Filter{States: []campaign.State{campaign.Planned, campaign.Scheduled}}, func(d campaign.Delivery) error {
		if allowed(c, &d, r.now) || !allowed(r.c, &d, r.now) {
			return nil
		}
		row, err := r.row(d)
		rows = append(rows, row)
		return err
	})
	return rows, err
}

// allowed tells whether the campaign lets the delivery go at its time.
func allowed(c *campaign.Campaign, d *campaign.Delivery, now time.Time) bool {
	if c.ConsentMissing(d.Consents, d.Channel, later(d.Due, now)) != "" {
		return false
	}
	if _, ok := c.Channels[d.Channel]; !ok || c.LaneOf(d.Channel) != d.Lane {
		return false
	}
	if d.Takeover == "" {
		return d.Mechanism == campaign.Organizers
	}
	t, ok := c.Takeovers[d.Takeover]
	return ok && t.Covers(later(d.Due, now)) && t.Mechanism == d.Mechanism && t.Has(d.Channel)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// same tells whether the two campaigns say the same; how often each was changed does not count.
func same(a, b *campaign.Campaign) bool {
	return bytes.Equal(said(a), said(b))
}

func said(c *campaign.Campaign) []byte {
	plain := c.Clone()
	plain.Revision = 0
	b, err := json.Marshal(plain)
	if err != nil {
		panic("desk: " + err.Error()) // only plain data is passed
	}
	return b
}

// configure is a deed that edits the campaign.
func (d *Desk) configure(ctx context.Context, a campaign.Actor, deed, object string, edit func(*room, *campaign.Campaign) error) (Applied, error) {
	var out Applied
	err := d.do(ctx, a, deed, func(r *room) error {
		c := r.c.Clone()
		if err := r.may(campaign.ActConfigure, campaign.Object{}); err != nil {
			return err
		}
		if err := edit(r, &c); err != nil {
			return err
		}
		var err error
		out, err = r.reconfigure(c, deed, object, "", false)
		return err
	})
	if err == nil {
		d.wake()
	}
	return out, err
}

// windowOf is a window of the campaign; ErrNotFound.
func windowOf(c *campaign.Campaign, id campaign.TakeoverID) (campaign.Takeover, error) {
	t, ok := c.Takeovers[id]
	if !ok {
		return t, fmt.Errorf("window %s: %w", id, store.ErrNotFound)
	}
	return t, nil
}

// GrantWindow grants a new window. One that overlaps another mechanism's on an
// account is refused with both named.
func (d *Desk) GrantWindow(ctx context.Context, a campaign.Actor, id campaign.TakeoverID, t campaign.Takeover) (Applied, error) {
	return d.configure(ctx, a, "window.grant", string(id), func(r *room, c *campaign.Campaign) error {
		if _, taken := c.Takeovers[id]; taken {
			return fmt.Errorf("%w: there is a window %s", ErrConflict, id)
		}
		if _, known := c.Mechanisms[t.Mechanism]; !known && t.Mechanism != campaign.Organizers {
			return fmt.Errorf("mechanism %s: %w", t.Mechanism, store.ErrNotFound)
		}
		if id == "" || !t.From.Before(t.To) || len(t.Channels) == 0 {
			return fmt.Errorf("%w: a window has a name, channels, and begins before it ends", ErrUsage)
		}
		for _, ch := range t.Channels {
			if _, known := c.Channels[ch]; !known {
				return fmt.Errorf("channel %s: %w", ch, store.ErrNotFound)
			}
		}
		t.Revoked = false
		if c.Takeovers == nil {
			c.Takeovers = map[campaign.TakeoverID]campaign.Takeover{}
		}
		c.Takeovers[id] = t
		return nil
	})
}

// ExtendWindow moves a window's end, later or earlier.
func (d *Desk) ExtendWindow(ctx context.Context, a campaign.Actor, id campaign.TakeoverID, to time.Time) (Applied, error) {
	return d.configure(ctx, a, "window.extend", string(id), func(r *room, c *campaign.Campaign) error {
		t, err := windowOf(c, id)
		if err != nil {
			return err
		}
		if t.Revoked {
			return fmt.Errorf("%w: window %s was revoked", ErrConflict, id)
		}
		if !t.From.Before(to) {
			return fmt.Errorf("%w: a window begins before it ends", ErrUsage)
		}
		t.To = to
		c.Takeovers[id] = t
		return nil
	})
}

// RevokeWindow ends a window at once. What is queued in it is cancelled when
// its time comes; what is at the gate is taken back.
func (d *Desk) RevokeWindow(ctx context.Context, a campaign.Actor, id campaign.TakeoverID, why string) (Applied, error) {
	out, err := d.configure(ctx, a, "window.revoke", string(id), func(r *room, c *campaign.Campaign) error {
		t, err := windowOf(c, id)
		if err != nil {
			return err
		}
		t.Revoked = true
		c.Takeovers[id] = t
		_, err = r.touch(campaign.Scope{Kind: "takeover", Takeover: id}.Covers, "its window was revoked")
		return err
	})
	if err != nil {
		return out, err
	}
	if _, _, err := d.brake(ctx, campaign.Scope{Kind: "takeover", Takeover: id}.Covers); err != nil {
		return out, fmt.Errorf("the window is revoked, but what was being sent at this moment did not answer: %w", err)
	}
	if d.Brake != nil {
		d.Brake.Lift() // arming cancels what was taken back
	}
	d.tell(Notice{Event: "window_revoked", By: a.Person, Text: "Window " + string(id) + " was revoked. " + why})
	return out, nil
}

// PauseChannel keeps a channel from sending, or lets it send again.
func (d *Desk) PauseChannel(ctx context.Context, a campaign.Actor, id campaign.ChannelID, paused bool) (Applied, error) {
	return d.configure(ctx, a, "channel.pause", string(id), func(r *room, c *campaign.Campaign) error {
		ch, ok := c.Channels[id]
		if !ok {
			return fmt.Errorf("channel %s: %w", id, store.ErrNotFound)
		}
		ch.Paused = paused
		c.Channels[id] = ch
		return nil
	})
}
