package mastodon

import (
	"fmt"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
)

func TestJudge(t *testing.T) {
	want := draft{name: partPost, body: status{Status: "Ten years, one community.", Visibility: "public", Language: "en"}, alts: []string{"a"}}
	said := func(s string) loose[string] { return loose[string]{s, true} }
	like := func(change func(p *post)) post {
		p := post{ID: "1", CreatedAt: "2026-12-18T09:00:00Z", Content: said("<p>Ten years, one community.</p>"), Visibility: said("public"), Language: said("en"),
			Media: loose[[]attachment]{[]attachment{{ID: "9", Description: "a"}}, true}}
		p.Application.value.Name, p.Application.said = "takeover", true
		change(&p)
		return p
	}
	ours := like(func(*post) {})
	second := like(func(p *post) { p.ID = "2" })
	byHand := like(func(p *post) { p.ID = "3"; p.Application.value.Name = "Web" })
	noApp := like(func(p *post) { p.ID = "4"; p.Application = post{}.Application })
	bare := like(func(p *post) { p.ID = "5"; p.Media = loose[[]attachment]{} })
	other := like(func(p *post) { p.ID = "6"; p.Content = said("<p>Ten years, one community</p>") })
	answer := like(func(p *post) { p.ID = "7"; p.InReplyTo = said("1") })
	boost := like(func(p *post) { p.ID = "8"; p.Reblog = loose[struct{}]{said: true} })
	french := like(func(p *post) { p.ID = "9"; p.Language = said("fr") })
	bareNoApp := like(func(p *post) { p.ID = "10"; p.Media = loose[[]attachment]{}; p.Application = post{}.Application })
	unnamed := like(func(p *post) { p.ID = "<b>" })
	list := func(ps ...post) []post { return ps }
	for _, tt := range []struct {
		name    string
		posts   []post
		earlier string // remote id of another part
		app     string
		verdict channels.Verdict
		id      string
		warned  bool
	}{
		{"nothing", nil, "", "takeover", channels.Absent, "", false},
		{"ours", list(other, ours), "", "takeover", channels.Found, "1", false},
		{"of another text", list(other), "", "takeover", channels.Absent, "", false},
		{"a reply, a boost, one without a name", list(answer, boost, unnamed), "", "takeover", channels.Absent, "", false},
		{"ours and one by hand", list(byHand, ours), "", "takeover", channels.Found, "1", true},
		{"two of ours", list(second, ours), "", "takeover", channels.Ambiguous, "", false},
		{"by hand alone", list(byHand), "", "takeover", channels.Ambiguous, "", false},
		{"no program named", list(noApp), "", "takeover", channels.Found, "4", false},
		{"our program unknown", list(byHand), "", "", channels.Found, "3", false},
		{"our program unknown, two", list(byHand, ours), "", "", channels.Ambiguous, "", false},
		{"ours without its picture", list(bare), "", "takeover", channels.Found, "5", true},
		{"somebody's without the picture", list(bareNoApp), "", "takeover", channels.Ambiguous, "", false},
		{"in another language", list(french), "", "takeover", channels.Found, "9", true},
		{"another part of ours", list(ours), "1", "takeover", channels.Absent, "", false},
	} {
		var earlier []campaign.Receipt
		if tt.earlier != "" {
			earlier = []campaign.Receipt{{RemoteID: tt.earlier}}
		}
		v, r := judge(tt.posts, want, earlier, tt.app, channeltest.Now())
		if v != tt.verdict || r.RemoteID != tt.id || (r.Warning != "") != tt.warned {
			t.Errorf("%s: %s, %+v; want %s of %q", tt.name, v, r, tt.verdict, tt.id)
		}
	}
}

