package mastodon

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ittakesacommunity/takeover/channels/mastodon/pretend"
)

func TestPlain(t *testing.T) {
	for _, tt := range []struct{ name, html, want string }{
		{"nothing", "", ""},
		{"paragraphs and breaks", "<p>a<br />b<br>c</p><p>d</p>", "a\nb\nc\n\nd"},
		{"escapes", "<p>&lt;b&gt; &amp; &quot;x&quot; &#39;y&#39;</p>", `<b> & "x" 'y'`},
		{"a link in three pieces", `<p>see <a href="https://example.org/long/path"><span class="invisible">https://</span><span class="ellipsis">example.org/lo</span><span class="invisible">ng/path</span></a>.</p>`,
			"see https://example.org/long/path."},
		{"a link that was shortened", `<a href="https://example.org/long/path">example.org/lo…</a>!`, "https://example.org/long/path!"},
		{"mention", `<span class="h-card"><a href="https://social.example/@iom" class="u-url mention">@<span>iom</span></a></span> hi`, "@iom hi"},
		{"hashtag", `<a href="https://x.example/tags/tag" class="mention hashtag" rel="tag">#<span>Tag</span></a>`, "#Tag"},
		{"hashtag elsewhere", `<a href="https://x.example/t/tag" rel="tag">#Tag</a>`, "#Tag"},
		{"hashtag without a class", `<a href="https://x.example/t/tag">#Tag</a>`, "#Tag"},
		{"no address", `<a href="javascript:x">text</a>`, "text"},
		{"not closed", `<p>a <a href="https://e.example/">e`, "a https://e.example/"},
		{"blocks of other servers", "<div>a</div><div>b</div><ul><li>c</li><li>d</li></ul><blockquote>e</blockquote><pre>f</pre>", "a\n\nb\n\nc\n\nd\n\ne\n\nf"},
		{"a link that a paragraph ends", `<a href="https://e.example/">e<p>x`, "https://e.example/\n\nx"},
		{"a link that another ends", `<a href="https://a.example/">a<a href="https://b.example/">b`, "https://a.example/https://b.example/"},
		{"a link with a tag in it", `<a href="https://example.org/long/path"><span>example.org/lo</span>ng</a>`, "https://example.org/long/path"},
		{"an address that is not the link's", `<a href="javascript:x" title="https://e.example/">e</a>`, "e"},
		{"no HTML", "plain words", "plain words"},
	} {
		if got := plain(tt.html); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestComparable(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"hello @iom@social.example.", "hello @iom.", true},
		{"hello @iom", "hello @unhcr", false},
		{"see https://Example.org/a?utm=1", "see https://example.org/b", true},
		{"see https://example.org/a", "see https://example.com/a", false},
		{"cafe\u0301", "café", true},
		{"a  b\n\nc", "a b c", true},
		{"☀\ufe0f", "☀", true},
		{"mail me@example.org", "mail me", false},
	} {
		if got := comparable(tt.a) == comparable(tt.b); got != tt.same {
			t.Errorf("%q and %q: same %v, want %v", tt.a, tt.b, got, tt.same)
		}
	}
}

// TestReadsWhatIsShown: whatever is written, what Mastodon makes of it reads
// like it.
func TestReadsWhatIsShown(t *testing.T) {
	word := rapid.SampledFrom([]string{"Migration", "é🌍", "العربية", "<b>", "&amp;", "#ItTakesACommunity", "@iom", "@iom@social.example", "https://www.gfmd.org/a/very/long/path/that/is/cut?x=1&y=2",
		"http://example.org", "\n", "\n\n", "a.b", "100%", "\"quoted\"", "'", "<https://e.example/x>", "(https://e.example/y)"})
	rapid.Check(t, func(t *rapid.T) {
		text := strings.TrimSpace(strings.Join(rapid.SliceOfN(word, 1, 12).Draw(t, "words"), " "))
		if got := plain(pretend.Render(text, "social.example")); comparable(got) != comparable(text) {
			t.Fatalf("%q reads %q", text, got)
		}
	})
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"<p>a<br>b</p>", `<a href="https://e.example/"><span>e`, "<a><a><p></a>", "<!--", "&#0;", "<script>x</script>", `<a href="https://e.example/" class="mention">`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := plain(s); len(got) > 4*len(s)+16 {
			t.Errorf("%d bytes became %d", len(s), len(got))
		}
		once := comparable(s)
		comparable(once)
	})
}
