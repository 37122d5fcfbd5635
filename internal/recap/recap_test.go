package recap

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

func sample() desk.Recap {
	at := time.Date(2026, 12, 18, 8, 0, 0, 0, time.UTC)
	return desk.Recap{Title: "It Takes a <Community>", Name: "Mayors & Mechanism", Zone: "Europe/Brussels", From: at, To: at.Add(time.Hour), At: at.Add(2 * time.Hour), Closed: true,
		Planned: 3, ByState: map[campaign.State]int{campaign.Published: 2, campaign.Missed: 1}, Settled: map[string]int{"answer": 1, "read-back": 1}, Late: 1,
		Days: []desk.Tally{{Name: "2026-12-18", Planned: 3, Published: 2, Late: 1}}, Channels: []desk.Tally{{Name: "<x>", Planned: 3, Published: 2}},
		Lines: []desk.RecapLine{{Delivery: "d_1", Post: "quote", Channel: "x-main", Language: "ar", Due: at, State: campaign.Published, Shown: "published", How: "answer",
			Links: []string{"https://x.example/1", "javascript:alert(1)"}, Numbers: map[campaign.Count]int64{"likes": 3}}, {Delivery: "d_2", Why: "=HYPERLINK(1)", Due: at}},
		Voices:  campaign.Balance{Posts: 2, Keys: []campaign.BalanceKey{{Key: "region", Values: []campaign.BalanceValue{{Value: "africa", Posts: 2, Share: 100, Least: 20, Most: 40, Note: "above what was agreed"}}, Silent: []string{"p/q"}}}},
		Credits: []string{"Drawing: A. Example"}, Contributors: []desk.Contributor{{Name: "A fund", Kind: "financial", Wording: "With support from a fund."}},
		Next: []desk.Handover{{Channel: "x-main", Window: "youth-dec", Name: "Youth", From: at, Open: 1}}}
}

// TestThePageStandsAlone: it asks for nothing from elsewhere, runs nothing, says
// what a plot shows, and repeats its numbers in a table.
func TestThePageStandsAlone(t *testing.T) {
	var a, b bytes.Buffer
	if err := HTML(&a, sample()); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&b, sample()); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the same report is another page")
	}
	page := a.String()
	for _, bad := range []string{"<script", "<link", "<img", "url(", "@import", "href=\"javascript", "It Takes a <Community>", "<x>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	for _, good := range []string{"Mayors &amp; Mechanism", `href="https://x.example/1"`, "With support from a fund.", "Drawing: A. Example", "above what was agreed", "1 known by read-back", "does not change any more", "Youth (youth-dec)", "likes 3"} {
		if !strings.Contains(page, good) {
			t.Errorf("the page lacks %q", good)
		}
	}
	plots := regexp.MustCompile(`(?s)<svg .*?</svg>`).FindAllString(page, -1)
	if len(plots) != 4 {
		t.Fatalf("%d plots", len(plots))
	}
	for _, p := range plots {
		d := xml.NewDecoder(strings.NewReader(p))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%v in %s", err, p)
			}
		}
		if !strings.Contains(p, `role="img"`) || !regexp.MustCompile(`<title id="[^"]+">[^<]+</title><desc id="[^"]+">[^<]+</desc>`).MatchString(p) {
			t.Errorf("a plot without a name: %s", p)
		}
	}
	if !strings.Contains(plots[0], "2026-12-18: 2 of 3") || !strings.Contains(page, "<td>3</td><td>2</td><td>1</td>") {
		t.Error("the plot and its table do not say the same")
	}
}

func TestTheTableIsInert(t *testing.T) {
	var b bytes.Buffer
	if err := CSV(&b, sample()); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 3 || rows[1][11] != "likes 3" || rows[2][13] != "'=HYPERLINK(1)" {
		t.Errorf("%v %v", err, rows)
	}
}