// TestReplyIsFoundByWhatItAnswers: the same words under another post are not the part.
func TestReplyIsFoundByWhatItAnswers(t *testing.T) {
	want := draft{name: partReply, body: status{Status: "x"}}
	at := func(target string) []post {
		return []post{{ID: "5", Content: loose[string]{"<p>x</p>", true}, InReplyTo: loose[string]{target, target != ""}}}
	}
	earlier := []campaign.Receipt{{RemoteID: "3"}, {RemoteID: "4"}}
	for target, want2 := range map[string]channels.Verdict{"4": channels.Found, "3": channels.Absent, "9": channels.Absent, "": channels.Found} {
		v, r := judge(at(target), want, earlier, "", channeltest.Now())
		if v != want2 || (target == "") != (r.Warning != "") {
			t.Errorf("answers %q: %s, %+v", target, v, r)
		}
	}
}

// doubted is a delivery whose one call's answer was lost.
func doubted(b *bench, effect bool) *channels.Request {
	r := b.prepare(campaign.Content{Text: "Ten years, one community.", Language: "en"})
	b.box.Set(channeltest.Fault{Cut: channeltest.NoAnswer, Lost: !effect})
	b.publish(r)
	b.box.Set(channeltest.Fault{})
	return r
}

// TestF68PeopleInBetween: what people post and delete while we are in doubt is
// neither taken for ours nor makes us post again by ourselves.
func TestF68PeopleInBetween(t *testing.T) {
	t.Run("somebody posts the same, ours is there", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		r := doubted(b, true)
		b.s.PostByHand("Ten years, one community.", 0)
		if v, receipt := b.reconcile(r); v != channels.Found || receipt.RemoteID != b.s.Statuses()[0].ID {
			t.Errorf("%s, %+v", v, receipt)
		}
	})
	t.Run("somebody posts the same, ours is not there", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		r := doubted(b, false)
		b.s.PostByHand("Ten years, one community.", 0)
		if v, _ := b.reconcile(r); v != channels.Ambiguous {
			t.Errorf("%s", v)
		}
	})
	t.Run("ours is deleted", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		r := doubted(b, true)
		b.s.DeleteByHand(b.s.Statuses()[0].ID)
		if v, _ := b.reconcile(r); v != channels.Absent {
			t.Fatalf("%s", v) // nobody can tell yet
		}
		// What the engine then sends under the key makes no post again.
		if _, err := b.publish(r); channels.FateOf(err) != channels.InDoubt {
			t.Errorf("%v", err)
		}
		if v, _ := b.reconcile(r); v != channels.Gone || b.s.Ever() != 1 {
			t.Errorf("%s, %d posts ever", v, b.s.Ever())
		}
	})
	t.Run("ours is deleted, and the server knows no keys", func(t *testing.T) {
		b := newBench(t, pretend.Options{Software: "pixelfed", Keys: pretend.Ignores})
		r := doubted(b, true)
		b.s.DeleteByHand(b.s.Statuses()[0].ID)
		if v, _ := b.reconcile(r); v != channels.Gone {
			t.Errorf("%s: it would be sent again", v)
		}
	})
	t.Run("ours is deleted, and the key is forgotten", func(t *testing.T) {
		b := newBench(t, pretend.Options{})
		r := doubted(b, true)
		b.s.DeleteByHand(b.s.Statuses()[0].ID)
		b.pass(keyWindow + time.Second)
		if v, _ := b.reconcile(r); v != channels.Gone {
			t.Errorf("%s: it would be sent again", v)
		}
	})
}

// TestAbsenceAfterARestart: what the server is was forgotten, and is asked
// before its absence means anything; where it does not say, it is asked later.
func TestAbsenceAfterARestart(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := doubted(b, false)
	b.c = open(t, b.box.URL, b.env())
	b.s.Set(&pretend.Trouble{Path: "GET /nodeinfo", Status: 503, Body: "<html>"})
	if v, _, err := b.c.Reconcile(t.Context(), *r); err == nil {
		t.Errorf("nobody said what the server is, and yet: %s", v)
	}
	b.s.Set(nil)
	if v, _ := b.reconcile(r); v != channels.Absent {
		t.Errorf("%s", v)
	}
}

