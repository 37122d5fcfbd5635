package mastodon

import (
	"errors"
	"maps"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
)

func TestNumbersDeleteDate(t *testing.T) {
	b := newBench(t, pretend.Options{})
	r := b.prepare(campaign.Content{Text: "x", Language: "en"})
	receipt, err := b.publish(r)
	if err != nil {
		t.Fatal(err)
	}
	n, err := b.c.Numbers(t.Context(), receipt)
	want := map[campaign.Count]int64{campaign.CountLikes: 3, campaign.CountReposts: 2, campaign.CountReplies: 0}
	if err != nil || !n.At.Equal(b.clock()) || !maps.Equal(n.Counts, want) {
		t.Errorf("%+v, %v; want %v", n, err, want)
	}
	if at, err := b.c.Date(t.Context()); err != nil || !at.Equal(b.clock()) {
		t.Errorf("%v, %v", at, err)
	}
	b.s.Set(&pretend.Trouble{Path: "DELETE", Status: 502, Body: "<html>"})
	if err := b.c.Delete(t.Context(), receipt); err == nil || len(b.s.Statuses()) != 1 {
		t.Errorf("a deletion that failed: %v", err)
	}
	b.s.Set(&pretend.Trouble{Path: "DELETE", Status: 404, Body: "<html>"})
	if err := b.c.Delete(t.Context(), receipt); err == nil {
		t.Error("a box's 404 counts as deleted")
	}
	b.s.Set(nil)
	for range 2 { // the second time it is not there
		if err := b.c.Delete(t.Context(), receipt); err != nil || len(b.s.Statuses()) != 0 {
			t.Errorf("%v, %d posts", err, len(b.s.Statuses()))
		}
	}
	if _, err := b.c.Numbers(t.Context(), receipt); !errors.Is(err, channels.ErrGone) {
		t.Errorf("numbers of a post that is gone: %v", err)
	}
}
