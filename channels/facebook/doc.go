// Package facebook publishes to a Facebook Page, never to a profile or group.
//
// Double posts: pictures are staged unpublished, each with its description, and
// one call to the Page's feed makes the post. Facebook knows no key for it, so
// a lost answer is settled by reading the Page's own posts (class K5): a post
// with pictures is known by the ids of its staged photos, which is exact; one
// without by its text. Codes 1 and 2, any 5xx and is_transient never count as
// "not sent": posts with such answers were found live.
//
// A crash leaves unpublished photos behind, which nobody sees and Facebook
// drops after about a day.
//
// Sources: https://developers.facebook.com/docs/pages-api/posts,
// https://developers.facebook.com/docs/graph-api/reference/page/photos,
// https://developers.facebook.com/docs/facebook-login/guides/access-tokens.
package facebook
