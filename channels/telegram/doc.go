// Package telegram publishes to channels and groups of Telegram through a bot.
//
// Double posts: Telegram knows no key and shows bots no history, so nobody can
// tell what became of a call whose answer was lost (class K6): a person looks
// and decides. To make that rare, a post is one small call on a connection of
// its own that nothing repeats; with a staging chat its pictures are at
// Telegram before. What Prepare freezes names pictures by their digest; the
// same bytes are made of it each time.
//
// A crash leaves nothing that the public sees; in the staging chat, where
// there is one, a picture may stay until somebody removes it.
//
// The bot's token stands in the path of every address, by Telegram's design.
// No error or log line holds an address.
//
// Source: https://core.telegram.org/bots/api.
package telegram
