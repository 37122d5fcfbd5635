package desk

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

func TestWindows(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	c := sample()
	over := c.Takeovers["youth-dec"]
	over.From = over.From.Add(-time.Hour)
	out, err := w.GrantWindow(ctx, w.boss(), "youth-early", over)
	wants(t, "an overlap", err, ErrFindings)
	if len(out.Findings) == 0 || !strings.Contains(out.Findings[0].Message, "mayors-dec") || !strings.Contains(out.Findings[0].Message, "youth-early") {
		t.Errorf("not both are named: %v", out.Findings)
	}
	_, err = w.GrantWindow(ctx, w.lead(), "more", over)
	wants(t, "a lead grants", err, campaign.ErrNotAllowed)
	over.Shared, over.Channels = true, []campaign.ChannelID{"none"}
	_, err = w.GrantWindow(ctx, w.boss(), "more", over)
	wants(t, "an unknown channel", err, store.ErrNotFound)
	out, err = w.ExtendWindow(ctx, w.boss(), "mayors-dec", time.Date(2026, 12, 15, 0, 0, 0, 0, time.UTC))
	if err != nil || len(out.Affected) != 2 || out.Revision != 2 {
		t.Errorf("shortened: %v, %+v", err, out)
	}
	if out, err = w.RevokeWindow(ctx, w.boss(), "mayors-dec", "over"); err != nil || len(out.Affected) != 2 || len(w.brake.halted) != 1 {
		t.Errorf("revoked: %v, %+v", err, out)
	}
	lines, err := w.Windows(ctx, w.lead())
	if err != nil || len(lines) != 2 || lines[0].State != "revoked" || lines[0].Plans != 1 {
		t.Errorf("%v: %+v", err, lines)
	}
	if out, err = w.PauseChannel(ctx, w.boss(), "wall", true); err != nil || out.Before.Channels["wall"].Paused || !out.After.Channels["wall"].Paused {
		t.Errorf("%v: %+v", err, out)
	}
}

func TestApplyCampaign(t *testing.T) {
	w := newWorld(t)
	c := sample()
	n := w.audits()
	if out, err := w.ApplyCampaign(ctx, w.boss(), c, 0, false); err != nil || out.Revision != 1 || w.audits() != n {
		t.Errorf("the same: %v, %+v", err, out)
	}
	c.Title = "Another title"
	if out, err := w.ApplyCampaign(ctx, w.boss(), c, 1, true); err != nil || out.Before.Title != sample().Title || out.After.Title != "Another title" {
		t.Errorf("dry: %v, %+v", err, out)
	}
	if out, err := w.ApplyCampaign(ctx, w.boss(), c, 1, false); err != nil || out.Revision != 2 {
		t.Errorf("%v, %+v", err, out)
	}
	_, err := w.ApplyCampaign(ctx, w.lead(), sample(), 0, false)
	wants(t, "a lead", err, campaign.ErrNotAllowed)
	c.ID = "other"
	_, err = w.ApplyCampaign(ctx, w.boss(), c, 0, false)
	wants(t, "another campaign", err, ErrConflict)
	got, err := w.Campaign(ctx, w.lead())
	if err != nil || got.Title != "Another title" {
		t.Errorf("%v, %q", err, got.Title)
	}
}

// F47: a withdrawn consent cancels what is queued, lists what is or may be public, and nothing that uses it leaves.
func TestF47WithdrawnConsent(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(post("one", "2026-12-14T09:00", "One."), post("two", "2026-12-14T09:00", "Two."), post("three", "2026-12-16T09:00", "Three.")))
	w.approveAll()
	for _, d := range w.all() {
		if d.Channel == "hall" {
			w.live(d.ID, func(d *campaign.Delivery) error { d.Consents = []string{"C-1"}; return nil })
		}
	}
	w.clock.now = w.of("one")[0].Due
	public, gate, queued := w.of("one")[0], w.of("two")[0], w.of("three")[0]
	w.publish(public)
	w.arm(gate)
	w.brake.answer = func(covers func(*campaign.Delivery) bool) (left, back []campaign.DeliveryID, err error) {
		if d := w.of("two")[0]; !covers(&d) {
			t.Error("the engine was not told of what is at the gate")
		}
		w.live(gate.ID, func(d *campaign.Delivery) error {
			return d.PutBack(d.Attempt, false, campaign.ReasonGate, "", w.clock.now, w.clock.now)
		})
		return nil, []campaign.DeliveryID{gate.ID}, nil
	}
	_, err := w.WithdrawConsent(ctx, w.lead(), "C-1")
	wants(t, "a lead", err, campaign.ErrNotAllowed)
	out, err := w.WithdrawConsent(ctx, w.boss(), "C-1")
	if err != nil || len(out.Cancelled) != 2 || len(out.Public) != 1 || out.Public[0].ID != public.ID {
		t.Fatalf("%v: %+v", err, out)
	}
	if w.of("three")[0].State != campaign.Cancelled || w.of("two")[0].State != campaign.Cancelled || w.of("three")[1].State != campaign.Scheduled {
		t.Errorf("%s: %s", queued.ID, states(w.all()))
	}
	if n := len(w.told); w.told[n-1].Event != "consent_withdrawn" {
		t.Errorf("%+v", w.told)
	}
	w.brake.answer = nil
	if _, err := w.WithdrawConsent(ctx, w.boss(), "C-1"); err != nil {
		t.Errorf("again: %v", err)
	}
}

