package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// post is one delivery to be stored beforehand.
type post struct {
	text string
	lane int
	due  time.Time
}

// share is how many deliveries are stored in one commit.
const share = 20_000

// stock fills the store of a site whose daemon does not run with approved
// deliveries, and returns when each text is due. Its counter is left alone: it
// may be behind the store, never ahead.
func stock(ctx context.Context, path string, posts []post) (map[string]time.Time, error) {
	s, err := boltstore.Open(boltstore.Options{Path: path})
	if err != nil {
		return nil, err
	}
	return dueTimes(posts), errors.Join(fill(ctx, s, posts), s.Close())
}

func dueTimes(posts []post) map[string]time.Time {
	due := make(map[string]time.Time, len(posts))
	for _, p := range posts {
		due[p.text] = p.due
	}
	return due
}

func fill(ctx context.Context, s store.Store, posts []post) error {
	now := time.Now().UTC()
	err := s.Update(ctx, func(tx store.Tx) error {
		return tx.PutPlan(campaign.Plan{ID: "p", Takeover: "w", Mechanism: "mayors", Title: "Bench", Revision: 1})
	})
	if err != nil {
		return err
	}
	// In the order of ids, which is that of the records in the file.
	ids := make(map[string]campaign.DeliveryID, len(posts))
	for _, p := range posts {
		ids[p.text] = identity(p)
	}
	posts = slices.Clone(posts)
	slices.SortFunc(posts, func(a, b post) int { return cmp.Compare(ids[a.text], ids[b.text]) })
	for part := range slices.Chunk(posts, share) {
		if err := s.Update(ctx, func(tx store.Tx) error { return putAll(tx, part, now) }); err != nil {
			return err
		}
	}
	return nil
}

func putAll(tx store.Tx, posts []post, now time.Time) error {
	c, err := tx.Campaign()
	if err != nil {
		return err
	}
	for _, p := range posts {
		if err := put(tx, c, p, now); err != nil {
			return err
		}
	}
	return nil
}

func identity(p post) campaign.DeliveryID {
	return campaign.Identity("w", "p", campaign.PostID(p.text), "", channelOf(p), "en", p.due.UTC().Format(wallTime))
}

func channelOf(p post) campaign.ChannelID { return campaign.ChannelID(fmt.Sprintf("c%02d", p.lane)) }

// put stores one delivery as an approved plan would have left it.
func put(tx store.Tx, c *campaign.Campaign, p post, now time.Time) error {
	content := campaign.Content{Text: p.text, Template: p.text, Language: "en"}
	ch := channelOf(p)
	d := campaign.Delivery{ID: identity(p), Takeover: "w", Mechanism: "mayors", Plan: "p", Post: campaign.PostID(p.text),
		Kind: campaign.Message, Channel: ch, Lane: c.LaneOf(ch), Language: "en", Languages: []string{"en"}, Occurrence: p.due.UTC().Format(wallTime),
		Rule: p.due.UTC().Format(wallTime) + " UTC", Due: p.due, Latest: p.due.Add(4 * time.Hour), Tolerance: 4 * time.Hour, IfMissed: "ask",
		Author: lead, PlanRevision: 1, Content: content.Digest(), Fingerprint: content.Fingerprint()}
	d.Wants = campaign.ApprovalHash(content, d.Terms())
	if err := d.BeginPlanned(now); err != nil {
		return err
	}
	if err := d.Approve(campaign.Approval{By: organizer, At: now, Hash: d.Wants}, c.Policies.Approvals, now); err != nil {
		return err
	}
	if _, err := tx.PutContent(content); err != nil {
		return err
	}
	return tx.PutDelivery(&d)
}
