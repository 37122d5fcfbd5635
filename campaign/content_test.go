package campaign

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// leaves calls f with the path and value of every field below v, slices and arrays by their first element.
func leaves(v reflect.Value, path string, f func(path string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			leaves(v.Field(i), path+"."+v.Type().Field(i).Name, f)
		}
	case reflect.Slice, reflect.Array:
		leaves(v.Index(0), path+"[0]", f)
	case reflect.Pointer:
		leaves(v.Elem(), path, f)
	default:
		f(path, v)
	}
}

// TestApprovalBindsEveryField changes one field after the other. Only what is
// filled in later, within bounds, leaves the hash as it was.
func TestApprovalBindsEveryField(t *testing.T) {
	free := map[string]bool{"Content.Text": true, "Content.Slots[0].Value": true, "Content.Slots[0].At": true}
	type all struct {
		Content Content
		Terms   Terms
	}
	var a all
	fill(reflect.ValueOf(&a).Elem(), 1)
	before, digest := ApprovalHash(a.Content, a.Terms), a.Content.Digest()
	seen := 0
	leaves(reflect.ValueOf(&a).Elem(), "", func(path string, v reflect.Value) {
		path = path[1:]
		seen++
		old := reflect.New(v.Type()).Elem()
		old.Set(v)
		fill(v, 2)
		if changed := ApprovalHash(a.Content, a.Terms) != before; changed == free[path] {
			t.Errorf("%s: the hash changed: %v", path, changed)
		}
		if strings.HasPrefix(path, "Content") && a.Content.Digest() == digest {
			t.Errorf("%s: the digest did not change", path)
		}
		v.Set(old)
	})
	if seen < 38 {
		t.Errorf("only %d fields were seen", seen)
	}
	for i := range reflect.TypeFor[Content]().NumField() {
		if f := reflect.TypeFor[Content]().Field(i); f.Type.Kind() == reflect.Slice {
			b := a
			v := reflect.ValueOf(&b.Content).Elem().Field(i)
			v.Set(reflect.AppendSlice(v, v))
			if ApprovalHash(b.Content, b.Terms) == before {
				t.Errorf("a second one of %s leaves the hash as it was", f.Name)
			}
		}
	}
}

// TestTermsComeFromTheDelivery: what an approval binds besides the content is
// read from the delivery, each from its field of the same name.
func TestTermsComeFromTheDelivery(t *testing.T) {
	var d Delivery
	fill(reflect.ValueOf(&d).Elem(), 1)
	terms := reflect.ValueOf(d.Terms())
	for i := range terms.NumField() {
		name := terms.Type().Field(i).Name
		if !reflect.DeepEqual(terms.Field(i).Interface(), reflect.ValueOf(d).FieldByName(name).Interface()) {
			t.Errorf("Terms.%s is not the delivery's", name)
		}
	}
}

func TestHashesSurviveStorage(t *testing.T) {
	var c Content
	fill(reflect.ValueOf(&c).Elem(), 1)
	for _, c := range []Content{c, {}, {Slots: []Slot{}, Media: []Media{}, Thread: []string{}}} {
		b, _ := json.Marshal(c)
		var back Content
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		if back.Digest() != c.Digest() || ApprovalHash(back, Terms{}) != ApprovalHash(c, Terms{}) {
			t.Errorf("%s hashes differently when read back", b)
		}
	}
}

// TestPoll: a poll binds an approval, survives storage, and leaves the digests
// of posts without one, and the fingerprint, as they are.
func TestPoll(t *testing.T) {
	plain := Content{Text: "Which?", Template: "Which?", Language: "en"}
	if b, _ := json.Marshal(plain); strings.Contains(string(b), "poll") {
		t.Errorf("a post without a poll speaks of one: %s", b)
	}
	c := plain
	c.Poll = &Poll{Options: []string{"Bus", "Bike"}, Ends: 36 * time.Hour}
	if c.Digest() == plain.Digest() || ApprovalHash(c, Terms{}) == ApprovalHash(plain, Terms{}) {
		t.Error("a poll can be added to what was approved")
	}
	if c.Fingerprint() != plain.Fingerprint() {
		t.Error("a list of own posts without polls would not find this one again")
	}
	if got := c.Poll.Lines(); got != "1. Bus\n2. Bike" {
		t.Errorf("lines: %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := Poll{rapid.SliceOfN(rapid.String(), 1, 4).Draw(t, "options"), time.Duration(rapid.Int64().Draw(t, "ends")), rapid.Bool().Draw(t, "multiple")}
		b, err := json.Marshal(p)
		var back Poll
		if err != nil || json.Unmarshal(b, &back) != nil || !reflect.DeepEqual(p, back) {
			t.Errorf("%s is read back as %+v", b, back)
		}
	})
	if err := json.Unmarshal([]byte(`{"options":["a"],"ends":"soon"}`), new(Poll)); err == nil {
		t.Error("a poll without an end was read")
	}
}

