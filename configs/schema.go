package configs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// Schema is the JSON Schema (2020-12) of "campaign" or "config" files, for
// editors. It says the form of a file; what needs more than its form (zones,
// overlaps, who is known) only ParseCampaign and ParseServer find.
func Schema(name string) ([]byte, error) {
	var s node
	switch name {
	case "campaign":
		s = campaignSchema()
	case "config":
		s = serverSchema()
	default:
		return nil, fmt.Errorf("no schema %q; there are campaign and config", name)
	}
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "takeover " + name + " file"
	return json.MarshalIndent(s, "", "  ")
}

// node is a schema or a part of one.
type node map[string]any

func campaignSchema() node {
	return object(node{
		"schema": node{"const": CampaignSchema},
		"campaign": object(node{
			"id":                 id(),
			"title":              text(),
			"timezone":           describe(text(), "IANA name of a place, such as Europe/Brussels"),
			"languages":          list(pattern(languagePattern), 1, maxLanguages),
			"required_languages": list(pattern(languagePattern), 0, maxLanguages),
		}, "id", "title", "timezone", "languages"),
		"mechanisms": byID(object(node{"title": text(), "colour": pattern(colourPattern)}, "title"), 1, maxMechanisms),
		"channels":   byID(node{"oneOf": channelSchemas()}, 1, maxChannels),
		"windows": byID(object(node{
			"mechanism":     id(),
			"from":          describe(pattern(wallPattern), "local time of the campaign's zone, inclusive"),
			"to":            describe(pattern(wallPattern), "local time of the campaign's zone, exclusive"),
			"channels":      list(id(), 1, maxChannels),
			"submit_by":     describe(pattern(wallPattern), "later changes are marked late; default: to"),
			"no_post_hours": list(pattern(hoursPattern), 0, 24),
			"daily_limit":   describe(whole(0, 10000), "posts a local day and channel; 0: no limit of its own"),
			"shared":        describe(boolean(), "others may hold the same channels, if theirs is shared, too"),
			"revoked":       boolean(),
		}, "mechanism", "from", "to", "channels"), 0, maxWindows),
		"people": list(object(node{
			"mail":     pattern(mailPattern),
			"roles":    list(describe(text(), "viewer, lead:MECHANISM, approver, organizer, operator"), 1, 32),
			"deputy":   pattern(mailPattern),
			"disabled": boolean(),
		}, "mail", "roles"), 0, maxPeople),
		"consents": mapOfSchemas(consentPattern, object(node{
			"shows":     describe(text(), "role of the person shown or quoted"),
			"scope":     list(node{"enum": []string{"web", "social"}}, 0, 2),
			"platforms": describe(list(id(), 0, maxPlatforms), "only there; default: all"),
			"languages": list(pattern(languagePattern), 0, maxLanguages),
			"until":     describe(pattern(lastDayPattern), "last day, or the local time from which it does not hold"),
			"guardian":  boolean(),
			"withdrawn": describe(boolean(), "for good; a new consent is a new entry"),
			"forgotten": boolean(),
		}, "shows"), 0, maxConsents),
		"tags":     byID(list(id(), 1, maxTagValues), 0, maxTags),
		"balance":  byID(byID(pattern(sharePattern), 1, maxTagValues), 0, maxTags),
		"policies": policySchema(),
		"kit": object(node{
			"band":      describe(pattern(colourPattern), "colour behind the words of quote cards"),
			"ink":       describe(pattern(colourPattern), "colour of the words"),
			"logo":      describe(pattern(digestPattern), "digest of the logo on quote cards; the kit's page takes the picture and fills it in"),
			"hashtags":  describe(list(pattern(hashtagPattern), 1, maxTags), "of plans that say none"),
			"phrases":   describe(byID(mapOfSchemas(languagePattern, text(), 1, maxLanguages), 0, maxTagValues), "texts that plans use as {phrase:ID}, by language"),
			"credits":   describe(byID(text(), 0, maxTagValues), "lines that media of plans name as credit: \"{credit:ID}\""),
			"templates": describe(byID(templateSchema(), 0, maxWindows), "texts that posts of a window use as {template}, by window, kind of the post and language"),
			"fonts": describe(list(object(node{
				"file":    pattern(digestPattern),
				"name":    text(),
				"licence": describe(text(), "under which the font may be used, such as OFL-1.1"),
			}, "file", "licence"), 0, maxFonts), "asked for the letters of quote cards before those that are built in; the kit's page takes the file and fills this in"),
		}),
	}, "schema", "campaign", "mechanisms", "channels")
}

func templateSchema() node {
	kinds := node{}
	for _, kind := range campaign.Kinds() {
		kinds[string(kind)] = mapOfSchemas(languagePattern, text(), 1, maxLanguages)
	}
	return object(kinds)
}

