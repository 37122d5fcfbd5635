package sandbox

import (
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Picture is a picture of a post. Its bytes are uploaded beforehand.
type Picture struct {
	Digest  campaign.Digest `json:"digest"`
	Type    string          `json:"type"` // "image/png"
	Alt     string          `json:"alt,omitempty"`
	Credit  string          `json:"credit,omitempty"`
	Licence string          `json:"licence,omitempty"`
}

// Kinds of a draft.
const (
	KindPost    = "post"
	KindReply   = "reply"   // a further part of a thread
	KindComment = "comment" // the first comment under a post
)

// Draft is what a client asks to publish.
type Draft struct {
	Kind           string         `json:"kind"`
	Text           string         `json:"text"`
	Language       string         `json:"language,omitempty"`
	Languages      []string       `json:"languages,omitempty"` // of a joined post
	Pictures       []Picture      `json:"pictures,omitempty"`
	Link           string         `json:"link,omitempty"`
	ContentWarning string         `json:"content_warning,omitempty"`
	Visibility     string         `json:"visibility,omitempty"`
	Silent         bool           `json:"silent,omitempty"`
	Poll           *campaign.Poll `json:"poll,omitempty"`
	// Occurrence names one of several posts that are meant to say the same;
	// two with the same text and occurrence are still one too many.
	Occurrence string `json:"occurrence,omitempty"`
}

// Post is one thing that the public saw.
type Post struct {
	Account string `json:"account"`
	ID      string `json:"id"`
	Seq     uint64 `json:"seq"` // order of publication on this server, from 1
	Draft
	ReplyTo     string    `json:"reply_to,omitempty"`
	Key         string    `json:"key,omitempty"` // idempotency key or chosen id, as the client gave it
	At          time.Time `json:"at"`
	By          string    `json:"by,omitempty"` // "person": somebody posted by hand
	Fingerprint string    `json:"fingerprint"`
	// Copy of Copies: posts of the account that readers take for the same.
	Copy   int `json:"copy"`
	Copies int `json:"copies"`
	// Deleted is when a person or the client took it down; zero: it is there.
	Deleted time.Time `json:"deleted,omitzero"`
}

// Account is one pretended account.
type Account struct {
	Name  string         `json:"name"`
	Title string         `json:"title,omitempty"`
	Like  string         `json:"like,omitempty"`  // platform whose limits it enforces; "": the sandbox's own
	Class campaign.Class `json:"class,omitempty"` // what it does with a repeat
	// KeyWindow is how long the account remembers an idempotency key; zero is an hour.
	KeyWindow time.Duration `json:"key_window,omitempty"`
}

// Seen is what the wall shows, in numbers and in full.
type Seen struct {
	Posts []Post `json:"posts"` // visible ones, oldest first
	// Duplicates counts the posts of the program that were one too many, taken
	// down or not.
	Duplicates int `json:"duplicates"`
	// Twice names them by account and fingerprint.
	Twice []Twin `json:"twice"`
	// Deleted counts what was public and is no more.
	Deleted int `json:"deleted"`
}

// Twin is a text that an account showed more than once.
type Twin struct {
	Account     string   `json:"account"`
	Fingerprint string   `json:"fingerprint"`
	Times       int      `json:"times"`
	IDs         []string `json:"ids"`
}

// container is a post that is staged and becomes public by a second call.
type container struct {
	ID      string    `json:"id"`
	Account string    `json:"account"`
	Draft   Draft     `json:"draft"`
	Expires time.Time `json:"expires_at"`
	PostID  string    `json:"post_id,omitempty"`
}

// reply is every answer of the server: the fields that fit.
type reply struct {
	ID      string    `json:"id,omitempty"`
	URL     string    `json:"url,omitempty"`
	At      time.Time `json:"created_at,omitzero"`
	State   string    `json:"state,omitempty"` // of a container: "ready", "published", "expired"
	PostID  string    `json:"post_id,omitempty"`
	Expires time.Time `json:"expires_at,omitzero"`
	Post    *Post     `json:"post,omitempty"`
	Posts   []Post    `json:"posts,omitempty"`
	More    bool      `json:"more,omitempty"` // further posts stand behind the last
	Error   string    `json:"error,omitempty"`
	Message string    `json:"message,omitempty"`
}
