package rehearsal

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// epoch is when a bubble begins.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// bubbled is the clock of the machine in a bubble.
type bubbled struct{ start time.Time }

func (bubbled) Now() time.Time        { return time.Now().UTC().Round(0) }
func (b bubbled) Boot() time.Duration { return time.Hour + time.Since(b.start) }
func (b bubbled) Wait(ctx context.Context, until time.Time, wake <-chan struct{}) error {
	var timer <-chan time.Time
	if !until.IsZero() {
		t := time.NewTimer(time.Until(until))
		defer t.Stop()
		timer = t.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wake:
	case <-timer:
	}
	return nil
}

// honest is a platform that does what it says. It takes its time, and it alone
// knows until when we may post; called counts what reached it.
type honest struct {
	ends   time.Time
	byHand bool
	called *atomic.Int64
}

func (h honest) Class() campaign.Class {
	if h.byHand {
		return campaign.K6
	}
	return campaign.K1
}

func (h honest) Check(c campaign.Content) (found []campaign.Finding) {
	if strings.Contains(c.Text, "too long") {
		found = append(found, campaign.Finding{Severity: campaign.SeverityError, Code: "P051", Message: "it is too long"})
	}
	return found
}

func (h honest) Prepare(_ context.Context, r channels.Request) (channels.Staged, error) {
	h.called.Add(1)
	if len(h.Check(r.Content)) > 0 {
		return channels.Staged{}, &channels.Error{Op: "stage", Fate: channels.Refused, Err: fmt.Errorf("it is too long")}
	}
	time.Sleep(10 * time.Second)
	return channels.Staged{Parts: make([]channels.Part, 1+len(r.Content.Thread))}, nil
}

func (h honest) Publish(_ context.Context, r channels.Request) (campaign.Receipt, error) {
	h.called.Add(1)
	time.Sleep(50 * time.Millisecond)
	if err := r.Gate.Pass(func() error { return nil }); err != nil {
		return campaign.Receipt{}, &channels.Error{Op: "publish", Fate: channels.NotSent, Gate: true, Err: err}
	}
	time.Sleep(200 * time.Millisecond)
	now := time.Now().UTC()
	switch {
	case !h.ends.IsZero() && !now.Before(h.ends):
		return campaign.Receipt{}, &channels.Error{Op: "publish", Fate: channels.NotSent, Scope: channels.ScopeChannel, Status: 401, Reach: "answered", Err: fmt.Errorf("the token is not valid")}
	case h.byHand:
		return campaign.Receipt{}, &channels.Error{Op: "publish", Fate: channels.InDoubt, Code: campaign.ReasonHandedOver, Err: fmt.Errorf("somebody posts it")}
	}
	return campaign.Receipt{RemoteID: fmt.Sprintf("%s.%d", r.Delivery.ID, r.Part), Platform: now}, nil
}

func (h honest) Reconcile(context.Context, channels.Request) (channels.Verdict, campaign.Receipt, error) {
	return channels.CannotTell, campaign.Receipt{}, nil
}

// scene is one campaign, made by rapid outside of the bubble that plays it.
type scene struct {
	campaign campaign.Campaign
	stricter campaign.Campaign // what an organizer changes after all was handed in
	plan     string
	approved []campaign.PostID
	held     []campaign.Scope
	stopped  bool
	ends     map[campaign.ChannelID]time.Time
	daily    map[campaign.ChannelID]int // what the platform said it takes in 24 hours
	approve  bool
}

var all = []campaign.ChannelID{"wall", "hall", "square", "paper"}

