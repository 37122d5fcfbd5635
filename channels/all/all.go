// Package all lists the platforms of this program by hand: a new adapter is
// its folder, one line here and one row in docs/channels.md.
package all

import (
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/sandbox"
	"github.com/ittakesacommunity/takeover/channels/webhook"
)

// Platforms lists what channels can be opened for, in the order that people see.
func Platforms() []channels.Platform {
	return []channels.Platform{webhook.Platform(), sandbox.Platform()}
}
