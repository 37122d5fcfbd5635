package desk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// model is what people meant, kept apart from the store.
type model struct {
	*world
	yes      map[campaign.DeliveryID]string // text that was approved last and not taken back since
	names    map[campaign.DeliveryID]string // what an id stands for
	stopped  bool
	heldPlan bool
	sent     int
}

// TestWhatLeavesIsWhatWasApproved: whatever people do in whatever order, what
// the engine may send is exactly what somebody approved, nothing leaves while
// it is stopped or held, and an id never changes its meaning.
func TestWhatLeavesIsWhatWasApproved(t *testing.T) {
	sent := 0
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{world: newWorld(t), yes: map[campaign.DeliveryID]string{}, names: map[campaign.DeliveryID]string{}}
		defer m.Store.Close()
		deeds := []func(*rapid.T){m.submitSome, m.approveSome, m.takeBack, m.askChanges, m.hold, m.release, m.stop, m.resume, m.moveOn, m.engine, m.cancel, m.move, m.withdraw,
			m.nextDue, m.nextDue, m.nextDue, m.nextDue, m.approveSome, m.release, m.resume} // so that many do leave
		m.submitSome(rt)
		m.approveSome(rt)
		for range rapid.IntRange(5, 40).Draw(rt, "deeds") {
			deeds[rapid.IntRange(0, len(deeds)-1).Draw(rt, "deed")](rt)
			m.check(rt)
		}
		sent += m.sent
		if c, err := m.VerifyAudit(ctx, m.boss()); err != nil || !c.OK {
			rt.Fatalf("the log: %v, %+v", err, c)
		}
	})
	t.Logf("%d posts left", sent)
	if sent == 0 {
		t.Error("nothing was ever sent: the test proves nothing")
	}
}

func (m *model) submitSome(rt *rapid.T) {
	var posts []string
	for _, id := range []string{"one", "two", "three"} {
		if v := rapid.IntRange(0, 3).Draw(rt, id); v > 0 {
			posts = append(posts, post(id, "2026-12-14T09:00", fmt.Sprintf("Post %s, version %d.", id, v)))
		}
	}
	if len(posts) == 0 || rapid.Bool().Draw(rt, "live") {
		posts = append(posts, liveSteps)
	}
	// It may be refused: what is past or public cannot be written any more.
	m.Submit(ctx, m.lead(), Submission{File: "mayors.yaml", Source: planOf(posts...), Removals: rapid.SampledFrom([]Removals{RemoveFew, RemoveNone, RemoveAll}).Draw(rt, "removals")})
}

func (m *model) approveSome(rt *rapid.T) {
	pick := Pick{Plan: "mayors"}
	if rapid.Bool().Draw(rt, "one post") {
		pick.Post = "one"
	}
	out, err := m.Approve(ctx, m.second(), Approval{Pick: pick})
	if err != nil {
		return
	}
	for _, id := range out.Scheduled {
		m.yes[id] = m.text(id)
	}
}

func (m *model) text(id campaign.DeliveryID) string {
	s, err := m.Show(ctx, m.boss(), id)
	if err != nil {
		m.t.Fatal(err)
	}
	return s.Content.Text
}

func (m *model) takeBack(*rapid.T) {
	out, err := m.TakeBackApproval(ctx, m.second(), Pick{Plan: "mayors", Post: "two"}, "")
	if err == nil {
		m.forget(idsOfRows(out.Rows))
	}
}

func (m *model) askChanges(*rapid.T) {
	if out, err := m.RequestChanges(ctx, m.second(), "mayors", "three", "why?"); err == nil {
		m.forget(out.Affected)
	}
}

func (m *model) cancel(*rapid.T) {
	if out, err := m.Cancel(ctx, m.boss(), Pick{Plan: "mayors", Post: "one"}, ""); err == nil {
		m.forget(idsOfRows(out.Rows))
	}
}

func (m *model) withdraw(rt *rapid.T) {
	if !rapid.Bool().Draw(rt, "really") {
		return
	}
	if out, err := m.Withdraw(ctx, m.lead(), "mayors", nil, 0, ""); err == nil {
		m.forget(idsOfRows(out.Rows))
	}
}

func (m *model) forget(ids []campaign.DeliveryID) {
	for _, id := range ids {
		delete(m.yes, id)
	}
}

var wholePlan = campaign.Scope{Kind: "plan", Plan: "mayors"}

