package plan

import (
	"encoding/json"
	"maps"

	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// Schema is the JSON Schema (2020-12) of plans, for editors. It says the form
// of a plan, exactly as Parse takes it; what needs the campaign, the calendar
// or a second look at the file only Expand finds.
func Schema() []byte {
	s := object(schema{
		"schema":    schema{"const": Version},
		"plan":      ref("id"),
		"campaign":  ref("id"),
		"window":    ref("id"),
		"title":     phrase(200),
		"timezone":  describe(phrase(100), "IANA name of a place, such as Europe/Brussels; default: the campaign's"),
		"languages": describe(ref("languages"), "may be used here; a post goes out only in those that are written"),
		"defaults": object(schema{
			"channels": ref("ids"), "hashtags": ref("hashtags"), "link": ref("url"), "tags": ref("tags"),
			"tolerance": ref("duration"), "if_missed": ref("if_missed"),
		}),
		"anchors": mapOf(object(schema{
			"start": ref("local"), "length": ref("duration"), "watch": ref("url"), "live_check": enum("youtube", "person"),
		}, "start")),
		"media": mapOf(object(schema{
			"file": phrase(500), "alt": ref("text"), "credit": phrase(500), "licence": phrase(100), "shows": enum("nobody", "person", "crowd"),
			"consent": describe(phrase(100), "entry in the consent register"),
			"focus":   describe(listOf(schema{"type": "number", "minimum": 0, "maximum": 1}, 2, 2), "kept in frame when cropped: x, y from the top left"),
		}, "file", "shows")),
		"posts": listOf(schema{"oneOf": []schema{ref("quote"), ref("challenge"), ref("livestream"), ref("message")}}, 1, maxPosts),
	}, "schema", "plan", "campaign", "window", "languages", "posts")
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "takeover plan"
	s["$defs"] = definitions()
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic("plan: " + err.Error()) // only plain data is in it
	}
	return append(b, '\n')
}

// schema is a schema or a part of one.
type schema map[string]any

