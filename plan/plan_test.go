package plan

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// testCampaign is the campaign that the plans in testdata are written for.
func testCampaign() *campaign.Campaign {
	at := func(s string) time.Time {
		wall, err := time.Parse(wallForm, s)
		if err != nil {
			panic(err)
		}
		brussels, _ := time.LoadLocation("Europe/Brussels")
		t, _ := Instant(wall, brussels)
		return t
	}
	all := []campaign.ChannelID{"x-main", "mastodon-main", "bluesky-main", "facebook-page", "linkedin-org", "instagram-main", "telegram-news"}
	c := &campaign.Campaign{
		ID: "itac", Title: "It Takes a Community", Zone: "Europe/Brussels",
		Languages: []string{"en", "fr", "es", "ar"}, Required: []string{"en"},
		Mechanisms: map[campaign.MechanismID]campaign.Mechanism{"mayors": {}, "youth": {}},
		Channels: map[campaign.ChannelID]campaign.Channel{
			"x-main":         {Platform: "x", Account: "1", Languages: campaign.Separate, DailyLimit: 12, MinGap: 5 * time.Minute},
			"mastodon-main":  {Platform: "mastodon", Account: "2", Languages: campaign.Separate, MinGap: time.Minute},
			"bluesky-main":   {Platform: "bluesky", Account: "3", Languages: campaign.Separate},
			"facebook-page":  {Platform: "facebook", Account: "4", Languages: campaign.Joined},
			"linkedin-org":   {Platform: "linkedin", Account: "5", Languages: campaign.First},
			"instagram-main": {Platform: "instagram", Account: "6", Languages: campaign.First},
			"telegram-news":  {Platform: "telegram", Account: "7", Languages: campaign.Joined},
			"elsewhere":      {Platform: "mastodon", Account: "8", Languages: campaign.Separate},
			"same-account":   {Platform: "mastodon", Account: "2", Languages: campaign.Separate},
		},
		Takeovers: map[campaign.TakeoverID]campaign.Takeover{
			"mayors-dec": {Mechanism: "mayors", From: at("2026-12-14T00:00"), To: at("2026-12-21T00:00"), Channels: append(all, "same-account"),
				NoPost: []campaign.HourRange{{From: 23 * 60, Until: 6 * 60}}, DailyLimit: 12},
			"mayors-early":  {Mechanism: "mayors", From: at("2026-12-01T00:00"), To: at("2026-12-10T00:00"), Channels: all},
			"mayors-summer": {Mechanism: "mayors", From: at("2026-06-01T00:00"), To: at("2026-06-08T00:00"), Channels: all},
			"mayors-march":  {Mechanism: "mayors", From: at("2027-03-22T00:00"), To: at("2027-04-05T00:00"), Channels: all},
			"mayors-autumn": {Mechanism: "mayors", From: at("2027-10-25T00:00"), To: at("2027-11-08T00:00"), Channels: all},
			"youth-dec":     {Mechanism: "youth", From: at("2026-12-21T00:00"), To: at("2026-12-28T00:00"), Channels: all},
		},
		Consents: map[string]campaign.Consent{
			"MAYORS-017": {Shows: "a nurse in Quito", Scope: []string{"web", "social"}},
			"MAYORS-018": {Shows: "a baker", Until: at("2026-12-15T00:00")},
			"MAYORS-019": {Shows: "a teacher", Withdrawn: true},
			"MAYORS-020": {Shows: "a driver", Scope: []string{"print"}},
			"MAYORS-021": {Shows: "a clerk", Languages: []string{"es"}},
		},
		Tags: map[string][]string{
			"region": {"europe", "americas", "africa"}, "role": nil, "gender": {"woman", "man"},
		},
		Policies: campaign.DefaultPolicies(),
	}
	return c
}

