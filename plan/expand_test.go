package plan

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// edit replaces in the base plan; each old must stand there once.
func edit(t testing.TB, pairs ...string) []byte {
	t.Helper()
	src := string(read(t, "good/base.yaml"))
	for i := 0; i < len(pairs); i += 2 {
		if strings.Count(src, pairs[i]) != 1 {
			t.Fatalf("%q stands there %d times", pairs[i], strings.Count(src, pairs[i]))
		}
		src = strings.Replace(src, pairs[i], pairs[i+1], 1)
	}
	return []byte(src)
}

// of lists the deliveries of a post, by step, channel and language.
func of(x *Expansion, post campaign.PostID) map[string]campaign.Delivery {
	out := map[string]campaign.Delivery{}
	for _, d := range x.Deliveries {
		if d.Post == post {
			out[strings.Trim(d.Occurrence+" "+string(d.Channel)+" "+d.Language, " ")] = d
		}
	}
	return out
}

func one(t testing.TB, x *Expansion, post campaign.PostID, key string) (campaign.Delivery, campaign.Content) {
	t.Helper()
	d, ok := of(x, post)[key]
	if !ok {
		t.Fatalf("no %s %q in %v", post, key, of(x, post))
	}
	return d, x.Contents[d.Content]
}

func TestIdentity(t *testing.T) {
	x := good(t, edit(t), testEnv())
	for _, tt := range []struct{ post, step, lang, key string }{
		{"quote-nurse", "", "fr", ""}, // one time: its step's name
		{"my-street", "launch", "en", "launch"},
		{"my-street", "reminder", "en", "2026-12-16T18:00"}, // a list: the wall time
		{"cities-live", "replay", "en", "replay"},
		{"did-you-know", "", "en", "guide"}, // a series with items: the item
		{"hello", "", "en", ""},
	} {
		want := campaign.Identity("mayors-dec", "base", campaign.PostID(tt.post), tt.step, "mastodon-main", tt.lang, tt.key)
		if !slices.ContainsFunc(x.Deliveries, func(d campaign.Delivery) bool { return d.ID == want }) {
			t.Errorf("no delivery of %v", tt)
		}
	}
	series := good(t, edit(t, `    at: "2026-12-19T10:00"`, `    schedule: {cron: "0 10,12 * * *", until: "2026-12-15"}`), testEnv())
	moved := good(t, edit(t, `    at: "2026-12-19T10:00"`, `    schedule: {cron: "45 10,12 * * *", until: "2026-12-15"}`), testEnv())
	for _, key := range []string{"2026-12-14/1", "2026-12-14/2", "2026-12-15/2"} {
		a, _ := one(t, series, "hello", key+" mastodon-main en")
		b, _ := one(t, moved, "hello", key+" mastodon-main en")
		if a.ID != b.ID || a.Due.Equal(b.Due) || a.Wants == b.Wants {
			t.Errorf("%s: 10:00 and 10:45 are %v and %v", key, a, b)
		}
	}
}

// TestSameInputSameDeliveries: expanding is a function of its arguments.
func TestSameInputSameDeliveries(t *testing.T) {
	for name, src := range goodFiles(t) {
		a, b := good(t, src, testEnv()), good(t, bytes.ReplaceAll(src, []byte("\n"), []byte("\r\n")), testEnv())
		if fmt.Sprint(a.Deliveries) != fmt.Sprint(b.Deliveries) {
			t.Errorf("%s: with CRLF it is another plan", name)
		}
	}
}

