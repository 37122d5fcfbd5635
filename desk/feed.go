package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Feed is a calendar that programs subscribe to. Only the digest of its secret
// is kept. It shows what its person may read at the moment it is asked for.
type Feed struct {
	ID string `json:"id"` // shown and used to end it; says nothing of the secret
	FeedRequest
	Person  campaign.PersonID `json:"person"`
	Created time.Time         `json:"created"`
}

// FeedRequest says what a feed contains; zero fields match all.
type FeedRequest struct {
	Mechanism campaign.MechanismID `json:"mechanism,omitempty"`
	Channel   campaign.ChannelID   `json:"channel,omitempty"`
	Window    campaign.TakeoverID  `json:"window,omitempty"`
	Texts     bool                 `json:"texts,omitempty"` // with the posts' texts, which every program with the address then has
}

// FeedView is what a feed contains now.
type FeedView struct {
	Feed     Feed
	Campaign string
	At       time.Time
	Rows     []Row
	Texts    map[campaign.Digest]string // where the feed has texts
	Windows  []WindowLine
}

const (
	feedSettings = "feed/" // followed by the digest of the secret
	feedsMost    = 20      // of a person
	feedBack     = 31 * 24 * time.Hour
	feedRows     = 2000
)

// errFeed says no more than that: whoever guesses learns nothing.
var errFeed = fmt.Errorf("calendar feed: %w", store.ErrNotFound)

// MakeFeed makes a calendar feed of what the actor may read; the secret is
// returned this once.
func (d *Desk) MakeFeed(ctx context.Context, a campaign.Actor, q FeedRequest) (secret string, f Feed, err error) {
	secret, id := newSecret(), newID("f_")
	err = d.do(ctx, a, "feed.make", func(r *room) error {
		f = Feed{ID: id, FeedRequest: q, Person: a.Person, Created: r.now}
		if err := r.mayFeed(q); err != nil {
			return err
		}
		n := 0
		err := eachJSON(r.Tx, feedSettings, func(_ string, f Feed) error {
			if f.Person == a.Person {
				n++
			}
			return nil
		})
		if err != nil {
			return err
		}
		if n >= feedsMost {
			return fmt.Errorf("%w: a person has at most %d calendar feeds; end one first", ErrUsage, feedsMost)
		}
		r.did(id, "mechanism %q channel %q window %q texts %t", q.Mechanism, q.Channel, q.Window, q.Texts)
		return putJSON(r.Tx, digestKey(feedSettings, secret), f)
	})
	if err != nil {
		return "", Feed{}, err
	}
	return secret, f, nil
}

// mayFeed asks whether the actor may read what the feed would contain, and
// whether there is such a thing. A guest has no feed: it would outlive the visit.
func (r *room) mayFeed(q FeedRequest) error {
	if err := r.may(campaign.ActRead, campaign.Object{Mechanism: q.Mechanism}); err != nil {
		return err
	}
	if _, ok := r.c.Mechanisms[q.Mechanism]; q.Mechanism != "" && !ok {
		return of("mechanism", q.Mechanism, store.ErrNotFound)
	}
	if _, ok := r.c.Channels[q.Channel]; q.Channel != "" && !ok {
		return of("channel", q.Channel, store.ErrNotFound)
	}
	if _, ok := r.c.Takeovers[q.Window]; q.Window != "" && !ok {
		return of("window", q.Window, store.ErrNotFound)
	}
	return nil
}

// Feeds lists the feeds that the actor may end, oldest first.
func (d *Desk) Feeds(ctx context.Context, a campaign.Actor) ([]Feed, error) {
	list := []Feed{}
	err := d.look(ctx, a, func(r *room) error {
		return eachJSON(r.Tx, feedSettings, func(_ string, f Feed) error {
			if r.mayOwn(f.Person) == nil {
				list = append(list, f)
			}
			return nil
		})
	})
	slices.SortFunc(list, func(a, b Feed) int { return a.Created.Compare(b.Created) })
	return list, err
}

// EndFeed ends a feed at once.
func (d *Desk) EndFeed(ctx context.Context, a campaign.Actor, id string) error {
	return d.do(ctx, a, "feed.end", func(r *room) error {
		err := eachJSON(r.Tx, feedSettings, func(key string, f Feed) error {
			if f.ID != id || r.mayOwn(f.Person) != nil {
				return nil // somebody else's does not exist
			}
			r.did(id, "of %s", f.Person)
			return r.PutSetting(key, nil)
		})
		if err == nil && r.object == "" {
			return of("calendar feed", id, store.ErrNotFound)
		}
		return err
	})
}

// endFeeds ends every feed of a person.
func (r *room) endFeeds(who campaign.PersonID) error {
	return eachJSON(r.Tx, feedSettings, func(key string, f Feed) error {
		if f.Person != who {
			return nil
		}
		return r.PutSetting(key, nil)
	})
}

// ReadFeed is what the feed with the secret contains: what was due in the last
// month, and all that comes, at most 2,000. A lead's feed ends with the lead's
// last window, as all of a lead's access does save the report.
func (d *Desk) ReadFeed(ctx context.Context, secret string) (FeedView, error) {
	var out FeedView
	err := d.look(ctx, campaign.Actor{}, func(r *room) error {
		f, err := getJSON[Feed](r.Tx, digestKey(feedSettings, secret))
		if errors.Is(err, store.ErrNotFound) {
			return errFeed
		}
		if err != nil {
			return err
		}
		if r.a, err = r.c.ActorFor(f.Person, DoorPage); err != nil || !r.stillReads() || r.mayFeed(f.FeedRequest) != nil {
			return errFeed
		}
		out = FeedView{Feed: f, Campaign: r.c.ID, At: r.now, Rows: []Row{}, Texts: map[campaign.Digest]string{}, Windows: []WindowLine{}}
		for _, l := range r.windowLines(nil) {
			if !l.Revoked && l.To.After(r.now.Add(-feedBack)) && (f.Window == "" || f.Window == l.ID) &&
				(f.Mechanism == "" || f.Mechanism == l.Mechanism) && (f.Channel == "" || slices.Contains(l.Channels, f.Channel)) {
				out.Windows = append(out.Windows, l)
			}
		}
		return r.fillFeed(&out)
	})
	return out, err
}

// stillReads tells whether the actor is more than a lead whose windows are over.
func (r *room) stillReads() bool {
	return slices.ContainsFunc(r.a.Roles, func(role campaign.Role) bool {
		return role.Name != campaign.Lead || r.may(campaign.ActSubmit, campaign.Object{Mechanism: role.Mechanism}) == nil
	})
}

func (r *room) fillFeed(out *FeedView) error {
	f := QueueFilter{Max: feedRows, Filter: store.Filter{Mechanism: out.Feed.Mechanism, Channel: out.Feed.Channel,
		Takeover: out.Feed.Window, From: r.now.Add(-feedBack)}}
	var page Page
	if err := r.page(f, &page); err != nil {
		return err
	}
	out.Rows = append(out.Rows, page.Rows...)
	if !out.Feed.Texts {
		return nil
	}
	for _, row := range out.Rows {
		c, err := r.Content(row.Delivery.Content)
		if err != nil {
			return err
		}
		out.Texts[row.Delivery.Content] = strings.Join(append([]string{c.Text}, c.Thread...), "\n\n")
	}
	return nil
}
