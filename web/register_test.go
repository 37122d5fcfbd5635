package web

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// TestAConsentIsAddedFromAPhone: one form with a photo of the signed sheet; the
// sheet is sealed, and opening it is a button that is recorded.
func TestAConsentIsAddedFromAPhone(t *testing.T) {
	w := newWorld(t)
	lead, boss := w.signedIn("lead@mayors.example"), w.signedIn("boss@campaign.example")
	if !strings.Contains(w.page("/consents", lead).Body.String(), `name="consent_evidence"`) {
		t.Fatal("a lead is offered no form")
	}
	sheet := []byte("\xff\xd8\xff signed by hand")
	form := url.Values{"consent_ref": {"MAYORS-018"}, "consent_shows": {"a baker in Marseille"}, "consent_scope": {"social"},
		"consent_platforms": {"mastodon, bluesky"}, "consent_until": {"2027-06-30"}, "consent_guardian": {"1"}}
	if r := w.sendFiles("/consents", lead, form, "consent_evidence", sheet); r.Code != http.StatusOK {
		t.Fatalf("%d: %s", r.Code, r.Body)
	}
	var view desk.ConsentView
	w.ask("boss@campaign.example", "GET", "/consents/MAYORS-018", nil, http.StatusOK, &view)
	if len(view.Platforms) != 2 || view.Platforms[1] != "bluesky" || !view.Guardian || !view.Proven || view.Until.Format("2006-01-02T15:04Z") != "2027-06-30T22:00Z" {
		t.Errorf("the register says %+v", view.ConsentLine)
	}
	body := w.page("/consents/MAYORS-018", boss).Body.String()
	if !strings.Contains(body, "a baker in Marseille") || strings.Contains(body, "signed by hand") {
		t.Errorf("the page shows %s", body)
	}
	if r := w.send("/consents/MAYORS-018/evidence", boss, nil); r.Code != http.StatusOK || !bytes.Equal(r.Body.Bytes(), sheet) || !strings.Contains(r.Header().Get("Content-Disposition"), ".jpg") {
		t.Errorf("the sheet: %d %q", r.Code, r.Body)
	}
	if audit := w.page("/audit", boss).Body.String(); !strings.Contains(audit, "consent.evidence") {
		t.Error("that it was opened is in no record")
	}
	form.Set("consent_until", "soon")
	form.Set("consent_ref", "MAYORS-019")
	if r := w.send("/consents", lead, form); r.Code != http.StatusBadRequest {
		t.Errorf("no day: %d", r.Code)
	}
}

// TestAConsentIsMadeWhereThePictureIs: without leaving the post, by its own
// button; looking at the post makes none.
func TestAConsentIsMadeWhereThePictureIs(t *testing.T) {
	w := newWorld(t)
	w.submit()
	lead := w.signedIn("lead@mayors.example")
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 640, 480)), nil); err != nil {
		t.Fatal(err)
	}
	said := url.Values{"revision": {"1"}, "do": {"preview"}}
	line := regexp.MustCompile(`name="picture" value="([^"]+)"`).FindStringSubmatch(w.send("/plans/mayors/posts/p1", lead, said, photo.Bytes()).Body.String())
	if line == nil {
		t.Fatal("the picture is not on the page")
	}
	digest, _, _ := strings.Cut(line[1], " ")
	said.Set("picture", line[1])
	said.Set("alt:en:"+digest, "A baker holds a tray.")
	said.Set("alt:fr:"+digest, "Un boulanger tient un plateau.")
	said.Set("credit:"+digest, "Photo: the city")
	said.Set("shows:"+digest, "person")
	said.Set("consent_ref:"+digest, "MAYORS-020")
	said.Set("consent_shows:"+digest, "a baker in Marseille")
	w.send("/plans/mayors/posts/p1", lead, said)
	w.ask("boss@campaign.example", "GET", "/consents/MAYORS-020", nil, http.StatusNotFound, nil)
	said.Set("do", "consent:"+digest)
	r := w.send("/plans/mayors/posts/p1", lead, said)
	if r.Code != http.StatusOK || !strings.Contains(r.Body.String(), `name="consent:`+digest+`" value="MAYORS-020"`) {
		t.Fatalf("%d: the picture does not name its consent: %s", r.Code, r.Body)
	}
	w.ask("boss@campaign.example", "GET", "/consents/MAYORS-020", nil, http.StatusOK, nil)
}

