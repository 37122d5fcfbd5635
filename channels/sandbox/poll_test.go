package sandbox

import (
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// TestPollsReachTheWall: an account like one that has polls takes them, but not
// beside pictures; others refuse them.
func TestPollsReachTheWall(t *testing.T) {
	poll := &campaign.Poll{Options: []string{"By bus", "By <b>bike</b>"}, Ends: time.Hour, Multiple: true}
	r := newRig(t, Account{Like: "mastodon"})
	digest, bytes := pixel(t)
	r.want(200, "PUT", "/v1/accounts/main/media/"+string(digest), bytes)
	r.want(201, "POST", posts, Draft{Text: "Which?", Language: "en", Poll: poll})
	r.want(422, "POST", posts, Draft{Text: "Which one?", Language: "en", Poll: poll, Pictures: []Picture{{Digest: digest, Alt: "A"}}})
	page, _ := r.page("/")
	for _, want := range []string{"several may be chosen", "By bus", "By &lt;b&gt;bike"} {
		if !strings.Contains(page, want) {
			t.Errorf("the wall does not say %q", want)
		}
	}
	newRig(t, Account{Like: "bluesky"}).want(422, "POST", posts, Draft{Text: "Which?", Language: "en", Poll: poll})

	drafts := new(Channel).drafts(channels.Request{Content: campaign.Content{Text: "Which?", Language: "en", Poll: poll, Thread: []string{"More."}}})
	if drafts[0].Poll != poll || drafts[1].Poll != nil {
		t.Errorf("the poll is not the first part's: %+v", drafts)
	}
}