func drawn(t *rapid.T) scene {
	chance := func(n int, what string) bool { return rapid.IntRange(1, n).Draw(t, what) == n } // small numbers are drawn more often
	c := campaign.Campaign{
		ID: "c", Title: "C", Zone: "Europe/Brussels", Languages: []string{"en"}, Policies: campaign.DefaultPolicies(),
		Mechanisms: map[campaign.MechanismID]campaign.Mechanism{"m": {Title: "M"}},
		Channels:   map[campaign.ChannelID]campaign.Channel{},
		Takeovers:  map[campaign.TakeoverID]campaign.Takeover{"w": {Mechanism: "m", From: epoch.Add(12 * time.Hour), To: epoch.Add(36 * time.Hour), Channels: all}},
		People: []campaign.Person{{Mail: "lead@m.example", Roles: []campaign.Role{{Name: campaign.Lead, Mechanism: "m"}}},
			{Mail: "desk@c.example", Roles: []campaign.Role{{Name: campaign.Organizer}}}, {Mail: "yes@c.example", Roles: []campaign.Role{{Name: campaign.Approver}}}},
	}
	s := scene{ends: map[campaign.ChannelID]time.Time{}, daily: map[campaign.ChannelID]int{}, approve: chance(4, "as if approved"), stopped: chance(12, "stopped")}
	stricter := map[campaign.ChannelID]campaign.Channel{}
	for _, id := range all {
		ch := campaign.Channel{Platform: "sandbox", Account: string(id), Languages: campaign.Separate}
		if id == "paper" {
			ch.Platform, ch.Account = "manual", ""
		}
		c.Channels[id] = ch
		if chance(3, "gap") {
			ch.MinGap = time.Duration(rapid.IntRange(5, 90).Draw(t, "gap")) * time.Minute
		}
		if chance(3, "quota") {
			ch.DailyLimit = rapid.IntRange(1, 3).Draw(t, "a day")
		}
		ch.Paused = chance(12, "paused")
		stricter[id] = ch
		if id != "paper" && chance(4, "token ends") {
			s.ends[id] = epoch.Add(time.Duration(rapid.IntRange(13*60, 36*60).Draw(t, "ends")) * time.Minute)
		}
		if chance(4, "platform's quota") {
			s.daily[id] = rapid.IntRange(1, 3).Draw(t, "in 24 hours")
		}
		if chance(12, "held") {
			s.held = append(s.held, campaign.Scope{Kind: "channel", Channel: id})
		}
	}
	s.campaign, s.stricter = c, c
	s.stricter.Channels = stricter
	window := c.Takeovers["w"]
	if chance(3, "no-post hours") {
		window.NoPost = []campaign.HourRange{{From: 22 * 60, Until: 6 * 60}}
	}
	if chance(3, "ends early") {
		window.To = epoch.Add(28 * time.Hour)
	}
	s.stricter.Takeovers = map[campaign.TakeoverID]campaign.Takeover{"w": window}
	s.write(t)
	return s
}

// write makes the plan.
func (s *scene) write(t *rapid.T) {
	var b strings.Builder
	b.WriteString("schema: takeover/plan-v1\nplan: p\ncampaign: c\nwindow: w\ntitle: P\ntimezone: UTC\nlanguages: [en]\nanchors:\n  live: {start: \"2000-01-02T06:30\", length: 1h, live_check: person}\nposts:\n")
	for i := range rapid.IntRange(1, 12).Draw(t, "posts") {
		id := campaign.PostID(fmt.Sprintf("post-%d", i))
		at := epoch.Add(time.Duration(rapid.IntRange(12*60+5, 35*60).Draw(t, "at")) * time.Minute)
		on := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, 3, rapid.ID[campaign.ChannelID]).Draw(t, "on")
		text := fmt.Sprintf("Post %d says something.", i)
		live, when := false, fmt.Sprintf("at: %q", at.Format("2006-01-02T15:04"))
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			text = fmt.Sprintf("Post %d is too long.", i)
		case 1:
			text = "The same again."
			when += ", repeat: true"
		case 2:
			live = true
		case 3:
			when += ", values: {n: {ask: integer, min: 1, max: 5}}"
			text = "There are {n} of them in " + string(id) + "."
		}
		body := fmt.Sprintf("tolerance: %dm, text: {en: %q}", rapid.IntRange(5, 300).Draw(t, "tolerance"), text)
		fmt.Fprintf(&b, "  - {id: %s, channels: [%s], ", id, strings.Join(words(on), ", "))
		if live {
			fmt.Fprintf(&b, "kind: livestream, anchor: live, steps: [{id: live, at: start, wait_for: live, %s}]}\n", body)
		} else {
			fmt.Fprintf(&b, "kind: message, %s, %s}\n", when, body)
		}
		if rapid.IntRange(1, 5).Draw(t, "approved") < 5 {
			s.approved = append(s.approved, id)
		}
	}
	s.plan = b.String()
}

