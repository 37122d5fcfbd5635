// Package webhook publishes to any receiver of signed webhooks: newsroom
// systems, other schedulers, chat bridges. Requests follow Standard Webhooks
// 1.0.0 (https://github.com/standard-webhooks/standard-webhooks).
//
// Double posts: one delivery is one call with one webhook-id and frozen bytes.
// Nothing can be read back from a receiver. By default nobody can tell what
// became of a call whose answer was lost, and a person decides (class K6).
// With receiver_dedupes: true the receiver vouches that it recognises a
// webhook-id it has seen; then the same call may be armed again (K2).
//
// A crash leaves nothing behind: staging makes bytes and no calls.
package webhook
