package plan

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"golang.org/x/text/unicode/norm"
)

// Licences are the licences that a medium may have: those of Creative Commons
// by their SPDX names, and words for what has none.
var Licences = []string{
	"CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-ND-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-ND-4.0",
	"CC-BY-3.0", "CC-BY-SA-3.0", "CC-BY-ND-3.0", "CC-BY-NC-3.0", "CC-BY-2.0", "CC-BY-SA-2.0", "CC-BY-3.0-IGO", "CC-BY-NC-ND-3.0-IGO",
	"public-domain", "own-work", "with-permission",
}

// headerMedia checks the media of the plan, whether a post uses them or not.
func (e *expander) headerMedia() {
	for _, m := range e.p.Media {
		if m.File.Written() {
			e.describe(m)
		}
		alt := e.c.Policies.AltText
		if !m.Alt.Written() && alt != campaign.Off && !e.follows() {
			fix := `add "alt" with a sentence that describes the picture`
			if alt == campaign.Warn {
				e.warn(m.Pos, "W073", fmt.Sprintf("%s has no alt text", m.ID.Value), fix)
			} else {
				e.fault(m.Pos, "P073", fmt.Sprintf("%s has no alt text", m.ID.Value), fix)
			}
		}
		for _, lang := range sortedTags(m.Alt) {
			e.vetText(m.Alt.Lang[lang])
		}
		e.vetText(m.Alt.All)
		e.vetText(m.Credit)
		e.creditLine(m)
		if !m.Credit.Written() && !e.follows() {
			e.fault(m.Pos, "P074", fmt.Sprintf("%s has no credit", m.ID.Value), `add "credit" with who made it`)
		}
		switch {
		case !m.Licence.Written() && e.follows(): // it may have been written wrongly
		case !m.Licence.Written():
			e.fault(m.Pos, "P075", fmt.Sprintf("%s has no licence", m.ID.Value), "add \"licence\": "+strings.Join(Licences[:3], ", ")+", own-work, with-permission, …")
		case !slices.Contains(Licences, m.Licence.Value):
			e.fault(m.Licence.Pos, "P075", fmt.Sprintf("unknown licence %q", clip(m.Licence.Value)), oneOf(m.Licence.Value, Licences, ""))
		}
		if m.Consent.Written() {
			e.consentExists(m.Consent)
		} else if m.Shows.Value == "person" {
			e.consentMissing(m.Pos, m.ID.Value+" shows a person and names no consent")
		}
	}
}

// describe asks for the file of a medium, and says what is wrong with it.
func (e *expander) describe(m Media) {
	name := m.File.Value
	if !inside(name) {
		e.fault(m.File.Pos, "P077", fmt.Sprintf("%q leaves the plan's folder", clip(name)), `write a path below it, such as "media/street.png"`)
		return
	}
	if e.env.Media == nil {
		e.media[name] = campaign.Media{Name: path.Base(name)}
		return
	}
	if _, ok := e.media[name]; ok {
		return
	}
	got, err := e.env.Media(name)
	switch {
	case errors.Is(err, ErrMediaLeaves):
		e.fault(m.File.Pos, "P077", fmt.Sprintf("%q cannot be used: %s", clip(name), err), "put the file itself there, not a link to it")
	case errors.Is(err, ErrMediaType):
		e.fault(m.File.Pos, "P071", fmt.Sprintf("%q: %s", clip(name), err), "save it as JPEG or PNG")
	case errors.Is(err, ErrMediaSize):
		e.fault(m.File.Pos, "P072", fmt.Sprintf("%q: %s", clip(name), err), "make it smaller")
	case errors.Is(err, fs.ErrNotExist):
		e.fault(m.File.Pos, "P070", fmt.Sprintf("the file %q was not found", clip(name)), "put it there, or mend the path")
	case err != nil:
		e.fault(m.File.Pos, "P071", fmt.Sprintf("%q cannot be used: %s", clip(name), err), "save the picture anew as JPEG or PNG")
	default:
		got.Name = path.Base(name)
		e.media[name] = got
	}
}

// inside tells whether a path stays below the folder it counts from, on every system.
func inside(name string) bool {
	return fs.ValidPath(name) && name != "." && !strings.ContainsAny(name, "\\:~\x00") && strings.IndexFunc(name, func(r rune) bool { return r < ' ' }) < 0
}

// mediaFor are the media of a content, each with its alt text in the languages.
func (e *expander) mediaFor(x *Post, v view, langs []string) []campaign.Media {
	var out []campaign.Media
	for _, id := range v.images {
		if v.isCard(x, id) {
			if c, ok := e.quoteCard(x, v, langs); ok {
				out = append(out, c)
			}
			continue
		}
		if m, c, ok := e.mediumOf(id); ok {
			c.Alt = norm.NFC.String(e.altIn(m, langs))
			out = append(out, c)
		}
	}
	return out
}