// TestReadBackGoesFar: many posts by hand do not hide ours, nor do pages.
func TestReadBackGoesFar(t *testing.T) {
	for _, known := range []bool{true, false} {
		t.Run(fmt.Sprintf("newest known %v", known), func(t *testing.T) {
			b := newBench(t, pretend.Options{})
			for range 100 {
				b.s.PostByHand("Something else", 0)
			}
			b.s.PostByHand("Ten years, one community.", 0) // long ago, by another's hand
			b.pass(3 * time.Hour)
			r := b.prepare(campaign.Content{Text: "Ten years, one community.", Language: "en"})
			if !known {
				r.Newest = ""
			}
			if v, _ := b.reconcile(r); v != channels.Absent {
				t.Errorf("before: %s", v)
			}
			b.publish(r)
			r.Part, r.Earlier = 0, nil
			for range 150 {
				b.s.PostByHand("Something else", 0)
			}
			if v, receipt := b.reconcile(r); v != channels.Found || receipt.Warning != "" {
				t.Errorf("%s, %+v", v, receipt)
			}
		})
	}
}

func TestListWithoutEndIsNoAbsence(t *testing.T) {
	b := newBench(t, pretend.Options{Unlimited: true})
	r := b.prepare(campaign.Content{Text: "x", Language: "en"})
	for range (maxPages + 1) * pageSize {
		b.s.PostByHand("Something else", 0)
	}
	if v, _, err := b.c.Reconcile(t.Context(), *r); err == nil && v == channels.Absent {
		t.Error("absent after part of the list")
	}
}

// TestServerThatDoesNotPage gives the same posts again and again.
func TestServerThatDoesNotPage(t *testing.T) {
	b := newBench(t, pretend.Options{})
	b.s.PostByHand("Something else", 0)
	r := b.prepare(campaign.Content{Text: "x", Language: "en"})
	for body, want := range map[string]channels.Verdict{
		`[{"id":"1","created_at":"2026-12-18T09:00:00Z","content":"x"}]`: channels.Found,
		`[{"id":"1","created_at":"2026-12-18T09:00:00Z","content":"y"}]`: channels.Absent,
	} {
		b.s.Set(&pretend.Trouble{Path: "GET /api/v1/accounts/1", Status: 200, Body: body})
		r.Newest = map[bool]string{true: "1", false: ""}[want == channels.Found]
		if v, _ := b.reconcile(r); v != want {
			t.Errorf("%s: %s", body, v)
		}
	}
}

func TestFailedReadIsNoVerdict(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := doubted(b, true)
	for _, trouble := range []*pretend.Trouble{
		{Path: "GET /api/v1/accounts", Status: 503, Body: "<html>"}, {Path: "GET /api/v1/accounts", Status: 200, Body: "<html>"},
		{Path: "GET /api/v1/accounts", Status: 200, Body: `{"error":"x"}`}, {Path: "GET /api/v1/accounts", Status: 401, Body: `{"error":"The access token is invalid"}`},
		{Path: "GET /api/v1/accounts", Status: 404, Body: `{"error":"Record not found"}`},
	} {
		b.s.Set(trouble)
		if v, receipt, err := b.c.Reconcile(t.Context(), *r); err == nil {
			t.Errorf("%d %s: %s, %+v", trouble.Status, trouble.Body, v, receipt)
		}
	}
}

func TestLatest(t *testing.T) {
	b := newBench(t, pretend.Options{})
	if id, err := b.c.Latest(t.Context()); id != "" || err != nil {
		t.Errorf("%q, %v", id, err)
	}
	b.s.PostByHand("a", 0)
	last := b.s.PostByHand("b", 0)
	if id, err := b.c.Latest(t.Context()); id != last.ID || err != nil {
		t.Errorf("%q, %v; want %s", id, err, last.ID)
	}
}