// TestAWithdrawnConsentHasItsLetters: the entry's page has what to write, and
// nothing to withdraw any more.
func TestAWithdrawnConsentHasItsLetters(t *testing.T) {
	w := newWorld(t)
	boss := w.signedIn("boss@campaign.example")
	if body := w.page("/consents/C-1", boss).Body.String(); !strings.Contains(body, "/consents/C-1/withdraw") || strings.Contains(body, "<blockquote") {
		t.Errorf("an entry that holds: %s", body)
	}
	if r := w.press("/consents/C-1/withdraw", "", boss); r.Code != http.StatusOK {
		t.Fatalf("%d: %s", r.Code, r.Body)
	}
	body := w.page("/consents/C-1", boss).Body.String()
	if strings.Contains(body, "/consents/C-1/withdraw") || !strings.Contains(body, "Le consentement C-1 est retiré") {
		t.Errorf("an entry that is over: %s", body)
	}
}

// TestContributorsPage: the register is kept by organizers; a phase's page
// prints each once, and the text that thanks in each language.
func TestContributorsPage(t *testing.T) {
	w := newWorld(t)
	boss := w.signedIn("boss@campaign.example")
	for _, form := range []string{"id=choir&name=The+choir&kind=in-kind&window=mayors-dec", "id=fund&name=A+fund&kind=financial&wording=Funded+by+a+fund.&window=mayors-dec", "id=fund-2&name=A+fund&kind=financial&wording=Funded+by+a+fund."} {
		if r := w.press("/contributors", form, boss); r.Code != http.StatusSeeOther {
			t.Fatalf("%d: %s", r.Code, r.Body)
		}
	}
	if r := w.press("/contributors", "id=x&name=X&kind=financial", boss); r.Code != http.StatusBadRequest {
		t.Errorf("money without its wording: %d", r.Code)
	}
	body := w.page("/contributors?window=mayors-dec", boss).Body.String()
	table, thanks, _ := strings.Cut(body, "<blockquote")
	if strings.Count(table, "Funded by a fund.") != 1 || strings.Count(thanks, "Funded by a fund.") != strings.Count(body, "<blockquote") || !strings.Contains(thanks, "The choir") {
		t.Errorf("the phase's page: %s", body)
	}
	w.press("/contributors/choir/remove", "", boss)
	if strings.Contains(w.page("/contributors", boss).Body.String(), "The choir") {
		t.Error("one who was taken out stands there")
	}
}

// TestBalancePage: what is planned is counted, and what went out is counted apart.
func TestBalancePage(t *testing.T) {
	w := newWorld(t)
	w.submit()
	boss := w.signedIn("boss@campaign.example")
	if body := w.page("/balance", boss).Body.String(); !strings.Contains(body, "<b>3</b>") {
		t.Errorf("all: %s", body)
	}
	if body := w.page("/balance?window=mayors-dec", boss).Body.String(); !strings.Contains(body, "<b>2</b>") {
		t.Errorf("of a window: %s", body)
	}
	if body := w.page("/balance?public=1", boss).Body.String(); strings.Contains(body, "<b>") {
		t.Errorf("of what went out: %s", body)
	}
}

