package measure

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestX(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		want int
	}{
		{"plain", "This is a test.", 15},
		{"accent composed and not", "café cafe\u0301", 9},
		{"Arabic", "مرحبا", 5},
		{"Devanagari", "नमस्ते", 6},
		{"Georgian is the last light one", "ა\u10FF", 2},
		{"Hangul", "저찀쯿쿿", 8},
		{"ideographs", "移民の日", 8},
		{"beyond the basic plane", "\U00010000\U0010ffff", 4},
		{"dashes and quotes are light", "–—“”‘’", 6},
		{"ellipsis, euro, bullet, arrow are not", "…€•→", 8},
		{"new line", "a\nb", 3},
		{"lone selector and joiner", "a\uFE0F\u200D", 4},

		{"emoji", "H🐱☺", 5},
		{"skin tone", "👍🏽", 2},
		{"family", "👨‍👩‍👧‍👦", 2},
		{"woman judge, dark", "👩🏿‍⚖️", 2},
		{"rainbow flag", "🏳️‍🌈", 2},
		{"flag of two letters", "🇧🇪🇪🇨", 4},
		{"three regional indicators", "🇧🇪🇪", 4},
		{"Scotland in tags", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", 2},
		{"tags without an end", "🏴\U000E0067\U000E0062", 6},
		{"keycap", "1️⃣#⃣", 4},
		{"digit with selector is no keycap", "1️", 3},
		{"copyright", "©®", 2},
		{"copyright as emoji", "©️®️", 4},
		{"trade mark", "™", 2},
		{"heart with emoji style", "❤️", 2},
		{"heart with text style", "❤︎", 4},
		{"joiner to nothing", "👩\u200Da", 4},
		{"hand with selector and tone", "☝️🏽", 2},

		{"link", "http://test.com", 23},
		{"link, capitals", "HTTPS://www.ExaMPLE.COM/index.html", 23},
		{"long link", "https://www.gfmd.org/ittakesacommunity/" + strings.Repeat("a", 300), 23},
		{"bare host", "gfmd.org", 23},
		{"bare host, two levels", "foo.co.jp", 23},
		{"bare host with path", "example.com/path/to/resource?search=foo&lang=en", 23},
		{"bare host with query", "example.com?a=b", 23},
		{"no such domain", "file.go", 7},
		{"third-level country", "gov.np", 23},
		{"three links", "Test https://test.com test https://test.com test.com test", 86},
		{"final point", "example.org.", 24},
		{"trailing marks", "See https://example.com/a, or https://example.com/b!", 4 + 23 + 5 + 23 + 1},
		{"port", "http://example.com:8080/login", 23},
		{"port without digits", "http://example.com:/x", 23 + 3},
		{"sub-domain with underscore", "http://test_underscore.twitter.com", 23},
		{"domain with underscore", "http://foo_bar.com", 18},
		{"label begins with hyphen", "http://www.-domain4352.com/", 27},
		{"label ends with hyphen", "http://www.domain4352-.com/", 27},
		{"other scheme", "ftp://www.example.com/", 22},
		{"fragment", "http://twitter.com/#!/twitter", 23},
		{"sub-delimiters in query", "http://example.com?foo=$bar.;baz?BAZ&c=d-#top/?stories+", 23 + 1},
		{"balanced parentheses", "https://en.wikipedia.org/wiki/Migration_(birds)", 23},
		{"nested once", "https://example.com/a_(b_(c)_d)", 23},
		{"nested twice", "https://example.com/a_(b_(c_(d)))", 23 + 11},
		{"unbalanced", "(https://example.com/a)", 25},
		{"empty parentheses", "https://example.com/a()", 25},
		{"brackets", "https://example.com/[a]", 23 + 1},
		{"Cyrillic path", "http://example.com/Русские_слова", 23},
		{"ideographs end a path", "https://example.com/path移民", 23 + 4},
		{"ideographs around", "移民https://example.com/日本", 4 + 23 + 4},
		{"ideographs before a bare host", "移民example.com移民", 4 + 23 + 4},
		{"full-width brackets", "（example.com）", 2 + 23 + 2},
		{"full stop of ideographs", "https://example.com。", 23 + 2},
		{"Japanese host with scheme", "https://例え.jp", 23},
		{"Japanese host without scheme", "例え.jp", 4 + 3},
		{"Chinese domain", "https://例子.中国", 23},
		{"snow man", "http://☃.net/", 23},
		{"Cyrillic look-alike with scheme", "https://ехаmple.com/", 23},
		{"Cyrillic look-alike without scheme", "раypal.com", 2 + 23}, // the tail alone is a host
		{"accented bare host", "münchen.de", 23},
		{"punycode", "xn--fiqs8s.xn--fiqs8s", 23},
		{"mail address", "write to first.last@example.com", 31},
		{"hashtag before", "#example.com", 12},
		{"cashtag before", "$example.com", 12},
		{"full-width at before", "＠example.com", 13},
		{"hyphen before", "-example.com", 12},
		{"hyphen before scheme", "-http://example.com", 24},
		{"slash before takes its path along", "/example.com/a,gfmd.org", 23},
		{"letter before", "xhttp://example.com", 19},
		{"right-to-left mark before", "\u200Fexample.com", 2 + 23},
		{"embedding marks", "\u202Ahttps://example.com\u202C", 23 + 4},
		{"isolates weigh two", "\u2066example.com\u2069", 2 + 23 + 2},
		{"two without separator", "http://a.comhttp://b.com", 24},
		{"version number", "v1.2.3", 6},
		{"address of numbers", "http://192.168.0.1/index.html", 29},
		{"short link ends after its slug", "https://t.co/Ab12Cd34-more", 23 + 5},
		{"short link with query", "https://t.co/Ab12?x=1", 23},
		{"slug of 40", "https://t.co/" + strings.Repeat("a", 40), 23},
		{"slug of 41", "https://t.co/" + strings.Repeat("a", 41), 13 + 41},
		{"label of 63", "https://" + strings.Repeat("a", 63) + ".com", 23},
		{"label of 64", "https://" + strings.Repeat("a", 64) + ".com", 8 + 64 + 4},
		{"long in punycode", "https://" + strings.Repeat("例え", 30) + ".jp", 8 + 120 + 3},
		{"4096 characters", "https://example.com/" + strings.Repeat("a", 4096-20), 23},
		{"4097 characters", "https://example.com/" + strings.Repeat("a", 4097-20), 4097},
		{"emoji after link", "https://example.com👍", 25},
		{"more marks than a normaliser likes", "a" + strings.Repeat("\u0316", 70), 71},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, valid := X(tt.text); got != tt.want || !valid {
				t.Errorf("X(%q) = %d, %v, want %d", tt.text, got, valid, tt.want)
			}
		})
	}
}