func TestTolerancesAndLatest(t *testing.T) {
	x := good(t, edit(t, `text: {en: "Good morning, neighbours."}`, "text: {en: \"Good morning, neighbours.\"}\n    if_missed: send\n    tolerance: 30m"), testEnv())
	for _, tt := range []struct {
		post campaign.PostID
		key  string
		want time.Duration
	}{
		{"quote-nurse", "mastodon-main en", 4 * time.Hour},
		{"my-street", "launch mastodon-main en", 2 * time.Hour},
		{"cities-live", "day-before mastodon-main en", 24 * time.Hour}, // until the event
		{"cities-live", "live mastodon-main en", 15 * time.Minute},
		{"cities-live", "replay mastodon-main en", 4 * time.Hour},
		{"did-you-know", "table mastodon-main en", 4 * time.Hour},
	} {
		d, _ := one(t, x, tt.post, tt.key)
		if got := d.Latest.Sub(d.Due); got != tt.want || d.IfMissed != "ask" {
			t.Errorf("%s %s: latest %v after due, if missed %s", tt.post, tt.key, got, d.IfMissed)
		}
	}
	d, _ := one(t, x, "hello", "mastodon-main en")
	if !d.Latest.Equal(testCampaign().Takeovers["mayors-dec"].To) || d.Tolerance != 30*time.Minute {
		t.Errorf("send: latest %v, tolerance %v", d.Latest, d.Tolerance)
	}
	// A plan may not keep an announcement beyond the event, however long its tolerance.
	x = good(t, edit(t, `at: start-24h,`, `at: start-24h, tolerance: 2d,`), testEnv())
	d, _ = one(t, x, "cities-live", "day-before mastodon-main en")
	if d.Latest.Sub(d.Due) != 24*time.Hour {
		t.Errorf("an announcement lasts %v", d.Latest.Sub(d.Due))
	}
}

func TestAnchorMoves(t *testing.T) {
	src := edit(t)
	before := good(t, src, testEnv())
	start := before.Anchors["cities-live"].Start
	for _, tt := range []struct {
		name   string
		stored func(a campaign.Anchor) campaign.Anchor
		src    []byte
		start  time.Time
		same   bool // the approval stays
	}{
		{"a person moved it within bounds", func(a campaign.Anchor) campaign.Anchor { a.Start = start.Add(time.Hour); return a }, src, start.Add(time.Hour), true},
		{"a person moved it beyond", func(a campaign.Anchor) campaign.Anchor {
			a.Start, a.Base = start.Add(3*time.Hour), start.Add(3*time.Hour)
			return a
		}, src, start.Add(3 * time.Hour), false},
		{"the file moves it within bounds", nil, edit(t, "2026-12-18T15:00", "2026-12-18T16:00"), start.Add(time.Hour), true},
		{"the file moves it beyond", nil, edit(t, "2026-12-18T15:00", "2026-12-18T18:00"), start.Add(3 * time.Hour), false},
		{"little by little does not add up", func(a campaign.Anchor) campaign.Anchor {
			a.Start, a.Written = start.Add(90*time.Minute), start.Add(90*time.Minute)
			return a
		}, edit(t, "2026-12-18T15:00", "2026-12-18T18:00"), start.Add(3 * time.Hour), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			env := testEnv()
			a := before.Anchors["cities-live"]
			if tt.stored != nil {
				a = tt.stored(a)
			}
			env.Anchors = map[string]campaign.Anchor{"cities-live": a}
			x := good(t, tt.src, env)
			if got := x.Anchors["cities-live"].Start; !got.Equal(tt.start) {
				t.Fatalf("starts %v, want %v", got, tt.start)
			}
			for _, step := range []string{"day-before", "live", "replay"} {
				o, _ := one(t, before, "cities-live", step+" mastodon-main en")
				n, c := one(t, x, "cities-live", step+" mastodon-main en")
				if n.ID != o.ID {
					t.Errorf("%s became another delivery", step)
				}
				if !n.Due.Equal(o.Due.Add(tt.start.Sub(start))) {
					t.Errorf("%s is due %v", step, n.Due)
				}
				if (n.Wants == o.Wants) != tt.same {
					t.Errorf("%s: the approval stays: %v, want %v", step, n.Wants == o.Wants, tt.same)
				}
				if err := c.Filled(); err != nil {
					t.Errorf("%s: %v", step, err)
				}
			}
		})
	}
}