func TestFilled(t *testing.T) {
	count := func(value string) []Slot {
		return []Slot{{Name: "count", Value: value, Kind: "integer", Min: 1, Max: 500}}
	}
	start := func(at int64) []Slot {
		return []Slot{{Name: "start", Value: "15:00", Kind: "time", Min: 1000, Max: 2000, At: at}}
	}
	for _, tt := range []struct {
		name, template, text string
		slots                []Slot
		ok                   bool
	}{
		{"no slot", "a", "a", nil, true},
		{"no slot, another text", "a", "b", nil, false},
		{"lowest", "{count} cities", "1 cities", count("1"), true},
		{"highest", "{count} cities", "500 cities", count("500"), true},
		{"too low", "{count} cities", "0 cities", count("0"), false},
		{"too high", "{count} cities", "501 cities", count("501"), false},
		{"missing", "{count} cities", "{count} cities", count(""), false},
		{"words", "{count} cities", "many cities", count("many"), false},
		{"a number in disguise", "{count} cities", "+00012 cities", count("+00012"), false},
		{"twice in the text", "{count} of {count}", "7 of 7", count("7"), true},
		{"another text round it", "{count} cities", "7 towns", count("7"), false},
		{"time within", "at {start}", "at 15:00", start(2000), true},
		{"time too late", "at {start}", "at 15:00", start(2001), false},
		{"time too early", "at {start}", "at 15:00", start(999), false},
		{"unknown kind", "{x}", "1", []Slot{{Name: "x", Value: "1", Kind: "text"}}, false},
		{"a value that looks like a slot", "{a} {b}", "{b} 2", []Slot{{Name: "a", Value: "{b}", Kind: "time"}, {Name: "b", Value: "2", Kind: "integer", Max: 9}}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := Content{Text: tt.text, Template: tt.template, Slots: tt.slots}.Filled()
			if (err == nil) != tt.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFingerprint(t *testing.T) {
	base := Content{Text: "Hello from Quito ❤ https://www.example.org/a?b=c"}
	for _, tt := range []struct {
		name string
		c    Content
		same bool
	}{
		{"itself", base, true},
		{"another path", Content{Text: "Hello from Quito ❤ https://www.example.org/z#y"}, true},
		{"http, capitals, port, user", Content{Text: "Hello from Quito ❤ HTTP://u:p@WWW.Example.org:8080/"}, true},
		{"bare host", Content{Text: "Hello from Quito ❤ www.example.org"}, true},
		{"white space", Content{Text: "  Hello\tfrom\u00a0Quito\n\n❤ https://www.example.org/ "}, true},
		{"variation selectors", Content{Text: "Hello from Quito ❤\uFE0F https://www.example.org/a"}, true},
		{"another language, link card, warning", Content{Text: base.Text, Language: "fr", Link: "https://x.example/", ContentWarning: "w"}, true},
		{"another host", Content{Text: "Hello from Quito ❤ https://example.org/a?b=c"}, false},
		{"another letter", Content{Text: "hello from Quito ❤ https://www.example.org/a?b=c"}, false},
		{"a picture", Content{Text: base.Text, Media: []Media{{}}}, false},
		{"a thread", Content{Text: base.Text, Thread: []string{"more"}}, false},
	} {
		if same := tt.c.Fingerprint() == base.Fingerprint(); same != tt.same {
			t.Errorf("%s: same is %v, want %v (%q)", tt.name, same, tt.same, NormalForm(tt.c.Text))
		}
	}
}

func TestNormalForm(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "",
		"see https://a.example/b.":  "see a.example.",
		"see https://a.example.":    "see a.example.",
		"(https://a.example/b)":     "(a.example)",
		"“https://a.example/b”":     "“a.example”",
		"https://a.example/(b)?":    "a.example)?",
		"https://[::1]:80/x":        "[::1]",
		"https:// x":                "https:// x",
		"ht\uFE0Ftps://a.example/b": "a.example",
		"1\uFE0F\u20E3 a\U000E0100": "1\u20E3 a",
	} {
		if got := NormalForm(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func FuzzNormalForm(f *testing.F) {
	for _, s := range []string{"", "a https://b.example/c d", "https://@:80/", "\xff https://\xfe/", "httphttps://s://x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := NormalForm(s)
		if NormalForm("  "+s+"\n") != once {
			t.Errorf("white space round %q counts", s)
		}
		if utf8.ValidString(s) && NormalForm(once) != once {
			t.Errorf("%q becomes %q, then %q", s, once, NormalForm(once))
		}
	})
}

func TestIdentityTellsAllPartsApart(t *testing.T) {
	part := rapid.StringMatching(`[a-b:,0-3]{0,3}`)
	id := func(p []string) DeliveryID {
		return Identity(TakeoverID(p[0]), PlanID(p[1]), PostID(p[2]), p[3], ChannelID(p[4]), p[5], p[6])
	}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(part, 7, 7)
		a, b := parts.Draw(t, "a"), parts.Draw(t, "b")
		if rapid.Bool().Draw(t, "shifted") { // the same letters, cut elsewhere
			i := rapid.IntRange(0, 5).Draw(t, "at")
			b = append([]string(nil), a...)
			b[i], b[i+1] = a[i]+a[i+1], ""
		}
		if same := fmt.Sprintf("%q", a) == fmt.Sprintf("%q", b); same != (id(a) == id(b)) {
			t.Fatalf("%q and %q: %s and %s", a, b, id(a), id(b))
		}
	})
	if got := id([]string{"w", "p", "q", "", "x", "en", "at"}); len(got) != 22 || !strings.HasPrefix(string(got), "d_") {
		t.Errorf("an id reads %s", got)
	}
}

func TestIdentityNeverChanges(t *testing.T) {
	// Stored campaigns hold these ids: another rule would send everything anew.
	const want = "d_f63009be69d1bddeecec"
	got := Identity("mayors-dec", "mayors-imd-2026", "quote-nurse", "", "x-main", "en", "at")
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
