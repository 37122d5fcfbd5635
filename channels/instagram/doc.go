// Package instagram publishes pictures to a professional account.
//
// Double posts: each post is staged as a container first; publishing it is a
// second, small call with the container's id, and a container publishes once
// (class K3). When an answer is lost the container says whether it is public.
// While its state is not known no second one is made.
//
// Instagram fetches pictures from a public address of ours. A crash leaves
// containers behind that nobody sees; they end after a day.
//
// Sources: https://developers.facebook.com/docs/instagram-platform/content-publishing,
// https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes,
// https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token.
package instagram
