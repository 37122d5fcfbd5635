// Package sandbox is a platform of our own: a server with accounts and a wall
// to look at, and the channel that publishes to it.
//
// With "like" an account takes over the limits, the abilities and the class of
// another platform, so a campaign rehearses with the promises it will have:
//
//   - K1: the server remembers an idempotency key for a while and answers a
//     repeat with the first post.
//   - K2: a post stands under an id that we chose; a repeat finds it there.
//   - K3: a post is staged as a container first, which becomes public once.
//   - K4: the server refuses a text that the account has said before.
//   - K5: the server knows no key, but lists the account's posts.
//   - K6: the server knows no key and does not tell.
//
// So a post is never made twice where the real platform would not make it
// twice, and a doubt stays one where the real platform leaves it. A crash may
// leave uploaded pictures and unpublished containers behind; both are
// invisible, and containers end after a day.
package sandbox
