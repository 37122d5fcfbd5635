package facebook

import (
	"context"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
)

// Platform is the kind of channel that this package makes.
func Platform() channels.Platform {
	f := facts()
	return channels.Platform{
		Name: f.Name, Class: f.Class, Limits: f.Limits, Capabilities: f.Capabilities,
		Open: func(id campaign.ChannelID, c campaign.Channel, env channels.Env) (channels.Channel, error) {
			return New(c, env)
		},
	}
}

func facts() channels.Facts {
	f, _ := channels.Known("facebook")
	return f
}

// Steps as errors name them.
const (
	opPublish = "facebook.publish"
	opPrepare = "facebook.prepare"
	opRead    = "facebook.read"
	opDelete  = "facebook.delete"
	opConnect = "facebook.connect"
	opToken   = "facebook.token"
)

// settle is how long a post may take to stand in the Page's list.
// Source: platforms.md §4.7.
const settle = 3 * time.Minute

// Channel is one Page.
type Channel struct {
	cfg    Config
	env    channels.Env
	graph  *graph.Client
	tokens *graph.Tokens
	app    graph.App
}

// New makes a channel from its configuration; the error lists everything that
// is wrong with it. It does no I/O.
func New(c campaign.Channel, env channels.Env) (*Channel, error) {
	cfg, err := ParseConfig(c)
	if err != nil {
		return nil, err
	}
	g := graph.New(graph.Options{Base: cfg.Base, Version: cfg.Version, AllowPrivate: cfg.AllowPrivate, Env: env, Rows: rows, AppSecret: cfg.AppSecret})
	return &Channel{cfg: cfg, env: env, graph: g,
		tokens: &graph.Tokens{Op: opToken, Host: g.Host(), Ref: cfg.Token, Env: env},
		app: graph.App{Op: opConnect, ID: cfg.AppID, Secret: cfg.AppSecret, Scopes: scopes, Redirect: cfg.Redirect, Env: env,
			Dialog: graph.Address(cfg.Dialog, nil, cfg.Version, "dialog", "oauth")},
	}, nil
}

// Class is K5: the Page's own posts tell what became of a call.
func (c *Channel) Class() campaign.Class { return campaign.K5 }

// ReadBack is good: the Page's own posts can be listed.
func (c *Channel) ReadBack() (channels.Strength, time.Duration) { return channels.Good, settle }

// Check finds what Facebook would refuse.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	return channels.Check(facts(), worded(content))
}

// Date is Facebook's clock, read without publishing anything.
func (c *Channel) Date(ctx context.Context) (time.Time, error) { return c.graph.Date(ctx, opRead) }
