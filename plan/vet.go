package plan

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// checkPost checks what a post says as a whole.
func (e *expander) checkPost(x *Post) {
	e.checkTags(x.Tags)
	if x.Anchor.Written() {
		if _, ok := e.p.anchorByID(x.Anchor.Value); !ok {
			e.fault(x.Anchor.Pos, "P081", fmt.Sprintf("there is no anchor %q", x.Anchor.Value), oneOf(x.Anchor.Value, e.anchorIDs(), "add it under anchors"))
		}
	}
	if len(x.Steps)+len(x.Items) > 0 {
		e.vetStep(&x.Step)
		for _, v := range x.Variants {
			if v.Text.Written() {
				e.fault(v.Text.Pos, "P062", "a text here would replace that of every step", `write it as "variants" of the step or item it is for`)
			}
		}
	}
	if x.Quote != nil {
		e.vetTexts(x.Quote.Text, x.Quote.Role)
		e.vetText(x.Quote.Name)
		photo, found := e.p.mediaByID(x.Quote.Photo.Value)
		switch {
		case x.Quote.Consent.Written():
			e.consentExists(x.Quote.Consent)
		case e.follows():
		case !x.Quote.Photo.Written(), found && photo.Shows.Value != "person" && !photo.Consent.Written():
			e.consentMissing(x.Quote.Pos, "the quote names no consent")
		}
	}
	if x.Challenge != nil {
		e.checkOrder(x)
	}
}

// checkStep checks what a step, an item or a post with one text says.
func (e *expander) checkStep(x *Post, s *Step) {
	e.vetStep(s)
	e.checkLanguages(x, s.Text)
	for _, v := range s.Values {
		e.checkValue(x, s, v)
	}
	if s.WaitFor.Written() {
		a, ok := e.p.anchorByID(x.Anchor.Value)
		if ok && !a.LiveCheck.Written() {
			e.fault(s.WaitFor.Pos, "P080", fmt.Sprintf("nothing says when the anchor %s is live", a.ID.Value), fmt.Sprintf("add live_check: youtube or person to the anchor %s", a.ID.Value))
		}
	}
	e.checkFigures(x, s)
	e.checkDates(x, s)
}

// vetStep checks the words, links and options of a step or a post, and of its variants.
func (e *expander) vetStep(s *Step) {
	e.vetTexts(s.Text)
	e.vetLink(s.Link)
	e.vetOptions(s.Options)
	for _, v := range s.Variants {
		e.vetTexts(v.Text)
		e.vetLink(v.Link)
		e.vetOptions(v.Options)
	}
}

func (e *expander) vetOptions(o Options) {
	e.vetTexts(o.FirstComment, o.ContentWarning)
	e.vetTexts(o.Thread...)
	e.checkPoll(o.Poll)
	e.checkCard(o.Card)
}

// checkLanguages compares the written languages with those of plan and campaign.
func (e *expander) checkLanguages(x *Post, t Text) {
	if !t.Written() {
		return
	}
	for _, tag := range sortedTags(t) {
		if s := t.Lang[tag]; s.Written() && !slices.Contains(e.langs, tag) {
			e.fault(s.Pos, "P011", fmt.Sprintf("%q is not among the plan's languages", tag), oneOf(tag, e.langs, "add it to them")+`, or add it to "languages" at the top`)
		}
	}
	langs := e.written(x, t)
	for _, want := range e.c.Required {
		if slices.Contains(e.langs, want) && !slices.Contains(langs, want) && !e.follows() {
			e.warn(t.Pos, "W011", fmt.Sprintf("the campaign asks for %q, in which this is not written", want), fmt.Sprintf("write it in %q", want))
		}
	}
}

func sortedTags(t Text) []string { return slices.Sorted(maps.Keys(t.Lang)) }

