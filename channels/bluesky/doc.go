// Package bluesky publishes to Bluesky and to every other server that speaks
// its protocol (AT Protocol, https://atproto.com). Facts: platforms.md §3 and
// what a reference server was seen to answer (.ci/peers/bluesky-pds/README.md).
//
// Double posts: a post is a record under a key that we choose, and it is
// created only if nothing stands there (putRecord with swapRecord null), so a
// repeat changes nothing (class K2). The key follows from the delivery, its
// part and its due time alone; the record from the approved content and the
// time of the first arming. What became of a lost call is read under that key
// (exact). A key that stands empty again does not prove that nothing was
// there: a person may have taken the post down. So the revision of the account's
// repository is remembered before the first arming; where it moved since by
// somebody else's hand, the read-back says Gone and a person decides.
//
// A crash leaves nothing behind but uploaded pictures that no post names; the
// server forgets them.
package bluesky
