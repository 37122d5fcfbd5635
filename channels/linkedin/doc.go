// Package linkedin publishes to LinkedIn, for a member or for the page of an
// organization, by the Posts API.
//
// Double posts: LinkedIn knows no keys, but refuses a text that the author has
// posted lately and names the post that has it (class K4). A doubt is settled
// by reading the page's own posts. A member's posts cannot be read by programs:
// there a person decides, unless probe_on_doubt allows one repeat, whose
// refusal names the post. How long LinkedIn remembers is nowhere written.
//
// A text that was deleted is refused for a day or two under names of posts that
// nobody can see. Such a refusal is no proof of publication: a person decides.
//
// A crash leaves uploaded pictures behind that no post shows.
//
// Sources: platforms.md §7; https://learn.microsoft.com/linkedin/marketing/,
// posts-api, images-api, little-text-format, comments-api.
package linkedin