func TestValuesFilledInLater(t *testing.T) {
	x := good(t, edit(t), testEnv())
	key := ValueKey("my-street", "wrapup", "count")
	if len(x.Values) != 1 || x.Values[0].Key != key || x.Values[0].Max != 500 {
		t.Fatal(x.Values)
	}
	before, c := one(t, x, "my-street", "wrapup mastodon-main en")
	if c.Filled() == nil {
		t.Error("a missing value is no obstacle")
	}
	env := testEnv()
	env.Values = map[string]string{key: "37"}
	x = good(t, edit(t), env)
	after, c := one(t, x, "my-street", "wrapup mastodon-main en")
	if err := c.Filled(); err != nil || c.Text != "Streets from 37 cities: #MyWelcomingStreet." {
		t.Error(c.Text, err)
	}
	if before.Wants != after.Wants || before.ID != after.ID {
		t.Error("a value within its bounds asks for a new approval")
	}
	for _, wrong := range []string{"0", "501", "037", "many"} {
		env.Values[key] = wrong
		_, x, found := Load("p.yaml", edit(t), env)
		if !slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == "P096" }) || !slices.Contains(x.Skipped, "my-street") {
			t.Errorf("%q: %v", wrong, found)
		}
	}
	if ValueKey("p", "", "n") != "p/n" {
		t.Error(ValueKey("p", "", "n"))
	}
}

func TestSlotsNeverMeetTheTextBesideThem(t *testing.T) {
	env := testEnv()
	env.Values = map[string]string{"my-street/wrapup/count": "3"}
	x := good(t, edit(t, "Streets from {count} cities: {challenge}.", "{{count} is {{{count}}, {count} and {{start}"), env)
	_, c := one(t, x, "my-street", "wrapup mastodon-main en")
	if want := "{count} is {3}, 3 and {start}"; c.Text != want {
		t.Errorf("%q, want %q", c.Text, want)
	}
	if err := c.Filled(); err != nil {
		t.Error(err)
	}
}

// TestWhatIsRenderedIsFilled: whatever braces a text has, its content passes the check before arming.
func TestWhatIsRenderedIsFilled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"{count}", "{{", "}", "count", "{start:UTC}", "{start}", "'", "a ", "\u0301", "é", "{watch}", "{link}"}), 1, 12).Draw(t, "parts")
		p := &Plan{ID: Str{Value: "p"}, Anchors: []Anchor{{ID: Str{Value: "live"}, Watch: Str{Value: "https://example.org/w"}}}}
		env := testEnv()
		env.Values = map[string]string{"x/count": "12"}
		e := newExpander(p, env)
		e.zone, e.langs = time.UTC, []string{"en"}
		e.anchors["live"] = campaign.Anchor{Base: env.Now, Start: env.Now}
		x := &Post{Step: Step{ID: Str{Value: "x"}, Values: []Value{{Name: Str{Value: "count"}, Min: 1, Max: 20}}, Text: Text{All: Str{Value: strings.Join(parts, ""), Pos: Pos{Line: 1}}}},
			Anchor: Str{Value: "live", Pos: Pos{Line: 1}}, Kind: campaign.Message}
		v := view{base: x.Text, link: Str{Value: "https://example.org/", Pos: Pos{Line: 1}}}
		for _, langs := range [][]string{{"en"}, {"en", "fr"}} {
			c := e.render(x, moment{step: &x.Step}, v, langs)
			if len(e.found) > 0 {
				t.Skip("not a good template")
			}
			if err := c.Filled(); err != nil {
				t.Fatalf("%q: %v (%+v)", parts, err, c)
			}
			if !norm.NFC.IsNormalString(c.Template) {
				t.Fatalf("%q is not NFC", c.Template)
			}
		}
	})
}

