package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/plan"
)

// TestWhatChangedSinceApproval: who approves anew sees the difference from what
// was approved, word by word, however often it changed since; once approved
// there is none.
func TestWhatChangedSinceApproval(t *testing.T) {
	w := newWorld(t)
	hand := func(text string) {
		w.ask("lead@mayors.example", "POST", "/plans", mayorsPlan(text), http.StatusOK, nil)
	}
	approve := func() {
		w.ask("second@campaign.example", "POST", "/approve", map[string]any{"plan": "mayors"}, http.StatusOK, nil)
	}
	seen := func(path string) string {
		_, after, _ := strings.Cut(w.page(path, w.signedIn("second@campaign.example")).Body.String(), `<details class="since"`)
		before, _, _ := strings.Cut(after, "</details>")
		return before
	}
	hand("Cities welcome all.")
	if got := seen("/inbox"); got != "" {
		t.Errorf("before any approval: %s", got)
	}
	approve()
	hand("Cities greet all.")
	hand("Cities greet <b>everybody</b>.")
	var in desk.Inbox
	w.ask("second@campaign.example", "GET", "/inbox", nil, http.StatusOK, &in)
	path := "/deliveries/" + string(in.Approvals[0].Rows[0].ID)
	for _, p := range []string{"/inbox", path} {
		got := seen(p)
		for _, want := range []string{"second@campaign.example", "Cities <del>welcome all.</del><ins>greet &lt;b&gt;everybody&lt;/b&gt;.</ins>"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in %s", p, want, got)
			}
		}
	}
	approve()
	if got := seen(path); got != "" {
		t.Errorf("after the new approval: %s", got)
	}
}

// TestEachDifferenceHasAName: whatever differs is named in every language.
func TestEachDifferenceHasAName(t *testing.T) {
	a := campaign.Content{Text: "a", Template: "a", Language: "en", Media: []campaign.Media{{Digest: "1", Alt: "a", Credit: "a"}}}
	b := campaign.Content{Text: "b", Template: "b", Language: "fr", Media: []campaign.Media{{Digest: "2", Alt: "b", Credit: "b"}},
		Slots: []campaign.Slot{{Name: "n"}}, Link: "l", Thread: []string{"t"}, FirstComment: "f", ContentWarning: "c", Visibility: "v", Silent: true,
		Poll: &campaign.Poll{Options: []string{"x"}}, Card: &campaign.Card{Title: "t", Description: "d", Picture: &campaign.Media{Digest: "3"}}}
	fields := append(plan.Fields(a, b), plan.TermFields(campaign.Before{}, &campaign.Delivery{Rule: "r", Due: start, Tolerance: 1, WaitFor: "live", Repeat: true, Lane: "l"})...)
	for _, e := range plan.Edits(a, b) {
		fields = append(fields, e.Field)
	}
	if len(fields) < 25 {
		t.Fatalf("only %d differ: %v", len(fields), fields)
	}
	all, err := loadPages()
	if err != nil {
		t.Fatal(err)
	}
	for lang, words := range all.words {
		for _, f := range fields {
			if words[fieldKey(f)] == "" {
				t.Errorf("%s has no word for %q", lang, f)
			}
		}
	}
}
