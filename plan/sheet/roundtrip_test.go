package sheet

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/plan"
	"pgregory.net/rapid"
)

// plain writes a tree so that two that say the same are equal: the order of keys
// does not count, and a map that says nothing is nothing.
func plain(t *tree, indent string) string {
	switch t.kind {
	case branch:
		var b strings.Builder
		for _, k := range slices.Sorted(slices.Values(t.keys)) {
			if s := plain(t.kids[k], indent+"  "); s != "" {
				fmt.Fprintf(&b, "\n%s%s:%s", indent, k, s)
			}
		}
		return b.String()
	case list:
		s := " []"
		for _, item := range t.items {
			s += "\n" + indent + "-" + plain(item, indent+"  ")
		}
		return s
	}
	return fmt.Sprintf(" %q raw=%v", t.value, t.raw)
}

// backAgain exports a plan file, reads the sheet, and compares what both say.
func backAgain(t interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}, src []byte, f Format) {
	t.Helper()
	file, err := Export(src, f, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := Read("again."+string(f), file, Options{})
	if len(s.Findings) > 0 {
		t.Fatalf("%s: %v", f, s.Findings)
	}
	want, err := treeOf(src)
	if err != nil {
		t.Fatal(err)
	}
	got, err := treeOf(s.Source)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := plain(want, ""), plain(got, ""); a != b {
		t.Fatalf("%s says something else:\n%s", f, firstDifference(a, b))
	}
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range as {
		if i >= len(bs) || as[i] != bs[i] {
			return fmt.Sprintf("%s\n--- is now\n%s", strings.Join(as[max(0, i-3):min(i+3, len(as))], "\n"), strings.Join(bs[max(0, min(i, len(bs))-3):min(i+3, len(bs))], "\n"))
		}
	}
	return "it goes on: " + strings.Join(bs[len(as):], "\n")
}

// TestPlansComeBack: what the example's and the test's plans say survives both kinds of sheet.
func TestPlansComeBack(t *testing.T) {
	var files []string
	for _, pattern := range []string{"../testdata/good/*.yaml", "../testdata/good/*.json", "../../configs/examples/itac/*-2026.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 6 {
		t.Fatalf("only %d plans were found", len(files))
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []Format{XLSX, CSV} {
			t.Run(filepath.Base(file)+"/"+string(f), func(t *testing.T) { backAgain(t, src, f) })
		}
	}
}

// TestAnyPlanComesBack: the same for plans that nobody wrote.
func TestAnyPlanComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src, _ := anyPlan(t).yaml()
		if _, found := plan.Parse("any.yaml", src); found.HasErrors() {
			t.Fatalf("the generator wrote no plan: %v\n%s", found, src)
		}
		backAgain(t, src, CSV)
		if rapid.IntRange(0, 9).Draw(t, "workbook") == 0 { // writing one takes ten times as long
			backAgain(t, src, XLSX)
		}
	})
}

// anyPlan is a plan file of right form with any keys that one may have.
func anyPlan(t *rapid.T) *tree {
	root := newBranch()
	for k, v := range map[string]string{"schema": plan.Version, "plan": "any", "campaign": "itac", "window": "mayors-dec"} {
		root.put(path{k}, word(v, Ref{}))
	}
	root.put(path{"languages"}, words([]string{"en", "fr", "ar"}, Ref{}))
	maybe(t, root, "title", anyText)
	maybe(t, root, "defaults.hashtags", anyHashtags)
	maybe(t, root, "defaults.link", func(*rapid.T) *tree { return word("https://example.org/a,b;c|d", Ref{}) })
	maybe(t, root, "defaults.tags.region", anyText)
	maybe(t, root, "anchors.live.start", func(*rapid.T) *tree { return word("2026-12-18T15:00", Ref{}) })
	if rapid.Bool().Draw(t, "media") {
		root.put(path{"media", "street", "file"}, word("media/street.png", Ref{}))
		root.put(path{"media", "street", "shows"}, word("nobody", Ref{}))
		maybe(t, root, "media.street.alt", anyTexts)
		maybe(t, root, "media.street.credit", anyText)
		maybe(t, root, "media.street.focus", func(*rapid.T) *tree {
			return &tree{kind: list, items: []*tree{{kind: leaf, value: "0.25", raw: true}, {kind: leaf, value: "1", raw: true}}}
		})
	}
	posts := &tree{kind: list}
	for i := range rapid.IntRange(1, 4).Draw(t, "posts") {
		posts.items = append(posts.items, anyPost(t, fmt.Sprintf("post-%d", i)))
	}
	root.put(path{"posts"}, posts)
	return root
}

