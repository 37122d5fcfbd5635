package plan

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"pgregory.net/rapid"
)

// stored are the deliveries of an expansion as if they had been submitted and approved.
func stored(x *Expansion) []campaign.Delivery {
	out := slices.Clone(x.Deliveries)
	for i := range out {
		out[i].State = campaign.Scheduled
	}
	return out
}

func contentsOf(xs ...*Expansion) func(campaign.Digest) (campaign.Content, bool) {
	return func(d campaign.Digest) (campaign.Content, bool) {
		for _, x := range xs {
			if c, ok := x.Contents[d]; ok {
				return c, true
			}
		}
		return campaign.Content{}, false
	}
}

func kinds(d Diff) map[string]int {
	out := map[string]int{}
	for _, c := range d.Changes {
		out[c.Kind]++
	}
	return out
}

func TestTheSamePlanTwiceChangesNothing(t *testing.T) {
	for name, src := range goodFiles(t) {
		x := good(t, src, testEnv())
		d := Compare(x, stored(x), contentsOf(x))
		if !d.Empty() || len(d.Findings) > 0 || len(d.Changes) != len(x.Deliveries) {
			t.Errorf("%s: %v %v", name, kinds(d), d.Findings)
		}
	}
}

func TestOneWordChangesWhatItTouches(t *testing.T) {
	before := good(t, edit(t), testEnv())
	after := good(t, edit(t, "I came for one year.", "I came for two years."), testEnv())
	d := Compare(after, stored(before), contentsOf(before))
	if k := kinds(d); k[Changed] != 1 || k[Unchanged] != len(after.Deliveries)-1 || len(d.Findings) > 0 {
		t.Fatal(k, d.Findings)
	}
	for _, c := range d.Changes {
		if c.Kind == Changed && (!c.Reapprove || !slices.Equal(c.Fields, []string{"text"}) || !strings.HasPrefix(c.Text, "“I came for [-one year.”-]{+two years.”+} — A nurse") || c.Old.Language != "en") {
			t.Errorf("%+v", c)
		}
	}
}

func TestFieldsThatDiffer(t *testing.T) {
	before := good(t, edit(t), testEnv())
	for _, tt := range []struct {
		name      string
		src       []byte
		want      []string
		reapprove bool
	}{
		{"alt", edit(t, "A nurse smiles at a clinic door.", "A nurse laughs at a clinic door."), []string{"alt"}, true},
		{"credit", edit(t, "Drawing: takeover sample", "Drawing: another"), []string{"credit"}, true},
		{"time", edit(t, "2026-12-19T10:00", "2026-12-19T11:00"), []string{"time", "due", "latest"}, true},
		{"anchor within bounds", edit(t, "2026-12-18T15:00", "2026-12-18T15:30"), []string{"text", "due", "latest"}, false},
		{"if missed", edit(t, "neighbours.\"}", "neighbours.\"}\n    if_missed: skip"), []string{"if_missed"}, false},
	} {
		env := testEnv()
		env.Anchors = before.Anchors
		d := Compare(good(t, tt.src, env), stored(before), contentsOf(before))
		hit := false
		for _, c := range d.Changes {
			if c.Kind == Changed {
				hit = hit || slices.Equal(c.Fields, tt.want)
				if c.Reapprove != tt.reapprove {
					t.Errorf("%s: asks again: %v", tt.name, c.Reapprove)
				}
			}
		}
		if !hit {
			t.Errorf("%s: no change of %v in %+v", tt.name, tt.want, d.Changes)
		}
	}
}

func TestAddedAndRemoved(t *testing.T) {
	before := good(t, edit(t), testEnv())
	without := good(t, []byte(strings.Split(string(edit(t)), "  - id: hello")[0]), testEnv())
	if k := kinds(Compare(without, stored(before), nil)); k[Removed] != 1 || k[Added]+k[Changed] > 0 {
		t.Error(k)
	}
	if k := kinds(Compare(before, stored(without), nil)); k[Added] != 1 || k[Removed]+k[Changed] > 0 {
		t.Error(k)
	}
}

