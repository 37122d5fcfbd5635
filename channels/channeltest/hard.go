package channeltest

import (
	"strconv"
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// HardText is a text that is easily miscounted or mangled, with what it counts
// by the rules that are hard; worked out by hand from platforms.md §1.4, §2.4,
// §3.4 and §6.4.
type HardText struct {
	Text                            string
	X, Mastodon, Threads, Graphemes int
}

// hardWords are texts that count the same wherever they stand on a line of their own.
var hardWords = []HardText{
	// Joined emoji, flags and signs that only a selector makes one.
	{"👨‍👩‍👧‍👦", 2, 7, 25, 1},
	{"👍🏽", 2, 2, 8, 1},
	{"🏳️‍🌈", 2, 4, 14, 1},
	{"👩🏿‍⚖️", 2, 5, 17, 1},
	{"🇧🇪🇪🇨", 4, 4, 16, 2},
	{"🏴󠁧󠁢󠁳󠁣󠁴󠁿", 2, 7, 28, 1},
	{"1️⃣", 2, 3, 7, 1},
	{"©️", 2, 2, 5, 1},
	{"❤︎", 4, 2, 2, 1},
	// Scripts and marks.
	{"مرحبا بكم", 9, 9, 9, 9},
	{"مُدُن", 5, 5, 5, 3},
	{"移民の日", 8, 4, 4, 4},
	{"저찀", 4, 2, 2, 2},
	{"สวัสดี", 6, 6, 6, 4},
	{"cafe\u0301", 4, 5, 5, 4},
	{"…€•→", 8, 4, 4, 4},
	{"\u2067שלום\u2069", 8, 6, 6, 6},
	// Links, what looks like one, and names.
	{"https://en.wikipedia.org/wiki/Migration_(birds)", 23, 23, 47, 47},
	{"https://example.com/a_(b_(c)_d)", 23, 23, 31, 31},
	{"https://example.com/a?b=1&c=[2]", 24, 24, 31, 31},
	{"https://ехаmple.com/", 23, 23, 20, 20},
	{"раypal.com", 25, 10, 10, 10},
	{"https://例子.中国", 23, 23, 13, 13},
	{"\u200Fhttps://example.com", 25, 24, 20, 20},
	{"gfmd.org", 23, 8, 8, 8},
	{"first.last@example.com", 22, 22, 22, 22},
	{"@city@social.example", 20, 5, 20, 20},
	// What somewhere is markup.
	{"<b>&amp;</b> *_x_* [y](z)", 25, 25, 25, 25},
}

// HardTexts are two hundred and more: each two of the hard words, below each other.
func HardTexts() []HardText {
	var all []HardText
	for i, a := range hardWords {
		for _, b := range hardWords[i+1:] {
			all = append(all, HardText{a.Text + "\n" + b.Text, a.X + 1 + b.X, a.Mastodon + 1 + b.Mastodon, a.Threads + 1 + b.Threads, a.Graphemes + 1 + b.Graphemes})
		}
	}
	return all
}

// previewed: what a preview shows is what the public reads, whatever the text
// holds. A text that the check refuses is not sent.
func (s Suite) previewed(t *testing.T) {
	sent := 0
	for i, h := range HardTexts() {
		if i%7 != 0 { // fifty and more
			continue
		}
		content := s.Sample
		content.Text = h.Text
		b := s.bench(t)
		if campaign.Findings(b.channel.Check(content)).HasErrors() {
			continue
		}
		sent++
		t.Run(strconv.QuoteToASCII(h.Text), func(t *testing.T) { b.readAsShown(t, content) })
	}
	if sent < 40 {
		t.Errorf("only %d of the hard texts pass the check", sent)
	}
}

// readAsShown publishes a content, and compares its preview with what is read.
func (b *bench) readAsShown(t *testing.T, content campaign.Content) {
	b.suite.Sample = content
	r := b.prepare(t, 1)
	shown := channels.ShownBy(b.channel, r.Content)
	b.finish(t, &r)
	posts := b.platform.Posts()
	if len(shown) == 0 || len(posts) == 0 {
		t.Fatalf("%d texts in the preview, %d posts are public", len(shown), len(posts))
	}
	for i, want := range shown[:min(len(shown), len(posts))] { // a person gets a thread in one task
		if !reads(posts[i].Text, want) {
			t.Errorf("part %d: the preview shows %q below %q, the public reads %q", i, want.Text, want.Title, posts[i].Text)
		}
	}
}

// reads tells whether the public reads what was shown. Where there is a title
// the platform sets both in a form of its own; there blanks do not count.
func reads(public string, shown campaign.Shown) bool {
	if shown.Title == "" {
		return public == shown.Text
	}
	plain := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return strings.Contains(plain(public), plain(shown.Text))
}
