package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels/sandbox"
	"github.com/ittakesacommunity/takeover/desk"
)

// The plans that the script speaks of.
const (
	planMayors   = "mayors-imd-2026"
	planBusiness = "business-skills-2026"
	planYouth    = "youth-first-words-2026"
)

// Kinds of a decision.
const (
	inPlaceOfVisitor = "decision" // what a visitor would have decided
	onPurpose        = "fault"    // what the demo makes go wrong
)

// decision is one thing that the script did.
type decision struct {
	AtMS int64  `json:"at_ms"` // since the demo's first second
	Kind string `json:"kind"`
	By   string `json:"by,omitempty"`
	What string `json:"what"`
}

// story is what the script did, in order, and what it delayed by that.
type story struct {
	mu     sync.Mutex
	done   []decision
	delays []delay
	say    func(string, ...any)
}

// delay is a stretch in which the script kept posts from leaving on time.
type delay struct {
	channel  campaign.ChannelID // "": all
	from, to time.Time
}

// hindered notes that from then until a moment from now what is due on the
// channel ("": on any) leaves late because of the script.
func (d *demo) hindered(channel campaign.ChannelID, from time.Time, more time.Duration) {
	d.story.mu.Lock()
	defer d.story.mu.Unlock()
	d.story.delays = append(d.story.delays, delay{channel, from, time.Now().Add(more)})
}

func (d *demo) tell(kind string, by campaign.PersonID, format string, args ...any) {
	n := decision{AtMS: time.Since(d.base).Milliseconds(), Kind: kind, By: string(by), What: fmt.Sprintf(format, args...)}
	d.story.mu.Lock()
	d.story.done = append(d.story.done, n)
	d.story.mu.Unlock()
	who := "on purpose"
	if kind == inPlaceOfVisitor {
		who = string(by)
	}
	d.story.say("%4.0f s  %s: %s", float64(n.AtMS)/1000, who, n.What)
}

// cue is something that the script does at a time after the demo's first second.
type cue struct {
	at time.Duration
	do func(context.Context) error
}

// lastEnd is when every delivery must have ended: what is held becomes missed
// a minute after its time, and all else is earlier.
const lastEnd = 76 * time.Second

// play loads the campaign and runs the script beside the daemon until every
// delivery has ended.
func (d *demo) play(ctx context.Context) error {
	if err := d.load(ctx); err != nil {
		return err
	}
	if err := errors.Join(d.opening(ctx), d.contributors(ctx)); err != nil {
		return err
	}
	cues := []cue{
		{8 * time.Second, d.loseOnTelegram},
		{15 * time.Second, d.approveLate},
		{16 * time.Second, d.answerChallenge},
		{17 * time.Second, d.fillValues},
		{20 * time.Second, d.slip},
		{22500 * time.Millisecond, d.crash},
		{33 * time.Second, d.withdrawConsent},
		{36 * time.Second, d.goLive},
		{39500 * time.Millisecond, d.stopAndResume},
	}
	watch, stop := context.WithCancel(ctx)
	g, cueCtx := errgroup.WithContext(ctx)
	for _, c := range cues {
		g.Go(func() error {
			if err := wait(cueCtx, time.Until(d.base.Add(c.at))); err != nil {
				return err
			}
			return c.do(cueCtx)
		})
	}
	settled := make(chan error, 1)
	go func() { settled <- d.settleDoubts(watch) }()
	err := g.Wait()
	if err == nil {
		err = d.untilEnded(ctx)
	}
	stop()
	return errors.Join(err, <-settled)
}

