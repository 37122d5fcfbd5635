package tiktok

import (
	"strings"
	"time"
	"unicode/utf16"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/graph"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/oauth"
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
	f, _ := channels.Known("tiktok")
	return f
}

const (
	// Lives of tokens. Source: platforms.md §11.
	accessLife  = 2 * time.Hour
	refreshLife = 180 * 24 * time.Hour
	renewAhead  = 20 * time.Minute
	// maxTitle is the longest title of pictures, in UTF-16 units.
	maxTitle = 90
)

// Channel is one TikTok account.
type Channel struct {
	cfg    Config
	env    channels.Env
	client *httpx.Client
	app    *oauth.App
	// pollFirst is the first wait for a post that TikTok works on.
	pollFirst time.Duration
}

// New makes a channel from its configuration; the error lists everything that
// is wrong with it. It does no I/O.
func New(c campaign.Channel, env channels.Env) (*Channel, error) {
	cfg, err := ParseConfig(c)
	if err != nil {
		return nil, err
	}
	t := &Channel{cfg: cfg, env: env, client: httpx.New(httpx.Options{AllowPrivate: cfg.AllowPrivate, Date: env.Date}), pollFirst: time.Second}
	t.app = &oauth.App{
		Env: env, Client: t.client, Server: cfg.Base.Host, ID: cfg.ClientKey, IDName: "client_key", Secret: cfg.ClientSecret,
		Authorize: place(cfg.Site.String(), "/v2/auth/authorize/"), Token: t.at("/v2/oauth/token/"), Revocation: t.at("/v2/oauth/revoke/"),
		Redirect: cfg.Redirect, Scopes: cfg.scopes(), Between: ",", Label: "Whole address that the browser shows after agreeing",
		Ahead: renewAhead, Pause: time.Minute, Life: accessLife, RefreshLife: refreshLife, OpConnect: opConnect, OpToken: opToken,
		Fault: func(op string, a httpx.Answer, err error) *channels.Error { return staging(op, a, err, env.Now()) },
	}
	return t, nil
}

// scopes are what the mode needs. Source: platforms.md §11.
func (cfg Config) scopes() []string {
	if cfg.Direct {
		return []string{"user.info.basic", "video.publish"}
	}
	return []string{"user.info.basic", "video.upload"}
}

func (c *Channel) at(path string) string { return place(c.cfg.Base.String(), path) }

func place(base, path string) string { return strings.TrimSuffix(base, "/") + path }

// Class is K6: the call that publishes is the one whose answer names the work, so
// nobody can tell what became of a lost one.
func (c *Channel) Class() campaign.Class { return campaign.K6 }

// ReadBack is exact where a name came: absence is TikTok's own word that the work failed.
func (c *Channel) ReadBack() (channels.Strength, time.Duration) { return channels.Exact, 0 }

// Check finds what TikTok would refuse.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	leaves := content
	leaves.Text = c.text(content)
	return append(channels.Check(facts(), leaves), graph.CheckFetched(c.env, content)...)
}

// text is the post's text with link, credits and, where it was chosen so, the
// descriptions of its pictures.
func (c *Channel) text(content campaign.Content) string {
	text := channels.Worded(content).Text
	if c.cfg.AltInText {
		for _, m := range content.Media {
			if m.Alt != "" {
				text += "\n\n🖼 " + m.Alt
			}
		}
	}
	return strings.TrimSpace(text)
}

// titled is the text as title and description.
func titled(text string) (title, description string) {
	for most := maxTitle; ; most /= 2 {
		title, description = channels.Titled(text, most)
		if len(utf16.Encode([]rune(title))) <= maxTitle {
			return title, description
		}
	}
}

// Shown are the texts as readers will see them; see channels.Shower.
func (c *Channel) Shown(content campaign.Content) []campaign.Shown {
	title, description := titled(c.text(content))
	return []campaign.Shown{{Title: title, Text: description}}
}
