// Package youtube announces livestreams on YouTube as what they are there:
// broadcasts that become public at the due time. Posts of the channel page
// (community posts) have no API, and films are not uploaded.
//
// A post whose text or link names a broadcast of the channel, by its address,
// makes that one public, under the post's title and text. Where it names none,
// Prepare makes a private one, which starts a set time after the due time.
//
// Double posts: the broadcast is known by its id before it is made public, by one
// call that sets a state and may be repeated (class K3). A private broadcast of
// ours bears a mark in its description until that call; a crash leaves it
// behind, and the next try finds it by its mark.
//
// Sources: platforms.md §10; https://developers.google.com/youtube/v3/docs,
// /live/docs, the discovery document of revision 20261019.
package youtube