func newBranch() *tree { return &tree{kind: branch, kids: map[string]*tree{}} }

func maybe(t *rapid.T, in *tree, where string, make func(*rapid.T) *tree) {
	if rapid.Bool().Draw(t, where) {
		in.put(keys(where), make(t))
	}
}

func anyPost(t *rapid.T, id string) *tree {
	x := newBranch()
	kind := rapid.SampledFrom([]string{"quote", "message", "challenge", "livestream", "series"}).Draw(t, "kind")
	x.put(path{"id"}, word(id, Ref{}))
	x.put(path{"kind"}, word(strings.ReplaceAll(kind, "series", "message"), Ref{}))
	maybe(t, x, "channels", func(*rapid.T) *tree { return words([]string{"x-main", "mastodon-main"}, Ref{}) })
	maybe(t, x, "tags.region", anyText)
	maybe(t, x, "repeat", anyBool)
	if rapid.Bool().Draw(t, "series") {
		x.put(path{"series", "name"}, anyText(t))
		x.put(path{"series", "number"}, &tree{kind: leaf, value: "7", raw: true})
	}
	anyStep(t, x)
	switch kind {
	case "quote":
		x.put(path{"at"}, anyTime(t))
		x.put(path{"text"}, anyTexts(t))
		x.put(path{"quote", "text"}, anyTexts(t))
		x.put(path{"quote", "speaker", "role"}, anyTexts(t))
		maybe(t, x, "quote.speaker.name", anyText)
		maybe(t, x, "quote.photo", func(*rapid.T) *tree { return word("street", Ref{}) })
		maybe(t, x, "quote.card", anyBool)
		maybe(t, x, "quote.consent", func(*rapid.T) *tree { return word("MAYORS-017", Ref{}) })
	case "message":
		x.put(path{"at"}, anyTime(t))
		x.put(path{"text"}, anyTexts(t))
	case "series":
		x.put(path{"schedule", "cron"}, word("30 8 * * MON-FRI", Ref{}))
		x.put(path{"schedule", "until"}, word("2026-12-18", Ref{}))
		items := &tree{kind: list}
		for i := range rapid.IntRange(1, 3).Draw(t, "items") {
			item := newBranch()
			item.put(path{"id"}, word(fmt.Sprintf("item-%d", i), Ref{}))
			item.put(path{"text"}, anyTexts(t))
			anyStep(t, item)
			items.items = append(items.items, item)
		}
		x.put(path{"items"}, items)
	case "challenge":
		x.put(path{"challenge", "hashtag"}, word("#MyStreet", Ref{}))
		x.put(path{"challenge", "closes"}, word("2026-12-20T12:00", Ref{}))
		for _, name := range []string{"launch", "reminder"} {
			step := newBranch()
			step.put(path{"at"}, anyTime(t))
			step.put(path{"text"}, anyTexts(t))
			anyStep(t, step)
			x.put(path{"steps", name}, step)
		}
	case "livestream":
		x.put(path{"anchor"}, word("live", Ref{}))
		steps := &tree{kind: list}
		for i := range rapid.IntRange(1, 3).Draw(t, "steps") {
			step := newBranch()
			step.put(path{"id"}, word(fmt.Sprintf("step-%d", i), Ref{}))
			step.put(path{"at"}, word(rapid.SampledFrom([]string{"start-24h", "start", "end+2h", "2026-12-18T10:00:30"}).Draw(t, "at"), Ref{}))
			step.put(path{"text"}, anyTexts(t))
			anyStep(t, step)
			maybe(t, step, "wait_for", func(*rapid.T) *tree { return word("live", Ref{}) })
			steps.items = append(steps.items, step)
		}
		x.put(path{"steps"}, steps)
	}
	return x
}

