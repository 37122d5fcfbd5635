package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Rights are what a page may offer to somebody. They decide nothing: each deed
// asks again.
type Rights struct {
	// Actions are those that the actor may do to something of the campaign now.
	Actions map[campaign.Action]bool `json:"actions"`
	// Stop are the scopes that the actor may stop: everything, mechanisms, channels.
	Stop []campaign.Scope `json:"stop"`
}

// Rights says what the actor may do to anything at all.
func (d *Desk) Rights(ctx context.Context, a campaign.Actor) (Rights, error) {
	var out Rights
	err := d.look(ctx, a, func(r *room) error {
		out = Rights{Actions: map[campaign.Action]bool{}}
		objects := []campaign.Object{{}, {Plan: a.Guest}}
		scopes := []campaign.Scope{{Kind: "all"}}
		for _, m := range slices.Sorted(maps.Keys(r.c.Mechanisms)) {
			objects = append(objects, campaign.Object{Mechanism: m, Plan: a.Guest, Window: a.Window})
			scopes = append(scopes, campaign.Scope{Kind: "mechanism", Mechanism: m})
		}
		for _, ch := range slices.Sorted(maps.Keys(r.c.Channels)) {
			scopes = append(scopes, campaign.Scope{Kind: "channel", Channel: ch})
		}
		for _, act := range campaign.Actions {
			out.Actions[act] = slices.ContainsFunc(objects, func(o campaign.Object) bool { return r.may(act, o) == nil })
		}
		for _, s := range scopes {
			if o, err := r.scope(s); err == nil && r.may(campaign.ActStop, o) == nil {
				out.Stop = append(out.Stop, s)
			}
		}
		return nil
	})
	return out, err
}

// Picture is a picture that leaves with a delivery, with its type, for those
// who may read the delivery.
func (d *Desk) Picture(ctx context.Context, a campaign.Actor, id campaign.DeliveryID, digest campaign.Digest) (b []byte, kind string, err error) {
	err = d.look(ctx, a, func(r *room) error {
		v, err := r.delivery(id, campaign.ActRead, 0)
		if err != nil {
			return err
		}
		c, err := r.Content(v.Content)
		if err != nil {
			return err
		}
		pictures := c.Pictures()
		if v.Before != nil { // an approver compares with what was approved
			if c, err := r.Content(v.Before.Content); err == nil {
				pictures = append(slices.Clone(pictures), c.Pictures()...)
			}
		}
		i := slices.IndexFunc(pictures, func(m campaign.Media) bool { return m.Digest == digest })
		if i < 0 || d.Media == nil {
			return fmt.Errorf("picture %s of delivery %s: %w", digest, id, store.ErrNotFound)
		}
		kind = pictures[i].Type
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	b, err = d.Media.Read(digest)
	return b, kind, err
}
