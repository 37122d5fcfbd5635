package pretended_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/all"
	"github.com/ittakesacommunity/takeover/channels/channeltest"
	"github.com/ittakesacommunity/takeover/plan"
)

// doc is a piece of a plan file.
type doc = map[string]any

// en is a text in the one language of the plan.
func en(s string) doc { return doc{"en": s} }

// violations are posts that a platform of these facts refuses, each for one
// reason of its own.
func violations(f channels.Facts) []doc {
	var posts []doc
	add := func(post doc) {
		if _, ok := post["text"]; !ok {
			post["text"] = en("Ten years, one community.")
		}
		if f.Limits.NeedsImage && post["images"] == nil {
			post["images"] = []string{"p0"}
		}
		posts = append(posts, post)
	}
	if limit := f.Limits.Text; limit > 0 {
		for _, over := range []int{1, 2, 7, 100, 3000} {
			add(doc{"text": en(strings.Repeat("a", limit+over))})
		}
		for _, sign := range []string{"é", "文", "👍", "👨‍👩‍👧‍👦", "x ", "#a "} {
			if limit > 3000 {
				break // or the file is larger than a plan may be
			}
			add(doc{"text": en(strings.Repeat(sign, limit) + "b")})
		}
	}
	if limit := f.Limits.Caption; limit > 0 && limit < f.Limits.Text {
		add(doc{"text": en(strings.Repeat("a", limit+1)), "images": []string{"p0"}})
	}
	if n := f.Limits.Images; n > 0 && n < 20 {
		var images []string
		for i := range n + 1 {
			images = append(images, fmt.Sprintf("p%d", i))
		}
		add(doc{"images": images})
	}
	if f.Limits.Alt > 0 {
		add(doc{"images": []string{"longalt"}})
	}
	if f.Limits.NeedsImage {
		posts = append(posts, doc{"text": en("No picture.")}, doc{"text": en("None here either.")})
	}
	if len(f.Limits.ImageTypes) > 0 && !slices.Contains(f.Limits.ImageTypes, "image/tiff") {
		add(doc{"images": []string{"tiff"}})
	}
	if f.Limits.ImageBytes > 0 {
		add(doc{"images": []string{"heavy"}})
	}
	for can, with := range map[string]doc{
		channels.CanThread:         {"thread": []doc{en("And more.")}},
		channels.CanFirstComment:   {"first_comment": en("A comment.")},
		channels.CanContentWarning: {"content_warning": en("Migration")},
		channels.CanVisibility:     {"visibility": "followers"},
		channels.CanSilent:         {"silent": true},
	} {
		if !f.Can(can) {
			add(with)
			twice := maps.Clone(with)
			twice["text"] = en("Another post with the same.")
			add(twice)
		}
	}
	return posts
}

