package channels

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Registry opens the campaign's channels and keeps them open until their
// configuration changes. It may be used by several goroutines.
type Registry struct {
	platforms map[string]Platform
	env       Env

	mu   sync.Mutex
	open map[key]opened
}

type key struct {
	campaign string
	id       campaign.ChannelID
}

type opened struct {
	config  campaign.Channel
	channel Channel
}

// NewRegistry knows the given platforms and lends env to every channel.
func NewRegistry(platforms []Platform, env Env) *Registry {
	r := &Registry{platforms: map[string]Platform{}, env: env, open: map[key]opened{}}
	for _, p := range platforms {
		r.platforms[p.Name] = p
	}
	return r
}

// Channel is the campaign's channel of that name, opened when it is first
// asked for and anew when its configuration changed. It does no I/O. What the
// adapter finds wrong in the configuration is the error.
func (r *Registry) Channel(c *campaign.Campaign, id campaign.ChannelID) (Channel, error) {
	config, ok := c.Channels[id]
	if !ok {
		return nil, fmt.Errorf("the campaign has no channel %s", id)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at := key{c.ID, id}
	if o, ok := r.open[at]; ok && sameAdapter(o.config, config) {
		return o.channel, nil
	}
	p, err := r.Platform(config.Platform)
	if err != nil {
		return nil, fmt.Errorf("channel %s: %w", id, err)
	}
	env := r.env
	env.Campaign, env.Keep = c.ID, nothingKept{}
	if env.Vault != nil {
		env.Keep = env.Vault(id)
	}
	lent := config
	lent.Settings = maps.Clone(config.Settings) // the campaign is everybody's
	ch, err := p.Open(id, lent, env)
	if err != nil {
		return nil, fmt.Errorf("channel %s: %w", id, err)
	}
	r.open[at] = opened{config, ch}
	return ch, nil
}

// sameAdapter tells whether nothing changed that an adapter sees. Pauses,
// quotas and gaps are the engine's: changing one keeps the channel open.
func sameAdapter(a, b campaign.Channel) bool {
	return a.Platform == b.Platform && a.Like == b.Like && a.Account == b.Account &&
		a.Handle == b.Handle && a.Languages == b.Languages && maps.Equal(a.Settings, b.Settings)
}

// Platform is the platform of that name; the error lists the known ones.
func (r *Registry) Platform(name string) (Platform, error) {
	p, ok := r.platforms[name]
	if !ok {
		known := slices.Sorted(maps.Keys(r.platforms))
		return Platform{}, fmt.Errorf("unknown platform %q; known are %s", name, strings.Join(known, ", "))
	}
	return p, nil
}

// Facts are what is known beforehand of the channel's platform: of the one
// whose limits hold for it ("like" of a sandbox).
func (r *Registry) Facts(c campaign.Channel) (Facts, bool) { return Known(c.LimitsName()) }
