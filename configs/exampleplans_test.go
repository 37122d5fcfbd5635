package configs

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg"
	"io/fs"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/plan"
)

// loadExamplePlans checks every plan of the example against its campaign, with
// the limits of the real platforms, as if it were the given days before the
// first window, and hands the expansions on. Any finding fails the test.
func loadExamplePlans(t *testing.T, itac fs.FS, daysBefore int, each func(name string, x *plan.Expansion)) {
	t.Helper()
	src, err := fs.ReadFile(itac, "campaign.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, findings := ParseCampaign("campaign.yaml", src, nil)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	first := c.Takeovers["business-dec"].From
	env := plan.Env{
		Now: first.AddDate(0, 0, -daysBefore), Campaign: &c, Author: "lead@mayors.example", Revision: 1,
		Surface: func(id campaign.ChannelID) (plan.Surface, bool) {
			f, ok := channels.Known(c.Channels[id].LimitsName())
			return plan.Surface{Platform: f.Name, Limits: f.Limits, Capabilities: f.Capabilities, Measure: f.Measure}, ok
		},
		Media: func(path string) (campaign.Media, error) { return describePicture(itac, path) },
	}
	plans, err := ExamplePlans(itac)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range plans {
		src, err := fs.ReadFile(itac, name)
		if err != nil {
			t.Fatal(err)
		}
		_, x, findings := plan.Load(name, src, env)
		for _, f := range findings {
			t.Errorf("%s\n   %s\n   fix: %s", f, f.Detail, f.Fix)
		}
		if x != nil {
			each(name, x)
		}
	}
}

func describePicture(itac fs.FS, path string) (campaign.Media, error) {
	b, err := fs.ReadFile(itac, path)
	if err != nil {
		return campaign.Media{}, err
	}
	conf, format, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return campaign.Media{}, fmt.Errorf("%w: %v", plan.ErrMediaType, err)
	}
	return campaign.Media{Digest: campaign.DigestOf(b), Name: path, Type: "image/" + format, Bytes: int64(len(b)), Width: conf.Width, Height: conf.Height}, nil
}

// TestExamplePlansCheckClean also counts: each plan has at least three kinds
// and speaks all four languages.
func TestExamplePlansCheckClean(t *testing.T) {
	loadExamplePlans(t, exampleFolder(t), 10, func(name string, x *plan.Expansion) {
		kinds, languages := map[campaign.Kind]int{}, map[string]int{}
		for _, d := range x.Deliveries {
			kinds[d.Kind]++
			languages[d.Language]++
			for _, l := range x.Contents[d.Content].Languages {
				languages[l]++
			}
		}
		t.Logf("%s: %d deliveries, kinds %v, languages %v", name, len(x.Deliveries), kinds, languages)
		if len(kinds) < 3 {
			t.Errorf("%s has only the kinds %v", name, kinds)
		}
		for _, l := range []string{"en", "fr", "es", "ar"} {
			if languages[l] == 0 {
				t.Errorf("%s says nothing in %s", name, l)
			}
		}
	})
}

// TestMovedPlansCheckClean moves the example over a year, across every change
// of the clocks.
func TestMovedPlansCheckClean(t *testing.T) {
	for _, weeks := range []int{-3, 1, 6, 12, 15, 16, 17, 29, 42, 46, 47, 52} {
		t.Run(fmt.Sprintf("%+d weeks", weeks), func(t *testing.T) {
			loadExamplePlans(t, Moved(exampleFolder(t), weeks), 10, func(string, *plan.Expansion) {})
		})
	}
}

// TestExamplePlansStayCleanUntilTheDeadline: also the day before the window.
func TestExamplePlansStayCleanUntilTheDeadline(t *testing.T) {
	loadExamplePlans(t, exampleFolder(t), 1, func(_ string, x *plan.Expansion) {
		for _, d := range x.Deliveries {
			if d.Due.Before(time.Date(2026, 12, 6, 23, 0, 0, 0, time.UTC)) {
				t.Errorf("%s is due %s, before all windows", d.ID, d.Due)
			}
		}
	})
}
