package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"golang.org/x/text/unicode/norm"
)

// maxRendered bounds a rendered text in bytes: placeholders must not multiply
// what a plan of 2 MiB may hold.
const maxRendered = 128 << 10

// voice renders the texts of one content in one language.
type voice struct {
	e       *expander
	x       *Post
	m       moment
	v       view
	lang    string
	credits string
	joined  bool
	slots   *[]campaign.Slot // nil: this text may not hold any
	linked  *bool            // set when {link} was used
	// templated is a text of the kit, which names no other.
	templated bool
}

// render makes the content of one delivery; several languages are joined.
func (e *expander) render(x *Post, m moment, v view, langs []string) campaign.Content {
	c := campaign.Content{Language: langs[0], Media: e.mediaFor(x, v, langs), ContentWarning: "", Visibility: v.opts.Visibility.Value}
	if len(langs) > 1 {
		c.Languages = langs
	}
	c.Silent = v.opts.Silent != nil && *v.opts.Silent
	c.Card = e.newCard(v)
	linked := v.linkSaid
	var slots []campaign.Slot
	blocks := func(pick func(lang string) Str, slots *[]campaign.Slot) []string {
		var blocks []string
		for _, lang := range langs {
			said := pick(lang)
			if !said.Written() {
				continue
			}
			w := voice{e: e, x: x, m: m, v: v, lang: lang, credits: credits(c.Pictures()), joined: len(langs) > 1, slots: slots, linked: &linked}
			blocks = append(blocks, w.say(said))
		}
		return blocks
	}
	speak := func(pick func(lang string) Str, slots *[]campaign.Slot) string { return join(blocks(pick, slots)) }
	text := speak(v.textIn, &slots)
	poll := e.pollIn(v, langs, func(pick func(lang string) Str) []string { return blocks(pick, nil) })
	if poll != nil && v.noPoll != "" {
		text, poll = text+"\n\n"+poll.Lines(), nil
	}
	c.Poll = poll
	c.Template, c.Text, c.Slots = fill(text, slots)
	for _, part := range v.opts.Thread {
		c.Thread = append(c.Thread, speak(func(lang string) Str { return e.need(part, lang) }, nil))
	}
	c.FirstComment = speak(func(lang string) Str { return e.need(v.opts.FirstComment, lang) }, nil)
	c.ContentWarning = speak(func(lang string) Str { return e.need(v.opts.ContentWarning, lang) }, nil)
	if linked {
		c.Link = v.link.Value
	}
	e.fillCard(&c, v, func(t Text) []string { return blocks(func(lang string) Str { return e.need(t, lang) }, nil) })
	return c
}

// need is the text in the language; that others are written and this one is not is a fault.
func (e *expander) need(t Text, lang string) Str {
	s := t.In(lang)
	if t.Written() && !s.Written() {
		e.fault(t.Pos, "P050", fmt.Sprintf("nothing is written in %q here", lang), "write it in that language as well")
	}
	return s
}

// join puts the blocks of several languages under one another. Lines that all
// blocks end with, such as hashtags and link, are kept once, at the end.
func join(blocks []string) string {
	if len(blocks) < 2 {
		return strings.Join(blocks, "")
	}
	lines := make([][]string, len(blocks))
	for i, b := range blocks {
		lines[i] = strings.Split(b, "\n")
	}
	var tail []string
	for {
		last := ""
		for i, l := range lines {
			if len(l) < 2 || (i > 0 && l[len(l)-1] != last) {
				last = "\x00"
				break
			}
			last = l[len(l)-1]
		}
		if last == "\x00" {
			break
		}
		tail = append([]string{last}, tail...)
		for i := range lines {
			lines[i] = lines[i][:len(lines[i])-1]
		}
	}
	var out []string
	for _, l := range lines {
		out = append(out, strings.TrimSpace(strings.Join(l, "\n")))
	}
	if rest := strings.TrimSpace(strings.Join(tail, "\n")); rest != "" {
		out = append(out, rest)
	}
	return strings.Join(out, "\n\n")
}

// say renders one template. Places of slots are kept as marks that no text can
// hold; fill replaces them.
func (w voice) say(tmpl Str) string {
	var b strings.Builder
	rest := tmpl.Value
	for rest != "" && b.Len() <= maxRendered {
		i := strings.IndexByte(rest, '{')
		if i < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:i])
		rest = rest[i:]
		if strings.HasPrefix(rest, "{{") {
			b.WriteByte('{')
			rest = rest[2:]
			continue
		}
		end := strings.IndexByte(rest, '}')
		if end < 0 {
			w.e.fault(tmpl.Pos, "P052", "a brace is opened and not closed", "close it, or write {{ for a brace")
			break
		}
		b.WriteString(w.placeholder(tmpl.Pos, rest[1:end]))
		rest = rest[end+1:]
	}
	if b.Len() > maxRendered {
		w.e.fault(tmpl.Pos, "P051", fmt.Sprintf("the text with its placeholders is over the limit of %d bytes", maxRendered), "use each placeholder once")
		return ""
	}
	return tidy(norm.NFC.String(b.String()))
}

