// Package mastodon publishes to Mastodon and to servers that speak its API.
//
// Double posts: every attempt at one part sends the same bytes under the same
// Idempotency-Key. Mastodon remembers a key for an hour, so a repeat within it
// makes no second post (class K1, for 45 minutes from the first attempt).
// Other software that speaks this API is not known to do so: there, and until
// the server was asked what it is, a doubt is settled by reading the account's
// own posts alone (K5), and what is absent by a person: it may have been taken
// down by hand. A read-back comes first in any case.
//
// A crash leaves pictures behind that no post shows; the server drops them
// after about a day. Staging them again makes others.
//
// Sources: https://docs.joinmastodon.org/methods/statuses/,
// https://docs.joinmastodon.org/methods/media/,
// https://docs.joinmastodon.org/methods/instance/,
// https://docs.joinmastodon.org/methods/oauth/.
package mastodon
