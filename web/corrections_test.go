package web

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/desk"
)

// TestCorrectionsAreShown: what is proposed for posts that are no longer true
// stands on the page that answers, in its words and nobody's markup.
func TestCorrectionsAreShown(t *testing.T) {
	w := newWorld(t)
	r := httptest.NewRequest("POST", "/plans/mayors/withdraw", nil)
	r.Header.Set("Accept-Language", "ar")
	answer := httptest.NewRecorder()
	done := desk.Done{Text: "2 deliveries are withdrawn.", Corrections: []desk.Correction{{Delivery: "d_live", Channel: "hall",
		URLs: []string{"https://social.example/1", "javascript:alert(1)"}, Text: "Correction: <b>off</b>."}}}
	if err := w.after(answer, w.newPage(r), done, nil, "/plans/mayors"); err != nil {
		t.Fatal(err)
	}
	body := answer.Body.String()
	for _, want := range []string{"تصحيحات مقترحة", `href="/deliveries/d_live"`, `href="https://social.example/1"`, "Correction: &lt;b&gt;off&lt;/b&gt;.", "2 deliveries are withdrawn."} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is missing in %s", want, body)
		}
	}
	if strings.Contains(body, `href="javascript`) {
		t.Error("an address that is a script can be pressed")
	}
}
