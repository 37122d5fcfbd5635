package desk

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// news runs the daemon's check and returns what people are told.
func (w *world) news() string {
	w.t.Helper()
	w.told = nil
	if err := w.CheckChannels(ctx); err != nil {
		w.t.Fatal(err)
	}
	var words []string
	for _, n := range w.told {
		words = append(words, n.Text)
	}
	return strings.Join(words, "\n")
}

// onlyHall leaves one channel.
func onlyHall(c *campaign.Campaign) {
	delete(c.Channels, "wall")
	delete(c.Takeovers, "youth-dec")
	w := c.Takeovers["mayors-dec"]
	w.Channels = []campaign.ChannelID{"hall"}
	c.Takeovers["mayors-dec"] = w
}

func TestF32ALostPermissionIsToldOnce(t *testing.T) {
	w, p := connecting(t, onlyHall)
	if said := w.news(); said != "" {
		t.Errorf("all is well, and yet: %s", said)
	}
	p.err = errors.New("no route to host")
	if said := w.news(); said != "" {
		t.Errorf("the platform does not answer: %s", said)
	}
	p.err = nil
	w.news()
	p.err = &channels.Error{Op: "x", Fate: channels.NotSent, Scope: channels.ScopeChannel, Status: 401, Err: errors.New("invalid token")}
	if said := w.news(); !strings.Contains(said, "channel connect hall") {
		t.Errorf("the token is dead: %q", said)
	}
	if said := w.news(); said != "" {
		t.Errorf("told again: %s", said)
	}
	p.err = errors.New("no route to host")
	w.news()
	if k, err := w.Connections(ctx, w.as(boss)); err != nil || len(k) != 1 || !k[0].Lost {
		t.Errorf("what the platform said last is forgotten: %+v, %v", k, err)
	}
	p.err = nil
	w.news()
	if k, err := w.Connections(ctx, w.as(boss)); err != nil || len(k) != 1 || k[0].Fault != "" || k[0].Lost {
		t.Errorf("%+v, %v", k, err)
	}
}

func TestTheEndOfAPermissionIsToldInTime(t *testing.T) {
	w, p := connecting(t, onlyHall)
	p.account.Expires = start.Add(20 * 24 * time.Hour)
	told := 0
	for ; w.clock.now.Before(p.account.Expires); w.clock.now = w.clock.now.Add(6 * time.Hour) {
		if w.news() != "" {
			told++
		}
	}
	if told != 4 {
		t.Errorf("told %d times, want at 14, 7, 3 and 1 days", told)
	}
}

func TestAServersOwnLimitsCount(t *testing.T) {
	w, p := connecting(t)
	long := planOf(post("one", "2026-12-14T09:00", strings.Repeat("a", 400)))
	if out, err := w.Check(ctx, w.lead(), Submission{File: "mayors.yaml", Source: long}); err != nil || !out.Findings.HasErrors() {
		t.Fatalf("400 of 280: %v, %v", out.Findings, err)
	}
	p.account.Limits = &campaign.Limits{Text: 500}
	for _, id := range []campaign.ChannelID{"hall", "wall"} {
		if _, err := w.CheckChannel(ctx, w.as(boss), id); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := w.Check(ctx, w.lead(), Submission{File: "mayors.yaml", Source: long}); err != nil || out.Findings.HasErrors() {
		t.Errorf("400 of 500: %v, %v", out.Findings, err)
	}
}
