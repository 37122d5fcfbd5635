package webhook

import (
	"cmp"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

const testSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

var testNow = time.Date(2026, 12, 18, 9, 0, 0, 0, time.UTC)

func testEnv() channels.Env {
	return channels.Env{
		Campaign: "itac",
		Secret:   func(string) (secret.String, error) { return secret.New(testSecret), nil },
		Now:      func() time.Time { return testNow },
		MediaURL: func(d campaign.Digest, _ time.Time) string { return "https://media.example/" + string(d) },
	}
}

// TestOutcomes holds the adapter against every recorded answer of a receiver.
func TestOutcomes(t *testing.T) {
	for _, tt := range channeltest.RecordedOf(t, "webhook") {
		t.Run(tt.Case, func(t *testing.T) {
			receipt, e := outcome(tt.Answer(), nil, "d_1", testNow)
			if tt.Doubt != "" { // the engine repeats what is in doubt, where the class says so and under the id of before
				again := channels.Request{Delivery: campaign.Delivery{ID: "d_1"}, Key: "k"}
				first := webhookID(again)
				again.Attempt, again.Doubt, again.ArmedAt = 2, true, testNow
				if tt.Doubt != "repeat_same_id" || channels.FateOf(e) != channels.InDoubt || webhookID(again) != first ||
					!(&Channel{cfg: Config{ReceiverDedupes: true}}).Class().Repeats() || (&Channel{}).Class().Repeats() {
					t.Errorf("%q: %v, id %s, then %s", tt.Doubt, e, first, webhookID(again))
				}
			}
			if tt.First == "published" {
				if e != nil || receipt.RemoteID == "" || tt.RemoteID != "" && receipt.RemoteID != tt.RemoteID {
					t.Fatalf("receipt %+v, error %v; want id %q", receipt, e, tt.RemoteID)
				}
				return
			}
			tt.Check(t, e, tt.First)
			if retry := tt.RetryAt(); !e.RetryAt.Equal(retry) {
				t.Errorf("retry at %v, want %v", e.RetryAt, retry)
			}
		})
	}
}

func TestOutcomeOfCutAnswerIsDoubt(t *testing.T) {
	for _, status := range []int{200, 400, 401, 409, 429} {
		a := httpx.Answer{Reach: httpx.ReachAnswer, Status: status, Body: []byte(`{"id":"n-1","error":"x"}`)}
		if _, e := outcome(a, nil, "d_1", testNow); channels.FateOf(e) != channels.InDoubt {
			t.Errorf("%d whose body was cut: %v", status, e)
		}
	}
}

func TestOutcomeNeedsAnIDThatNames(t *testing.T) {
	for _, tt := range []struct{ id, want string }{
		{`"a-1"`, "a-1"}, {`17`, "17"}, {`"17"`, "17"},
		{`null`, ""}, {`true`, ""}, {`false`, ""}, {`""`, ""}, {`{}`, ""}, {`["a"]`, ""},
	} {
		a := httpx.Answer{Reach: httpx.ReachAnswer, Status: http.StatusConflict, Whole: true, Body: []byte(`{"id":` + tt.id + `}`)}
		r, e := outcome(a, nil, "d_1", testNow)
		if r.RemoteID != tt.want || (e == nil) != (tt.want != "") || e != nil && e.Fate != channels.InDoubt {
			t.Errorf("409 with id %s: receipt %q, error %v", tt.id, r.RemoteID, e)
		}
		a.Status = http.StatusOK
		if r, _ := outcome(a, nil, "d_1", testNow); r.RemoteID != cmp.Or(tt.want, "d_1") {
			t.Errorf("200 with id %s: receipt %q", tt.id, r.RemoteID)
		}
	}
}

func TestOutcomeKeepsOnlyWhatIsSafe(t *testing.T) {
	a := httpx.Answer{Reach: httpx.ReachAnswer, Status: 200, Whole: true,
		Body: []byte(`{"id":"<script>alert(1)</script>","url":"javascript:alert(1)"}`)}
	receipt, e := outcome(a, nil, "d_1", testNow)
	if e != nil || receipt.RemoteID != "d_1" || receipt.URL != "" {
		t.Errorf("receipt %+v, %v", receipt, e)
	}
	a.Status, a.Body = 400, []byte(`{"error":"token=abcdefghijklmnop <b>"}`)
	if _, e := outcome(a, nil, "d_1", testNow); strings.Contains(e.Error(), "abcdef") || strings.Contains(e.Error(), "<b>") {
		t.Errorf("the error holds the receiver's text: %v", e)
	}
	a.Body = []byte(`{"error":"too_long"}`)
	if _, e := outcome(a, nil, "d_1", testNow); !strings.Contains(e.Error(), "too_long") {
		t.Errorf("the receiver's code is lost: %v", e)
	}
}

func TestBodyIsFrozenByDelivery(t *testing.T) {
	d := campaign.Delivery{ID: "d_1", Mechanism: "mayors", Takeover: "mayors-dec", Channel: "partner", Kind: campaign.Quote, Due: testNow.Add(-time.Minute)}
	c := campaign.Content{Text: "Ensemble <b>&</b> 🌍", Language: "fr", Link: "https://example.org/x",
		Media: []campaign.Media{{Digest: "ab", Type: "image/png", Alt: "Deux mains", Credit: "A. Example", Licence: "CC-BY-4.0"}}}
	one, err := body(testEnv(), d, c)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"type":"takeover.post.published","timestamp":"2026-12-18T08:59:00Z","data":{"delivery_id":"d_1","campaign":"itac",` +
		`"mechanism":"mayors","window":"mayors-dec","channel":"partner","kind":"quote","text":"Ensemble <b>&</b> 🌍","language":"fr",` +
		`"link":"https://example.org/x","media":[{"url":"https://media.example/ab","sha256":"ab","mime":"image/png","alt":"Deux mains",` +
		`"credit":"A. Example","licence":"CC-BY-4.0"}],"due_at":"2026-12-18T08:59:00Z"}}`
	if string(one) != want {
		t.Errorf("body\n%s\nwant\n%s", one, want)
	}
}

func TestConfig(t *testing.T) {
	good := map[string]string{"url": "https://partner.example/hook", "secret": "file:partner.secret"}
	with := func(kv ...string) map[string]string {
		m := map[string]string{}
		for k, v := range good {
			m[k] = v
		}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i]] = kv[i+1]
		}
		return m
	}
	for _, tt := range []struct {
		name     string
		settings map[string]string
		url      string
		errors   []string // what the message must hold
	}{
		{"plain", good, "https://partner.example/hook", nil},
		{"another address", with("base_url", "http://127.0.0.1:9000/box", "allow_private", "true"), "http://127.0.0.1:9000/box/hook", nil},
		{"nothing", nil, "", []string{"url: it is missing", "secret: it is missing"}},
		{"literal secret", with("secret", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), "", []string{"{file: PATH}"}},
		{"plain http", with("url", "http://partner.example/hook"), "", []string{"url:", "allow_private"}},
		{"password in it", with("url", "https://me:hunter2@partner.example/"), "", []string{"user name or password"}},
		{"no bool", with("receiver_dedupes", "maybe"), "", []string{"receiver_dedupes: it must be true or false"}},
		{"unknown key", with("sercet", "file:x"), "", []string{"sercet: unknown here", "secret"}},
		{"all at once", with("receiver_dedupes", "maybe", "url", "ftp://x"), "", []string{"receiver_dedupes", "url: the address is refused"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg, err := ParseConfig(campaign.Channel{Platform: "webhook", Settings: tt.settings})
			if tt.errors == nil {
				if err != nil || cfg.URL.String() != tt.url {
					t.Fatalf("URL %v, error %v; want %s", cfg.URL, err, tt.url)
				}
				return
			}
			if err == nil {
				t.Fatal("accepted")
			}
			for _, part := range tt.errors {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "AAECAw") {
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}

func TestCheckBoundsTheBody(t *testing.T) {
	c, err := New(campaign.Channel{Settings: map[string]string{"url": "https://p.example/", "secret": "env:S"}}, testEnv())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, text, code string
	}{
		{"fine", "Ten years, one community.", ""},
		{"empty", " \n", "P050"},
		{"too long", strings.Repeat("long ", 5000), "P051"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var code string
			for _, f := range c.Check(campaign.Content{Text: tt.text}) {
				code += f.Code
			}
			if code != tt.code {
				t.Errorf("found %q, want %q", code, tt.code)
			}
		})
	}
}
