package simulation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// act is what happens to one publish call between us and the platform. The
// zero act is a call that works.
type act struct {
	kind   string          // of the fault, for the count
	refuse *channels.Error // the platform or the box says so, nothing becomes public
	dial   bool            // never gets as far as the platform
	pause  time.Duration   // before the first byte: a slow way there
	silent bool            // no effect
	late   time.Duration   // the effect comes so much after the call
	answer *channels.Error // instead of the platform's yes, which nobody hears
	empty  bool            // a yes that names no post
	wait   time.Duration   // before the answer; longer than any deadline: it never comes
	deaf   bool            // the adapter does not notice its deadline
	panics bool
	lag    time.Duration // the post is public, and its list does not show it yet
}

// adapter is the channel of one account in one process.
type adapter struct {
	*account
	p *process
}

// Class implements channels.Channel.
func (c *adapter) Class() campaign.Class { return c.class }

// Check implements channels.Channel.
func (c *adapter) Check(campaign.Content) []campaign.Finding { return nil }

// ReadBack implements channels.ReadBack.
func (c *adapter) ReadBack() (channels.Strength, time.Duration) { return c.strength, c.settle }

// KeyWindow implements channels.KeyWindow; a safety margin is the adapter's.
func (c *adapter) KeyWindow() time.Duration {
	if c.window == 0 {
		return 0
	}
	return c.window - 5*time.Minute
}

var (
	errUnreachable = errors.New("unreachable")
	errNoAnswer    = errors.New("no answer")
	errInTheMaking = errors.New("it is in the making")
)

func (c *adapter) away() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.down || c.p.dead()
}

// Date implements channels.Dater: platforms have the true time.
func (c *adapter) Date(context.Context) (time.Time, error) {
	if c.away() {
		return time.Time{}, errUnreachable
	}
	return c.w.clk.True(), nil
}

// Latest implements channels.Latest.
func (c *adapter) Latest(context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.strength == channels.Weak || c.down || c.blind || c.p.dead() {
		return "", errUnreachable
	}
	return c.newest(), nil
}

// Prepare implements channels.Channel.
func (c *adapter) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	if !c.w.baton.await(c.p, fmt.Sprintf("stage %s %s", c.id, r.Delivery.ID)) || c.away() {
		return channels.Staged{}, &channels.Error{Op: "stage", Fate: channels.NotSent, Scope: channels.ScopePlatform, Err: errUnreachable}
	}
	c.mu.Lock()
	c.staged++
	n, trouble := c.staged, c.stagings[c.staged]
	c.mu.Unlock()
	if trouble != "" {
		c.hit(trouble, r.Delivery.ID)
	}
	switch trouble {
	case "staging_fails":
		return channels.Staged{}, &channels.Error{Op: "stage", Fate: channels.NotSent, Scope: channels.ScopeContent, Status: 503, Err: errNoAnswer}
	case "staging_panics":
		panic("the adapter met what it did not expect")
	case "staging_slow":
		if !c.sleep(ctx, 150*time.Second, false) {
			return channels.Staged{}, ctx.Err()
		}
	}
	var s channels.Staged
	for i, text := range append([]string{r.Content.Text}, r.Content.Thread...) {
		s.Parts = append(s.Parts, channels.Part{Name: "post", Body: []byte(text), Note: fmt.Appendf(nil, `{"container":"%s-%d-%d"}`, c.id, n, i)})
	}
	return s, nil
}

