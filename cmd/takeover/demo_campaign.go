package main

import (
	"fmt"
	"io/fs"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/plan"
)

// role is what one post of the example plays in the demo: where it appears, and
// when, counted from the demo's first second. Texts, pictures, alt texts,
// credits and consents stay those of the example.
type role struct {
	file, post string
	channels   []string
	at         []time.Duration            // of a post with one time, or of a series in the order of its items
	steps      map[string][]time.Duration // by step; nil keeps the step's own time, such as start
	closes     time.Duration              // of a challenge
	anchor     time.Duration              // start of the event of a livestream
	tolerance  string
}

func sec(n ...float64) []time.Duration {
	out := make([]time.Duration, len(n))
	for i, s := range n {
		out[i] = time.Duration(s * float64(time.Second))
	}
	return out
}

// cast is the example's plans squeezed into the coming minute.
var cast = []role{
	{file: "civil-society-rights-2026.yaml", post: "quote-choir", channels: []string{"bluesky-main", "telegram-news"}, at: sec(2)},
	{file: "civil-society-rights-2026.yaml", post: "equal-in-dignity", channels: []string{"telegram-news"}, at: sec(6, 22, 38)},
	{file: "mayors-imd-2026.yaml", post: "quote-nurse", channels: []string{"x-main", "instagram-main", "linkedin-org"}, at: sec(3)},
	{file: "mayors-imd-2026.yaml", post: "my-street", channels: []string{"facebook-page"}, closes: 35 * time.Second,
		steps: map[string][]time.Duration{"launch": sec(6), "reminder": sec(16, 30), "wrapup": sec(46)}},
	{file: "mayors-imd-2026.yaml", post: "cities-live", channels: []string{"x-main"}, anchor: 26 * time.Second,
		steps: map[string][]time.Duration{"day-before": sec(8), "hour-before": sec(18), "live": nil, "replay": sec(50)}},
	{file: "youth-first-words-2026.yaml", post: "quote-garden", channels: []string{"mastodon-main"}, at: sec(5)},
	{file: "youth-first-words-2026.yaml", post: "quote-teacher", channels: []string{"facebook-page", "telegram-news"}, at: sec(52)},
	{file: "youth-first-words-2026.yaml", post: "my-first-word", channels: []string{"telegram-news", "bluesky-main"}, closes: 36 * time.Second,
		steps: map[string][]time.Duration{"launch": sec(10), "reminder": sec(20), "wrapup": sec(48)}},
	{file: "youth-first-words-2026.yaml", post: "small-things", channels: []string{"bluesky-main"}, at: sec(14, 24, 41)},
	{file: "business-skills-2026.yaml", post: "quote-baker", channels: []string{"x-main", "facebook-page", "instagram-main"}, at: sec(12)},
	{file: "business-skills-2026.yaml", post: "quote-carpenter", channels: []string{"linkedin-org"}, at: sec(2), tolerance: "1m"},
	{file: "business-skills-2026.yaml", post: "at-the-counter", channels: []string{"linkedin-org"}, at: sec(20, 40)},
}

// demoPlatforms are pretended, in the order of the wall's columns.
var demoPlatforms = []string{"x", "mastodon", "bluesky", "facebook", "instagram", "linkedin", "telegram"}

// demoGap keeps two posts of an account apart, so that one can watch them come.
const demoGap = time.Second

// demoCampaign is the example's campaign with its windows around now and its
// accounts on the wall at the given address.
func demoCampaign(example fs.FS, wall string, now time.Time) (campaign.Campaign, error) {
	src, err := fs.ReadFile(example, "campaign.yaml")
	if err != nil {
		return campaign.Campaign{}, err
	}
	c, found := configs.ParseCampaign("campaign.yaml", src, nil)
	if found.HasErrors() {
		return c, fmt.Errorf("the example cannot be read: %s", found[0])
	}
	pretended := map[campaign.ChannelID]campaign.Channel{}
	for id, ch := range c.Channels {
		if slices.Contains(demoPlatforms, ch.Platform) {
			pretended[id] = campaign.Channel{Platform: "sandbox", Like: ch.Platform, Handle: ch.Handle, Languages: ch.Languages,
				MinGap: demoGap, Settings: map[string]string{"base_url": wall, "allow_private": "true"}}
		}
	}
	c.Channels = pretended
	for id, w := range c.Takeovers {
		var on []campaign.ChannelID
		for ch := range pretended {
			on = append(on, ch)
		}
		slices.Sort(on)
		c.Takeovers[id] = campaign.Takeover{Mechanism: w.Mechanism, Channels: on, Shared: true,
			From: now.Add(-6 * time.Hour).Truncate(time.Minute), To: now.Add(6 * time.Hour).Truncate(time.Minute)}
	}
	for ref, consent := range c.Consents {
		consent.Until = time.Time{} // the demo is shown in later years, too
		c.Consents[ref] = consent
	}
	c.Policies.MinLead = 0
	return c, nil
}