func TestLanguagesOfAChannel(t *testing.T) {
	x := good(t, edit(t,
		"    at: \"2026-12-15T09:00\"\n", "    at: \"2026-12-15T09:00\"\n    channels: [mastodon-main, facebook-page, linkedin-org, x-main, bluesky-main]\n    variants:\n      x-main: {languages: [fr]}\n      linkedin-org: {text: {en: \"{quote}\"}}\n      bluesky-main: {off: true}\n",
	), testEnv())
	got := of(x, "quote-nurse")
	if len(got) != 5 {
		t.Errorf("%d deliveries", len(got))
	}
	tail := "\n\n#ItTakesACommunity https://www.ittakesacommunity.org/"
	for key, want := range map[string]string{
		"mastodon-main en":     "“I came for one year.” — A nurse in Quito" + tail,
		"mastodon-main fr":     "“J'étais venue pour un an.” — Une infirmière à Quito" + tail,
		"x-main fr":            "“J'étais venue pour un an.” — Une infirmière à Quito" + tail,
		"linkedin-org en":      "I came for one year.",
		"facebook-page joined": "“I came for one year.” — A nurse in Quito\n\n“J'étais venue pour un an.” — Une infirmière à Quito" + tail,
	} {
		d, c := one(t, x, "quote-nurse", key)
		if c.Text != want || c.Template != want {
			t.Errorf("%s: %q, want %q", key, c.Text, want)
		}
		if d.Consents[0] != "MAYORS-017" || c.Media[0].Alt == "" || c.Media[0].Credit == "" {
			t.Errorf("%s: %+v", key, c.Media)
		}
	}
	_, c := one(t, x, "quote-nurse", "facebook-page joined")
	if c.Language != "en" || !slices.Equal(c.Languages, []string{"en", "fr"}) || c.Media[0].Alt != "A nurse smiles at a clinic door.\nUne infirmière sourit à la porte d'une clinique." {
		t.Errorf("%+v", c)
	}
	_, c = one(t, x, "quote-nurse", "linkedin-org en")
	if c.Link != "" {
		t.Error("a link that the text does not use is no part of the post:", c.Link)
	}
}

func TestAVariantKeepsTheLanguagesItDoesNotWrite(t *testing.T) {
	x := good(t, edit(t, `text: {en: "Good morning, neighbours."}`, `text: {en: "Good morning, neighbours.", fr: "Bonjour, les voisins."}
    variants: {mastodon-main: {text: {en: "Morning!"}}}`), testEnv())
	_, en := one(t, x, "hello", "mastodon-main en")
	_, fr := one(t, x, "hello", "mastodon-main fr")
	if en.Text != "Morning!" || fr.Text != "Bonjour, les voisins." {
		t.Error(en.Text, fr.Text)
	}
}

func TestOptionsReachTheContent(t *testing.T) {
	x := good(t, edit(t, `text: {en: "Good morning, neighbours."}`, `text: {en: "Good morning, neighbours."}
    channels: [mastodon-main, telegram-news, facebook-page]
    link: ""
    variants:
      mastodon-main: {thread: [{en: "And good night. {link}"}], visibility: unlisted, content_warning: {en: "Morning"}}
      telegram-news: {silent: true}
      facebook-page: {first_comment: {en: "Coffee?"}}`), testEnv())
	_, m := one(t, x, "hello", "mastodon-main en")
	_, g := one(t, x, "hello", "telegram-news joined")
	_, f := one(t, x, "hello", "facebook-page joined")
	if !slices.Equal(m.Thread, []string{"And good night."}) || m.Visibility != "unlisted" || m.ContentWarning != "Morning" || !g.Silent || m.Silent || f.FirstComment != "Coffee?" {
		t.Errorf("%+v %+v %+v", m, g, f)
	}
}

func TestSpacing(t *testing.T) {
	more := ""
	for i := range 3 {
		more += fmt.Sprintf("  - {id: more-%d, kind: message, at: \"2026-12-18T15:00\", text: {en: \"More %d.\", fr: \"Encore %d.\"}}\n", i, i, i)
	}
	x := good(t, append(edit(t, "{id: live, at: start, wait_for: live, text: {en: ", `{id: live, at: start, wait_for: live, text: {fr: "En direct.", en: `), more...), testEnv())
	live, _ := one(t, x, "cities-live", "live mastodon-main en")
	if live.Due.Format("15:04:05") != "14:00:00" {
		t.Errorf("we are live waits until %v", live.Due)
	}
	var last time.Time
	for _, d := range x.Deliveries {
		if !last.IsZero() && d.Due.Sub(last) < time.Minute {
			t.Errorf("%s is due %v, the one before %v", d.Post, d.Due, last)
		}
		last = d.Due
	}
	if len(x.Notes) < 7 {
		t.Errorf("only %d notes of spaced times", len(x.Notes))
	}
	for _, n := range x.Notes {
		if !n.Due.After(n.Written) {
			t.Errorf("%+v", n)
		}
	}
}

