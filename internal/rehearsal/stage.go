package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/store"
)

// stage is where the channels of a rehearsal stand.
type stage struct {
	clock clock.Clock
	real  func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error)
	store store.Store
}

// channel is the pretended channel in place of a real one.
func (s *stage) channel(c *campaign.Campaign, id campaign.ChannelID) (channels.Channel, error) {
	real, err := s.real(c, id)
	if err != nil {
		return nil, err
	}
	p := &pretended{clock: s.clock, real: real, byHand: c.Channels[id].Platform == "manual"}
	err = s.store.View(context.Background(), func(tx store.Tx) error {
		p.ends, err = desk.PermissionEnds(tx, id)
		return err
	})
	return p, err
}

// pretended is a channel that publishes nothing and always says yes, as far as
// the real one would take the content and we are still allowed to post. It
// holds the real one without showing its methods: none that calls out is used.
type pretended struct {
	clock  clock.Clock
	real   channels.Channel
	byHand bool
	ends   time.Time // of the permission; zero: never
}

// Class implements channels.Channel.
func (p *pretended) Class() campaign.Class { return p.real.Class() }

// Check implements channels.Channel.
func (p *pretended) Check(c campaign.Content) []campaign.Finding { return p.real.Check(c) }

// Prepare implements channels.Channel.
func (p *pretended) Prepare(_ context.Context, r channels.Request) (channels.Staged, error) {
	for _, f := range p.real.Check(r.Content) {
		if f.Severity == campaign.SeverityError {
			return channels.Staged{}, &channels.Error{Op: "rehearse", Fate: channels.Refused, Scope: channels.ScopeContent, Err: errors.New(f.Message)}
		}
	}
	parts := 1 + len(r.Content.Thread)
	if r.Content.FirstComment != "" {
		parts++
	}
	return channels.Staged{Parts: make([]channels.Part, parts)}, nil
}

// dial is how long a pretended call takes until its first byte. What is armed
// with less left before its latest time is refused by the gate, as it would be.
const dial = 100 * time.Millisecond

// Publish implements channels.Channel: nothing leaves.
func (p *pretended) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	if err := p.clock.Wait(ctx, p.clock.Now().Add(dial), nil); err != nil {
		return campaign.Receipt{}, &channels.Error{Op: "rehearse", Fate: channels.NotSent, Err: err}
	}
	now := p.clock.Now()
	if !p.ends.IsZero() && !now.Before(p.ends) {
		return campaign.Receipt{}, &channels.Error{Op: "rehearse", Fate: channels.NotSent, Scope: channels.ScopeChannel, Status: http.StatusUnauthorized,
			Err: fmt.Errorf("the permission to post ends %s", p.ends.UTC().Format(time.RFC3339))}
	}
	if err := r.Gate.Pass(func() error { return nil }); err != nil {
		return campaign.Receipt{}, &channels.Error{Op: "rehearse", Fate: channels.NotSent, Gate: true, Err: err}
	}
	if p.byHand {
		return campaign.Receipt{}, &channels.Error{Op: "rehearse", Fate: channels.InDoubt, Code: campaign.ReasonHandedOver, Err: errors.New("a person posts it")}
	}
	return campaign.Receipt{RemoteID: fmt.Sprintf("rehearsal:%s:%d", r.Delivery.ID, r.Part), Platform: now}, nil
}

// Reconcile implements channels.Channel. What was sent before the rehearsal is
// the real platform's to tell, and it is not asked.
func (p *pretended) Reconcile(context.Context, channels.Request) (channels.Verdict, campaign.Receipt, error) {
	return channels.CannotTell, campaign.Receipt{}, errors.New("nobody is asked in a rehearsal")
}
