package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/plan"
)

// TestDemoEndsWithItsSumsRight runs the whole demo as a visitor would, in a
// folder of its own, and looks at what it promises to scripts.
func TestDemoEndsWithItsSumsRight(t *testing.T) {
	if testing.Short() {
		t.Skip("the demo takes more than a minute")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	program, err := exec.LookPath("takeover")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, program, "demo", "--until-done", "-o", "json")
	temp := t.TempDir()
	// What the visitor's own configuration says must not matter.
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, "TAKEOVER_SERVER_LISTEN=192.0.2.1:1", "TAKEOVER_CONFIG=missing.yaml")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	var doc struct {
		Schema, Kind string
		Data         demoReport
	}
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	r := doc.Data
	if doc.Kind != "demo" || doc.Schema != cliSchema {
		t.Errorf("schema %q, kind %q", doc.Schema, doc.Kind)
	}
	if r.Deliveries < 24 || len(r.ByKind) != 4 || len(r.ByMechanism) != 4 || len(r.ByLanguage) != 4 {
		t.Errorf("%d deliveries of kinds %v, mechanisms %v, languages %v", r.Deliveries, r.ByKind, r.ByMechanism, r.ByLanguage)
	}
	if r.Duplicates != 0 || r.Lost != 0 || r.Unclaimed != 0 {
		t.Errorf("twice %d, lost %d, unclaimed %d", r.Duplicates, r.Lost, r.Unclaimed)
	}
	// One answer was lost on purpose, one with the daemon.
	if r.Reconciled < 2 || r.ByState[campaign.Missed] != 1 || r.ByState[campaign.Cancelled] != 2 {
		t.Errorf("%d reconciled, states %v", r.Reconciled, r.ByState)
	}
	if !slices.ContainsFunc(r.Decisions, func(d decision) bool { return strings.Contains(d.What, "had left") }) {
		t.Error("the stop does not say what was out")
	}
	for _, row := range r.Rows {
		if !row.State.End() || row.Evidence == "" {
			t.Errorf("%s is %s with the evidence %q", row.ID, row.State, row.Evidence)
		}
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Errorf("the demo leaves %v behind, %v", left, err)
	}
}

// TestSqueezeKeepsTheWords proves that the demo shows the example and nothing
// else: every plan still parses, and its texts are those of the example.
func TestSqueezeKeepsTheWords(t *testing.T) {
	example, err := fs.Sub(configs.Examples(), "itac")
	if err != nil {
		t.Fatal(err)
	}
	names, err := configs.ExamplePlans(example)
	if err != nil {
		t.Fatal(err)
	}
	posts := 0
	for _, name := range names {
		src, err := fs.ReadFile(example, name)
		if err != nil {
			t.Fatal(err)
		}
		squeezed, err := squeeze(name, src, time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		before, _ := plan.Parse(name, src)
		after, found := plan.Parse(name, squeezed)
		if after == nil || found.HasErrors() {
			t.Fatalf("%s: %v", name, found)
		}
		for _, p := range after.Posts {
			posts++
			i := slices.IndexFunc(before.Posts, func(o plan.Post) bool { return o.ID.Value == p.ID.Value })
			if i < 0 {
				t.Fatalf("%s has no post %s", name, p.ID.Value)
			}
			if got, want := words(p), words(before.Posts[i]); !slices.Equal(got, want) {
				t.Errorf("%s says %q, the example %q", p.ID.Value, got, want)
			}
		}
	}
	if posts != len(cast) {
		t.Errorf("%d posts of %d are in the example", posts, len(cast))
	}
}

// words are the texts of a post and its parts.
func words(p plan.Post) []string {
	var out []string
	for _, s := range append(append([]plan.Step{p.Step}, p.Steps...), p.Items...) {
		out = append(out, s.Text.All.Value)
		for _, tag := range slices.Sorted(maps.Keys(s.Text.Lang)) {
			out = append(out, tag+" "+s.Text.Lang[tag].Value)
		}
	}
	return out
}

// TestSqueezeInTheHourThatComesTwice leaves a zone in which the coming minute
// cannot be named.
func TestSqueezeInTheHourThatComesTwice(t *testing.T) {
	example, err := fs.Sub(configs.Examples(), "itac")
	if err != nil {
		t.Fatal(err)
	}
	src, err := fs.ReadFile(example, "mayors-imd-2026.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{"2026-10-25T00:30:00Z": "Europe/Brussels", "2026-10-25T00:59:30Z": "UTC", "2026-10-25T01:30:00Z": "UTC", "2026-10-25T02:00:00Z": "Europe/Brussels"} {
		base, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		out, err := squeeze("mayors-imd-2026.yaml", src, base)
		if err != nil {
			t.Fatal(err)
		}
		if p, _ := plan.Parse("plan.yaml", out); p == nil || p.Timezone.Value != want {
			t.Errorf("at %s the zone is %q, want %s", at, p.Timezone.Value, want)
		}
	}
}
