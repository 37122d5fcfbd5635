package sheet

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
)

// post is a post in the making; several rows may speak of it.
type post struct {
	kind  string
	tree  *tree
	parts map[string]*tree // steps or items by id
}

// ofPost are the keys that only a post as a whole may have, whatever row says them.
var ofPost = []string{"kind", "channels", "tags", "repeat", "series", "quote", "challenge", "anchor", "schedule"}

// posts reads the table with one row for each post, or step of one.
func (b *builder) posts(t *table) {
	b.check(t)
	heads, begin := b.heads(t, columns)
	if heads == nil {
		return
	}
	var dates []string
	for _, h := range heads {
		for i := begin; i < len(t.rows) && (h.col.name == "date" || h.col.name == "at"); i++ {
			dates = append(dates, t.cell(i, h.ref.Col-1).text)
		}
	}
	style := orderOf(dates)
	b.root.put(path{"posts"}, &tree{kind: list, at: t.at(begin-1, 0)})
	for i := begin; i < len(t.rows); i++ {
		if !t.empty(i) {
			row := &row{b: b, t: t, i: i, heads: heads, style: style}
			row.read()
		}
	}
	for _, x := range b.order {
		x.finish(b)
		b.root.kids["posts"].items = append(b.root.kids["posts"].items, x.tree)
	}
}

// row is one row of the table of posts.
type row struct {
	b     *builder
	t     *table
	i     int
	heads []heading
	style order
	post  *post
	to    *tree // what the row speaks of: the post, or one of its steps
}

// cell is the heading of a column with its cell in this row; nil where there is none or it is empty.
func (r *row) cell(name string) (heading, cell, bool) {
	for _, h := range r.heads {
		if h.col.name == name && h.channel == "" {
			if c := r.t.cell(r.i, h.ref.Col-1); !c.blank() {
				return h, c, true
			}
		}
	}
	return heading{}, cell{}, false
}

// word is the short text of a column's cell, "" where there is none.
func (r *row) word(name string) (string, Ref) {
	h, c, ok := r.cell(name)
	if !ok {
		return "", Ref{}
	}
	s, _ := r.b.text(c, h.at(r.t, r.i), path{name})
	return strings.TrimSpace(latin(s)), h.at(r.t, r.i)
}

// first is the row's first cell that says something.
func (r *row) first() Ref {
	for _, h := range r.heads {
		if !r.t.cell(r.i, h.ref.Col-1).blank() {
			return h.at(r.t, r.i)
		}
	}
	return r.t.at(r.i, 0)
}

func (r *row) read() {
	when := r.when()
	id, at := r.word("id")
	made := id == ""
	if made {
		id, at = r.makeID(when), r.first()
	}
	x, again := r.b.rows[id]
	kind, kindAt := r.kind(x)
	if !again {
		x = &post{kind: kind, parts: map[string]*tree{}, tree: &tree{kind: branch, kids: map[string]*tree{}, at: at}}
		x.tree.put(path{"id"}, word(id, at))
		x.tree.put(path{"kind"}, word(kind, kindAt))
		r.b.rows[id] = x
		r.b.order = append(r.b.order, x)
	} else if kind != x.kind {
		r.b.fault("P205", kindAt, fmt.Sprintf("the post %s is a %s in another row", clip(id), clip(x.kind)), "write the same kind, or give the rows different ids")
	}
	if made {
		if h := slices.IndexFunc(r.heads, func(h heading) bool { return h.col.name == "id" }); h >= 0 {
			r.b.sheet.IDs[r.heads[h].at(r.t, r.i)] = id
		}
	}
	r.post = x
	r.to = r.part(when)
	r.say()
	r.pictures()
	if when != nil {
		r.due(when)
	}
}

// makeID names a post that has no name by when it goes out, so that the same
// row keeps its name wherever it stands.
func (r *row) makeID(when *tree) string {
	kind, _ := r.kind(nil)
	base := fmt.Sprintf("%s-row%d", slug(kind), r.t.first+r.i)
	if when != nil {
		first := when.value
		if when.kind == list && len(when.items) > 0 {
			first = when.items[0].value
		}
		base = slug(kind + "-" + strings.ReplaceAll(first, ":", ""))
	}
	id := base
	for n := 2; r.b.rows[id] != nil; n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	return id
}

// kind is what the row says that it is, or what its cells make it.
func (r *row) kind(x *post) (string, Ref) {
	said, at := r.word("kind")
	switch kind, ok := kindWords[fold(said)]; {
	case ok:
		return kind, at
	case said != "":
		return said, at
	case x != nil:
		return x.kind, r.first()
	}
	for _, h := range r.heads {
		if r.t.cell(r.i, h.ref.Col-1).blank() {
			continue
		}
		switch h.col.name {
		case "quote":
			return "quote", h.at(r.t, r.i)
		case "challenge":
			return "challenge", h.at(r.t, r.i)
		case "offset":
			return "livestream", h.at(r.t, r.i)
		}
	}
	return "message", r.first()
}

