package mastodon

import (
	"fmt"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
)

func TestTagged(t *testing.T) {
	b := newBench(t, pretend.Options{})
	b.s.Enter("early", "before it began #MyStreet")
	b.pass(time.Hour)
	since := b.clock()
	b.s.PostByHand("Show us #MyStreet", 0) // the account's own is no entry
	b.s.Enter("ana", "the bench #mystreet")
	b.s.Enter("bo", "another tag #MyStreets")
	for i := range 2 * pageSize {
		b.s.Enter(fmt.Sprint("p", i), "here #MyStreet")
	}
	got, err := b.c.Tagged(t.Context(), "#MyStreet", since)
	if err != nil || len(got) != 2*pageSize+1 {
		t.Fatalf("%d entries, %v", len(got), err)
	}
	if last := got[len(got)-1]; !last.At.Equal(since) || last.URL[:len("https://elsewhere.example/@ana/")] != "https://elsewhere.example/@ana/" {
		t.Errorf("the first entry is %+v", last)
	}
	for range channels.MaxTagged + pageSize {
		b.s.Enter("flood", "here #MyStreet")
	}
	if got, err := b.c.Tagged(t.Context(), "#MyStreet", since); err != nil || len(got) != channels.MaxTagged {
		t.Errorf("of a flood %d entries are given, %v", len(got), err)
	}
	b.s.Set(&pretend.Trouble{Path: "GET /api/v1/timelines", Status: 502, Body: "<html>"})
	if got, err := b.c.Tagged(t.Context(), "#MyStreet", since); err == nil {
		t.Errorf("a box's answer counts as %d entries", len(got))
	}
}