// checkValue checks the bounds of a number that is filled in later, and what was filled in.
func (e *expander) checkValue(x *Post, s *Step, v Value) {
	asked := x.asked(s, v, e.env.Values)
	filled := asked.Value
	e.asked = append(e.asked, asked)
	if v.Min > v.Max {
		e.fault(v.Name.Pos, "P096", fmt.Sprintf("min %d is above max %d", v.Min, v.Max), "swap them")
		return
	}
	if filled == "" {
		return
	}
	n, err := strconv.ParseInt(filled, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != filled || n < v.Min || n > v.Max {
		e.fault(v.Name.Pos, "P096", fmt.Sprintf("%q was filled in for %s", clip(filled), v.Name.Value), fmt.Sprintf("fill in a whole number from %d to %d", v.Min, v.Max))
	}
}

// checkOrder checks that a challenge is launched, reminded of, closed and wrapped up in this order.
func (e *expander) checkOrder(x *Post) {
	closes, ok := e.local(x.Challenge.Closes)
	if !ok {
		return
	}
	e.instant(closes, x.Challenge.Closes)
	var launch time.Time
	for _, s := range x.Steps {
		for _, at := range s.At {
			wall, ok := e.quietLocal(at)
			if !ok {
				continue
			}
			switch {
			case s.ID.Value == "launch":
				if launch.IsZero() || wall.After(launch) {
					launch = wall
				}
				if !wall.Before(closes) {
					e.fault(at.Pos, "P091", "the challenge is launched when it has closed already", "launch it before "+stamp(closes))
				}
			case !launch.IsZero() && !wall.After(launch):
				e.fault(at.Pos, "P091", fmt.Sprintf("%s comes before the launch", s.ID.Value), "write a time after "+stamp(launch))
			case s.ID.Value == "reminder" && wall.After(closes):
				e.fault(at.Pos, "P091", "a reminder comes after the challenge has closed", "write a time before "+stamp(closes))
			case s.ID.Value == "wrapup" && wall.Before(closes):
				e.fault(at.Pos, "P091", "the wrap-up comes before the challenge has closed", "write a time after "+stamp(closes))
			}
		}
	}
}

// quietLocal reads a wall time; that it cannot be read is said elsewhere.
func (e *expander) quietLocal(s Str) (time.Time, bool) {
	t, err := yamlwalk.ParseLocal(s.Value)
	return t, err == nil
}

func (e *expander) vetTexts(texts ...Text) {
	for _, t := range texts {
		e.vetText(t.All)
		for _, tag := range sortedTags(t) {
			e.vetText(t.Lang[tag])
		}
	}
}

// vetText refuses characters that platforms refuse or that deceive readers. Source: platforms.md §0.5.
func (e *expander) vetText(s Str) {
	open := 0
	for _, r := range s.Value {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
		case unicode.IsControl(r), r == 0xfeff, r&0xfffe == 0xfffe, r >= 0xfdd0 && r <= 0xfdef, r == unicode.ReplacementChar:
			e.fault(s.Pos, "P054", fmt.Sprintf("the character U+%04X cannot be published", r), "remove it")
		case r == 0x202d || r == 0x202e:
			e.fault(s.Pos, "P054", fmt.Sprintf("the character U+%04X turns the text around it invisibly", r), "remove it")
		case r == 0x202a || r == 0x202b || r >= 0x2066 && r <= 0x2068:
			open++
		case r == 0x202c || r == 0x2069:
			open--
		}
		if open < 0 {
			break
		}
	}
	if open != 0 {
		e.warn(s.Pos, "W055", "marks of writing direction (U+202A–202C, U+2066–2069) do not come in pairs", "remove them, or close each")
	}
	for _, u := range urlInText.FindAllString(s.Value, 50) {
		e.vetLink(Str{Value: u, Pos: s.Pos})
	}
}

var urlInText = regexp.MustCompile(`https?://[^\s{}]+`)

// afterLink is what may follow an address without being part of it.
const afterLink = ".,;:!?)»”’\"'"

// scripts whose letters look like one another.
var alike = []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.Armenian}

// vetLink warns of hosts that mix alphabets, as look-alike addresses do.
func (e *expander) vetLink(s Str) {
	if s.Value == "" {
		return
	}
	u, err := url.Parse(strings.TrimRight(s.Value, afterLink))
	if err != nil || u.Host == "" {
		e.fault(s.Pos, CodeType, fmt.Sprintf("%q is not a web address", clip(s.Value)), "write the whole address, with https://")
		return
	}
	e.vetText(Str{Value: strings.TrimPrefix(strings.TrimPrefix(s.Value, "http://"), "https://"), Pos: s.Pos})
	for label := range strings.SplitSeq(strings.ToLower(u.Hostname()), ".") {
		kinds := 0
		for _, script := range alike {
			if strings.ContainsFunc(label, func(r rune) bool { return unicode.Is(script, r) }) {
				kinds++
			}
		}
		if kinds > 1 || strings.HasPrefix(label, "xn--") || u.User != nil {
			e.warn(s.Pos, "W056", fmt.Sprintf("the address %q may look like another", clip(u.Host)), "check it letter by letter; write the host in one alphabet")
			return
		}
	}
}

// figures are numbers that state a fact: shares, millions, and large counts.
var figures = regexp.MustCompile(`(?i)[0-9٠-٩]([.,]?[0-9٠-٩])*\s?(%|٪|per ?cent|pour cent|por ciento|بالمئة|بالمائة|thousand|million|billion|milliard|mille\b|mil\b|millones|ألف|مليون|مليار)|\b[0-9]{1,3}([.,   ][0-9]{3})+\b|\b[0-9]{5,}\b`)