// anyStep says what posts, steps and items may all say.
func anyStep(t *rapid.T, x *tree) {
	maybe(t, x, "images", func(t *rapid.T) *tree {
		return words(rapid.SampledFrom([][]string{{}, {"street"}, {"street", "other"}}).Draw(t, "images"), Ref{})
	})
	maybe(t, x, "source", anyText)
	maybe(t, x, "hashtags", anyHashtags)
	maybe(t, x, "link", func(t *rapid.T) *tree {
		return word(rapid.SampledFrom([]string{"", "https://example.org/?a=1"}).Draw(t, "link"), Ref{})
	})
	maybe(t, x, "tolerance", func(*rapid.T) *tree { return word("2h", Ref{}) })
	if rapid.Bool().Draw(t, "values") {
		x.put(path{"values", "count", "ask"}, word("integer", Ref{}))
		x.put(path{"values", "count", "min"}, &tree{kind: leaf, value: "-5", raw: true})
		x.put(path{"values", "count", "max"}, &tree{kind: leaf, value: "500", raw: true})
	}
	anyOptions(t, x)
	if rapid.Bool().Draw(t, "variant") {
		v := newBranch()
		anyOptions(t, v)
		maybe(t, v, "text", anyTexts)
		maybe(t, v, "off", anyBool)
		maybe(t, v, "languages", func(*rapid.T) *tree { return words([]string{"fr"}, Ref{}) })
		maybe(t, v, "images", func(*rapid.T) *tree { return words(nil, Ref{}) })
		x.put(path{"variants", "x-main"}, v)
	}
}

func anyOptions(t *rapid.T, x *tree) {
	maybe(t, x, "first_comment", anyTexts)
	maybe(t, x, "content_warning", anyTexts)
	maybe(t, x, "visibility", func(*rapid.T) *tree { return word("unlisted", Ref{}) })
	maybe(t, x, "silent", anyBool)
	maybe(t, x, "thread", func(t *rapid.T) *tree { return &tree{kind: list, items: []*tree{anyTexts(t), anyTexts(t)}} })
	if rapid.Bool().Draw(t, "poll") {
		x.put(path{"poll", "options"}, rapid.SampledFrom([]*tree{words([]string{"a, b", "-"}, Ref{}), {kind: branch, keys: []string{"en"}, kids: map[string]*tree{"en": words([]string{"1", "2"}, Ref{})}}}).Draw(t, "options"))
		x.put(path{"poll", "for"}, word("24h", Ref{}))
		maybe(t, x, "poll.multiple", anyBool)
	}
	if rapid.Bool().Draw(t, "card") {
		x.put(path{"card", "title"}, anyTexts(t))
		maybe(t, x, "card.image", func(*rapid.T) *tree { return word("street", Ref{}) })
	}
}

func anyBool(t *rapid.T) *tree {
	return &tree{kind: leaf, value: rapid.SampledFrom([]string{"true", "false"}).Draw(t, "bool"), raw: true}
}

func anyTime(t *rapid.T) *tree {
	if rapid.Bool().Draw(t, "list") {
		return words(rapid.SampledFrom([][]string{{"2026-12-18T09:00"}, {"2026-12-16T09:00:30", "2026-12-18T09:00"}}).Draw(t, "times"), Ref{})
	}
	return word(rapid.SampledFrom([]string{"2026-12-18T09:00", "2026-12-18T09:00:00", "2026-12-18T09:00:30", "2026-12-18T00:00"}).Draw(t, "time"), Ref{})
}

func anyHashtags(t *rapid.T) *tree {
	return words(rapid.SampledFrom([][]string{{}, {"#One"}, {"#One", "#اثنان"}, {"#a,b", "#c|d"}}).Draw(t, "hashtags"), Ref{})
}

func anyTexts(t *rapid.T) *tree {
	if rapid.Bool().Draw(t, "all") {
		return anyText(t)
	}
	out := newBranch()
	for _, l := range rapid.SampledFrom([][]string{{"en"}, {"fr", "ar"}, {"pt-BR", "en"}}).Draw(t, "languages") {
		out.put(path{l}, anyText(t))
	}
	return out
}

// anyText is a text that a spreadsheet might take for something else.
func anyText(t *rapid.T) *tree {
	s := rapid.OneOf(
		rapid.SampledFrom([]string{"=SUM(A1)", "-", "+1", "@all", "'quoted", "'=x", "1", "٣", "2026-12-18", "true", "yes", " led and trailed ", "two\nlines", "a,b;c|d\te", `say "it"`, "_x0041_", "[Posts]", "null", "~", "{quote}", "#REF!", "1e5", "a: b", "- x", "é", "جئت لعام واحد", "क्षि", "👨‍👩‍👧"}),
		rapid.StringMatching(`[ -~À-ÿ]{0,20}[!-~]`),
	).Draw(t, "text")
	return word(s, Ref{})
}
