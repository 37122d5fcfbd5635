package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels/pretended"
	"github.com/ittakesacommunity/takeover/channels/sandbox"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/web"
)

var updateWeek = flag.Bool("update", false, "write docs/a-week.md anew")

// stamped gives each record the time of a clock.
type stamped struct {
	slog.Handler
	clock clock.Clock
}

func (s stamped) Handle(ctx context.Context, r slog.Record) error {
	r.Time = s.clock.Now()
	return s.Handler.Handle(ctx, r)
}

func (s stamped) WithAttrs(as []slog.Attr) slog.Handler {
	return stamped{s.Handler.WithAttrs(as), s.clock}
}
func (s stamped) WithGroup(name string) slog.Handler {
	return stamped{s.Handler.WithGroup(name), s.clock}
}

// week is the example's week of the mayors, from one side: what the daemon says.
type week struct {
	*site
	clock *clock.Stepped
	off   time.Duration // how wrong our wall clock is
	wall  *sandbox.Server
	h     *house
	end   func() // ends the engine and closes the house
	d     *demo
	next  map[string]time.Time // of the housekeeping
}

const (
	weekOrganizer = "desk@campaign.example"
	weekLead      = "lead@mayors.example"
)

func (w *week) true() time.Time { return w.clock.Now().Add(-w.off) }

// open starts the daemon's parts on the stepped clock.
func (w *week) open() {
	w.t.Helper()
	server, found, err := configs.LoadServer(w.path("takeover.yaml"))
	if err != nil || found.HasErrors() {
		w.t.Fatal(err, found)
	}
	log := slog.New(stamped{newLogger(w.log, "text", slog.LevelInfo).Handler(), w.clock})
	if w.h, err = openHouse(server, houseOptions{log: log, publish: true, clock: w.clock}); err != nil {
		w.t.Fatal(err)
	}
	c, err := w.h.client()
	if err != nil {
		w.t.Fatal(err)
	}
	w.d = &demo{app: &app{}, client: c}
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.h.engine.Run(ctx) }()
	for !w.h.engine.Health().Running { // it works with the clock now
		time.Sleep(time.Millisecond)
	}
	w.end = func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Error(err)
		}
		if err := w.h.close(); err != nil {
			w.t.Error(err)
		}
	}
}

// until lets the time pass, with the housekeeping that falls into it.
func (w *week) until(at time.Time) {
	w.t.Helper()
	ctx := w.t.Context()
	for w.true().Before(at) {
		step := at
		for _, next := range w.next {
			if next.Before(step) {
				step = next
			}
		}
		if err := w.clock.Wait(ctx, step.Add(w.off), nil); err != nil {
			w.t.Fatal(err)
		}
		jobs := []struct {
			name  string
			every time.Duration
			run   func(context.Context) error
		}{{"telling", 10 * time.Minute, w.h.desk.TellOpen}, {"channels", 6 * time.Hour, w.h.desk.CheckChannels}, {"backup", 24 * time.Hour, w.h.nightly}}
		for _, j := range jobs {
			if w.true().Before(w.next[j.name]) {
				continue
			}
			w.next[j.name] = w.next[j.name].Add(j.every)
			if err := j.run(ctx); err != nil {
				w.t.Errorf("%s: %v", j.name, err)
			}
		}
	}
}

func (w *week) as(who campaign.PersonID, method, path string, in, out any) {
	w.t.Helper()
	if err := w.d.as(w.t.Context(), who, method, path, in, out); err != nil {
		w.t.Fatal(err)
	}
}

