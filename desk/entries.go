package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/store"
)

const (
	entrySettings = "entries/" // followed by plan, post and channel: its Entries
	// entriesEvery is how often a platform is asked for a challenge's entries.
	entriesEvery = time.Hour
)

// Entries are the public posts that answered a challenge on one platform.
type Entries struct {
	Plan    campaign.PlanID    `json:"plan"`
	Post    campaign.PostID    `json:"post"`
	Channel campaign.ChannelID `json:"channel"` // whose account asked
	Hashtag string             `json:"hashtag"`
	From    time.Time          `json:"from"`    // when its launch was public
	Closes  time.Time          `json:"closes"`  // what came later does not count
	Asked   time.Time          `json:"asked"`   // when the platform was last asked
	All     []campaign.Entry   `json:"entries"` // newest first
	Most    bool               `json:"most"`    // there are more: the platform gave as many as are taken
}

// CollectEntries asks the platforms that can be searched for what answered the
// campaign's challenges, every hour from the launch and once after the close.
// What people took down meanwhile is not counted any more. It is the daemon's
// own deed and may be repeated at any time.
func (d *Desk) CollectEntries(ctx context.Context) error {
	var due []Entries
	var c *campaign.Campaign
	err := d.Store.View(ctx, func(tx store.Tx) (err error) {
		if c, err = campaignYet(tx); c == nil {
			return err
		}
		due, err = entriesDue(tx, c, d.Clock.Now())
		return err
	})
	for _, e := range due {
		if err == nil {
			err = d.askEntries(ctx, c, e)
		}
	}
	return errors.Join(err, ctx.Err())
}

// entriesDue are the challenges and channels to ask for now.
func entriesDue(tx store.Tx, c *campaign.Campaign, now time.Time) ([]Entries, error) {
	plans, err := tx.Plans()
	if err != nil {
		return nil, err
	}
	var due []Entries
	for _, p := range plans {
		parsed, err := fileOf(tx, &p)
		if err != nil {
			return nil, err
		}
		if parsed == nil || !slices.ContainsFunc(parsed.Posts, isChallenge) {
			continue // most plans: their deliveries, which may be very many, are not read
		}
		launched, err := launches(tx, p.ID)
		if err != nil {
			return nil, err
		}
		for i := range parsed.Posts {
			x := &parsed.Posts[i]
			if !isChallenge(*x) {
				continue
			}
			closes, ok := parsed.Ends(x.Challenge, c.Location())
			for ch, from := range launched[campaign.PostID(x.ID.Value)] {
				e := Entries{Plan: p.ID, Post: campaign.PostID(x.ID.Value), Channel: ch, Hashtag: x.Challenge.Hashtag.Value, From: from, Closes: closes, Asked: now}
				last, err := getJSON[Entries](tx, e.key())
				if err != nil && !errors.Is(err, store.ErrNotFound) {
					return nil, err
				}
				if ok && now.Sub(last.Asked) >= entriesEvery && last.Asked.Before(closes) {
					due = append(due, e)
				}
			}
		}
	}
	return due, nil
}

func isChallenge(p plan.Post) bool { return p.Challenge != nil }

func (e Entries) key() string {
	return entrySettings + string(e.Plan) + "/" + string(e.Post) + "/" + string(e.Channel)
}

// launches are, for each challenge of a plan and each channel, when its first
// post was public.
func launches(tx store.Tx, p campaign.PlanID) (map[campaign.PostID]map[campaign.ChannelID]time.Time, error) {
	ds, err := tx.OfPlan(p)
	out := map[campaign.PostID]map[campaign.ChannelID]time.Time{}
	for _, v := range ds {
		if v.Kind != campaign.Challenge || !v.Public() {
			continue
		}
		if out[v.Post] == nil {
			out[v.Post] = map[campaign.ChannelID]time.Time{}
		}
		if at, ok := out[v.Post][v.Channel]; !ok || v.Receipts[0].At.Before(at) {
			out[v.Post][v.Channel] = v.Receipts[0].At
		}
	}
	return out, err
}

// askEntries asks one platform and keeps the answer; one that gives none is
// asked again at the next call.
func (d *Desk) askEntries(ctx context.Context, c *campaign.Campaign, e Entries) error {
	if d.Channel == nil {
		return nil
	}
	ch, err := d.Channel(c, e.Channel)
	if err != nil {
		return nil // the channel's trouble is told elsewhere
	}
	searcher, ok := ch.(channels.Searcher)
	if !ok {
		return nil
	}
	found, err := searcher.Tagged(ctx, e.Hashtag, e.From)
	if err != nil {
		d.Log.Debug("entries not given", "plan", e.Plan, "post", e.Post, "channel", e.Channel, "err", err)
		return nil
	}
	e.All, e.Most = []campaign.Entry{}, len(found) >= channels.MaxTagged
	for _, x := range found {
		if !x.At.After(e.Closes) {
			e.All = append(e.All, x)
		}
	}
	return d.Store.Update(ctx, func(tx store.Tx) error { return putJSON(tx, e.key(), e) })
}

// entriesOf are those of the challenges of a plan, by post and channel.
func entriesOf(tx store.Tx, p campaign.PlanID) ([]Entries, error) {
	out := []Entries{}
	return out, eachJSON(tx, entrySettings+string(p)+"/", func(_ string, e Entries) error {
		out = append(out, e)
		return nil
	})
}
