package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/pretended"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/web"
)

// allDemo is one take-over over all platforms, each played by its own pretend
// platform behind a faulty line.
type allDemo struct {
	*demo
	lines  map[campaign.ChannelID]*faultyLine
	posted map[campaign.ChannelID][]pretended.Post // what the person behind a manual channel posted
}

// The people and the plan of the demo of all platforms.
const (
	allPerson = "desk@campaign.example"
	allLead   = "lead@mayors.example"
	allPlan   = "all-platforms"
	// allWithin is how long every post has to end.
	allWithin = 42 * time.Second
)

func (a *app) demoAll(ctx context.Context, o demoOptions) error {
	began := time.Now()
	dir, err := os.MkdirTemp("", "takeover-demo-")
	if err != nil {
		return err
	}
	d := &allDemo{demo: &demo{app: a, dir: dir}, lines: map[campaign.ChannelID]*faultyLine{}, posted: map[campaign.ChannelID][]pretended.Post{}}
	d.story.say = a.say
	defer d.close(o.keep)
	defer d.hangUp()
	err = d.startAll(ctx, o.port)
	if err == nil {
		err = d.playAll(ctx)
	}
	if err != nil {
		if ctx.Err() != nil {
			return exit{exitInterrupted}
		}
		return fmt.Errorf("%w\n%s", err, d.tail())
	}
	r, err := d.reportAll(ctx)
	if err != nil {
		return err
	}
	r.TookMS = time.Since(began).Milliseconds()
	if err := a.print("demo-all", r, r.Platforms, func(w io.Writer) { r.write(w) }); err != nil {
		return err
	}
	if !o.untilDone {
		a.say("queue: %s/queue\nThe pages stay until Ctrl-C.", d.pages)
		<-ctx.Done()
		return nil
	}
	if len(r.Wrong) > 0 {
		return exit{exitFailed}
	}
	return nil
}

// startAll sets the stages and starts the daemon before them.
func (d *allDemo) startAll(ctx context.Context, port int) (err error) {
	if d.log, err = os.Create(filepath.Join(d.dir, "demo.log")); err != nil {
		return err
	}
	// The daemon's address is known before it starts, and held until then, or
	// one of the lines might get it.
	held, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	defer held.Close()
	d.pages = "http://" + held.Addr().String()
	// The platforms that fetch pictures do so from the daemon.
	config, err := configs.ServerFile(map[string]string{"server.base_url": d.pages})
	if err != nil {
		return err
	}
	files := map[string][]byte{"takeover.yaml": config, "master.key": []byte(secret.NewKey() + "\n")}
	stages, err := pretended.All(time.Now, fetchFrom(d.pages))
	if err != nil {
		return err
	}
	example, err := demoCampaign(d.example(), d.pages, time.Now())
	if err != nil {
		return err
	}
	c := campaign.Campaign{Policies: example.Policies, ID: "itac", Title: "It Takes a Community", Zone: "UTC", Languages: []string{"en"},
		Mechanisms: map[campaign.MechanismID]campaign.Mechanism{"mayors": {Title: "Mayors"}},
		People: []campaign.Person{{Mail: allPerson, Roles: []campaign.Role{{Name: campaign.Organizer}, {Name: campaign.Approver}, {Name: campaign.Operator}}},
			{Mail: allLead, Roles: []campaign.Role{{Name: campaign.Lead, Mechanism: "mayors"}}}},
		Channels: map[campaign.ChannelID]campaign.Channel{"manual": {Platform: "manual", Languages: campaign.Separate, Settings: map[string]string{"person": allPerson}}}}
	for _, s := range stages {
		settings := maps.Clone(s.Settings)
		if settings == nil {
			settings = map[string]string{}
		}
		settings["allow_private"] = "true"
		line, err := newFaultyLine(s)
		if err != nil {
			return err
		}
		d.lines[campaign.ChannelID(s.Name)] = line
		if line.address != "" {
			settings["base_url"] = line.address
		}
		for name, text := range s.Secrets {
			files[name] = []byte(text + "\n")
		}
		c.Channels[campaign.ChannelID(s.Name)] = campaign.Channel{Platform: s.Name, Handle: s.Handle, Languages: campaign.Separate, Settings: settings}
	}
	now := time.Now()
	w := campaign.Takeover{Mechanism: "mayors", From: now.Add(-time.Hour).Truncate(time.Minute), To: now.Add(6 * time.Hour).Truncate(time.Minute), Channels: slices.Sorted(maps.Keys(c.Channels))}
	c.Takeovers = map[campaign.TakeoverID]campaign.Takeover{"now": w}
	d.campaign = c
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(d.dir, name), b, 0o600); err != nil {
			return err
		}
	}
	if err := held.Close(); err != nil {
		return err
	}
	return d.startDaemon(ctx)
}

