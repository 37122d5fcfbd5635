package sheet

import (
	"cmp"
	"fmt"
	"maps"
	slash "path"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Options are what a sheet need not say because the place knows it.
type Options struct {
	Campaign *campaign.Campaign // nil: nothing is known of it
	// Window is the window of a sheet that names none; "" takes the only one that the mechanism has.
	Window    campaign.TakeoverID
	Mechanism campaign.MechanismID // whose windows count; "" any
	// Columns are headings that a person gave a meaning by hand: the name of a
	// column or a path; "" leaves the column out.
	Columns map[string]string
}

// Sheet is a plan that was written as a spreadsheet.
type Sheet struct {
	File string
	// Source is the plan file that says the same; nil where the sheet cannot be read.
	Source []byte
	// Findings are about the sheet itself. Those of plan.Parse and plan.Expand
	// about Source come beside them, see Place.
	Findings campaign.Findings
	// Unknown are headings that nobody understands, with the name that each is nearest to ("" for none).
	Unknown map[string]string
	// IDs are the names that were made for posts without one, by the cell they belong in.
	IDs map[Ref]string

	lines    []Ref // by line of Source
	headings []heading
}

// SourceName is what the plan file that a sheet stands for is called: "plan.xlsx" becomes "plan.yaml".
func SourceName(file string) string {
	return strings.TrimSuffix(file, slash.Ext(file)) + ".yaml"
}

// The tables of a workbook, by the names that people may give them.
var tableNames = map[string][]string{
	"Plan":    {"plan", "piano", "الخطة"},
	"Posts":   {"posts", "publications", "publicaciones", "المنشورات"},
	"Streams": {"streams", "directs", "directos", "البث"},
	"Media":   {"media", "medias", "medios", "الوسائط"},
	"Lists":   {"lists", "listes", "listas", "القوائم"},
	"Help":    {"help", "aide", "ayuda", "المساعدة"},
}

// tableOf is what a table holds, by its name; "" where the name says nothing.
func tableOf(name string) string {
	for what, names := range tableNames {
		if slices.ContainsFunc(names, func(n string) bool { return fold(n) == fold(name) }) {
			return what
		}
	}
	return ""
}

// Read reads a sheet and says everything that is wrong with its form.
func Read(file string, src []byte, o Options) *Sheet {
	r := &reader{file: file}
	s := &Sheet{File: file, Unknown: map[string]string{}, IDs: map[Ref]string{}}
	b := &builder{reader: r, sheet: s, o: o, c: cmp.Or(o.Campaign, &campaign.Campaign{}), root: &tree{kind: branch, kids: map[string]*tree{}}, rows: map[string]*post{}}
	tables := r.tables(src)
	if posts := b.sort(tables); posts != nil {
		b.plan()
		b.streams()
		b.library()
		b.posts(posts)
		b.finish()
		s.Source, s.lines = b.root.yaml()
	}
	s.Findings = r.found
	return s
}

// builder makes the plan file of the tables.
type builder struct {
	*reader
	sheet *Sheet
	o     Options
	c     *campaign.Campaign
	root  *tree

	planTable, streamTable, mediaTable *table
	langs                              []string // that the plan may use, in its order
	window                             campaign.Takeover
	rows                               map[string]*post // by id
	order                              []*post
}

// sort finds out which table holds what, and answers that of the posts: the one
// called so, else the only visible one. nil where there is none; that is said.
func (b *builder) sort(tables []table) *table {
	if tables == nil {
		return nil
	}
	var posts *table
	var others []*table
	for i := range tables {
		t := &tables[i]
		switch tableOf(t.name) {
		case "Plan":
			b.planTable = t
		case "Streams":
			b.streamTable = t
		case "Media":
			b.mediaTable = t
		case "Posts":
			posts = t
		case "Lists", "Help":
		default:
			if len(t.rows) > 0 {
				others = append(others, t)
			}
		}
	}
	if posts == nil && len(others) > 1 {
		others = slices.DeleteFunc(others, func(t *table) bool { return t.hidden })
	}
	switch {
	case posts != nil:
	case len(others) == 1:
		posts = others[0]
	case len(others) == 0:
		b.fault("P204", Ref{}, "there is no table of posts", `name the sheet that has one row for each post "Posts"`)
	default:
		b.fault("P204", Ref{}, fmt.Sprintf("%d sheets could hold the posts", len(others)), `name the one that has them "Posts"`)
	}
	return posts
}

// plan reads the table of key and value, and what the sheet leaves to the place.
func (b *builder) plan() {
	said := map[string]*tree{}
	var keys []string
	if t := b.planTable; t != nil {
		b.check(t)
		for i := range t.rows {
			key, at := strings.TrimSpace(t.cell(i, 0).text), t.at(i, 1)
			at.Heading = key
			if key == "" || strings.HasPrefix(key, "#") {
				continue
			}
			p, ok := planKey(key)
			if !ok {
				b.warn("W201", t.at(i, 0), fmt.Sprintf("nobody knows the line %q of the sheet %s", clip(key), t.name), "remove it, or write the key of a plan file, such as defaults.link")
				continue
			}
			if v := b.value(t, i, 1, p, p); v != nil {
				if _, again := said[p.String()]; again {
					b.fault("P205", at, fmt.Sprintf("%q stands twice", clip(key)), "remove one of them")
					continue
				}
				said[p.String()] = v
				keys = append(keys, p.String())
			}
		}
	}
	b.pickWindow(said)
	known := map[string]string{"schema": "takeover/plan-v1", "plan": planID(b.file), "campaign": b.c.ID, "window": string(b.o.Window)}
	for _, key := range []string{"schema", "plan", "campaign", "window"} {
		v := said[key]
		if v == nil && known[key] != "" {
			v = word(known[key], Ref{})
		}
		if v != nil {
			b.root.put(path{key}, v)
		}
	}
	for _, key := range keys {
		p, _ := pathOf(key)
		if !slices.Contains([]string{"schema", "plan", "campaign", "window"}, key) {
			b.root.put(p, said[key])
		}
	}
	if langs := b.root.get("languages"); langs != nil {
		for _, l := range langs.items {
			b.langs = append(b.langs, l.value)
		}
	}
	if d := b.root.get("defaults", "channels"); d != nil {
		b.resolve(d)
	}
}

// pickWindow chooses the window of a sheet that names none, where there is only one to choose.
func (b *builder) pickWindow(said map[string]*tree) {
	if w := said["window"]; w != nil {
		b.o.Window = campaign.TakeoverID(w.value)
	}
	if b.o.Window == "" {
		var open []campaign.TakeoverID
		for _, id := range slices.Sorted(maps.Keys(b.c.Takeovers)) {
			if t := b.c.Takeovers[id]; !t.Revoked && (b.o.Mechanism == "" || b.o.Mechanism == t.Mechanism) {
				open = append(open, id)
			}
		}
		if len(open) == 1 {
			b.o.Window = open[0]
		}
	}
	b.window = b.c.Takeovers[b.o.Window]
}

// planKey is the place in a plan file of a line in the sheet Plan.
func planKey(key string) (path, bool) {
	folded := fold(key)
	for to, names := range map[string][]string{
		"plan": {"plan", "plan id", "plan name", "nom du plan", "nombre del plan", "اسم الخطة"}, "campaign": {"campaign", "campagne", "campaña", "الحملة"},
		"window": {"window", "créneau", "ventana", "النافذة"}, "title": {"title", "titre", "título", "العنوان"}, "schema": {"schema"},
		"timezone": {"timezone", "zone", "fuseau horaire", "zona horaria", "المنطقة الزمنية"}, "languages": {"languages", "langues", "idiomas", "اللغات"},
		"defaults.channels": {"channels", "canaux", "canales", "القنوات"}, "defaults.hashtags": {"hashtags", "mots-dièse", "etiquetas", "الوسوم"},
		"defaults.link": {"link", "lien", "enlace", "الرابط"}, "defaults.tolerance": {"tolerance", "tolérance", "tolerancia", "التسامح"}, "defaults.if_missed": {"if missed"},
	} {
		if slices.ContainsFunc(names, func(n string) bool { return fold(n) == folded }) {
			return keys(to), true
		}
	}
	p, ok := pathOf(key)
	return p, ok && len(p) > 1 && p[0] == "defaults"
}

// keys is a path that the program itself wrote.
func keys(s string) path {
	p, _ := pathOf(s)
	return p
}

// planID is the name of a plan whose sheet says none: that of the file.
func planID(file string) string {
	return slug(strings.TrimSuffix(slash.Base(file), slash.Ext(file)))
}

// slug makes an id of words; "" where nothing is left.
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	s = b.String()
	return strings.Trim(s[:min(len(s), 48)], "-")
}

