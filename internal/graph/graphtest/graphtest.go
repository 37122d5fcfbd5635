// Package graphtest is what the tests of Meta's channels share.
package graphtest

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/graph/pretendgraph"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Canary is the token of tests; nothing but an Authorization header may hold it.
const Canary = "EAAGCANARY7f3a9b2e4c6d8f1a3b5c7d9e"

// JPEG is a picture of one colour, told from others by its shade.
func JPEG(t testing.TB, shade uint8) (campaign.Media, []byte) {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range img.Pix {
		img.Pix[i] = color.Gray{Y: shade}.Y
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return campaign.Media{Digest: campaign.DigestOf(b.Bytes()), Type: "image/jpeg", Bytes: int64(b.Len()), Width: 8, Height: 8,
		Alt: fmt.Sprintf("Grey field %d.", shade), Credit: "Photo: A. Example / CC BY"}, b.Bytes()
}

// Env is what a channel gets in tests; app is the secret of the app.
func Env(now func() time.Time, keep channels.Keeper, app string) channels.Env {
	return channels.Env{Campaign: "itac", Now: now, Keep: keep,
		Secret: func(ref string) (secret.String, error) {
			if ref == "file:app.secret" {
				return secret.New(app + "\n"), nil
			}
			return secret.New(Canary + "\n"), nil
		},
		Media:    func(campaign.Digest) ([]byte, error) { return nil, errors.New("pictures are fetched, not sent") },
		MediaURL: func(d campaign.Digest, _ time.Time) string { return "https://media.example/" + string(d) }}
}

// Parrot is a platform that repeats the caller's token wherever it can, unless
// Status is 0. It notes where tokens stood that should not.
type Parrot struct {
	http.Handler
	Status int
	Leaked []string
}

func (p *Parrot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if strings.Contains(r.URL.String(), Canary) || bytes.Contains(body, []byte(Canary)) && r.URL.Path != "/" {
		p.Leaked = append(p.Leaked, r.Method+" "+r.URL.Path)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if p.Status == 0 {
		p.Handler.ServeHTTP(w, r)
		return
	}
	w.WriteHeader(p.Status)
	fmt.Fprintf(w, `{"id":%[1]q,"user_id":%[1]q,"status_code":"ERROR","status":%[1]q,"error_message":%[1]q,"permalink":"https://e.example/?access_token=%[1]s",
		"name":%[1]q,"username":%[1]q,"data":[{"id":%[1]q,"text":%[1]q}],"error":{"message":%[1]q,"type":%[1]q,"code":190,"error_subcode":463}}`, Canary)
}

// Silent fails where what calls give back holds the token, whatever the
// platform answers to them.
func Silent(t *testing.T, p *Parrot, calls map[string]func() (any, error)) {
	t.Helper()
	for _, status := range []int{0, 200, 301, 400, 401, 403, 404, 429, 500, 503} {
		p.Status = status
		for name, call := range calls {
			got, err := call()
			if s := fmt.Sprintf("%+v %#v %v", got, got, err); strings.Contains(s, "CANARY") {
				t.Errorf("%s with %d: %s", name, status, s)
			}
		}
	}
	if len(p.Leaked) > 0 {
		t.Errorf("a token stood in the address or body of %v", p.Leaked)
	}
}

// Case is a recorded answer and what an adapter must say of it.
type Case struct{ channeltest.Recorded }

// Cases are the recorded answers of a platform.
func Cases(t *testing.T, platform string) (all []Case) {
	t.Helper()
	for _, r := range channeltest.RecordedOf(t, platform) {
		all = append(all, Case{r})
	}
	return all
}

// Check fails where err is not what the word says, or is called a twin without
// being one.
func (c Case) Check(t *testing.T, err error, word string) {
	t.Helper()
	e := c.Recorded.Check(t, err, word)
	if e != nil && (word == "read_back") != e.Duplicate && word != "published_evidence" {
		t.Errorf("twin %v with %s", e.Duplicate, word)
	}
}

// CheckPolled asks for a container that is as the case says. open gives the
// adapter's containers at an address.
func (c Case) CheckPolled(t *testing.T, open func(base string) *graph.Containers) {
	t.Helper()
	s := pretendgraph.New(nil)
	s.Accept(Canary, pretendgraph.Token{})
	s.Handle("GET /", "", func(*pretendgraph.Call) pretendgraph.Reply { return pretendgraph.Reply{Status: c.Status, Body: c.Body} })
	server := httptest.NewServer(s)
	defer server.Close()
	posts, token := open(server.URL), secret.New(Canary)
	posts.Hasten = 1_000_000
	state, _, err := posts.State(t.Context(), token, "1")
	public, v, asking := posts.Verdict(t.Context(), token, "1")
	switch c.First {
	case "staged":
		if state != graph.Finished || v != channels.Absent {
			t.Errorf("%s, %s", state, v)
		}
	case "staged_processing":
		if state != graph.InProgress || asking == nil {
			t.Errorf("%s, %v", state, asking)
		}
	case "published":
		if !public || v != channels.Found {
			t.Errorf("public %v, %s", public, v)
		}
	case "read_again":
		c.Check(t, err, c.First)
	default:
		c.Check(t, posts.Await(t.Context(), token, "1"), c.First)
		if c.First == "restage" && v != channels.Absent {
			t.Errorf("%s", v)
		}
	}
}
