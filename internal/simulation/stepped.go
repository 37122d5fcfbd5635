package simulation

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// stepped is the store as one process sees it: each look and each write is a step.
type stepped struct{ p *process }

// View waits for the baton, too: of two goroutines that one step woke, the seed
// says which looks first.
func (s *stepped) View(ctx context.Context, f func(store.Tx) error) error {
	if !s.await(ctx, looking, f) {
		return errGone
	}
	return s.p.real.View(ctx, f)
}

// looking begins the label of a step that only reads the store: it is not
// traced, and nothing falls on it.
const looking = "look "

func (s *stepped) await(ctx context.Context, what string, f func(store.Tx) error) bool {
	if s.p.dead() || s.p.isBroken() {
		return false
	}
	label := ""
	if deed, ok := ctx.Value(deedKey{}).(string); ok {
		label = "deed " + deed
	} else {
		label = s.p.nameOf(f, what != looking)
	}
	return s.p.w.baton.await(s.p, what+label) && !s.p.isBroken()
}

// Update waits for the baton.
func (s *stepped) Update(ctx context.Context, f func(store.Tx) error) error {
	if !s.await(ctx, "write ", f) {
		return errGone
	}
	switch s.p.takeFailure() {
	case 1:
		return fmt.Errorf("%w: the disk said no", store.ErrBroken)
	case 2:
		_ = s.p.real.Update(context.WithoutCancel(ctx), f)
		return fmt.Errorf("%w: the disk said no after all", store.ErrBroken)
	}
	var seen seeing
	err := s.p.real.Update(ctx, func(tx store.Tx) error {
		seen = seeing{Tx: tx}
		return f(&seen)
	})
	if err == nil {
		s.p.mu.Lock()
		for _, id := range seen.armed {
			s.p.armed[id] = s.p.w.baton.now()
		}
		s.p.mu.Unlock()
		for _, d := range seen.put {
			s.p.w.note("%s (%s of %s on %s, %s) is %s: %s %s", d.ID, d.Post, d.Plan, d.Channel, d.Occurrence, d.State, d.Reason.Code, d.Reason.Text)
		}
	}
	return err
}

// seeing sees which deliveries a write arms, and for the trace all that it changes.
type seeing struct {
	store.Tx
	armed []campaign.DeliveryID
	put   []campaign.Delivery
}

func (t *seeing) PutAttempt(a campaign.Attempt) error {
	if a.EndedAt.IsZero() {
		t.armed = append(t.armed, a.Delivery)
	}
	return t.Tx.PutAttempt(a)
}

func (t *seeing) PutDelivery(d *campaign.Delivery) error {
	t.put = append(t.put, *d)
	return t.Tx.PutDelivery(d)
}

func (p *process) takeFailure() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.fail
	p.fail, p.broken = 0, n > 0
	return n
}

func (p *process) isBroken() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.broken
}

// Backup implements store.Store.
func (s *stepped) Backup(ctx context.Context, path string) error { return s.p.real.Backup(ctx, path) }

// Generation implements store.Store.
func (s *stepped) Generation() uint64 { return s.p.real.Generation() }

// Close implements store.Store; the world closes the real one.
func (s *stepped) Close() error { return nil }

// deedKey marks the context of a person's deed with its name.
type deedKey struct{}

// nameOf names a touch of the store by the engine: the function that asks for it and the
// first record that it looks at. The function is run for that against a
// transaction which gives up there; it may run again, as every such function.
func (p *process) nameOf(f func(store.Tx) error, write bool) (label string) {
	name := runtime.FuncForPC(reflect.ValueOf(f).Pointer()).Name()
	name = name[strings.LastIndexByte(name, '/')+1:]
	if _, after, ok := strings.Cut(name, ")."); ok {
		name, _, _ = strings.Cut(after, ".")
	}
	about := ""
	_ = p.real.View(context.Background(), func(tx store.Tx) (err error) {
		defer func() {
			if v := recover(); v != nil {
				found, ok := v.(probed)
				if !ok {
					panic(v)
				}
				about = string(found)
			}
		}()
		return f(&probe{Tx: tx, write: write})
	})
	return name + " " + about
}

// probed is thrown by a probe with what it found.
type probed string

// probe gives up at the first record or list of deliveries, or at the first write.
type probe struct {
	store.Tx
	write bool
}

func (t *probe) Armed(campaign.LaneID) ([]campaign.Delivery, error) { panic(probed("")) }
func (t *probe) Lanes() ([]campaign.LaneID, error)                  { panic(probed("")) }
func (t *probe) Lane(id campaign.LaneID) (campaign.LaneState, error) {
	if l, err := t.Tx.Lane(id); err != nil || t.write {
		return l, err // whose turn it is stands in the delivery that comes next
	}
	panic(probed(id))
}
func (t *probe) Due(id campaign.LaneID, _ time.Time, _ int) ([]campaign.Delivery, error) {
	panic(probed(id))
}
func (t *probe) Twins(id campaign.LaneID, _ string) ([]campaign.Delivery, error) { panic(probed(id)) }
func (t *probe) Attempts(id campaign.DeliveryID) ([]campaign.Attempt, error)     { panic(probed(id)) }

func (t *probe) Delivery(id campaign.DeliveryID) (campaign.Delivery, error) { panic(probed(id)) }
func (t *probe) PutSwitches(campaign.Switches) error                        { panic(probed("switches")) }
func (t *probe) PutSetting(name string, _ []byte) error                     { panic(probed(name)) }
func (t *probe) PutDelivery(d *campaign.Delivery) error                     { panic(probed(d.ID)) }
func (t *probe) PutLane(l campaign.LaneState) error                         { panic(probed(l.Lane)) }
func (t *probe) PutAttempt(a campaign.Attempt) error                        { panic(probed(a.Delivery)) }
func (t *probe) Audit(e campaign.AuditEntry) error                          { panic(probed(e.Object)) }
func (t *probe) PutStaged(id campaign.DeliveryID, _ []byte) error           { panic(probed(id)) }