func words(ids []campaign.ChannelID) []string {
	var out []string
	for _, id := range ids {
		out = append(out, string(id))
	}
	return out
}

// played is what came of a scene.
type played struct {
	forecast desk.Forecast
	result   Result
	ends     map[campaign.DeliveryID]campaign.Delivery
	took     int64 // calls that reached a platform while rehearsing
	err      error
	refused  bool // the plan has errors
}

// play rehearses a scene on a copy, and then lets it happen.
func (s scene) play(dir string) (p played) {
	ctx := context.Background()
	fail := func(err error) bool {
		if err != nil && p.err == nil {
			p.err = err
		}
		return p.err != nil
	}
	clk := bubbled{time.Now()}
	bolt, err := boltstore.Open(boltstore.Options{Path: filepath.Join(dir, "takeover.db")})
	if fail(err) {
		return p
	}
	defer bolt.Close()
	d := desk.New(desk.Config{Store: bolt, Clock: clk})
	boss := campaign.Actor{Person: "desk@c.example", Roles: []campaign.Role{{Name: campaign.Organizer}}, Door: "command"}
	actor := func(id campaign.PersonID) campaign.Actor {
		a, err := d.ActorAs(ctx, id, "command")
		fail(err)
		return a
	}
	_, err = d.ApplyCampaign(ctx, boss, s.campaign, 0, false)
	if fail(err) {
		return p
	}
	if out, err := d.Submit(ctx, actor("lead@m.example"), desk.Submission{File: "p.yaml", Source: []byte(s.plan)}); err != nil {
		p.refused, p.err = true, fmt.Errorf("%w: %v", err, out.Findings)
		return p
	}
	for _, id := range s.approved {
		_, err := d.Approve(ctx, actor("yes@c.example"), desk.Approval{Pick: desk.Pick{Plan: "p", Post: id}})
		fail(err)
	}
	s.stricter.Revision = 1
	_, err = d.ApplyCampaign(ctx, boss, s.stricter, 1, false)
	fail(err)
	for _, scope := range s.held {
		_, err := d.Hold(ctx, boss, scope, "wait")
		fail(err)
	}
	fail(bolt.Update(ctx, func(tx store.Tx) error {
		for _, id := range all {
			k := campaign.Connection{Channel: id, Account: campaign.Account{Expires: s.ends[id]}}
			if n := s.daily[id]; n > 0 {
				k.Account.Limits = &campaign.Limits{DailyPosts: n}
			}
			text, err := json.Marshal(k)
			if err != nil {
				return err
			}
			if err := tx.PutSetting("connection/"+string(id), text); err != nil {
				return err
			}
		}
		if s.stopped {
			return tx.PutSwitches(campaign.Switches{Causes: map[campaign.Cause]campaign.CauseRecord{campaign.CauseStop: {By: "desk@c.example"}}})
		}
		return nil
	}))
	if p.err != nil {
		return p
	}
	var called atomic.Int64
	channel := func(c *campaign.Campaign, id campaign.ChannelID) (channels.Channel, error) {
		return honest{s.ends[id], c.Channels[id].Platform == "manual", &called}, nil
	}
	if fail(s.rehearse(ctx, d, bolt, dir, channel, &p)) {
		return p
	}
	p.took = called.Load()
	if s.approve {
		// What the rehearsal took for granted, people do.
		_, err := d.Approve(ctx, actor("yes@c.example"), desk.Approval{Pick: desk.Pick{Plan: "p"}})
		fail(err)
	}
	fail(s.happen(ctx, bolt, clk, channel, p.result.To))
	p.ends = map[campaign.DeliveryID]campaign.Delivery{}
	fail(bolt.View(ctx, func(tx store.Tx) error {
		return each(tx, func(v campaign.Delivery) error { p.ends[v.ID] = v; return nil })
	}))
	return p
}

