package wordpress

import (
	"crypto/rand"
	"encoding/json"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/internal/peertest"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// TestRealWordPress goes the whole way with a real site. The variable holds
// what its start prints: {"base":"http://127.0.0.1:8089","author":"application password"}.
func TestRealWordPress(t *testing.T) {
	var at struct{ Base, Author string }
	if err := json.Unmarshal([]byte(peertest.Need(t, "wordpress", "TAKEOVER_TEST_WORDPRESS")), &at); err != nil {
		t.Fatal(err)
	}
	m, bytes := grey(t, 7)
	env := channels.Env{Campaign: "itac", Now: channeltest.Now,
		Secret: func(string) (secret.String, error) { return secret.New(at.Author), nil },
		Media:  func(campaign.Digest) ([]byte, error) { return bytes, nil }}
	c := open(t, at.Base, env, "server", at.Base, "base_url", "", "user", "author")
	a, err := c.Inspect(t.Context())
	if err != nil || len(a.Missing) != 0 {
		t.Fatalf("%+v, %v", a, err)
	}
	text := "Ten years, one community.\n\nA text with [brackets] & <signs>, https://example.org/?a=1&b=2 and 🌍."
	r := request(campaign.DeliveryID("d_"+t.Name()+rand.Text()), campaign.Content{Text: text, Language: "en", Media: []campaign.Media{m}})
	for range 2 { // as after a crash
		if r.Staged, err = c.Prepare(t.Context(), *r); err != nil {
			t.Fatal(err)
		}
	}
	if v, _, err := c.Reconcile(t.Context(), *r); v != channels.Absent || err != nil {
		t.Errorf("before: %s, %v", v, err)
	}
	one, err := c.Publish(t.Context(), *r)
	if err != nil || one.Warning != "" || one.URL == "" {
		t.Fatalf("%+v, %v", one, err)
	}
	two, err := c.Publish(t.Context(), *r)
	if err != nil || two.RemoteID != one.RemoteID || two.URL != one.URL || !two.Platform.Equal(one.Platform) {
		t.Errorf("a repeat: %+v, %v", two, err)
	}
	v, found, err := c.Reconcile(t.Context(), *r)
	if v != channels.Found || found.RemoteID != one.RemoteID || found.Warning != "" || err != nil {
		t.Errorf("after: %s, %+v, %v", v, found, err)
	}
	for range 2 {
		if err := c.Delete(t.Context(), one); err != nil {
			t.Error(err)
		}
	}
	if v, _, err := c.Reconcile(t.Context(), *r); v != channels.Gone || err != nil {
		t.Errorf("taken down: %s, %v", v, err)
	}
}
