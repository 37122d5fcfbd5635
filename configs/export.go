package configs

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// CampaignSchema is the first line's value of every campaign file.
const CampaignSchema = "takeover/campaign-v1"

// ExportCampaign writes the campaign as a campaign file. Reading the text again
// gives an equal campaign (but for Revision, which counts the store's changes);
// the same campaign always gives the same text.
func ExportCampaign(c campaign.Campaign) []byte {
	var b strings.Builder
	b.WriteString("schema: " + CampaignSchema + "\n")
	for _, e := range campaignTree(c) {
		b.WriteString("\n")
		e.write(&b, "")
	}
	return []byte(b.String())
}

// campaignTree is the campaign in the order of its file: what is exported and
// what differences are named by.
func campaignTree(c campaign.Campaign) []entry {
	top := []entry{{key: "campaign", kids: []entry{
		leaf("id", c.ID),
		leaf("title", c.Title),
		leaf("timezone", c.Zone),
		leaf("languages", c.Languages),
	}}}
	if len(c.Required) > 0 {
		top[0].kids = append(top[0].kids, leaf("required_languages", c.Required))
	}
	loc := c.Location()
	top = append(top,
		mapOf("mechanisms", c.Mechanisms, mechanismTree),
		mapOf("channels", c.Channels, channelTree),
		mapOf("windows", c.Takeovers, func(t campaign.Takeover) []entry { return windowTree(t, loc) }),
		peopleTree(c.People),
		mapOf("consents", c.Consents, func(con campaign.Consent) []entry { return consentTree(con, loc) }),
		mapOf("tags", c.Tags, nil),
		mapOf("balance", c.Balance, func(ranges map[string]campaign.Range) []entry {
			var kids []entry
			for _, value := range slices.Sorted(maps.Keys(ranges)) {
				kids = append(kids, leaf(value, strconv.Itoa(ranges[value].Least)+"-"+strconv.Itoa(ranges[value].Most)))
			}
			return kids
		}),
		entry{key: "policies", kids: policyTree(c.Policies)},
		entry{key: "kit", kids: kitTree(c.Kit)},
	)
	return slices.DeleteFunc(top, func(e entry) bool { return len(e.kids) == 0 })
}

func mechanismTree(m campaign.Mechanism) []entry {
	kids := []entry{leaf("title", m.Title)}
	return appendIf(kids, m.Colour != "", leaf("colour", m.Colour))
}

func channelTree(ch campaign.Channel) []entry {
	kids := []entry{leaf("platform", ch.Platform)}
	kids = appendIf(kids, ch.Like != "", leaf("like", ch.Like))
	kids = appendIf(kids, ch.Handle != "", leaf("handle", ch.Handle))
	kids = appendIf(kids, ch.Account != accountOf(ch), leaf("account", ch.Account))
	known := settingsOf(ch.Platform)
	for _, key := range slices.Sorted(maps.Keys(ch.Settings)) {
		kids = append(kids, settingLeaf(key, ch.Settings[key], known[key].kind))
	}
	kids = append(kids, leaf("languages", string(ch.Languages)))
	kids = appendIf(kids, ch.DailyLimit != 0, leaf("daily_limit", ch.DailyLimit))
	kids = appendIf(kids, ch.MinGap != 0, leaf("min_gap", ch.MinGap))
	return appendIf(kids, ch.Paused, leaf("paused", true))
}

func settingLeaf(key, value string, kind settingKind) entry {
	switch kind {
	case settingBool:
		return leaf(key, value == "true")
	case settingSecret:
		return leaf(key, secretRef(value))
	}
	return leaf(key, value)
}

func windowTree(t campaign.Takeover, loc *time.Location) []entry {
	channels := make([]string, len(t.Channels))
	for i, ch := range t.Channels {
		channels[i] = string(ch)
	}
	hours := make([]string, len(t.NoPost))
	for i, h := range t.NoPost {
		hours[i] = formatHours(h)
	}
	kids := []entry{
		leaf("mechanism", string(t.Mechanism)),
		leaf("from", wallTime{t.From, loc}),
		leaf("to", wallTime{t.To, loc}),
		leaf("channels", channels),
	}
	kids = appendIf(kids, !t.SubmitBy.IsZero(), leaf("submit_by", wallTime{t.SubmitBy, loc}))
	kids = appendIf(kids, len(hours) > 0, leaf("no_post_hours", hours))
	kids = appendIf(kids, t.DailyLimit != 0, leaf("daily_limit", t.DailyLimit))
	kids = appendIf(kids, t.Shared, leaf("shared", true))
	return appendIf(kids, t.Revoked, leaf("revoked", true))
}

// peopleTree lists people as flow maps; their addresses name them in differences.
func peopleTree(people []campaign.Person) entry {
	e := entry{key: "people"}
	for _, p := range people {
		roles := make([]string, len(p.Roles))
		for i, r := range p.Roles {
			roles[i] = r.String()
		}
		kids := []entry{leaf("mail", string(p.Mail)), leaf("roles", roles)}
		kids = appendIf(kids, p.Deputy != "", leaf("deputy", string(p.Deputy)))
		kids = appendIf(kids, p.Disabled, leaf("disabled", true))
		e.kids = append(e.kids, entry{key: string(p.Mail), kids: kids, item: true})
	}
	return e
}