// Publish implements channels.Channel.
func (c *adapter) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	id := r.Delivery.ID
	c.p.fly(id, 1)
	defer c.p.fly(id, -1)
	label := fmt.Sprintf("%s %s/%d attempt %d", c.id, id, r.Part, r.Attempt)
	if !c.w.baton.await(c.p, "dial "+label) {
		return campaign.Receipt{}, errGone
	}
	c.mu.Lock()
	c.calls++
	a := c.acts[c.calls]
	down := c.down
	c.mu.Unlock()
	if a.kind != "" && !down {
		c.hit(a.kind, id)
	}
	if down || a.dial {
		return campaign.Receipt{}, &channels.Error{Op: "publish", Fate: channels.NotSent, Scope: channels.ScopePlatform, Reach: "nothing left", Err: errUnreachable}
	}
	if a.pause > 0 && !c.sleep(ctx, a.pause, false) {
		return campaign.Receipt{}, &channels.Error{Op: "publish", Fate: channels.NotSent, Scope: channels.ScopePlatform, Reach: "nothing left", Err: ctx.Err()}
	}
	if !c.w.baton.await(c.p, "send "+label) {
		return campaign.Receipt{}, errGone
	}
	var receipt campaign.Receipt
	var said error
	if err := r.Gate.Pass(func() error {
		if c.p.dead() {
			return errGone
		}
		receipt, said = c.meet(a, r)
		return nil
	}); err != nil {
		return campaign.Receipt{}, &channels.Error{Op: "publish", Fate: channels.NotSent, Gate: true, Err: err}
	}
	if a.panics {
		panic("the adapter met what it did not expect")
	}
	if a.wait > 0 && !c.sleep(ctx, a.wait, a.deaf) {
		return campaign.Receipt{}, &channels.Error{Op: "publish", Reach: "sent", Err: errNoAnswer}
	}
	if !c.w.baton.await(c.p, "answer "+label) {
		return campaign.Receipt{}, errGone
	}
	c.p.engine.Observe(c.platform, c.w.clk.True())
	return receipt, said
}

// meet is what the platform, and the box before it, do with a request whose
// bytes have left.
func (c *adapter) meet(a act, r channels.Request) (campaign.Receipt, error) {
	text := string(r.Staged.Parts[r.Part].Body)
	by := c.w.ledger.left(c.p, c.account, r, text)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.revoked {
		return campaign.Receipt{}, &channels.Error{Op: "publish", Fate: channels.NotSent, Scope: channels.ScopeChannel, Status: 401, Reach: "answered", Err: errors.New("the token is not valid")}
	}
	p, accepted := c.known(r.Key)
	if a.refuse != nil && !accepted {
		e := *a.refuse
		if e.Status == 429 {
			e.RetryAt = c.w.clk.True().Add(a.late)
		}
		return campaign.Receipt{}, &e
	}
	if a.silent {
		return campaign.Receipt{}, a.answer
	}
	if p == nil && !accepted {
		if c.twin(text) {
			c.hit("twin_refused", r.Delivery.ID)
			return campaign.Receipt{}, &channels.Error{Op: "publish", Fate: channels.Refused, Duplicate: true, Status: 403, Reach: "answered", Err: errors.New("you said that already")}
		}
		c.taken[r.Key] = c.w.clk.True()
		now := c.w.clk.True()
		if a.late > 0 {
			c.w.later(now.Add(a.late), func(at time.Time) {
				c.mu.Lock()
				defer c.mu.Unlock()
				if !c.twin(text) {
					c.show(at, text, by, r)
				}
			})
		} else {
			c.lag = a.lag
			p = c.show(now, text, by, r)
		}
	}
	if a.answer != nil {
		return campaign.Receipt{}, a.answer
	}
	if p == nil || a.empty {
		return campaign.Receipt{}, nil
	}
	return c.receipt(p), nil
}

// Reconcile implements channels.Channel.
func (c *adapter) Reconcile(_ context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	if !c.w.baton.await(c.p, fmt.Sprintf("read %s %s/%d", c.id, r.Delivery.ID, r.Part)) || c.away() {
		return 0, campaign.Receipt{}, errUnreachable
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.blind {
		return 0, campaign.Receipt{}, errUnreachable
	}
	if p, accepted := c.known(r.Key); c.strength == channels.Exact && p == nil && accepted {
		return 0, campaign.Receipt{}, errInTheMaking // one object is asked for, and it says so
	}
	v, receipt := c.read(r)
	return v, receipt, nil
}

// sleep waits within a call; deaf ones notice only that the process is gone.
// It tells whether the wait came to its end.
func (c *adapter) sleep(ctx context.Context, d time.Duration, deaf bool) bool {
	done := ctx.Done()
	if deaf {
		done = nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-done:
	case <-c.p.gone:
	}
	return false
}

func (p *process) fly(id campaign.DeliveryID, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flying[id] += n
}

// hit counts a fault that struck, and notes whom it hinders.
func (c *adapter) hit(kind string, id campaign.DeliveryID) {
	c.w.struck(kind)
	c.w.note("%s on %s at %s", kind, c.id, id)
	c.w.ledger.hinder(kind, c.id, c.w.clk.True(), time.Hour)
}