// hangUp ends all lines.
func (d *allDemo) hangUp() {
	for _, l := range d.lines {
		l.close()
	}
}

// allPosts are what each platform gets: a text with a link, a picture, and a
// thread and a first comment where it has them.
func (d *allDemo) allPosts() []map[string]any {
	var posts []map[string]any
	en := func(s string) map[string]string { return map[string]string{"en": s} }
	for i, id := range slices.Sorted(maps.Keys(d.campaign.Channels)) {
		f, _ := channels.Known(d.campaign.Channels[id].Platform)
		add := func(name string, more map[string]any) {
			post := map[string]any{"id": fmt.Sprintf("%s-%s", id, name), "kind": "message", "channels": []string{string(id)},
				"at":   d.base.Add(time.Duration(len(posts)%8)*500*time.Millisecond + time.Duration(i%2)*time.Second).UTC().Format("2006-01-02T15:04:05"),
				"text": en("Ten years, one community.\n" + mark(campaign.PostID(fmt.Sprintf("%s-%s", id, name))))}
			maps.Copy(post, more)
			if f.Limits.NeedsImage {
				post["images"] = []string{"baker"}
			}
			posts = append(posts, post)
		}
		add("picture", map[string]any{"images": []string{"baker"}})
		if f.Can(channels.CanLink) {
			add("link", map[string]any{"link": "https://www.ittakesacommunity.org/"})
		}
		if f.Can(channels.CanThread) {
			add("thread", map[string]any{"thread": []any{en("And the second part."), en("And the last.")}})
		}
		if f.Can(channels.CanFirstComment) {
			add("comment", map[string]any{"images": []string{"baker"}, "first_comment": en("More to come.")})
		}
	}
	return posts
}

// mark is the line by which a post of the demo is known again on any platform.
func mark(post campaign.PostID) string {
	return "This is " + strings.ReplaceAll(string(post), "-", " ") + "."
}

// The one picture of the demo.
const (
	allPicture = "media/baker-marseille.jpg"
	allAlt     = "A baker in a white cap and red apron holds a tray of fresh bread."
	allCredit  = "Drawing: takeover sample"
)

