package facebook

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

const (
	pageSize = 50 // posts
	maxPages = 10 // that many posts are not made meanwhile
	// lookBack is how far before the first attempt a read-back goes: clocks may differ.
	lookBack = time.Hour
)

// shown is a post or comment as Facebook lists it.
type shown struct {
	ID      graph.ID   `json:"id"`
	Message string     `json:"message"`
	Created graph.Time `json:"created_time"`
	Link    string     `json:"permalink_url"`
	From    struct {
		ID graph.ID `json:"id"`
	} `json:"from"`
	Attachments struct {
		Data []attachment `json:"data"`
	} `json:"attachments"`
}

type attachment struct {
	Type   string `json:"media_type"` // photo, album, link, …
	Target struct {
		ID graph.ID `json:"id"`
	} `json:"target"`
	Sub struct {
		Data []attachment `json:"data"`
	} `json:"subattachments"`
}

// photos are the ids of the photos that the post shows.
func (s shown) photos() []string {
	var ids []string
	for _, a := range s.Attachments.Data {
		list := a.Sub.Data
		if len(list) == 0 {
			list = []attachment{a}
		}
		for _, one := range list {
			if one.Type == "photo" {
				ids = append(ids, string(one.Target.ID))
			}
		}
	}
	return ids
}

func (s shown) receipt(now time.Time) campaign.Receipt {
	r := campaign.Receipt{RemoteID: string(s.ID), URL: channels.SafeLink(s.Link), At: now, Platform: s.Created.Time, How: "read-back"}
	if r.URL == "" {
		r.URL = publicDialog + "/" + r.RemoteID
	}
	return r
}

// list reads a list of the Page up to the post of the given id, newest first.
func (c *Channel) list(ctx context.Context, token secret.String, until string, query url.Values, path ...string) ([]shown, error) {
	var all []shown
	for range maxPages {
		var got struct {
			Data   []shown `json:"data"`
			Paging struct {
				Cursors struct {
					After string `json:"after"`
				} `json:"cursors"`
				Next string `json:"next"`
			} `json:"paging"`
		}
		if err := c.graph.Do(ctx, graph.Call{Op: opRead, Step: graph.Read, Token: token, Path: path, Query: query}, &got); err != nil {
			return nil, err
		}
		for _, s := range got.Data {
			if until != "" && string(s.ID) == until {
				return all, nil
			}
			all = append(all, s)
		}
		if got.Paging.Next == "" || got.Paging.Cursors.After == "" || len(got.Data) == 0 {
			return all, nil
		}
		query.Set("after", got.Paging.Cursors.After)
	}
	return nil, channels.Unsent(opRead, channels.ScopePlatform, errors.New("the list of posts has no end"))
}

// Reconcile looks for the part among the Page's own posts, or for the comment
// among those of our post. Source: platforms.md §4.7.
func (c *Channel) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	if r.Part < 0 || r.Part >= len(r.Staged.Parts) {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	_, token, err := c.tokens.Take(ctx)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	path, err := c.path(r)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	part := r.Staged.Parts[r.Part]
	if part.Name == partComment {
		query := url.Values{"fields": {"id,message,created_time,permalink_url,from{id}"}, "filter": {"stream"}, "order": {"reverse_chronological"}, "limit": {strconv.Itoa(pageSize)}}
		comments, err := c.list(ctx, token, "", query, path...)
		if err != nil {
			return channels.CannotTell, campaign.Receipt{}, err
		}
		v, receipt := c.judgeComments(comments, r.Content.FirstComment)
		return v, receipt, nil
	}
	query := url.Values{"fields": {"id,message,created_time,permalink_url,is_published,attachments{target{id},media_type,subattachments{target{id},media_type}}"},
		"since": {strconv.FormatInt(r.ArmedAt.Add(-lookBack).Unix(), 10)}, "limit": {strconv.Itoa(pageSize)}}
	posts, err := c.list(ctx, token, r.Newest, query, c.cfg.Page, "published_posts")
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	var n note
	if json.Unmarshal(part.Note, &n) != nil {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	v, receipt := judge(posts, draft(r.Content).Message, n.Photos, c.env.Now())
	return v, receipt, nil
}

// judge finds our post. One that shows a photo that we staged is ours for
// certain, whatever its text is now. Of others the text decides: one without
// pictures that reads like ours is ours; several, or one whose pictures are not
// ours, are for a person to tell.
func judge(posts []shown, message string, photos []string, now time.Time) (channels.Verdict, campaign.Receipt) {
	var alike []shown
	for _, p := range posts {
		if p.ID == "" {
			continue
		}
		shows := p.photos()
		if slices.ContainsFunc(shows, func(id string) bool { return slices.Contains(photos, id) }) {
			receipt := p.receipt(now)
			if len(shows) != len(photos) {
				receipt.Warning = "it shows " + strconv.Itoa(len(shows)) + " of " + strconv.Itoa(len(photos)) + " pictures"
			}
			return channels.Found, receipt
		}
		if same(p.Message, message) {
			alike = append(alike, p)
		}
	}
	switch {
	case len(alike) == 0:
		return channels.Absent, campaign.Receipt{}
	case len(alike) == 1 && len(photos) == 0 && len(alike[0].photos()) == 0:
		return channels.Found, alike[0].receipt(now)
	}
	return channels.Ambiguous, campaign.Receipt{}
}

// judgeComments finds our comment: the Page's own with that text.
func (c *Channel) judgeComments(comments []shown, message string) (channels.Verdict, campaign.Receipt) {
	var ours []shown
	for _, s := range comments {
		if s.ID != "" && string(s.From.ID) == c.cfg.Page && same(s.Message, message) {
			ours = append(ours, s)
		}
	}
	switch len(ours) {
	case 0:
		return channels.Absent, campaign.Receipt{}
	case 1:
		return channels.Found, ours[0].receipt(c.env.Now())
	}
	return channels.Ambiguous, campaign.Receipt{}
}

func same(a, b string) bool {
	return campaign.NormalForm(strings.TrimSpace(a)) == campaign.NormalForm(strings.TrimSpace(b))
}

// Latest is the id of the Page's newest post, "" where there is none.
func (c *Channel) Latest(ctx context.Context) (string, error) {
	_, token, err := c.tokens.Take(ctx)
	if err != nil {
		return "", err
	}
	var got struct {
		Data []shown `json:"data"`
	}
	err = c.graph.Do(ctx, graph.Call{Op: opRead, Step: graph.Read, Token: token, Path: []string{c.cfg.Page, "published_posts"},
		Query: url.Values{"fields": {"id"}, "limit": {"1"}}}, &got)
	if err != nil || len(got.Data) == 0 {
		return "", err
	}
	return string(got.Data[0].ID), nil
}
