package desk

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/store"
)

// searched is a platform whose public posts can be searched.
type searched struct {
	channels.Channel
	found []campaign.Entry
	err   error
	asked []string // hashtag and since
}

func (p *searched) Tagged(_ context.Context, hashtag string, since time.Time) ([]campaign.Entry, error) {
	p.asked = append(p.asked, hashtag+" "+since.UTC().Format(time.DateTime))
	return p.found, p.err
}

func TestEntriesOfAChallenge(t *testing.T) {
	w, p := newWorld(t), &searched{}
	w.submit(w.lead(), planOf(`  - id: street
    kind: challenge
    channels: [hall]
    challenge: {hashtag: "#Street", closes: "2026-12-19T12:00"}
    steps:
      launch: {at: "2026-12-15T12:00", text: {en: "Show us {challenge}."}}
      wrapup: {at: "2026-12-20T17:00", text: {en: "Thank you for {challenge}."}}
`))
	w.Channel = func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error) { return p, nil }
	w.approveAll()
	collect := func(at string, asked int) []Entries {
		t.Helper()
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		w.clock.now = now
		if err := w.CollectEntries(ctx); err != nil || len(p.asked) != asked {
			t.Fatalf("at %s asked %v, want %d: %v", at, p.asked, asked, err)
		}
		r, err := w.Recap(ctx, w.lead(), "mayors-dec")
		if err != nil {
			t.Fatal(err)
		}
		return r.Entries
	}
	if got := collect("2026-12-15T10:59:00Z", 0); len(got) != 0 {
		t.Errorf("before the launch there is %+v", got)
	}
	launch := w.of("street")[0]
	w.clock.now = launch.Due
	w.publish(launch)
	closes := time.Date(2026, 12, 19, 11, 0, 0, 0, time.UTC) // noon in Brussels
	p.found = []campaign.Entry{{URL: "https://social.example/late", At: closes.Add(time.Second)}, {URL: "https://social.example/last", At: closes}, {URL: "https://social.example/first", At: closes.Add(-72 * time.Hour)}}
	if got := collect("2026-12-15T11:10:00Z", 1); len(got) != 1 || len(got[0].All) != 2 || got[0].All[0].URL != "https://social.example/last" || got[0].Most || got[0].Hashtag != "#Street" {
		t.Errorf("counted %+v", got)
	}
	if p.asked[0] != "#Street 2026-12-15 11:00:00" {
		t.Errorf("asked for %s", p.asked[0])
	}
	collect("2026-12-15T12:09:00Z", 1) // not every time
	p.err = errors.New("no answer")
	if got := collect("2026-12-15T12:10:00Z", 2); len(got[0].All) != 2 {
		t.Errorf("without an answer %+v is left", got)
	}
	p.err, p.found = nil, p.found[1:2] // somebody took a post down
	if got := collect("2026-12-19T11:05:00Z", 3); len(got[0].All) != 1 {
		t.Errorf("what was taken down counts: %+v", got)
	}
	collect("2026-12-20T11:05:00Z", 3) // it has closed, and was asked for since
}

func TestEntriesThatAreTooMany(t *testing.T) {
	w := newWorld(t)
	p := &searched{found: make([]campaign.Entry, channels.MaxTagged)}
	w.Channel = func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error) { return p, nil }
	c := sample()
	e := Entries{Plan: "a", Post: "b", Channel: "hall", Hashtag: "#x", Closes: start}
	if err := w.askEntries(ctx, &c, e); err != nil {
		t.Fatal(err)
	}
	w.view(func(tx store.Tx) error {
		if got, err := entriesOf(tx, "a"); err != nil || len(got) != 1 || !got[0].Most || len(got[0].All) != channels.MaxTagged {
			t.Errorf("%d, %v", len(got), err)
		}
		return nil
	})
}