// finish names the languages that were used where the sheet lists none.
func (b *builder) finish() {
	if b.root.get("languages") == nil {
		used := b.langs
		if len(used) == 0 {
			used = b.c.Languages
		}
		if len(used) > 0 {
			b.root.put(path{"languages"}, words(used, Ref{}))
		}
	}
	// What others point to stands before the posts, as in files that people write.
	if posts := b.root.get("posts"); posts != nil {
		b.root.drop("posts")
		b.root.put(path{"posts"}, posts)
	}
}

// simpleTable reads a table whose rows each are one thing with an id: streams, media.
func (b *builder) simpleTable(t *table, from []column, into string) {
	b.check(t)
	heads, begin := b.heads(t, from)
	if heads == nil {
		return
	}
	for i := begin; i < len(t.rows); i++ {
		if t.empty(i) {
			continue
		}
		id, at := "", t.at(i, 0)
		for _, h := range heads {
			if h.col.name == "id" {
				id, at = strings.TrimSpace(latin(t.cell(i, h.ref.Col-1).text)), h.at(t, i)
			}
		}
		if id == "" {
			b.fault("P205", at, "the row has no id", "give it a name: a-z, 0-9 and hyphens")
			continue
		}
		if b.root.get(into, id) != nil {
			b.fault("P090", at, fmt.Sprintf("%q stands twice in %s", clip(id), t.name), "give each a name of its own")
			continue
		}
		x := b.root.under(path{into, id}, at)
		x.kind, x.kids, x.at = branch, map[string]*tree{}, at
		for _, h := range heads {
			if p := h.path; h.col.name != "id" && !h.ignored {
				if p == nil {
					p = b.within(h)
				}
				if v := b.value(t, i, h.ref.Col-1, p, append(path{into}, p...)); v != nil {
					v.at.Heading = h.ref.Heading
					b.conflict(x.put(p, v), v)
				}
			}
		}
	}
}

