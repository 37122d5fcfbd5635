package channels

import (
	"strings"
	"testing"
)

func TestTitled(t *testing.T) {
	long := strings.Repeat("many words ", 20)
	for _, tt := range []struct{ text, title, body string }{
		{"A title.\n\nAnd a text.", "A title.", "And a text."},
		{"A sentence alone.", "A sentence alone.", "A sentence alone."},
		{"  A title \n", "A title", "A title"},
		{"https://example.org/a\n\nPhoto: A. Example", "https://example.org/a", "https://example.org/a\n\nPhoto: A. Example"},
		{long, "many words many words many words many words many words many words many words…", strings.TrimSpace(long)},
		{long + "\nmore", "many words many words many words many words many words many words many words…", long + "\nmore"},
		{strings.Repeat("å", 90), strings.Repeat("å", 79) + "…", strings.Repeat("å", 90)},
	} {
		if title, body := Titled(tt.text, 80); title != tt.title || body != tt.body {
			t.Errorf("%.20q: %q, %q", tt.text, title, body)
		}
	}
}

func TestLinked(t *testing.T) {
	got := Linked("See https://example.org/a?b=1&c=(2), [gallery id=1] <script> (https://example.org/x).")
	want := `See <a href="https://example.org/a?b=1&amp;c=(2)">https://example.org/a?b=1&amp;c=(2)</a>, &#91;gallery id=1&#93; &lt;script&gt; (<a href="https://example.org/x">https://example.org/x</a>).`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
