package channeltest

import (
	"net/url"
	"testing"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Unbound holds that a channel whose platform knows no PKCE takes no answer that
// may be another flow's: a code alone, one without the state, or with another.
// landed is where the browser ended, having agreed to the flow of begun.
func Unbound(t *testing.T, c channels.Connector, begun secret.String, landed string) {
	t.Helper()
	u, err := url.Parse(landed)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	code, state := q.Get("code"), q.Get("state")
	if code == "" || state == "" {
		t.Fatal("the browser landed without a code or state")
	}
	at := func(q url.Values) string { return "https://takeover.example/back?" + q.Encode() }
	for name, answer := range map[string][2]string{
		"nothing": {}, "a code alone": {code}, "an address without the state": {at(url.Values{"code": {code}})},
		"an address with another state": {at(url.Values{"code": {code}, "state": {"x" + state}}), state},
		"another state beside the code": {code, "x" + state}, "an address without a code": {at(url.Values{"state": {state}})},
	} {
		answers := map[string]secret.String{"code": secret.New(answer[0]), "state": secret.New(answer[1])}
		if answer[1] == "" {
			delete(answers, "state")
		}
		if _, _, err := c.Finish(t.Context(), begun, answers); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
