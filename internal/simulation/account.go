package simulation

import (
	"fmt"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// nature is what a pretend platform promises about a lost answer.
type nature struct {
	class    campaign.Class
	strength channels.Strength
	settle   time.Duration // after which its list is complete
	window   time.Duration // how long it remembers a key; 0: for ever
}

// natures are the six classes, each with the read-back that platforms of the
// class have. Source: platforms.md §0.1 and §0.4.
var natures = []nature{
	{campaign.K1, channels.Good, 30 * time.Second, time.Hour},
	{campaign.K1, channels.Weak, 0, 2 * time.Hour},
	{campaign.K2, channels.Exact, 0, 0},
	{campaign.K2, channels.Weak, 0, 0}, // a webhook: nobody to ask, repeats are recognised
	{campaign.K3, channels.Exact, 20 * time.Second, 0},
	{campaign.K4, channels.Good, 30 * time.Second, 0},
	{campaign.K4, channels.Weak, 0, 0},
	{campaign.K5, channels.Good, 30 * time.Second, 0},
	{campaign.K6, channels.Weak, 0, 0},
}

// public is one post that the public can see, or could.
type public struct {
	id       string
	text     string
	ours     bool // posted by a daemon; else by a person or another tool
	delivery campaign.DeliveryID
	part     int
	key      string
	at       time.Time // true time
	listed   time.Time // from when a read-back may see it
	deleted  time.Time // zero: it is still there
}

// account is one account of a pretend platform. It knows what the public saw.
type account struct {
	nature
	w        *world
	id       campaign.ChannelID
	platform string

	mu       sync.Mutex
	posts    []*public
	taken    map[string]time.Time // keys of calls that were accepted, also while the post is still in the making
	calls    int                  // publish calls so far
	acts     map[int]act          // what happens at a call, by its number
	stagings map[int]string       // what happens at a staging, by its number
	staged   int
	down     bool // nobody can reach it
	blind    bool // it publishes, and cannot be read
	revoked  bool // the token is dead
	lag      time.Duration
}

// show makes a text public at some true time, by one of our calls or (nil) by
// somebody's hand. Callers hold a.mu.
func (a *account) show(at time.Time, text string, by *call, r channels.Request) *public {
	p := &public{id: fmt.Sprintf("%s-%06d", a.id, len(a.posts)+1), text: text, ours: by != nil, delivery: r.Delivery.ID, part: r.Part, key: r.Key, at: at}
	p.listed = p.at.Add(a.lag)
	a.lag = 0
	a.posts = append(a.posts, p)
	if by != nil {
		a.w.ledger.shown(a, p, by)
	}
	a.w.note("public on %s: %q as %s", a.id, text, p.id)
	return p
}

// known is the post that the platform takes a repeat for: by key, by own id,
// by container. Callers hold a.mu.
func (a *account) known(key string) (p *public, accepted bool) {
	if !a.class.Repeats() {
		return nil, false
	}
	at, ok := a.taken[key]
	if !ok || a.window > 0 && a.w.clk.True().Sub(at) > a.window {
		return nil, false
	}
	for _, p := range a.posts {
		if p.key == key && p.ours {
			return p, true
		}
	}
	return nil, true
}

// twin tells whether the text is out already, as a K4 platform looks at it.
// Callers hold a.mu.
func (a *account) twin(text string) bool {
	if a.class != campaign.K4 {
		return false
	}
	for _, p := range a.posts {
		if p.text == text && p.deleted.IsZero() && a.w.clk.True().Sub(p.at) < campaign.TwinSpan {
			return true
		}
	}
	return false
}

// read is what a read-back finds. Callers hold a.mu.
func (a *account) read(r channels.Request) (channels.Verdict, campaign.Receipt) {
	text := r.Content.Text
	if r.Part < len(r.Staged.Parts) {
		text = string(r.Staged.Parts[r.Part].Body)
	}
	now := a.w.clk.True()
	switch {
	case a.class == campaign.K6, a.class == campaign.K2 && a.strength == channels.Weak:
		return channels.CannotTell, campaign.Receipt{}
	case a.strength == channels.Exact:
		p, _ := a.known(r.Key)
		switch {
		case p == nil:
			return channels.Absent, campaign.Receipt{}
		case !p.deleted.IsZero():
			return channels.CannotTell, campaign.Receipt{} // the grave of one that was there
		}
		return channels.Found, a.receipt(p)
	}
	var found []*public
	for _, p := range a.posts {
		if p.text == text && p.id > r.Newest && p.deleted.IsZero() && !p.listed.After(now) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return channels.Absent, campaign.Receipt{}
	case 1:
		return channels.Found, a.receipt(found[0])
	}
	return channels.CannotTell, campaign.Receipt{} // more than one match is a person's to judge
}

// receipt is the platform's proof of a post.
func (a *account) receipt(p *public) campaign.Receipt {
	return campaign.Receipt{RemoteID: p.id, URL: a.address(p.id), Platform: p.at}
}

// address is where people see a post.
func (a *account) address(id string) string { return "https://" + a.platform + ".example/" + id }

// newest is the newest post of the account that a list shows. Callers hold a.mu.
func (a *account) newest() string {
	now, id := a.w.clk.True(), ""
	for _, p := range a.posts {
		if p.deleted.IsZero() && !p.listed.After(now) {
			id = p.id
		}
	}
	return id
}

// becomes changes the account while calls may be under way.
func (a *account) becomes(f func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f()
}
