package configs

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ittakesacommunity/takeover/campaign"
)

var (
	genID   = rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,8}`)
	genText = rapid.OneOf(rapid.StringMatching(`[A-Za-z]{1,6}`), rapid.SampledFrom([]string{"yes", "null", "~", "it's: a \"test\"", "# no comment", "{x}", "é ü 你好 مرحبا", "a\tb\nc", "0x10", "1e3", "2026-12-18", "- a", "👩‍⚕️", "\\", "@x", "%", "*", "&a", "!t", "a: b", "NaN", "1_000"}))
	genLang = rapid.SampledFrom([]string{"en", "fr", "es", "ar", "pt-BR", "zh-Hant"})
	genMail = rapid.StringMatching(`[a-z]{1,5}@[a-z]{1,5}\.example`)
	genZone = rapid.SampledFrom([]string{"UTC", "Europe/Brussels", "America/Guayaquil", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca"})
)

// genTime draws instants, often near a change of the clocks.
func genTime(t *rapid.T, label string) time.Time {
	base := rapid.SampledFrom([]int64{
		time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC).Unix(), time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC).Unix(),
		time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC).Unix(), time.Date(2026, 12, 18, 0, 0, 0, 0, time.UTC).Unix(),
	}).Draw(t, label)
	return time.Unix(base+rapid.Int64Range(-5*3600, 5*3600).Draw(t, label+" offset"), 0).UTC()
}

// genCampaign draws campaigns that a file could say.
func genCampaign(t *rapid.T) campaign.Campaign {
	c := campaign.Campaign{
		ID: genID.Draw(t, "id"), Title: genText.Draw(t, "title"), Zone: genZone.Draw(t, "zone"),
		Languages: rapid.SliceOfNDistinct(genLang, 1, 3, rapid.ID).Draw(t, "languages"),
		Policies: campaign.Policies{
			Approvals: rapid.IntRange(0, 2).Draw(t, "approvals"), TwoPerson: rapid.Bool().Draw(t, "two"),
			MinLead: genSeconds(t), AltText: genStrict(t), Consent: genStrict(t), OnRestartLate: rapid.SampledFrom([]string{"send", "skip", "ask"}).Draw(t, "late"),
			WhoMayStop:  rapid.SliceOfNDistinct(rapid.SampledFrom([]campaign.RoleName{campaign.Organizer, campaign.Approver, campaign.Lead}), 1, 3, rapid.ID).Draw(t, "stop"),
			AnchorMoves: genSeconds(t), MaxOccurrences: rapid.IntRange(1, 10000).Draw(t, "max"),
		},
		Mechanisms: map[campaign.MechanismID]campaign.Mechanism{}, Channels: map[campaign.ChannelID]campaign.Channel{},
	}
	if rapid.Bool().Draw(t, "required") {
		c.Required = c.Languages[:1:1]
	}
	for _, id := range ids3(t, "mechanism", 1) {
		c.Mechanisms[campaign.MechanismID(id)] = campaign.Mechanism{Title: genText.Draw(t, "title"), Colour: rapid.SampledFrom([]string{"", "#2B6CB0"}).Draw(t, "colour")}
	}
	for _, id := range ids3(t, "channel", 1) {
		c.Channels[campaign.ChannelID(id)] = genChannel(t)
	}
	if windows := ids3(t, "window", 0); len(windows) > 0 {
		c.Takeovers = map[campaign.TakeoverID]campaign.Takeover{}
		for _, id := range windows {
			c.Takeovers[campaign.TakeoverID(id)] = genWindow(t, c)
		}
	}
	if refs := ids3(t, "consent", 0); len(refs) > 0 {
		c.Consents = map[string]campaign.Consent{}
		for _, ref := range refs {
			con := campaign.Consent{Shows: genText.Draw(t, "shows"), Guardian: rapid.Bool().Draw(t, "guardian"), Withdrawn: rapid.Bool().Draw(t, "withdrawn")}
			if rapid.Bool().Draw(t, "ends") {
				con.Until = genTime(t, "until")
				con.Scope, con.Languages = []string{"web"}, []string{"en"}
			}
			c.Consents[strings.ToUpper(ref)] = con
		}
	}
	if rapid.Bool().Draw(t, "balance") {
		least := rapid.IntRange(0, 100).Draw(t, "least")
		c.Balance = map[string]map[string]campaign.Range{"region": {"africa": {Least: least, Most: rapid.IntRange(least, 100).Draw(t, "most")}}}
	}
	if rapid.Bool().Draw(t, "kit") {
		c.Kit = campaign.Kit{Band: "#102030", Ink: rapid.SampledFrom([]string{"", "#FFFFFF"}).Draw(t, "ink"), Hashtags: rapid.SampledFrom([][]string{nil, {"#ItTakesACommunity", "#مجتمع"}}).Draw(t, "hashtags"),
			Logo: rapid.SampledFrom([]campaign.Digest{"", campaign.DigestOf([]byte("logo"))}).Draw(t, "logo")}
		if rapid.Bool().Draw(t, "phrases") {
			c.Kit.Credits = map[string]string{"archive": genText.Draw(t, "credit")}
			c.Kit.Fonts = []campaign.Font{{File: campaign.DigestOf([]byte("font")), Name: rapid.SampledFrom([]string{"", "Example Sans"}).Draw(t, "font"), Licence: "OFL-1.1"}}
			for w := range c.Takeovers {
				c.Kit.Templates = map[campaign.TakeoverID]map[campaign.Kind]map[string]string{w: {campaign.Quote: {c.Languages[0]: "“{quote}”"}, campaign.Message: {c.Languages[0]: genText.Draw(t, "template")}}}
				break
			}
			c.Kit.Phrases = map[string]map[string]string{"welcome": {c.Languages[0]: genText.Draw(t, "phrase")}}
		}
	}
	if keys := ids3(t, "tag", 0); len(keys) > 0 {
		c.Tags = map[string][]string{}
		for _, key := range keys {
			c.Tags[key] = ids3(t, "value", 1)
		}
	}
	c.People = genPeople(t, c)
	return c
}

func ids3(t *rapid.T, label string, least int) []string {
	return rapid.SliceOfNDistinct(genID, least, 3, rapid.ID).Draw(t, label)
}

func genSeconds(t *rapid.T) time.Duration {
	return time.Duration(rapid.SampledFrom([]int{0, 1, 59, 60, 3600, 5400, 86400, 90061}).Draw(t, "seconds")) * time.Second
}

func genStrict(t *rapid.T) campaign.Strictness {
	return rapid.SampledFrom([]campaign.Strictness{campaign.Required, campaign.Warn, campaign.Off}).Draw(t, "strict")
}

func genChannel(t *rapid.T) campaign.Channel {
	ch := campaign.Channel{
		Platform: rapid.SampledFrom(platformNames()).Draw(t, "platform"), Handle: rapid.OneOf(rapid.Just(""), genText).Draw(t, "handle"),
		Languages:  rapid.SampledFrom([]campaign.LanguageMode{campaign.Separate, campaign.Joined, campaign.First}).Draw(t, "mode"),
		DailyLimit: rapid.IntRange(0, 50).Draw(t, "limit"), MinGap: genSeconds(t), Paused: rapid.Bool().Draw(t, "paused"),
	}
	if ch.Platform == "sandbox" && rapid.Bool().Draw(t, "likes") {
		ch.Like = rapid.SampledFrom(platformNames()).Draw(t, "like")
	}
	set := map[string]string{}
	for _, key := range sortedSettings(ch.Platform) {
		s := settingsOf(ch.Platform)[key]
		if !s.required && !rapid.Bool().Draw(t, key) {
			continue
		}
		switch s.kind {
		case settingURL:
			set[key] = rapid.SampledFrom([]string{"https://a.example", "https://b.example:8443/@x?y=1"}).Draw(t, key)
		case settingBool:
			set[key] = "true"
		case settingSecret:
			set[key] = rapid.SampledFrom([]string{"file:a b.token", "env:TOKEN", "file:/run/x: y"}).Draw(t, key)
		case settingMail:
			set[key] = genMail.Draw(t, key)
		default:
			set[key] = genText.Draw(t, key)
		}
	}
	if len(set) > 0 {
		ch.Settings = set
	}
	ch.Account = accountOf(ch)
	if rapid.Bool().Draw(t, "account") {
		ch.Account = rapid.OneOf(rapid.Just(""), genText).Draw(t, "account id")
	}
	return ch
}

func sortedSettings(platform string) []string {
	var keys []string
	for key := range settingsOf(platform) {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func genWindow(t *rapid.T, c campaign.Campaign) campaign.Takeover {
	from := genTime(t, "from")
	w := campaign.Takeover{From: from, To: from.Add(time.Duration(rapid.IntRange(1, 100000).Draw(t, "long")) * time.Second), Shared: true, Revoked: rapid.Bool().Draw(t, "revoked")}
	for id := range c.Mechanisms {
		w.Mechanism = max(w.Mechanism, id)
	}
	for id := range c.Channels {
		w.Channels = append(w.Channels, id)
	}
	slices.Sort(w.Channels)
	if rapid.Bool().Draw(t, "more") {
		w.SubmitBy = w.From
		w.NoPost = []campaign.HourRange{{From: 23 * 60, Until: 6*60 + 5}, {From: 0, Until: 24 * 60}}
		w.DailyLimit = 3
	}
	return w
}

func genPeople(t *rapid.T, c campaign.Campaign) []campaign.Person {
	var people []campaign.Person
	for _, mail := range rapid.SliceOfNDistinct(genMail, 0, 3, rapid.ID).Draw(t, "people") {
		p := campaign.Person{Mail: campaign.PersonID(mail), Roles: []campaign.Role{{Name: campaign.Organizer}}, Disabled: rapid.Bool().Draw(t, "disabled")}
		for id := range c.Mechanisms {
			p.Roles = append(p.Roles, campaign.Role{Name: campaign.Lead, Mechanism: id})
			break
		}
		if len(people) > 0 {
			p.Deputy = people[0].Mail
		}
		people = append(people, p)
	}
	return people
}

func TestExportReadsBackEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := genCampaign(t)
		text := ExportCampaign(c)
		back, findings := ParseCampaign("export.yaml", text, nil)
		if findings.HasErrors() {
			t.Fatalf("%v\n%s", findings, text)
		}
		if !reflect.DeepEqual(c, back) {
			t.Fatalf("differs: %v\n%+v\n%+v\n%s", DiffCampaign(&c, &back), c, back, text)
		}
		if again := ExportCampaign(back); string(again) != string(text) {
			t.Fatalf("a second export differs:\n%s\n%s", text, again)
		}
	})
}

func TestDiffIsEmptyForEqualAndOnlyForEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genCampaign(t), genCampaign(t)
		if d := DiffCampaign(&a, new(a.Clone())); len(d) > 0 {
			t.Fatalf("a campaign differs from itself: %v", d)
		}
		if d := DiffCampaign(&a, &b); (len(d) == 0) != reflect.DeepEqual(a, b) {
			t.Fatalf("%d changes between\n%s\n%s", len(d), ExportCampaign(a), ExportCampaign(b))
		}
	})
}

func TestDiffInWords(t *testing.T) {
	old := exampleCampaign(t)
	c := old.Clone()
	w := c.Takeovers["youth-dec"]
	w.To = w.To.Add(12 * time.Hour)
	c.Takeovers["youth-dec"] = w
	delete(c.Takeovers, "business-dec")
	ch := c.Channels["x-main"]
	ch.MinGap, ch.Paused = 10*time.Minute, true
	c.Channels["x-main"] = ch
	c.People = append(c.People, campaign.Person{Mail: "new@campaign.example", Roles: []campaign.Role{{Name: campaign.Viewer}}})
	c.Tags = nil
	var got []string
	for _, change := range DiffCampaign(&old, &c) {
		got = append(got, change.String())
	}
	want := []string{
		"~ channels.x-main.min_gap: 5m → 10m",
		"+ channels.x-main.paused: true",
		"~ windows.youth-dec.to: 2026-12-28T00:00:00+01:00 → 2026-12-28T12:00:00+01:00",
		"- windows.business-dec: {mechanism: business, from: 2026-12-07T00:00:00+01:00, to: 2026-12-14T00:00:00+01:00, channels: [x-main, mastodon-main, facebook-page, instagram-main, linkedin-org], submit_by: 2026-12-04T18:00:00+01:00, no_post_hours: [\"23:00-06:00\"], daily_limit: 12, shared: true}",
		"+ people.new@campaign.example: {mail: new@campaign.example, roles: [viewer]}",
		"- tags.gender: [woman, man, mixed, not-said]",
		"- tags.region: [africa, americas, arab-states, asia-pacific, europe]",
		"- tags.role: [care, craft, culture, education, food, public-service, transport]",
	}
	first := DiffCampaign(nil, &old)
	for _, change := range first {
		if change.Old != "" {
			t.Errorf("the first campaign has no former: %s", change)
		}
	}
	if len(first) < 20 || first[0].String() != "+ campaign.id: itac" {
		t.Errorf("the first campaign: %v", first)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
