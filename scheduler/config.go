package scheduler

import (
	"errors"
	"log/slog"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/store"
)

// Config is what an Engine works with. Store, Clock and Channel must be given;
// durations of zero take the defaults.
type Config struct {
	Store store.Store
	Clock clock.Clock
	// Daemon is who we are among several on one store, whose Tx must be a
	// store.Shared then; ID, Home and Name count. The zero value: we are alone.
	Daemon campaign.Daemon
	// Channel is the open channel of that name; it is asked for each use and
	// should keep what it opened. It does no I/O.
	Channel func(c *campaign.Campaign, id campaign.ChannelID) (channels.Channel, error)
	// DailyPosts is how many posts the channel's platform takes from an account
	// in 24 hours, 0 for no number. It asks the store alone, in the transaction
	// that arms. nil: what is known beforehand.
	DailyPosts func(tx store.Settings, c *campaign.Campaign, id campaign.ChannelID) (int, error)
	// Media says what is wrong with a stored picture or film, "" when nothing
	// is. nil: nothing ever is.
	Media func(campaign.Digest) string
	// Tell hands a notice to people, once each. It is called by several
	// goroutines and must not block. nil: nobody listens.
	Tell func(Notice)
	Log  *slog.Logger // nil: slog.Default()

	// Grace is how long calls in flight may take to finish when the engine is
	// asked to end; default 30 s.
	Grace time.Duration
	// CallTimeout is how long a publish call may take after its first byte
	// could leave last; default 60 s. Source: platforms.md §0.3.
	CallTimeout time.Duration
	// PrepareAhead is how long before its due time a post is staged; default 5 min.
	PrepareAhead time.Duration
	// PrepareTimeout bounds one staging, uploads included; default 2 min.
	PrepareTimeout time.Duration
	// ReadTimeout bounds one read-back; default 30 s.
	ReadTimeout time.Duration
}

func (c Config) withDefaults() (Config, error) {
	if c.Store == nil || c.Clock == nil || c.Channel == nil {
		return c, errors.New("scheduler: Store, Clock and Channel must be given")
	}
	if c.DailyPosts == nil {
		c.DailyPosts = func(_ store.Settings, c *campaign.Campaign, id campaign.ChannelID) (int, error) {
			f, _ := channels.Known(c.Channels[id].LimitsName())
			return f.Limits.DailyPosts, nil
		}
	}
	if c.Media == nil {
		c.Media = func(campaign.Digest) string { return "" }
	}
	if c.Tell == nil {
		c.Tell = func(Notice) {}
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	for _, d := range []struct {
		value     *time.Duration
		otherwise time.Duration
	}{
		{&c.Grace, 30 * time.Second},
		{&c.CallTimeout, time.Minute},
		{&c.PrepareAhead, 5 * time.Minute},
		{&c.PrepareTimeout, 2 * time.Minute},
		{&c.ReadTimeout, 30 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.otherwise
		}
	}
	return c, nil
}

// NoticeKind is why people are told something.
type NoticeKind string

const (
	NoticeMissed    NoticeKind = "missed"     // its latest time passed
	NoticeCancelled NoticeKind = "cancelled"  // it may not go any more
	NoticeLate      NoticeKind = "late"       // published more than 2 min after due
	NoticeWarning   NoticeKind = "warning"    // published, with something missing or changed
	NoticeRefused   NoticeKind = "refused"    // the platform refused it for good
	NoticePerson    NoticeKind = "needs_you"  // a person must decide
	NoticeParked    NoticeKind = "parked"     // waits for a deed: media, content, a value, late after a restart
	NoticeRetry     NoticeKind = "retry"      // not sent; it is tried again
	NoticeDoubt     NoticeKind = "doubt"      // a read-back cannot reach the platform
	NoticeLane      NoticeKind = "lane_held"  // an account is held
	NoticeHang      NoticeKind = "hangs"      // a call does not return
	NoticeClock     NoticeKind = "clock"      // the clock is not trusted, or again is
	NoticeRestore   NoticeKind = "quarantine" // what was to be sent is public already
	NoticeStore     NoticeKind = "store"      // the store failed or holds what cannot be read
)

// Notice is something people should know at once. Texts are plain sentences
// without secrets.
type Notice struct {
	At       time.Time           `json:"at"`
	Kind     NoticeKind          `json:"kind"`
	Delivery campaign.DeliveryID `json:"delivery,omitempty"`
	Plan     campaign.PlanID     `json:"plan,omitempty"`
	Lane     campaign.LaneID     `json:"lane,omitempty"`
	Code     string              `json:"code,omitempty"` // of the reason
	Text     string              `json:"text"`
}
