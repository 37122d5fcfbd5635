package configs

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/card"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// codes are the codes for faults of form in both files.
var codes = yamlwalk.Codes{Bytes: "C005", Syntax: "C005", Feature: "C005", Key: "C006", Type: "C007"}

// Bounds of a campaign file; far above any campaign, far below what hurts.
const (
	maxLanguages  = 32
	maxMechanisms = 200
	maxChannels   = 1000
	maxWindows    = 2000
	maxPeople     = 2000
	maxConsents   = 20000
	maxPlatforms  = 40
	maxTags       = 50
	maxTagValues  = 200
)

// ParseCampaign reads a campaign file. All findings come at once, in the order
// of the file; the campaign may be used only when none of them is an error.
// known tells whether this program can publish to a platform; nil stands for
// all platforms there are. Secrets may be named anywhere, see Rules.
func ParseCampaign(file string, src []byte, known func(platform string) bool) (campaign.Campaign, campaign.Findings) {
	return Rules{Platform: known}.ParseCampaign(file, src)
}

// Rules are what the server that a campaign is for can and allows.
type Rules struct {
	// Platform tells whether the program can publish to a platform; nil stands
	// for all platforms there are.
	Platform func(platform string) bool
	// Secret says what is wrong with a reference to a secret ("file:x.token")
	// and what to do; "" is nothing. nil allows every reference.
	Secret func(ref string) (why, fix string)
}

// ParseCampaign reads a campaign file under the rules.
func (rules Rules) ParseCampaign(file string, src []byte) (campaign.Campaign, campaign.Findings) {
	doc, root := yamlwalk.Parse(file, src, yamlwalk.Limits{}, codes)
	if !root.Written() {
		return campaign.Campaign{}, doc.Findings()
	}
	if rules.Platform == nil {
		rules.Platform = func(name string) bool { _, ok := platformSettings[name]; return ok }
	}
	if rules.Secret == nil {
		rules.Secret = func(string) (why, fix string) { return "", "" }
	}
	r := campaignReader{doc: doc, known: rules.Platform, secret: rules.Secret, loc: time.UTC}
	m := root.Map()
	schemaLine(m.Need("schema"), CampaignSchema)
	r.head(m.Need("campaign"))
	r.mechanisms(m.Need("mechanisms"))
	r.channels(m.Need("channels"))
	r.windows(m.Opt("windows"))
	r.people(m.Opt("people"))
	r.consents(m.Opt("consents"))
	r.tags(m.Opt("tags"))
	r.balance(m.Opt("balance"))
	r.policies(m.Opt("policies"))
	r.kit(m.Opt("kit"))
	m.Done()
	r.acrossSections()
	return r.c, doc.Findings()
}

// schemaLine checks which format a file says it has.
func schemaLine(v yamlwalk.Value, want string) {
	if s := v.String(); s.Written() && s.Value != want {
		v.Error("C004", fmt.Sprintf("the schema is %q, not %s", short(s.Value), want), "write schema: "+want)
	}
}

