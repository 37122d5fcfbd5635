package plan

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// header checks what stands before the posts.
func (e *expander) header() {
	e.home = e.c.Location()
	e.zone = e.home
	if z := e.p.Timezone; z.Written() {
		if loc, fix := loadZone(z.Value); loc != nil {
			e.zone = loc
		} else {
			e.fault(z.Pos, "P010", fmt.Sprintf("unknown time zone %q", clip(z.Value)), fix)
		}
	}
	if id := e.p.Campaign; id.Written() && id.Value != e.c.ID {
		e.fault(id.Pos, "P002", fmt.Sprintf("there is no campaign %q here", id.Value), fmt.Sprintf("write campaign: %s", e.c.ID))
	}
	e.headerWindow()
	e.headerLanguages()
	e.headerAnchors()
	e.headerMedia()
	e.checkTags(e.p.Defaults.Tags)
	if e.p.Defaults.Link.Written() {
		e.vetLink(e.p.Defaults.Link)
	}
}

func (e *expander) headerWindow() {
	id := e.p.Window
	if !id.Written() {
		return
	}
	t, ok := e.c.Takeovers[campaign.TakeoverID(id.Value)]
	mine := func(m campaign.MechanismID) bool {
		return e.env.Mechanisms == nil || slices.Contains(e.env.Mechanisms, m)
	}
	if !ok || !mine(t.Mechanism) {
		var names []string
		for other, w := range e.c.Takeovers {
			if mine(w.Mechanism) && !w.Revoked {
				names = append(names, string(other))
			}
		}
		slices.Sort(names)
		e.fault(id.Pos, "P003", fmt.Sprintf("%q is no window of yours", id.Value), oneOf(id.Value, names, "ask the organizers for a window"))
		return
	}
	e.window, e.granted = t, !t.Revoked && e.env.Now.Before(t.To)
	if !e.granted {
		what := "ended " + t.To.In(e.home).Format(wallForm)
		if t.Revoked {
			what = "was revoked"
		}
		e.fault(id.Pos, "P004", fmt.Sprintf("the window %s %s", id.Value, what), "ask the organizers for another window")
	}
}