func definitions() schema {
	options := schema{
		"first_comment": ref("text"), "thread": listOf(ref("text"), 1, 24), "visibility": enum("public", "unlisted", "followers"),
		"content_warning": ref("text"), "silent": boolean(), "if_too_long": enum("separate"), "poll": ref("poll"), "card": ref("card"),
	}
	variant := merged(options, schema{
		"text": ref("text"), "images": ref("images"), "hashtags": ref("hashtags"), "off": boolean(), "languages": ref("languages"), "link": ref("link"),
	})
	step := merged(options, schema{
		"images": ref("images"), "source": phrase(1000), "hashtags": ref("hashtags"), "link": ref("link"),
		"tolerance": ref("duration"), "if_missed": ref("if_missed"), "values": ref("values"), "variants": ref("variants"),
	})
	post := func(kind string, more schema, required ...string) schema {
		common := schema{
			"id": ref("id"), "kind": schema{"const": kind}, "channels": ref("ids"), "tags": ref("tags"), "repeat": boolean(),
			"series": object(schema{"name": phrase(100), "number": integer(1, 100_000)}, "name", "number"),
		}
		return object(merged(step, common, more), append([]string{"id", "kind"}, required...)...)
	}
	timed := merged(step, schema{"at": ref("when"), "text": ref("text")})
	message := post("message", schema{
		"at": ref("when"), "anchor": ref("id"), "text": ref("text"),
		"schedule": object(schema{
			"cron": describe(phrase(0), "five fields in the plan's zone"), "from": ref("date"), "until": ref("date"),
		}, "cron", "until"),
		"items": listOf(object(merged(step, schema{"id": ref("id"), "text": ref("text")}), "id", "text"), 1, maxItems),
	})
	message["allOf"] = []schema{either("at", "schedule"), either("text", "items")}
	return schema{
		"id":        schema{"type": "string", "pattern": yamlwalk.IDPattern},
		"ids":       listOf(ref("id"), 0, 50),
		"images":    describe(listOf(ref("id"), 0, maxImages), "ids of media"),
		"language":  match(langForm.String()),
		"languages": listOf(ref("language"), 1, 8),
		"text": describe(schema{"anyOf": []schema{phrase(maxText), {
			"type": "object", "minProperties": 1, "propertyNames": ref("language"), "additionalProperties": phrase(maxText),
		}}}, "one string, a template for all languages, or one for each"),
		"poll": describe(object(schema{
			"options": schema{"anyOf": []schema{ref("choices"), {
				"type": "object", "minProperties": 1, "propertyNames": ref("language"), "additionalProperties": ref("choices"),
			}}}, "for": ref("duration"), "multiple": boolean(),
		}, "options", "for"), "readers choose, where the platform has polls; elsewhere the options are lines of the text"),
		"card": describe(object(schema{"title": ref("text"), "description": ref("text"), "image": ref("id")}, "title"),
			"how the link is shown where the poster makes the card; elsewhere the platform makes it of the linked page"),
		"choices":   listOf(phrase(maxText), leastOptions, mostOptions),
		"local":     describe(match(localForm.String()), "local date and time, 2026-12-18T09:00"),
		"date":      describe(match(dateForm.String()), "local date, that day included, or date and time"),
		"when":      schema{"anyOf": []schema{match(whenForm.String()), listOf(ref("local"), 1, maxItems)}},
		"duration":  describe(schema{"type": "string", "minLength": 1, "pattern": durationForm.String()}, "15m, 2h, 1d"),
		"if_missed": enum("ask", "skip", "send"),
		"url":       match(urlForm.String()),
		"link":      describe(match(linkForm.String()), "a web address, or empty for none"),
		"hashtags":  listOf(match(hashtagForm.String()), 0, 30),
		"tags":      mapOf(phrase(100)),
		"values": schema{"type": "object", "propertyNames": match(valueForm.String()),
			"additionalProperties": object(schema{"ask": enum("integer"), "min": integer(-1_000_000_000, 1_000_000_000), "max": integer(-1_000_000_000, 1_000_000_000)}, "ask", "min", "max")},
		"variants": describe(mapOf(object(variant)), "by channel"),
		"quote": post("quote", schema{
			"at": ref("when"), "anchor": ref("id"), "text": ref("text"),
			"quote": object(schema{
				"text": ref("text"), "photo": ref("id"), "card": boolean(), "consent": phrase(100),
				"speaker": object(schema{"name": phrase(200), "role": ref("text")}, "role"),
			}, "text", "speaker"),
		}, "at", "quote", "text"),
		"challenge": post("challenge", schema{
			"challenge": object(schema{"hashtag": match(hashtagForm.String()), "rules": ref("url"), "closes": ref("local")}, "hashtag", "closes"),
			"steps":     object(schema{"launch": ref("step"), "reminder": ref("step"), "wrapup": ref("step")}, "launch"),
		}, "challenge", "steps"),
		"step": object(timed, "at", "text"),
		"livestream": post("livestream", schema{
			"anchor": ref("id"),
			"steps":  listOf(object(merged(timed, schema{"id": ref("id"), "wait_for": enum("live")}), "id", "at", "text"), 1, maxSteps),
		}, "anchor", "steps"),
		"message": message,
	}
}

func object(properties schema, required ...string) schema {
	s := schema{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// mapOf is a map from ids.
func mapOf(of schema) schema {
	return schema{"type": "object", "propertyNames": ref("id"), "additionalProperties": of}
}

func listOf(of schema, least, most int) schema {
	return schema{"type": "array", "items": of, "minItems": least, "maxItems": most}
}

// phrase is a text that says something, of at most most characters (0: any).
func phrase(most int) schema {
	s := match(`\S`)
	if most > 0 {
		s["maxLength"] = most
	}
	return s
}

// either asks for exactly one of two keys.
func either(a, b string) schema {
	return schema{"oneOf": []schema{{"required": []string{a}}, {"required": []string{b}}}}
}

func match(pattern string) schema { return schema{"type": "string", "pattern": pattern} }
func enum(words ...string) schema { return schema{"enum": words} }
func boolean() schema             { return schema{"type": "boolean"} }
func integer(least, most int) schema {
	return schema{"type": "integer", "minimum": least, "maximum": most}
}
func ref(name string) schema { return schema{"$ref": "#/$defs/" + name} }
func merged(parts ...schema) schema {
	out := schema{}
	for _, p := range parts {
		maps.Copy(out, p)
	}
	return out
}

func describe(s schema, text string) schema {
	s = merged(s)
	s["description"] = text
	return s
}
