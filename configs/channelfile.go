package configs

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/yamlwalk"
)

func (r *campaignReader) channels(v yamlwalk.Value) {
	r.c.Channels = map[campaign.ChannelID]campaign.Channel{}
	for _, e := range ids(v, 1, maxChannels) {
		r.c.Channels[campaign.ChannelID(e.Key.Value)] = r.channel(e)
	}
}

func (r *campaignReader) channel(e yamlwalk.Entry) campaign.Channel {
	m := e.Map()
	ch := campaign.Channel{Platform: r.platform(m.Need("platform"), true)}
	if like := m.Opt("like"); like.Written() {
		ch.Like = r.platform(like, false)
		if ch.Platform != "" && ch.Platform != "sandbox" {
			like.Error("C040", "like belongs to sandbox channels; this one is of "+ch.Platform, "write platform: sandbox, or remove like")
		}
	}
	ch.Handle = m.Opt("handle").String().Value
	ch.Languages = campaign.LanguageMode(firstOf(m.Opt("languages").As("C042").Enum("separate", "joined", "first").Value, string(campaign.Separate)))
	limit := m.Opt("daily_limit")
	ch.DailyLimit = int(limit.Int(0, 10000))
	ch.MinGap = m.Opt("min_gap").Duration(0)
	ch.Paused = m.Opt("paused").Bool(false)
	r.settings(m, &ch)
	if account := m.Opt("account"); account.Written() {
		ch.Account = account.StringOrEmpty().Value
	} else {
		ch.Account = accountOf(ch)
	}
	if ch.Platform == "" { // its own keys are not known
		return ch
	}
	m.Done()
	facts, _ := channels.Known(ch.LimitsName())
	if most := facts.Limits.DailyPosts; most > 0 && ch.DailyLimit > most {
		limit.Warn("W043", fmt.Sprintf("daily_limit %d is above the %d posts a day that %s takes", ch.DailyLimit, most, ch.LimitsName()), fmt.Sprintf("write %d or less, or 0 for the platform's own", most))
	}
	return ch
}

// platform reads the name of a platform that this program knows.
func (r *campaignReader) platform(v yamlwalk.Value, publishes bool) string {
	s := v.String()
	if !s.Written() {
		return ""
	}
	_, named := platformSettings[s.Value]
	if named && (!publishes || r.known(s.Value)) {
		return s.Value
	}
	names := slices.DeleteFunc(platformNames(), func(n string) bool { return !r.known(n) })
	fix := "write one of " + strings.Join(names, ", ")
	if near := yamlwalk.Nearest(s.Value, names); near != "" {
		fix = fmt.Sprintf("did you mean %q?", near)
	}
	if named {
		v.Error("C040", fmt.Sprintf("this program cannot publish to %q", s.Value), "write platform: sandbox and like: "+s.Value+" to rehearse it, or use manual")
	} else {
		v.Error("C040", fmt.Sprintf("unknown platform %q", short(s.Value)), fix)
	}
	return ""
}

// settings reads the keys that belong to the platform.
func (r *campaignReader) settings(m *yamlwalk.Map, ch *campaign.Channel) {
	known := settingsOf(ch.Platform)
	set := map[string]string{}
	// Sorted, allow_private stands before the addresses that it is about.
	for _, key := range slices.Sorted(maps.Keys(known)) {
		v := m.Opt(key)
		if known[key].required {
			v = m.Need(key)
		}
		if value := r.setting(v, known[key].kind, set["allow_private"] == "true"); value != "" {
			set[key] = value
		}
		if key == "person" && set[key] != "" {
			r.manual = append(r.manual, personRef{v, campaign.PersonID(set[key])})
		}
	}
	if len(set) > 0 {
		ch.Settings = set
	}
}

// setting reads one of them; "" where it is not written, wrong or false.
func (r *campaignReader) setting(v yamlwalk.Value, kind settingKind, private bool) string {
	switch kind {
	case settingBool:
		if v.Bool(false) {
			return "true"
		}
		return ""
	case settingMail:
		return string(readMail(v))
	case settingSecret:
		ref := readSecret(v)
		if why, fix := r.secret(ref); ref != "" && why != "" {
			v.Error("C046", why, fix)
		}
		return ref
	case settingURL:
		return readURL(v, private)
	}
	return v.String().Value
}

const urlPattern = `^https?://[^\s/?#@]+([/?#][^\s]*)?$`

var urlForm = regexp.MustCompile(urlPattern)

// readURL reads an address that posts or reads go to.
func readURL(v yamlwalk.Value, private bool) string {
	s := v.String()
	if !s.Written() {
		return ""
	}
	// What is no address is not repeated: it may hold a password.
	if u, err := url.Parse(s.Value); err == nil && u.User != nil {
		v.Error("C041", "the address carries a user or password", "remove it; give the secret by {file: …} or {env: …}")
		return ""
	} else if !urlForm.MatchString(s.Value) {
		v.Error("C007", "this is not an address", "write it like https://social.example")
		return ""
	} else if err != nil {
		v.Error("C044", "this is not an address that can be used", "write it like https://social.example")
		return ""
	}
	if strings.HasPrefix(s.Value, "http://") && !private {
		v.Error("C044", "the address is plain http: anybody on the way could read and change what is sent", "write https://…, or allow_private: true for a machine of your own")
	}
	return s.Value
}

// secretNamePattern is a file or variable that holds a secret.
const secretNamePattern = `^[^\x00-\x20]([^\x00-\x1f]{0,498}[^\x00-\x20])?$`

var secretNameForm = regexp.MustCompile(secretNamePattern)

// readSecret reads {file: …} or {env: …}. What stands in its place is never
// repeated: it may be the secret.
func readSecret(v yamlwalk.Value) string {
	if !v.Written() {
		return ""
	}
	if !v.IsMap() {
		v.Error("C041", "a secret stands in the file", "put it into a file that only takeover can read and write {file: NAME}, or {env: NAME} for an environment variable; then change it where it was issued")
		return ""
	}
	m := v.Map()
	file := m.Opt("file").Match(secretNameForm, "a file name", "telegram.token")
	env := m.Opt("env").Match(secretNameForm, "a variable's name", "TAKEOVER_SECRET_TELEGRAM")
	m.Done()
	switch {
	case m.Opt("file").Written() == m.Opt("env").Written():
		v.Error("C041", "a secret is named by either file or env", "write {file: NAME} or {env: NAME}")
		return ""
	case file.Written():
		return "file:" + file.Value
	case env.Written():
		return "env:" + env.Value
	}
	return ""
}
