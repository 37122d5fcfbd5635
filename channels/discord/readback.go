package discord

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

const (
	pageSize = 100 // messages; the most that Discord gives
	maxPages = 25
	// lookBack is how far before the first attempt a read-back goes where no
	// newest message is known. Source: platforms.md §9.7.
	lookBack = 2 * time.Minute
	epoch    = 1_420_070_400_000 // of Discord's ids, in Unix milliseconds
)

// Reconcile looks for the part among the bot's own messages in the channel. A
// webhook's messages cannot be read.
func (c *Channel) Reconcile(ctx context.Context, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	nothing := func(v channels.Verdict, err error) (channels.Verdict, campaign.Receipt, error) {
		return v, campaign.Receipt{}, err
	}
	drafts := c.drafts(r.Content)
	if c.cfg.Hook || r.Part >= len(drafts) {
		return nothing(channels.CannotTell, nil)
	}
	p, err := c.pass(ctx)
	if err != nil {
		return nothing(channels.CannotTell, err)
	}
	who, err := c.whoami(ctx, p)
	if err != nil {
		return nothing(channels.CannotTell, err)
	}
	want := drafts[r.Part]
	if want.name == partCrosspost {
		return c.spread(ctx, p, r)
	}
	if want.name == partReply && len(r.Earlier) > 0 {
		want.answers, _ = messageID(r.Earlier[len(r.Earlier)-1].RemoteID)
	}
	messages, err := c.since(ctx, p, r)
	if err != nil {
		return nothing(channels.CannotTell, err)
	}
	verdict, found := judge(messages, want, r.Earlier, who.id)
	switch {
	case verdict == channels.Absent && c.wasDeleted(r.Key):
		return nothing(channels.Gone, nil)
	case verdict != channels.Found:
		return nothing(verdict, nil)
	}
	var guild string
	if f, _, err := staged(r); err == nil {
		guild = f.Guild
	}
	receipt := found.receipt(guild, "read-back", c.env.Now())
	receipt.Warning = strings.Join(found.differences(want), "; ")
	return channels.Found, receipt, nil
}

// spread tells whether the post was sent on to the followers.
func (c *Channel) spread(ctx context.Context, p pass, r channels.Request) (channels.Verdict, campaign.Receipt, error) {
	_, id, err := staged(r)
	if err != nil {
		return channels.CannotTell, campaign.Receipt{}, nil
	}
	var m message
	if err := c.get(ctx, opRead, p, &m, nil, "channels", c.cfg.Channel, "messages", id); err != nil {
		return channels.CannotTell, campaign.Receipt{}, err
	}
	if m.Flags&flagCrossposted == 0 {
		return channels.Absent, campaign.Receipt{}, nil
	}
	return channels.Found, campaign.Receipt{RemoteID: crosspostID(id), At: c.env.Now(), How: "read-back"}, nil
}

// since are the channel's messages after r.Newest, or those of the time of the
// first attempt where no newest is known.
func (c *Channel) since(ctx context.Context, p pass, r channels.Request) ([]message, error) {
	after := strings.TrimPrefix(r.Newest, crosspostID(""))
	if !idForm.MatchString(after) {
		after = snowflake(r.ArmedAt.Add(-lookBack))
	}
	var all []message
	for range maxPages {
		var page []message
		query := url.Values{"limit": {strconv.Itoa(pageSize)}, "after": {after}}
		if err := c.get(ctx, opRead, p, &page, query, "channels", c.cfg.Channel, "messages"); err != nil {
			return nil, err
		}
		newest := after
		for _, m := range page {
			if idForm.MatchString(m.ID) && older(newest, m.ID) {
				newest = m.ID
			}
		}
		all = append(all, page...)
		if newest == after || len(page) < pageSize {
			return all, nil
		}
		after = newest
	}
	return nil, &channels.Error{Op: opRead, Fate: channels.NotSent, Scope: channels.ScopePlatform, Reach: httpx.ReachAnswer.String(), Err: errors.New("the list of messages has no end")}
}

// snowflake is the smallest id of an instant.
func snowflake(at time.Time) string {
	return strconv.FormatInt(max(at.UnixMilli()-epoch, 1)<<22, 10)
}

// older tells whether id a is before id b.
func older(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }

// judge finds want among the messages. Only one of the bot's own that reads
// like it, answers the same message and is not another part of the delivery
// can be it. Where there are several, or one lacks a picture, a person must
// tell: taken for absent it would be public twice.
func judge(messages []message, want draft, earlier []campaign.Receipt, me string) (channels.Verdict, message) {
	var alike []message
	for _, m := range messages {
		known := slices.ContainsFunc(earlier, func(e campaign.Receipt) bool { return e.RemoteID == m.ID })
		if !known && idForm.MatchString(m.ID) && m.Author.ID == me && m.reads(want) && (m.answers() == want.answers || m.answers() == "") {
			alike = append(alike, m)
		}
	}
	switch {
	case len(alike) == 0:
		return channels.Absent, message{}
	case len(alike) == 1 && alike[0].complete(want):
		return channels.Found, alike[0]
	}
	return channels.Ambiguous, message{}
}

// Latest is the id of the channel's newest message, whoever wrote it; "" where
// there is none or it cannot be read.
func (c *Channel) Latest(ctx context.Context) (string, error) {
	if c.cfg.Hook {
		return "", nil
	}
	p, err := c.pass(ctx)
	if err != nil {
		return "", err
	}
	var page []message
	if err := c.get(ctx, opRead, p, &page, url.Values{"limit": {"1"}}, "channels", c.cfg.Channel, "messages"); err != nil || len(page) == 0 {
		return "", err
	}
	return channels.SafeID(page[0].ID), nil
}

// Date is Discord's clock, read without a secret.
func (c *Channel) Date(ctx context.Context) (time.Time, error) {
	a, err := c.client.Do(ctx, httpx.Call{Method: http.MethodGet, URL: c.address(nil, "gateway"), Header: pass{}.head("")})
	if a.Reach != httpx.ReachAnswer {
		return time.Time{}, staging(opRead, a, err, c.env.Now())
	}
	return http.ParseTime(a.Header.Get("Date"))
}
