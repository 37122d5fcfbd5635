package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// hands is a clock that tests set.
type hands struct{ now time.Time }

func (h *hands) Now() time.Time      { return h.now }
func (h *hands) Boot() time.Duration { return time.Hour }
func (h *hands) Wait(ctx context.Context, _ time.Time, _ <-chan struct{}) error {
	<-ctx.Done()
	return ctx.Err()
}

// brake is an engine that answers as a test says.
type brake struct {
	halted       []func(*campaign.Delivery) bool
	lifted, woke int
	answer       func(covers func(*campaign.Delivery) bool) (left, back []campaign.DeliveryID, err error)
}

func (b *brake) Halt(_ context.Context, covers func(*campaign.Delivery) bool) (left, back []campaign.DeliveryID, err error) {
	b.halted = append(b.halted, covers)
	if b.answer == nil {
		return nil, nil, nil
	}
	return b.answer(covers)
}
func (b *brake) Lift() { b.lifted++ }
func (b *brake) Wake() { b.woke++ }

// start is when the tests begin: four days before the window.
var start = time.Date(2026, 12, 10, 9, 0, 0, 0, time.UTC)

func person(mail string, roles ...string) campaign.Person {
	p := campaign.Person{Mail: campaign.PersonID(mail)}
	for _, s := range roles {
		r, err := campaign.ParseRole(s)
		if err != nil {
			panic(err)
		}
		p.Roles = append(p.Roles, r)
	}
	return p
}

func sample() campaign.Campaign {
	at := func(s string) time.Time {
		t, err := time.Parse("2006-01-02T15:04", s)
		if err != nil {
			panic(err)
		}
		return t.Add(-time.Hour) // Brussels in winter
	}
	return campaign.Campaign{
		ID: "itac", Title: "It Takes a Community", Zone: "Europe/Brussels", Languages: []string{"en", "fr"},
		Mechanisms: map[campaign.MechanismID]campaign.Mechanism{"mayors": {Title: "Mayors"}, "youth": {Title: "Youth"}},
		Channels: map[campaign.ChannelID]campaign.Channel{
			"wall": {Platform: "sandbox", Account: "wall", Languages: campaign.Separate},
			"hall": {Platform: "sandbox", Account: "hall", Languages: campaign.Separate},
		},
		Takeovers: map[campaign.TakeoverID]campaign.Takeover{
			"mayors-dec": {Mechanism: "mayors", From: at("2026-12-14T00:00"), To: at("2026-12-21T00:00"), Channels: []campaign.ChannelID{"wall", "hall"}, SubmitBy: at("2026-12-11T18:00")},
			"youth-dec":  {Mechanism: "youth", From: at("2026-12-21T00:00"), To: at("2026-12-28T00:00"), Channels: []campaign.ChannelID{"wall"}},
		},
		People: []campaign.Person{
			person("lead@mayors.example", "lead:mayors"), person("lead@youth.example", "lead:youth"), person("desk@campaign.example", "organizer"),
			person("second@campaign.example", "approver"), person("op@campaign.example", "operator"), person("both@campaign.example", "organizer", "lead:mayors"),
		},
		Consents: map[string]campaign.Consent{"C-1": {Shows: "a nurse in Quito"}},
		Policies: campaign.DefaultPolicies(),
	}
}

// world is a desk with a store, a clock and an engine that a test drives.
type world struct {
	*Desk
	t     testing.TB
	clock *hands
	brake *brake
	told  []Notice
}