// TestNotesTellWhatSpacingDid: in the plan's zone, with the distance kept.
func TestNotesTellWhatSpacingDid(t *testing.T) {
	x := good(t, edit(t, hello, "    channels: [x-main]\n    text: {en: \"Good morning.\", fr: \"Bonjour.\"}"), testEnv())
	i := slices.IndexFunc(x.Notes, func(n Note) bool { return n.Post == "hello" })
	if i < 0 {
		t.Fatal(x.Notes)
	}
	n := x.Notes[i]
	if n.File != "good.yaml" || n.Language != "fr" || n.Gap != 300 || n.Written.Format(wallForm) != "2026-12-19T10:00" || n.Due.Format(wallForm) != "2026-12-19T10:05" {
		t.Errorf("%+v", n)
	}
}

// TestOneFindingForTheTimesOfOnePlace: the dates of a series, or the channels and
// languages of a post, do not repeat what one edit mends.
func TestOneFindingForTheTimesOfOnePlace(t *testing.T) {
	for name, tt := range map[string]struct{ old, now, code, say string }{
		"a series at night":          {"30 8 * * MON-FRI", "30 4 * * MON-FRI", "P023", "likewise 1 more time written here"},
		"past and outside":           {`at: "2026-12-15T09:00"`, `at: "2026-03-15T09:00"`, "P021", "the window is from 2026-12-14T00:00"},
		"outside in two languages":   {`at: "2026-12-15T09:00"`, `at: "2027-12-15T09:00"`, "P022", "the window is from 2026-12-14T00:00 to 2026-12-21T00:00; likewise 1 more"},
		"the day does not exist":     {`at: "2026-12-19T10:00"`, `at: "2026-12-32T10:00"`, "P020", "2026-12-32"},
		"neither spaced nor in time": {`at: "2026-12-19T10:00"`, `at: "2027-12-19T10:00"` + "\n    tolerance: 1m\n    variants: {mastodon-main: {text: {fr: Bonjour}}}", "P022", "likewise 1 more"},
	} {
		_, _, found := Load("plan.yaml", edit(t, tt.old, tt.now), testEnv())
		if len(found) != 1 || found[0].Code != tt.code || !strings.Contains(found[0].Message+found[0].Detail, tt.say) {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// TestAFileThatCannotBeReadHasOneFinding: the channel is not asked about a
// picture of which nothing is known.
func TestAFileThatCannotBeReadHasOneFinding(t *testing.T) {
	env := testEnv()
	surface := env.Surface
	env.Surface = func(id campaign.ChannelID) (Surface, bool) {
		s, ok := surface(id)
		s.Check = func(c campaign.Content) []campaign.Finding {
			if len(c.Media) > 0 && c.Media[0].Type != "image/png" {
				return []campaign.Finding{{Code: "P071", Message: "not a picture"}}
			}
			return nil
		}
		return s, ok
	}
	for file, code := range map[string]string{"../nurse.png": "P077", "media/link.png": "P077", "media/missing.png": "P070", "media/poster.png": "P072"} {
		_, _, found := Load("plan.yaml", edit(t, "media/nurse.png", file), env)
		if len(found) != 1 || found[0].Code != code {
			t.Errorf("%s: %v", file, found)
		}
	}
	if _, _, found := Load("plan.yaml", edit(t, "media/nurse.png", "media/film.gif"), env); len(found) == 0 {
		t.Error("the channel was never asked")
	}
}

func TestTwinsOfOtherPlans(t *testing.T) {
	x := good(t, edit(t), testEnv())
	d, _ := one(t, x, "hello", "mastodon-main en")
	for _, tt := range []struct {
		name string
		away time.Duration
		with func(*campaign.Delivery)
		want string
	}{
		{"same day", time.Hour, nil, "P053"},
		{"same week", 50 * time.Hour, nil, "W053"},
		{"long ago", 200 * time.Hour, nil, ""},
		{"cancelled", time.Hour, func(o *campaign.Delivery) { o.State = campaign.Cancelled }, ""},
		{"of this plan", time.Hour, func(o *campaign.Delivery) { o.Plan = "base" }, ""},
	} {
		env := testEnv()
		env.Twins = func(lane campaign.LaneID, print string) []campaign.Delivery {
			if lane != d.Lane || print != d.Fingerprint {
				return nil
			}
			o := campaign.Delivery{ID: "d_other", Plan: "other", Post: "hi", State: campaign.Published, Due: d.Due.Add(-tt.away)}
			if tt.with != nil {
				tt.with(&o)
			}
			return []campaign.Delivery{o}
		}
		_, _, found := Load("p.yaml", edit(t), env)
		got := ""
		if len(found) == 1 {
			got = found[0].Code
		}
		if got != tt.want || len(found) > 1 {
			t.Errorf("%s: %v, want %s", tt.name, found, tt.want)
		}
	}
}

func TestRepeatAndSeriesMayRepeat(t *testing.T) {
	again := "  - {id: again, kind: message, at: \"2026-12-19T20:00\", repeat: true, text: {en: \"Good morning, neighbours.\"}}\n"
	good(t, append(edit(t, `text: {en: "Good morning, neighbours."}`, "text: {en: \"Good morning, neighbours.\"}\n    repeat: true"), again...), testEnv())
}

// TestOnlyClean: posts without errors are in the expansion, the others are named.
func TestOnlyClean(t *testing.T) {
	_, x, found := Load("p.yaml", edit(t, "{challenge} until", "{chalenge} until", `at: "2026-12-19T10:00"`, `at: "2026-12-29T10:00"`), testEnv())
	if x == nil || !slices.Equal(x.Skipped, []campaign.PostID{"my-street", "hello"}) {
		t.Fatalf("%+v %v", x, found)
	}
	for _, f := range found {
		if post := PostOf(f); post != "my-street" && post != "hello" {
			t.Errorf("%s is about %q", f, post)
		}
	}
	for _, d := range x.Deliveries {
		if slices.Contains(x.Skipped, d.Post) {
			t.Errorf("%s is in the expansion", d.Post)
		}
	}
	if len(of(x, "quote-nurse")) != 2 || len(x.Values) != 0 {
		t.Errorf("%v", x)
	}
	// A fault of form in a post spoils that post only; one before the posts the whole plan.
	if _, x, _ := Load("p.yaml", edit(t, "    kind: quote", "    kind: quote\n    qwote: x"), testEnv()); x == nil || !slices.Equal(x.Skipped, []campaign.PostID{"quote-nurse"}) {
		t.Errorf("%+v", x)
	}
	if _, x, _ := Load("p.yaml", edit(t, "campaign: itac", "campaign: itac\nx: y"), testEnv()); x != nil {
		t.Error("a plan with a fault as a whole has an expansion")
	}
	// Of two posts with one id neither goes out.
	if _, x, _ := Load("p.yaml", edit(t, "  - id: hello\n", "  - id: my-street\n"), testEnv()); x == nil || !slices.Equal(x.Skipped, []campaign.PostID{"my-street"}) {
		t.Errorf("%+v", x)
	}
}

// TestWhatIsOutIsNotJudgedAgain: a plan submitted again in the middle of its
// window has no findings about what went out.
func TestWhatIsOutIsNotJudgedAgain(t *testing.T) {
	x := good(t, edit(t), testEnv())
	env := testEnv()
	env.Now = time.Date(2026, 12, 17, 12, 0, 0, 0, time.UTC)
	for _, d := range x.Deliveries {
		d.State = campaign.Scheduled
		if d.Due.Before(env.Now) {
			d.State = campaign.Published
		}
		env.Existing = append(env.Existing, d)
	}
	again := good(t, edit(t), env)
	if fmt.Sprint(again.Deliveries) != fmt.Sprint(x.Deliveries) {
		t.Error("the same plan makes other deliveries")
	}
	_, _, found := Load("p.yaml", edit(t), Env{Now: env.Now, Campaign: env.Campaign})
	if !slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == "P021" }) {
		t.Error("what is not stored may be in the past")
	}
}

// TestWhatComesBackIsJudged: a cancelled post that the file gives another time is
// planned again, so that time must be one to come; as it was cancelled it stays out.
func TestWhatComesBackIsJudged(t *testing.T) {
	x := good(t, edit(t), testEnv())
	d, _ := one(t, x, "hello", "mastodon-main en")
	for _, tt := range []struct {
		name string
		with func(*campaign.Delivery)
		want bool
	}{
		{"as it was", func(o *campaign.Delivery) {}, false},
		{"another time", func(o *campaign.Delivery) { o.Due, o.Rule, o.Wants = o.Due.Add(48*time.Hour), "another", "another" }, true},
		{"it was armed", func(o *campaign.Delivery) { o.Due, o.Wants, o.Attempt = o.Due.Add(48*time.Hour), "another", 1 }, false},
		{"a person gave it a time", func(o *campaign.Delivery) {
			o.Due, o.Rule, o.Wants = o.Due.Add(48*time.Hour), MovedRule+"later", "another"
		}, false},
	} {
		env := testEnv()
		env.Now = d.Due.Add(time.Hour)
		for _, o := range x.Deliveries {
			o.State = campaign.Cancelled
			if o.ID == d.ID {
				tt.with(&o)
			}
			env.Existing = append(env.Existing, o)
		}
		_, _, found := Load("p.yaml", edit(t), env)
		if got := slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == "P021" }); got != tt.want {
			t.Errorf("%s: %v", tt.name, found)
		}
	}
}

