package plan

import (
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// Version is what a plan's key "schema" says.
const Version = "takeover/plan-v1"

// Bounds of a plan; the schema repeats them.
const (
	maxPosts  = 1000
	maxText   = 25_000 // characters of one written text; no platform takes longer ones
	maxSteps  = 50
	maxItems  = 200
	maxImages = 20
)

// Parse reads a plan, YAML or JSON of at most 2 MiB, and reports every fault of
// its form at once. The Plan holds whatever could be read; nil where the file
// cannot be read at all. Findings of a post have a path that begins with it, see PostOf.
func Parse(file string, src []byte) (*Plan, campaign.Findings) {
	doc, root := yamlwalk.Parse(file, src, yamlwalk.Limits{}, yamlwalk.Codes{
		Bytes: CodeBytes, Syntax: CodeSyntax, Feature: CodeFeature, Key: CodeKey, Type: CodeType,
	})
	if !root.Written() {
		return nil, doc.Findings()
	}
	p := &Plan{File: file, Pos: root.Pos(), broken: map[int]bool{}}
	p.read(root)
	found := doc.Findings()
	for _, f := range found {
		if f.Severity == campaign.SeverityError {
			p.broken[p.indexOf(f)] = true
		}
	}
	return p, found
}

// PostOf names the post that a finding is about, "" where it is about the file.
func PostOf(f campaign.Finding) campaign.PostID {
	rest, ok := strings.CutPrefix(f.Path, "posts[")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "]")
	return campaign.PostID(id)
}

// indexOf is the number of the post that a finding is about, -1 for the file.
// Without an id it goes by the number that the path has instead, or by the line.
func (p *Plan) indexOf(f campaign.Finding) int {
	if PostOf(f) == "" {
		return -1
	}
	for i := len(p.Posts) - 1; i >= 0; i-- {
		at := p.Posts[i].Pos
		if at.Line < f.Line || at.Line == f.Line && at.Column <= f.Column {
			return i
		}
	}
	return -1
}

func (p *Plan) read(root yamlwalk.Value) {
	m := root.Map()
	m.Need("schema").As("P001").Enum(Version)
	p.ID = m.Need("plan").ID()
	p.Campaign = m.Need("campaign").ID()
	p.Window = m.Need("window").ID()
	p.Title = short(m.Opt("title"), 200)
	p.Timezone = short(m.Opt("timezone"), 100)
	p.Languages = languages(m.Need("languages"))
	p.Defaults = readDefaults(m.Opt("defaults"))
	for _, e := range m.Opt("anchors").IDs() {
		p.Anchors = append(p.Anchors, readAnchor(e))
	}
	for _, e := range m.Opt("media").IDs() {
		p.Media = append(p.Media, readMedia(e))
	}
	for _, v := range m.Need("posts").List(1, maxPosts) {
		p.Posts = append(p.Posts, readPost(v))
	}
	m.Done()
}

func readDefaults(v yamlwalk.Value) Defaults {
	m := v.Map()
	d := Defaults{
		Channels:  ids(m.Opt("channels"), 50),
		Hashtags:  hashtags(m.Opt("hashtags")),
		HasTags:   m.Opt("hashtags").Written(),
		Link:      m.Opt("link").Match(urlForm, "a web address", "https://www.example.org/"),
		Tags:      tags(m.Opt("tags")),
		Tolerance: duration(m.Opt("tolerance").As("P040")),
		IfMissed:  ifMissed(m.Opt("if_missed")),
	}
	m.Done()
	return d
}

func readAnchor(e yamlwalk.Entry) Anchor {
	m := e.Map()
	a := Anchor{
		ID:        e.Key,
		Start:     local(m.Need("start")),
		Length:    duration(m.Opt("length").As("P040")),
		Watch:     m.Opt("watch").Match(urlForm, "a web address", "https://www.youtube.com/watch?v=EXAMPLE"),
		LiveCheck: m.Opt("live_check").Enum("youtube", "person"),
	}
	m.Done()
	return a
}