// oneOf words a remedy: the nearest of the names, or all if they are few.
func oneOf(wrong string, names []string, none string) string {
	if near := yamlwalk.Nearest(wrong, names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	switch {
	case len(names) == 0:
		return none
	case len(names) > 20:
		names = append(slices.Clone(names[:20]), "…")
	}
	return "write one of " + strings.Join(names, ", ")
}

func (e *expander) headerLanguages() {
	for _, l := range e.p.Languages {
		switch {
		case len(e.c.Languages) > 0 && !slices.Contains(e.c.Languages, l.Value):
			e.fault(l.Pos, "P011", fmt.Sprintf("the campaign does not use the language %q", l.Value), oneOf(l.Value, e.c.Languages, "remove it"))
		case slices.Contains(e.langs, l.Value):
			e.fault(l.Pos, "P090", fmt.Sprintf("the language %q stands twice", l.Value), "remove one")
		default:
			e.langs = append(e.langs, l.Value)
		}
	}
	for _, want := range e.c.Required {
		if len(e.langs) > 0 && !slices.Contains(e.langs, want) {
			e.warn(e.p.Languages[0].Pos, "W011", fmt.Sprintf("the campaign asks for %q, which is not among the languages", want), fmt.Sprintf("add %q to them, and write the texts in it", want))
		}
	}
}

func (e *expander) headerAnchors() {
	for _, a := range e.p.Anchors {
		length := time.Hour
		if a.Length.Written() {
			length = e.duration(a.Length, time.Minute)
		}
		wall, ok := e.local(a.Start)
		if !ok {
			continue
		}
		written := e.instant(wall, a.Start)
		e.anchors[a.ID.Value] = placeAnchor(e.env.Anchors[a.ID.Value], written, length, e.c.Policies.AnchorMoves)
		if a.Watch.Written() {
			e.vetLink(a.Watch)
		}
	}
}

// placeAnchor is the anchor after a file that says written. What a person
// moved stays moved until the file says something new; a move within the
// policy's bounds keeps the start that was approved.
func placeAnchor(stored campaign.Anchor, written time.Time, length, moves time.Duration) campaign.Anchor {
	a := stored
	a.Length = length
	switch {
	case stored.Start.IsZero():
		a.Base, a.Start = written, written
	case stored.Written.Equal(written):
	default:
		a.Start = written
		if written.Sub(stored.Base).Abs() > moves {
			a.Base = written
		}
	}
	a.Written = written
	return a
}

// zoneOf maps abbreviations that people write to a zone that is meant.
var zoneOf = map[string]string{
	"CET": "Europe/Brussels", "CEST": "Europe/Brussels", "MET": "Europe/Brussels", "WET": "Europe/Lisbon", "WEST": "Europe/Lisbon", "EET": "Europe/Athens", "EEST": "Europe/Athens",
	"GMT": "Europe/London", "BST": "Europe/London", "IST": "Asia/Kolkata", "EST": "America/New_York", "EDT": "America/New_York", "CST": "America/Chicago", "CDT": "America/Chicago",
	"MST": "America/Denver", "MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "EAT": "Africa/Nairobi", "CAT": "Africa/Maputo", "WAT": "Africa/Lagos", "SAST": "Africa/Johannesburg",
	"JST": "Asia/Tokyo", "PKT": "Asia/Karachi", "AST": "Asia/Riyadh", "UTC+1": "Europe/Brussels", "Z": "UTC",
}

// zoneForm is the form of names of places; it leaves out abbreviations, files
// of the system, and its variants of the database ("right/…" has leap seconds).
var zoneForm = regexp.MustCompile(`^[A-Z][A-Za-z]+(/[A-Z][A-Za-z_+-]*)+$`)

// loadZone finds a zone by its IANA name; else it says what to write instead.
func loadZone(name string) (loc *time.Location, fix string) {
	if name == "UTC" {
		return time.UTC, ""
	}
	if z, ok := zoneOf[strings.ToUpper(name)]; ok {
		return nil, fmt.Sprintf("write %s", z)
	}
	if zoneForm.MatchString(name) && !strings.HasPrefix(name, "Etc/") {
		if loc, err := time.LoadLocation(name); err == nil {
			return loc, ""
		}
	}
	return nil, "write an IANA name such as Europe/Brussels, America/Guayaquil or UTC"
}

// checkTags compares tags with those that the campaign defines, if it does.
func (e *expander) checkTags(tags []Tag) {
	if len(e.c.Tags) == 0 {
		return
	}
	for _, t := range tags {
		values, ok := e.c.Tags[t.Key.Value]
		switch {
		case !ok:
			e.fault(t.Key.Pos, "P095", fmt.Sprintf("unknown tag %q", t.Key.Value), oneOf(t.Key.Value, slices.Sorted(maps.Keys(e.c.Tags)), "remove it"))
		case len(values) > 0 && !slices.Contains(values, t.Value.Value):
			e.fault(t.Value.Pos, "P095", fmt.Sprintf("the tag %q has no value %q", t.Key.Value, clip(t.Value.Value)), oneOf(t.Value.Value, values, "remove it"))
		}
	}
}

// doubles finds ids that stand twice.
func (e *expander) doubles() {
	seen, number := map[string]Str{}, map[string]int{}
	for i, x := range e.p.Posts {
		e.post = i
		if e.once(seen, "posts", x.ID) {
			number[x.ID.Value] = i
		} else {
			e.bad[number[x.ID.Value]] = true // nobody can tell which of them is meant
		}
		for _, list := range [][]Step{x.Steps, x.Items} {
			steps := map[string]Str{}
			for _, s := range list {
				e.once(steps, x.ID.Value, s.ID)
			}
		}
		channels := map[string]Str{}
		for _, ch := range x.Channels {
			e.once(channels, x.ID.Value, ch)
		}
	}
	e.post = -1
	channels := map[string]Str{}
	for _, ch := range e.p.Defaults.Channels {
		e.once(channels, "defaults", ch)
	}
}

// once tells whether the id stands here for the first time.
func (e *expander) once(seen map[string]Str, in string, id Str) bool {
	if !id.Written() {
		return true
	}
	if first, again := seen[id.Value]; again {
		e.fault(id.Pos, "P090", fmt.Sprintf("%q stands twice in %s, first in line %d", clip(id.Value), in, first.Pos.Line), "give each a name of its own, or remove one")
		return false
	}
	seen[id.Value] = id
	return true
}
