package web

import (
	"bytes"
	"image"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
)

// send presses a button of a form that may bring pictures.
func (w *world) send(path string, cookie *http.Cookie, form url.Values, pictures ...[]byte) *httptest.ResponseRecorder {
	w.t.Helper()
	return w.sendFiles(path, cookie, form, "pictures", pictures...)
}

// sendFiles presses a button of a form that brings files under a name.
func (w *world) sendFiles(path string, cookie *http.Cookie, form url.Values, name string, files ...[]byte) *httptest.ResponseRecorder {
	w.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, vs := range form {
		for _, v := range vs {
			if err := m.WriteField(k, v); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	for _, p := range files {
		f, err := m.CreateFormFile(name, "IMG_0001.JPG")
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := f.Write(p); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		w.t.Fatal(err)
	}
	q := httptest.NewRequest("POST", path, &b)
	q.Header.Set("Content-Type", m.FormDataContentType())
	q.AddCookie(cookie)
	r := httptest.NewRecorder()
	w.tcp.ServeHTTP(r, q)
	return r
}

// TestWritePost: a lead writes in the browser, without scripts; what is shown is
// what is submitted, and looking submits nothing.
func TestWritePost(t *testing.T) {
	w := newWorld(t)
	w.submit()
	lead := w.signedIn("lead@mayors.example")
	const field = "field:posts/p1/text/en"
	if body := w.page("/plans/mayors/posts/p1", lead).Body.String(); !strings.Contains(body, ">Towns, too.</textarea>") || !strings.Contains(body, `name="field:posts/p1/text/fr"`) {
		t.Fatalf("what the post says is not there to be changed: %s", body)
	}
	said := url.Values{"revision": {"1"}, "do": {"preview"}, field: {"Towns,\r\nvillages & hamlets."}}
	r := w.send("/plans/mayors/posts/p1", lead, said)
	if body := r.Body.String(); r.Code != http.StatusOK || !strings.Contains(body, "<blockquote lang=\"en\" dir=\"auto\">Towns,\nvillages &amp; hamlets.</blockquote>") {
		t.Fatalf("%d: the preview does not show what would leave: %s", r.Code, body)
	}
	if strings.Contains(w.page("/plans/mayors/posts/p1", lead).Body.String(), "hamlets") {
		t.Fatal("looking changed the plan")
	}
	said.Set("do", "submit")
	if r := w.send("/plans/mayors/posts/p1", lead, said); r.Code != http.StatusSeeOther || r.Header().Get("Location") != "/plans/mayors" {
		t.Fatalf("%d: %s", r.Code, r.Body)
	}
	if texts := w.texts("mayors"); texts["p1"] != "Towns,\nvillages & hamlets." || texts["p0"] != "Cities welcome." {
		t.Errorf("what waits is %q", texts)
	}
	// The page is older than the plan now: its button writes over nobody's words.
	if r := w.send("/plans/mayors/posts/p1", lead, said); r.Code != http.StatusConflict {
		t.Errorf("an older page: %d", r.Code)
	}
	// Nor does it write anything else than fields of the post.
	said.Set("revision", "2")
	said.Set("field:posts/p0/text/en", "Not mine to write here.")
	if r := w.send("/plans/mayors/posts/p1", lead, said); r.Code != http.StatusSeeOther || w.texts("mayors")["p0"] != "Cities welcome." {
		t.Errorf("another post was written: %d", r.Code)
	}
}

// TestWriteNewPost: the first post written for a window begins a plan, the next one joins it.
func TestWriteNewPost(t *testing.T) {
	w := newWorld(t)
	lead := w.signedIn("lead@mayors.example")
	said := url.Values{"revision": {"0"}, "do": {"submit"}, "at": {"2026-12-15T09:00"}, "channels": {"wall"}, "text:en": {"First."}}
	if r := w.send("/windows/mayors-dec/write", lead, said); r.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", r.Code, r.Body)
	}
	if r := w.send("/windows/mayors-dec/write", lead, said); r.Code != http.StatusConflict {
		t.Errorf("the same form again: %d", r.Code)
	}
	said.Set("revision", "1")
	said.Set("at", "2026-12-16T09:00")
	said.Set("text:en", "Second.")
	if r := w.send("/windows/mayors-dec/write", lead, said); r.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", r.Code, r.Body)
	}
	if texts := w.texts("mayors-dec-web"); texts["post-1"] != "First." || texts["post-2"] != "Second." {
		t.Errorf("what waits is %q", texts)
	}
	// A post outside of the window is shown with what is wrong, and not submitted.
	said.Set("revision", "2")
	said.Set("at", "2026-12-24T09:00")
	if r := w.send("/windows/mayors-dec/write", lead, said); r.Code != http.StatusUnprocessableEntity || len(w.texts("mayors-dec-web")) != 2 {
		t.Errorf("outside of the window: %d", r.Code)
	}
}

