package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels/all"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/desk"
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
	if r.Reconciled < 2 || r.ByState[campaign.Missed] != 1 || r.ByState[campaign.Cancelled] != 5 {
		t.Errorf("%d reconciled, states %v", r.Reconciled, r.ByState)
	}
	planned := 0
	for _, w := range r.Recaps {
		planned += w.Planned
		if w.Contributors != len(demoContributors) || w.Credits == 0 {
			t.Errorf("the report of %s names %d contributors and %d credits", w.Window, w.Contributors, w.Credits)
		}
		if want := map[bool]int{true: len(demoEntries)}[w.Window == "youth-dec"]; w.Entries != want {
			t.Errorf("the report of %s counts %d answers to its challenges, want %d", w.Window, w.Entries, want)
		}
	}
	if planned != r.Deliveries || len(r.Recaps) != 4 {
		t.Errorf("%d reports of %d deliveries", len(r.Recaps), planned)
	}
	if !slices.ContainsFunc(r.Decisions, func(d decision) bool {
		return strings.Contains(d.What, "withdraws the consent "+demoConsent+": 5 deliveries cancelled, 8 public")
	}) {
		t.Errorf("no consent was withdrawn: %+v", r.Decisions)
	}
	// quote-baker was approved three seconds after its time.
	if r.LateAllP99MS < 2000 || r.LateP99MS >= r.LateAllP99MS {
		t.Errorf("late by %d ms, with what was delayed on purpose %d ms", r.LateP99MS, r.LateAllP99MS)
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

// TestLatenessOfAnAnswer reads rows as the demo does, out of the daemon's JSON.
func TestLatenessOfAnAnswer(t *testing.T) {
	var rows []desk.Row
	if err := json.Unmarshal([]byte(`[{"state":"published","lateness":"3.2s"},{"state":"missed","lateness":"9s"}]`), &rows); err != nil {
		t.Fatal(err)
	}
	var r demoReport
	r.lateness(rows, nil)
	if r.LateP50MS != 3200 || r.LateAllP99MS != 3200 {
		t.Errorf("late by %d ms, all by %d ms, want 3200", r.LateP50MS, r.LateAllP99MS)
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

// TestDemoOfAllPlatforms: one take-over over every platform there is, through
// lines that lose a request and an answer each, ends with every post public
// once, described and credited.
func TestDemoOfAllPlatforms(t *testing.T) {
	if testing.Short() {
		t.Skip("the demo takes a quarter of a minute")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	program, err := exec.LookPath("takeover")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, program, "demo", "--all-platforms", "--until-done", "-o", "json")
	cmd.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), "TAKEOVER_CONFIG=missing.yaml")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	var doc struct{ Data allReport }
	if jsonErr := json.Unmarshal(out, &doc); err != nil || jsonErr != nil {
		t.Fatalf("%v, %v\n%s\n%s", err, jsonErr, said.String(), out)
	}
	r := doc.Data
	if r.Duplicates != 0 || r.Lost != 0 || r.MissingAlt != 0 || r.MissingCredit != 0 || r.Published != r.Deliveries || r.Published == 0 {
		t.Errorf("%+v", r)
	}
	if r.Reconciled == 0 || r.ByPerson == 0 || r.Faults < 2*len(r.Platforms)-4 {
		t.Errorf("%d faults, %d settled by reading back, %d by a person", r.Faults, r.Reconciled, r.ByPerson)
	}
	seen := map[string]bool{}
	for _, p := range r.Platforms {
		seen[string(p.Platform)] = true
	}
	for _, p := range all.Platforms() {
		if !seen[p.Name] {
			t.Errorf("%s takes no part", p.Name)
		}
	}
}

// TestCheckWithoutServer: where no server is known, a plan is not told that
// platforms cannot fetch its pictures.
func TestCheckWithoutServer(t *testing.T) {
	program, err := exec.LookPath("takeover")
	if err != nil {
		t.Fatal(err)
	}
	example := filepath.Join("..", "..", "configs", "examples", "itac")
	out, err := exec.CommandContext(t.Context(), program, "plan", "check", "--campaign", filepath.Join(example, "campaign.yaml"), "--as-of", "2026-11-20",
		filepath.Join(example, "business-skills-2026.yaml")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "0 errors, 0 warnings") {
		t.Errorf("%v\n%s", err, out)
	}
}
