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
	"x": {"consumer_key": {kind: settingSecret}, "consumer_secret": {kind: settingSecret}, "token": {kind: settingSecret}, "token_secret": {kind: settingSecret},
		"api": {}, "client_id": {}, "client_secret": {kind: settingSecret}, "redirect_uri": {kind: settingURL}, "reply_settings": {}, "threads": {kind: settingBool},
		"redo_on_absent": {kind: settingBool}, "max_weight": {}, "link_price": {}},
	"mastodon":  {"server": {kind: settingURL, required: true}, "token": {kind: settingSecret}, "visibility": {}, "thread_visibility": {}, "app_name": {}, "app_website": {kind: settingURL}, "dedupes": {kind: settingBool}},
	"bluesky":   {"password": {kind: settingSecret}, "image_bytes": {}},
	"facebook":  {"page": {required: true}, "token": {kind: settingSecret}, "app_id": {}, "app_secret": {kind: settingSecret}, "redirect_uri": {kind: settingURL}, "version": {}},
	"instagram": {"login": {}, "token": {kind: settingSecret}, "app_id": {}, "app_secret": {kind: settingSecret}, "redirect_uri": {kind: settingURL}, "version": {}, "deletes": {kind: settingBool}},
	"threads":   {"token": {kind: settingSecret}, "app_id": {}, "app_secret": {kind: settingSecret}, "redirect_uri": {kind: settingURL}, "version": {}, "reply_control": {}},
	"linkedin": {"organization": {}, "token": {kind: settingSecret}, "client_id": {}, "client_secret": {kind: settingSecret}, "redirect_uri": {kind: settingURL},
		"version": {}, "probe_on_doubt": {kind: settingBool}},
	"telegram": {"chat": {required: true}, "staging_chat": {}, "token": {kind: settingSecret}, "link_preview": {}, "alt_in_text": {kind: settingBool}, "long_polls": {kind: settingBool}, "pin_livestreams": {kind: settingBool}},
	"discord":  {"mode": {}, "channel": {}, "token": {kind: settingSecret}, "webhook": {kind: settingSecret}, "markdown": {kind: settingBool}, "link_preview": {}, "crosspost": {kind: settingBool}},
	"youtube":  {"client_id": {}, "client_secret": {kind: settingSecret}, "redirect_uri": {kind: settingURL}, "starts_after": {}, "stream": {}, "auto_start": {kind: settingBool}},
	"tiktok": {"client_key": {}, "client_secret": {kind: settingSecret}, "redirect_uri": {kind: settingURL}, "mode": {}, "privacy": {}, "no_comments": {kind: settingBool},
		"alt_in_text": {kind: settingBool}},
	"wordpress": {"server": {kind: settingURL, required: true}, "user": {}, "password": {kind: settingSecret}, "categories": {}, "tags": {}, "featured_image": {kind: settingBool}},
	"email": {"server": {required: true}, "from": {required: true}, "to": {kind: settingMail, required: true}, "reply_to": {kind: settingMail}, "user": {}, "password": {kind: settingSecret},
		"unsubscribe": {}},
	"webhook": {"url": {kind: settingURL, required: true}, "secret": {kind: settingSecret, required: true}, "receiver_dedupes": {kind: settingBool}},
	"manual":  {"person": {kind: settingMail, required: true}},
	"sandbox": {"class": {}, "settle": {}},
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
	case "mastodon":
		// As the server says it, so that what is connected can be compared.
		host := hostOf(c.Settings["server"])
		switch {
		case handle == "":
			return host
		case !strings.Contains(handle, "@"):
			return "@" + handle + "@" + host
		}
		return "@" + handle
	case "wordpress":
		return join(hostOf(c.Settings["server"]), c.Settings["user"])
	case "facebook":
		return c.Settings["page"]
	case "linkedin":
		return firstOf(c.Settings["organization"], handle)
	case "telegram":
		return strings.ToLower(c.Settings["chat"])
	case "discord":
		return c.Settings["channel"] // where a webhook posts is told by its secret alone
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

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}
