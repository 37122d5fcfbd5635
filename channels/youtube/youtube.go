package youtube

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
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
	f, _ := channels.Known("youtube")
	return f
}

const (
	// settle is how long a call that we gave up may still take effect.
	settle = 10 * time.Second
	// maxUpload is the longest that a thumbnail may take.
	maxUpload = 2 * time.Minute
	// renewAhead is how long before its end an access token, which serves an
	// hour, is renewed.
	renewAhead = 10 * time.Minute
)

// scopes are what reading and changing broadcasts needs. Source: platforms.md §10.1.
var scopes = []string{"https://www.googleapis.com/auth/youtube"}

// Channel is one YouTube channel.
type Channel struct {
	cfg     Config
	env     channels.Env
	client  *httpx.Client
	uploads *httpx.Client
	app     *oauth.App
}

// New makes a channel from its configuration; the error lists everything that
// is wrong with it. It does no I/O.
func New(c campaign.Channel, env channels.Env) (*Channel, error) {
	cfg, err := ParseConfig(c)
	if err != nil {
		return nil, err
	}
	client := func(within time.Duration) *httpx.Client {
		return httpx.New(httpx.Options{AllowPrivate: cfg.AllowPrivate, Timeout: within, Date: env.Date})
	}
	y := &Channel{cfg: cfg, env: env, client: client(0), uploads: client(maxUpload)}
	y.app = &oauth.App{
		Env: env, Client: y.client, Server: cfg.Base.Host, ID: cfg.ClientID, Secret: cfg.ClientSecret,
		Authorize: place(cfg.Site, "/o/oauth2/v2/auth", nil), Token: place(cfg.Tokens, "/token", nil), Revocation: place(cfg.Tokens, "/revoke", nil),
		Redirect: cfg.Redirect, Scopes: scopes, Proof: true, Label: "Address that the browser shows after agreeing",
		// Without these Google gives a refresh token at the first consent alone.
		More:  url.Values{"access_type": {"offline"}, "prompt": {"consent"}},
		Ahead: renewAhead, Pause: time.Minute, Life: time.Hour, OpConnect: opConnect, OpToken: opToken,
		Fault: func(op string, a httpx.Answer, err error) *channels.Error { return staging(op, a, err, env.Now()) },
	}
	return y, nil
}

// Class is K3: the broadcast is there, privately, before it is made public.
func (c *Channel) Class() campaign.Class { return campaign.K3 }

// ReadBack is exact: the broadcast's id is known before it is made public.
func (c *Channel) ReadBack() (channels.Strength, time.Duration) { return channels.Exact, settle }

// Check finds what YouTube would refuse.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	found := channels.Check(facts(), channels.Worded(content))
	say := func(path, message, fix string) {
		found = append(found, campaign.Finding{Severity: campaign.SeverityError, Code: "P061", Path: path, Message: message, Fix: fix})
	}
	switch named := broadcasts(content); {
	case len(named) > 1:
		say("text", "the post names several broadcasts", "name the one that it shall make public")
	case len(named) == 1 && len(content.Media) > 0:
		say("images", "the broadcast that the post names has its own picture", "remove the picture, and set it in YouTube Studio")
	case len(named) == 0 && c.cfg.StartsAfter == 0:
		say("text", "the post names no broadcast of the channel, and none is made for it", "add the broadcast's address ({watch}), or set starts_after for the channel")
	}
	if text := write("d_", content); len(text.Description) > maxDescription {
		say("text", fmt.Sprintf("with its mark the description is %d bytes over the limit", len(text.Description)-maxDescription), "shorten the text")
	}
	if v := content.Visibility; v != "" && v != "public" && v != "unlisted" {
		say("visibility", "a broadcast is public or unlisted here", "choose one of them")
	}
	return found
}

const (
	maxTitle       = 100 // characters
	maxDescription = 5000
)

// place is an address of one of the hosts.
func place(base *url.URL, path string, query url.Values) string {
	u := strings.TrimSuffix(base.String(), "/") + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return u
}
