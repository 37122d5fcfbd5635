package linkedin

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ittakesacommunity/takeover/channels/linkedin/pretend"
)

func TestEscape(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"Skills cross borders (and so do ideas). #ItTakesACommunity", `Skills cross borders \(and so do ideas\). {hashtag|\#|ItTakesACommunity}`},
		{"#a_b #1 ##x a#b #été #سلام!", `{hashtag|\#|a\_b} \#1 \#\#x a\#b {hashtag|\#|été} {hashtag|\#|سلام}!`},
		{"https://e.org/a_(b)#c @x", `https://e.org/a\_\(b\)\#c \@x`},
		{`\|{}@[]()<>#*_~`, `\\\|\{\}\@\[\]\(\)\<\>\#\*\_\~`},
		{"", ""},
	} {
		if got := escape(tt.text); got != tt.want {
			t.Errorf("escape(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

// hostile are texts full of what means something to LinkedIn.
var hostile = rapid.Custom(func(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"#Tag", "#", "_", "\\", "{hashtag|\\#|x}", "@[A](urn:li:organization:1)",
		"https://e.org/a_(b)?c#d", " ", "\n", "(", ")", "é", "🌍", "م"})), 0, 12).Draw(t, "parts"), "")
})

// TestNothingIsCut: whatever is written is what people read, and what a
// read-back compares.
func TestNothingIsCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := hostile.Draw(t, "text")
		if got := pretend.Shown(escape(s)); got != s {
			t.Fatalf("people read %q of %q, sent as %q", got, s, escape(s))
		}
		if got := plain(escape(s)); got != s {
			t.Fatalf("plain %q of %q", got, s)
		}
	})
}

func FuzzPlain(f *testing.F) {
	f.Add(`a \( {hashtag|\#|x\_y} @[A B](urn:li:organization:1) \`)
	f.Fuzz(func(t *testing.T, s string) {
		plain(s)
		if got := plain(escape(s)); got != strings.ToValidUTF8(s, "\uFFFD") && got != s {
			t.Errorf("%q became %q", s, got)
		}
	})
}