func TestMendedAfterMissedIsANewDelivery(t *testing.T) {
	x := good(t, edit(t), testEnv())
	d, _ := one(t, x, "hello", "mastodon-main en")
	d.State = campaign.Missed
	env := testEnv()
	env.Existing = []campaign.Delivery{d}
	same, _ := one(t, good(t, edit(t), env), "hello", "mastodon-main en")
	if same.ID != d.ID {
		t.Error("an unchanged post becomes a new delivery")
	}
	next := func(text string) campaign.Delivery {
		n, _ := one(t, good(t, edit(t, "Good morning, neighbours.", text), env), "hello", "#2 mastodon-main en")
		return n
	}
	second := next("Good day.")
	if second.ID == d.ID || second.ID != campaign.Identity(d.Takeover, d.Plan, d.Post, d.Step, d.Channel, d.Language, "#2") {
		t.Errorf("%+v", second)
	}
	second.State = campaign.Scheduled
	env.Existing = append(env.Existing, second)
	if again := next("Good day."); again.ID != second.ID {
		t.Error("the second is not found again")
	}
	if other := next("Good evening."); other.ID != second.ID {
		t.Error("a queued second is changed, not replaced")
	}
}

// TestAThousandPosts: the largest plan in bounded time and memory.
func TestAThousandPosts(t *testing.T) {
	var b strings.Builder
	b.WriteString("schema: takeover/plan-v1\nplan: big\ncampaign: itac\nwindow: mayors-march\nlanguages: [en]\ndefaults: {channels: [mastodon-main, bluesky-main, facebook-page, linkedin-org]}\nposts:\n")
	for i := range 1001 {
		fmt.Fprintf(&b, "  - {id: p-%d, kind: message, at: \"2027-03-%02dT%02d:%02d\", text: {en: \"Good morning, house %d.\"}}\n", i, 23+i%9, 6+i/9%16, i/144%60, i)
	}
	env := testEnv()
	env.Surface = nil // no daily limits
	_, _, found := Load("big.yaml", []byte(b.String()), env)
	if len(found) != 1 || found[0].Code != CodeType {
		t.Fatalf("1,001 posts: %.500v", found)
	}
	src := b.String()[:strings.LastIndex(b.String(), "  - {id: p-1000")]
	start := time.Now()
	x := good(t, []byte(src), env)
	if len(x.Deliveries) != 4000 {
		t.Errorf("%d deliveries", len(x.Deliveries))
	}
	t.Logf("%v", time.Since(start))
}

