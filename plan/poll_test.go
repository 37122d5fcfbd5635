package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

const hello = `    text: {en: "Good morning, neighbours."}`

// polled is the base plan with a poll on its last post, and with the lines more.
func polled(t testing.TB, poll string, more ...string) []byte {
	return edit(t, hello, "    poll: "+poll+"\n"+strings.Join(append(more, hello), "\n"))
}

func TestPollGoesOutWhereThereArePolls(t *testing.T) {
	x := good(t, polled(t, "{options: [By bus, By bike], for: 36h, multiple: true}"), testEnv())
	_, c := one(t, x, "hello", "mastodon-main en")
	want := &campaign.Poll{Options: []string{"By bus", "By bike"}, Ends: 36 * time.Hour, Multiple: true}
	if !samePoll(c.Poll, want) || strings.Contains(c.Text, "bus") {
		t.Errorf("%q with %+v", c.Text, c.Poll)
	}
}

// TestPollElsewhereIsLinesOfTheText: they are part of what is approved and of
// what is measured; braces in them are no slots.
func TestPollElsewhereIsLinesOfTheText(t *testing.T) {
	src := polled(t, "{options: {en: [\"Yes, {{count}\", No], fr: [Oui, Non]}, for: 1d}", "    channels: [facebook-page]", "    variants: {facebook-page: {text: {fr: \"Bonjour, voisins.\"}}}")
	_, x, found := Load("plan.yaml", src, testEnv())
	if len(found) != 1 || found[0].Code != "W065" || !strings.Contains(found[0].Message, "facebook-page (facebook) has no polls") {
		t.Fatal(found)
	}
	_, c := one(t, x, "hello", "facebook-page joined")
	if want := "Good morning, neighbours.\n\nBonjour, voisins.\n\n1. Yes, {count} / Oui\n2. No / Non"; c.Text != want || c.Poll != nil {
		t.Errorf("%q with %v", c.Text, c.Poll)
	}
	if err := c.Filled(); err != nil {
		t.Error(err)
	}
	long := "{options: [" + strings.Repeat("a", 150) + ", " + strings.Repeat("b", 150) + "], for: 1d}"
	_, _, found = Load("plan.yaml", polled(t, long, "    channels: [bluesky-main]"), testEnv())
	if !slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == "P051" }) {
		t.Errorf("the options were not measured: %v", found)
	}
}

// TestPollOfAVariant: the nearest poll holds, and each platform's own limit.
func TestPollOfAVariant(t *testing.T) {
	src := polled(t, "{options: [Bus, Bike], for: 1d}", "    channels: [x-main, mastodon-main]",
		"    variants: {mastodon-main: {poll: {options: [\"By bus, tram, metro or ferry\", On foot], for: 1d}}}")
	env := testEnv()
	surface := env.Surface
	env.Surface = func(id campaign.ChannelID) (Surface, bool) {
		s, ok := surface(id)
		if id == "mastodon-main" {
			s.Limits.PollOption = 50
		}
		return s, ok
	}
	x := good(t, src, env)
	_, onX := one(t, x, "hello", "x-main en")
	_, onMastodon := one(t, x, "hello", "mastodon-main en")
	if onX.Poll.Options[0] != "Bus" || onMastodon.Poll.Options[1] != "On foot" {
		t.Errorf("%v, %v", onX.Poll, onMastodon.Poll)
	}
}

func TestAChangedPollAsksAgain(t *testing.T) {
	before := good(t, polled(t, "{options: [Bus, Bike], for: 1d}"), testEnv())
	for _, poll := range []string{"{options: [Bus, Foot], for: 1d}", "{options: [Bus, Bike], for: 2d}", "{options: [Bus, Bike], for: 1d, multiple: true}"} {
		d := Compare(good(t, polled(t, poll), testEnv()), stored(before), contentsOf(before))
		k := kinds(d)
		if k[Changed] != 1 || k[Added]+k[Removed] > 0 {
			t.Fatalf("%s: %v", poll, k)
		}
		for _, c := range d.Changes {
			if c.Kind == Changed && (!slices.Equal(c.Fields, []string{"poll"}) || !c.Reapprove) {
				t.Errorf("%s: %+v", poll, c)
			}
		}
	}
	again := good(t, polled(t, "{options: [Bus, Bike], for: 24h}"), testEnv())
	if d := Compare(again, stored(before), contentsOf(before)); !d.Empty() {
		t.Errorf("24h is not 1d: %+v", d)
	}
}