func (b *builder) streams() {
	if b.streamTable != nil {
		b.simpleTable(b.streamTable, streamColumns, "anchors")
	}
}

func (b *builder) library() {
	if b.mediaTable != nil {
		b.simpleTable(b.mediaTable, mediaColumns, "media")
	}
}

// conflict says that a cell contradicts another one.
func (b *builder) conflict(was, now *tree) {
	if was != nil {
		where := "another cell"
		if was.at.Row > 0 {
			where = was.at.Cell()
		}
		b.fault("P205", now.at, fmt.Sprintf("this and %s say different things about the same", where), "say it once, or the same")
	}
}

// within is where a heading's cells belong within their row's thing.
func (b *builder) within(h heading) path {
	p := keys(h.col.where)
	if h.col.each && h.lang != allLanguages {
		p = append(p, b.spoken(h.lang))
	}
	return p
}

// spoken is the language of a heading; the plan's first where it names none. It is noted as used.
func (b *builder) spoken(lang string) string {
	if lang == "" {
		lang = b.firstLanguage()
	}
	if b.root.get("languages") == nil && !slices.Contains(b.langs, lang) {
		b.langs = append(b.langs, lang)
	}
	return lang
}

func (b *builder) firstLanguage() string {
	switch {
	case len(b.langs) > 0 && b.root.get("languages") != nil:
		return b.langs[0]
	case len(b.c.Languages) > 0:
		return b.c.Languages[0]
	}
	return "en"
}

// at is the cell of a heading's column in a row of its table.
func (h heading) at(t *table, row int) Ref {
	at := t.at(row, h.ref.Col-1)
	at.Heading = h.ref.Heading
	return at
}