func TestPlaceholdersDoNotMultiply(t *testing.T) {
	long := strings.Repeat("w", 20_000)
	src := edit(t, `en: "I came for one year."`, `en: "`+long+`"`, `text: "“{quote}” — {speaker}\n\n{hashtags} {link}"`, `text: "`+strings.Repeat("{quote}", 3000)+`"`)
	_, x, found := Load("p.yaml", src, testEnv())
	if !slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == "P051" }) || !slices.Contains(x.Skipped, "quote-nurse") {
		t.Errorf("%.300v", found)
	}
}

// TestACheckJudgesWhatWouldLeave: where no rendition is made, as beside a plan
// that is only checked, the channel is asked about what it would be.
func TestACheckJudgesWhatWouldLeave(t *testing.T) {
	env := testEnv()
	surface := env.Surface
	env.Surface = func(id campaign.ChannelID) (Surface, bool) {
		s, ok := surface(id)
		f, _ := channels.Known(s.Platform)
		s.Check = func(c campaign.Content) []campaign.Finding { return channels.Check(f, c) }
		return s, ok
	}
	src := edit(t, nursePhoto, "      photo: nurse\n    channels: [instagram-main]\n") // which takes JPEG alone
	_, c := one(t, good(t, src, env), "quote-nurse", "instagram-main en")
	if m := c.Media[0]; m.Type != "image/jpeg" || m.Bytes != 0 {
		t.Errorf("a PNG would leave as %+v", m)
	}
	src = edit(t, nursePhoto, "      photo: nurse\n      card: true\n    channels: [instagram-main]\n")
	_, c = one(t, good(t, src, env), "quote-nurse", "instagram-main en")
	if m := c.Media[0]; m.Type != "image/jpeg" || !m.Card {
		t.Errorf("a card would leave as %+v", m)
	}
}