// F45: a disabled person's next call is refused, and what they approved waits.
func TestF45DisabledPerson(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	second := w.second()
	secret, _, err := w.CreateToken(ctx, second, TokenRequest{Name: "script"})
	if err != nil {
		t.Fatal(err)
	}
	n := w.audits()
	out, err := w.DisableUser(ctx, w.boss(), "Second@Campaign.example", false)
	if err != nil || out.Tokens != 1 || len(out.Held) != 4 || w.audits() != n+1 {
		t.Fatalf("%v: %+v", err, out)
	}
	for _, d := range w.all() {
		if d.Runnable() {
			t.Errorf("%s may go", d.ID)
		}
	}
	_, err = w.TakeBackApproval(ctx, second, Pick{Plan: "mayors"}, "")
	if d := w.of("one")[0]; d.State != campaign.Scheduled {
		t.Errorf("a disabled person acted: %v", err)
	}
	_, err = w.ActorByToken(ctx, secret, "api")
	wants(t, "the token", err, campaign.ErrNotAllowed)
	if left, err := w.ListTokens(ctx, w.boss()); err != nil || len(left) != 0 {
		t.Errorf("tokens that would work again: %v, %+v", err, left)
	}
	_, err = w.ActorAs(ctx, "second@campaign.example", "command")
	wants(t, "the session", err, campaign.ErrNotAllowed)
	w.clock.now = w.of("one")[0].Due.Add(time.Hour)
	if _, err := w.Stop(ctx, w.boss(), everything, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Resume(ctx, w.boss(), Resumption{Cause: campaign.CauseStop, Late: LateSend}); err != nil || w.of("one")[0].Runnable() {
		t.Errorf("lifting a stop released what waits for a word of its own: %v", err)
	}
	if _, err := w.Release(ctx, w.boss(), Resumption{Scope: campaign.Scope{Kind: "delivery", Delivery: w.of("one")[0].ID}}); err != nil || !w.of("one")[0].Runnable() {
		t.Errorf("releasing one: %v", err)
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	secret, tok, err := w.CreateToken(ctx, w.lead(), TokenRequest{Name: "phone"})
	if err != nil || len(secret) < 50 || tok.Person != "lead@mayors.example" {
		t.Fatalf("%v: %q, %+v", err, secret, tok)
	}
	a, err := w.ActorByToken(ctx, secret, "api")
	if err != nil || !a.Leads("mayors") || a.Door != "api" {
		t.Errorf("%v: %+v", err, a)
	}
	for name, q := range map[string]TokenRequest{
		"a role that the person lacks": {Roles: []string{"organizer"}},
		"another's":                    {For: "desk@campaign.example"},
	} {
		_, _, err := w.CreateToken(ctx, w.lead(), q)
		wants(t, name, err, campaign.ErrNotAllowed)
	}
	_, _, err = w.CreateToken(ctx, w.boss(), TokenRequest{For: "second@campaign.example"})
	wants(t, "an approver's, made by an organizer", err, campaign.ErrNotAllowed)
	_, _, err = w.CreateToken(ctx, w.lead(), TokenRequest{Until: start.AddDate(5, 0, 0)})
	wants(t, "five years", err, ErrUsage)
	if _, _, err := w.CreateToken(ctx, w.boss(), TokenRequest{For: "lead@mayors.example"}); err != nil {
		t.Errorf("a lead's, made by an organizer: %v", err)
	}
	weak, _, err := w.CreateToken(ctx, w.as("both@campaign.example"), TokenRequest{Roles: []string{"lead:mayors"}})
	if err != nil {
		t.Fatal(err)
	}
	less, err := w.ActorByToken(ctx, weak, "api")
	if err != nil || less.Is(campaign.Organizer) {
		t.Errorf("%v: %+v", err, less)
	}
	_, _, err = w.CreateToken(ctx, less, TokenRequest{})
	wants(t, "more than the token's own roles", err, campaign.ErrNotAllowed)

	raw := ""
	err = w.Store.View(ctx, func(tx store.Tx) error {
		names, err := tx.SettingNames("")
		for _, n := range names {
			b, _ := tx.Setting(n)
			raw += n + string(b)
		}
		return err
	})
	if err != nil || strings.Contains(raw, secret) || strings.Contains(raw, secret[len(tokenPrefix):]) {
		t.Errorf("the secret is stored: %v", err)
	}
	if list, err := w.ListTokens(ctx, w.lead()); err != nil || len(list) != 2 {
		t.Errorf("%v: %+v", err, list)
	}
	wants(t, "another's", w.RevokeToken(ctx, w.as("lead@youth.example"), tok.ID), campaign.ErrNotAllowed)
	if err := w.RevokeToken(ctx, w.lead(), tok.ID); err != nil {
		t.Error(err)
	}
	_, err = w.ActorByToken(ctx, secret, "api")
	wants(t, "revoked", err, campaign.ErrNotAllowed)
	wants(t, "revoked twice", w.RevokeToken(ctx, w.lead(), tok.ID), store.ErrNotFound)
	w.clock.now = start.AddDate(0, 0, 91)
	_, err = w.ActorByToken(ctx, weak, "api")
	wants(t, "expired", err, campaign.ErrNotAllowed)
}

func TestAuditIsOneEntryADeedAndVerifies(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	if _, err := w.Hold(ctx, w.lead(), campaign.Scope{Kind: "plan", Plan: "mayors"}, ""); err != nil {
		t.Fatal(err)
	}
	es, err := w.AuditTail(ctx, w.boss(), 0, 3)
	if err != nil || len(es) != 3 || es[0].Deed != "submit" || es[1].Deed != "approve" || es[2].Deed != "hold" || es[2].By != "lead@mayors.example" || es[2].Door != "command" {
		t.Fatalf("%v: %+v", err, es)
	}
	for _, e := range es {
		if strings.Contains(e.Detail, "Ten years") {
			t.Errorf("a text stands in the log: %s", e.Detail)
		}
	}
	if c, err := w.VerifyAudit(ctx, w.boss()); err != nil || !c.OK || c.Entries != es[2].N {
		t.Errorf("%v: %+v", err, c)
	}
	e := es[1]
	e.By = "somebody@else.example"
	if broken(e, e.N, e.Prev) == "" || broken(es[1], es[1].N+1, es[1].Prev) == "" || broken(es[1], es[1].N, es[0].Prev) == "" || broken(es[1], es[1].N, es[0].Hash) != "" {
		t.Error("a changed entry passes")
	}
	_, err = w.AuditTail(ctx, w.lead(), 0, 3)
	wants(t, "a lead reads the log", err, campaign.ErrNotAllowed)
}

func TestReads(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	st, err := w.Status(ctx, w.boss())
	if err != nil || st.ByState[campaign.Scheduled] != 4 || len(st.Lanes) != 2 || !st.Running || st.Lanes[0].Next.IsZero() {
		t.Errorf("%v: %+v", err, st)
	}
	p, err := w.Queue(ctx, w.boss(), QueueFilter{Max: 3, Open: true})
	if err != nil || len(p.Rows) != 3 || p.Next == "" {
		t.Fatalf("%v: %+v", err, p)
	}
	rest, err := w.Queue(ctx, w.boss(), QueueFilter{Max: 3, Open: true, Cursor: p.Next})
	if err != nil || len(rest.Rows) != 1 || rest.Next != "" {
		t.Errorf("%v: %+v", err, rest)
	}
	if _, src, err := w.PlanExport(ctx, w.lead(), "mayors"); err != nil || string(src) != string(twoPosts()) {
		t.Errorf("%v: %q", err, src)
	}
	if lines, err := w.Plans(ctx, w.lead()); err != nil || len(lines) != 1 || lines[0].ByState[campaign.Scheduled] != 4 {
		t.Errorf("%v: %+v", err, lines)
	}
	if lines, err := w.Channels(ctx, w.lead()); err != nil || len(lines) != 2 || lines[0].ID != "hall" {
		t.Errorf("%v: %+v", err, lines)
	}
	_, err = w.Show(ctx, w.boss(), "d_none")
	wants(t, "no such delivery", err, store.ErrNotFound)
	nobody := campaign.Actor{Person: "x@y.example", Door: "api"}
	for name, read := range map[string]func(context.Context, campaign.Actor) error{
		"queue":    func(c context.Context, a campaign.Actor) error { _, err := w.Queue(c, a, QueueFilter{}); return err },
		"status":   func(c context.Context, a campaign.Actor) error { _, err := w.Status(c, a); return err },
		"inbox":    func(c context.Context, a campaign.Actor) error { _, err := w.Inbox(c, a, false); return err },
		"plans":    func(c context.Context, a campaign.Actor) error { _, err := w.Plans(c, a); return err },
		"windows":  func(c context.Context, a campaign.Actor) error { _, err := w.Windows(c, a); return err },
		"channels": func(c context.Context, a campaign.Actor) error { _, err := w.Channels(c, a); return err },
		"campaign": func(c context.Context, a campaign.Actor) error { _, err := w.Campaign(c, a); return err },
		"media": func(c context.Context, a campaign.Actor) error {
			_, err := w.StoreMedia(c, a, strings.NewReader(""))
			return err
		},
		"check": func(c context.Context, a campaign.Actor) error {
			_, err := w.Check(c, a, Submission{Source: twoPosts()})
			return err
		},
	} {
		if err := read(ctx, nobody); !errors.Is(err, campaign.ErrNotAllowed) {
			t.Errorf("%s is open to everybody: %v", name, err)
		}
	}
}