// checkFigures asks for the source of figures.
func (e *expander) checkFigures(x *Post, s *Step) {
	if s.Source.Written() || x.Source.Written() {
		return
	}
	for _, said := range e.sayings(s) {
		if m := figures.FindString(bare(said.Value)); m != "" {
			e.warn(said.Pos, "W094", fmt.Sprintf("%q is a figure without a source", m), `add "source" with where it comes from`)
		}
	}
}

// sayings are the texts of a step, its variants' included.
func (e *expander) sayings(s *Step) []Str {
	var out []Str
	texts := []Text{s.Text}
	for _, v := range s.Variants {
		texts = append(texts, v.Text)
	}
	for _, t := range texts {
		if t.All.Written() {
			out = append(out, t.All)
		}
		for _, tag := range sortedTags(t) {
			out = append(out, t.Lang[tag])
		}
	}
	return out
}

var notProse = regexp.MustCompile(`https?://\S+|#\S+|@\S+|\{[^}]*\}`)

// bare is the text without links, hashtags, names and placeholders.
func bare(s string) string { return notProse.ReplaceAllString(s, " ") }

// dated finds dates such as "Friday 18 December", "December 18", "18 de
// diciembre", "18 décembre".
var dated = func() *regexp.Regexp {
	var days, months []string
	for _, t := range tongues {
		days = append(days, t.days[:]...)
		months = append(months, t.months[:]...)
	}
	slices.Sort(days)
	slices.Sort(months)
	d, m := strings.Join(days, "|"), strings.Join(months, "|")
	return regexp.MustCompile(`(?i)(?:(` + d + `),?\s+)?(?:(?:the |le |el |يوم )?([0-9]{1,2})(?:st|nd|rd|th|er|º)?(?: of| de)?\s+(` + m + `)|(` + m + `)\s+([0-9]{1,2}))(?:st|nd|rd|th)?(?:[ ,]+(?:de )?(20[0-9]{2}))?`)
}()

// checkDates compares dates in a text with the calendar, and those of
// challenges and livestreams with their data.
func (e *expander) checkDates(x *Post, s *Step) {
	known := e.datesOf(x, s)
	for _, said := range e.sayings(s) {
		for _, m := range dated.FindAllStringSubmatch(bare(said.Value), 20) {
			e.checkDate(x, said.Pos, m, known)
		}
	}
}

// datesOf are the days that a text of the step may name.
func (e *expander) datesOf(x *Post, s *Step) []time.Time {
	var out []time.Time
	for _, at := range s.At {
		if wall, ok := e.quietLocal(at); ok {
			out = append(out, wall)
		}
	}
	for _, other := range x.Steps {
		for _, at := range other.At {
			if wall, ok := e.quietLocal(at); ok {
				out = append(out, wall)
			}
		}
	}
	for _, a := range e.anchors {
		out = append(out, a.Start.In(e.zone))
	}
	if x.Challenge != nil {
		if wall, ok := e.quietLocal(x.Challenge.Closes); ok {
			out = append(out, wall)
		}
	}
	return out
}

func (e *expander) checkDate(x *Post, at Pos, m []string, known []time.Time) {
	n, _ := strconv.Atoi(first(m[2], m[5]))
	month := monthOf(first(m[3], m[4]))
	year := e.env.Now.In(e.zone).Year()
	if e.granted {
		year = e.window.From.In(e.zone).Year()
	}
	if m[6] != "" {
		year, _ = strconv.Atoi(m[6])
	}
	date := time.Date(year, month, n, 0, 0, 0, 0, time.UTC)
	if date.Day() != n {
		e.warn(at, "W092", fmt.Sprintf("%q is no day of the calendar", strings.TrimSpace(m[0])), "mend the date")
		return
	}
	if m[1] != "" && weekdayOf(m[1]) != date.Weekday() {
		e.warn(at, "W092", fmt.Sprintf("%q is a %s", strings.TrimSpace(m[0]), date.Weekday()), "mend the date or its weekday")
		return
	}
	if x.Kind != campaign.Challenge && x.Kind != campaign.Livestream {
		return
	}
	for _, k := range known {
		if k.Month() == month && k.Day() == n {
			return
		}
	}
	e.warn(at, "W092", fmt.Sprintf("%q is none of the dates of this post", strings.TrimSpace(m[0])), "mend it, or write {start} or {closes} instead")
}

func monthOf(name string) time.Month {
	for _, t := range tongues {
		if i := slices.IndexFunc(t.months[:], func(s string) bool { return strings.EqualFold(s, name) }); i >= 0 {
			return time.Month(i + 1)
		}
	}
	return 0
}

func weekdayOf(name string) time.Weekday {
	for _, t := range tongues {
		if i := slices.IndexFunc(t.days[:], func(s string) bool { return strings.EqualFold(s, name) }); i >= 0 {
			return time.Weekday(i)
		}
	}
	return -1
}
