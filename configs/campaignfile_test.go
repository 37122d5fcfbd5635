package configs

import (
	"io/fs"
	"reflect"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

// exampleCampaign is the campaign of the example, which must have no finding.
func exampleCampaign(t testing.TB) campaign.Campaign {
	t.Helper()
	src, err := fs.ReadFile(Examples(), "itac/campaign.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, findings := ParseCampaign("campaign.yaml", src, nil)
	for _, f := range findings {
		t.Errorf("%s (fix: %s)", f, f.Fix)
	}
	return c
}

func TestExampleCampaignComesBackFromItsExport(t *testing.T) {
	c := exampleCampaign(t)
	text := ExportCampaign(c)
	back, findings := ParseCampaign("export.yaml", text, nil)
	for _, f := range findings {
		t.Errorf("%s", f)
	}
	if !reflect.DeepEqual(c, back) {
		t.Errorf("the export reads as another campaign:\n%s\n%+v\n%+v", text, c, back)
	}
	if d := DiffCampaign(&c, &back); len(d) != 0 {
		t.Errorf("differences: %v", d)
	}
}