func TestXRefuses(t *testing.T) {
	for _, text := range []string{"", "a\uFFFE", "\uFEFFa", "a\uFFFFb"} {
		if _, valid := X(text); valid {
			t.Errorf("X(%q) is valid", text)
		}
	}
}

// specs reads a file of the shared specifications, which lie beside a
// developer's checkout only.
func specs(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "specs", name))
	if err != nil {
		t.Skip("the shared specifications are not beside this checkout")
	}
	return b
}

func TestXConfiguration(t *testing.T) {
	var c struct {
		MaxWeightedTweetLength, Scale, DefaultWeight, TransformedURLLength int
		EmojiParsingEnabled                                                bool
		Ranges                                                             []struct {
			Start, End rune
			Weight     int
		}
	}
	if err := json.Unmarshal(specs(t, "x/weighted-length-v3.json"), &c); err != nil {
		t.Fatal(err)
	}
	if c.MaxWeightedTweetLength != xLimit || c.Scale != xScale || c.DefaultWeight != xDefaultWeight ||
		c.TransformedURLLength != xURLLength || !c.EmojiParsingEnabled || len(c.Ranges) != len(xLight) {
		t.Errorf("the platform says %+v", c)
	}
	for i, r := range c.Ranges {
		if (span{r.Start, r.End}) != xLight[i] || r.Weight != xLightWeight {
			t.Errorf("range %d: the platform says %+v, we %+v", i, r, xLight[i])
		}
	}
}

