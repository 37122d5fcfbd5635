package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
)

// view is what one step says on one channel, once defaults, post, step and
// variants are laid over one another.
type view struct {
	channel  campaign.ChannelID
	base     Text   // of the step or post
	over     []Text // of variants, the strongest first
	images   []Str
	card     bool // the quote is drawn on its photo, "" among the images where it has none
	hashtags []Str
	link     Str
	linkSaid bool // by the post or nearer, not only by the defaults
	source   Str
	opts     Options
	only     []Str // languages of a variant
	off      bool
	noPoll   string // why the poll's options are lines of the text; "": they are not
}

// textIn is the template in a language.
func (v view) textIn(lang string) Str {
	for _, t := range v.over {
		if s := t.In(lang); s.Written() {
			return s
		}
	}
	return v.base.In(lang)
}

// view lays out what the step says on the channel.
func (e *expander) view(x *Post, s *Step, ch campaign.ChannelID) view {
	v := view{channel: ch, base: s.Text, hashtags: e.p.Defaults.Hashtags, link: e.p.Defaults.Link}
	if !e.p.Defaults.HasTags {
		for _, h := range e.kit.Hashtags {
			v.hashtags = append(v.hashtags, Str{Value: h, Pos: x.Pos})
		}
	}
	layers := []*Step{&x.Step}
	if s != &x.Step {
		layers = append(layers, s)
	}
	for _, l := range layers {
		v.lay(l.Images, l.HasImages, l.Hashtags, l.HasTags, l.Link, l.HasLink, l.Options)
		if l.Source.Written() {
			v.source = l.Source
		}
	}
	for _, l := range layers {
		for _, o := range l.Variants {
			if o.Channel.Value != string(ch) {
				continue
			}
			v.lay(o.Images, o.HasImages, o.Hashtags, o.HasTags, o.Link, o.HasLink, o.Options)
			v.over = append([]Text{o.Text}, v.over...)
			v.off = v.off || o.Off
			if len(o.Languages) > 0 {
				v.only = o.Languages
			}
		}
	}
	v.card = x.Quote != nil && x.Quote.Card
	if x.Quote != nil && (x.Quote.Photo.Written() || v.card) && !slices.ContainsFunc(v.images, func(s Str) bool { return s.Value == x.Quote.Photo.Value }) {
		v.images = append([]Str{{Value: x.Quote.Photo.Value, Pos: x.Quote.Pos}}, v.images...)
	}
	v.noPoll = e.noPoll(v, ch)
	if !e.makesCards(ch) {
		v.opts.Card = nil // the platform makes it of the linked page
	}
	return v
}

// lay puts a nearer layer over the view.
func (v *view) lay(images []Str, hasImages bool, hashtags []Str, hasTags bool, link Str, hasLink bool, o Options) {
	if hasImages {
		v.images = images
	}
	if hasTags {
		v.hashtags = hashtags
	}
	if hasLink {
		v.link, v.linkSaid = link, true
	}
	if o.FirstComment.Written() {
		v.opts.FirstComment = o.FirstComment
	}
	if len(o.Thread) > 0 {
		v.opts.Thread, v.opts.threadAt = o.Thread, o.threadAt
	}
	if o.Visibility.Written() {
		v.opts.Visibility = o.Visibility
	}
	if o.ContentWarning.Written() {
		v.opts.ContentWarning = o.ContentWarning
	}
	if o.Silent != nil {
		v.opts.Silent, v.opts.silentAt = o.Silent, o.silentAt
	}
	if o.IfTooLong.Written() {
		v.opts.IfTooLong = o.IfTooLong
	}
	if o.Poll != nil {
		v.opts.Poll = o.Poll
	}
	if o.Card != nil {
		v.opts.Card = o.Card
	}
}

// written lists the languages in which a text of the post is written, in the
// plan's order. One string is a template for every language of the quote, else
// the plan's first.
func (e *expander) written(x *Post, t Text) []string {
	if t.All.Written() {
		if x.Quote != nil && len(x.Quote.Text.Lang) > 0 {
			return e.inOrder(x.Quote.Text.Lang)
		}
		return e.langs[:min(1, len(e.langs))]
	}
	return e.inOrder(t.Lang)
}

