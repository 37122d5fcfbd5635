package plan

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

// Forms of scalars; the schema repeats them.
var (
	langForm     = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	localForm    = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?$`)
	whenForm     = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?|(start|end)([+-][0-9]{1,4}[mhd])?)$`)
	dateForm     = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$`)
	durationForm = regexp.MustCompile(yamlwalk.DurationPattern)
	urlForm      = regexp.MustCompile(`^https?://\S+$`)
	linkForm     = regexp.MustCompile(`^(https?://\S+)?$`)
	hashtagForm  = regexp.MustCompile(`^#[^\s#]{1,100}$`)
	valueForm    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)
)

// text reads one string or a map of one a language.
func text(v yamlwalk.Value) Text {
	switch {
	case v.IsList():
		v.Error(CodeType, "a list stands where a text belongs", `write one text, or one for each language: {en: "…", fr: "…"}`)
		return Text{Pos: v.Pos()}
	case !v.IsMap():
		return Text{Pos: v.Pos(), All: words(v)}
	}
	t := Text{Pos: v.Pos(), Lang: map[string]Str{}}
	for _, e := range languageEntries(v, "no text is written here", "write a text for at least one language, or remove the key") {
		t.Lang[e.Key.Value] = words(e.Value)
	}
	return t
}

// languageEntries reads a map whose keys are languages; none says that it is empty.
func languageEntries(v yamlwalk.Value, none, fix string) []yamlwalk.Entry {
	all := v.Entries()
	if len(all) == 0 {
		v.Error("P050", none, fix)
	}
	var out []yamlwalk.Entry
	for _, e := range all {
		if !langForm.MatchString(e.Key.Value) {
			e.Error("P011", "\""+clip(e.Key.Value)+"\" is not a language tag", `write a tag such as "en", "fr" or "pt-BR"`)
			continue
		}
		out = append(out, e)
	}
	return out
}

// words is a text that says something.
func words(v yamlwalk.Value) Str {
	if v.IsString() && strings.TrimSpace(v.StringOrEmpty().Value) == "" {
		v.Error("P050", "the text is empty", "write the text, or remove the key")
		return Str{}
	}
	return short(v, maxText)
}

// short is a text of at most most characters.
func short(v yamlwalk.Value, most int) Str {
	s := v.String()
	if n := len([]rune(s.Value)); n > most {
		v.Error(CodeType, "longer than anything here may be", "shorten it to "+strconv.Itoa(most)+" characters")
		return Str{}
	}
	return s
}

func languages(v yamlwalk.Value) []Str {
	var out []Str
	for _, item := range v.List(1, 8) {
		if s := item.As("P011").Match(langForm, "a language tag", "en"); s.Written() {
			out = append(out, s)
		}
	}
	return out
}

func ids(v yamlwalk.Value, most int) []Str {
	var out []Str
	for _, item := range v.List(0, most) {
		if s := item.ID(); s.Written() {
			out = append(out, s)
		}
	}
	return out
}

func hashtags(v yamlwalk.Value) []Str {
	var out []Str
	for _, item := range v.List(0, 30) {
		if s := item.Match(hashtagForm, "a hashtag", "#ItTakesACommunity"); s.Written() {
			out = append(out, s)
		}
	}
	return out
}

func tags(v yamlwalk.Value) []Tag {
	var out []Tag
	for _, e := range v.IDs() {
		if s := short(e.Value, 100); s.Written() {
			out = append(out, Tag{e.Key, s})
		}
	}
	return out
}

// link is a web address, or "" to have none in spite of the default.
func link(v yamlwalk.Value) (Str, bool) {
	s := v.StringOrEmpty()
	if s.Written() && !linkForm.MatchString(s.Value) {
		v.As("").Error(CodeType, "\""+clip(s.Value)+"\" is not a web address", `write it like "https://www.example.org/", or "" for none`)
		return Str{}, false
	}
	return s, s.Written()
}

func local(v yamlwalk.Value) Str { return instantText(v, localForm, "a local date and time") }

// instantText is a time of the form, as written. That it has an offset is said as such: many
// calendars write one.
func instantText(v yamlwalk.Value, form *regexp.Regexp, what string) Str {
	v = v.As("P020")
	if v.IsString() {
		if _, err := yamlwalk.ParseLocal(v.StringOrEmpty().Value); errors.Is(err, yamlwalk.ErrOffset) {
			v.Error("P020", err.Error(), `write it like "2026-12-18T09:00", in the plan's timezone`)
			return Str{}
		}
	}
	return v.Match(form, what, "2026-12-18T09:00")
}

// when reads the time of a post: one, a list, or an offset from its anchor.
func when(v yamlwalk.Value) (at []Str, isList bool) {
	v = v.As("P020")
	if !v.IsList() {
		if s := instantText(v, whenForm, "a time"); s.Written() {
			at = append(at, s)
		}
		return at, false
	}
	for _, item := range v.List(1, maxItems) {
		if s := local(item); s.Written() {
			at = append(at, s)
		}
	}
	return at, true
}

func duration(v yamlwalk.Value) Str { return v.Match(durationForm, "a duration", "2h") }

func ifMissed(v yamlwalk.Value) Str { return v.As("P040").Enum("ask", "skip", "send") }