// retired are domains of the platform's list that left the root zone; nobody
// can link to them any more.
const retired = 150

func TestXTopLevelDomains(t *testing.T) {
	var missing []string
	for line := range strings.Lines(string(specs(t, "x/tlds.yml"))) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "- ")
		if !ok {
			continue
		}
		name = strings.Trim(name, `'"`)
		if n, _ := X("https://example." + name); n != xURLLength {
			missing = append(missing, name)
		}
	}
	for _, living := range []string{"np", "kh", "jm", "pg", "ck", "org", "中国", "қаз"} {
		for _, m := range missing {
			if m == living {
				t.Errorf("%s is not known", living)
			}
		}
	}
	if len(missing) > retired {
		t.Errorf("%d domains of the platform's list are not known: %v", len(missing), missing)
	}
}

func TestEmojiProperties(t *testing.T) {
	var p struct {
		Emoji_Presentation, Extended_Pictographic [][]string
	}
	if err := json.Unmarshal(specs(t, "x/emoji-properties.json"), &p); err != nil {
		t.Fatal(err)
	}
	for i, s := range pictographs {
		if s.from > s.to || i > 0 && s.from <= pictographs[i-1].to {
			t.Errorf("span %d is out of order", i)
		}
	}
	want := make(map[rune]bool)
	for _, r := range append(p.Emoji_Presentation, p.Extended_Pictographic...) {
		from, to := hex(t, r[0]), hex(t, r[len(r)-1])
		for c := from; c <= to; c++ {
			want[c] = c < firstFlag || c > lastFlag
		}
	}
	for c := rune(0); c <= 0x1FFFF; c++ {
		if isPictograph(c) != want[c] {
			t.Errorf("U+%04X: %v, want %v", c, isPictograph(c), want[c])
		}
	}
}

func hex(t *testing.T, s string) rune {
	t.Helper()
	var n rune
	for _, c := range strings.ToLower(s) {
		n = n*16 + rune(strings.IndexRune("0123456789abcdef", c))
	}
	return n
}

// TestLinear measures texts made to be slow: twice the text may take about
// twice the time, never four times.
func TestLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	measures := map[string]Func{"x": X, "mastodon": Mastodon, "threads": Threads, "instagram": Instagram, "bluesky": Bluesky}
	for _, unit := range []string{
		"a.", "a-", "a.co/(", "a.co/((a", "http://", "http://a.", "http://日.", "é.", "-é.com/", "a.co?!", "a.co/(x,b.co,c.co/",
		"🏴\U000E0067", "👩\u200D", "🇧", "1️", "\u0316", "@a", "@a@", "@a@b.", "#a", "https://t.co/a-", "xn--", "https://xn--a-.", "a.日", "https://a.com.日b.",
	} {
		text := strings.Repeat(unit, 2<<20/len(unit))
		for name, f := range measures {
			start := time.Now()
			f(text)
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("%s took %v for 2 MB of %q", name, took, unit)
			}
		}
	}
}

func FuzzX(f *testing.F) {
	for _, s := range []string{"", "gfmd.org/youth 👩🏿‍⚖️", "https://例え.jp/a_(b)?q=1#x", "🏴󠁧󠁢󠁳󠁣󠁴󠁿 1️⃣ ©️", "https://t.co/a-b -x.org \xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		runes, _ := composed(text)
		n, _ := X(text)
		if n < 0 || n > 6*len(runes) { // the shortest link, a.co, counts 23
			t.Errorf("X(%q) = %d", text, n)
		}
		scan, last := linkScan{text: runes}, 0
		for p := scan.next(); p.to > p.from; p = scan.next() {
			if p.from < last || p.to > len(runes) {
				t.Fatalf("link %v of %q overlaps or leaves the text", p, text)
			}
			last = p.to
		}
		if n, _ := Mastodon(text); n < 0 || n > 23*len(runes) {
			t.Errorf("Mastodon(%q) = %d", text, n)
		}
		if n, _ := Threads(text); n < 0 || n > 4*len([]rune(text)) {
			t.Errorf("Threads(%q) = %d", text, n)
		}
	})
}
