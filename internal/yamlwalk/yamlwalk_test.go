package yamlwalk

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"pgregory.net/rapid"
)

var testCodes = Codes{Bytes: "BYTES", Syntax: "SYNTAX", Feature: "FEATURE", Key: "KEY", Type: "TYPE"}

// decode reads a small document of every kind of value.
func decode(src string) (campaign.Findings, Str, []string) {
	doc, root := Parse("f.yaml", []byte(src), Limits{}, testCodes)
	m := root.Map()
	id := m.Need("id").ID()
	m.Opt("title").String()
	m.Opt("n").Int(1, 10)
	m.Opt("x").Number(0, 1)
	m.Opt("on").Bool(false)
	m.Opt("for").Duration(0)
	m.Opt("at").Local()
	m.Opt("size").Size(0)
	m.Opt("kind").Enum("quote", "message")
	var names []string
	for _, e := range m.Opt("map").IDs() {
		names = append(names, e.Key.Value)
		e.String()
	}
	for _, v := range m.Opt("list").List(1, 3) {
		item := v.Map()
		item.Opt("id").ID()
		item.Opt("text").String()
		item.Done()
	}
	m.Done()
	return doc.Findings(), id, names
}

func TestEveryFaultHasItsPlaceAndRemedy(t *testing.T) {
	for _, tt := range []struct {
		name, src string
		want      string // line:column code path
		say       string // in message or fix
	}{
		{"unknown key", "id: a\ntitel: x", "2:1 KEY titel", `did you mean "title"?`},
		{"doubled key", "id: a\nid: b", "2:1 KEY ", "in line 1"},
		{"missing key", "title: x", "1:1 KEY ", `"id" is missing`},
		{"key is a number", "id: a\n5: x", "2:1 KEY ", "put the key in quotes"},
		{"not an id", "id: My Street!", `1:5 TYPE id`, `"my-street"`},
		{"number for text", "id: a\ntitle: 5", "2:8 TYPE title", `put it in quotes: "5"`},
		{"nothing for text", "id: a\ntitle:", "2:7 TYPE title", "no value"},
		{"empty text", "id: a\ntitle: ''", "2:8 TYPE title", "is empty"},
		{"list for text", "id: a\ntitle: [x]", "2:8 TYPE title", "a list"},
		{"out of range", "id: a\nn: 11", "2:4 TYPE n", "1 to 10"},
		{"octal", "id: a\nn: 010", "2:4 TYPE n", "whole number"},
		{"not a number", "id: a\nx: .nan", "2:4 TYPE x", "from 0 to 1"},
		{"yes", "id: a\non: yes", "2:5 TYPE on", "true or false"},
		{"duration", "id: a\nfor: 15 minutes", "2:6 TYPE for", `"15m"`},
		{"huge duration", "id: a\nfor: 99999999999999999999d", "2:6 TYPE for", "too long"},
		{"offset", "id: a\nat: 2026-12-18T09:00Z", "2:5 TYPE at", "has an offset"},
		{"no such day", "id: a\nat: 2026-02-30T09:00", "2:5 TYPE at", "calendar"},
		{"size", "id: a\nsize: 512", "2:7 TYPE size", `write it like "512MiB"`},
		{"number for a duration", "id: a\nfor: 15", "2:6 TYPE for", `write it like "15m"`},
		{"number for a word", "id: a\nkind: 3", "2:7 TYPE kind", "write one of"},
		{"size of the file", strings.Repeat("#", 2<<20+1), "1:1 BYTES ", "larger than 2 MiB (2097152 bytes)"},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "1:1 BYTES ", "not a text file"},
		{"size unit", "id: a\nsize: 512 megs", "2:7 TYPE size", "512MiB"},
		{"word", "id: a\nkind: qoute", "2:7 TYPE kind", `"quote"`},
		{"map key", "id: a\nmap: {A B: x}", `2:7 KEY map["A B"]`, `"a-b"`},
		{"path by id", "id: a\nlist: [{id: z, text: 5}]", "2:22 TYPE list[z].text", "quotes"},
		{"path by number", "id: a\nlist: [{text: 5}]", "2:15 TYPE list[0].text", "quotes"},
		{"too many", "id: a\nlist: [{}, {}, {}, {}]", "2:7 TYPE list", "at most 3"},
		{"anchor", "id: &x a", "1:5 FEATURE ", "anchor"},
		{"alias", "id: &x a\ntitle: *x", "2:8 FEATURE ", "alias"},
		{"alias of nothing", "id: *x", "1:5 FEATURE ", "alias"},
		{"tag", "id: !!str a", "1:5 FEATURE ", "tag"},
		{"merge key", "id: a\n<<: {title: x}", "2:1 FEATURE ", "merge key"},
		{"two documents", "id: a\n---\nid: b", "2:1 FEATURE ", "second document"},
		{"empty", "", "1:1 SYNTAX ", "empty"},
		{"only a comment", "# nothing\n", "1:1 SYNTAX ", "empty"},
		{"colon in text", "id: a\ntitle: x: y", "2:9 SYNTAX ", "needs quotes"},
		{"open quote", "id: a\ntitle: \"x", "", "close the quote"},
		{"open bracket", "id: a\nlist: [a, b\n", "", ""},
		{"tab", "id: a\nmap:\n\ta: b", "3:1 SYNTAX ", "a tab stands where the line is indented"},
		{"NUL", "id: a\ntitle: \x00", "2:8 BYTES ", "NUL"},
		{"invalid UTF-8", "id: a\ntitle: é\xff", "2:9 BYTES ", "UTF-8"},
		{"BOM", "\ufeffid: a", "1:1 BYTES ", "UTF-8 with BOM"},
		{"UTF-16 with mark", "\xff\xfei\x00d\x00", "1:1 BYTES ", "UTF-16"},
		{"UTF-16 without mark", "i\x00d\x00:\x00", "1:1 BYTES ", "UTF-16"},
		{"control character", "id: a\ntitle: x\x07", "2:9 BYTES ", "control"},
		{"deep in brackets", "id: " + strings.Repeat("[", 5000), "", "deep"},
		{"deep in lines", deepBlock(200), "", "deep"},
		{"columns count characters", "id: a\nmap: {a: \"é😀\", b: 5}", "2:19 TYPE map.b", "quotes"},
		{"CRLF", "id: a\r\ntitle: 5\r\n", "2:8 TYPE title", "quotes"},
		{"a list for the document", "- a\n", "1:1 TYPE ", "a map"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, _, _ := decode(tt.src)
			if len(found) == 0 {
				t.Fatal("nothing was found")
			}
			for _, f := range found {
				if f.Line < 1 || f.Column < 1 || f.Fix == "" || f.Message == "" || f.File != "f.yaml" {
					t.Errorf("unfinished finding %+v", f)
				}
				place := fmt.Sprintf("%d:%d %s %s", f.Line, f.Column, f.Code, f.Path)
				if (tt.want == "" || place == tt.want) && strings.Contains(f.Message+f.Fix, tt.say) {
					return
				}
			}
			t.Errorf("want %s with %q in %+v", tt.want, tt.say, found)
		})
	}
}

