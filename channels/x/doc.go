// Package x publishes to X, by its API v2 or, for accounts that still have that
// access, by v1.1.
//
// Double posts: X knows no keys. It refuses a text that the account has said
// lately (class K4), but only courteously: after some hours it takes it again.
// So a doubt is settled by reading the account's own posts, and where they do
// not show ours a person decides: the list may lag, which makes its absence no
// proof. The setting redo_on_absent takes it for one after five minutes of
// clean reads, and sends once more.
//
// A crash leaves uploaded pictures behind that no post shows; X drops them
// after a day. Uploading them again makes others.
//
// Sources: platforms.md §1; https://docs.x.com/x-api/posts/create-post,
// https://docs.x.com/x-api/media/upload-media,
// https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code.
package x