// short is what a person wrote, cut to fit a message.
func short(s string) string {
	if r := []rune(s[:min(len(s), 400)]); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

// campaignReader walks one campaign file.
type campaignReader struct {
	doc    *yamlwalk.Doc
	known  func(string) bool
	secret func(ref string) (why, fix string)
	c      campaign.Campaign
	loc    *time.Location

	windowAt map[campaign.TakeoverID]yamlwalk.Pos // where each window's name stands
	manual   []personRef                          // who posts for manual channels
	deputies []personRef
	approval yamlwalk.Pos // where policies.approvals stands, else the policies or nothing
}

// personRef is a place that names a person.
type personRef struct {
	value yamlwalk.Value
	mail  campaign.PersonID
}

func (r *campaignReader) head(v yamlwalk.Value) {
	m := v.Map()
	r.c.ID = m.Need("id").ID().Value
	r.c.Title = m.Need("title").String().Value
	if zone := m.Need("timezone"); zone.Written() {
		r.zone(zone)
	}
	r.c.Languages = languageList(m.Need("languages"), 1)
	required := m.Opt("required_languages")
	r.c.Required = languageList(required, 0)
	for _, tag := range r.c.Required {
		if !slices.Contains(r.c.Languages, tag) {
			required.Error("C030", fmt.Sprintf("%q is required but not one of the campaign's languages", tag), "add it to languages, or remove it here")
		}
	}
	m.Done()
}

func (r *campaignReader) zone(v yamlwalk.Value) {
	s := v.String()
	if !s.Written() {
		return
	}
	loc, err := loadZone(s.Value)
	if err != nil {
		v.Error("C030", err.Error(), zoneFix(s.Value))
		return
	}
	r.c.Zone, r.loc = s.Value, loc
}

// loadZone accepts the names of places, and UTC. Abbreviations and offsets know
// no summer time or mean different things to different people.
func loadZone(name string) (*time.Location, error) {
	if name != "UTC" && !strings.Contains(name, "/") || strings.HasPrefix(name, "Etc/") || strings.Contains(name, "..") {
		return nil, fmt.Errorf("%q is not a time zone of a place", short(name))
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a known time zone", short(name))
	}
	return loc, nil
}

func zoneFix(name string) string {
	if place := map[string]string{"CET": "Europe/Brussels", "CEST": "Europe/Brussels", "GMT": "Europe/London", "BST": "Europe/London", "WET": "Europe/Lisbon", "EET": "Europe/Athens", "EST": "America/New_York", "EDT": "America/New_York", "PST": "America/Los_Angeles"}[name]; place != "" {
		return "name a place, such as " + place
	}
	return "name a place as the IANA zone list has it, such as Europe/Brussels"
}

// languagePattern is the form of language tags; which ones exist is checked apart.
const languagePattern = `^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`

var languageForm = regexp.MustCompile(languagePattern)

func languageList(v yamlwalk.Value, least int) []string {
	var tags []string
	for _, item := range v.List(least, maxLanguages) {
		s := item.Match(languageForm, "a language tag", "fr")
		if !s.Written() {
			continue
		}
		if _, err := language.Parse(s.Value); err != nil {
			item.Error("C030", fmt.Sprintf("%q is not a known language", short(s.Value)), "write a BCP 47 tag such as en, fr, es, ar or pt-BR")
			continue
		}
		if slices.Contains(tags, s.Value) {
			item.Error("C030", fmt.Sprintf("%q stands here twice", s.Value), "remove one")
			continue
		}
		tags = append(tags, s.Value)
	}
	return tags
}

const colourPattern = `^#[0-9A-Fa-f]{6}$`

var colourForm = regexp.MustCompile(colourPattern)

func (r *campaignReader) mechanisms(v yamlwalk.Value) {
	r.c.Mechanisms = map[campaign.MechanismID]campaign.Mechanism{}
	for _, e := range ids(v, 1, maxMechanisms) {
		m := e.Map()
		r.c.Mechanisms[campaign.MechanismID(e.Key.Value)] = campaign.Mechanism{
			Title:  m.Need("title").String().Value,
			Colour: m.Opt("colour").Match(colourForm, "a colour", "#2B6CB0").Value,
		}
		m.Done()
	}
}

// ids reads a map whose keys are ids, with bounds on their number.
func ids(v yamlwalk.Value, least, most int) []yamlwalk.Entry {
	return bounded(v, v.IDs(), least, most)
}

func bounded(v yamlwalk.Value, entries []yamlwalk.Entry, least, most int) []yamlwalk.Entry {
	n := len(entries)
	switch {
	case !v.IsMap():
	case n < least && n == 0:
		v.Error("C007", "nothing stands here", "add at least one")
	case n > most:
		v.Error("C007", fmt.Sprintf("%d entries, more than %d", n, most), fmt.Sprintf("keep at most %d", most))
		return entries[:most]
	}
	return entries
}

func (r *campaignReader) consents(v yamlwalk.Value) {
	if !v.Written() {
		return
	}
	r.c.Consents = map[string]campaign.Consent{}
	for _, e := range bounded(v, v.Entries(), 0, maxConsents) {
		if !consentForm.MatchString(e.Key.Value) {
			r.doc.Error(e.Key.Pos, "C006", "a consent's reference is not of letters, digits, points and hyphens", `write it like "MAYORS-017", at most 64 characters`)
			continue
		}
		m := e.Map()
		c := campaign.Consent{Shows: m.Need("shows").String().Value}
		for _, item := range m.Opt("scope").List(0, 2) {
			if s := item.Enum("web", "social"); s.Written() {
				c.Scope = append(c.Scope, s.Value)
			}
		}
		for _, item := range m.Opt("platforms").List(0, maxPlatforms) {
			if s := item.ID(); s.Written() {
				c.Platforms = append(c.Platforms, s.Value)
			}
		}
		c.Languages = languageList(m.Opt("languages"), 0)
		c.Until = r.when(m.Opt("until"), lastDayForm, `a day like "2027-12-31" or a local time`, parseLastDay)
		c.Guardian = m.Opt("guardian").Bool(false)
		c.Withdrawn = m.Opt("withdrawn").Bool(false)
		c.Forgotten = m.Opt("forgotten").Bool(false)
		m.Done()
		r.c.Consents[e.Key.Value] = c
	}
}

const consentPattern = `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`

var consentForm = regexp.MustCompile(consentPattern)

func (r *campaignReader) tags(v yamlwalk.Value) {
	if !v.Written() {
		return
	}
	r.c.Tags = map[string][]string{}
	for _, e := range ids(v, 0, maxTags) {
		var values []string
		for _, item := range e.List(1, maxTagValues) {
			if s := item.ID(); s.Written() {
				values = append(values, s.Value)
			}
		}
		r.c.Tags[e.Key.Value] = values
	}
}

// sharePattern is the form of an agreed share, in percent.
const sharePattern = `^(0|[1-9][0-9]?|100)-(0|[1-9][0-9]?|100)$`

var shareForm = regexp.MustCompile(sharePattern)

func (r *campaignReader) balance(v yamlwalk.Value) {
	if !v.Written() {
		return
	}
	r.c.Balance = map[string]map[string]campaign.Range{}
	for _, e := range ids(v, 0, maxTags) {
		ranges := map[string]campaign.Range{}
		for _, value := range ids(e.Value, 1, maxTagValues) {
			s := value.Match(shareForm, "a range of percent", "20-40")
			if !s.Written() {
				continue
			}
			m := shareForm.FindStringSubmatch(s.Value)
			least, _ := strconv.Atoi(m[1])
			most, _ := strconv.Atoi(m[2])
			if least > most {
				value.Error("C006", fmt.Sprintf("%s is the wrong way round", s.Value), fmt.Sprintf("write %d-%d", most, least))
				continue
			}
			ranges[value.Key.Value] = campaign.Range{Least: least, Most: most}
		}
		r.c.Balance[e.Key.Value] = ranges
	}
}

func (r *campaignReader) policies(v yamlwalk.Value) {
	p := campaign.DefaultPolicies()
	r.approval = v.Pos()
	if v.Written() {
		m := v.Map()
		p.Approvals = r.approvals(m.Opt("approvals"), p.Approvals)
		p.TwoPerson = m.Opt("two_person").As("C060").Bool(p.TwoPerson)
		p.MinLead = m.Opt("min_lead").As("C060").Duration(p.MinLead)
		p.AltText = strictness(m.Opt("alt_text"), p.AltText)
		p.Consent = strictness(m.Opt("consent"), p.Consent)
		p.OnRestartLate = firstOf(m.Opt("on_restart_late").As("C060").Enum("send", "skip", "ask").Value, p.OnRestartLate)
		if who := m.Opt("who_may_stop").As("C060"); who.Written() {
			p.WhoMayStop = nil
			for _, item := range who.List(1, 3) {
				if s := item.Enum("organizer", "approver", "lead"); s.Written() {
					p.WhoMayStop = append(p.WhoMayStop, campaign.RoleName(s.Value))
				}
			}
		}
		p.AnchorMoves = m.Opt("anchor_moves").As("C060").Duration(p.AnchorMoves)
		if most := m.Opt("max_occurrences").As("C060"); most.Written() {
			p.MaxOccurrences = int(most.Int(1, 10000))
		}
		m.Done()
	}
	r.c.Policies = p
}

// maxPhrase bounds a phrase of the kit, in bytes.
const maxPhrase = 2000

func (r *campaignReader) kit(v yamlwalk.Value) {
	if !v.Written() {
		return
	}
	m := v.Map()
	k := &r.c.Kit
	band := m.Opt("band")
	k.Band = band.Match(colourForm, "a colour", "#121F3A").Value
	ink := m.Opt("ink")
	k.Ink = ink.Match(colourForm, "a colour", "#FFFFFF").Value
	if err := card.CheckColours(card.Colour(k.Band), card.Colour(k.Ink)); err != nil {
		at := ink
		if !at.Written() {
			at = band
		}
		at.Error("C070", err.Error(), "write a darker band or a lighter ink, such as \"#121F3A\" and \"#FFFFFF\"")
	}
	k.Logo = campaign.Digest(m.Opt("logo").Match(digestForm, "the digest of a stored picture", "as the kit's page fills it in").Value)
	if tags := m.Opt("hashtags"); tags.Written() {
		for _, item := range tags.List(1, maxTags) {
			if s := item.Match(hashtagForm, "a hashtag", "#ItTakesACommunity"); s.Written() {
				k.Hashtags = append(k.Hashtags, s.Value)
			}
		}
	}
	if phrases := m.Opt("phrases"); phrases.Written() {
		k.Phrases = map[string]map[string]string{}
		for _, e := range ids(phrases, 0, maxTagValues) {
			k.Phrases[e.Key.Value] = r.phrase(e.Value)
		}
	}
	if credits := m.Opt("credits"); credits.Written() {
		k.Credits = map[string]string{}
		for _, e := range ids(credits, 0, maxTagValues) {
			if s := r.bounded(e.Value, "credit line", maxCredit); s != "" {
				k.Credits[e.Key.Value] = s
			}
		}
	}
	if templates := m.Opt("templates"); templates.Written() {
		k.Templates = map[campaign.TakeoverID]map[campaign.Kind]map[string]string{}
		for _, e := range ids(templates, 0, maxWindows) {
			if of := r.templates(e); len(of) > 0 {
				k.Templates[campaign.TakeoverID(e.Key.Value)] = of
			}
		}
	}
	if fonts := m.Opt("fonts"); fonts.Written() {
		for _, item := range fonts.List(0, maxFonts) {
			f := item.Map()
			k.Fonts = append(k.Fonts, campaign.Font{
				File:    campaign.Digest(f.Need("file").Match(digestForm, "the digest of a stored font", "as the kit's page fills it in").Value),
				Name:    r.bounded(f.Opt("name"), "name", maxCredit),
				Licence: r.bounded(f.Need("licence"), "licence", maxCredit),
			})
			f.Done()
		}
	}
	m.Done()
}

// Bounds of the kit: bytes of a line, and fonts, each of which a card reads.
const (
	maxCredit = 500
	maxFonts  = 8
)

// templates are the texts of one phase, by kind of post and language.
func (r *campaignReader) templates(phase yamlwalk.Entry) map[campaign.Kind]map[string]string {
	if _, ok := r.c.Takeovers[campaign.TakeoverID(phase.Key.Value)]; !ok {
		phase.Error("C071", fmt.Sprintf("there is no window %q", short(phase.Key.Value)), "write the id of a window")
	}
	out := map[campaign.Kind]map[string]string{}
	m := phase.Value.Map()
	for _, kind := range campaign.Kinds() {
		if v := m.Opt(string(kind)); v.Written() {
			out[kind] = r.phrase(v)
		}
	}
	m.Done()
	return out
}

// digestPattern is the form of a stored picture's digest.
const digestPattern = `^[0-9a-f]{64}$`

var digestForm = regexp.MustCompile(digestPattern)

// hashtagPattern is the form of a hashtag.
const hashtagPattern = `^#[\pL\pN_]{1,100}$`

var hashtagForm = regexp.MustCompile(hashtagPattern)

// phrase is a text by languages of the campaign.
func (r *campaignReader) phrase(v yamlwalk.Value) map[string]string {
	out := map[string]string{}
	for _, e := range bounded(v, v.Entries(), 1, maxLanguages) {
		if !slices.Contains(r.c.Languages, e.Key.Value) {
			e.Value.Error("C030", fmt.Sprintf("%q is not one of the campaign's languages", short(e.Key.Value)), "add it to languages, or remove it here")
			continue
		}
		if s := r.bounded(e.Value, "phrase", maxPhrase); s != "" {
			out[e.Key.Value] = s
		}
	}
	return out
}

// bounded is a text of at most so many bytes.
func (r *campaignReader) bounded(v yamlwalk.Value, what string, most int) string {
	s := v.String()
	if len(s.Value) > most {
		v.Error("C007", fmt.Sprintf("the %s has %d bytes, at most %d are taken", what, len(s.Value), most), "shorten it")
		return ""
	}
	return s.Value
}

// approvals is 0, 1, 2, or "optional": asked of nobody, recorded if given.
func (r *campaignReader) approvals(v yamlwalk.Value, other int) int {
	if !v.Written() {
		return other
	}
	r.approval = v.Pos()
	if v.IsString() {
		v.As("C060").Enum("optional")
		return 0
	}
	return int(v.As("C060").Int(0, 2))
}

func strictness(v yamlwalk.Value, other campaign.Strictness) campaign.Strictness {
	s := v.As("C060").Enum(string(campaign.Required), string(campaign.Warn), string(campaign.Off))
	return campaign.Strictness(firstOf(s.Value, string(other)))
}

// when reads a time of the campaign's zone; form is its outer form, what says
// it in words.
func (r *campaignReader) when(v yamlwalk.Value, form *regexp.Regexp, what string, parse func(string, *time.Location) (time.Time, error)) time.Time {
	s := v.Match(form, what, "2026-12-18T09:00")
	if !s.Written() {
		return time.Time{}
	}
	at, err := parse(s.Value, r.loc)
	if err != nil {
		v.Error("C050", err.Error(), "write a day that the calendar has")
	}
	return at
}

var (
	wallForm    = regexp.MustCompile(wallPattern)
	lastDayForm = regexp.MustCompile(lastDayPattern)
)

// lastDayPattern is a day or a local date-time.
const lastDayPattern = `^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}([+-][0-9]{2}:[0-9]{2})?)?)?$`
