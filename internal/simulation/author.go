package simulation

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/media"
)

// epoch is when a run begins, in true time: noon of the day on which bubbles begin.
var epoch = time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)

// written is one post as its author wrote it.
type written struct {
	id        string
	channels  []campaign.ChannelID
	text      string
	thread    []string
	form      string        // once, list, series or anchored
	at        []time.Time   // of once, list and series
	offset    time.Duration // of anchored
	tolerance time.Duration
	repeat    bool
	picture   bool
}

// draft is a plan as its author has it on the desk.
type draft struct {
	id        campaign.PlanID
	mechanism campaign.MechanismID
	zone      *time.Location
	anchor    time.Time
	posts     []*written
}

// clone is a draft that can be edited without changing this one.
func (d *draft) clone() *draft {
	n := *d
	n.posts = nil
	for _, p := range d.posts {
		c := *p
		c.at, c.channels, c.thread = slices.Clone(p.at), slices.Clone(p.channels), slices.Clone(p.thread)
		n.posts = append(n.posts, &c)
	}
	return &n
}

// file is the plan as the author hands it in.
func (d *draft) file() []byte {
	var b strings.Builder
	local := func(t time.Time) string { return t.In(d.zone).Format("2006-01-02T15:04") }
	fmt.Fprintf(&b, "schema: takeover/plan-v1\nplan: %s\ncampaign: sim\nwindow: %s\ntitle: What %s says\ntimezone: %s\nlanguages: [en]\n", d.id, d.mechanism, d.mechanism, d.zone)
	fmt.Fprintf(&b, "anchors:\n  live: {start: %q, length: 1h, live_check: person}\n", local(d.anchor))
	if slices.ContainsFunc(d.posts, func(p *written) bool { return p.picture }) {
		b.WriteString("media:\n  street: {file: street.png, alt: {en: \"A street with a library.\"}, credit: \"Drawing\", licence: CC0-1.0, shows: nobody}\n")
	}
	b.WriteString("posts:\n")
	for _, p := range d.posts {
		fmt.Fprintf(&b, "  - id: %s\n    kind: message\n    channels: %s\n    text: {en: %q}\n    tolerance: %dm\n", p.id, list(p.channels), p.text, int(p.tolerance.Minutes()))
		switch p.form {
		case "once":
			fmt.Fprintf(&b, "    at: %q\n", local(p.at[0]))
		case "list":
			var times []string
			for _, t := range p.at {
				times = append(times, fmt.Sprintf("%q", local(t)))
			}
			fmt.Fprintf(&b, "    at: [%s]\n", strings.Join(times, ", "))
		case "series":
			first, last := p.at[0].In(d.zone), p.at[len(p.at)-1].In(d.zone)
			fmt.Fprintf(&b, "    schedule: {cron: \"%d %d-%d * * *\", from: %q, until: %q}\n", first.Minute(), first.Hour(), last.Hour(), first.Format(time.DateOnly), first.Format(time.DateOnly))
		case "anchored":
			fmt.Fprintf(&b, "    anchor: live\n    at: start%+dm\n", int(p.offset.Minutes()))
		}
		if len(p.thread) > 0 {
			fmt.Fprintf(&b, "    thread: [{en: %q}]\n", p.thread[0])
		}
		if p.repeat {
			b.WriteString("    repeat: true\n")
		}
		if p.picture {
			b.WriteString("    images: [street]\n")
		}
	}
	return []byte(b.String())
}

func list[T ~string](ids []T) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = string(id)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// times are when a post is wanted, in order.
func (d *draft) times(p *written) []time.Time {
	if p.form == "anchored" {
		return []time.Time{d.anchor.Add(p.offset)}
	}
	return p.at
}