// What went out stays as it is; a changed text is an error that says when and where it went out.
func TestLocked(t *testing.T) {
	before := good(t, edit(t), testEnv())
	out := stored(before)
	for i := range out {
		if out[i].Post == "quote-nurse" {
			out[i].State = campaign.Published
			out[i].Receipts = []campaign.Receipt{{URL: "https://social.example/1", At: time.Date(2026, 12, 15, 8, 0, 1, 0, time.UTC)}}
		}
	}
	after := good(t, edit(t, "I came for one year.", "I came for two years."), testEnv())
	d := Compare(after, out, contentsOf(before))
	if k := kinds(d); k[Locked] != 1 || len(d.Findings) != 1 {
		t.Fatal(k, d.Findings)
	}
	if f := d.Findings[0]; f.Code != "P097" || !strings.Contains(f.Message, "2026-12-15 08:00 UTC (https://social.example/1)") || f.Line == 0 || f.Fix == "" || PostOf(f) != "quote-nurse" {
		t.Errorf("%+v", f)
	}
	// A better alt text of a shared picture must not stop a submission.
	d = Compare(good(t, edit(t, "A nurse smiles", "A nurse laughs"), testEnv()), out, contentsOf(before))
	if len(d.Findings) != 1 || d.Findings[0].Code != "W097" {
		t.Error(d.Findings)
	}
	// What is being sent and vanished is left to a person.
	out[0].State = campaign.InDoubt
	gone := *after
	gone.Deliveries = slices.DeleteFunc(slices.Clone(before.Deliveries), func(d campaign.Delivery) bool { return d.ID == out[0].ID })
	d = Compare(&gone, out, nil)
	if k := kinds(d); k[Locked] != 1 || len(d.Findings) != 1 || d.Findings[0].Code != "W097" {
		t.Error(k, d.Findings)
	}
}

// F70: a post entered again under another id is found by its text.
func TestRenamedIDs(t *testing.T) {
	before := good(t, edit(t), testEnv())
	after := good(t, edit(t, "  - id: hello\n", "  - id: hallo\n"), testEnv())
	const at, repeat = `    at: "2026-12-19T10:00"`, "\n    repeat: true"
	meant := good(t, edit(t, at, at+repeat), testEnv())
	renamed := good(t, edit(t, "  - id: hello\n", "  - id: hallo\n", at, at+repeat), testEnv())
	again := good(t, edit(t, "  - id: hello\n", "  - id: hallo\n", at, `    at: "2026-12-19T18:00"`+repeat), testEnv())
	for _, tt := range []struct {
		state         campaign.State
		before, after *Expansion
		code          string
	}{
		{campaign.Scheduled, before, after, "W097"}, {campaign.Published, before, after, "P097"},
		{campaign.InDoubt, before, after, "P097"}, {campaign.Missed, before, after, ""},
		{campaign.Scheduled, meant, renamed, "W097"}, {campaign.InDoubt, meant, renamed, "P097"},
		{campaign.Scheduled, meant, again, ""}, {campaign.Published, meant, again, ""},
	} {
		after, out := tt.after, stored(tt.before)
		for i := range out {
			if out[i].Post == "hello" {
				out[i].State = tt.state
			}
		}
		var codes []string
		for _, f := range Compare(after, out, nil).Findings {
			if strings.Contains(f.Message, "says what hello said") {
				codes = append(codes, f.Code)
			}
		}
		if strings.Join(codes, " ") != tt.code {
			t.Errorf("%s: %v, want %s", tt.state, codes, tt.code)
		}
	}
}

var marks = regexp.MustCompile(`(?s)\[-(.*?)-\]|\{\+(.*?)\+\}`)

// TestExcerpt: the change with a little round it, in one line.
func TestExcerpt(t *testing.T) {
	long := strings.Repeat("word ", 40)
	for _, tt := range []struct{ from, to, want string }{
		{"for two years", "for one year", "for [-two years-]{+one year+}"},
		{"old\nline", "new\nline", "[-old-]{+new+} line"},
		{long + "old " + long, long + "new " + long, "…" + long[len(long)-24:] + "[-old-]{+new+} " + long[:23] + "…"},
		{"old " + long + "old", "new " + long + "new", "[-old-]{+new+} " + long[:23] + "…" + long[len(long)-24:] + "[-old-]{+new+}"},
	} {
		if got := Excerpt(Words(tt.from, tt.to)); got != tt.want {
			t.Errorf("Excerpt of %.20q: %q, want %q", tt.from, got, tt.want)
		}
	}
}

// TestWordDiff: taking the insertions out gives the old text, the deletions the new one.
func TestWordDiff(t *testing.T) {
	for _, tt := range [][3]string{
		{"por dos años y", "por un año y", "por [-dos años-]{+un año+} y"},
		{"a b c", "a b c", "a b c"},
		{"", "new", "{+new+}"},
		{"old", "", "[-old-]"},
		{"a c", "a b c", "a {+b +}c"},
	} {
		if got := WordDiff(tt[0], tt[1]); got != tt[2] {
			t.Errorf("WordDiff(%q, %q) = %q, want %q", tt[0], tt[1], got, tt[2])
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", " ", "\n", "los", "años"}), 0, 30)
		a, b := strings.Join(words.Draw(t, "a"), ""), strings.Join(words.Draw(t, "b"), "")
		d := WordDiff(a, b)
		if old := marks.ReplaceAllString(d, "$1"); old != a {
			t.Fatalf("%q → %q: old %q", a, b, old)
		}
		if now := marks.ReplaceAllString(d, "$2"); now != b {
			t.Fatalf("%q → %q: new %q", a, b, now)
		}
	})
}