// part is what the row speaks of: a step or item that it names, else the post.
func (r *row) part(when *tree) *tree {
	step, at := r.word("step")
	x := r.post
	if step == "" && when != nil {
		switch x.kind {
		case "challenge":
			step, at = "launch", when.at
		case "livestream":
			step, at = slug(strings.ReplaceAll(when.value, ":", "")), when.at
			if offset, _ := r.word("offset"); offset != "" {
				_, step = offsetOf(offset)
			}
		}
	}
	if step == "" {
		return x.tree
	}
	switch x.kind {
	case "challenge":
		name, known := stepWords[fold(step)]
		if !known {
			name = step
		}
		to := x.tree.under(path{"steps", name}, at)
		to.kind = branch
		return to
	case "livestream":
		return x.named("steps", step, at)
	case "message":
		return x.named("items", step, at)
	}
	r.b.fault("P205", at, fmt.Sprintf("a %s has no steps", clip(x.kind)), "empty the cell, or write another kind")
	return x.tree
}

// named finds or makes the item of a list by its id.
func (x *post) named(key, id string, at Ref) *tree {
	to := x.parts[id]
	if to == nil {
		to = &tree{kind: branch, kids: map[string]*tree{}, at: at}
		to.put(path{"id"}, word(id, at))
		all := x.tree.under(path{key}, at)
		all.kind = list
		all.items = append(all.items, to)
		x.parts[id] = to
	}
	return to
}

// say puts what the plain cells of the row say where it belongs.
func (r *row) say() {
	for _, h := range r.heads {
		if h.ignored || h.path == nil && h.col.where == "" || h.col.name == "kind" {
			continue
		}
		c := r.t.cell(r.i, h.ref.Col-1)
		if c.blank() {
			continue
		}
		p := h.path
		if p == nil {
			if p = r.b.within(h); h.col.name == "text" && h.lang == "" && r.template(c.text) {
				p = path{"text"}
			}
		}
		if h.channel != "" {
			p = append(path{"variants", h.channel}, p...)
		}
		at := h.at(r.t, r.i)
		if p[0] == "tags" && len(p) == 1 {
			r.tags(c.text, at)
			continue
		}
		v := r.b.value(r.t, r.i, h.ref.Col-1, p, p)
		if v == nil {
			continue
		}
		v.at = at
		if p[0] == "channels" {
			r.b.resolve(v)
		}
		to := r.to
		if slices.Contains(ofPost, p[0]) {
			to = r.post.tree
		}
		r.b.conflict(to.put(p, v), v)
	}
}

// template tells whether a text without a language is one for all languages of
// a quote: it stands for the quote, and no other language has a text of its own.
func (r *row) template(text string) bool {
	if r.post.kind != "quote" || !strings.Contains(text, "{quote}") {
		return false
	}
	return !slices.ContainsFunc(r.heads, func(h heading) bool {
		return h.col.name == "text" && h.lang != "" && h.channel == "" && !r.t.cell(r.i, h.ref.Col-1).blank()
	})
}

// tags reads "region: europe | role: health".
func (r *row) tags(text string, at Ref) {
	for _, p := range parts(text) {
		key, value, ok := strings.Cut(p, ":")
		if !ok {
			key, value, ok = strings.Cut(p, "=")
		}
		key = strings.ToLower(strings.TrimSpace(key))
		if !ok || key == "" || strings.TrimSpace(value) == "" {
			r.b.warn("W201", at, fmt.Sprintf("%q says no key and value and is left out", clip(p)), "write it like region: europe; hashtags have a column of their own")
			continue
		}
		v := word(strings.TrimSpace(value), at)
		r.b.conflict(r.post.tree.put(path{"tags", key}, v), v)
	}
}

// when is the time that the row says: one, several, or from the stream's start. nil: none.
func (r *row) when() *tree {
	var said []*tree
	if h, c, ok := r.cell("at"); ok {
		at := h.at(r.t, r.i)
		if s, ok := r.b.clocked(c, at); ok {
			said = append(said, r.moments(s, at))
		}
	}
	if t := r.dateAndTime(); t != nil {
		said = append(said, t)
	}
	if s, at := r.word("offset"); s != "" {
		when, _ := offsetOf(s)
		said = append(said, word(when, at))
	}
	if len(said) == 0 {
		return nil
	}
	for _, other := range said[1:] {
		if !said[0].same(other) {
			r.b.conflict(said[0], other)
		}
	}
	return said[0]
}

