package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/card"
)

// Bounds of an expansion.
const (
	maxDeliveries   = 30_000
	maxContentBytes = 64 << 20
)

// Load parses and expands in one. Findings are those of both, in the order of
// the file; the expansion is nil where the plan as a whole has an error, and
// lacks the posts that have one.
func Load(file string, src []byte, env Env) (*Plan, *Expansion, campaign.Findings) {
	p, found := Parse(file, src)
	if p == nil {
		return nil, nil, found
	}
	x, more := Expand(p, env)
	return p, x, ordered(append(slices.Clone(found), more...))
}

// Expand checks what the plan says against the campaign, the window, the
// channels and the clock, and makes its deliveries, eagerly and finitely. It
// reports every fault at once. Posts with a fault, of form or of meaning, are
// not in the expansion (Skipped names them); a fault of the plan as a whole
// makes it nil.
func Expand(p *Plan, env Env) (*Expansion, campaign.Findings) {
	e := newExpander(p, env)
	e.header()
	for i := range p.Posts {
		e.post = i
		e.expandPost(&p.Posts[i])
	}
	e.post = -1
	e.doubles()
	e.space()
	e.finishRows()
	e.checkDays()
	e.checkTwins()
	return e.expansion(), ordered(e.found)
}

func ordered(found campaign.Findings) campaign.Findings {
	slices.SortStableFunc(found, func(a, b campaign.Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return found
}

// expander is the state of one Expand.
type expander struct {
	p        *Plan
	env      Env
	c        *campaign.Campaign
	kit      campaign.Kit
	window   campaign.Takeover
	granted  bool           // window is one of the campaign's, and not over
	zone     *time.Location // of the plan
	home     *time.Location // of the campaign
	anchors  map[string]campaign.Anchor
	media    map[string]campaign.Media // by path
	surfaces map[campaign.ChannelID]Surface
	langs    []string // of the plan, in its order
	rows     []row
	bytes    int
	full     bool // a bound was reached; said once
	post     int  // at hand; -1: the plan as a whole
	bad      map[int]bool
	found    campaign.Findings
	said     map[finding]bool
	badTimes map[finding]*badTimes // by place and code
	existing map[campaign.DeliveryID]*campaign.Delivery
	fonts    []*card.Font              // of the kit, once a card needs them
	cards    map[campaign.Digest]error // by key, what stands in the way of each
	asked    []AskedValue
	notes    []Note
}

// finding tells two findings apart.
type finding struct {
	at      Pos
	code    string
	message string
}

func newExpander(p *Plan, env Env) *expander {
	e := &expander{p: p, env: env, c: env.Campaign, post: -1, said: map[finding]bool{}, badTimes: map[finding]*badTimes{}, bad: map[int]bool{},
		anchors: map[string]campaign.Anchor{}, media: map[string]campaign.Media{}, surfaces: map[campaign.ChannelID]Surface{}, existing: map[campaign.DeliveryID]*campaign.Delivery{}, cards: map[campaign.Digest]error{}}
	if env.Kit != nil {
		e.kit = *env.Kit
	} else if env.Campaign != nil {
		e.kit = env.Campaign.Kit
	}
	for i := range p.broken {
		e.bad[i] = true
	}
	for i := range env.Existing {
		e.existing[env.Existing[i].ID] = &env.Existing[i]
	}
	return e
}

// fault reports an error: the post at hand will not be in the expansion.
func (e *expander) fault(at Pos, code, message, fix string) {
	e.bad[e.post] = true
	e.say(at, campaign.Finding{Severity: campaign.SeverityError, Code: code, Message: message, Fix: fix})
}

// warn reports what must be seen and stops nothing.
func (e *expander) warn(at Pos, code, message, fix string) {
	e.say(at, campaign.Finding{Severity: campaign.SeverityWarning, Code: code, Message: message, Fix: fix})
}

// follows tells whether the form of the post at hand, or of what stands before
// the posts, is wrong: what seems to be missing then may be what was said.
func (e *expander) follows() bool { return e.p.broken[-1] || e.p.broken[e.post] }

// maxFindings bounds the list.
const maxFindings = 5000

func (e *expander) say(at Pos, f campaign.Finding) {
	if at.Line == 0 { // what is missing has no place of its own
		at = e.p.Pos
		if e.post >= 0 {
			at = e.p.Posts[e.post].Pos
		}
	}
	key := finding{at, f.Code, f.Message}
	if e.said[key] || len(e.found) >= maxFindings {
		return
	}
	e.said[key] = true
	if len(e.found) == maxFindings-1 {
		at, f = e.p.Pos, campaign.Finding{Severity: campaign.SeverityError, Code: CodeBytes, Message: "there are more findings than are shown", Fix: "mend these and check again"}
	}
	f.File, f.Line, f.Column, f.Path = e.p.File, at.Line, at.Column, at.Path
	e.found = append(e.found, f)
}

// row is a delivery in the making.
type row struct {
	post     int
	order    int // in the file
	moment   moment
	place    Pos // of its text
	gap      time.Duration
	due      time.Time // after spacing
	content  campaign.Content
	delivery campaign.Delivery
}

// expandPost makes the rows of one post.
func (e *expander) expandPost(x *Post) {
	e.checkPost(x)
	for _, s := range x.parts() {
		e.checkStep(x, s)
	}
	channels := e.channels(x)
	for _, m := range e.moments(x) {
		for _, ch := range channels {
			e.expandOn(x, m, ch)
		}
	}
}

// parts are the steps or items of a post, or the post itself.
func (x *Post) parts() []*Step {
	list := x.Steps
	if len(x.Items) > 0 {
		list = x.Items
	}
	if len(list) == 0 {
		return []*Step{&x.Step}
	}
	out := make([]*Step, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// expandOn makes the rows of one moment on one channel.
func (e *expander) expandOn(x *Post, m moment, ch campaign.ChannelID) {
	v := e.view(x, m.step, ch)
	if v.off || e.full {
		return
	}
	e.checkAbilities(v, ch)
	langs := e.languagesOn(v)
	switch e.c.Channels[ch].Languages {
	case campaign.Joined:
		if len(langs) > 0 && !e.joined(x, m, v, ch, langs) {
			e.separate(x, m, v, ch, langs)
		}
	case campaign.First:
		e.separate(x, m, v, ch, langs[:min(1, len(langs))])
	default:
		e.separate(x, m, v, ch, langs)
	}
}

func (e *expander) separate(x *Post, m moment, v view, ch campaign.ChannelID, langs []string) {
	for _, lang := range langs {
		content := e.render(x, m, v, []string{lang})
		e.fitMedia(&content, v, ch)
		e.checkLength(content, ch, v.textIn(lang).Pos, false)
		e.addRow(x, m, ch, content, lang, v.textIn(lang).Pos)
	}
}

// joined makes one post of all languages; false where it is too long and the
// plan says to make it several then.
func (e *expander) joined(x *Post, m moment, v view, ch campaign.ChannelID, langs []string) bool {
	content := e.render(x, m, v, langs)
	place := v.textIn(langs[0]).Pos
	if v.opts.IfTooLong.Value == "separate" && len(langs) > 1 {
		if over, _ := e.over(content.Text, content, ch); over > 0 {
			e.warn(place, "W063", fmt.Sprintf("the text of %d languages together is %d over the limit of %s and goes out separately", len(langs), over, ch), fmt.Sprintf("shorten it by %d to have one post", over))
			return false
		}
	}
	e.fitMedia(&content, v, ch)
	e.checkLength(content, ch, place, len(langs) > 1)
	e.addRow(x, m, ch, content, "joined", place)
	return true
}

func (e *expander) addRow(x *Post, m moment, ch campaign.ChannelID, content campaign.Content, lang string, place Pos) {
	e.bytes += sizeOf(content)
	if len(e.rows) >= maxDeliveries || e.bytes > maxContentBytes {
		e.full = true
		e.fault(x.Pos, "P098", fmt.Sprintf("with this post the plan makes more than %d deliveries, or texts of more than %d MiB", maxDeliveries, maxContentBytes>>20), "split the plan into several")
		return
	}
	if credit := content.Uncredited(); credit != "" && !e.follows() {
		e.fault(place, "P074", fmt.Sprintf("the licence of a picture demands its credit where it is shown, and nothing on %s says %q", ch, clip(credit)), "write {credit} in the text")
	}
	channel, anchor := e.c.Channels[ch], m.anchor
	if m.step.WaitFor.Written() {
		anchor = x.Anchor.Value // what it waits for, whatever its time counts from
	}
	d := campaign.Delivery{
		Takeover: campaign.TakeoverID(e.p.Window.Value), Mechanism: e.window.Mechanism, Plan: campaign.PlanID(e.p.ID.Value),
		Post: campaign.PostID(x.ID.Value), Kind: x.Kind, Step: m.stepName, Channel: ch, Lane: channel.Lane(ch),
		Language: lang, Languages: content.Languages, Occurrence: m.key, Series: m.series, Repeat: x.Repeat,
		Rule: m.rule, Tolerance: m.tolerance, IfMissed: m.ifMissed, WaitFor: m.step.WaitFor.Value, Anchor: anchor,
		Consents: e.consents(x, m, content, ch), Author: e.env.Author, PlanRevision: e.env.Revision,
	}
	if len(d.Languages) == 0 {
		d.Languages = []string{content.Language}
	}
	e.rows = append(e.rows, row{post: e.post, order: len(e.rows), moment: m, place: place, gap: channel.MinGap, due: m.at, content: content, delivery: d})
}

// sizeOf is about what a content costs in memory.
func sizeOf(c campaign.Content) int {
	n := 500 + 2*len(c.Text) + len(c.FirstComment) + len(c.ContentWarning)
	for _, part := range c.Thread {
		n += len(part)
	}
	for _, m := range c.Pictures() {
		n += 500 + len(m.Alt)
	}
	if c.Card != nil {
		n += len(c.Card.Title) + len(c.Card.Description)
	}
	if c.Poll != nil {
		n += len(c.Poll.Lines())
	}
	return n
}

// finishRows gives each row its id, times and hashes, and checks its time.
func (e *expander) finishRows() {
	for i := range e.rows {
		r := &e.rows[i]
		e.post = r.post
		d := &r.delivery
		d.Due, d.Latest = r.due, e.latest(r, r.due)
		d.Content, d.Fingerprint = r.content.Digest(), r.content.Fingerprint()
		d.Wants = campaign.ApprovalHash(r.content, d.Terms())
		e.identify(d)
		inTime := e.checkTime(r)
		if !r.due.Equal(r.moment.at) {
			if inTime {
				e.checkSpacing(r)
			}
			e.notes = append(e.notes, Note{File: e.p.File, Delivery: d.ID, Post: d.Post, Channel: d.Channel, Language: d.Language,
				Written: r.moment.at.In(e.zone), Due: r.due.In(e.zone), Gap: int64(r.gap / time.Second)})
		}
	}
	e.post = -1
}

// identify derives the id. One that was missed or rejected and then mended is a
// new delivery: its occurrence gets #2, #3, ….
func (e *expander) identify(d *campaign.Delivery) {
	key := d.Occurrence
	for n := 2; ; n++ {
		d.ID = campaign.Identity(d.Takeover, d.Plan, d.Post, d.Step, d.Channel, d.Language, d.Occurrence)
		old, ok := e.existing[d.ID]
		if !ok || old.Wants == d.Wants || old.State != campaign.Missed && old.State != campaign.Rejected {
			return
		}
		d.Occurrence = fmt.Sprintf("%s#%d", key, n)
	}
}

// expansion gathers the rows of good posts.
func (e *expander) expansion() *Expansion {
	if e.bad[-1] {
		return nil
	}
	x := &Expansion{
		Plan: campaign.PlanID(e.p.ID.Value), Takeover: campaign.TakeoverID(e.p.Window.Value), Mechanism: e.window.Mechanism,
		Title: e.p.Title.Value, Contents: map[campaign.Digest]campaign.Content{}, Anchors: e.anchors, Media: e.media,
		Tags: map[campaign.PostID]map[string]string{}, file: e.p.File, places: map[campaign.DeliveryID]Pos{},
		rows: e.rows, surfaces: e.surfaces,
	}
	for _, r := range e.rows {
		if !e.bad[r.post] {
			x.Deliveries = append(x.Deliveries, r.delivery)
			x.Contents[r.delivery.Content] = r.content
			x.places[r.delivery.ID] = r.place
		}
	}
	good := map[campaign.PostID]bool{}
	for i, post := range e.p.Posts {
		id := campaign.PostID(post.ID.Value)
		if e.bad[i] {
			if !slices.Contains(x.Skipped, id) {
				x.Skipped = append(x.Skipped, id)
			}
			continue
		}
		good[id] = true
		x.Tags[id] = e.p.TagsOf(&post)
	}
	for _, v := range e.asked {
		if good[v.Post] {
			x.Values = append(x.Values, v)
		}
	}
	for _, n := range e.notes {
		if good[n.Post] {
			x.Notes = append(x.Notes, n)
		}
	}
	slices.SortFunc(x.Deliveries, func(a, b campaign.Delivery) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID))
	})
	return x
}
