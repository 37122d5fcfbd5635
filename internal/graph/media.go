package graph

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Media is a post or comment of an account as its lists show it.
type Media struct {
	ID        ID     `json:"id"`
	Caption   string `json:"caption"` // of Instagram
	Text      string `json:"text"`
	Type      string `json:"media_type"`
	Permalink string `json:"permalink"`
	Timestamp Time   `json:"timestamp"`
	Username  string `json:"username"`
}

// Receipt is the proof that the media is public.
func (m Media) Receipt(now time.Time, how string) campaign.Receipt {
	return campaign.Receipt{RemoteID: string(m.ID), URL: channels.SafeLink(m.Permalink), At: now, Platform: m.Timestamp.Time, How: how}
}

// List reads a list of media.
func (s *Containers) List(ctx context.Context, token secret.String, query url.Values, path ...string) ([]Media, error) {
	var got struct {
		Data []Media `json:"data"`
	}
	err := s.Do(ctx, Call{Op: s.OpRead, Step: Read, Token: token, Path: path, Query: query}, &got)
	return got.Data, err
}

// ClockGap is how far the platform's clock may be from ours.
const ClockGap = 2 * time.Minute

// Matching are the media that read like text, were made since the first
// attempt and are not another part of the delivery. kind "" is any.
func Matching(list []Media, text, kind string, r channels.Request) []Media {
	var alike []Media
	for _, m := range list {
		earlier := slices.ContainsFunc(r.Earlier, func(e campaign.Receipt) bool { return e.RemoteID == string(m.ID) })
		if m.ID == "" || earlier || kind != "" && m.Type != kind || m.Timestamp.Before(r.ArmedAt.Add(-ClockGap)) ||
			campaign.NormalForm(m.Caption+m.Text) != campaign.NormalForm(text) {
			continue
		}
		alike = append(alike, m)
	}
	return alike
}

// Public is the receipt of a container that is public. Where its own post
// cannot be told among those that are alike, the container stands for it:
// never is the newest taken blindly.
func Public(container string, alike []Media, now time.Time) campaign.Receipt {
	if len(alike) == 1 {
		return alike[0].Receipt(now, "read-back")
	}
	return campaign.Receipt{RemoteID: Unknown + container, At: now, How: "read-back", Warning: "it is public, and which post of the account it is could not be told"}
}

// Comment is what a comment proves by its list: it has no container.
func Comment(alike []Media, now time.Time) (channels.Verdict, campaign.Receipt) {
	switch len(alike) {
	case 0:
		return channels.Absent, campaign.Receipt{}
	case 1:
		return channels.Found, alike[0].Receipt(now, "read-back")
	}
	return channels.Ambiguous, campaign.Receipt{}
}

// linkWithin is how long a post that is public waits for its address.
const linkWithin = 5 * time.Second

// Done is the receipt of what was just published, with its address where that
// can be read: that it cannot does not make the post a failure.
func (s *Containers) Done(ctx context.Context, token secret.String, id string) campaign.Receipt {
	ctx, cancel := context.WithTimeout(ctx, linkWithin)
	defer cancel()
	var m Media
	if err := s.Do(ctx, Call{Op: s.OpRead, Step: Read, Token: token, Path: []string{id}, Query: url.Values{"fields": {"permalink,timestamp"}}}, &m); err != nil {
		m = Media{}
	}
	m.ID = ID(id)
	return m.Receipt(s.env.Now(), "answer")
}