func (m *model) hold(*rapid.T) {
	if _, err := m.Hold(ctx, m.lead(), wholePlan, ""); err == nil {
		m.heldPlan = true
	}
}

func (m *model) release(*rapid.T) {
	if _, err := m.Release(ctx, m.lead(), Resumption{Scope: wholePlan, Late: LateSend}); err == nil {
		m.heldPlan = false
	}
}

func (m *model) stop(*rapid.T) {
	if _, err := m.Stop(ctx, m.boss(), everything, ""); err == nil {
		m.stopped = true
	}
}

func (m *model) resume(rt *rapid.T) {
	how := rapid.SampledFrom([]Late{LateAsk, LateSend, LateSkip}).Draw(rt, "late")
	if _, err := m.Resume(ctx, m.boss(), Resumption{Cause: campaign.CauseStop, Late: how}); err == nil {
		m.stopped = false
	}
}

func (m *model) moveOn(rt *rapid.T) {
	m.clock.now = m.clock.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(rt, "minutes")) * time.Minute)
}

// nextDue waits until something is due, and lets the engine look.
func (m *model) nextDue(rt *rapid.T) {
	for _, d := range m.all() {
		if d.Runnable() && d.RunAt().After(m.clock.now) {
			m.clock.now = d.RunAt()
			break
		}
	}
	m.engine(rt)
}

func (m *model) move(rt *rapid.T) {
	by := time.Duration(rapid.IntRange(-4, 4).Draw(rt, "hours")) * time.Hour
	m.AnchorSet(ctx, m.lead(), "mayors", "live", time.Date(2026, 12, 18, 14, 0, 0, 0, time.UTC).Add(by), 0)
}

// engine does what the engine does: it looks at what is due and sends what the checks let go.
func (m *model) engine(rt *rapid.T) {
	for _, d := range m.all() {
		if !d.Runnable() || d.RunAt().After(m.clock.now) {
			continue
		}
		a := m.look(d)
		if a.Outcome != campaign.Go {
			m.live(d.ID, func(d *campaign.Delivery) error { return d.Apply(a, m.clock.now) })
			continue
		}
		m.sent++
		if m.stopped || m.heldPlan {
			rt.Fatalf("%s left while it was stopped (%v) or held (%v)", d.ID, m.stopped, m.heldPlan)
		}
		if said, text := m.yes[d.ID], m.text(d.ID); said != text {
			rt.Fatalf("%q left, %q was approved", text, said)
		}
		if rapid.Bool().Draw(rt, "answer is lost") {
			m.doubt(d)
		} else {
			m.publish(d)
		}
	}
}

func (m *model) look(d campaign.Delivery) (a campaign.ArmAnswer) {
	err := m.Store.View(ctx, func(tx store.Tx) error {
		c, err := tx.Campaign()
		if err != nil {
			return err
		}
		sw, err := tx.Switches()
		if err != nil {
			return err
		}
		p, err := tx.Plan(d.Plan)
		if err != nil {
			return err
		}
		content, err := tx.Content(d.Content)
		if err != nil {
			return err
		}
		a = campaign.MayArm(campaign.ArmFacts{Now: m.clock.now, Campaign: c, Switches: &sw, Lane: &campaign.LaneState{Lane: d.Lane}, Delivery: &d, Plan: &p, Content: &content})
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return a
}

// check holds the invariants that any reader of the store relies on.
func (m *model) check(rt *rapid.T) {
	for _, d := range m.all() {
		name := strings.Join([]string{string(d.Post), d.Step, string(d.Channel), d.Language, d.Occurrence}, " ")
		if was, known := m.names[d.ID]; known && was != name {
			rt.Fatalf("%s was %q and is %q", d.ID, was, name)
		}
		m.names[d.ID] = name
		err := m.Store.View(ctx, func(tx store.Tx) error {
			c, err := tx.Content(d.Content)
			if err == nil && campaign.ApprovalHash(c, d.Terms()) != d.Wants {
				err = fmt.Errorf("%s wants another hash than its content has", d.ID)
			}
			return err
		})
		if err != nil {
			rt.Fatal(err)
		}
		if d.State == campaign.Scheduled && !d.ApprovedUnder(sample().Policies) {
			rt.Fatalf("%s is scheduled without an approval of what it is", d.ID)
		}
	}
}
