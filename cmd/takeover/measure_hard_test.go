package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
)

// TestMeasureHardTexts asks measure for each platform about two hundred and
// more texts, each of which holds two things that are easily miscounted.
func TestMeasureHardTexts(t *testing.T) {
	hard := channeltest.HardTexts()
	if len(hard) < 200 {
		t.Fatalf("only %d hard texts", len(hard))
	}
	units := func(h channeltest.HardText) int { return len(utf16.Encode([]rune(h.Text))) }
	points := func(h channeltest.HardText) int { return utf8.RuneCountInString(h.Text) }
	counts := map[string]func(channeltest.HardText) int{
		"x":        func(h channeltest.HardText) int { return h.X },
		"mastodon": func(h channeltest.HardText) int { return h.Mastodon },
		"bluesky":  func(h channeltest.HardText) int { return h.Graphemes },
		"threads":  func(h channeltest.HardText) int { return h.Threads },
		"youtube":  func(h channeltest.HardText) int { return len(h.Text) },
		"facebook": points, "linkedin": points, "wordpress": points, "email": points, "webhook": points, "manual": points, "sandbox": points,
		"instagram": units, "telegram": units, "discord": units, "tiktok": units,
	}
	var in bytes.Buffer
	lines := json.NewEncoder(&in)
	for _, h := range hard {
		if err := lines.Encode(h.Text); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range channels.AllFacts() {
		want, ok := counts[f.Name]
		if !ok {
			t.Errorf("nobody says how %s counts", f.Name)
			continue
		}
		var out, said bytes.Buffer
		if code := run(context.Background(), []string{"measure", "--platform", f.Name, "-o", "json"}, bytes.NewReader(in.Bytes()), &out, &said); code != 0 {
			t.Fatalf("%s: ended with %d: %s", f.Name, code, said.String())
		}
		answers := slices.Collect(strings.Lines(out.String()))
		if len(answers) != len(hard) {
			t.Fatalf("%s: %d answers to %d texts", f.Name, len(answers), len(hard))
		}
		for i, h := range hard {
			var m measured
			if err := json.Unmarshal([]byte(answers[i]), &m); err != nil {
				t.Fatal(err)
			}
			if m.Length != want(h) {
				t.Errorf("%s counts %d in %q, want %d", f.Name, m.Length, h.Text, want(h))
			}
			if refused := f.Name == "youtube" && strings.ContainsAny(h.Text, "<>"); m.Valid == refused {
				t.Errorf("%s: %q is valid: %v", f.Name, h.Text, m.Valid)
			}
		}
	}
}
