package youtube

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// noted is what is remembered of a staged broadcast.
type noted struct {
	ID string `json:"id"`
	// Before is what people would have seen of it when it was staged.
	Before campaign.Digest `json:"before"`
}

// Prepare finds the broadcast that the post names, or makes a private one, and
// freezes the call that makes it public. Done again, it finds its own by its mark.
func (c *Channel) Prepare(ctx context.Context, r channels.Request) (channels.Staged, error) {
	token, err := c.token(ctx)
	if err != nil {
		return channels.Staged{}, err
	}
	w := write(r.Delivery.ID, r.Content)
	id := ""
	switch named := broadcasts(r.Content); {
	case len(named) == 1:
		id = named[0]
	case len(named) > 1 || c.cfg.StartsAfter == 0:
		return channels.Staged{}, refused("the post must name one broadcast of the channel")
	default:
		if id, err = c.own(ctx, token, w, r); err != nil {
			return channels.Staged{}, err
		}
	}
	now, err := c.video(ctx, opPrepare, token, id)
	switch {
	case err != nil:
		return channels.Staged{}, err
	case now.ID == "" && len(broadcasts(r.Content)) == 1:
		return channels.Staged{}, refused("YouTube knows no broadcast at the address that the post names")
	case now.ID == "":
		return channels.Staged{}, channels.Unsent(opPrepare, channels.ScopePlatform, errors.New("YouTube does not show the broadcast yet"))
	}
	body, err := json.Marshal(shown(now, w, r.Content))
	if err != nil {
		return channels.Staged{}, channels.Unsent(opPrepare, channels.ScopeContent, err)
	}
	note, err := json.Marshal(noted{ID: id, Before: campaign.DigestOf([]byte(looks(now.Snippet)))})
	if err != nil {
		return channels.Staged{}, channels.Unsent(opPrepare, channels.ScopeContent, err)
	}
	return channels.Staged{Parts: []channels.Part{{Name: "broadcast", Body: body, Note: note}}}, nil
}

// refused is what only a person can mend.
func refused(why string) *channels.Error {
	return &channels.Error{Op: opPrepare, Fate: channels.Refused, Scope: channels.ScopeContent, Reach: httpx.ReachNothing.String(), Err: errors.New(why)}
}

// own is the broadcast that we make for the post: the one that bears its mark, or a new one.
func (c *Channel) own(ctx context.Context, token secret.String, w written, r channels.Request) (string, error) {
	want := c.made(w, r.Delivery.Due)
	found, err := c.marked(ctx, token, w)
	switch {
	case err != nil:
		return "", err
	case len(found) > 1:
		return "", refused("more than one broadcast bears the mark of this post; a person must remove what is not wanted")
	case len(found) == 1:
		want.ID = found[0].ID
		if same(found[0], want) {
			break
		}
		change := broadcast{ID: want.ID, Snippet: want.Snippet}
		if err := c.do(ctx, opPrepare, token, http.MethodPut, pathBroadcasts, url.Values{"part": {"snippet"}}, change, nil); err != nil {
			return "", err
		}
	default:
		var made broadcast
		if err := c.do(ctx, opPrepare, token, http.MethodPost, pathBroadcasts, url.Values{"part": {"snippet,status,contentDetails"}}, want, &made); err != nil {
			return "", err
		}
		if !idForm.MatchString(made.ID) || made.Status == nil || made.Status.Privacy != private {
			return "", channels.Unsent(opPrepare, channels.ScopePlatform, errors.New("YouTube made no private broadcast"))
		}
		want.ID = made.ID
	}
	if c.cfg.Stream != "" {
		query := url.Values{"id": {want.ID}, "streamId": {c.cfg.Stream}, "part": {"id"}}
		if err := c.do(ctx, opPrepare, token, http.MethodPost, pathBind, query, nil, nil); err != nil {
			return "", err
		}
	}
	return want.ID, c.thumbnail(ctx, token, want.ID, r.Content.Media)
}

// same tells whether a broadcast that is there says and starts what it shall.
func same(is, want broadcast) bool {
	a, errA := time.Parse(time.RFC3339, is.Snippet.Start)
	b, errB := time.Parse(time.RFC3339, want.Snippet.Start)
	return errA == nil && errB == nil && a.Equal(b) && looks(is.Snippet) == looks(want.Snippet)
}

// marked are the channel's broadcasts to come that bear the mark.
func (c *Channel) marked(ctx context.Context, token secret.String, w written) ([]broadcast, error) {
	var found []broadcast
	query := url.Values{"part": {"id,snippet,status"}, "broadcastStatus": {"upcoming"}, "broadcastType": {"event"}, "maxResults": {"50"}}
	for range 10 {
		var in struct {
			Items *[]broadcast `json:"items"`
			Next  string       `json:"nextPageToken"`
		}
		if err := c.do(ctx, opPrepare, token, http.MethodGet, pathBroadcasts, query, nil, &in); err != nil {
			return nil, err
		}
		if in.Items == nil {
			break
		}
		for _, b := range *in.Items {
			if idForm.MatchString(b.ID) && w.marked(b.Snippet.Description) {
				found = append(found, b)
			}
		}
		if in.Next == "" {
			return found, nil
		}
		query.Set("pageToken", in.Next)
	}
	return nil, channels.Unsent(opPrepare, channels.ScopePlatform, errors.New("the list of broadcasts cannot be understood, or has no end"))
}

// thumbnail brings the post's picture to the broadcast.
func (c *Channel) thumbnail(ctx context.Context, token secret.String, id string, media []campaign.Media) error {
	if len(media) == 0 {
		return nil
	}
	b, err := c.env.Picture(opPrepare, media[0])
	if err != nil {
		return err
	}
	call := httpx.Call{Method: http.MethodPost, URL: place(c.cfg.Base, pathThumbnail, url.Values{"videoId": {id}, "uploadType": {"media"}}), Header: head(token, media[0].Type), Body: b}
	return c.call(ctx, c.uploads, opPrepare, token, call, nil)
}

// video is the broadcast as YouTube shows every film; its ID is "" where there is none.
func (c *Channel) video(ctx context.Context, op string, token secret.String, id string) (video, error) {
	var in struct {
		Items *[]video `json:"items"`
	}
	if err := c.do(ctx, op, token, http.MethodGet, pathVideos, url.Values{"part": {"snippet,status"}, "id": {id}}, nil, &in); err != nil {
		return video{}, err
	}
	if in.Items == nil {
		return video{}, channels.Unsent(op, channels.ScopePlatform, errors.New("the answer cannot be understood"))
	}
	for _, v := range *in.Items {
		if v.ID == id {
			return v, nil
		}
	}
	return video{}, nil
}
