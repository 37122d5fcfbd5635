// Package discord publishes to channels of Discord, as a bot or by a webhook.
//
// Double posts: as a bot every attempt at one part bears the same nonce, which
// Discord enforces for a few minutes (class K1, counted on for 90 seconds from
// the first attempt); after that the channel's own messages are read. A webhook
// has no nonce, and what it posted is shown to bots without its text unless
// they have a right that Discord gives sparingly: nobody can tell what became
// of a lost answer (K6), and a person decides.
//
// What Prepare freezes names pictures by their digest; the same bytes are made
// of it each time. A crash leaves nothing behind: staging uploads nothing.
//
// The secret of a webhook stands in its address, by Discord's design. No error
// or log line holds an address.
//
// Sources: https://docs.discord.com/developers/resources/message,
// https://docs.discord.com/developers/resources/webhook,
// https://docs.discord.com/developers/topics/permissions.
package discord