// moments reads one time or a list, parted by | or ; or lines.
func (r *row) moments(s string, at Ref) *tree {
	if !strings.ContainsAny(s, "|;\n") {
		return r.moment(s, at)
	}
	t := &tree{kind: list, at: at}
	for p := range strings.FieldsFuncSeq(s, func(c rune) bool { return c == '|' || c == ';' || c == '\n' }) {
		if p = strings.TrimSpace(p); p != "" {
			t.items = append(t.items, r.moment(p, at))
		}
	}
	return t
}

func (r *row) moment(s string, at Ref) *tree {
	if l := strings.ToLower(s); strings.HasPrefix(l, "start") || strings.HasPrefix(l, "end") {
		when, _ := offsetOf(s)
		return word(when, at)
	}
	return r.b.moment(s, at, r.style)
}

// dateAndTime joins the two columns.
func (r *row) dateAndTime() *tree {
	hd, date, hasDate := r.cell("date")
	ht, clock, hasTime := r.cell("time")
	switch {
	case !hasDate && !hasTime:
		return nil
	case !hasDate: // some tools call both together the time
		hd, date, hasTime = ht, clock, false
	}
	at := hd.at(r.t, r.i)
	s, ok := r.b.clocked(date, at)
	if !ok {
		return nil
	}
	m := r.b.moment(s, at, r.style)
	day, ofDay, _ := strings.Cut(m.value, "T")
	if !hasDate && ofDay == "" {
		r.b.fault("P020", at, "there is a time and no date", "write the date beside it")
		return nil
	}
	if hasTime {
		s, ok := r.b.clocked(clock, ht.at(r.t, r.i))
		if !ok {
			return nil
		}
		_, after, dated := strings.Cut(s, "T") // a time that a spreadsheet shows with its day
		if dated {
			s = after
		}
		ofDay = clockOf(s)
	}
	if ofDay == "" {
		r.b.fault("P020", at, "there is a date and no time", "write the time beside it, such as 09:00")
		return nil
	}
	return word(day+"T"+ofDay, at)
}

// due says when. A second row about the same makes it a list of times.
func (r *row) due(when *tree) {
	was := r.to.get("at")
	switch {
	case was == nil:
		r.to.put(path{"at"}, when)
	case was.kind == list && when.kind == leaf:
		was.items = append(was.items, when)
	case was.kind == leaf && when.kind == leaf && !was.same(when):
		first := *was
		*was = tree{kind: list, at: first.at, items: []*tree{&first, when}}
	case !was.same(when):
		r.b.conflict(was, when)
	}
}

// resolve writes the channels' ids in the place of what people call them.
func (b *builder) resolve(list *tree) {
	for _, item := range list.items {
		item.value = b.channel(item.value)
	}
}

// channel is the id of what a cell calls a channel: its id, its handle, or the
// name of a platform of which the window has exactly one.
func (b *builder) channel(said string) string {
	ids := b.window.Channels
	if len(ids) == 0 {
		ids = slices.Sorted(maps.Keys(b.c.Channels))
	}
	if _, ok := b.c.Channels[campaign.ChannelID(said)]; ok {
		return said
	}
	var found []string
	for _, id := range ids {
		c := b.c.Channels[id]
		for _, name := range []string{string(id), c.Handle, c.LimitsName(), platformWords[c.LimitsName()]} {
			if name != "" && fold(name) == fold(said) {
				found = append(found, string(id))
				break
			}
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	if lower := strings.ToLower(said); slug(lower) == lower {
		return lower
	}
	return said
}

// platformWords are what other tools call a platform.
var platformWords = map[string]string{"x": "twitter", "facebook": "facebook page", "linkedin": "linkedin page", "instagram": "instagram business"}

// finish gives a quote without a text of its own the usual one.
func (x *post) finish(b *builder) {
	q := x.tree.get("quote")
	if x.kind != "quote" || q == nil || q.get("text") == nil || x.tree.get("text") != nil {
		return
	}
	text := "“{quote}”"
	if q.get("speaker") != nil {
		text += " — {speaker}"
	}
	var more []string
	for _, key := range []string{"hashtags", "link"} {
		own, usual := x.tree.get(key), b.root.get("defaults", key)
		if own == nil && usual != nil || own != nil && (len(own.items) > 0 || own.value != "") {
			more = append(more, "{"+key+"}")
		}
	}
	if len(more) > 0 {
		text += "\n\n" + strings.Join(more, " ")
	}
	x.tree.put(path{"text"}, word(text, q.at))
}