func (s scene) rehearse(ctx context.Context, d *desk.Desk, bolt *boltstore.Store, dir string, channel func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error), p *played) error {
	var sw campaign.Switches
	if err := bolt.View(ctx, func(tx store.Tx) (err error) { sw, err = tx.Switches(); return err }); err != nil {
		return err
	}
	path := filepath.Join(dir, "copy.db")
	if err := bolt.Backup(ctx, path); err != nil {
		return err
	}
	twin, err := boltstore.Open(boltstore.Options{Path: path})
	if err != nil {
		return err
	}
	defer twin.Close()
	p.result, err = Run(ctx, Options{Store: twin, Switches: sw, From: time.Now().UTC(), Channel: channel, Approve: s.approve})
	if err != nil {
		return err
	}
	boss, err := d.ActorAs(ctx, "desk@c.example", "command")
	if err != nil {
		return err
	}
	p.forecast, err = d.Forecast(ctx, boss, "", p.result.Ends)
	return err
}

// happen runs the engine as a daemon does, in the bubble's time.
func (s scene) happen(ctx context.Context, st store.Store, clk bubbled, channel func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error), to time.Time) error {
	e, err := scheduler.New(scheduler.Config{Store: st, Clock: clk, Channel: channel, DailyPosts: desk.DailyPosts, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	ctx, stop := context.WithDeadline(ctx, to)
	defer stop()
	return e.Run(ctx)
}

// TestTheForecastIsWhatHappens: on random plans and campaigns, with approvals
// missing, holds, stops, quotas, gaps, windows that end, hours without posts,
// tokens that expire, texts that are refused and posts for people's hands, the
// rehearsal ends as the daemon does with honest platforms.
func TestTheForecastIsWhatHappens(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		s := drawn(rt)
		p := inBubble(t, s)
		if p.refused {
			rt.Fatalf("%v\n%s", p.err, s.plan)
		}
		if p.err != nil {
			rt.Fatal(p.err)
		}
		if p.took != 0 {
			rt.Errorf("the rehearsal called a platform %d times", p.took)
		}
		if len(p.forecast.Rows) != len(p.result.Ends) || len(p.ends) != len(p.result.Ends) {
			rt.Errorf("%d rows foretell %d ends of %d", len(p.forecast.Rows), len(p.result.Ends), len(p.ends))
		}
		for _, row := range p.forecast.Rows {
			is, will := p.ends[row.ID], p.result.Ends[row.ID].End
			seen[string(is.State)+" "+is.Reason.Code]++
			if is.State != will.State || is.Reason.Code != will.Reason.Code {
				rt.Errorf("%s on %s: forecast %s (%s, %s), came %s (%s, %s)", is.Post, is.Channel, will.State, will.Reason.Code, will.Reason.Text, is.State, is.Reason.Code, is.Reason.Text)
			}
			if late := is.ArmedAt.Sub(will.ArmedAt).Abs(); late > 15*time.Second {
				rt.Errorf("%s on %s: forecast at %s, came at %s", is.Post, is.Channel, will.ArmedAt, is.ArmedAt)
			}
			if want := outlook(is); row.Outlook != want {
				rt.Errorf("%s on %s: foretold %s (%s), came %s (%s)", is.Post, is.Channel, row.Outlook, row.Cause, want, is.Reason.Code)
			}
		}
		if rt.Failed() {
			rt.Log(s.plan)
		}
	})
	if len(seen) < 8 {
		t.Errorf("too little happened, so the test proves nothing: %v", seen)
	}
}

// outlook is what people should have been told of a delivery that ended so.
func outlook(d campaign.Delivery) desk.Outlook {
	switch {
	case d.State == campaign.Published && d.Lateness > campaign.OnTime:
		return desk.OutlookLate
	case d.State == campaign.Published:
		return desk.OutlookOnTime
	case d.Reason.Code == campaign.ReasonHandedOver:
		return desk.OutlookByHand
	}
	return desk.OutlookStopped
}

func inBubble(t *testing.T, s scene) (p played) {
	dir, err := os.MkdirTemp(fast(), "rehearsal-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	synctest.Test(t, func(*testing.T) { p = s.play(dir) })
	return p
}

// fast is a folder in memory where there is one: nothing here need last.
func fast() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}
