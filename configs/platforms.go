package configs

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/ittakesacommunity/takeover/campaign"
)

// settingKind is how a channel's setting is written in the file.
type settingKind int

const (
	settingText   settingKind = iota // any text
	settingURL                       // https address; http with allow_private
	settingBool                      // true or false
	settingSecret                    // {file: …} or {env: …}
	settingMail                      // a mail address
)

// setting is one key of a channel that only its adapter understands.
type setting struct {
	kind     settingKind
	required bool
}

// commonSettings may stand in every channel.
var commonSettings = map[string]setting{
	"base_url":      {kind: settingURL},
	"allow_private": {kind: settingBool},
}

// platformSettings are the further keys of each platform's channels. Where the
// account is connected with `takeover channel connect`, no token is required.
var platformSettings = map[string]map[string]setting{
	"x":         {"consumer_key": {kind: settingSecret}, "consumer_secret": {kind: settingSecret}, "token": {kind: settingSecret}, "token_secret": {kind: settingSecret}},
	"mastodon":  {"server": {kind: settingURL, required: true}, "token": {kind: settingSecret}},
	"bluesky":   {"server": {kind: settingURL}, "password": {kind: settingSecret}},
	"facebook":  {"page": {required: true}, "token": {kind: settingSecret}},
	"instagram": {"token": {kind: settingSecret}},
	"threads":   {"token": {kind: settingSecret}},
	"linkedin":  {"organization": {}, "token": {kind: settingSecret}},
	"telegram":  {"chat": {required: true}, "token": {kind: settingSecret}},
	"discord":   {"channel": {}, "token": {kind: settingSecret}, "webhook": {kind: settingSecret}},
	"youtube":   {"token": {kind: settingSecret}},
	"tiktok":    {"token": {kind: settingSecret}},
	"wordpress": {"server": {kind: settingURL, required: true}, "user": {}, "password": {kind: settingSecret}},
	"email":     {"to": {kind: settingMail, required: true}},
	"webhook":   {"url": {kind: settingURL, required: true}, "secret": {kind: settingSecret, required: true}, "receiver_dedupes": {kind: settingBool}},
	"manual":    {"person": {kind: settingMail, required: true}},
	"sandbox":   {"class": {}, "settle": {}},
}

// platformNames lists the platforms of the table in alphabetical order.
func platformNames() []string { return slices.Sorted(maps.Keys(platformSettings)) }

// settingsOf are all settings that a channel of the platform may carry.
func settingsOf(platform string) map[string]setting {
	all := maps.Clone(commonSettings)
	maps.Copy(all, platformSettings[platform])
	return all
}

// accountOf derives the remote account from what the file says about the
// channel, so that two channels on one account share a lane. Where only the
// server is known, all channels on it count as one account: posts are rather
// spaced too far than sent twice. "" makes the channel a lane of its own.
func accountOf(c campaign.Channel) string {
	handle := strings.ToLower(strings.TrimPrefix(c.Handle, "@"))
	switch c.Platform {
	case "mastodon", "wordpress":
		host := hostOf(c.Settings["server"])
		if c.Platform == "wordpress" {
			return join(host, c.Settings["user"])
		}
		return join(host, prefixed("@", handle))
	case "facebook":
		return c.Settings["page"]
	case "linkedin":
		return firstOf(c.Settings["organization"], handle)
	case "telegram":
		return strings.ToLower(c.Settings["chat"])
	case "discord":
		return firstOf(c.Settings["channel"], c.Settings["webhook"])
	case "email":
		return c.Settings["to"]
	case "webhook":
		u, err := url.Parse(c.Settings["url"])
		if err != nil {
			return c.Settings["url"]
		}
		return strings.ToLower(u.Host) + u.EscapedPath()
	case "sandbox":
		// The pretended platform keeps accounts of one handle apart.
		if handle == "" {
			return ""
		}
		return join(c.Like, handle)
	}
	return handle
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return strings.ToLower(address)
	}
	return strings.ToLower(u.Host)
}

// join puts a slash between two parts that are both there.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "/" + b
}

func prefixed(p, s string) string {
	if s == "" {
		return ""
	}
	return p + s
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