// mediumOf is the medium with its file and all that travels with it but the alt
// text, which is in the languages of a content.
func (e *expander) mediumOf(id Str) (Media, campaign.Media, bool) {
	m, ok := e.p.mediaByID(id.Value)
	if !ok {
		e.fault(id.Pos, "P070", fmt.Sprintf("there is no medium %q", id.Value), oneOf(id.Value, e.mediaIDs(), "add it under media"))
		return m, campaign.Media{}, false
	}
	c := e.media[m.File.Value]
	c.Credit, c.Licence = e.creditLine(m), m.Licence.Value
	c.Shows, c.Consent, c.Focus = m.Shows.Value, m.Consent.Value, m.Focus
	return m, c, true
}

// creditLine is the credit of a medium: what the plan writes, or the line of the
// kit that it names.
func (e *expander) creditLine(m Media) string {
	line := m.Credit.Value
	if named := kitCredit.FindStringSubmatch(line); named != nil {
		var ok bool
		if line, ok = e.kit.Credits[named[1]]; !ok {
			e.fault(m.Credit.Pos, "P052", fmt.Sprintf("the campaign's kit has no credit line %q", clip(named[1])), oneOf(named[1], slices.Sorted(maps.Keys(e.kit.Credits)), "write the credit itself"))
		}
		e.vetText(Str{Value: line, Pos: m.Credit.Pos})
	}
	return norm.NFC.String(line)
}

// kitCredit is a credit that names a line of the kit.
var kitCredit = regexp.MustCompile(`^\{credit:([^{}]*)\}$`)

func (e *expander) mediaIDs() []string {
	var out []string
	for _, m := range e.p.Media {
		out = append(out, m.ID.Value)
	}
	return out
}

// altIn is the alt text in the languages of a content. A picture without a
// description in one of them keeps another's, said as a warning: readers are
// better off with it than with none.
func (e *expander) altIn(m Media, langs []string) string {
	if !m.Alt.Written() {
		return ""
	}
	if m.Alt.All.Written() {
		if i := slices.IndexFunc(langs, func(l string) bool { return l != e.langs[0] }); i >= 0 {
			e.warn(m.Alt.Pos, "W073", fmt.Sprintf("%s has one alt text for all languages; a post in %q uses it", m.ID.Value, langs[i]), "write it for each language: {"+e.langs[0]+": …}")
		}
		return m.Alt.All.Value
	}
	var all []string
	for _, l := range langs {
		if s := m.Alt.Lang[l]; s.Written() {
			all = append(all, s.Value)
			continue
		}
		e.warn(m.Alt.Pos, "W073", fmt.Sprintf("%s has no alt text in %q, in which a post shows it", m.ID.Value, l), fmt.Sprintf("describe the picture in %q", l))
	}
	if len(all) == 0 {
		for _, l := range append(slices.Clone(e.langs), sortedTags(m.Alt)...) {
			if s := m.Alt.Lang[l]; s.Written() {
				return s.Value
			}
		}
	}
	return strings.Join(all, "\n")
}

// fitMedia puts in the place of each picture of a content the rendition that
// the channel takes, and says where there is none or much is cut away.
func (e *expander) fitMedia(c *campaign.Content, v view, ch campaign.ChannelID) {
	limits := e.surface(ch).Limits
	i := 0
	for _, id := range v.images {
		m, ok := e.p.mediaByID(id.Value)
		if v.isCard(&e.p.Posts[e.post], id) {
			ok = i < len(c.Media) && c.Media[i].Card // else it could not be drawn
			m.ID.Value, m.Alt.Pos = "the card", id.Pos
		}
		if !ok {
			continue
		}
		if file := c.Media[i]; file.Type != "" && !file.Card && !limits.TakesPicture(file) {
			c.Media[i] = e.rendition(m, file, ch, limits)
		}
		if n := len([]rune(c.Media[i].Alt)); limits.Alt > 0 && n > limits.Alt {
			e.fault(m.Alt.Pos, "P073", fmt.Sprintf("the alt text of %s is %d over the limit of %s", m.ID.Value, n-limits.Alt, ch), fmt.Sprintf("shorten by %d", n-limits.Alt))
		}
		i++
	}
	e.fitCard(c.Card, v, ch)
}

// cutAway is the part of a picture that may be cut away without a word.
const cutAway = 0.2

