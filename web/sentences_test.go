package web

import (
	"fmt"
	"net/http"
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
