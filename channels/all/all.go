// Package all lists the platforms that this program can publish to. It is the
// one place that imports them.
package all

import (
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/manual"
	"github.com/ittakesacommunity/takeover/channels/sandbox"
	"github.com/ittakesacommunity/takeover/channels/webhook"
)

// Platforms is the list, in the order people see it.
func Platforms() []channels.Platform {
	return []channels.Platform{
		webhook.Platform(),
		manual.Platform(),
		sandbox.Platform(),
	}
}
