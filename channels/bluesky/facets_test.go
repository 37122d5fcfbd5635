package bluesky

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/ittakesacommunity/takeover/internal/measure"
)

func testdata(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// vectorTLDs are the top-level domains that the vectors take as known.
func vectorTLDs(label string) bool {
	return slices.Contains(strings.Fields("com org net int social app example eu de fr io test team world"), label)
}

func TestFacetVectors(t *testing.T) {
	var file struct {
		Vectors []struct {
			Text      string
			Bytes     int `json:"utf8_bytes"`
			Graphemes int
			Facets    []struct {
				Type  string
				From  int `json:"byteStart"`
				To    int `json:"byteEnd"`
				Value string
			}
		}
	}
	if err := json.Unmarshal(testdata(t, "facet-vectors.json"), &file); err != nil || len(file.Vectors) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, v := range file.Vectors {
		var want []span
		for _, f := range v.Facets {
			want = append(want, span{f.Type, f.From, f.To, f.Value})
		}
		if got := spans(v.Text, vectorTLDs); !slices.Equal(got, want) {
			t.Errorf("%q:\n got %+v\nwant %+v", v.Text, got, want)
		}
		if n, _ := measure.Bluesky(v.Text); n != v.Graphemes || len(v.Text) != v.Bytes {
			t.Errorf("%q has %d graphemes and %d bytes, want %d and %d", v.Text, n, len(v.Text), v.Graphemes, v.Bytes)
		}
	}
}

// TestSpans holds what the vectors do not say.
func TestSpans(t *testing.T) {
	for _, tt := range []struct {
		text string
		want []span
	}{
		{"HTTPS://Example.org/A", []span{{spanLink, 0, 21, "HTTPS://Example.org/A"}}},
		{"httpbin.org/x", []span{{spanLink, 0, 13, "https://httpbin.org/x"}}},
		{"see GFMD.ORG!", []span{{spanLink, 4, 12, "https://GFMD.ORG"}}},
		{"@alice.com_x", nil},
		{"@alice.com.", []span{{spanMention, 0, 10, "alice.com"}}},
		{"(#tag", nil},
		{"@ $ # x@y", nil},
		{"#+1", []span{{spanTag, 0, 3, "+1"}}},
		{"a\u2003gfmd.org", []span{{spanLink, 4, 12, "https://gfmd.org"}}},
		{"a—gfmd.org", nil},
		{"#!1 #1", nil},
		{"($GFMD)", []span{{spanTag, 1, 6, "$GFMD"}}},
		{"$gfmd", []span{{spanTag, 0, 5, "$GFMD"}}},
		{"https://example.org/(@bob.example.com", []span{{spanLink, 0, 37, "https://example.org/(@bob.example.com"}}},
		{"a #b\u3000#c", []span{{spanTag, 2, 4, "b"}, {spanTag, 7, 9, "c"}}},
		{"#" + strings.Repeat("é", 65), nil},
		{"#" + strings.Repeat("é", 64), []span{{spanTag, 0, 129, strings.Repeat("é", 64)}}},
	} {
		if got := spans(tt.text, vectorTLDs); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %+v, want %+v", tt.text, got, tt.want)
		}
	}
	if got := spans("@mayors.test @mayors.nope", knownTLD); len(got) != 1 || got[0].value != "mayors.test" {
		t.Errorf("handles of servers that are tried: %+v", got)
	}
	if got := spans("see gfmd.org, example.nope and a.np", knownTLD); len(got) != 2 {
		t.Errorf("known domains: %+v", got)
	}
}

// sound asks what must hold for the spans of any text.
func sound(t interface{ Errorf(string, ...any) }, text string) {
	last := 0
	for _, s := range spans(text, knownTLD) {
		if s.from < last || s.to <= s.from || s.to > len(text) || s.value == "" {
			t.Errorf("%q: %+v after %d", text, s, last)
			return
		}
		if !utf8.ValidString(text[s.from:s.to]) && utf8.ValidString(text) {
			t.Errorf("%q: %+v cuts a character", text, s)
		}
		last = s.to
	}
}

func TestSpansOfAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.SampledFrom([]string{"@a.com", "#", "＃été", "$AB", "(", ")", " ", "\n", "https://", "x.org", "👨‍👩‍👧", ".", "é", "_"})).Draw(t, "words")
		sound(t, strings.Join(words, ""))
	})
}

func FuzzSpans(f *testing.F) {
	for _, text := range []string{"(@carol.test) #a, https://x.org/(b).", "＃é $AB\xff", "a.b.c.com"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { sound(t, text) })
}
