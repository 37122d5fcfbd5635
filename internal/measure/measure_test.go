package measure

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestMeasures(t *testing.T) {
	const family = "👨‍👩‍👧‍👦" // seven code points, eleven UTF-16 units, 25 bytes
	for _, tt := range []struct {
		name string
		f    Func
		text string
		want int
	}{
		{"code points", CodePoints, "é" + family, 8},
		{"utf-16", UTF16, "é" + family, 12},
		{"bytes", Bytes, "é" + family, 27},
		{"graphemes", Graphemes, "é" + family, 2},
		{"graphemes of an Indic cluster", Graphemes, "क्षि", 1},
		{"graphemes, line ends", Graphemes, "a\r\nb", 3},
		{"bluesky", Bluesky, "gfmd.org/youth " + family, 16},
		{"threads, thumb", Threads, "👍", 4},
		{"threads, family", Threads, "a" + family, 26},
		{"threads, flag", Threads, "🇪🇨!", 9},
		{"threads, letters", Threads, "migración", 9},
		{"instagram", Instagram, "a👍", 3},
		{"youtube", YouTube, "é", 2},

		{"mastodon, plain", Mastodon, "Ten years", 9},
		{"mastodon, link", Mastodon, "See https://www.gfmd.org/ittakesacommunity/a/very/long/path.", 4 + 23 + 1},
		{"mastodon, short link", Mastodon, "http://a.io", 23},
		{"mastodon, no scheme", Mastodon, "www.gfmd.org/ittakesacommunity", 30},
		{"mastodon, no such domain", Mastodon, "http://localhost/", 17},
		{"mastodon, letters in path", Mastodon, "https://example.org/移民/日?q=あ", 23},
		{"mastodon, parentheses", Mastodon, "(https://example.org/a_(b))", 25},
		{"mastodon, mention", Mastodon, "thanks @mayors", 14},
		{"mastodon, mention elsewhere", Mastodon, "thanks @mayors@social.example.org!", 15},
		{"mastodon, mention ends a sentence", Mastodon, "by @youth@example.org.", 10},
		{"mastodon, mail address", Mastodon, "first.last@example.org", 22},
		{"mastodon, two at signs", Mastodon, "@@a@b", 3},
		{"mastodon, mention in a link", Mastodon, "https://social.example.org/@a@example.org", 23},
		{"mastodon, family by code points", Mastodon, family, 7},
		{"mastodon, Arabic", Mastodon, "مرحبا", 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, valid := tt.f(tt.text); got != tt.want || !valid {
				t.Errorf("%q counts %d, %v, want %d", tt.text, got, valid, tt.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    Func
		text string
		want bool
	}{
		{"bluesky, 3,000 bytes", Bluesky, strings.Repeat("\u0301", 1500), true},
		{"bluesky, 3,002 bytes", Bluesky, strings.Repeat("\u0301", 1501), false},
		{"instagram, 30 hashtags", Instagram, strings.Repeat("#a ", 30), true},
		{"instagram, 31 hashtags", Instagram, strings.Repeat("#a ", 31), false},
		{"instagram, 21 mentions", Instagram, strings.Repeat("@a ", 21), false},
		{"instagram, lone signs", Instagram, strings.Repeat("# ", 40), true},
		{"youtube, bracket", YouTube, "a <b", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, got := tt.f(tt.text); got != tt.want {
				t.Errorf("valid is %v, want %v", got, tt.want)
			}
		})
	}
}

// TestBlueskyVectors compares with counts that were made with the platform's rules.
func TestBlueskyVectors(t *testing.T) {
	var file struct {
		Vectors []struct {
			Text      string
			Graphemes int
			Bytes     int `json:"utf8_bytes"`
		}
	}
	raw := specs(t, "bluesky/facet-vectors.json")
	if err := json.Unmarshal(raw, &file); err != nil || len(file.Vectors) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, v := range file.Vectors {
		if n, _ := Bluesky(v.Text); n != v.Graphemes || len(v.Text) != v.Bytes {
			t.Errorf("%q counts %d graphemes and %d bytes, want %d and %d", v.Text, n, len(v.Text), v.Graphemes, v.Bytes)
		}
	}
}

func TestMastodonLinks(t *testing.T) {
	const text = "see https://example.org/a-long-path-that-does-not-count and https://example.org/"
	for _, per := range []int{1, 23, 30} {
		if n, ok := MastodonLinks(per)(text); n != len("see  and ")+2*per || !ok {
			t.Errorf("%d for each link: %d", per, n)
		}
	}
}
