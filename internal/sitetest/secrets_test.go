package sitetest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { Main(m) }

// TestFormsOfASecret: however it is written, and whatever stands around it.
func TestFormsOfASecret(t *testing.T) {
	for _, secret := range []string{"s3cret-canary", "s3cret-canary1", "s3cret-canary12", "a+b/c=d&e<f>\"g h é?"} {
		for before := range 4 {
			for after := range 4 {
				whole := strings.Repeat("y", before) + secret + strings.Repeat("~", after)
				inJSON, _ := json.Marshal(map[string]string{"token": whole})
				for name, text := range map[string]string{
					"in clear": whole, "in a query": url.QueryEscape(whole), "in a path": url.PathEscape(whole), "in JSON": string(inJSON),
					"in hexadecimal": hex.EncodeToString([]byte(whole)), "in large hexadecimal": fmt.Sprintf("%X", whole),
					"in base64": base64.StdEncoding.EncodeToString([]byte(whole)), "in an address's base64": base64.RawURLEncoding.EncodeToString([]byte(whole)),
				} {
					if found := standsIn(secret, map[string][]byte{name: []byte(text)}); len(found) != 1 {
						t.Errorf("%q is not seen %s: %s", secret, name, text)
					}
					if found := standsIn("another-"+secret, map[string][]byte{name: []byte(text)}); len(found) != 0 {
						t.Errorf("%q is seen where it is not, %s: %s", "another-"+secret, name, text)
					}
				}
			}
		}
	}
}

// TestLeaksAreSeen: the search that other tests rely on finds what does stand
// in each kind of place. What a post says is shown everywhere, so a canary in
// it must be seen everywhere; one that the program never heard of, nowhere.
func TestLeaksAreSeen(t *testing.T) {
	const inPost, ofChannel, inFile, inLog, nowhere = "canary-of-the-post", "canary-of-a-channel", "canary-of-a-file", "canary-of-the-log", "canary-of-nothing"
	s := New(t, ofChannel+": {platform: manual, person: desk@campaign.example}")
	fmt.Fprintln(&s.log, inLog)
	s.Start()
	s.Submit("defaults: {channels: ["+ofChannel+"]}\n", "  - {id: one, kind: message, at: AT, text: {en: \"Ten years "+inPost+"\"}}\n")
	s.Write("people.txt", inFile+" "+nowhere)
	s.Write("left.txt", inFile)
	id := s.Rows()[0].ID
	places, own := s.places(map[string][]byte{"said": []byte(inFile)}, "people.txt", "plan.yaml")
	for secret, want := range map[string][]string{
		inPost:    {"takeover show " + id + " -o text", "takeover show " + id + " -o json", "page /plans/one/posts/one?", "page /deliveries/" + id + "?", "page /plans/one/sheet?", "the backup's takeover.db", s.Path("data/takeover.db")},
		ofChannel: {"takeover queue -o json", "takeover channel list -o text", "takeover campaign export -o text", "page /channels?", "GET /api/v1/channels", s.Path("campaign.yaml")},
		inFile:    {"said", s.Path("left.txt")},
		inLog:     {"the daemon's log"},
	} {
		found := standsIn(secret, places)
		for _, place := range want {
			if !slices.Contains(found, place) {
				t.Errorf("%s is not seen in %s; it is in %s", secret, place, strings.Join(found, ", "))
			}
		}
		if (secret == inFile || secret == inLog) && len(found) != len(want) {
			t.Errorf("%s is seen in %s", secret, strings.Join(found, ", "))
		}
	}
	for _, secret := range append(own, nowhere) {
		if found := standsIn(secret, places); len(found) != 0 {
			t.Errorf("%s is seen in %s", secret, strings.Join(found, ", "))
		}
	}
}
