package mastodon

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// loose is a field that servers may leave out, set to null, or give another
// shape: then it says nothing, and the rest of the answer still counts.
type loose[T any] struct {
	value T
	said  bool
}

func (l *loose[T]) UnmarshalJSON(b []byte) error {
	var v T
	if string(b) != "null" && json.Unmarshal(b, &v) == nil {
		*l = loose[T]{v, true}
	}
	return nil
}

// post is a status as the server shows it.
type post struct {
	ID          string              `json:"id"`
	CreatedAt   string              `json:"created_at"`
	ScheduledAt loose[string]       `json:"scheduled_at"` // of one that is not public yet
	URL         loose[string]       `json:"url"`
	URI         loose[string]       `json:"uri"`
	Content     loose[string]       `json:"content"` // HTML
	SpoilerText loose[string]       `json:"spoiler_text"`
	Visibility  loose[string]       `json:"visibility"`
	Language    loose[string]       `json:"language"`
	InReplyTo   loose[string]       `json:"in_reply_to_id"`
	Reblog      loose[struct{}]     `json:"reblog"`
	Media       loose[[]attachment] `json:"media_attachments"`
	Poll        loose[struct {
		Options []struct{} `json:"options"`
	}] `json:"poll"`
	Application loose[struct {
		Name string `json:"name"`
	}] `json:"application"`

	Favourites loose[int64] `json:"favourites_count"`
	Reblogs    loose[int64] `json:"reblogs_count"`
	Replies    loose[int64] `json:"replies_count"`
	Quotes     loose[int64] `json:"quotes_count"` // from 4.5
}

func (p post) receipt(now time.Time, how string) campaign.Receipt {
	r := campaign.Receipt{RemoteID: channels.SafeID(p.ID), URL: channels.SafeLink(p.URL.value), At: now, How: how}
	if r.URL == "" {
		r.URL = channels.SafeLink(p.URI.value)
	}
	if at, err := time.Parse(time.RFC3339, p.CreatedAt); err == nil {
		r.Platform = at.UTC()
	}
	return r
}

// reads tells whether people read the text of want in the post.
func (p post) reads(want draft) bool {
	return comparable(plain(p.Content.value)) == comparable(want.body.Status)
}

// differences are what the server dropped or changed of want, for people. What
// it does not show is not taken for changed, but for pictures: never a post
// without them unnoticed.
func (p post) differences(want draft) []string {
	var ds []string
	note := func(format string, args ...any) { ds = append(ds, fmt.Sprintf(format, args...)) }
	if p.Content.said && !p.reads(want) {
		note("its text is not what was sent")
	}
	if p.SpoilerText.said && comparable(p.SpoilerText.value) != comparable(want.body.SpoilerText) {
		note("its content warning is not what was sent")
	}
	if got, sent := len(p.Media.value), len(want.alts); got != sent {
		note("it shows %d of %d pictures", got, sent)
	} else {
		for i, m := range p.Media.value {
			if comparable(m.Description) != comparable(want.alts[i]) {
				note("the alt text of picture %d is not what was sent", i+1)
			}
		}
	}
	if want.body.Poll != nil && len(p.Poll.value.Options) != len(want.body.Poll.Options) {
		note("its poll is not what was sent")
	}
	if p.InReplyTo.value != want.answers {
		note("it does not answer the part before it")
	}
	if p.Visibility.said && p.Visibility.value != want.body.Visibility {
		note("its visibility is %q, not %q", channels.SafeCode(p.Visibility.value), want.body.Visibility)
	}
	if p.Language.said && want.body.Language != "" && language(p.Language.value) != want.body.Language {
		note("its language is %q, not %q", channels.SafeCode(p.Language.value), want.body.Language)
	}
	return ds
}

// warning is a receipt's text about differences, "" where there are none.
func warning(ds []string) string { return strings.Join(ds, "; ") }
