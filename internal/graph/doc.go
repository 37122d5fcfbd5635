// Package graph speaks Meta's Graph API as Facebook, Instagram and Threads
// share it: the shape of errors, what headers tell of usage, tokens and their
// renewal, the flow that connects an account, and containers, which are staged
// first and published by their id.
//
// A token stands in the header Authorization, never in an address: addresses
// get logged. An app's secret stands in a body, or where Meta's documentation
// knows a GET alone, in its query; our client shows no address to anybody.
//
// Sources: https://developers.facebook.com/docs/graph-api/guides/error-handling,
// https://developers.facebook.com/docs/graph-api/overview/rate-limiting,
// https://developers.facebook.com/docs/graph-api/batch-requests,
// https://developers.facebook.com/docs/instagram-platform/content-publishing,
// https://developers.facebook.com/docs/threads/posts.
package graph