// squeeze rewrites a plan of the example: only the posts of the cast, at their
// times after base.
func squeeze(file string, src []byte, base time.Time) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(src, &doc); err != nil {
		return nil, err
	}
	s := squeezer{base: base, root: doc.Content[0]}
	s.chooseZone()
	if d := valueOf(s.root, "defaults"); d != nil {
		drop(d, "channels") // every post of the cast says where it appears
	}
	posts := valueOf(s.root, "posts")
	var kept []*yaml.Node
	for _, p := range posts.Content {
		for _, r := range cast {
			if r.file == file && r.post == valueOf(p, "id").Value {
				s.post(p, r)
				kept = append(kept, p)
			}
		}
	}
	posts.Content = kept
	return yaml.Marshal(&doc)
}

// squeezer rewrites one plan.
type squeezer struct {
	base time.Time
	root *yaml.Node
	zone *time.Location
}

// chooseZone keeps the plan's zone, unless the coming minutes have no clear
// local time in it: then UTC is used.
func (s *squeezer) chooseZone() {
	zone := valueOf(s.root, "timezone")
	loc, err := time.LoadLocation(zone.Value)
	for _, ahead := range []time.Duration{0, 2 * time.Minute} {
		if err != nil || unambiguous(s.base.Add(ahead), loc) {
			continue
		}
		loc, zone.Value = time.UTC, "UTC"
	}
	s.zone = loc
}

// unambiguous tells whether the local time names the instant and no other.
func unambiguous(t time.Time, loc *time.Location) bool {
	l := t.In(loc)
	wall := time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, time.UTC)
	at, _ := plan.Instant(wall, loc)
	return at.Equal(t)
}

func (s *squeezer) local(after time.Duration) *yaml.Node {
	return text(s.base.Add(after).In(s.zone).Format("2006-01-02T15:04:05"))
}

// times is one time, or a list where the cast has several.
func (s *squeezer) times(at []time.Duration) *yaml.Node {
	if len(at) == 1 {
		return s.local(at[0])
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
	for _, d := range at {
		list.Content = append(list.Content, s.local(d))
	}
	return list
}

func (s *squeezer) post(p *yaml.Node, r role) {
	on := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
	for _, ch := range r.channels {
		on.Content = append(on.Content, text(ch))
	}
	put(p, "channels", on)
	s.variants(p, r)
	if len(r.at) > 0 {
		drop(p, "schedule")
		put(p, "at", s.times(r.at))
	}
	if r.tolerance != "" {
		put(p, "tolerance", text(r.tolerance))
	}
	if ch := valueOf(p, "challenge"); ch != nil {
		put(ch, "closes", s.local(r.closes))
	}
	if name := valueOf(p, "anchor"); name != nil {
		a := valueOf(valueOf(s.root, "anchors"), name.Value)
		put(a, "start", s.local(r.anchor))
		put(a, "length", text("1m"))
		put(a, "live_check", text("person")) // nobody asks a real platform
	}
	s.steps(valueOf(p, "steps"), r)
}

func (s *squeezer) steps(steps *yaml.Node, r role) {
	if steps == nil {
		return
	}
	if steps.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(steps.Content); i += 2 {
			put(steps.Content[i+1], "at", s.times(r.steps[steps.Content[i].Value]))
		}
		return
	}
	for _, step := range steps.Content {
		if at := r.steps[valueOf(step, "id").Value]; at != nil {
			put(step, "at", s.times(at))
		}
	}
}

// variants drops what the plan says for channels that the post does not use here.
func (s *squeezer) variants(p *yaml.Node, r role) {
	v := valueOf(p, "variants")
	if v == nil {
		return
	}
	var kept []*yaml.Node
	for i := 0; i+1 < len(v.Content); i += 2 {
		if slices.Contains(r.channels, v.Content[i].Value) {
			kept = append(kept, v.Content[i], v.Content[i+1])
		}
	}
	if v.Content = kept; len(kept) == 0 {
		drop(p, "variants")
	}
}

// text is a quoted string, so that no reader takes it for anything else.
func text(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s}
}

// valueOf is the value under a key of a mapping, or nil.
func valueOf(m *yaml.Node, key string) *yaml.Node {
	for i := 0; m != nil && i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return m.Content[i+1]
		}
	}
	return nil
}

func put(m *yaml.Node, key string, v *yaml.Node) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			m.Content[i+1] = v
			return
		}
	}
	m.Content = append(m.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, v)
}

func drop(m *yaml.Node, key string) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			m.Content = slices.Delete(m.Content, i, i+2)
			return
		}
	}
}