// testEnv is ten days before the window, with the limits of the real platforms.
func testEnv() Env {
	c := testCampaign()
	return Env{
		Now: time.Date(2026, 12, 4, 9, 0, 0, 0, time.UTC), Campaign: c, Author: "lead@mayors.example", Revision: 1,
		Mechanisms: []campaign.MechanismID{"mayors"},
		Surface: func(id campaign.ChannelID) (Surface, bool) {
			f, ok := channels.Known(c.Channels[id].Platform)
			return Surface{Platform: f.Name, Limits: f.Limits, Capabilities: f.Capabilities, Measure: f.Measure, Card: f.Card}, ok
		},
		Media: func(path string) (campaign.Media, error) {
			switch path {
			case "media/missing.png":
				return campaign.Media{}, fs.ErrNotExist
			case "media/notes.pdf":
				return campaign.Media{}, ErrMediaType
			case "media/broken.png":
				return campaign.Media{}, fmt.Errorf("it ends too early")
			case "media/link.png":
				return campaign.Media{}, fmt.Errorf("%w: it is a symbolic link", ErrMediaLeaves)
			case "media/poster.png":
				return campaign.Media{}, fmt.Errorf("%w: 400 MiB", ErrMediaSize)
			case "media/wall.gif":
				return campaign.Media{Digest: campaign.DigestOf([]byte(path)), Type: "image/gif", Bytes: 100 << 20, Width: 100, Height: 100}, nil
			case "media/film.gif":
				return campaign.Media{Digest: campaign.DigestOf([]byte(path)), Type: "image/gif", Bytes: 1000, Width: 100, Height: 100}, nil
			case "media/ribbon.png":
				return campaign.Media{Digest: campaign.DigestOf([]byte(path)), Type: "image/png", Bytes: 1000, Width: 3000, Height: 100}, nil
			}
			return campaign.Media{Digest: campaign.DigestOf([]byte(path)), Type: "image/png", Bytes: 1000, Width: 100, Height: 100}, nil
		},
	}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// good expands a plan that must have no finding.
func good(t testing.TB, src []byte, env Env) *Expansion {
	t.Helper()
	_, x, found := Load("good.yaml", src, env)
	for _, f := range found {
		t.Errorf("%s\n  %s\n  fix: %s", f, f.Detail, f.Fix)
	}
	if x == nil || len(found) > 0 {
		t.FailNow()
	}
	return x
}

func goodFiles(t testing.TB) map[string][]byte {
	names, err := filepath.Glob("testdata/good/*")
	if err != nil || len(names) == 0 {
		t.Fatal("no good plans", err)
	}
	out := map[string][]byte{}
	for _, n := range names {
		out[filepath.Base(n)] = read(t, filepath.Join("good", filepath.Base(n)))
	}
	return out
}

func TestGoodPlansHaveNoFinding(t *testing.T) {
	for name, src := range goodFiles(t) {
		t.Run(name, func(t *testing.T) {
			x := good(t, src, testEnv())
			ids := map[campaign.DeliveryID]bool{}
			for _, d := range x.Deliveries {
				c, ok := x.Contents[d.Content]
				switch {
				case ids[d.ID]:
					t.Errorf("%s twice", d.ID)
				case !ok || c.Digest() != d.Content:
					t.Errorf("%s has no content", d.ID)
				case campaign.ApprovalHash(c, d.Terms()) != d.Wants:
					t.Errorf("%s: an approval would not fit", d.ID)
				case d.Latest.Before(d.Due) || d.State != "" || d.Lane == "" || len(d.Languages) == 0:
					t.Errorf("unfinished %+v", d)
				}
				ids[d.ID] = true
			}
		})
	}
}

// bad is one file of testdata/bad with what its comments say about it.
type bad struct {
	name  string
	src   []byte
	code  string
	say   string      // in message, detail or remedy
	env   Env         // with what "# with:" says
	mends [][2]string // old and new
}

func badFiles(t testing.TB) []bad {
	names, err := filepath.Glob("testdata/bad/*")
	if err != nil || len(names) == 0 {
		t.Fatal("no bad plans", err)
	}
	var out []bad
	for _, n := range names {
		b := bad{name: filepath.Base(n), src: read(t, filepath.Join("bad", filepath.Base(n))), env: testEnv()}
		b.code, _, _ = strings.Cut(b.name, "-")
		for line := range strings.SplitSeq(string(b.src), "\n") {
			if say, ok := strings.CutPrefix(line, "# says: "); ok {
				b.say = say
			}
			switch line {
			case "# with: consents that are only warned of":
				b.env.Campaign.Policies.Consent = campaign.Warn
			case "# with: alt texts that are only warned of":
				b.env.Campaign.Policies.AltText = campaign.Warn
			}
			if edit, ok := strings.CutPrefix(line, "# mend: "); ok {
				old, now, ok := strings.Cut(edit, " => ")
				if !ok {
					t.Fatalf("%s: %q is no edit", n, edit)
				}
				esc := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\xff`, "\xff", `\0`, "\x00", `\ufeff`, "\ufeff", `\\`, `\`)
				b.mends = append(b.mends, [2]string{esc.Replace(old), esc.Replace(now)})
			}
		}
		out = append(out, b)
	}
	return out
}

// mended is the file after the edits that its comments name.
func (b bad) mended(t *testing.T) []byte {
	t.Helper()
	src := b.src
	if len(b.mends) == 0 {
		t.Fatalf("%s names no remedy", b.name)
	}
	for _, m := range b.mends {
		// The edit itself stands in a comment: its last place in the file is meant.
		i := bytes.LastIndex(src, []byte(m[0]))
		if i < 0 {
			t.Fatalf("%s: %q does not stand there", b.name, m[0])
		}
		src = slices.Concat(src[:i], []byte(m[1]), src[i+len(m[0]):])
	}
	return src
}

// TestEveryFaultIsFoundAndItsRemedyHelps: each bad plan gives its code with
// place and remedy, and once mended has no finding at all.
func TestEveryFaultIsFoundAndItsRemedyHelps(t *testing.T) {
	for _, b := range badFiles(t) {
		t.Run(b.name, func(t *testing.T) {
			_, x, found := Load(b.name, b.src, b.env)
			hit := false
			for _, f := range found {
				if f.Line < 1 || f.Column < 1 || f.File != b.name || f.Message == "" || f.Fix == "" {
					t.Errorf("unfinished %+v", f)
				}
				if (f.Code[0] == 'W') != (f.Severity == campaign.SeverityWarning) {
					t.Errorf("%s is a %s", f.Code, f.Severity)
				}
				if f.Code == b.code && strings.Contains(f.Message+f.Detail+f.Fix, b.say) {
					hit = true
				} else if f.Code != b.code {
					t.Errorf("besides %s: %s", b.code, f)
				}
			}
			if !hit {
				t.Errorf("no %s saying %q in %v", b.code, b.say, found)
			}
			if b.code[0] == 'P' && x != nil && len(x.Skipped) == 0 {
				t.Error("the expansion holds what has an error")
			}
			good(t, b.mended(t), b.env)
		})
	}
}

// deskCodes are those that only what is stored, or an adapter's own check, can
// cause; other tests give them.
var deskCodes = []string{"W004", "W067", "P097", "W097"}

func TestEveryCodeHasABadFile(t *testing.T) {
	have := map[string]bool{}
	for _, b := range badFiles(t) {
		have[b.code] = true
	}
	listed := map[string]bool{}
	for _, c := range Codes() {
		listed[c.Code] = true
		if !have[c.Code] && !slices.Contains(deskCodes, c.Code) {
			t.Errorf("no bad plan for %s", c.Code)
		}
	}
	for code := range have {
		if !listed[code] {
			t.Errorf("%s is not documented", code)
		}
	}
}
