package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// TakeDown deletes a published delivery's posts at the platform, the last part
// first, and records each. What the platform would not delete stays listed as
// public, and the answer says so. Nothing that was taken down is sent again.
func (d *Desk) TakeDown(ctx context.Context, a campaign.Actor, id campaign.DeliveryID, why string) (Done, error) {
	if strings.TrimSpace(why) == "" {
		return Done{}, fmt.Errorf("%w: say why; it goes into the record", ErrUsage)
	}
	v, deleter, err := d.deleterOf(ctx, a, id)
	if err != nil {
		return Done{}, err
	}
	var gone []int
	var failed error
	parts := v.PublicNow()
	for _, receipt := range slices.Backward(parts) {
		if failed = deleter.Delete(ctx, receipt); failed != nil {
			break
		}
		gone = append(gone, receipt.Part)
	}
	var out Done
	err = d.do(context.WithoutCancel(ctx), a, "takedown", func(r *room) error {
		out = Done{}
		v, err := r.Delivery(v.ID)
		if err != nil {
			return err
		}
		for _, part := range gone {
			if err := v.TakeDown(part, r.now); err != nil {
				return err
			}
		}
		if len(gone) > 0 {
			if err := r.PutDelivery(&v); err != nil {
				return err
			}
		}
		r.did(string(v.ID), "%d of %d posts taken down", len(gone), len(parts))
		out.Rows, err = r.rows([]campaign.Delivery{v})
		return err
	})
	if err != nil {
		return Done{}, err
	}
	out.Text = fmt.Sprintf("%s taken down.", count(len(gone), "post", "posts"))
	if failed != nil {
		return out, fmt.Errorf("%w: %s; %d of %d could not be deleted, do it at the platform: %w", ErrConflict, out.Text, len(parts)-len(gone), len(parts), failed)
	}
	return out, nil
}

// deleterOf is a published delivery and the adapter that can delete it.
func (d *Desk) deleterOf(ctx context.Context, a campaign.Actor, id campaign.DeliveryID) (v campaign.Delivery, del channels.Deleter, err error) {
	var c *campaign.Campaign
	err = d.look(ctx, a, func(r *room) error {
		c = r.c
		v, err = r.delivery(id, campaign.ActTakeDown, 0)
		return err
	})
	switch {
	case err != nil:
		return v, nil, err
	case v.State != campaign.Published || len(v.PublicNow()) == 0:
		return v, nil, fmt.Errorf("%w: delivery %s has nothing public that is settled; it is %s", ErrConflict, v.ID, v.Shown())
	case d.Channel == nil:
		return v, nil, errors.New("no adapters are set up here")
	}
	ch, err := d.Channel(c, v.Channel)
	if err != nil {
		return v, nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	del, ok := ch.(channels.Deleter)
	if !ok {
		return v, nil, fmt.Errorf("%w: %s cannot delete through its interface; delete it there by hand: %s", ErrUsage, v.Channel, v.PublicNow()[0].URL)
	}
	return v, del, nil
}