func (w *week) queue() []desk.Row {
	w.t.Helper()
	rows, err := w.d.queue(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return rows
}

// connect connects an account, whose owner agrees.
func (w *week) connect(id string, s pretended.Stage) {
	w.t.Helper()
	var flow desk.Flow
	w.as(weekOrganizer, "POST", "/channels/"+id+"/connect", nil, &flow)
	back, err := s.Agree(flow.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	w.as(weekOrganizer, "POST", "/flows/"+flow.ID, web.Answers{Answers: map[string]string{"code": back}}, nil)
}

// step sets our wall clock.
func (w *week) step(by time.Duration) {
	w.off += by
	w.clock.SetWall(w.clock.Now().Add(by))
}

// TestAWeek plays it and compares the log with the page in docs.
func TestAWeek(t *testing.T) {
	if testing.Short() {
		t.Skip("a week takes a while")
	}
	w := &week{site: newSite(t, ""), clock: clock.NewStepped(time.Date(2026, 12, 11, 9, 0, 0, 0, time.UTC)), next: map[string]time.Time{}}
	working := w.clock.Busy()
	defer working()
	var err error
	if w.wall, err = sandbox.NewServer(sandbox.Options{Now: w.true}); err != nil {
		t.Fatal(err)
	}
	stages, err := pretended.All(w.true, nil)
	if err != nil {
		t.Fatal(err)
	}
	video := stages[slices.IndexFunc(stages, func(s pretended.Stage) bool { return s.Name == "tiktok" })]
	serve := func(h http.Handler) string {
		s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Date", w.true().UTC().Format(http.TimeFormat))
			h.ServeHTTP(rw, r)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	wall, tiktok := serve(w.wall), serve(video.Handler)
	for name, text := range video.Secrets {
		w.write(name, text+"\n")
	}
	src, err := fs.ReadFile(w.example(), "campaign.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, found := configs.ParseCampaign("campaign.yaml", src, nil)
	if found.HasErrors() {
		t.Fatal(found)
	}
	for id, ch := range c.Channels {
		like := ch.Platform
		if !slices.Contains(demoPlatforms, like) {
			like = ""
		}
		c.Channels[id] = campaign.Channel{Platform: "sandbox", Like: like, Handle: ch.Handle, Languages: ch.Languages, MinGap: ch.MinGap,
			Settings: map[string]string{"base_url": wall, "allow_private": "true"}}
	}
	settings := map[string]string{"base_url": tiktok, "allow_private": "true"}
	for k, v := range video.Settings {
		settings[k] = v
	}
	c.Channels["tiktok-main"] = campaign.Channel{Platform: "tiktok", Handle: video.Handle, Languages: campaign.Separate, Settings: settings}

	w.next["telling"], w.next["channels"], w.next["backup"] = w.clock.Now(), w.clock.Now(), time.Date(2026, 12, 12, 3, 15, 0, 0, time.UTC)
	w.open()
	w.as(weekOrganizer, "PUT", "/campaign", web.CampaignFile{File: "campaign.yaml", Source: string(configs.ExportCampaign(c))}, nil)
	w.connect("tiktok-main", video)
	pictures, err := w.d.pictures(t.Context(), weekLead)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := fs.ReadFile(w.d.example(), "mayors-imd-2026.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.d.hand(t.Context(), web.Submission{File: "mayors-imd-2026.yaml", Source: string(plan), Media: pictures}, weekLead); err != nil {
		t.Fatal(err)
	}
	var approved desk.Approved
	w.as(weekOrganizer, "POST", "/approve", desk.Approval{Pick: desk.Pick{Plan: "mayors-imd-2026"}}, &approved)
	t.Logf("%d scheduled", len(approved.Scheduled))

	day := func(n, hour, minute int) time.Time { return time.Date(2026, 12, n, hour, minute, 0, 0, time.UTC) }
	w.until(day(13, 22, 0))
	w.log = &lockedBuffer{} // the week begins
	w.end()
	w.open()
	w.until(day(15, 9, 20))
	w.step(2 * time.Hour)
	w.until(day(15, 9, 50))
	w.step(-2 * time.Hour)
	w.until(day(17, 12, 0))
	w.end()
	files, err := filepath.Glob(w.path("data/backups/*.backup"))
	if err != nil || len(files) == 0 {
		t.Fatal("no backup", err)
	}
	slices.Sort(files)
	kept := w.path(filepath.Base(files[len(files)-1]))
	if err := os.Rename(files[len(files)-1], kept); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(w.path("data")); err != nil {
		t.Fatal(err)
	}
	w.clock.SetWall(day(17, 14, 0))
	restoring := &app{in: strings.NewReader(""), out: io.Discard, err: io.Discard, config: w.path("takeover.yaml"), clock: w.clock}
	if err := restoring.restore(t.Context(), kept, nil, true); err != nil {
		t.Fatal(err)
	}
	w.open()
	w.until(day(17, 14, 32))
	w.as(weekOrganizer, "POST", "/resume", desk.Resumption{Cause: "restore", Reason: "looked at the accounts"}, nil)
	w.until(day(17, 14, 45))
	for _, r := range w.queue() {
		if r.State == campaign.NeedsHuman { // it stands on the account
			w.as(weekOrganizer, "POST", deliveryPath(string(r.ID), "/resolve"), desk.Resolution{PublishedAs: "https://social.example/@itac/" + string(r.Post), Why: "seen on the account"}, nil)
		}
	}
	w.until(day(17, 16, 5))
	w.connect("tiktok-main", video)
	w.until(day(21, 6, 0))
	accounts, err := w.h.desk.Accounts(t.Context())
	for _, k := range accounts {
		if k.Lost {
			t.Errorf("%s is lost: %s", k.Channel, k.Fault)
		}
	}
	if err != nil || len(accounts) == 0 {
		t.Errorf("%d accounts, %v", len(accounts), err)
	}
	w.end()

	got := weekPage(w)
	path := filepath.Join("..", "..", "docs", "a-week.md")
	if *updateWeek {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/a-week.md is not what the daemon says (%v); go test ./cmd/takeover -run TestAWeek -update\n%s", err, got)
	}
}

func (w *week) example() fs.FS { return (&demo{}).example() }

const weekHead = `# A week

This is what an operator reads in the log during a week of the example campaign: the mayors have
the accounts, 103 posts are approved, and everything that happens by itself or goes wrong stands
here. It is played on a clock that jumps from event to event, by the real program with its real
store, backup and restore, against pretend platforms:

` + "```" + `
go test ./cmd/takeover -run TestAWeek -update
` + "```" + `

A test fails when the program says anything else than this page. What happens:

- Each night at 03:15 the backup is made.
- Each six hours the accounts are looked at. That of TikTok is good for a day and is renewed
  without a word as long as the platform agrees.
- On Tuesday something sets the machine's clock two hours ahead, and half an hour later back.
- On Thursday at noon the disk is lost. At 14:00 the night's backup is put back.

Lines are as the daemon writes them on a terminal; those of one moment are in the order of the
alphabet. A post is named by its plan, and by the delivery that ` + "`takeover show`" + ` explains.
`

// weekEvents is what happens on some days, for who reads.
var weekEvents = map[string]string{
	"2026-12-15": "The times between 11:20 and 11:50 are those of the wrong clock. Nothing was due meanwhile, so nothing is late. Two\nplatforms agree with the clock once it is right, so nobody has to resume.",
	"2026-12-17": "The restored daemon is stopped until an organizer has looked. What the lost machine published after the backup\nis perhaps public; it is, and at 14:45 a person says so. TikTok changes the token at each renewal, so the one in\nthe backup is no longer good: its owner agrees again at 16:05. The posts of 14:00 wait for a decision that nobody\ntakes, and are missed a day later.",
	"2026-12-18": "Nobody says that the event is live, so its posts are missed, and each says why.",
	"2026-12-20": "The lead never filled in the number of answers.",
}

// weekVaries is what two weeks need not have in common.
var weekVaries = regexp.MustCompile(`(bytes=|at generation |outside of it at )\d+`)

// weekPage is the page of docs: lines of one moment in the order of their text.
func weekPage(w *week) []byte {
	days := map[string][]string{}
	for l := range strings.Lines(w.log.tail(10 << 20)) {
		l = weekVaries.ReplaceAllString(strings.ReplaceAll(l, w.dir, "/srv/itac"), "${1}…")
		day := l[len("time="):len("time=2026-12-14")]
		days[day] = append(days[day], l)
	}
	b := bytes.NewBufferString(weekHead)
	for _, day := range slices.Sorted(maps.Keys(days)) {
		slices.SortStableFunc(days[day], func(x, y string) int { return strings.Compare(x, y) })
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintf(b, "\n## %s\n\n", at.Format("Monday, 2 January"))
		if said := weekEvents[day]; said != "" {
			fmt.Fprintf(b, "%s\n\n", said)
		}
		fmt.Fprintf(b, "```\n%s```\n", strings.Join(days[day], ""))
	}
	return b.Bytes()
}
