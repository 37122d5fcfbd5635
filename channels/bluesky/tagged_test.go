package bluesky_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/channels/bluesky/pretend"
)

func TestTagged(t *testing.T) {
	b := newBench(t, pretend.Options{})
	since := b.clock()
	const key = "3lexample2k22"
	b.server.Enter(pretend.Entry{DID: "did:plc:early", Key: key, Tag: "MyStreet", At: since.Add(-time.Minute)},
		pretend.Entry{DID: b.server.DID(), Key: key, Tag: "MyStreet", At: since}, // the account's own is no entry
		pretend.Entry{DID: "did:plc:ana", Key: key, Tag: "mystreet", At: since.Add(time.Minute)},
		pretend.Entry{DID: "did:plc:bo", Key: key, Tag: "MyStreets", At: since},
		pretend.Entry{DID: "did:plc:x/../../evil", Key: key, Tag: "MyStreet", At: since},
		pretend.Entry{DID: "did:plc:y", Key: "no-key", Tag: "MyStreet", At: since})
	for i := range 120 {
		b.server.Enter(pretend.Entry{DID: fmt.Sprintf("did:plc:p%d", i), Key: key, Tag: "MyStreet", At: since.Add(time.Hour)})
	}
	b.server.Enter(pretend.Entry{DID: "did:plc:p1", Key: key, Tag: "MyStreet", At: since.Add(time.Hour)}) // told twice
	got, err := b.ch.Tagged(t.Context(), "#MyStreet", since)
	if err != nil || len(got) != 121 {
		t.Fatalf("%d entries, %v", len(got), err)
	}
	if last := got[120]; last.URL != "https://bsky.app/profile/did:plc:ana/post/"+key || !last.At.Equal(since.Add(time.Minute)) {
		t.Errorf("the first entry is %+v", last)
	}
	none := newBench(t, pretend.Options{NoApplication: true})
	if got, err := none.ch.Tagged(t.Context(), "#MyStreet", since); err == nil {
		t.Errorf("where nobody searches there are %d entries", len(got))
	}
}