func TestAChannelGetsItsRendition(t *testing.T) {
	env := testEnv()
	jpeg := campaign.DigestOf([]byte("a JPEG of it"))
	var asked []campaign.Media
	env.Rendition = func(m campaign.Media, l campaign.Limits) (campaign.Media, error) {
		asked = append(asked, m)
		m.Original, m.Digest, m.Type = m.Digest, jpeg, "image/jpeg"
		return m, nil
	}
	_, x, found := Load("plan.yaml", read(t, "bad/W072-much-cut-away.yaml"), env)
	if found.HasErrors() || len(x.Deliveries) != 1 {
		t.Fatalf("%v, %+v", found, x)
	}
	got := x.Contents[x.Deliveries[0].Content].Media[0]
	if got.Digest != jpeg || got.Alt == "" || got.Credit == "" || len(asked) != 1 || got.Original != asked[0].Digest {
		t.Errorf("%+v", got)
	}
	if x.Media["media/ribbon.png"].Digest != asked[0].Digest {
		t.Error("the plan no longer knows the file itself")
	}
	for cause, code := range map[error]string{ErrMediaSize: "P072", ErrMediaType: "P071"} {
		env.Rendition = func(m campaign.Media, l campaign.Limits) (campaign.Media, error) { return m, cause }
		if _, _, found := Load("plan.yaml", read(t, "bad/W072-much-cut-away.yaml"), env); !slices.ContainsFunc(found, func(f campaign.Finding) bool { return f.Code == code }) {
			t.Errorf("%v: %v", cause, found)
		}
	}
}
