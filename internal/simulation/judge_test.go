package simulation

import (
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// The judge itself: what it must see, and what it must not take for a fault.

// trial is a ledger with one plan: a post that hangs on an event, and another.
func trial() (*ledger, *draft) {
	l := newLedger(&world{baton: newBaton(1), clk: newHand(), quiet: true})
	d := &draft{id: "plan-1", anchor: epoch.Add(time.Hour), posts: []*written{
		{id: "live", channels: []campaign.ChannelID{"c0"}, text: "live, in first words", form: "anchored", tolerance: time.Hour},
		{id: "once", channels: []campaign.ChannelID{"c0"}, text: "once, in first words", form: "once", at: []time.Time{epoch.Add(time.Hour)}, tolerance: time.Hour},
	}}
	l.submit(d)(true, false)
	return l, d
}

// missing are how many posts the judge misses in a store that kept so many.
func missing(l *ledger, posts ...campaign.PostID) int {
	var e ending
	for _, p := range posts {
		e.ds = append(e.ds, campaign.Delivery{Plan: "plan-1", Post: p, Channel: "c0", State: campaign.Published})
	}
	before := len(l.found)
	l.keptAll(e)
	return len(l.found) - before
}

func TestJudgeMissesWhatIsNotKept(t *testing.T) {
	l, _ := trial()
	for _, tt := range []struct {
		kept []campaign.PostID
		want int
	}{{nil, 2}, {[]campaign.PostID{"live"}, 1}, {[]campaign.PostID{"live", "once"}, 0}} {
		if n := missing(l, tt.kept...); n != tt.want {
			t.Errorf("of two posts %v are kept, and %d are missed", tt.kept, n)
		}
	}
}

// TestJudgeWithdrawnPostMovesWithItsEvent: that its event moved is no new word
// on a withdrawn post. Another text is.
func TestJudgeWithdrawnPostMovesWithItsEvent(t *testing.T) {
	l, d := trial()
	l.withdrawn(d.id, "live")
	d = d.clone()
	d.anchor = d.anchor.Add(10 * time.Minute)
	l.moving(d)(true, nil)
	l.submit(d)(true, false)
	if n := missing(l, "once"); n != 0 {
		t.Errorf("%d are missed: the withdrawn one is wanted since its event moved", n)
	}
	d = d.clone()
	d.posts[0].text = "live, in second words"
	l.submit(d)(true, false)
	if n := missing(l, "once"); n != 1 {
		t.Errorf("%d are missed: the withdrawn one was written anew", n)
	}
}

// TestJudgeBelievesWhatAnAnswerKeeps: a post that the file dropped is wanted as
// long as the answer says that it is kept, also where nobody heard the answer
// that took it out.
func TestJudgeBelievesWhatAnAnswerKeeps(t *testing.T) {
	l, d := trial()
	fewer := d.clone()
	fewer.posts = fewer.posts[:1]
	l.submit(fewer)(true, true)
	l.submit(d)(true, false)
	if n := missing(l, "live"); n != 1 {
		t.Errorf("%d are missed: the post that was kept stands in the file again", n)
	}
	l.submit(fewer) // the daemon died, and the author tries again
	l.submit(fewer)(true, false)
	if n := missing(l, "live"); n != 0 {
		t.Errorf("%d are missed: the first try had taken the post out", n)
	}
}

// TestJudgeOfStopsAndLiftings: a stop that was answered holds until somebody
// lifts it. Where a stop and a lifting cross, nobody knows which came first.
func TestJudgeOfStopsAndLiftings(t *testing.T) {
	channel := campaign.Scope{Kind: "channel", Channel: "c0"}
	d := &campaign.Delivery{Channel: "c0"}
	for _, tt := range []struct {
		name   string
		do     func(l *ledger)
		halted bool
	}{
		{"asked for", func(l *ledger) { l.halting(channel) }, false},
		{"answered", func(l *ledger) { l.halting(channel)() }, true},
		{"lifted", func(l *ledger) { l.halting(channel)(); l.lifting(channel) }, false},
		{"another scope lifted", func(l *ledger) { l.halting(channel)(); l.lifting(campaign.Scope{Kind: "all"})() }, true},
		{"lifted before", func(l *ledger) { l.lifting(channel)(); l.halting(channel)() }, true},
		{"asked for, lifted, answered", func(l *ledger) { a := l.halting(channel); l.lifting(channel)(); a() }, false},
		{"lifting, asked for, answered, lifted", func(l *ledger) { a := l.lifting(channel); l.halting(channel)(); a() }, false},
		{"lifting, asked for, answered, not lifted", func(l *ledger) { l.lifting(channel); l.halting(channel)() }, true},
	} {
		l, _ := trial()
		tt.do(l)
		if got := l.halted(d) != nil; got != tt.halted {
			t.Errorf("%s: stopped is %v", tt.name, got)
		}
	}
}