func readMedia(e yamlwalk.Entry) Media {
	m := e.Map()
	x := Media{
		ID:      e.Key,
		Pos:     e.Key.Pos,
		File:    short(m.Need("file"), 500),
		Alt:     text(m.Opt("alt").As("P073")),
		Credit:  short(m.Opt("credit").As("P074"), 500),
		Licence: short(m.Opt("licence").As("P075"), 100),
		Shows:   m.Need("shows").Enum("nobody", "person", "crowd"),
		Consent: short(m.Opt("consent").As("P076"), 100),
		Focus:   [2]float64{0.5, 0.5},
	}
	if at := m.Opt("focus").List(2, 2); len(at) == 2 {
		x.Focus = [2]float64{at[0].Number(0, 1), at[1].Number(0, 1)}
	}
	m.Done()
	return x
}

// readPost reads one post; what it may hold depends on its kind.
func readPost(v yamlwalk.Value) Post {
	m := v.Map()
	var x Post
	x.Pos = v.Pos()
	x.ID = m.Need("id").ID()
	kind := m.Need("kind").Enum("quote", "challenge", "livestream", "message").Value
	if kind == "" {
		return x // which keys it may have cannot be said
	}
	x.Kind = campaign.Kind(kind)
	x.Channels = ids(m.Opt("channels"), 50)
	x.Tags = tags(m.Opt("tags"))
	x.Repeat = m.Opt("repeat").Bool(false)
	if s := m.Opt("series"); s.Written() {
		sm := s.Map()
		x.Series = &Series{Name: short(sm.Need("name"), 100), Number: sm.Need("number").Int(1, 100_000)}
		sm.Done()
	}
	readStep(m, &x.Step)
	switch x.Kind {
	case campaign.Quote:
		x.Anchor = m.Opt("anchor").ID()
		x.At, x.AtIsList = when(m.Need("at"))
		x.Quote = readQuote(m.Need("quote"))
		x.Text = text(m.Need("text"))
	case campaign.Message:
		readMessage(m, &x)
	case campaign.Challenge:
		x.Challenge = readChallenge(m.Need("challenge"))
		sm := m.Need("steps").Map()
		for _, name := range []string{"launch", "reminder", "wrapup"} {
			step := sm.Opt(name)
			if name == "launch" {
				step = sm.Need(name)
			}
			if step.Written() {
				s := readTimedStep(step)
				s.ID = Str{Value: name, Pos: s.Pos}
				x.Steps = append(x.Steps, s)
			}
		}
		sm.Done()
	case campaign.Livestream:
		x.Anchor = m.Need("anchor").ID()
		for _, step := range m.Need("steps").List(1, maxSteps) {
			x.Steps = append(x.Steps, readLiveStep(step))
		}
	}
	m.Done()
	return x
}

// readMessage reads what only messages have: one text, or items of a series.
func readMessage(m *yamlwalk.Map, x *Post) {
	x.Anchor = m.Opt("anchor").ID()
	at, schedule := m.Opt("at"), m.Opt("schedule")
	switch {
	case at.Written() && schedule.Written():
		schedule.Error(CodeKey, `"at" and "schedule" exclude each other`, "remove one of them")
	case !at.Written() && !schedule.Written():
		m.Error(CodeKey, `"at" or "schedule" is missing`, `add "at" with a time, or "schedule" with a series`)
	}
	x.At, x.AtIsList = when(at)
	if schedule.Written() {
		sm := schedule.Map()
		x.Schedule = &Schedule{
			Pos:   schedule.Pos(),
			Cron:  sm.Need("cron").As("P030").String(),
			From:  sm.Opt("from").As("P020").Match(dateForm, "a local date", "2026-12-14"),
			Until: sm.Need("until").As("P020").Match(dateForm, "a local date", "2026-12-18"),
		}
		sm.Done()
	}
	body, items := m.Opt("text"), m.Opt("items")
	switch {
	case body.Written() && items.Written():
		items.Error(CodeKey, `"text" and "items" exclude each other`, "remove one of them")
	case !body.Written() && !items.Written():
		m.Error(CodeKey, `"text" or "items" is missing`, `add "text", or "items" with one text for each date`)
	}
	x.Text = text(body)
	for _, v := range items.List(1, maxItems) {
		im := v.Map()
		item := Step{ID: im.Need("id").ID(), Pos: v.Pos(), Text: text(im.Need("text"))}
		readStep(im, &item)
		im.Done()
		x.Items = append(x.Items, item)
	}
}