func (e *expander) inOrder(m map[string]Str) []string {
	var out []string
	for _, l := range e.langs {
		if s := m[l]; s.Written() {
			out = append(out, l)
		}
	}
	return out
}

// languagesOn are the languages in which the view goes out.
func (e *expander) languagesOn(v view) []string {
	x := &e.p.Posts[e.post]
	langs := e.written(x, v.base)
	for _, t := range v.over {
		for _, l := range e.inOrder(t.Lang) {
			if !slices.Contains(langs, l) {
				langs = append(langs, l)
			}
		}
	}
	slices.SortFunc(langs, func(a, b string) int { return slices.Index(e.langs, a) - slices.Index(e.langs, b) })
	if len(v.only) == 0 {
		return langs
	}
	var out []string
	for _, l := range v.only {
		if !slices.Contains(langs, l.Value) {
			e.fault(l.Pos, "P011", fmt.Sprintf("nothing is written in %q here", l.Value), oneOf(l.Value, langs, "write the text in it, or remove the language"))
			continue
		}
		out = append(out, l.Value)
	}
	return out
}

// channels are those the post goes to, without those that it may not.
func (e *expander) channels(x *Post) []campaign.ChannelID {
	list := x.Channels
	if len(list) == 0 {
		list = e.p.Defaults.Channels
	}
	if len(list) == 0 {
		e.fault(x.Pos, "P060", "the post goes to no channel", `add "channels" to it, or to the defaults`)
	}
	var out []campaign.ChannelID
	for _, s := range list {
		ch := campaign.ChannelID(s.Value)
		if slices.Contains(out, ch) {
			continue // said by doubles
		}
		if e.mayUse(s) {
			out = append(out, ch)
		}
	}
	for _, step := range append(x.parts(), &x.Step) {
		for _, v := range step.Variants {
			if !slices.ContainsFunc(list, func(s Str) bool { return s.Value == v.Channel.Value }) {
				e.warn(v.Channel.Pos, "W064", fmt.Sprintf("the post does not go to %q, so this changes nothing", v.Channel.Value), "add the channel to the post, or remove the variant")
			}
		}
	}
	return out
}

// mayUse tells whether the window covers the channel.
func (e *expander) mayUse(s Str) bool {
	_, known := e.c.Channels[campaign.ChannelID(s.Value)]
	if !e.granted || known && e.window.Has(campaign.ChannelID(s.Value)) {
		return known
	}
	var names []string
	for _, ch := range e.window.Channels {
		names = append(names, string(ch))
	}
	what := "is not in the window " + e.p.Window.Value
	if !known {
		what = "is unknown"
	}
	e.fault(s.Pos, "P060", fmt.Sprintf("the channel %q %s", s.Value, what), oneOf(s.Value, names, "the window has no channel"))
	return false
}

// surface is what the channel accepts; it is asked once.
func (e *expander) surface(ch campaign.ChannelID) Surface {
	s, ok := e.surfaces[ch]
	if !ok && e.env.Surface != nil {
		s, _ = e.env.Surface(ch)
		e.surfaces[ch] = s
	}
	return s
}