func consentTree(c campaign.Consent, loc *time.Location) []entry {
	kids := []entry{leaf("shows", c.Shows)}
	kids = appendIf(kids, len(c.Scope) > 0, leaf("scope", c.Scope))
	kids = appendIf(kids, len(c.Platforms) > 0, leaf("platforms", c.Platforms))
	kids = appendIf(kids, len(c.Languages) > 0, leaf("languages", c.Languages))
	kids = appendIf(kids, !c.Until.IsZero(), leaf("until", lastDay{c.Until, loc}))
	kids = appendIf(kids, c.Guardian, leaf("guardian", true))
	kids = appendIf(kids, c.Withdrawn, leaf("withdrawn", true))
	return appendIf(kids, c.Forgotten, leaf("forgotten", true))
}

func kitTree(k campaign.Kit) []entry {
	var kids []entry
	kids = appendIf(kids, k.Band != "", leaf("band", k.Band))
	kids = appendIf(kids, k.Ink != "", leaf("ink", k.Ink))
	kids = appendIf(kids, k.Logo != "", leaf("logo", string(k.Logo)))
	kids = appendIf(kids, len(k.Hashtags) > 0, leaf("hashtags", k.Hashtags))
	phrases := mapOf("phrases", k.Phrases, byLanguage)
	kids = appendIf(kids, len(k.Phrases) > 0, phrases)
	kids = appendIf(kids, len(k.Credits) > 0, mapOf("credits", k.Credits, nil))
	templates := mapOf("templates", k.Templates, func(kinds map[campaign.Kind]map[string]string) []entry {
		return mapOf("", kinds, byLanguage).kids
	})
	kids = appendIf(kids, len(k.Templates) > 0, templates)
	fonts := entry{key: "fonts"}
	for _, f := range k.Fonts {
		font := []entry{leaf("file", string(f.File))}
		font = appendIf(font, f.Name != "", leaf("name", f.Name))
		fonts.kids = append(fonts.kids, entry{item: true, kids: append(font, leaf("licence", f.Licence))})
	}
	return appendIf(kids, len(k.Fonts) > 0, fonts)
}

func byLanguage(text map[string]string) []entry { return mapOf("", text, nil).kids }

func policyTree(p campaign.Policies) []entry {
	who := make([]string, len(p.WhoMayStop))
	for i, r := range p.WhoMayStop {
		who[i] = string(r)
	}
	return []entry{
		leaf("approvals", p.Approvals),
		leaf("two_person", p.TwoPerson),
		leaf("min_lead", p.MinLead),
		leaf("alt_text", string(p.AltText)),
		leaf("consent", string(p.Consent)),
		leaf("on_restart_late", p.OnRestartLate),
		leaf("who_may_stop", who),
		leaf("anchor_moves", p.AnchorMoves),
		leaf("max_occurrences", p.MaxOccurrences),
	}
}

// entry is a key of the file with a value or with keys below it.
type entry struct {
	key   string
	value any // string, bool, int, []string, time.Duration, secretRef, wallTime, lastDay
	kids  []entry
	item  bool // an item of a list, written as a flow map
}

func leaf(key string, value any) entry { return entry{key: key, value: value} }

func appendIf(list []entry, cond bool, e entry) []entry {
	if cond {
		list = append(list, e)
	}
	return list
}

// mapOf is a map of the campaign in the order of its keys; without inner the
// values themselves are leaves.
func mapOf[K ~string, V any](key string, m map[K]V, inner func(V) []entry) entry {
	e := entry{key: key}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if inner == nil {
			e.kids = append(e.kids, leaf(string(k), m[k]))
			continue
		}
		e.kids = append(e.kids, entry{key: string(k), kids: inner(m[k])})
	}
	return e
}

// write puts the entry and all below it on lines of their own.
func (e entry) write(b *strings.Builder, indent string) {
	if e.item {
		parts := make([]string, len(e.kids))
		for i, k := range e.kids {
			parts[i] = quoted(k.key) + ": " + yamlText(k.value)
		}
		b.WriteString(indent + "- {" + strings.Join(parts, ", ") + "}\n")
		return
	}
	b.WriteString(indent + quoted(e.key) + ":")
	if e.kids == nil {
		b.WriteString(" " + yamlText(e.value) + "\n")
		return
	}
	b.WriteString("\n")
	for _, k := range e.kids {
		k.write(b, indent+"  ")
	}
}

// yamlText is a value as the file has it.
func yamlText(v any) string {
	switch v := v.(type) {
	case string:
		return quoted(v)
	case []string:
		parts := make([]string, len(v))
		for i, s := range v {
			parts[i] = quoted(s)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case secretRef:
		kind, name, _ := strings.Cut(string(v), ":")
		return "{" + kind + ": " + quoted(name) + "}"
	case wallTime, lastDay:
		return strconv.Quote(words(v))
	}
	return words(v)
}

// words is a value as people read it.
func words(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []string:
		return strings.Join(v, ", ")
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case time.Duration:
		return yamlwalk.FormatDuration(v)
	case secretRef:
		return string(v)
	case wallTime:
		return v.String()
	case lastDay:
		return v.String()
	}
	panic("configs: a value without a form")
}

// quoted leaves harmless words bare and puts everything else in double quotes.
func quoted(s string) string {
	bare := s != "" && !reservedWords[strings.ToLower(s)]
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		bare = bare && (letter || i > 0 && (r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' || r == '/' || r == '@'))
	}
	if bare {
		return s
	}
	return strconv.Quote(s)
}

// reservedWords mean something else than themselves to one YAML reader or another.
var reservedWords = map[string]bool{"true": true, "false": true, "yes": true, "no": true, "on": true, "off": true, "y": true, "n": true, "null": true, "nan": true, "inf": true}