func readQuote(v yamlwalk.Value) *Quote {
	m := v.Map()
	q := &Quote{
		Pos:     v.Pos(),
		Text:    text(m.Need("text")),
		Photo:   m.Opt("photo").ID(),
		Card:    m.Opt("card").Bool(false),
		Consent: short(m.Opt("consent").As("P076"), 100),
	}
	sm := m.Need("speaker").Map()
	q.Name, q.Role = short(sm.Opt("name"), 200), text(sm.Need("role"))
	sm.Done()
	m.Done()
	return q
}

func readChallenge(v yamlwalk.Value) *Challenge {
	m := v.Map()
	c := &Challenge{
		Hashtag: m.Need("hashtag").Match(hashtagForm, "a hashtag", "#MyWelcomingStreet"),
		Rules:   m.Opt("rules").Match(urlForm, "a web address", "https://www.example.org/rules"),
		Closes:  local(m.Need("closes")),
	}
	m.Done()
	return c
}

func readTimedStep(v yamlwalk.Value) Step {
	m := v.Map()
	s := timedStep(m)
	m.Done()
	return s
}

func readLiveStep(v yamlwalk.Value) Step {
	m := v.Map()
	id, wait := m.Need("id").ID(), m.Opt("wait_for").Enum("live")
	s := timedStep(m)
	s.ID, s.WaitFor = id, wait
	m.Done()
	return s
}

func timedStep(m *yamlwalk.Map) Step {
	s := Step{Pos: m.Pos(), Text: text(m.Need("text"))}
	s.At, s.AtIsList = when(m.Need("at"))
	readStep(m, &s)
	return s
}

// readStep reads what posts, steps and items may all say.
func readStep(m *yamlwalk.Map, s *Step) {
	s.Images, s.HasImages = ids(m.Opt("images"), maxImages), m.Opt("images").Written()
	s.Source = short(m.Opt("source"), 1000)
	s.Hashtags, s.HasTags = hashtags(m.Opt("hashtags")), m.Opt("hashtags").Written()
	s.Link, s.HasLink = link(m.Opt("link"))
	s.Tolerance = duration(m.Opt("tolerance").As("P040"))
	s.IfMissed = ifMissed(m.Opt("if_missed"))
	for _, e := range m.Opt("values").Entries() {
		s.Values = append(s.Values, readValue(e))
	}
	for _, e := range m.Opt("variants").IDs() {
		s.Variants = append(s.Variants, readVariant(e))
	}
	s.Options = readOptions(m)
}

func readValue(e yamlwalk.Entry) Value {
	if !valueForm.MatchString(e.Key.Value) {
		e.Value.Error(CodeType, "a value's name has a-z, 0-9 and _ and begins with a letter, at most 32", `rename it, such as "count"`)
	}
	m := e.Map()
	m.Need("ask").Enum("integer")
	const most = 1_000_000_000
	v := Value{Name: e.Key, Min: m.Need("min").Int(-most, most), Max: m.Need("max").Int(-most, most)}
	m.Done()
	return v
}

func readVariant(e yamlwalk.Entry) Variant {
	m := e.Value.As("P062").Map()
	x := Variant{
		Channel:   e.Key,
		Text:      text(m.Opt("text").As("")),
		Images:    ids(m.Opt("images").As(""), maxImages),
		HasImages: m.Opt("images").Written(),
		Hashtags:  hashtags(m.Opt("hashtags").As("")),
		HasTags:   m.Opt("hashtags").Written(),
		Off:       m.Opt("off").Bool(false),
	}
	if v := m.Opt("languages"); v.Written() {
		x.Languages = languages(v)
	}
	x.Link, x.HasLink = link(m.Opt("link"))
	x.Options = readOptions(m)
	m.Done()
	return x
}

func readOptions(m *yamlwalk.Map) Options {
	o := Options{
		FirstComment:   text(m.Opt("first_comment").As("")),
		Visibility:     m.Opt("visibility").As("P062").Enum("public", "unlisted", "followers"),
		ContentWarning: text(m.Opt("content_warning").As("")),
		IfTooLong:      m.Opt("if_too_long").As("P062").Enum("separate"),
	}
	thread := m.Opt("thread").As("")
	for _, v := range thread.List(1, 24) {
		o.Thread = append(o.Thread, text(v))
	}
	o.threadAt = thread.Pos()
	o.Poll = readPoll(m.Opt("poll").As(""))
	o.Card = readCard(m.Opt("card").As(""))
	if v := m.Opt("silent").As("P062"); v.Written() {
		silent := v.Bool(false)
		o.Silent, o.silentAt = &silent, v.Pos()
	}
	return o
}
