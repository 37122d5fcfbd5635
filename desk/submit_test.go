package desk

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

func twoPosts() []byte {
	return planOf(post("one", "2026-12-14T09:00", "Ten years, one community."), post("two", "2026-12-15T09:00", "Who showed you around?"))
}

func ids(ds []campaign.Delivery) map[campaign.DeliveryID]campaign.Digest {
	m := map[campaign.DeliveryID]campaign.Digest{}
	for _, d := range ds {
		m[d.ID] = d.Wants
	}
	return m
}

// F40: the same file again, also by two people at once and with other white space, is nothing new.
func TestF40TheSameFileAgain(t *testing.T) {
	w := newWorld(t)
	first := w.submit(w.lead(), twoPosts())
	if first.Added != 4 || first.Revision != 1 || !first.Changed || first.Waiting != 4 {
		t.Fatalf("first: %+v", first)
	}
	w.approveAll()
	before, n := w.all(), w.audits()
	again := w.submit(w.lead(), twoPosts())
	if again.Changed || len(again.Diff.Changes) != 0 || again.Added+again.Edited+again.Removed != 0 || again.Same != 4 || w.audits() != n {
		t.Errorf("again: %+v, %d audit entries more", again, w.audits()-n)
	}
	spaced := w.submit(w.as("both@campaign.example"), append([]byte("# a comment\n"), twoPosts()...))
	if spaced.Changed || spaced.Revision != 1 {
		t.Errorf("white space: %+v", spaced)
	}
	for i, d := range w.all() {
		if d.Revision != before[i].Revision || d.State != campaign.Scheduled {
			t.Errorf("%s was written: %s, revision %d", d.ID, d.State, d.Revision)
		}
	}

	w = newWorld(t)
	var both sync.WaitGroup
	for _, a := range []campaign.Actor{w.lead(), w.as("both@campaign.example")} {
		both.Go(func() {
			if _, err := w.Submit(ctx, a, Submission{File: "mayors.yaml", Source: twoPosts()}); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if got := len(w.all()); got != 4 {
		t.Errorf("two people at once made %d deliveries", got)
	}
}

// F41: what was edited after its approval does not go out, and only that asks again.
func TestF41OneWordChanged(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	before := ids(w.all())
	out := w.submit(w.lead(), planOf(post("one", "2026-12-14T09:00", "Twelve years, one community."), post("two", "2026-12-15T09:00", "Who showed you around?")))
	if out.Edited != 2 || out.Same != 2 || out.Waiting != 2 || out.Revision != 2 {
		t.Fatalf("%+v", out)
	}
	if got := states(w.of("one")) + " | " + states(w.of("two")); got != "planned planned | scheduled scheduled" {
		t.Error(got)
	}
	after := ids(w.all())
	for id, hash := range before {
		if _, ok := after[id]; !ok {
			t.Errorf("%s got another id", id)
		}
		if changed := after[id] != hash; changed != (w.all()[0].ID == id || w.all()[1].ID == id) {
			t.Errorf("%s changed: %v", id, changed)
		}
	}
	if d := w.of("one")[0]; len(d.Approvals) != 0 || d.PlanRevision != 2 {
		t.Errorf("kept %v of revision %d", d.Approvals, d.PlanRevision)
	}
}

// F42: an edit that meets a post on its way leaves it as it is; pinned ones are touched.
func TestF42EditedOnTheWay(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	w.clock.now = w.of("one")[0].Due
	wall, hall := w.of("one")[1], w.of("one")[0]
	w.arm(wall)
	w.doubt(hall)
	edited := planOf(post("one", "2026-12-14T09:00", "Twelve years, one community."), post("two", "2026-12-15T09:00", "Who showed you around?"))
	out, err := w.Submit(ctx, w.lead(), Submission{File: "mayors.yaml", Source: edited})
	if err != nil {
		t.Fatalf("%v: %v", err, out.Findings)
	}
	for _, d := range w.of("one") {
		if d.Touched == "" || !d.Stale || d.Wants != wall.Wants && d.Wants != hall.Wants {
			t.Errorf("%s: touched %q, stale %v", d.State, d.Touched, d.Stale)
		}
	}
	if len(out.Findings) == 0 {
		t.Error("nobody was told that it is being sent")
	}
	_, err = w.Withdraw(ctx, w.lead(), "mayors", nil, 0, "changed our mind")
	if err != nil || states(w.of("two")) != "cancelled cancelled" || w.of("one")[0].State.End() {
		t.Errorf("withdrawn: %v, %s, %s", err, states(w.of("one")), states(w.of("two")))
	}
}

func TestWithdrawnOnTheWay(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	w.clock.now = w.of("one")[0].Due
	w.doubt(w.of("one")[0])
	if _, err := w.Withdraw(ctx, w.lead(), "mayors", []campaign.PostID{"one"}, 0, "no"); err != nil {
		t.Fatal(err)
	}
	d := w.of("one")
	if d[0].Touched == "" || !d[0].Stale || d[1].State != campaign.Cancelled || states(w.of("two")) != "scheduled scheduled" {
		t.Errorf("%s %s: touched %q, stale %v", states(d), states(w.of("two")), d[0].Touched, d[0].Stale)
	}
	_, err := w.Withdraw(ctx, w.lead(), "mayors", []campaign.PostID{"none"}, 0, "no")
	wants(t, "a post that is not there", err, store.ErrNotFound)
}

// What is public is locked: a change of it is an error that names it.
func TestAPublishedPostIsLocked(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	w.clock.now = w.of("one")[0].Due
	w.publish(w.of("one")[0])
	n := len(w.all())
	out, err := w.Submit(ctx, w.lead(), Submission{File: "mayors.yaml", Source: planOf(post("one", "2026-12-14T09:00", "Another text."), post("two", "2026-12-15T09:00", "Another question?"))})
	wants(t, "changing what is public", err, ErrFindings)
	if !out.Findings.HasErrors() || len(w.all()) != n || w.of("two")[0].State != campaign.Scheduled {
		t.Errorf("%v; %s", out.Findings, states(w.all()))
	}
	if out := w.submit(w.lead(), twoPosts()); out.Changed {
		t.Errorf("the same file beside it: %+v", out)
	}
}

// F44: nobody plans on another's window or channel, or after its end; nobody reads another's plan.
func TestF44OthersWindows(t *testing.T) {
	w := newWorld(t)
	youth := w.as("lead@youth.example")
	_, err := w.Submit(ctx, youth, Submission{File: "x.yaml", Source: twoPosts()})
	wants(t, "another's window", err, campaign.ErrNotAllowed)
	stolen := strings.Replace(string(twoPosts()), "window: mayors-dec", "window: youth-dec", 1)
	out, err := w.Submit(ctx, youth, Submission{File: "x.yaml", Source: []byte(strings.Replace(stolen, "channels: [wall, hall]", "channels: [hall]", 1))})
	wants(t, "a channel that is not in the window", err, ErrFindings)
	if len(out.Findings) == 0 || len(w.all()) != 0 {
		t.Errorf("%v", out.Findings)
	}
	w.submit(w.lead(), twoPosts())
	_, err = w.Submit(ctx, youth, Submission{File: "x.yaml", Source: []byte(stolen)})
	wants(t, "another's plan by its name", err, campaign.ErrNotAllowed)
	for name, read := range map[string]func() error{
		"plan":   func() error { _, err := w.PlanStatus(ctx, youth, "mayors", 0, 0); return err },
		"export": func() error { _, _, err := w.PlanExport(ctx, youth, "mayors"); return err },
		"show":   func() error { _, err := w.Show(ctx, youth, w.all()[0].ID); return err },
	} {
		wants(t, name, read(), campaign.ErrNotAllowed)
	}
	if p, err := w.Queue(ctx, youth, QueueFilter{}); err != nil || len(p.Rows) != 0 {
		t.Errorf("another's queue: %v, %v", p.Rows, err)
	}
	if p, err := w.Queue(ctx, w.lead(), QueueFilter{}); err != nil || len(p.Rows) != 4 {
		t.Errorf("the own queue: %d, %v", len(p.Rows), err)
	}
	w.clock.now = time.Date(2026, 12, 21, 0, 0, 0, 0, time.UTC)
	_, err = w.Submit(ctx, w.lead(), Submission{File: "mayors.yaml", Source: twoPosts()})
	wants(t, "after the end", err, campaign.ErrNotAllowed)
}

func TestRemovals(t *testing.T) {
	var posts []string
	for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
		posts = append(posts, post(id, "2026-12-14T09:00", "Post "+id))
	}
	for _, tt := range []struct {
		name    string
		left    int // posts in the second file
		s       Submission
		removed int
		kept    int
	}{
		{"one of six goes by default", 5, Submission{}, 2, 0},
		{"two of six wait for a person", 4, Submission{}, 0, 4},
		{"a person says all", 4, Submission{Removals: RemoveAll}, 4, 0},
		{"the folder removes nothing", 5, Submission{Removals: RemoveNone}, 0, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.submit(w.lead(), planOf(posts...))
			tt.s.File, tt.s.Source = "mayors.yaml", planOf(posts[:tt.left]...)
			out, err := w.Submit(ctx, w.lead(), tt.s)
			if err != nil || out.Removed != tt.removed || len(out.Kept) != tt.kept {
				t.Fatalf("%v: %d removed, %d kept", err, out.Removed, len(out.Kept))
			}
			n := 0
			for _, d := range w.all() {
				if d.State == campaign.Cancelled {
					n++
				}
			}
			if n != tt.removed {
				t.Errorf("%d are cancelled", n)
			}
			if back := w.submit(w.lead(), planOf(posts...)); back.Added != tt.removed || strings.Contains(states(w.all()), "cancelled") {
				t.Errorf("they did not come back: %+v", back)
			}
		})
	}
	t.Run("named", func(t *testing.T) {
		w := newWorld(t)
		w.submit(w.lead(), planOf(posts...))
		gone := w.of("f")[0].ID
		out, err := w.Submit(ctx, w.lead(), Submission{File: "mayors.yaml", Source: planOf(posts[:5]...), Removals: RemoveNamed, Remove: []campaign.DeliveryID{gone}})
		if err != nil || out.Removed != 1 || len(out.Kept) != 1 || states(w.of("f")) != "cancelled planned" {
			t.Errorf("%v: %+v, %s", err, out, states(w.of("f")))
		}
		_, err = w.Submit(ctx, w.lead(), Submission{File: "mayors.yaml", Source: planOf(posts...), Removals: RemoveNamed, Remove: []campaign.DeliveryID{gone}})
		wants(t, "naming what is there", err, ErrConflict)
	})
}

// What a person cancelled does not come back with the next look at the same file.
func TestCancelledStaysSo(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	if _, err := w.Cancel(ctx, w.boss(), Pick{Plan: "mayors", Post: "one"}, "not now"); err != nil {
		t.Fatal(err)
	}
	out := w.submit(w.lead(), append([]byte("# again\n"), twoPosts()...))
	if out.Changed || states(w.of("one")) != "cancelled cancelled" || len(out.Findings) == 0 {
		t.Errorf("%+v; %s", out, states(w.of("one")))
	}
	w.submit(w.lead(), planOf(post("one", "2026-12-14T09:00", "Mended."), post("two", "2026-12-15T09:00", "Who showed you around?")))
	if states(w.of("one")) != "planned planned" {
		t.Errorf("mended: %s", states(w.of("one")))
	}
}

// A withdrawn plan stays so while its file lies in the folder, and comes back by a person's hand.
func TestAWithdrawnPlan(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	if _, err := w.Withdraw(ctx, w.lead(), "mayors", nil, 1, "no"); err != nil {
		t.Fatal(err)
	}
	folder := w.lead()
	folder.Door = campaign.DoorFolder
	out, err := w.Submit(ctx, folder, Submission{File: "mayors.yaml", Source: twoPosts(), Removals: RemoveNone})
	if err != nil || out.Changed || states(w.all()) != "cancelled cancelled cancelled cancelled" {
		t.Errorf("the folder: %v, %+v, %s", err, out, states(w.all()))
	}
	w.submit(w.lead(), twoPosts())
	if states(w.all()) != "planned planned planned planned" {
		t.Errorf("a person: %s", states(w.all()))
	}
}

func TestStaleExpectations(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	_, err := w.Submit(ctx, w.lead(), Submission{File: "mayors.yaml", Source: planOf(post("one", "2026-12-14T09:00", "New.")), Expect: 7})
	wants(t, "submit", err, ErrConflict)
	_, err = w.Withdraw(ctx, w.lead(), "mayors", nil, 7, "")
	wants(t, "withdraw", err, ErrConflict)
	_, err = w.AnchorSet(ctx, w.lead(), "mayors", "live", start.Add(8*24*time.Hour), 7)
	wants(t, "anchor", err, ErrConflict)
	_, err = w.Approve(ctx, w.second(), Approval{Pick: Pick{Plan: "mayors"}, Expect: "0000"})
	wants(t, "approve", err, ErrConflict)
	_, err = w.ApplyCampaign(ctx, w.boss(), sample(), 7, false)
	wants(t, "campaign", err, ErrConflict)
}

func TestLateChangesAreMarked(t *testing.T) {
	w := newWorld(t)
	w.clock.now = time.Date(2026, 12, 12, 9, 0, 0, 0, time.UTC) // after submit_by
	if out := w.submit(w.lead(), twoPosts()); !out.Late {
		t.Error("a late submission is not marked")
	}
	if v, err := w.PlanStatus(ctx, w.lead(), "mayors", 0, 0); err != nil || !v.Late {
		t.Errorf("%v, %+v", err, v.Plan)
	}
}

func TestOnlyClean(t *testing.T) {
	w := newWorld(t)
	bad := planOf(post("one", "2026-12-14T09:00", "Fine."), post("two", "2026-12-30T09:00", "After the end."))
	out, err := w.Submit(ctx, w.lead(), Submission{File: "mayors.yaml", Source: bad})
	wants(t, "with an error", err, ErrFindings)
	if len(w.all()) != 0 || !out.Findings.HasErrors() {
		t.Errorf("stored %d", len(w.all()))
	}
	out, err = w.Submit(ctx, w.lead(), Submission{File: "mayors.yaml", Source: bad, OnlyClean: true})
	if err != nil || out.Added != 2 || len(out.Drafts) != 1 {
		t.Fatalf("%v: %+v", err, out)
	}
	v, err := w.PlanStatus(ctx, w.lead(), "mayors", 0, 0)
	if err != nil || len(v.Posts) != 2 || v.Posts[1].Status != PostDraft || v.Posts[0].Status != PostSubmitted {
		t.Errorf("%v: %+v", err, v.Posts)
	}
	whole := bad[:0:0]
	whole = append(whole, strings.Replace(string(bad), "campaign: itac", "campaign: other", 1)...)
	_, err = w.Submit(ctx, w.lead(), Submission{File: "mayors.yaml", Source: whole, OnlyClean: true})
	wants(t, "an error of the plan as a whole", err, ErrFindings)
}

func TestCheckStoresNothing(t *testing.T) {
	w := newWorld(t)
	out, err := w.Check(ctx, w.lead(), Submission{File: "mayors.yaml", Source: twoPosts()})
	if err != nil || out.Added != 4 || out.Changed || len(w.all()) != 0 {
		t.Errorf("%v: %+v, stored %d", err, out, len(w.all()))
	}
	out, err = w.Check(ctx, w.lead(), Submission{File: "mayors.yaml", Source: []byte("posts: [")})
	if err != nil || !out.Findings.HasErrors() {
		t.Errorf("a broken file: %v, %v", err, out.Findings)
	}
}

// TestNotesOfASubmission: the times that a channel's least distance moved are
// told, until a person gives the post another.
func TestNotesOfASubmission(t *testing.T) {
	w := newWorld(t, func(c *campaign.Campaign) {
		for id, ch := range c.Channels {
			ch.MinGap = 10 * time.Minute
			c.Channels[id] = ch
		}
	})
	source := planOf(post("one", "2026-12-14T09:00", "Ten years, one community."), post("two", "2026-12-14T09:05", "Who showed you around?"))
	out := w.submit(w.lead(), source)
	if len(out.Notes) != 2 || out.Notes[0].Post != "two" || out.Notes[0].Due.Sub(out.Notes[0].Written) != 5*time.Minute || out.Notes[0].Gap != 600 {
		t.Fatalf("%+v", out.Notes)
	}
	if _, err := w.Reschedule(ctx, w.boss(), out.Notes[0].Delivery, Reschedule{At: out.Notes[0].Due.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	again, err := w.Check(ctx, w.lead(), Submission{File: "mayors.yaml", Source: source})
	if err != nil || len(again.Notes) != 1 || again.Notes[0].Delivery == out.Notes[0].Delivery {
		t.Errorf("%v: %+v", err, again.Notes)
	}
}

// F69: prefixes of a file, one after another through the folder, then the whole: nothing is lost.
func TestF69Prefixes(t *testing.T) {
	w := newWorld(t)
	whole := planOf(post("one", "2026-12-14T09:00", "Ten years, one community."), liveSteps, post("two", "2026-12-15T09:00", "Who showed you around?"))
	w.submit(w.lead(), whole)
	w.approveAll()
	want := ids(w.all())
	folder := w.lead()
	folder.Door = campaign.DoorFolder
	loaded := 0
	for n := 0; n <= len(whole); n += 7 {
		if _, err := w.Submit(ctx, folder, Submission{File: "mayors.yaml", Source: whole[:n], Removals: RemoveNone}); err == nil {
			loaded++
		}
		if strings.Contains(states(w.all()), "cancelled") {
			t.Fatalf("the first %d bytes cancelled something", n)
		}
	}
	if _, err := w.Submit(ctx, folder, Submission{File: "mayors.yaml", Source: whole, Removals: RemoveNone}); err != nil {
		t.Fatal(err)
	}
	got := ids(w.all())
	maps.DeleteFunc(got, func(id campaign.DeliveryID, _ campaign.Digest) bool { _, meant := want[id]; return !meant })
	if !maps.Equal(got, want) || loaded == 0 {
		t.Errorf("%d prefixes loaded; %d of %d deliveries are as they were meant", loaded, len(got), len(want))
	}
}

// F70: a post re-entered under another id while its twin is out is a finding.
func TestF70ReenteredUnderAnotherID(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), twoPosts())
	w.approveAll()
	w.clock.now = w.of("one")[0].Due
	w.publish(w.of("one")[0])
	w.doubt(w.of("one")[1])
	out, err := w.Check(ctx, w.lead(), Submission{File: "mayors.yaml", Source: planOf(post("uno", "2026-12-14T11:00", "Ten years, one community."), post("two", "2026-12-15T09:00", "Who showed you around?"))})
	if err != nil || len(out.Findings) == 0 {
		t.Errorf("%v: %v", err, out.Findings)
	}
}

// withPicture is a plan of one post with media/pic.png.
func withPicture() []byte {
	return []byte(strings.Replace(string(planOf(strings.Replace(post("one", "2026-12-14T09:00", "Look."), "kind: message", "kind: message, images: [pic]", 1))),
		"posts:", "media:\n  pic: {file: media/pic.png, alt: {en: A grey dot.}, credit: us, licence: CC0-1.0, shows: nobody}\nposts:", 1))
}

// A picture comes with the plan, is found by its digest later, and its absence is said.
func TestMediaOfAPlan(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mayors.yaml"), withPicture(), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := w.Gather(ctx, w.lead(), dir, "mayors.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := w.Check(ctx, w.lead(), s); err != nil || !out.Findings.HasErrors() {
		t.Errorf("a missing picture: %v, %v", err, out.Findings)
	}
	unkept := s
	unkept.Media = map[string]campaign.Digest{"media/pic.png": campaign.DigestOf(dot())}
	_, err = w.Submit(ctx, w.lead(), unkept)
	wants(t, "a picture that nobody kept", err, ErrFindings)
	if err := os.MkdirAll(filepath.Join(dir, "media"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "media", "pic.png"), dot(), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err = w.Gather(ctx, w.lead(), dir, "mayors.yaml"); err != nil {
		t.Fatal(err)
	}
	if out, err := w.Submit(ctx, w.lead(), s); err != nil {
		t.Fatalf("%v: %v", err, out.Findings)
	}
	sight, err := w.Show(ctx, w.lead(), w.of("one")[0].ID)
	if err != nil || len(sight.Content.Media) != 1 || sight.Content.Media[0].Width != 8 || w.Media.Check(sight.Content.Media[0].Digest) != "" {
		t.Errorf("%v: %+v", err, sight.Content.Media)
	}
	if out := w.submit(w.lead(), withPicture()); out.Changed {
		t.Errorf("without the picture at hand the stored one counts: %+v", out)
	}
}

// Between two parts of a thread nothing is under way; found by the simulation:
// the second part left after its author had taken the post back.
func TestTakenBackBetweenTwoParts(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(w *world, d campaign.Delivery) (Done, error)
		gone bool
	}{
		{"withdrawn", func(w *world, d campaign.Delivery) (Done, error) {
			return w.Withdraw(ctx, w.lead(), "mayors", []campaign.PostID{d.Post}, 0, "no longer true")
		}, true},
		{"cancelled", func(w *world, d campaign.Delivery) (Done, error) {
			return w.Cancel(ctx, w.boss(), Pick{Plan: "mayors", Post: d.Post}, "no longer true")
		}, true},
		{"approval taken back", func(w *world, d campaign.Delivery) (Done, error) {
			return w.TakeBackApproval(ctx, w.second(), Pick{Plan: "mayors", Post: d.Post}, "wait")
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.submit(w.lead(), planOf("  - {id: a, kind: message, channels: [wall], at: \"2026-12-15T09:00\", text: {en: One.}, thread: [{en: Two.}]}\n"))
			w.approveAll()
			d := w.of("a")[0]
			w.arm(d)
			w.live(d.ID, func(d *campaign.Delivery) error {
				return d.Receive(d.Attempt, campaign.Receipt{RemoteID: "1", At: w.clock.now, How: "answer"}, 2, w.clock.now)
			})
			out, err := tt.do(w, d)
			if err != nil {
				t.Fatal(err)
			}
			d = w.of("a")[0]
			switch {
			case tt.gone && (d.State != campaign.Published || len(d.Warnings) != 1 || len(out.Rows) != 1 || len(out.Locked) != 0):
				t.Errorf("%s with %q; rows %d, locked %v", d.State, d.Warnings, len(out.Rows), out.Locked)
			case !tt.gone && (d.State != campaign.Scheduled || len(out.Locked) != 1):
				t.Errorf("%s; locked %v", d.State, out.Locked)
			}
		})
	}
}

// A post that was taken out stays out when the event moves that it hangs on;
// found by the simulation: it came back, since a move beyond the policy is
// approved anew.
func TestAMovedEventBringsNothingBack(t *testing.T) {
	w := newWorld(t)
	w.submit(w.lead(), planOf(liveSteps))
	w.approveAll()
	hour := slices.IndexFunc(w.of("cities-live"), func(d campaign.Delivery) bool { return d.Step == "hour" })
	out := w.of("cities-live")[hour].ID
	if _, err := w.Cancel(ctx, w.boss(), Pick{IDs: []campaign.DeliveryID{out}}, "the chat is off"); err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 12, 18, 20, 0, 0, 0, time.UTC) // six hours later
	moved, err := w.AnchorSet(ctx, w.lead(), "mayors", "live", start, 0)
	if err != nil || !moved.Asks {
		t.Fatalf("%v, asks %v", err, moved.Asks)
	}
	for _, d := range w.of("cities-live") {
		if want := map[bool]campaign.State{true: campaign.Cancelled, false: campaign.Planned}[d.ID == out]; d.State != want {
			t.Errorf("%s is %s, want %s", d.Step, d.State, want)
		}
	}
}
