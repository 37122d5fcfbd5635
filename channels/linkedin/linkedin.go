package linkedin

import (
	"strings"
	"sync"
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
	f, _ := channels.Known("linkedin")
	return f
}

const (
	// settle is how long a page's post may take to stand in its list. Source:
	// platforms.md §7.7.
	settle = 3 * time.Minute
	// probeAfter and probeUntil bound the one repeat that probe_on_doubt allows,
	// from the first attempt on. Source: platforms.md §7.7.
	probeAfter = 2 * time.Minute
	probeUntil = 30 * time.Minute
	// maxUpload is the longest that an upload may take.
	maxUpload = 5 * time.Minute
)

// Channel is one author: a member or the page of an organization.
type Channel struct {
	cfg     Config
	env     channels.Env
	client  *httpx.Client
	uploads *httpx.Client // with time for a large picture
	// pollFirst is the first wait for a picture that LinkedIn works on.
	pollFirst time.Duration

	oauth *oauth.App // of a channel that names no token

	mu sync.Mutex
	// member is the subject of the token it was asked with.
	member subject
	// twins are the posts that refusals named, by the key of the attempt. What
	// a restart forgets a read-back finds out without them.
	twins map[string]string
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
	ch := &Channel{cfg: cfg, env: env, client: client(0), uploads: client(maxUpload), pollFirst: time.Second, twins: map[string]string{}}
	ch.oauth = ch.app()
	return ch, nil
}

// Class is K4: LinkedIn refuses a text that the author has posted lately.
func (c *Channel) Class() campaign.Class { return campaign.K4 }

// ReadBack is good for a page. A member's posts cannot be read: where a probe
// is allowed Reconcile says absent for it, else nothing is believed.
func (c *Channel) ReadBack() (channels.Strength, time.Duration) {
	switch {
	case c.cfg.Organization != "":
		return channels.Good, settle
	case c.cfg.Probe:
		return channels.Good, probeAfter
	}
	return channels.Weak, settle
}

// Check finds what LinkedIn would refuse.
func (c *Channel) Check(content campaign.Content) []campaign.Finding {
	leaves := content
	leaves.Text = text(content)
	found := channels.Check(facts(), leaves)
	say := func(path, message, fix string) {
		found = append(found, campaign.Finding{Severity: campaign.SeverityError, Code: "P061", Path: path, Message: message, Fix: fix})
	}
	if carded(content) && strings.TrimSpace(content.Card.Title) == "" {
		say("link", "a link card needs a title here", "give the card a title, or remove it")
	}
	if n := len([]rune(content.FirstComment)); n > maxComment {
		say("first_comment", "the first comment is longer than 1250 characters", "shorten it")
	}
	return found
}

// maxComment is the longest comment, in characters. Source: LinkedIn help,
// "Characters limit for comments".
const maxComment = 1250
