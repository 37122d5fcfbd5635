package email

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/channels/email/pretend"
	"github.com/ittakesacommunity/takeover/internal/peertest"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// TestRealMailpit goes the whole way with a mail server of somebody else. The
// variable holds its two addresses: {"smtp":"127.0.0.1:1025","api":"http://127.0.0.1:8025"}.
func TestRealMailpit(t *testing.T) {
	var at struct{ SMTP, API string }
	if err := json.Unmarshal([]byte(peertest.Need(t, "mailpit", "TAKEOVER_TEST_MAILPIT")), &at); err != nil {
		t.Fatal(err)
	}
	m, png := grey(t, 7)
	env := channels.Env{Campaign: "itac", Now: channeltest.Now,
		Secret: func(string) (secret.String, error) { return secret.New("any"), nil },
		Media:  func(campaign.Digest) ([]byte, error) { return png, nil }}
	c := open(t, at.SMTP, &pretend.Server{}, env, "user", "campaign", "password", "file:p")
	if _, err := c.Inspect(t.Context()); err != nil {
		t.Fatal(err)
	}
	content := campaign.Content{Text: "Zehn Jahre, eine Gemeinschaft – für alle.\n\nText mit <b>, 🌍 & https://example.org/?a=1&b=2\n.\n..", Language: "de", Media: []campaign.Media{m}}
	r := channels.Request{Delivery: campaign.Delivery{ID: campaign.DeliveryID("d_" + rand.Text()), Due: channeltest.Now()}, Content: content, Gate: channeltest.Open{}}
	var err error
	if r.Staged, err = c.Prepare(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	chaos := func(fault string) { call(t, http.MethodPut, at.API+"/api/v1/chaos", fault) }
	defer chaos(`{}`)
	for _, tt := range []struct {
		fault string
		scope channels.Scope
	}{
		{`{"Authentication":{"ErrorCode":535,"Probability":100}}`, channels.ScopeChannel},
		{`{"Sender":{"ErrorCode":550,"Probability":100}}`, channels.ScopeChannel},
		{`{"Recipient":{"ErrorCode":451,"Probability":100}}`, channels.ScopePlatform},
	} {
		chaos(tt.fault)
		var e *channels.Error
		if _, err := c.Publish(t.Context(), r); !errors.As(err, &e) || e.Fate != channels.NotSent || e.Scope != tt.scope {
			t.Errorf("%s: %v", tt.fault, err)
		}
	}
	chaos(`{}`)
	receipt, err := c.Publish(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Messages []struct{ ID string } `json:"messages"`
	}
	answer := call(t, http.MethodGet, at.API+"/api/v1/search?query="+url.QueryEscape("message-id:"+receipt.RemoteID), "")
	if err := json.Unmarshal(answer, &found); err != nil || len(found.Messages) != 1 {
		t.Fatalf("%d mails, %v", len(found.Messages), err)
	}
	var got struct {
		Subject, Text, HTML string
		Inline              []struct{ PartID, ContentID string }
	}
	if err := json.Unmarshal(call(t, http.MethodGet, at.API+"/api/v1/message/"+found.Messages[0].ID, ""), &got); err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(content.Text, "\n\n")
	if got.Subject != "Zehn Jahre, eine Gemeinschaft – für alle." || !strings.Contains(strings.ReplaceAll(got.Text, "\r\n", "\n"), text) || !strings.Contains(got.HTML, "<img") || len(got.Inline) != 1 {
		t.Errorf("%+v", got)
	} else if b := call(t, http.MethodGet, at.API+"/api/v1/message/"+found.Messages[0].ID+"/part/"+got.Inline[0].PartID, ""); !bytes.Equal(b, png) {
		t.Error("the picture is another")
	}
}

func call(t *testing.T, method, address, body string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v", method, address, resp.Status, err)
	}
	return b
}
