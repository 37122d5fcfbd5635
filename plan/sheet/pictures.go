package sheet

import (
	slash "path"
	"slices"
	"strings"
)

// pictures reads the images of a row: ids of the sheet Media, or files, which
// the columns beside them describe.
func (r *row) pictures() {
	var ids []*tree
	for _, n := range r.numbers() {
		for _, file := range r.files(n) {
			if file.value == none {
				r.to.put(path{"images"}, &tree{kind: list, at: file.at})
				continue
			}
			ids = append(ids, r.medium(file.value, n, file.at))
		}
	}
	quote := r.post.kind == "quote"
	if consent, at := r.numbered("consent", 1); quote && consent != "" && r.post.tree.get("quote", "consent") == nil {
		r.post.tree.put(path{"quote", "consent"}, word(consent, at))
	}
	if len(ids) == 0 {
		r.spare()
		return
	}
	if quote && r.post.tree.get("quote", "photo") == nil {
		r.post.tree.put(path{"quote", "photo"}, ids[0])
		ids = ids[1:]
	}
	if len(ids) > 0 {
		all := &tree{kind: list, at: ids[0].at, items: ids}
		r.b.conflict(r.to.put(path{"images"}, all), all)
	}
}

// numbers are those of the row's columns of images, in order.
func (r *row) numbers() []int {
	var out []int
	for _, h := range r.heads {
		if h.col.name == "image" && !slices.Contains(out, h.number) {
			out = append(out, h.number)
		}
	}
	slices.Sort(out)
	return out
}

// files are what the cell of image n names.
func (r *row) files(n int) []*tree {
	var out []*tree
	for _, h := range r.heads {
		if h.col.name != "image" || h.number != n {
			continue
		}
		at := h.at(r.t, r.i)
		if s, ok := r.b.text(r.t.cell(r.i, h.ref.Col-1), at, path{"image"}); ok {
			for _, p := range parts(s) {
				out = append(out, word(p, at))
			}
		}
	}
	return out
}

// numbered is the cell of a column that describes image n.
func (r *row) numbered(name string, n int) (string, Ref) {
	for _, h := range r.heads {
		if h.col.name == name && h.number == n && h.lang == "" {
			at := h.at(r.t, r.i)
			if s, ok := r.b.text(r.t.cell(r.i, h.ref.Col-1), at, path{"credit"}); ok {
				return strings.TrimSpace(s), at
			}
		}
	}
	return "", Ref{}
}

// medium is the id of an image; what the row says about it is added to the media.
func (r *row) medium(said string, n int, at Ref) *tree {
	media := r.b.root.under(path{"media"}, at)
	media.kind = branch
	id := r.known(media, said)
	if id == "" && !strings.Contains(said, ".") {
		return word(said, at) // an id that does not exist; the plan's check says so
	}
	if id == "" {
		id = r.newID(media, said)
		x := media.under(path{id}, at)
		x.put(path{"file"}, word(said, at))
	}
	x := media.kids[id]
	for _, h := range r.heads {
		if h.col.name == "alt" && h.number == n {
			alt := h.at(r.t, r.i)
			if s, ok := r.b.text(r.t.cell(r.i, h.ref.Col-1), alt, path{"alt"}); ok {
				v := word(strings.TrimSpace(s), alt)
				p := path{"alt"}
				if h.lang != allLanguages {
					p = append(p, r.b.spoken(h.lang))
				}
				r.b.conflict(x.put(p, v), v)
			}
		}
	}
	for _, key := range []string{"credit", "licence", "shows", "consent", "focus"} {
		s, where := r.numbered(key, n)
		if s == "" && n > 1 && (key == "credit" || key == "licence") {
			s, where = r.numbered(key, 1)
		}
		if s == "" {
			continue
		}
		v := word(s, where)
		if key == "focus" {
			v = r.b.listOf(path{"focus"}, parts(latin(s)), where)
		}
		r.b.conflict(x.put(path{key}, v), v)
	}
	return word(id, at)
}

// known is the id of a medium that is there already, by its id or its file.
func (r *row) known(media *tree, said string) string {
	if media.kids[said] != nil {
		return said
	}
	for _, id := range media.keys {
		if f := media.kids[id].get("file"); f != nil && (f.value == said || slash.Base(f.value) == said) {
			return id
		}
	}
	return ""
}

func (r *row) newID(media *tree, file string) string {
	base := slug(strings.TrimSuffix(slash.Base(file), slash.Ext(file)))
	if base == "" {
		base = "image"
	}
	id := base
	for n := '2'; media.kids[id] != nil; n++ {
		id = base + "-" + string(n)
	}
	return id
}

// spare says that something describes a picture that the row does not have.
func (r *row) spare() {
	if r.post.kind == "quote" && r.post.tree.get("quote", "photo") != nil {
		return
	}
	for _, h := range r.heads {
		name := h.col.name
		if (name == "alt" || name == "credit" || name == "licence" || name == "shows") && !r.t.cell(r.i, h.ref.Col-1).blank() {
			r.b.warn("W208", h.at(r.t, r.i), "this describes a picture, and the row has none", "write the picture's file in the column image, or empty the cell")
			return
		}
	}
}