// wording is the nth text of a post; no two posts or wordings are alike.
func wording(d *draft, id string, n int) string {
	return fmt.Sprintf("%s of %s, in %s words", id, d.id, [...]string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh"}[n%7])
}

// write makes a plan of a few posts within three hours, or of size times as many.
func write(rnd *rand.Rand, id campaign.PlanID, m campaign.MechanismID, channels []campaign.ChannelID, size int) *draft {
	zones := []string{"UTC", "Europe/Brussels", "America/St_Johns", "Asia/Kathmandu"}
	zone, err := time.LoadLocation(zones[rnd.IntN(len(zones))])
	if err != nil {
		panic(err)
	}
	d := &draft{id: id, mechanism: m, zone: zone, anchor: epoch.Add(time.Duration(60+rnd.IntN(100)) * time.Minute)}
	minute := func() time.Time { return epoch.Add(time.Duration(15+rnd.IntN(165)) * time.Minute) }
	some := func() []campaign.ChannelID {
		n := 1 + rnd.IntN(min(2, len(channels)))
		at := rnd.IntN(len(channels))
		return slices.Sorted(slices.Values(slices.Concat(channels, channels)[at : at+n]))
	}
	for i := range (3 + rnd.IntN(3)) * size {
		p := &written{id: postID(i), channels: some(), tolerance: time.Duration(10+rnd.IntN(80)) * time.Minute}
		p.text = wording(d, p.id, 0)
		switch rnd.IntN(8) {
		case 0:
			p.form = "list"
			first := minute()
			for k := range 2 + rnd.IntN(2) {
				p.at = append(p.at, first.Add(time.Duration(k*(25+rnd.IntN(10)))*time.Minute))
			}
			p.at = spread(p.at)
		case 1:
			p.form = "series"
			first := epoch.Add(time.Hour).In(zone)
			first = time.Date(first.Year(), first.Month(), first.Day(), first.Hour(), rnd.IntN(60), 0, 0, zone)
			for k := range 2 + rnd.IntN(2) {
				p.at = append(p.at, first.Add(time.Duration(k)*time.Hour).UTC())
			}
		case 2:
			p.form, p.offset = "anchored", time.Duration(rnd.IntN(90)-45)*time.Minute
		default:
			p.form, p.at = "once", []time.Time{minute()}
		}
		if rnd.IntN(6) == 0 {
			p.thread = []string{p.text + ", and it goes on"}
		}
		if rnd.IntN(5) == 0 {
			p.picture = true
		}
		d.posts = append(d.posts, p)
	}
	if rnd.IntN(5) == 0 { // the same text again, on purpose
		p, n := d.posts[0], *d.posts[0]
		if p.form == "once" {
			n.id, n.at = "again", []time.Time{p.at[0].Add(40 * time.Minute)}
			p.repeat, n.repeat = true, true
			d.posts = append(d.posts, &n)
		}
	}
	return d
}

// postID names the nth post of a plan: post-a to post-z, post-aa and so on.
func postID(n int) string {
	letters := ""
	for ; n >= 0; n = n/26 - 1 {
		letters = string(rune('a'+n%26)) + letters
	}
	return "post-" + letters
}

// spread removes times that are equal to the one before.
func spread(at []time.Time) []time.Time {
	slices.SortFunc(at, time.Time.Compare)
	return slices.CompactFunc(at, time.Time.Equal)
}

// pictures is the one media store of all runs; it holds one picture.
var pictures = sync.OnceValue(func() *media.Store {
	s, err := media.Open(picturesDir(), media.Limits{})
	if err != nil {
		panic(err)
	}
	return s
})

var picturesDir = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "takeover-simulation-media-")
	if err != nil {
		panic(err)
	}
	return dir
})

// Tidy removes what runs leave behind; no run may follow.
func Tidy() { _ = os.RemoveAll(picturesDir()) }

// street is the digest of the one picture.
var street = sync.OnceValue(func() campaign.Digest {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		panic(err)
	}
	info, err := pictures().Put(context.Background(), &b)
	if err != nil {
		panic(err)
	}
	return info.Digest
})