func policySchema() node {
	strict := node{"enum": []string{"required", "warn", "off"}}
	return object(node{
		"approvals":       node{"anyOf": []any{whole(0, 2), node{"const": "optional"}}},
		"two_person":      boolean(),
		"min_lead":        duration(),
		"alt_text":        strict,
		"consent":         strict,
		"on_restart_late": node{"enum": []string{"send", "skip", "ask"}},
		"who_may_stop":    list(node{"enum": []string{"organizer", "approver", "lead"}}, 1, 3),
		"anchor_moves":    duration(),
		"max_occurrences": whole(1, 10000),
	})
}

// channelSchemas is one schema for each platform, told apart by its name.
func channelSchemas() []any {
	var all []any
	for _, name := range platformNames() {
		props := node{
			"platform":    node{"const": name},
			"handle":      describe(text(), "what people call the account"),
			"account":     node{"type": "string", "description": "remote account id; default: from handle, server, page, …"},
			"languages":   node{"enum": []string{"separate", "joined", "first"}},
			"daily_limit": describe(whole(0, 10000), "posts a local day; 0 leaves it to the platform"),
			"min_gap":     duration(),
			"paused":      boolean(),
		}
		required := []string{"platform"}
		if name == "sandbox" {
			props["like"] = describe(node{"enum": platformNames()}, "the platform whose limits it takes over")
		}
		settings := settingsOf(name)
		for _, key := range slices.Sorted(maps.Keys(settings)) {
			props[key] = settings[key].kind.schema()
			if settings[key].required {
				required = append(required, key)
			}
		}
		all = append(all, object(props, required...))
	}
	return all
}

func (k settingKind) schema() node {
	switch k {
	case settingURL:
		return pattern(urlPattern)
	case settingBool:
		return boolean()
	case settingSecret:
		return secretSchema()
	case settingMail:
		return pattern(mailPattern)
	}
	return text()
}

// serverSchema follows the table of server keys.
func serverSchema() node {
	root := object(node{"schema": node{"const": ServerSchema}}, "schema")
	for _, k := range serverKeys {
		at := root
		parts := strings.Split(k.path, ".")
		for _, section := range parts[:len(parts)-1] {
			props := at["properties"].(node)
			if props[section] == nil {
				props[section] = object(node{})
			}
			at = props[section].(node)
		}
		at["properties"].(node)[parts[len(parts)-1]] = describe(k.schema(), k.note())
	}
	return root
}

func (k serverKeyInfo) schema() node {
	switch k.kind {
	case kindChoice:
		return node{"enum": k.choices}
	case kindURL:
		return pattern(urlPattern)
	case kindAddress:
		return pattern(`^\S*:[0-9]{1,5}$`)
	case kindPrefixes:
		return list(pattern(`^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(/[0-9]{1,3})?$`), 0, 100)
	case kindPaths:
		return list(text(), 0, 100)
	case kindNames:
		return list(pattern(variablePattern), 0, 100)
	case kindGroups:
		return list(pattern(groupPattern), 0, 100)
	case kindBool:
		return boolean()
	case kindCount:
		return whole(1, 65535)
	case kindDuration:
		return duration()
	case kindSize:
		return pattern(`^[0-9]{1,12}(B|kB|KB|MB|GB|KiB|MiB|GiB)$`)
	case kindCron:
		return pattern(`^\s*\S+(\s+\S+){4}\s*$|^` + Never + `$`)
	case kindMail:
		return pattern(mailPattern)
	case kindDomain:
		return pattern(domainPattern)
	case kindSecret:
		return secretSchema()
	}
	return text()
}

func object(props node, required ...string) node {
	n := node{"type": "object", "properties": props, "additionalProperties": false}
	if len(required) > 0 {
		n["required"] = required
	}
	return n
}

// byID is a map whose keys are ids.
func byID(value node, least, most int) node {
	return mapOfSchemas(yamlwalk.IDPattern, value, least, most)
}

func mapOfSchemas(keys string, value node, least, most int) node {
	n := node{"type": "object", "propertyNames": pattern(keys), "additionalProperties": value, "maxProperties": most}
	if least > 0 {
		n["minProperties"] = least
	}
	return n
}

func list(item node, least, most int) node {
	n := node{"type": "array", "items": item, "maxItems": most}
	if least > 0 {
		n["minItems"] = least
	}
	return n
}

func secretSchema() node {
	n := object(node{"file": pattern(secretNamePattern), "env": pattern(secretNamePattern)})
	n["minProperties"], n["maxProperties"] = 1, 1
	return describe(n, "where the secret is; never the secret itself")
}

func pattern(p string) node      { return node{"type": "string", "pattern": p} }
func text() node                 { return pattern(`\S`) }
func id() node                   { return pattern(yamlwalk.IDPattern) }
func boolean() node              { return node{"type": "boolean"} }
func whole(least, most int) node { return node{"type": "integer", "minimum": least, "maximum": most} }

func duration() node {
	n := pattern(yamlwalk.DurationPattern)
	n["minLength"] = 1
	return n
}

func describe(n node, s string) node {
	n["description"] = s
	return n
}