// rendition is the file as the channel takes it. Where none can be made here,
// as beside a plan that is only checked, what it would be stands for it.
func (e *expander) rendition(m Media, file campaign.Media, ch campaign.ChannelID, l campaign.Limits) campaign.Media {
	if w, h := l.PictureFrame(file.Width, file.Height); float64(w*h) < (1-cutAway)*float64(file.Width*file.Height) {
		e.warn(m.File.Pos, "W072", fmt.Sprintf("%s takes no picture of %d x %d: %q is cut to %d x %d round its focus", ch, file.Width, file.Height, clip(m.File.Value), w, h),
			"say what must stay in frame with focus: [x, y], or give this channel a picture of its own")
	}
	if e.env.Rendition == nil {
		switch {
		case recodable(file.Type):
			return l.Fitted(file)
		case len(l.ImageTypes) > 0 && !slices.Contains(l.ImageTypes, file.Type):
			e.fault(m.File.Pos, "P071", fmt.Sprintf("%q is %s, which %s does not take", clip(m.File.Value), file.Type, ch), "save it as JPEG or PNG")
		case l.ImageBytes > 0 && file.Bytes > l.ImageBytes:
			e.fault(m.File.Pos, "P072", fmt.Sprintf("%q has %d bytes, %s takes %d", clip(m.File.Value), file.Bytes, ch, l.ImageBytes), "make the picture smaller")
		}
		return file
	}
	fit, err := e.env.Rendition(file, l)
	switch {
	case errors.Is(err, ErrMediaSize):
		e.fault(m.File.Pos, "P072", fmt.Sprintf("%q cannot be made small enough for %s: %s", clip(m.File.Value), ch, err), "make the picture smaller")
	case err != nil:
		e.fault(m.File.Pos, "P071", fmt.Sprintf("%q cannot be made what %s takes: %s", clip(m.File.Value), ch, err), "save it as JPEG or PNG")
	}
	return fit
}

// recodable tells whether a rendition of the type can be made for a channel
// that takes another: still pictures can.
func recodable(mime string) bool {
	return mime == "image/jpeg" || mime == "image/png" || mime == "image/webp"
}

// consents are the references that a delivery depends on; each must hold for
// its time and languages.
func (e *expander) consents(x *Post, m moment, c campaign.Content, ch campaign.ChannelID) []string {
	var refs []string
	for _, medium := range c.Pictures() {
		if medium.Consent != "" {
			refs = append(refs, medium.Consent)
		}
	}
	if x.Quote != nil && x.Quote.Consent.Written() {
		refs = append(refs, x.Quote.Consent.Value)
	}
	slices.Sort(refs)
	refs = slices.Compact(refs)
	for _, ref := range refs {
		e.consentHolds(x, ref, m, ch, append([]string{c.Language}, c.Languages...))
	}
	return refs
}

func (e *expander) consentExists(ref Str) bool {
	con, ok := e.c.Consents[ref.Value]
	switch {
	case !ok:
		var names []string
		for name := range e.c.Consents {
			names = append(names, name)
		}
		slices.Sort(names)
		e.fault(ref.Pos, "P076", fmt.Sprintf("there is no consent %q in the register", clip(ref.Value)), oneOf(ref.Value, names, "add it to the register"))
	case con.Withdrawn:
		e.fault(ref.Pos, "P076", fmt.Sprintf("the consent %s was withdrawn", ref.Value), "use another picture or quote")
	default:
		return true
	}
	return false
}

// consentMissing says that a person is shown or quoted without a consent.
func (e *expander) consentMissing(at Pos, why string) {
	fix := `add "consent" with a reference of the register`
	switch e.c.Policies.Consent {
	case campaign.Off:
	case campaign.Warn:
		e.warn(at, "W076", why, fix)
	default:
		e.fault(at, "P076", why, fix)
	}
}

// consentHolds compares a consent with the time and the languages of use.
func (e *expander) consentHolds(x *Post, ref string, m moment, ch campaign.ChannelID, langs []string) {
	con, ok := e.c.Consents[ref]
	if !ok || con.Withdrawn {
		e.bad[e.post] = true // consentExists said it, in the header
		return
	}
	at := x.Pos
	if x.Quote != nil {
		at = x.Quote.Pos
	}
	if !con.Holds(m.at) {
		e.fault(at, "P076", fmt.Sprintf("the consent %s ends %s, before the post goes out", ref, con.Until.In(e.zone).Format(wallForm)), "ask for a longer consent, or move the post")
	}
	if len(con.Scope) > 0 && !slices.Contains(con.Scope, "social") {
		e.fault(at, "P076", fmt.Sprintf("the consent %s does not cover social media, only %s", ref, strings.Join(con.Scope, ", ")), "ask for a wider consent, or use another picture or quote")
	}
	if name := e.c.Channels[ch].LimitsName(); !con.Covers(name) {
		e.fault(at, "P076", fmt.Sprintf("the consent %s does not cover %s, only %s", ref, name, strings.Join(con.Platforms, ", ")), "ask for a wider consent, or switch the post off on "+string(ch))
	}
	for _, l := range langs {
		if len(con.Languages) > 0 && !slices.Contains(con.Languages, l) {
			e.fault(at, "P076", fmt.Sprintf("the consent %s does not cover the language %q", ref, l), "ask for a wider consent, or leave the language out")
		}
	}
}