func newWorld(t testing.TB, edit ...func(*campaign.Campaign)) *world {
	t.Helper()
	s, err := boltstore.Open(boltstore.Options{Path: filepath.Join(t.TempDir(), "takeover.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	m, err := media.Open(t.TempDir(), media.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, clock: &hands{start}, brake: &brake{}}
	w.Desk = New(Config{Store: s, Clock: w.clock, Brake: w.brake, Media: m, Tell: func(n Notice) { w.told = append(w.told, n) },
		Facts: func(campaign.Channel) (channels.Facts, bool) {
			return channels.Facts{Name: "sandbox", Class: campaign.K2, Limits: campaign.Limits{Text: 280},
				Measure: func(s string) (int, bool) { return utf8.RuneCountInString(s), true }}, true
		}})
	c := sample()
	for _, f := range edit {
		f(&c)
	}
	boss := campaign.Actor{Person: "desk@campaign.example", Roles: []campaign.Role{{Name: campaign.Organizer}}, Door: "command"}
	if _, err := w.ApplyCampaign(context.Background(), boss, c, 0, false); err != nil {
		t.Fatal(err)
	}
	return w
}

var ctx = context.Background()

// as is one of the sample's people.
func (w *world) as(name string) campaign.Actor {
	w.t.Helper()
	a, err := w.ActorAs(ctx, campaign.PersonID(name), "command")
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) lead() campaign.Actor   { return w.as("lead@mayors.example") }
func (w *world) boss() campaign.Actor   { return w.as("desk@campaign.example") }
func (w *world) second() campaign.Actor { return w.as("second@campaign.example") }

// planOf is a plan of the Mayors with these posts.
func planOf(posts ...string) []byte {
	return []byte(`schema: takeover/plan-v1
plan: mayors
campaign: itac
window: mayors-dec
title: Cities welcome
timezone: Europe/Brussels
languages: [en, fr]
defaults: {channels: [wall, hall]}
anchors:
  live: {start: "2026-12-18T15:00", length: 60m, live_check: person}
posts:
` + strings.Join(posts, ""))
}

func post(id, at, text string) string {
	return fmt.Sprintf("  - {id: %s, kind: message, at: %q, text: {en: %q}}\n", id, at, text)
}

const liveSteps = `  - id: cities-live
    kind: livestream
    anchor: live
    channels: [wall]
    steps:
      - {id: before, at: start-24h, text: {en: "Tomorrow: four cities."}}
      - {id: hour, at: start-1h, text: {en: "In one hour: four cities."}}
      - {id: live, at: start, wait_for: live, tolerance: 15m, text: {en: "We are live."}}
      - {id: replay, at: end+2h, text: {en: "Missed it?"}}
`

func (w *world) submit(a campaign.Actor, source []byte) Submitted {
	w.t.Helper()
	out, err := w.Submit(ctx, a, Submission{File: "mayors.yaml", Source: source})
	if err != nil {
		w.t.Fatalf("submit: %v\n%v", err, out.Findings)
	}
	return out
}

func (w *world) approveAll() {
	w.t.Helper()
	if _, err := w.Approve(ctx, w.second(), Approval{Pick: Pick{Plan: "mayors"}}); err != nil {
		w.t.Fatal(err)
	}
}

// all are the stored deliveries by due time.
func (w *world) all() []campaign.Delivery {
	w.t.Helper()
	var ds []campaign.Delivery
	err := w.Store.View(ctx, func(tx store.Tx) error {
		var err error
		ds, _, err = tx.List(store.Filter{}, "", 100_000)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return ds
}

// of are the deliveries of a post, by due time then channel.
func (w *world) of(id campaign.PostID) []campaign.Delivery {
	ds := slices.DeleteFunc(w.all(), func(d campaign.Delivery) bool { return d.Post != id })
	slices.SortStableFunc(ds, func(a, b campaign.Delivery) int {
		if c := a.Due.Compare(b.Due); c != 0 {
			return c
		}
		return strings.Compare(string(a.Channel), string(b.Channel))
	})
	return ds
}

// live edits a stored delivery as the engine would.
func (w *world) live(id campaign.DeliveryID, f func(*campaign.Delivery) error) {
	w.t.Helper()
	err := w.Store.Update(ctx, func(tx store.Tx) error {
		d, err := tx.Delivery(id)
		if err != nil {
			return err
		}
		if err := f(&d); err != nil {
			return err
		}
		return tx.PutDelivery(&d)
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) arm(d campaign.Delivery) {
	w.live(d.ID, func(d *campaign.Delivery) error { return d.Arm(w.clock.now) })
}

func (w *world) publish(d campaign.Delivery) {
	w.arm(d)
	w.live(d.ID, func(d *campaign.Delivery) error {
		return d.Receive(d.Attempt, campaign.Receipt{RemoteID: string(d.ID), At: w.clock.now, How: "answer"}, 1, w.clock.now)
	})
}

func (w *world) doubt(d campaign.Delivery) {
	w.arm(d)
	w.live(d.ID, func(d *campaign.Delivery) error {
		return d.Doubt(d.Attempt, campaign.ReasonDoubt, "no answer", w.clock.now.Add(5*time.Second), w.clock.now)
	})
}

func (w *world) ask(d campaign.Delivery) {
	w.doubt(d)
	w.live(d.ID, func(d *campaign.Delivery) error { return d.NeedPerson(campaign.ReasonCannotTell, "", w.clock.now) })
}

func (w *world) audits() int {
	w.t.Helper()
	es, err := w.AuditTail(ctx, w.boss(), 1, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(es)
}

func wants(t testing.TB, what string, err, is error) {
	t.Helper()
	if !errors.Is(err, is) {
		t.Errorf("%s: got %v, want %v", what, err, is)
	}
}

func states(ds []campaign.Delivery) string {
	var words []string
	for _, d := range ds {
		words = append(words, string(d.State))
	}
	return strings.Join(words, " ")
}

func dot() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		panic(err)
	}
	return b.Bytes()
}
