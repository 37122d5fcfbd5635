package instagram

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
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
		Open: func(id campaign.ChannelID, c campaign.Channel, env channels.Env) (channels.Channel, error) {
			ch, err := New(c, env)
			if err == nil && ch.cfg.Deletes {
				return deleting{ch}, nil
			}
			return ch, err
		},
	}
}

func facts() channels.Facts {
	f, _ := channels.Known("instagram")
	return f
}

// Steps as errors name them.
const (
	opPublish = "instagram.publish"
	opPrepare = "instagram.prepare"
	opRead    = "instagram.read"
	opDelete  = "instagram.delete"
	opConnect = "instagram.connect"
	opToken   = "instagram.token"
)

// settle is how long a container may take to say that it is public.
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
	ch := &Channel{cfg: cfg, env: env,
		posts:  &graph.Containers{Client: g, Op: opPrepare, OpRead: opRead, Fields: "status_code,status", Broken: broken},
		tokens: &graph.Tokens{Op: opToken, Host: g.Host(), Ref: cfg.Token, Env: env},
		app:    graph.App{Op: opConnect, ID: cfg.AppID, Secret: cfg.AppSecret, Scopes: cfg.scopes(), Redirect: cfg.Redirect, Env: env, Dialog: graph.Address(cfg.Dialog, nil, cfg.Version, "dialog", "oauth")}}
	if cfg.Login == loginInstagram {
		ch.app.Dialog = graph.Address(cfg.Dialog, nil, "oauth", "authorize")
		ch.tokens.Renew = graph.Renewal(g, opToken, "ig_refresh_token", tokenLife)
	}
	return ch, nil
}

// Class is K3: a container is staged and published by its id, once.
func (c *Channel) Class() campaign.Class { return campaign.K3 }

// ReadBack is exact: the container itself is asked.
func (c *Channel) ReadBack() (channels.Strength, time.Duration) { return channels.Exact, settle }

// KeyWindow is how long a container serves.
func (c *Channel) KeyWindow() time.Duration { return graph.Keeps }

// manyTags is from where on Instagram was seen to refuse. Source: platforms.md §5.4.
const manyTags = 5

var hashtag = regexp.MustCompile(`(?:^|[^\p{L}\p{N}_])#[\p{L}\p{N}_]`)

// Check finds what Instagram would refuse, and what readers cannot use.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	worded := channels.Worded(content)
	found := channels.Check(facts(), worded)
	found = append(found, graph.CheckFetched(c.env, content)...)
	warn := func(path, message, fix string) {
		found = append(found, campaign.Finding{Severity: campaign.SeverityWarning, Code: "P061", Path: path, Message: message, Fix: fix})
	}
	if n := len(hashtag.FindAllString(worded.Text, -1)); n > manyTags {
		warn("text", fmt.Sprintf("the text has %d hashtags; more than %d may be refused", n, manyTags), "use fewer")
	}
	if content.Link != "" {
		warn("link", "links in a caption cannot be followed", "say where the link is to be found")
	}
	return found
}

// Date is the host's clock, read without publishing anything.
func (c *Channel) Date(ctx context.Context) (time.Time, error) { return c.posts.Date(ctx, opRead) }

// account is whose token it is.
func (c *Channel) account(ctx context.Context, k graph.Kept, token secret.String) (graph.Account, error) {
	return c.who.Of(token, func() (graph.Account, error) { return c.identify(ctx, k, token) })
}

func (c *Channel) identify(ctx context.Context, k graph.Kept, token secret.String) (graph.Account, error) {
	id := c.cfg.Account
	if id == "" {
		id = k.ID
	}
	if id != "" && c.cfg.Login == loginFacebook {
		var got struct {
			ID       graph.ID `json:"id"`
			Username string   `json:"username"`
		}
		if err := c.posts.Do(ctx, graph.Call{Op: opToken, Token: token, Path: []string{id}, Query: url.Values{"fields": {"id,username"}}}, &got); err != nil {
			return graph.Account{}, err
		}
		return named(got.ID, got.Username, id)
	}
	if c.cfg.Login == loginInstagram {
		var got struct {
			ID       graph.ID `json:"user_id"`
			Username string   `json:"username"`
		}
		if err := c.posts.Do(ctx, graph.Call{Op: opToken, Token: token, Path: []string{"me"}, Query: url.Values{"fields": {"user_id,username"}}}, &got); err != nil {
			return graph.Account{}, err
		}
		return named(got.ID, got.Username, id)
	}
	var p graph.Page
	if err := c.posts.Do(ctx, graph.Call{Op: opToken, Token: token, Path: []string{"me"}, Query: url.Values{"fields": {"instagram_business_account{id,username}"}}}, &p); err != nil {
		return graph.Account{}, err
	}
	return named(p.Instagram.ID, p.Instagram.Username, "")
}

// named is the account that the platform named, which must be want unless that is "".
func named(id graph.ID, username, want string) (graph.Account, error) {
	if id == "" || want != "" && string(id) != want {
		return graph.Account{}, channels.Unsent(opToken, channels.ScopeChannel, fmt.Errorf("the token is not for the account of this channel: %w", channels.ErrNotConnected))
	}
	return graph.Account{ID: string(id), Username: channels.SafeID(username)}, nil
}
