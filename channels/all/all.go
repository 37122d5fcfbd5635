// Package all lists the platforms that this program can publish to. It is the
// one place that imports them.
package all

import (
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/bluesky"
	"github.com/ittakesacommunity/takeover/channels/discord"
	"github.com/ittakesacommunity/takeover/channels/email"
	"github.com/ittakesacommunity/takeover/channels/facebook"
	"github.com/ittakesacommunity/takeover/channels/instagram"
	"github.com/ittakesacommunity/takeover/channels/linkedin"
	"github.com/ittakesacommunity/takeover/channels/manual"
	"github.com/ittakesacommunity/takeover/channels/mastodon"
	"github.com/ittakesacommunity/takeover/channels/sandbox"
	"github.com/ittakesacommunity/takeover/channels/telegram"
	"github.com/ittakesacommunity/takeover/channels/threads"
	"github.com/ittakesacommunity/takeover/channels/tiktok"
	"github.com/ittakesacommunity/takeover/channels/webhook"
	"github.com/ittakesacommunity/takeover/channels/wordpress"
	"github.com/ittakesacommunity/takeover/channels/x"
	"github.com/ittakesacommunity/takeover/channels/youtube"
)

// Platforms is the list, in the order people see it.
func Platforms() []channels.Platform {
	return []channels.Platform{
		x.Platform(),
		mastodon.Platform(),
		bluesky.Platform(),
		facebook.Platform(),
		instagram.Platform(),
		threads.Platform(),
		linkedin.Platform(),
		telegram.Platform(),
		discord.Platform(),
		youtube.Platform(),
		tiktok.Platform(),
		wordpress.Platform(),
		email.Platform(),
		webhook.Platform(),
		manual.Platform(),
		sandbox.Platform(),
	}
}