// tidy removes the white space that empty placeholders leave at line ends.
func tidy(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// placeholders are the names that a text may use beside its own values.
var placeholders = []string{"quote", "speaker", "hashtags", "link", "credit", "start", "watch", "challenge", "closes"}

func (w voice) placeholder(at Pos, name string) string {
	base, zones, _ := strings.Cut(name, ":")
	x := w.x
	switch {
	case name == "quote" && x.Quote != nil:
		return w.spoken(at, "quote", x.Quote.Text)
	case name == "speaker" && x.Quote != nil:
		w.spoken(at, "speaker", x.Quote.Role)
		return x.Quote.SpeakerIn(w.lang)
	case name == "hashtags":
		var all []string
		for _, h := range w.v.hashtags {
			all = append(all, h.Value)
		}
		return strings.Join(all, " ")
	case name == "link":
		if !w.v.link.Written() {
			w.nothing(at, name, `add "link" to the post or to the defaults`)
		}
		*w.linked = true
		return w.v.link.Value
	case name == "credit":
		if w.credits == "" {
			w.nothing(at, name, "add an image that has a credit")
		}
		return w.credits
	case name == "challenge" && x.Challenge != nil:
		return x.Challenge.Hashtag.Value
	case base == "closes" && x.Challenge != nil:
		if wall, ok := w.e.local(x.Challenge.Closes); ok {
			at2, _ := Instant(wall, w.e.zone)
			return w.time(at, at2, zones)
		}
		return ""
	case name == "watch" && x.Anchor.Written():
		a, _ := w.e.p.anchorByID(x.Anchor.Value)
		if !a.Watch.Written() {
			w.nothing(at, name, fmt.Sprintf("add \"watch\" to the anchor %s", x.Anchor.Value))
		}
		return a.Watch.Value
	case base == "start" && x.Anchor.Written():
		return w.anchorTime(at, name, x.Anchor.Value, zones)
	case base == "phrase":
		return w.phrase(at, zones)
	case name == "template" && !w.templated:
		return w.template(at)
	case base == "anchor":
		id, more, _ := strings.Cut(zones, ":")
		if id, ok := strings.CutSuffix(id, ".start"); ok {
			return w.anchorTime(at, name, id, more)
		}
	}
	for _, v := range append(slices.Clone(w.m.step.Values), x.Values...) {
		if v.Name.Value == name {
			return w.asked(at, v)
		}
	}
	return w.unknown(at, name)
}

// phrase is one of the campaign's, in the voice's language.
func (w voice) phrase(at Pos, id string) string {
	phrase, ok := w.e.kit.Phrases[id]
	said := phrase[w.lang]
	switch {
	case !ok:
		w.e.fault(at, "P052", fmt.Sprintf("the campaign's kit has no phrase %q", clip(id)), oneOf(id, slices.Sorted(maps.Keys(w.e.kit.Phrases)), "write the words themselves"))
	case said == "":
		w.e.fault(at, "P050", fmt.Sprintf("the phrase %s is not written in %q", id, w.lang), "ask the organizers to write it, or write the words themselves")
	}
	w.e.vetText(Str{Value: said, Pos: at})
	return said
}

// template is the kit's text for such a post of the phase, in the voice's language.
func (w voice) template(at Pos) string {
	phase := campaign.TakeoverID(w.e.p.Window.Value)
	of := w.e.kit.Templates[phase][w.x.Kind]
	said := of[w.lang]
	switch {
	case of == nil:
		w.e.fault(at, "P052", fmt.Sprintf("the campaign's kit has no template for posts of kind %s in %s", w.x.Kind, phase), "write the text itself")
	case said == "":
		w.e.fault(at, "P050", fmt.Sprintf("the kit's template is not written in %q", w.lang), "ask the organizers to write it, or write the text itself")
	}
	w.templated = true
	text := Str{Value: said, Pos: at}
	w.e.vetText(text)
	return w.say(text)
}

// nothing says that a placeholder has nothing to stand for.
func (w voice) nothing(at Pos, name, fix string) {
	if !w.e.follows() {
		w.e.fault(at, "P052", fmt.Sprintf("{%s} has nothing to stand for", name), fix)
	}
}

// unknown says which placeholders there are in this post.
func (w voice) unknown(at Pos, name string) string {
	names := []string{"hashtags", "link", "credit"}
	switch {
	case w.x.Quote != nil:
		names = append(names, "quote", "speaker")
	case w.x.Challenge != nil:
		names = append(names, "challenge", "closes")
	}
	if w.x.Anchor.Written() {
		names = append(names, "start", "watch")
	}
	for _, v := range append(slices.Clone(w.m.step.Values), w.x.Values...) {
		names = append(names, v.Name.Value)
	}
	message := fmt.Sprintf("unknown placeholder {%s}", clip(name))
	if slices.Contains(placeholders, name) {
		message = fmt.Sprintf("{%s} has nothing to stand for in this post", name)
	}
	w.e.fault(at, "P052", message, oneOf(name, names, "remove it")+"; {{ is a brace")
	return ""
}

// spoken is a text of the quote in the voice's language.
func (w voice) spoken(at Pos, what string, t Text) string {
	s := t.In(w.lang)
	if !s.Written() {
		w.e.fault(at, "P050", fmt.Sprintf("{%s} is not written in %q", what, w.lang), fmt.Sprintf("write it in %q, or leave that language out", w.lang))
	}
	return s.Value
}

// anchorTime is the start of an anchor: a slot, since the anchor may move.
func (w voice) anchorTime(at Pos, name, id, zones string) string {
	a, ok := w.e.anchors[id]
	if !ok {
		if _, exists := w.e.p.anchorByID(id); !exists {
			w.e.fault(at, "P081", fmt.Sprintf("there is no anchor %q", clip(id)), oneOf(id, w.e.anchorIDs(), "add it under anchors"))
		}
		return ""
	}
	text := w.time(at, a.Start, zones)
	if w.slots == nil {
		return text // a move changes the text, and asks for a new approval
	}
	moves := w.e.c.Policies.AnchorMoves
	return w.slot(campaign.Slot{Name: name, Kind: "time", Value: text, At: a.Start.Unix(),
		Min: a.Base.Add(-moves).Unix(), Max: a.Base.Add(moves).Unix()})
}

// asked is a number that is filled in later.
func (w voice) asked(at Pos, v Value) string {
	if w.slots == nil {
		w.e.fault(at, "P052", fmt.Sprintf("{%s} is filled in later, which only the text itself allows", v.Name.Value), "move it into the text")
		return ""
	}
	name := ""
	if w.m.step != &w.x.Step {
		name = w.m.step.ID.Value
	}
	value := w.e.env.Values[ValueKey(w.x.ID.Value, name, v.Name.Value)]
	return w.slot(campaign.Slot{Name: v.Name.Value, Kind: "integer", Value: value, Min: v.Min, Max: v.Max})
}

// slot notes a slot and marks its place.
func (w voice) slot(s campaign.Slot) string {
	if w.joined && s.Kind == "time" {
		s.Name += "@" + w.lang
	}
	i := slices.IndexFunc(*w.slots, func(o campaign.Slot) bool { return o.Name == s.Name })
	if i < 0 {
		i = len(*w.slots)
		*w.slots = append(*w.slots, s)
	}
	return "\x00" + strconv.Itoa(i) + "\x00"
}

// fill turns the marks of slots into the template, whose slots stand between
// braces, and the text with their values. A slot whose braces stand in the text
// by themselves takes another name.
func fill(marked string, slots []campaign.Slot) (template, text string, named []campaign.Slot) {
	for i := range slots {
		for strings.Contains(marked, "{"+slots[i].Name+"}") {
			slots[i].Name += "'"
		}
	}
	template, text = marked, marked
	for i, s := range slots {
		mark := "\x00" + strconv.Itoa(i) + "\x00"
		template = strings.ReplaceAll(template, mark, "{"+s.Name+"}")
		text = strings.ReplaceAll(text, mark, first(s.Value, "{"+s.Name+"}"))
	}
	return template, text, slots
}

// longest is the text with the values that are missing at their longest.
func longest(c campaign.Content) string {
	text := c.Text
	for _, s := range c.Slots {
		if s.Kind == "integer" {
			lo, hi := strconv.FormatInt(s.Min, 10), strconv.FormatInt(s.Max, 10)
			if len(lo) > len(hi) {
				hi = lo
			}
			if s.Value == "" {
				text = strings.ReplaceAll(text, "{"+s.Name+"}", hi)
			}
		}
	}
	return text
}

// time writes an instant in the voice's language, in the plan's zone and in
// those that the placeholder names.
func (w voice) time(at Pos, t time.Time, zones string) string {
	all := []*time.Location{w.e.zone}
	for name := range strings.SplitSeq(zones, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		loc, fix := loadZone(name)
		if loc == nil {
			w.e.fault(at, "P010", fmt.Sprintf("unknown time zone %q", clip(name)), fix)
			continue
		}
		if !slices.ContainsFunc(all, func(o *time.Location) bool { return o.String() == loc.String() }) {
			all = append(all, loc)
		}
	}
	return TimeText(t, w.lang, all)
}

func (e *expander) anchorIDs() []string {
	var out []string
	for _, a := range e.p.Anchors {
		out = append(out, a.ID.Value)
	}
	return out
}

func credits(media []campaign.Media) string {
	var out []string
	for _, m := range media {
		if m.Credit != "" && !slices.Contains(out, m.Credit) {
			out = append(out, m.Credit)
		}
	}
	return strings.Join(out, "; ")
}
