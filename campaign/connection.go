package campaign

import "time"

// Account is what a platform says of a connected account.
type Account struct {
	ID     string `json:"id"`               // the platform's own and permanent name, a number or a DID
	Handle string `json:"handle"`           // as people write it, "@campaign@social.example"
	Name   string `json:"name,omitempty"`   // display name
	URL    string `json:"url,omitempty"`    // checked link to its page
	Server string `json:"server,omitempty"` // what runs there, "mastodon 4.5.1"
	// Rights are what we were allowed, Missing what we need besides, both in
	// the platform's words.
	Rights  []string `json:"rights,omitempty"`
	Missing []string `json:"missing,omitempty"`
	// Expires is when the permission ends unless somebody renews it; zero: never.
	Expires time.Time `json:"expires,omitzero"`
	// Limits are the server's own; nil where it tells none.
	Limits *Limits `json:"limits,omitempty"`
}

// Connection is what is kept of a channel's connected account. It holds no secret.
type Connection struct {
	Channel ChannelID `json:"channel"`
	Account Account   `json:"account"`
	By      PersonID  `json:"by,omitempty"`     // who connected it; "" where the file names its secret
	At      time.Time `json:"at,omitzero"`      // when
	Checked time.Time `json:"checked,omitzero"` // when the platform last said so; zero: not yet
	// Fault is why the last check failed, without tokens; "" when it did not.
	Fault string `json:"fault,omitempty"`
	// Lost tells that the platform does not accept us any more, as the last check
	// that it answered says.
	Lost bool `json:"lost,omitempty"`
}

// Count is something a platform counts about a post.
type Count string

// Counts: the list is closed. A platform that does not tell one leaves it out.
const (
	CountViews   Count = "views"
	CountLikes   Count = "likes"
	CountReposts Count = "reposts"
	CountReplies Count = "replies"
	CountQuotes  Count = "quotes"
	CountClicks  Count = "clicks"
)

// Numbers are what a platform counted about one post until At. A count that is
// absent was not given, which is not zero.
type Numbers struct {
	At     time.Time       `json:"at"`
	Counts map[Count]int64 `json:"counts"`
}

// Entry is a public post by which somebody takes part in a challenge.
type Entry struct {
	URL string    `json:"url"`
	At  time.Time `json:"at"` // when it was made, as the platform says
}

// Card is how a link is shown where the poster makes the card (Bluesky).
// Elsewhere the platform makes it from the linked page.
type Card struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Picture     *Media `json:"picture,omitempty"`
}