// playAll loads, approves, and waits until every post has ended.
func (d *allDemo) playAll(ctx context.Context) error {
	d.base = time.Now().Add(5 * time.Second).Truncate(time.Second)
	file := web.CampaignFile{File: "campaign.yaml", Source: string(configs.ExportCampaign(d.campaign))}
	if err := d.as(ctx, "", "PUT", "/campaign", file, nil); err != nil {
		return err
	}
	for id, line := range d.lines {
		if err := d.connect(ctx, id, line); err != nil {
			return err
		}
	}
	pictures, err := d.pictures(ctx, allPerson)
	if err != nil {
		return err
	}
	src, err := json.Marshal(map[string]any{"schema": "takeover/plan-v1", "plan": allPlan, "campaign": "itac", "window": "now", "timezone": "UTC", "languages": []string{"en"},
		"media": map[string]any{"baker": map[string]any{"file": allPicture, "alt": map[string]string{"en": allAlt}, "credit": allCredit, "licence": "CC0-1.0", "shows": "nobody"}},
		"posts": d.allPosts()})
	if err != nil {
		return err
	}
	if err := d.hand(ctx, web.Submission{File: allPlan + ".yaml", Source: string(src), Media: pictures}, allLead); err != nil {
		return err
	}
	var out desk.Approved
	if err := d.as(ctx, allPerson, "POST", "/approve", desk.Approval{Pick: desk.Pick{Plan: allPlan}}, &out); err != nil {
		return err
	}
	d.tell(inPlaceOfVisitor, allPerson, "approves %s on %s; each platform loses a request and an answer on purpose", count(len(out.Scheduled), "delivery"), count(len(d.campaign.Channels), "platform"))
	for {
		rows, err := d.queue(ctx)
		if err != nil {
			return err
		}
		open := 0
		for _, r := range rows {
			if r.State == campaign.NeedsHuman {
				if err := d.look(ctx, r); err != nil {
					return err
				}
			}
			if !r.State.End() {
				open++
			}
		}
		if open == 0 || time.Since(d.base) > allWithin {
			return nil
		}
		if err := wait(ctx, poll); err != nil {
			return err
		}
	}
}

// connect connects the account of a channel that has no token of its own, as an
// organizer does: with the platform's own flow. The line loses a request, so
// that it may take a second try.
func (d *allDemo) connect(ctx context.Context, id campaign.ChannelID, line *faultyLine) (err error) {
	if line.stage.Agree == nil {
		return nil
	}
	for range 3 {
		var flow desk.Flow
		if err := d.as(ctx, allPerson, "POST", "/channels/"+string(id)+"/connect", nil, &flow); err != nil {
			return err
		}
		back, agreeErr := line.stage.Agree(flow.URL)
		if agreeErr != nil {
			return agreeErr
		}
		if err = d.as(ctx, allPerson, "POST", "/flows/"+flow.ID, web.Answers{Answers: map[string]string{"code": back}}, nil); err == nil {
			d.tell(inPlaceOfVisitor, allPerson, "connects %s, whose owner agrees on the platform's page", id)
			return nil
		}
	}
	return err
}

// look does what a person does about a post that nobody can be asked about:
// looks at the platform, or posts by hand where that is the person's task.
func (d *allDemo) look(ctx context.Context, r desk.Row) error {
	q := desk.Resolution{NotPublished: true, Why: "looked: it is not there"}
	line := d.lines[r.Channel]
	switch {
	case line == nil:
		p := pretended.Post{Text: "Ten years, one community.\n" + mark(r.Post), Credits: []string{allCredit}}
		if pictured(r.Post) {
			p.Alts = []string{allAlt}
		}
		d.posted[r.Channel] = append(d.posted[r.Channel], p)
		q = desk.Resolution{PublishedAs: "https://by-hand.example/" + string(r.Post), Why: "posted it by hand"}
	case len(marked(line.stage.Posts(), r.Post)) > 0:
		q = desk.Resolution{PublishedAs: "https://seen.example/" + string(r.Post), Why: "looked: it is there"}
	}
	var conflict *apiError
	err := d.as(ctx, allPerson, "POST", deliveryPath(string(r.ID), "/resolve"), q, nil)
	if errors.As(err, &conflict) {
		return nil // it was settled meanwhile; the next look tells
	}
	d.tell(inPlaceOfVisitor, allPerson, "%s on %s: %s", r.Post, r.Channel, q.Why)
	return err
}

// marked are the posts that show the mark of a post of the plan.
func marked(posts []pretended.Post, post campaign.PostID) []pretended.Post {
	return slices.DeleteFunc(slices.Clone(posts), func(p pretended.Post) bool { return !strings.Contains(p.Text, mark(post)) })
}