// checkAbilities says what the channel's platform cannot do.
func (e *expander) checkAbilities(v view, ch campaign.ChannelID) {
	s := e.surface(ch)
	o := v.opts
	for _, ask := range []struct {
		asked bool
		can   string
		at    Pos
		what  string
	}{
		{len(o.Thread) > 0, CanThread, o.threadAt, "a thread"},
		{o.FirstComment.Written(), CanFirstComment, o.FirstComment.Pos, "a first comment"},
		{o.Visibility.Written() && o.Visibility.Value != "public", CanVisibility, o.Visibility.Pos, "visibility " + o.Visibility.Value},
		{o.ContentWarning.Written(), CanContentWarning, o.ContentWarning.Pos, "a content warning"},
		{o.Silent != nil && *o.Silent, CanSilent, o.silentAt, "silent posts"},
	} {
		if ask.asked && s.Capabilities != nil && !slices.Contains(s.Capabilities, ask.can) {
			e.fault(ask.at, "P061", fmt.Sprintf("%s (%s) does not have %s", ch, s.Platform, ask.what), "remove it, or write it as a variant of the channels that have it")
		}
	}
	if v.noPoll != "" {
		e.warn(o.Poll.Pos, "W065", v.noPoll+": its options go out as lines of the text, 1. 2. …", fmt.Sprintf("leave it so, or write variants: {%s: …} with another text or without pictures", ch))
	}
	if o.Card != nil && len(v.images) > 0 {
		e.warn(o.Card.Pos, "W066", fmt.Sprintf("%s shows pictures or a card, not both: the pictures go out", ch), fmt.Sprintf("remove the card, or write variants: {%s: {images: []}}", ch))
	}
	if n := s.Limits.Images; n > 0 && len(v.images) > n {
		e.fault(v.images[n].Pos, "P061", fmt.Sprintf("%s takes %d pictures, not %d", ch, n, len(v.images)), fmt.Sprintf("keep %d, or write a variant for %s with fewer images", n, ch))
	}
	if s.Limits.NeedsImage && len(v.images) == 0 {
		e.fault(v.base.Pos, "P061", fmt.Sprintf("%s takes no post without a picture", ch), fmt.Sprintf("add images, or variants: {%s: {off: true}}", ch))
	}
}

// over is by how much a text exceeds the channel's limit; valid is false where
// the platform refuses it whatever its length is.
func (e *expander) over(text string, c campaign.Content, ch campaign.ChannelID) (over int, valid bool) {
	s := e.surface(ch)
	limit := s.Limits.TextFor(len(c.Media))
	length, valid := len([]rune(text)), true
	if s.Measure != nil {
		length, valid = s.Measure(text)
	}
	if limit == 0 {
		return 0, valid
	}
	return max(0, length-limit), valid
}

// checkLength measures every part of the content, values to be filled in at
// their longest.
func (e *expander) checkLength(c campaign.Content, ch campaign.ChannelID, place Pos, joined bool) {
	unit := first(e.surface(ch).Limits.TextUnit, "characters")
	lang := first(strings.Join(c.Languages, ", "), c.Language)
	parts := []struct{ name, text string }{{"the text", longest(c)}, {"the first comment", c.FirstComment}}
	for i, text := range c.Thread {
		parts = append(parts, struct{ name, text string }{fmt.Sprintf("part %d", i+2), text})
	}
	for _, p := range parts {
		over, valid := e.over(p.text, c, ch)
		switch {
		case p.text == "":
		case over > 0:
			fix := fmt.Sprintf("shorten by %d (%s), or write a variant for %s", over, unit, ch)
			if joined {
				fix += "; or write if_too_long: separate"
			}
			e.fault(place, "P051", fmt.Sprintf("%s (%s) is %d over the limit of %s", p.name, lang, over, ch), fix)
		case !valid:
			e.fault(place, "P051", fmt.Sprintf("%s would refuse %s (%s)", ch, p.name, lang), "shorten it, and remove odd characters")
		}
	}
	unread := slices.ContainsFunc(c.Media, func(m campaign.Media) bool { return m.Type == "" })
	if check := e.surface(ch).Check; check != nil && !unread { // what is wrong with the file is said at its name
		for _, f := range check(c) {
			e.fromAdapter(place, ch, f)
		}
	}
}

// fromAdapter passes on what the channel's adapter finds, at our place.
func (e *expander) fromAdapter(place Pos, ch campaign.ChannelID, f campaign.Finding) {
	f.Code = first(f.Code, "P061")
	if slices.ContainsFunc(e.found, func(o campaign.Finding) bool {
		return o.Code == f.Code && o.Line == place.Line && o.Column == place.Column
	}) {
		return // said already, with a better remedy
	}
	f.Fix = first(f.Fix, fmt.Sprintf("change it, or write a variant for %s", ch))
	if f.Severity != campaign.SeverityWarning {
		f.Severity = campaign.SeverityError
		e.bad[e.post] = true
	}
	e.say(place, f)
}
