// Package tiktok publishes pictures to TikTok, at once or into the inbox of the
// account, where a person finishes the post. Films are not published.
//
// Double posts: TikTok fetches the pictures itself, and the one call that tells
// it to is the one that publishes. It knows no keys, lists no own posts to us,
// and the name by which it can be asked (publish_id) comes with the answer. So a
// lost answer is for a person (class K6). Once the name is there, it alone is
// asked, until TikTok says that the post is there or failed; a restart forgets it.
//
// Sources: platforms.md §11; https://developers.tiktok.com/doc/content-posting-api-reference-photo-post.
package tiktok