// TestWriteTooLong: the preview says by how much a text is too long, and what is left otherwise.
func TestWriteTooLong(t *testing.T) {
	w := newWorld(t)
	w.submit()
	lead := w.signedIn("lead@mayors.example")
	longest := 0
	for _, n := range []int{10, 6000} {
		said := url.Values{"revision": {"1"}, "do": {"preview"}, "field:posts/p1/text/en": {strings.Repeat("a", n)}}
		var out desk.Previewed
		sub := planOf("mayors", "mayors-dec", "2026-12-15", strings.Repeat("a", n))
		w.ask("lead@mayors.example", "POST", "/plans/preview", sub, http.StatusOK, &out)
		if len(out.Previews) != 1 || out.Previews[0].Length != n {
			t.Fatalf("%+v", out.Previews)
		}
		longest = out.Previews[0].Limit
		body := w.send("/plans/mayors/posts/p1", lead, said).Body.String()
		if left := longest - n; left >= 0 && !strings.Contains(body, "Left: "+strconv.Itoa(left)) || left < 0 && !strings.Contains(body, "Too long by "+strconv.Itoa(-left)) {
			t.Errorf("%d characters of %d: %s", n, longest, body)
		}
	}
	if longest < 10 || longest > 6000 {
		t.Errorf("the limit is %d: nothing was too long", longest)
	}
}

// TestWritePicture: a photo from the phone is kept at once, its description,
// credit and consent are asked, and nothing leaves without them.
func TestWritePicture(t *testing.T) {
	w := newWorld(t)
	w.submit()
	lead := w.signedIn("lead@mayors.example")
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewRGBA(image.Rect(0, 0, 800, 600)), nil); err != nil {
		t.Fatal(err)
	}
	said := url.Values{"revision": {"1"}, "do": {"submit"}}
	r := w.send("/plans/mayors/posts/p1", lead, said, photo.Bytes())
	line := regexp.MustCompile(`name="picture" value="([^"]+)"`).FindStringSubmatch(r.Body.String())
	if r.Code != http.StatusUnprocessableEntity || line == nil {
		t.Fatalf("a photo that nobody described: %d %s", r.Code, r.Body)
	}
	digest, _, _ := strings.Cut(line[1], " ")
	said.Set("picture", line[1])
	said.Set("alt:en:"+digest, "A square with a fountain.")
	said.Set("alt:fr:"+digest, "Une place avec une fontaine.")
	said.Set("credit:"+digest, "Photo: the city")
	said.Set("shows:"+digest, "person")
	if r := w.send("/plans/mayors/posts/p1", lead, said); r.Code != http.StatusUnprocessableEntity {
		t.Errorf("a person without a consent: %d", r.Code)
	}
	said.Set("consent:"+digest, "C-1")
	if r := w.send("/plans/mayors/posts/p1", lead, said); r.Code != http.StatusSeeOther {
		t.Fatalf("%d: %s", r.Code, r.Body)
	}
	var sight desk.Sight
	w.ask("desk@campaign.example", "GET", "/deliveries/"+string(w.rows("mayors")["p1"]), nil, http.StatusOK, &sight)
	if m := sight.Content.Media; len(m) != 1 || m[0].Alt != "A square with a fountain." || m[0].Credit != "Photo: the city" || m[0].Consent != "C-1" {
		t.Errorf("what would leave is %+v", sight.Content)
	}
	// A file that is no picture is refused by name.
	if r := w.send("/plans/mayors/posts/p1", lead, url.Values{"revision": {"2"}, "do": {"preview"}}, []byte("<svg onload=alert(1)>")); r.Code != http.StatusBadRequest {
		t.Errorf("a file that is no picture: %d", r.Code)
	}
}

// rows are the deliveries of a plan by post.
func (w *world) rows(plan campaign.PlanID) map[campaign.PostID]campaign.DeliveryID {
	w.t.Helper()
	var page desk.Page
	w.ask("desk@campaign.example", "GET", "/queue?plan="+string(plan), nil, http.StatusOK, &page)
	out := map[campaign.PostID]campaign.DeliveryID{}
	for _, r := range page.Rows {
		out[r.Post] = r.ID
	}
	return out
}

// texts are what the posts of a plan would say.
func (w *world) texts(plan campaign.PlanID) map[campaign.PostID]string {
	w.t.Helper()
	out := map[campaign.PostID]string{}
	for post, id := range w.rows(plan) {
		var sight desk.Sight
		w.ask("desk@campaign.example", "GET", "/deliveries/"+string(id), nil, http.StatusOK, &sight)
		out[post] = sight.Content.Text
	}
	return out
}