func deepBlock(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestGoodDocuments(t *testing.T) {
	for _, tt := range []struct{ name, src string }{
		{"yaml", "id: a\ntitle: Hello\nn: 3\nx: 0.5\non: true\nfor: 1d12h\nat: 2026-12-18T09:00\nsize: 512MiB\nkind: quote\nmap: {a: x, no: y}\nlist:\n  - {id: z, text: t}\n"},
		{"CRLF", "id: a\r\nmap:\r\n  a: x\r\n  no: y\r\n"},
		{"JSON", `{"id":"a","title":"\ud83d\ude00 \/ \u00e9","map":{"a":"x","no":"y"}}`},
		{"JSON with tabs", "{\n\t\"id\":\t\"a\",\n\t\"map\": {\"a\": \"x\",\t\"no\": \"y\"}\n}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, id, names := decode(tt.src)
			if len(found) > 0 {
				t.Fatal(found)
			}
			if id.Value != "a" || fmt.Sprint(names) != "[a no]" {
				t.Errorf("id %q, names %v", id.Value, names)
			}
		})
	}
}

func TestJSONColumnsBehindSurrogates(t *testing.T) {
	found, _, _ := decode(`{"id":"a","title":"\ud83d\ude00\ud83d\ude00","n":99}`)
	if len(found) != 1 || found[0].Column != strings.Index(`{"id":"a","title":"\ud83d\ude00\ud83d\ude00","n":99}`, "99")+1 {
		t.Error(found)
	}
}

