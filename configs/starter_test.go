package configs

import (
	"io/fs"
	"reflect"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

func TestStarterCampaignHasNoFinding(t *testing.T) {
	src := StarterCampaign("itac", `It "takes" a: community`, "Europe/Brussels", "desk@campaign.example")
	c, findings := ParseCampaign("campaign.yaml", src, nil)
	for _, f := range findings {
		t.Error(f)
	}
	if c.Title != `It "takes" a: community` || !reflect.DeepEqual(c.Policies, campaign.DefaultPolicies()) {
		t.Errorf("title %q, policies %+v", c.Title, c.Policies)
	}
}

// TestStarterCampaignShowsEveryKey reads the schema: a key that comes with it
// must stand in the file that people begin with.
func TestStarterCampaignShowsEveryKey(t *testing.T) {
	src := string(StarterCampaign("itac", "Title", "UTC", "desk@campaign.example"))
	props := campaignSchema()["properties"].(node)
	for section, s := range props {
		inner, _ := s.(node)["properties"].(node)
		if values, ok := s.(node)["additionalProperties"].(node); ok {
			inner, _ = values["properties"].(node)
		}
		if item, ok := s.(node)["items"].(node); ok {
			inner, _ = item["properties"].(node)
		}
		for key := range inner {
			if !strings.Contains(src, key+":") {
				t.Errorf("%s.%s does not stand in the starter file", section, key)
			}
		}
		if !strings.Contains(src, section+":") {
			t.Errorf("%s does not stand in the starter file", section)
		}
	}
}

func TestSandboxedExample(t *testing.T) {
	src, err := fs.ReadFile(Examples(), "itac/campaign.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const at = "http://127.0.0.1:8090"
	got, findings := ParseCampaign("campaign.yaml", SandboxedFile(src, at), nil)
	for _, f := range findings {
		t.Error(f)
	}
	if want := Sandboxed(exampleCampaign(t), at); !reflect.DeepEqual(got, want) {
		t.Errorf("file and value differ: %v", DiffCampaign(&want, &got))
	}
	lanes := map[campaign.LaneID]bool{}
	for id, ch := range got.Channels {
		if ch.Platform != "sandbox" || ch.Like == "" || ch.Settings["token"] != "" || ch.Settings["secret"] != "" {
			t.Errorf("%s is %+v", id, ch)
		}
		lanes[ch.Lane(id)] = true
	}
	if len(lanes) != len(got.Channels) {
		t.Errorf("%d channels share %d lanes", len(got.Channels), len(lanes))
	}
}
