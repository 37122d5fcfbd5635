package web

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/store"
)

// TestPagesAndAPISayTheSame: for each state and reason, the list and the single
// answer of the API and the queue page give one cause and one next step.
func TestPagesAndAPISayTheSame(t *testing.T) {
	w := newWorld(t)
	w.submit()
	err := w.desk.Store.Update(t.Context(), func(tx store.Tx) error {
		ds, _, err := tx.List(store.Filter{Plan: "mayors"}, "", 1)
		if err != nil {
			return err
		}
		for _, s := range campaign.States {
			for i, code := range append(campaign.Reasons(), "unheard_of") {
				d := ds[0]
				d.ID, d.Revision, d.Lane = campaign.DeliveryID(fmt.Sprintf("d_%s_%d", s, i)), 0, campaign.LaneID(fmt.Sprintf("sandbox:%s.%d", s, i))
				d.State, d.Reason = s, campaign.Reason{Code: code, Text: fmt.Sprintf("because of \"%s\" & %d", s, i)}
				d.Due = d.Due.Add(time.Duration(i) * time.Second)
				if err := tx.PutDelivery(&d); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	cookie := w.signedIn("desk@campaign.example")
	for _, s := range campaign.States {
		var listed desk.Page
		w.ask("desk@campaign.example", "GET", "/queue?state="+string(s), nil, http.StatusOK, &listed)
		if len(listed.Rows) <= len(campaign.Reasons()) {
			t.Fatalf("%s: %d rows", s, len(listed.Rows))
		}
		root, err := html.Parse(w.page("/queue?state="+string(s), cookie).Body)
		if err != nil {
			t.Fatal(err)
		}
		page := text(root)
		for _, row := range listed.Rows {
			said := row.Why
			if row.Next != "Nothing." {
				said += " " + row.Next
			}
			if row.Why == "" || row.Next == "" || !strings.Contains(page, said) {
				t.Errorf("%s, %s: the page does not say %q", s, row.Reason.Code, said)
			}
		}
		one := listed.Rows[len(listed.Rows)/2]
		var sight desk.Sight
		w.ask("desk@campaign.example", "GET", "/deliveries/"+string(one.ID), nil, http.StatusOK, &sight)
		if sight.Why != one.Why || sight.Next != one.Next {
			t.Errorf("%s: one answer says %q, the list %q", s, sight.Why, one.Why)
		}
	}
}

// TestSentencesInEveryLanguage: whatever is said of a delivery is said in each
// language, with the same filled in; and no catalogue has more.
func TestSentencesInEveryLanguage(t *testing.T) {
	said, err := loadWords("said.")
	if err != nil {
		t.Fatal(err)
	}
	filled := regexp.MustCompile(`\{[a-z]+\}`)
	holes := func(s string) string {
		found := filled.FindAllString(s, -1)
		slices.Sort(found)
		return strings.Join(found, " ")
	}
	all := desk.Sentences()
	for _, l := range languages[1:] {
		catalogue := said[l.String()]
		for _, english := range all {
			if got, ok := catalogue[english]; !ok || got == english || holes(got) != holes(english) {
				t.Errorf("%s: %q is %q", l, english, got)
			}
		}
		if len(catalogue) != len(all) {
			t.Errorf("%s has %d sentences, want %d", l, len(catalogue), len(all))
		}
	}
}

// TestReasonsAreReadInTheReadersLanguage: the page says why in its own
// language, with what people wrote kept apart and no colon before nothing.
func TestReasonsAreReadInTheReadersLanguage(t *testing.T) {
	w := newWorld(t)
	w.submit()
	w.ask("desk@campaign.example", "POST", "/hold", map[string]any{"scope": campaign.Scope{Kind: "plan", Plan: "mayors"}, "reason": "is the credit right?"}, http.StatusOK, nil)
	cookie := w.signedIn("desk@campaign.example")
	for lang, want := range map[string]string{
		"fr": "Elle est en pause\u00a0: \u2068plan mayors is held by desk@campaign.example (is the credit right?)\u2069. Elle attend aussi l’approbation.",
		"ar": "إنه موقوف مؤقتًا: \u2068plan mayors is held by desk@campaign.example (is the credit right?)\u2069. وينتظر الموافقة أيضًا.",
	} {
		root, err := html.Parse(w.page("/queue?plan=mayors&lang="+lang, cookie).Body)
		if err != nil {
			t.Fatal(err)
		}
		if body := text(root); !strings.Contains(body, want) {
			t.Errorf("%s: %q is not on the page: %s", lang, want, body)
		}
	}
	p := page{said: words{"It is paused: {text}.": "Está en pausa: {text}."}}
	if got := p.sentence("It is paused: {text}."); got != "Está en pausa: \u2068{text}\u2069." {
		t.Errorf("%q", got)
	}
}