func wait(ctx context.Context, t time.Duration) error {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// poll is how often the script looks.
const poll = 150 * time.Millisecond

// queue is every delivery, or those in the given states.
func (d *demo) queue(ctx context.Context, states ...campaign.State) ([]desk.Row, error) {
	q := url.Values{"max": {"5000"}}
	for i, s := range states {
		if i == 0 {
			q.Set("state", string(s))
		} else {
			q.Set("state", q.Get("state")+","+string(s))
		}
	}
	var p desk.Page
	err := d.get(ctx, "/queue", q, &p)
	return p.Rows, err
}

func (d *demo) untilEnded(ctx context.Context) error {
	for {
		rows, err := d.queue(ctx)
		if err != nil {
			return err
		}
		open := slices.ContainsFunc(rows, func(r desk.Row) bool { return !r.State.End() })
		if !open || time.Since(d.base) > lastEnd {
			return nil
		}
		if err := wait(ctx, poll); err != nil {
			return err
		}
	}
}

// opening approves everything but one post, holds another, and prepares the
// answers that will be lost.
func (d *demo) opening(ctx context.Context) error {
	approver := d.who(campaign.Approver, "")
	approved := 0
	for _, r := range cast {
		if r.post == "quote-baker" {
			continue // waits for the visitor
		}
		var out desk.Approved
		pick := desk.Approval{Pick: desk.Pick{Plan: planOf(r.file), Post: campaign.PostID(r.post)}}
		if err := d.as(ctx, approver, http.MethodPost, "/approve", pick, &out); err != nil {
			return err
		}
		approved += len(out.Scheduled)
	}
	d.tell(inPlaceOfVisitor, approver, "approves %s; one post waits for its approval", count(approved, "delivery"))
	organizer := d.who(campaign.Organizer, "")
	hold := map[string]any{"scope": campaign.Scope{Kind: "post", Plan: planBusiness, Post: "quote-carpenter"}, "reason": "is the credit right?"}
	if err := d.as(ctx, organizer, http.MethodPost, "/hold", hold, nil); err != nil {
		return err
	}
	d.tell(inPlaceOfVisitor, organizer, "holds quote-carpenter and never releases it: it will be too late, and missed aloud")
	if err := d.fault(ctx, sandbox.Fault{Account: "mastodon-main", Kind: sandbox.FaultNoAnswer, Effect: true}); err != nil {
		return err
	}
	d.hindered("mastodon-main", d.base, 20*time.Second) // the account waits until it is known what became of it
	d.tell(onPurpose, "", "the next post on mastodon-main will be shown, but its answer lost; reading back can tell")
	return nil
}

func planOf(file string) campaign.PlanID { return campaign.PlanID(file[:len(file)-len(".yaml")]) }

func (d *demo) approveLate(ctx context.Context) error {
	approver := d.who(campaign.Approver, "")
	var out desk.Approved
	pick := desk.Approval{Pick: desk.Pick{Plan: planBusiness, Post: "quote-baker"}}
	if err := d.as(ctx, approver, http.MethodPost, "/approve", pick, &out); err != nil {
		return err
	}
	for _, r := range cast {
		if r.post == "quote-baker" {
			d.hindered("", d.base.Add(r.at[0]), 0)
		}
	}
	d.tell(inPlaceOfVisitor, approver, "approves quote-baker three seconds after its time: %s may go", count(len(out.Scheduled), "delivery"))
	return nil
}

func (d *demo) fillValues(ctx context.Context) error {
	for _, v := range []struct{ plan, mechanism, key, value string }{
		{planMayors, "mayors", "my-street/wrapup/count", "41"},
		{planYouth, "youth", "my-first-word/wrapup/count", "212"},
	} {
		lead := d.who(campaign.Lead, campaign.MechanismID(v.mechanism))
		if err := d.as(ctx, lead, http.MethodPost, planPath(v.plan, "/values"), map[string]string{"key": v.key, "value": v.value}, nil); err != nil {
			return err
		}
		d.tell(inPlaceOfVisitor, lead, "fills in %s: %s", v.key, v.value)
	}
	return nil
}

func (d *demo) slip(ctx context.Context) error {
	lead := d.who(campaign.Lead, "mayors")
	var out desk.Moved
	start := map[string]time.Time{"start": d.base.Add(32 * time.Second)}
	if err := d.as(ctx, lead, http.MethodPost, planPath(planMayors, "/anchors/cities-live/start"), start, &out); err != nil {
		return err
	}
	d.tell(inPlaceOfVisitor, lead, "the livestream slips by 6 s: %s follow, and no approval is lost", count(out.Edited, "delivery"))
	return nil
}

func (d *demo) goLive(ctx context.Context) error {
	lead := d.who(campaign.Lead, "mayors")
	var out desk.Done
	if err := d.as(ctx, lead, http.MethodPost, planPath(planMayors, "/anchors/cities-live/live"), nil, &out); err != nil {
		return err
	}
	d.tell(inPlaceOfVisitor, lead, "says that it is live: %s", out.Text)
	return nil
}

func (d *demo) stopAndResume(ctx context.Context) error {
	organizer := d.who(campaign.Organizer, "")
	all := campaign.Scope{Kind: "all"}
	began := time.Now()
	if err := d.outWhenStopped(ctx); err != nil {
		return err
	}
	var stopped desk.Stopped
	if err := d.as(ctx, organizer, http.MethodPost, "/stop", map[string]any{"scope": all, "reason": "a rehearsal"}, &stopped); err != nil {
		return err
	}
	d.tell(inPlaceOfVisitor, organizer, "STOP. %s", stopped.Text)
	before, err := d.seen(ctx)
	if err != nil {
		return err
	}
	if err := wait(ctx, 4*time.Second); err != nil {
		return err
	}
	after, err := d.seen(ctx)
	if err != nil {
		return err
	}
	if stopped.Confirmed && len(after.Posts) != len(before.Posts) {
		return fmt.Errorf("%d posts appeared after the stop was confirmed", len(after.Posts)-len(before.Posts))
	}
	var resumed desk.Resumed
	if err := d.as(ctx, organizer, http.MethodPost, "/resume", desk.Resumption{Scope: all, Late: desk.LateSend, Reason: "rehearsed"}, &resumed); err != nil {
		return err
	}
	d.hindered("", began, demoGap)
	d.tell(inPlaceOfVisitor, organizer, "resumes after four seconds in which the wall stood still. %s", resumed.Text)
	return nil
}
