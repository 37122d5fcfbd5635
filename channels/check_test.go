package channels

import (
	"strings"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/measure"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

func TestWorded(t *testing.T) {
	photo := func(credit string) campaign.Media { return campaign.Media{Credit: credit} }
	for _, tt := range []struct {
		name string
		c    campaign.Content
		want string
	}{
		{"nothing to add", campaign.Content{Text: "a"}, "a"},
		{"link", campaign.Content{Text: "a", Link: "https://e.example/"}, "a\n\nhttps://e.example/"},
		{"link that is there", campaign.Content{Text: "a https://e.example/ b", Link: "https://e.example/"}, "a https://e.example/ b"},
		{"link further down", campaign.Content{Text: "a", Thread: []string{"see https://e.example/"}, Link: "https://e.example/"}, "a"},
		{"credits once each", campaign.Content{Text: "a", Media: []campaign.Media{photo("P: A"), photo("P: B"), photo("P: A"), photo("")}}, "a\n\nP: A; P: B"},
		{"credit that is there", campaign.Content{Text: "a (P: A)", Media: []campaign.Media{photo("P: A")}}, "a (P: A)"},
		{"picture alone", campaign.Content{Media: []campaign.Media{photo("P: A")}}, "P: A"},
	} {
		if got := Worded(tt.c).Text; got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	f := Facts{Measure: measure.CodePoints, Limits: campaign.Limits{Text: 10, TextUnit: "code points", Images: 1, ImageBytes: 5, ImageTypes: []string{"image/png"}, ImagePixels: 4, PollOption: 2, Alt: 3}}
	png := campaign.Media{Type: "image/png", Bytes: 5, Alt: "abc"}
	for _, tt := range []struct {
		name string
		c    campaign.Content
		want string // codes and places
	}{
		{"fine", campaign.Content{Text: "0123456789", Media: []campaign.Media{png}}, ""},
		{"empty", campaign.Content{Text: " \n"}, "P050 text"},
		{"long", campaign.Content{Text: "0123456789a"}, "P051 text"},
		{"thread", campaign.Content{Text: "a", Thread: []string{"b"}}, "P061 thread"},
		{"comment", campaign.Content{Text: "a", FirstComment: "b"}, "P061 first_comment"},
		{"poll", campaign.Content{Text: "a", Poll: &campaign.Poll{}}, "P061 poll"},
		{"pictures", campaign.Content{Media: []campaign.Media{png, png}}, "P061 images"},
		{"picture", campaign.Content{Media: []campaign.Media{{Type: "image/gif", Bytes: 6, Width: 5, Height: 1, Alt: "abcd"}}}, "P071 images[0], P072 images[0], P072 images[0], P072 images[0]"},
	} {
		var got []string
		for _, found := range Check(f, tt.c) {
			got = append(got, found.Code+" "+found.Path)
		}
		if strings.Join(got, ", ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
	}
	f.Capabilities = []string{CanThread, CanPoll}
	if found := Check(f, campaign.Content{Text: "a", Poll: &campaign.Poll{Options: []string{"ab", "abc"}}}); len(found) != 1 || found[0].Path != "poll" {
		t.Errorf("a long option: %v", found)
	}
	if found := Check(f, campaign.Content{Text: "a", Thread: []string{"01234567890"}}); len(found) != 1 || found[0].Path != "thread[0]" {
		t.Errorf("a long part: %v", found)
	}
}

func TestScrub(t *testing.T) {
	body := []byte(`{"id":"t0ken","url":"https://e.example/t0ken"}`)
	a := Scrub(httpx.Answer{Body: body}, secret.New("t0ken"), secret.String{})
	if strings.Contains(string(a.Body), "t0ken") || !strings.Contains(string(body), "t0ken") {
		t.Errorf("%s, from %s", a.Body, body)
	}
}