// TestKitPage: looking tells and changes nothing; using it changes the campaign and no post.
func TestKitPage(t *testing.T) {
	w := newWorld(t)
	boss := w.signedIn("boss@campaign.example")
	p := mayorsPlan("Cities welcome. {hashtags}")
	w.ask("lead@mayors.example", "POST", "/plans", p, http.StatusOK, nil)
	before := w.texts("mayors")
	form := url.Values{"revision": {"1"}, "do": {"look"}, "hashtags": {"#CitiesWelcome"}, "new": {"welcome"}, "phrase::en": {"You are welcome."}}
	r := w.press("/kit", form.Encode(), boss)
	if body := r.Body.String(); r.Code != http.StatusOK || !strings.Contains(body, "kit.hashtags") || !strings.Contains(body, "mayors / p0") {
		t.Fatalf("%d: looking tells %s", r.Code, body)
	}
	if strings.Contains(w.page("/kit", boss).Body.String(), "#CitiesWelcome") {
		t.Fatal("looking changed the kit")
	}
	form.Set("do", "apply")
	if r := w.press("/kit", form.Encode(), boss); r.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", r.Code, r.Body)
	}
	if body := w.page("/kit", boss).Body.String(); !strings.Contains(body, "#CitiesWelcome") || !strings.Contains(body, "You are welcome.") {
		t.Errorf("the kit is %s", body)
	}
	if after := w.texts("mayors"); after["p0"] != before["p0"] {
		t.Errorf("a queued post became %q", after["p0"])
	}
	if r := w.press("/kit", form.Encode(), boss); r.Code != http.StatusConflict {
		t.Errorf("a page that is older than the campaign: %d", r.Code)
	}
	var logo bytes.Buffer
	if err := png.Encode(&logo, image.NewGray(image.Rect(0, 0, 40, 20))); err != nil {
		t.Fatal(err)
	}
	form.Set("revision", "2")
	if r := w.sendFiles("/kit", boss, form, "new_logo", logo.Bytes()); r.Code != http.StatusSeeOther {
		t.Fatalf("a logo: %d %s", r.Code, r.Body)
	}
	if r := w.page("/kit/logo", boss); r.Code != http.StatusOK || r.Header().Get("Content-Type") != "image/png" {
		t.Errorf("the logo: %d %v", r.Code, r.Header())
	}
	form = url.Values{"revision": {"3"}, "do": {"apply"}, "new_credit": {"archive"}, "credit:": {"Photo: Example Archive"}, "new_window": {"mayors-dec"}, "new_kind": {"quote"}, "template::en": {"“{quote}”"}, "new_licence": {"OFL-1.1"}}
	font, err := os.ReadFile("../internal/card/fonts/NotoSansEthiopic-Regular.ttf")
	if err != nil {
		t.Fatal(err)
	}
	if r := w.sendFiles("/kit", boss, form, "new_font", font); r.Code != http.StatusSeeOther {
		t.Fatalf("a font: %d %s", r.Code, r.Body)
	}
	if r := w.sendFiles("/kit", boss, form, "new_font", logo.Bytes()); r.Code != http.StatusBadRequest || !strings.Contains(r.Body.String(), "not a font") {
		t.Errorf("a picture as a font: %d", r.Code)
	}
	body := w.page("/kit", boss).Body.String()
	for _, want := range []string{"Photo: Example Archive", "{template}", "“{quote}”", "Noto Sans Ethiopic", `value="OFL-1.1"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not show %s", want)
		}
	}
	kept := url.Values{"revision": {"4"}, "do": {"look"}, "font": {string(campaign.DigestOf(font))}, "font_name": {"Noto Sans Ethiopic"}, "font_licence": {"OFL-1.1"}}
	if r := w.press("/kit", kept.Encode(), boss); strings.Contains(r.Body.String(), "kit.fonts") || !strings.Contains(r.Body.String(), "kit.credits") {
		t.Errorf("the font stays and the credit line goes: %s", r.Body)
	}
	kept.Set("no_font", string(campaign.DigestOf(font)))
	if r := w.press("/kit", kept.Encode(), boss); !strings.Contains(r.Body.String(), "kit.fonts") {
		t.Errorf("the font goes: %s", r.Body)
	}
	form = url.Values{"revision": {"4"}, "do": {"apply"}, "band": {"#FFFFFE"}}
	if r := w.press("/kit", form.Encode(), boss); r.Code != http.StatusUnprocessableEntity || !strings.Contains(r.Body.String(), "contrast") {
		t.Errorf("letters that cannot be read: %d", r.Code)
	}
}

// press presses a button of a form.
func (w *world) press(path, form string, cookie *http.Cookie) *httptest.ResponseRecorder {
	w.t.Helper()
	return answered(w.tcp, "POST", path, form, cookie)
}

// TestTheInboxShowsTheOriginal: beside its translation, each marked with its language.
func TestTheInboxShowsTheOriginal(t *testing.T) {
	w := newWorld(t)
	p := mayorsPlan("Streets.")
	p.Source = strings.Replace(strings.Replace(p.Source, "{en: \"Streets.\"}", "{en: \"Streets.\", fr: \"Des rues.\"}", 1), "languages: [en]", "languages: [en, fr]", 1)
	w.ask("lead@mayors.example", "POST", "/plans", p, http.StatusOK, nil)
	body := w.page("/inbox", w.signedIn("second@campaign.example")).Body.String()
	if !strings.Contains(body, "<blockquote lang=\"en\" dir=\"auto\">Streets.</blockquote>\n<blockquote lang=\"fr\" dir=\"auto\">Des rues.</blockquote>") {
		t.Errorf("the translation stands alone: %s", body)
	}
}
