package configs

import (
	"bytes"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ittakesacommunity/takeover/channels"
)

func exampleFolder(t testing.TB) fs.FS {
	t.Helper()
	itac, err := fs.Sub(Examples(), "itac")
	if err != nil {
		t.Fatal(err)
	}
	return itac
}

func TestExampleHasAPlanForEachMechanism(t *testing.T) {
	plans, err := ExamplePlans(exampleFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"business-skills-2026.yaml", "civil-society-rights-2026.yaml", "mayors-imd-2026.yaml", "youth-first-words-2026.yaml"}
	if !slices.Equal(plans, want) {
		t.Errorf("plans %v, want %v", plans, want)
	}
}

// TestMovedKeepsAllButTheDates compares the moved files with the originals.
func TestMovedKeepsAllButTheDates(t *testing.T) {
	itac := exampleFolder(t)
	weeks := 15 // across the spring change of the clocks
	err := fs.WalkDir(Moved(itac, weeks), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		old, err := fs.ReadFile(itac, name)
		if err != nil {
			return err
		}
		now, err := fs.ReadFile(Moved(itac, weeks), name)
		if err != nil {
			return err
		}
		if path.Ext(name) != ".yaml" {
			if !bytes.Equal(old, now) {
				t.Errorf("%s changed", name)
			}
			return nil
		}
		was, is := datePattern.FindAll(old, -1), datePattern.FindAll(now, -1)
		for i := range was {
			a, _ := time.Parse(time.DateOnly, string(was[i]))
			b, _ := time.Parse(time.DateOnly, string(is[i]))
			if !a.AddDate(0, 0, 7*weeks).Equal(b) || a.Weekday() != b.Weekday() {
				t.Errorf("%s: %s became %s", name, was[i], is[i])
			}
		}
		blank := []byte("DATE")
		if !bytes.Equal(datePattern.ReplaceAll(old, blank), datePattern.ReplaceAll(now, blank)) {
			t.Errorf("%s: more than dates changed", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMovedCampaignHasNoFinding(t *testing.T) {
	itac := exampleFolder(t)
	for _, weeks := range []int{-40, 0, 1, 15, 52} {
		src, err := fs.ReadFile(Moved(itac, weeks), "campaign.yaml")
		if err != nil {
			t.Fatal(err)
		}
		c, findings := ParseCampaign("campaign.yaml", src, nil)
		if len(findings) > 0 {
			t.Errorf("moved by %d weeks: %v", weeks, findings)
		}
		for id, w := range exampleCampaign(t).Takeovers {
			loc := c.Location()
			for _, pair := range [][2]time.Time{{w.From, c.Takeovers[id].From}, {w.To, c.Takeovers[id].To}, {w.SubmitBy, c.Takeovers[id].SubmitBy}} {
				if want := pair[0].In(loc).AddDate(0, 0, 7*weeks); !pair[1].Equal(want) {
					t.Errorf("moved by %d weeks, %s has %s, want %s", weeks, id, pair[1].In(loc), want)
				}
			}
		}
	}
}

func TestMoveToward(t *testing.T) {
	itac := exampleFolder(t)
	rapid.Check(t, func(t *rapid.T) {
		brussels, err := time.LoadLocation("Europe/Brussels")
		if err != nil {
			t.Fatal(err)
		}
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, brussels).Add(time.Duration(rapid.IntRange(0, 20000).Draw(t, "hours")) * time.Hour)
		lead := time.Duration(rapid.IntRange(0, 200).Draw(t, "lead")) * time.Hour
		weeks, err := MoveToward(itac, now, lead)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(2026, 12, 7, 0, 0, 0, 0, brussels).AddDate(0, 0, 7*weeks)
		if start.Before(now.Add(lead)) || start.AddDate(0, 0, -8).After(now.Add(lead)) {
			t.Fatalf("at %s with %s the first window begins %s", now, lead, start)
		}
	})
}

// TestExamplesNameNoDateInTexts: a moved example would be wrong otherwise.
func TestExamplesNameNoDateInTexts(t *testing.T) {
	itac := exampleFolder(t)
	named := regexp.MustCompile(`(?i)\b([0-3]?[0-9](st|nd|rd|th|er)? (de )?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|janv|févr|mars|avril|mai|juin|juil|août|déc|ene|abr|ago|dic)|ديسمبر|كانون)`)
	names, err := fs.Glob(itac, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		src, err := fs.ReadFile(itac, name)
		if err != nil {
			t.Fatal(err)
		}
		if found := named.Find(src); found != nil {
			t.Errorf("%s names the date %q", name, found)
		}
	}
}

func TestEveryKnownPlatformHasItsSettings(t *testing.T) {
	for _, f := range channels.AllFacts() {
		if _, ok := platformSettings[f.Name]; !ok {
			t.Errorf("platform %s has no line in platformSettings", f.Name)
		}
	}
}
