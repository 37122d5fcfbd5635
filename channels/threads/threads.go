package threads

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Platform is the kind of channel that this package makes.
func Platform() channels.Platform {
	f := facts()
	return channels.Platform{
		Name: f.Name, Class: f.Class, Limits: f.Limits, Capabilities: f.Capabilities,
		Open: func(_ campaign.ChannelID, c campaign.Channel, env channels.Env) (channels.Channel, error) {
			return New(c, env)
		},
	}
}

func facts() channels.Facts {
	f, _ := channels.Known("threads")
	return f
}

// Steps as errors name them.
const (
	opPublish = "threads.publish"
	opPrepare = "threads.prepare"
	opRead    = "threads.read"
	opDelete  = "threads.delete"
	opConnect = "threads.connect"
	opToken   = "threads.token"
)

// settle is how long a container may take to say that it is public.
// Source: platforms.md §6.7.
const settle = 2 * time.Minute

// Channel is one account.
type Channel struct {
	cfg    Config
	env    channels.Env
	posts  *graph.Containers
	tokens *graph.Tokens
	app    graph.App
	who    graph.Who
}

// New makes a channel from its configuration; the error lists everything that
// is wrong with it. It does no I/O.
func New(c campaign.Channel, env channels.Env) (*Channel, error) {
	cfg, err := ParseConfig(c)
	if err != nil {
		return nil, err
	}
	g := graph.New(graph.Options{Base: cfg.Base, Version: cfg.Version, AllowPrivate: cfg.AllowPrivate, Env: env, Rows: rows, AppSecret: cfg.AppSecret})
	return &Channel{cfg: cfg, env: env,
		posts:  &graph.Containers{Client: g, Op: opPrepare, OpRead: opRead, Fields: "status,error_message", Broken: broken},
		tokens: &graph.Tokens{Op: opToken, Host: g.Host(), Ref: cfg.Token, Env: env, Renew: graph.Renewal(g, opToken, "th_refresh_token", tokenLife)},
		app: graph.App{Op: opConnect, ID: cfg.AppID, Secret: cfg.AppSecret, Scopes: scopes, Redirect: cfg.Redirect, Env: env,
			Dialog: graph.Address(cfg.Dialog, nil, "oauth", "authorize")}}, nil
}

// Class is K3: a container is staged and published by its id, once.
func (c *Channel) Class() campaign.Class { return campaign.K3 }

// ReadBack is exact: the container itself is asked.
func (c *Channel) ReadBack() (channels.Strength, time.Duration) { return channels.Exact, settle }

// KeyWindow is how long a container serves.
func (c *Channel) KeyWindow() time.Duration { return graph.Keeps }

const (
	// pollEnds is how long every poll is open at Threads.
	// Source: https://developers.facebook.com/docs/threads/posts/polls.
	pollEnds = 24 * time.Hour
	// manyLinks is from where on Threads was seen to refuse. Source: platforms.md §6.4.
	manyLinks = 5
)

var address = regexp.MustCompile(`https?://[^\s]+`)

// Check finds what Threads would refuse, and what readers cannot use.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	worded := channels.Worded(content)
	found := channels.Check(facts(), worded)
	found = append(found, graph.CheckFetched(c.env, content)...)
	say := func(s campaign.Severity, path, message, fix string) {
		found = append(found, campaign.Finding{Severity: s, Code: "P061", Path: path, Message: message, Fix: fix})
	}
	if p := content.Poll; p != nil {
		switch {
		case len(content.Media) > 0:
			say(campaign.SeverityError, "poll", "a poll has no pictures beside it here", "remove the poll or the pictures")
		case p.Multiple:
			say(campaign.SeverityError, "poll", "readers choose one option here", "remove multiple")
		case p.Ends != pollEnds:
			say(campaign.SeverityWarning, "poll", "a poll is open for 24 hours here", "write ends: 24h")
		}
	}
	for i, text := range append([]string{worded.Text}, content.Thread...) {
		links := address.FindAllString(text, -1)
		slices.Sort(links)
		if n := len(slices.Compact(links)); n > manyLinks {
			path := "text"
			if i > 0 {
				path = fmt.Sprintf("thread[%d]", i-1)
			}
			say(campaign.SeverityWarning, path, fmt.Sprintf("the text has %d links; more than %d may be refused", n, manyLinks), "use fewer")
		}
	}
	return found
}

// Date is the host's clock, read without publishing anything.
func (c *Channel) Date(ctx context.Context) (time.Time, error) { return c.posts.Date(ctx, opRead) }

// account is whose token it is. A token of another account than the channel's
// is not used.
func (c *Channel) account(ctx context.Context, k graph.Kept, token secret.String) (graph.Account, error) {
	return c.who.Of(token, func() (graph.Account, error) {
		var got struct {
			ID       graph.ID `json:"id"`
			Username string   `json:"username"`
		}
		if err := c.posts.Do(ctx, graph.Call{Op: opToken, Token: token, Path: []string{"me"}, Query: url.Values{"fields": {"id,username"}}}, &got); err != nil {
			return graph.Account{}, err
		}
		for _, want := range []string{c.cfg.Account, k.ID} {
			if got.ID == "" || want != "" && string(got.ID) != want {
				return graph.Account{}, channels.Unsent(opToken, channels.ScopeChannel, fmt.Errorf("the token is not for the account of this channel: %w", channels.ErrNotConnected))
			}
		}
		return graph.Account{ID: string(got.ID), Username: channels.SafeID(got.Username)}, nil
	})
}
