package mastodon

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

const (
	pageSize = 40 // posts; the most that a server gives
	// maxPages bounds a read-back: that many posts are not made by hand meanwhile.
	maxPages = 25
	// lookBack is how far before the first attempt a read-back goes where no
	// newest post is known to begin at. Clocks may differ.
	lookBack = time.Hour
)

// Reconcile looks for the part among the account's own posts, from the newest
// one seen before the first attempt on. Source: platforms.md §2.7.
func (c *Channel) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	drafts := c.drafts(r.Content)
	if r.Part >= len(drafts) {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	who, token, err := c.whoami(ctx)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	posts, err := c.since(ctx, who, token, r)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	verdict, receipt := judge(posts, drafts[r.Part], r.Earlier, who.app, c.env.Now())
	if verdict != channels.Absent {
		return verdict, receipt, nil
	}
	verdict, err = c.absence(ctx, r)
	return verdict, campaign.Receipt{}, err
}

// absence is what it means that the list does not have the part. What a person
// took down looks like what never arrived; only a server that still knows the
// key tells one from the other, when the call is repeated. Elsewhere, and once
// the key is forgotten, sending again might bring back what was taken down.
func (c *Channel) absence(ctx context.Context, r channels.Request) (channels.Verdict, error) {
	if err := c.learn(ctx); err != nil {
		return channels.CannotTell, err // taken for a stranger it would ask a person for nothing
	}
	if age := c.env.Now().Sub(r.ArmedAt); c.wasDeleted(r.Key) || !c.knowsKeys() || age > keyWindow {
		return channels.Gone, nil
	}
	return channels.Absent, nil
}

// since are the account's own posts after r.Newest, or those of the time of
// the first attempt where no newest is known.
func (c *Channel) since(ctx context.Context, who identity, token secret.String, r channels.Request) ([]post, error) {
	var all []post
	seen := map[string]bool{}
	page := url.Values{"limit": {strconv.Itoa(pageSize)}, "exclude_reblogs": {"true"}}
	forward := r.Newest != ""
	if forward {
		page.Set("min_id", r.Newest)
	}
	for range maxPages {
		var posts []post // newest first
		if _, err := c.get(ctx, opRead, token, &posts, page, "api", "v1", "accounts", who.id, "statuses"); err != nil {
			return nil, err
		}
		posts = slices.DeleteFunc(posts, func(p post) bool { return seen[p.ID] })
		if len(posts) == 0 {
			return all, nil
		}
		for _, p := range posts {
			seen[p.ID] = true
		}
		all = append(all, posts...)
		if forward {
			page.Set("min_id", posts[0].ID)
			continue
		}
		last := posts[len(posts)-1]
		page.Set("max_id", last.ID)
		if at := last.receipt(time.Time{}, "").Platform; !at.IsZero() && at.Before(r.ArmedAt.Add(-lookBack)) {
			return slices.DeleteFunc(all, func(p post) bool {
				at := p.receipt(time.Time{}, "").Platform
				return !at.IsZero() && at.Before(r.ArmedAt.Add(-lookBack))
			}), nil
		}
	}
	return nil, &channels.Error{Op: opRead, Fate: channels.NotSent, Scope: channels.ScopePlatform, Reach: httpx.ReachAnswer.String(), Err: errors.New("the list of posts has no end")}
}

// judge finds want among the posts. Only one that reads like it, answers the
// same post and is not another part of the delivery can be it. Where it is
// whole and by our program there is no doubt; where it lacks something, was
// made by another program, or there are several, a person must tell: taken
// for absent it would be public twice.
func judge(posts []post, want draft, earlier []campaign.Receipt, app string, now time.Time) (channels.Verdict, campaign.Receipt) {
	if want.name == partReply && len(earlier) > 0 {
		want.answers = earlier[len(earlier)-1].RemoteID
	}
	var alike, ours []post
	for _, p := range posts {
		known := slices.ContainsFunc(earlier, func(e campaign.Receipt) bool { return e.RemoteID == p.ID })
		if known || channels.SafeID(p.ID) == "" || p.Reblog.said || p.InReplyTo.value != "" && p.InReplyTo.value != want.answers || !p.reads(want) {
			continue
		}
		alike = append(alike, p)
		if app != "" && p.Application.value.Name == app {
			ours = append(ours, p)
		}
	}
	if len(ours) == 0 {
		// Who made it is not known of any; else by others' hands they are.
		ours = slices.DeleteFunc(slices.Clone(alike), func(p post) bool {
			return app != "" && p.Application.value.Name != "" || len(p.Media.value) != len(want.alts)
		})
	}
	switch {
	case len(alike) == 0:
		return channels.Absent, campaign.Receipt{}
	case len(ours) == 1:
		receipt := ours[0].receipt(now, "read-back")
		receipt.Warning = warning(ours[0].differences(want))
		if len(alike) > 1 {
			receipt.Warning = warning([]string{receipt.Warning, "the account shows this text more than once"})
		}
		return channels.Found, receipt
	}
	return channels.Ambiguous, campaign.Receipt{}
}

// Latest is the id of the account's newest own post, "" where there is none.
func (c *Channel) Latest(ctx context.Context) (string, error) {
	who, token, err := c.whoami(ctx)
	if err != nil {
		return "", err
	}
	var posts []post
	page := url.Values{"limit": {"1"}, "exclude_reblogs": {"true"}}
	if _, err := c.get(ctx, opRead, token, &posts, page, "api", "v1", "accounts", who.id, "statuses"); err != nil || len(posts) == 0 {
		return "", err
	}
	return channels.SafeID(posts[0].ID), nil
}