// file is the plan with these posts of each channel, and what each is called.
func file(t *testing.T, posts map[string][]doc) []byte {
	t.Helper()
	media := doc{}
	for i := range 21 {
		media[fmt.Sprintf("p%d", i)] = doc{"file": fmt.Sprintf("media/p%d.jpg", i), "alt": en("A field."), "credit": "Photo: A. Example", "licence": "CC0-1.0", "shows": "nobody"}
	}
	for name, alt := range map[string]string{"longalt": strings.Repeat("a", 5000), "tiff": "A field.", "heavy": "A field."} {
		media[name] = doc{"file": "media/" + name + ".jpg", "alt": en(alt), "credit": "Photo: A. Example", "licence": "CC0-1.0", "shows": "nobody"}
	}
	var list []doc
	for _, channel := range slices.Sorted(maps.Keys(posts)) {
		for i, p := range posts[channel] {
			at := channeltest.Now().Add(time.Duration(len(list)+60) * time.Minute)
			post := doc{"id": fmt.Sprintf("%s-%d", channel, i), "kind": "message", "channels": []string{channel}, "at": at.Format("2006-01-02T15:04")}
			maps.Copy(post, p)
			list = append(list, post)
		}
	}
	b, err := json.Marshal(doc{"schema": "takeover/plan-v1", "plan": "all", "campaign": "itac", "window": "dec", "timezone": "UTC", "languages": []string{"en"}, "media": media, "posts": list})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// env is the campaign with one channel of each platform.
func env(t *testing.T) plan.Env {
	t.Helper()
	c := &campaign.Campaign{ID: "itac", Title: "Campaign", Zone: "UTC", Languages: []string{"en"},
		Mechanisms: map[campaign.MechanismID]campaign.Mechanism{"mayors": {Title: "Mayors"}}, Channels: map[campaign.ChannelID]campaign.Channel{}}
	w := campaign.Takeover{Mechanism: "mayors", From: channeltest.Now(), To: channeltest.Now().Add(30 * 24 * time.Hour)}
	checks := map[campaign.ChannelID]func(campaign.Content) []campaign.Finding{}
	for _, p := range all.Platforms() {
		id := campaign.ChannelID(p.Name)
		c.Channels[id] = campaign.Channel{Platform: p.Name, Languages: campaign.Separate}
		w.Channels = append(w.Channels, id)
		if hasStage(t, p.Name) {
			checks[id] = open(t, stageOf(t, p.Name)).channel.Check
		}
	}
	c.Takeovers = map[campaign.TakeoverID]campaign.Takeover{"dec": w}
	return plan.Env{Now: channeltest.Now(), Campaign: c,
		Surface: func(id campaign.ChannelID) (plan.Surface, bool) {
			f, ok := channels.Known(c.Channels[id].Platform)
			f.Limits.DailyPosts = 0 // 200 posts on one day are not what is asked here
			return plan.Surface{Platform: f.Name, Limits: f.Limits, Capabilities: f.Capabilities, Measure: f.Measure, Check: checks[id]}, ok
		},
		Media: func(path string) (campaign.Media, error) {
			m, _ := picture()
			m.Name, m.Alt, m.Credit = path, "", ""
			switch path {
			case "media/tiff.jpg":
				m.Type = "image/tiff"
			case "media/heavy.jpg":
				m.Type, m.Bytes = "image/gif", 500_000_000 // one that moves is not made smaller
			}
			return m, nil
		}}
}

// TestViolationsAreRefusedInFull: of a plan with 200 violations over all
// platforms the check names every single post.
func TestViolationsAreRefusedInFull(t *testing.T) {
	posts, n := map[string][]doc{}, 0
	for _, p := range all.Platforms() {
		f, _ := channels.Known(p.Name)
		posts[p.Name] = violations(f)
		n += len(posts[p.Name])
	}
	if n < 200 {
		t.Errorf("%d violations", n)
	}
	_, _, findings := plan.Load("all.yaml", file(t, posts), env(t))
	named := map[campaign.PostID]bool{}
	for _, f := range findings {
		if f.Severity == campaign.SeverityError {
			named[plan.PostOf(f)] = true
		}
	}
	for channel, list := range posts {
		for i, p := range list {
			if !named[campaign.PostID(fmt.Sprintf("%s-%d", channel, i))] {
				t.Errorf("%s-%d passes: %.90v", channel, i, p)
			}
		}
	}
}

// marks are how much of a text an adapter needs for itself: for a mark of its
// own, or for the description of a picture.
var marks = map[string]int{"youtube": 26, "tiktok": len("\n\n🖼 A field.")}

// edges are posts that go to the limits of a platform, and no further.
func edges(f channels.Facts) []doc {
	const most = 10_000 // characters that a plan lets a text have
	long := f.Limits.Text
	if long == 0 || long > most {
		long = most
	}
	if f.Limits.NeedsImage {
		long -= len("\n\nPhoto: A. Example") // stands below
	}
	long -= marks[f.Name]
	posts := []doc{{"text": en("Ten years, one community.")}, {"text": en(strings.Repeat("a", long))}, {"text": en("With a link. https://www.gfmd.org/a?b=1&c=(2) 文 👍 <b>&amp;</b> *_x_* [y](z)")}}
	if _, taken := f.Measure("<b>"); !taken {
		posts[2]["text"] = en("With a link. https://www.gfmd.org/a?b=1&c=(2) 文 👍")
	}
	var images []string
	for i := range min(max(f.Limits.Images, 1), 20) {
		images = append(images, fmt.Sprintf("p%d", i))
	}
	posts = append(posts, doc{"text": en("All pictures."), "images": images})
	if f.Can(channels.CanThread) {
		posts = append(posts, doc{"text": en("A thread."), "thread": []doc{en("Second."), en(strings.Repeat("b", min(long, 400)))}})
	}
	if f.Can(channels.CanFirstComment) {
		posts = append(posts, doc{"text": en("A comment follows."), "first_comment": en("First.")})
	}
	if f.Can(channels.CanPoll) {
		posts = append(posts, doc{"text": en("Which?"), "poll": doc{"options": []string{strings.Repeat("x", min(max(f.Limits.PollOption, 25), 25)), "y"}, "for": "1d"}})
	}
	if f.Limits.NeedsImage {
		for _, p := range posts {
			if p["images"] == nil {
				p["images"] = []string{"p0"}
			}
		}
	}
	return posts
}

// TestWhatPassesIsTaken: the pretend platforms refuse nothing that the check lets pass.
func TestWhatPassesIsTaken(t *testing.T) {
	posts := map[string][]doc{}
	for _, p := range all.Platforms() {
		f, _ := channels.Known(p.Name)
		posts[p.Name] = edges(f)
	}
	_, x, findings := plan.Load("all.yaml", file(t, posts), env(t))
	for _, f := range findings {
		if f.Severity == campaign.SeverityError {
			t.Errorf("%s: %s", plan.PostOf(f), f)
		}
	}
	if x == nil {
		t.Fatal("nothing passes")
	}
	for _, d := range x.Deliveries {
		t.Run(string(d.Post), func(t *testing.T) {
			name := string(d.Channel)
			if !hasStage(t, name) {
				t.Skip("it has no stage")
			}
			c := x.Contents[d.Content]
			p := open(t, stageOf(t, name))
			p.publish(c)
			if name != "manual" && len(p.posts()) == 0 {
				t.Error("nothing is public")
			}
		})
	}
}
