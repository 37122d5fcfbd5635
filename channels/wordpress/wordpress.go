package wordpress

import (
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
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
	f, _ := channels.Known("wordpress")
	return f
}

const (
	// settle is how long a slow site may still work on a call that we gave up.
	settle = 10 * time.Second
	// maxUpload is the longest that a picture may take.
	maxUpload = 5 * time.Minute
	// maxAnswer bounds an answer: an article comes back with its content.
	maxAnswer = 4 << 20
)

// Channel is one user of a site.
type Channel struct {
	cfg     Config
	env     channels.Env
	client  *httpx.Client
	uploads *httpx.Client

	mu  sync.Mutex
	api string // path and query before those of a call; "" until the site was asked
}

// New makes a channel from its configuration; the error lists everything that
// is wrong with it. It does no I/O.
func New(c campaign.Channel, env channels.Env) (*Channel, error) {
	cfg, err := ParseConfig(c)
	if err != nil {
		return nil, err
	}
	client := func(within time.Duration) *httpx.Client {
		return httpx.New(httpx.Options{AllowPrivate: cfg.AllowPrivate, Timeout: within, MaxBody: maxAnswer, Date: env.Date})
	}
	return &Channel{cfg: cfg, env: env, client: client(0), uploads: client(maxUpload)}, nil
}

// Class is K3: a draft is made first and published by its number.
func (c *Channel) Class() campaign.Class { return campaign.K3 }

// ReadBack is exact: the draft's number is known before it is published.
func (c *Channel) ReadBack() (channels.Strength, time.Duration) { return channels.Exact, settle }

// Check finds what a site would refuse.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	found := channels.Check(facts(), channels.Worded(content))
	if v := content.Visibility; v != "" && v != "public" {
		found = append(found, campaign.Finding{Severity: campaign.SeverityError, Code: "P061", Path: "visibility",
			Message: "an article is public or not there", Fix: "remove visibility"})
	}
	return found
}
