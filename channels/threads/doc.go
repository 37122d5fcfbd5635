// Package threads publishes texts, pictures, carousels, polls and reply chains
// to an account at Threads.
//
// Double posts: each part is staged as a container first; publishing it is a
// second, small call with the container's id, and a container publishes once
// (class K3). When an answer is lost the container says whether it is public.
// The call that does both at once (auto_publish_text) is not used. A further
// part of a thread answers the one before, whose id is known only once that is
// public: it is staged then.
//
// Threads fetches pictures from a public address of ours. A crash leaves
// containers behind that nobody sees; they end after a day.
//
// Sources: https://developers.facebook.com/docs/threads/posts,
// https://developers.facebook.com/docs/threads/reply-management,
// https://developers.facebook.com/docs/threads/get-started/long-lived-tokens,
// https://developers.facebook.com/docs/threads/troubleshooting.
package threads
