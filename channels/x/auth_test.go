package x

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dghubble/oauth1"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/x/pretend"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// TestSignature: ours is the library's, for the same nonce and second.
func TestSignature(t *testing.T) {
	cred := credential{consumer: secret.New("ck"), consumerSecret: secret.New("c s&"), token: secret.New("tk"), tokenSecret: secret.New("t/s+")}
	for _, tt := range []struct {
		method, path string
		form         url.Values
		json         string
	}{
		{"GET", "/2/users/1/tweets?max_results=20&tweet.fields=created_at%2Centities&q=a%20b*é", nil, ""},
		{"POST", "/1.1/statuses/update.json", url.Values{"status": {"Ladies + Gentlemen, An encoded string! 🌍 ☃ *~'()"}, "media_ids": {"1,2"}}, ""},
		{"POST", "/2/tweets", nil, `{"text":"not signed"}`},
		{"DELETE", "/2/tweets/12", nil, ""},
	} {
		var head string
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { head = r.Header.Get("Authorization") }))
		client := oauth1.NewConfig("ck", "c s&").Client(context.Background(), oauth1.NewToken("tk", "t/s+"))
		body, kind := tt.json, mimeJSON
		if tt.form != nil {
			body, kind = tt.form.Encode(), mimeForm
		}
		req, err := http.NewRequest(tt.method, server.URL+tt.path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		server.Close()
		field := func(name string) string {
			m := regexp.MustCompile(name + `="([^"]*)"`).FindStringSubmatch(head)
			v, err := url.PathUnescape(m[1])
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		at, err := strconv.ParseInt(field("oauth_timestamp"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := cred.sign(tt.method, server.URL+tt.path, tt.form, field("oauth_nonce"), time.Unix(at, 0))
		if err != nil || ours != head {
			t.Errorf("%s %s: %v\n%s\n%s", tt.method, tt.path, err, ours, head)
		}
	}
}

// TestClockIsWrong: X says so in its own way to v1.1; people are told what to look at.
func TestClockIsWrong(t *testing.T) {
	b := newBench(t, pretend.Options{Old: true}, "api", "v1.1")
	r := b.prepare(campaign.Content{Text: "x"})
	slow := b.env()
	slow.Now = func() time.Time { return b.clock().Add(-time.Hour) }
	b.c = open(t, b.box.URL, slow, "api", "v1.1")
	if _, err := b.publish(r); channels.FateOf(err) != channels.NotSent || !strings.Contains(err.Error(), "clock") {
		t.Errorf("%v", err)
	}
}