func TestAsChangesTheCode(t *testing.T) {
	doc, root := Parse("f", []byte("a: {b: 5, c: x}"), Limits{}, testCodes)
	m := root.Map().Need("a").As("P062").Map()
	m.Opt("b").String()
	m.Done()
	found := doc.Findings()
	if len(found) != 2 || found[0].Code != "P062" || found[1].Code != "P062" {
		t.Error(found)
	}
}

// F50: hostile documents are refused in bounded memory and time.
func TestHostileDocumentsAreCheap(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'i'; c++ {
		bomb += fmt.Sprintf("%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1, c-1)
	}
	for _, tt := range []struct {
		name string
		src  []byte
		code string
	}{
		{"100 MB", make([]byte, 100<<20), "BYTES"},
		{"alias bomb", []byte(bomb), "FEATURE"},
		{"a million nulls", []byte("{" + strings.Repeat("a,", 1<<20-2) + "}"), "BYTES"},
		{"a million empty lists", []byte("[" + strings.Repeat("[],", 600_000) + "]"), "BYTES"},
		{"brackets", []byte(strings.Repeat("[", 2<<20)), "BYTES"},
		{"question marks", []byte(strings.Repeat("? ", 1<<20)), ""},
		{"dashes", []byte(strings.Repeat("- ", 1<<20)), ""},
		{"doubled keys", []byte("{" + strings.Repeat("a: b,", 90_000) + "}"), "KEY"},
		{"open quote", []byte("id: \"" + strings.Repeat("x ", 1<<20-10)), "SYNTAX"},
		{"comments", []byte("id: a\n" + strings.Repeat("# c\n", 150_000)), ""},
		{"colons", []byte(strings.Repeat("a:", 1<<20)), ""},
		{"plain lines", []byte("id: " + strings.Repeat("x\n ", 150_000)), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			found, _, _ := decode(string(tt.src))
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 600<<20 {
				t.Errorf("%d MiB were allocated", spent>>20)
			}
			if took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			t.Logf("%v, %d MiB", took, (after.TotalAlloc-before.TotalAlloc)>>20)
			if len(found) > maxFindings+1 {
				t.Errorf("%d findings", len(found))
			}
			if tt.code != "" && !slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == tt.code }) {
				t.Errorf("want %s in %.300v", tt.code, found)
			}
		})
	}
}

func TestDurationRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(maxDuration/time.Second)).Draw(t, "seconds")) * time.Second
		got, err := ParseDuration(FormatDuration(d))
		if err != nil || got != d {
			t.Fatalf("%v became %q became %v, %v", d, FormatDuration(d), got, err)
		}
	})
}

func TestNearest(t *testing.T) {
	words := []string{"channels", "languages", "tolerance", "text"}
	for in, want := range map[string]string{"chanels": "channels", "langauges": "languages", "Text": "text", "zzz": "", "tolerence": "tolerance"} {
		if got := Nearest(in, words); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"id: a\n", "a: [b, {c: d}]", "- 1\n- &x y\n- *x", "{\"a\":\"\\ud83d\\ude00\"}", "a: |\n  x\n", "? a\n: b", "%YAML 1.2\n---\na: b\n...\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		found, _, _ := decode(string(src))
		for _, x := range found {
			if x.Line < 1 || x.Column < 1 || x.Fix == "" {
				t.Errorf("unfinished finding %+v", x)
			}
		}
	})
}
