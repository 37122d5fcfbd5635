package youtube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// staged is the frozen part: the call, and what is remembered.
func staged(r channels.Request) (want video, note noted, err error) {
	if r.Part != 0 || len(r.Staged.Parts) != 1 || json.Unmarshal(r.Staged.Parts[0].Body, &want) != nil ||
		json.Unmarshal(r.Staged.Parts[0].Note, &note) != nil || !idForm.MatchString(note.ID) || want.ID != note.ID {
		return video{}, noted{}, errors.New("what was staged cannot be read")
	}
	return want, note, nil
}

func receipt(id, how string, now time.Time) campaign.Receipt {
	return campaign.Receipt{RemoteID: id, URL: watch(id), At: now, How: how}
}

// Publish makes the broadcast public, under the title and text that were approved.
func (c *Channel) Publish(ctx context.Context, r channels.Request) (campaign.Receipt, error) {
	token, err := c.token(ctx)
	if err != nil {
		return campaign.Receipt{}, err
	}
	want, _, err := staged(r)
	if err != nil {
		return campaign.Receipt{}, channels.Unsent(opPublish, channels.ScopeContent, err)
	}
	a, err := c.client.Publish(ctx, r.Gate, httpx.Call{Method: http.MethodPut, Header: head(token, "application/json"), Body: r.Staged.Parts[0].Body,
		URL: place(c.cfg.Base, pathVideos, url.Values{"part": {"snippet,status"}})})
	got, failed := outcome(channels.Scrub(a, token), err, c.env.Now())
	if failed != nil {
		return campaign.Receipt{}, failed
	}
	if got.ID != want.ID {
		return campaign.Receipt{}, &channels.Error{Op: opPublish, Fate: channels.InDoubt, Scope: channels.ScopePlatform, Status: a.Status, Reach: a.Reach.String(),
			Err: errors.New("the answer is of another broadcast")}
	}
	done := receipt(got.ID, "answer", c.env.Now())
	if got.Snippet.Title != "" && looks(got.Snippet) != looks(want.Snippet) {
		done.Warning = "its title or text is not what was sent"
	}
	return done, nil
}

// Reconcile asks the broadcast for its state.
func (c *Channel) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	want, note, err := staged(r)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	token, err := c.token(ctx)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	now, err := c.video(ctx, opRead, token, note.ID)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	verdict := judge(now, want, note)
	if verdict != channels.Found {
		return verdict, campaign.Receipt{}, nil
	}
	return verdict, receipt(note.ID, "read-back", c.env.Now()), nil
}

// judge tells by text and privacy whether the call had its effect: it sets both
// at once. A text that is neither the one from before nor ours is somebody else's
// work; ours that is not seen was taken back.
func judge(now, want video, note noted) channels.Verdict {
	before := campaign.DigestOf([]byte(looks(now.Snippet))) == note.Before
	ours := looks(now.Snippet) == looks(want.Snippet)
	seen := now.Status.Privacy == want.Status.Privacy
	switch {
	case now.ID == "":
		return channels.Gone
	case ours && seen:
		return channels.Found
	case ours && before:
		return channels.Ambiguous // it said the same before
	case ours:
		return channels.Gone
	case before:
		return channels.Absent
	}
	return channels.Ambiguous
}

// Delete hides the broadcast: it stays in YouTube Studio, where people may
// remove it with all that hangs on it. One that is not there is no error.
func (c *Channel) Delete(ctx context.Context, r campaign.Receipt) error {
	if !idForm.MatchString(r.RemoteID) {
		return &channels.Error{Op: opDelete, Fate: channels.Refused, Scope: channels.ScopeContent, Err: errors.New("its receipt names no broadcast")}
	}
	token, err := c.token(ctx)
	if err != nil {
		return err
	}
	now, err := c.video(ctx, opDelete, token, r.RemoteID)
	if err != nil || now.ID == "" || now.Status.Privacy == private {
		return err
	}
	now.Status.Privacy = private
	body := map[string]any{"id": now.ID, "status": now.Status}
	var then video
	if err := c.do(ctx, opDelete, token, http.MethodPut, pathVideos, url.Values{"part": {"status"}}, body, &then); err != nil {
		return err
	}
	if then.ID != now.ID || then.Status.Privacy != private { // or a box in between said yes
		return channels.Unsent(opDelete, channels.ScopePlatform, errors.New("the platform does not say that it is hidden"))
	}
	return nil
}

// Numbers are what YouTube counts; what it does not tell is not there.
func (c *Channel) Numbers(ctx context.Context, r campaign.Receipt) (campaign.Numbers, error) {
	token, err := c.token(ctx)
	if err != nil {
		return campaign.Numbers{}, err
	}
	var in struct {
		Items *[]struct {
			Statistics struct {
				Views    string `json:"viewCount"`
				Likes    string `json:"likeCount"`
				Comments string `json:"commentCount"`
			} `json:"statistics"`
		} `json:"items"`
	}
	err = c.do(ctx, opRead, token, http.MethodGet, pathVideos, url.Values{"part": {"statistics"}, "id": {r.RemoteID}}, nil, &in)
	switch {
	case err != nil:
		return campaign.Numbers{}, err
	case in.Items == nil:
		return campaign.Numbers{}, channels.Unsent(opRead, channels.ScopePlatform, errors.New("the answer cannot be understood"))
	case len(*in.Items) == 0:
		return campaign.Numbers{}, fmt.Errorf("%s: %w", opRead, channels.ErrGone)
	}
	n := campaign.Numbers{At: c.env.Now(), Counts: map[campaign.Count]int64{}}
	s := (*in.Items)[0].Statistics
	for count, text := range map[campaign.Count]string{campaign.CountViews: s.Views, campaign.CountLikes: s.Likes, campaign.CountReplies: s.Comments} {
		if v, err := strconv.ParseInt(text, 10, 64); err == nil && v >= 0 {
			n.Counts[count] = v
		}
	}
	return n, nil
}

// Watch tells whether the broadcast at an address is live. It costs one unit of
// the day's 10,000. An address that is none of YouTube's is an error.
func (c *Channel) Watch(ctx context.Context, address string) (live bool, err error) {
	id := idOf(address)
	if id == "" {
		return false, &channels.Error{Op: opRead, Fate: channels.Refused, Scope: channels.ScopeContent, Err: errors.New("the address names no broadcast of YouTube")}
	}
	token, err := c.token(ctx)
	if err != nil {
		return false, err
	}
	var in struct {
		Items []struct {
			ID   string `json:"id"`
			Live struct {
				Start string `json:"actualStartTime"`
				End   string `json:"actualEndTime"`
			} `json:"liveStreamingDetails"`
		} `json:"items"`
	}
	if err := c.do(ctx, opRead, token, http.MethodGet, pathVideos, url.Values{"part": {"id,liveStreamingDetails"}, "id": {id}}, nil, &in); err != nil {
		return false, err
	}
	return len(in.Items) == 1 && in.Items[0].ID == id && in.Items[0].Live.Start != "" && in.Items[0].Live.End == "", nil
}

// Date is Google's clock, read without a token.
func (c *Channel) Date(ctx context.Context) (time.Time, error) {
	a, err := c.client.Do(ctx, httpx.Call{Method: http.MethodHead, URL: place(c.cfg.Base, "/", nil)})
	if a.Reach != httpx.ReachAnswer {
		return time.Time{}, staging(opRead, a, err, c.env.Now())
	}
	return http.ParseTime(a.Header.Get("Date"))
}
