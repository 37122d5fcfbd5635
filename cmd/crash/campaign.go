package main

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"
)

// hookSecret signs what goes to the receivers of webhooks.
var hookSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("thirty-two bytes for the tests..."))

// channelLine is one channel of a campaign file, its settings as YAML.
type channelLine struct{ name, settings string }

// campaignFile is a campaign of one mechanism whose window is open and has all
// the channels.
func campaignFile(channels []channelLine) string {
	var b strings.Builder
	b.WriteString("schema: takeover/campaign-v1\ncampaign: {id: crash, title: Crash, timezone: UTC, languages: [en]}\n" +
		"mechanisms: {mayors: {title: Mayors}}\nchannels:\n")
	names := make([]string, len(channels))
	for i, c := range channels {
		fmt.Fprintf(&b, "  %s: {%s, languages: separate}\n", c.name, c.settings)
		names[i] = c.name
	}
	now := time.Now().UTC()
	fmt.Fprintf(&b, "windows:\n  w: {mechanism: mayors, from: %q, to: %q, channels: [%s]}\n",
		now.AddDate(0, 0, -1).Format(wallTime), now.AddDate(0, 0, 2).Format(wallTime), strings.Join(names, ", "))
	fmt.Fprintf(&b, "people:\n  - {mail: %s, roles: [organizer, operator]}\n  - {mail: %s, roles: [\"lead:mayors\"]}\n", organizer, lead)
	b.WriteString("policies: {min_lead: 0s}\n")
	return b.String()
}

const wallTime = "2006-01-02T15:04:05"

// planPost is one post of a plan.
type planPost struct {
	id, text string
	channels []string
	due      time.Time
	picture  bool
}

// planFile is a plan whose posts may be half an hour late.
func planFile(id string, posts []planPost) string {
	var b strings.Builder
	fmt.Fprintf(&b, "schema: takeover/plan-v1\nplan: %s\ncampaign: crash\nwindow: w\ntitle: %q\ntimezone: UTC\nlanguages: [en]\n", id, id)
	b.WriteString("defaults: {tolerance: 30m}\n")
	for _, p := range posts {
		if p.picture {
			fmt.Fprintf(&b, "media:\n  pic: {file: %s, alt: {en: \"A square of one colour.\"}, credit: \"Drawing: crash\", licence: CC0-1.0, shows: nobody}\n", pictureFile)
			break
		}
	}
	b.WriteString("posts:\n")
	for _, p := range posts {
		images := ""
		if p.picture {
			images = ", images: [pic]"
		}
		fmt.Fprintf(&b, "  - {id: %s, kind: message, at: %q, channels: [%s], text: {en: %q}%s}\n",
			p.id, p.due.UTC().Format(wallTime), strings.Join(p.channels, ", "), p.text, images)
	}
	return b.String()
}

// pictureFile is how a plan names its picture.
const pictureFile = "pic.png"
