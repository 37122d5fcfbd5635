package desk

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/configs"
)

// TestTheExampleCampaign takes the whole example through the desk: every plan
// of the four mechanisms with its pictures, approved, submitted again, and one
// of them growing in its folder line by line.
func TestTheExampleCampaign(t *testing.T) {
	itac, err := fs.Sub(configs.Examples(), "itac")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, itac); err != nil {
		t.Fatal(err)
	}
	file, err := fs.ReadFile(itac, "campaign.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, found := configs.ParseCampaign("campaign.yaml", file, func(string) bool { return true })
	if found.HasErrors() {
		t.Fatal(found)
	}
	w := newWorld(t, func(s *campaign.Campaign) { *s = c })
	w.Facts = func(ch campaign.Channel) (channels.Facts, bool) { return channels.Known(ch.LimitsName()) }
	w.clock.now = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	plans, err := configs.ExamplePlans(itac)
	if err != nil || len(plans) != 4 {
		t.Fatal(plans, err)
	}
	boss := w.as("third@campaign.example")
	for _, name := range plans {
		lead := w.as("lead@" + leadOf(t, c, itac, name) + ".example")
		s, err := w.Gather(ctx, lead, dir, name)
		if err != nil {
			t.Fatal(err)
		}
		out, err := w.Submit(ctx, lead, s)
		if err != nil || out.Added < 20 {
			t.Fatalf("%s: %v, %d added\n%v", name, err, out.Added, out.Findings)
		}
		if _, err := w.Approve(ctx, boss, Approval{Pick: Pick{Plan: out.Plan}}); err != nil {
			t.Fatal(err)
		}
		if again, err := w.Submit(ctx, lead, s); err != nil || again.Changed || len(again.Diff.Changes) > 0 {
			t.Errorf("%s again: %v, %+v", name, err, again)
		}
	}
	want := ids(w.all())
	for _, d := range w.all() {
		if d.State != campaign.Scheduled {
			t.Errorf("%s is %s", d.ID, d.State)
		}
	}

	folder := w.as("lead@" + leadOf(t, c, itac, plans[0]) + ".example")
	folder.Door = campaign.DoorFolder
	s, err := w.Gather(ctx, folder, dir, plans[0])
	if err != nil {
		t.Fatal(err)
	}
	s.Removals = RemoveNone
	whole := s.Source
	lines := strings.SplitAfter(string(whole), "\n")
	loaded := 0
	for n := 0; n < len(lines); n += 10 {
		s.Source = []byte(strings.Join(lines[:n], ""))
		if out, err := w.Submit(ctx, folder, s); err == nil && out.Changed {
			loaded++
		}
	}
	s.Source = whole
	if _, err := w.Submit(ctx, folder, s); err != nil {
		t.Fatal(err)
	}
	got := ids(w.all())
	for id, hash := range want {
		if got[id] != hash {
			t.Errorf("%s was lost or is not what it was", id)
		}
	}
	for _, d := range w.all() {
		if _, meant := want[d.ID]; meant && d.State != campaign.Scheduled && d.State != campaign.Planned {
			t.Errorf("%s is %s", d.ID, d.State)
		}
	}
	if loaded == 0 {
		t.Error("no prefix loaded: the test proves nothing")
	}
}

// leadOf is the mechanism whose window the plan is for.
func leadOf(t *testing.T, c campaign.Campaign, itac fs.FS, name string) string {
	b, err := fs.ReadFile(itac, name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if window, ok := strings.CutPrefix(line, "window: "); ok {
			return string(c.Takeovers[campaign.TakeoverID(strings.TrimSpace(window))].Mechanism)
		}
	}
	t.Fatalf("%s has no window", name)
	return ""
}
