package x

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/httpx"
)

// Names of the visible calls.
const (
	partPost  = "post"
	partReply = "reply"
)

// draft is one visible call before its pictures have ids.
type draft struct {
	name     string
	text     string
	pictures int
	poll     *poll
	answers  string // id of the post that it answers; "" is none, or not known yet
}

// body is the body of a publish call of v2. Source: platforms.md §1.2.
type body struct {
	Text          string     `json:"text,omitempty"`
	Media         *mediaList `json:"media,omitempty"`
	Poll          *poll      `json:"poll,omitempty"`
	ReplySettings string     `json:"reply_settings,omitempty"`
}

type mediaList struct {
	IDs []string `json:"media_ids"`
}

type poll struct {
	Options []string `json:"options"`
	Minutes int      `json:"duration_minutes"`
}

// drafts are the visible calls of a content: the post, then the further parts
// of its thread. They depend on nothing but the content.
func drafts(content campaign.Content) []draft {
	content = channels.Worded(content)
	first := draft{name: partPost, text: content.Text, pictures: len(content.Media)}
	if p := content.Poll; p != nil {
		first.poll = &poll{Options: p.Options, Minutes: int(p.Ends / time.Minute)}
	}
	all := []draft{first}
	for _, text := range content.Thread {
		all = append(all, draft{name: partReply, text: text})
	}
	return all
}

// freeze is the body of the draft with its uploaded pictures.
func (c *Channel) freeze(d draft, ids []string) ([]byte, error) {
	if c.cfg.Old {
		return form(d.text, ids), nil
	}
	b := body{Text: d.text, Poll: d.poll, ReplySettings: c.cfg.ReplySettings}
	if len(ids) > 0 {
		b.Media = &mediaList{ids}
	}
	return json.Marshal(b)
}

// answering completes a frozen body by the post that it answers. The same
// bytes come of it each time.
func answering(frozen []byte, id string) []byte {
	if id == "" {
		return frozen
	}
	return []byte(strings.TrimSuffix(string(frozen), "}") + `,"reply":{"in_reply_to_tweet_id":"` + id + `"}}`) // an id is digits
}

// published is the id of the post that an answer of v2 holds, "" where it holds
// none. A 2xx may tell of errors, too: they are of what was to be shown with it.
func published(a httpx.Answer) string {
	var in struct {
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if !a.Whole || !success(a.Status) || json.Unmarshal(a.Body, &in) != nil {
		return ""
	}
	return safeNumber(in.Data.ID)
}

// linkTo is the permanent address of a post.
func linkTo(id string) string { return "https://x.com/i/web/status/" + id }

func receipt(id string, now time.Time, how string) campaign.Receipt {
	return campaign.Receipt{RemoteID: id, URL: linkTo(id), At: now, How: how}
}

// tweet is a post as lists show it.
type tweet struct {
	ID          string   `json:"id"`
	Text        string   `json:"text"`
	CreatedAt   string   `json:"created_at"`
	Entities    entities `json:"entities"`
	Attachments struct {
		MediaKeys []string `json:"media_keys"`
		PollIDs   []string `json:"poll_ids"`
	} `json:"attachments"`
	Referenced []struct {
		Type string `json:"type"`
		ID   string `json:"id"`
	} `json:"referenced_tweets"`
	// Note is the whole text of a long post, of which Text is the beginning.
	Note *struct {
		Text     string   `json:"text"`
		Entities entities `json:"entities"`
	} `json:"note_tweet"`
}

type entities struct {
	URLs []struct {
		URL      string `json:"url"`
		Expanded string `json:"expanded_url"`
	} `json:"urls"`
}

// answered is the id of the post that it answers, "" for none.
func (t tweet) answered() string {
	for _, r := range t.Referenced {
		if r.Type == "replied_to" {
			return r.ID
		}
	}
	return ""
}

// reposts tells that it shows somebody's post instead of a text of its own.
func (t tweet) reposts() bool {
	for _, r := range t.Referenced {
		if r.Type == "retweeted" {
			return true
		}
	}
	return false
}

// ownMedia is the address that X puts below a text for its pictures.
var ownMedia = regexp.MustCompile(`/(?:photo|video)/[0-9]+$`)

// written is the text of the post as want may have been written: links as they
// stood, without X's own for pictures, and escapes undone.
func (t tweet) written(want string) string {
	text, urls := t.Text, t.Entities.URLs
	if t.Note != nil && t.Note.Text != "" {
		text, urls = t.Note.Text, append(urls, t.Note.Entities.URLs...)
	}
	text = html.UnescapeString(text)
	for _, u := range urls {
		if u.URL == "" {
			continue
		}
		long := u.Expanded
		if ownMedia.MatchString(long) && !strings.Contains(want, long) {
			long = ""
		} else if _, bare, _ := strings.Cut(long, "://"); !strings.Contains(want, long) {
			// Written without a scheme, or without the slash that X adds.
			for _, short := range []string{strings.TrimSuffix(long, "/"), bare, strings.TrimSuffix(bare, "/")} {
				if short != "" && strings.Contains(want, short) {
					long = short
					break
				}
			}
		}
		text = strings.ReplaceAll(text, u.URL, long)
	}
	return text
}

// reads tells whether people read the text of want in the post.
func (t tweet) reads(want string) bool {
	return campaign.NormalForm(norm.NFC.String(t.written(want))) == campaign.NormalForm(norm.NFC.String(want))
}

func (t tweet) receipt(now time.Time) campaign.Receipt {
	r := receipt(t.ID, now, "read-back")
	if at, err := time.Parse(time.RFC3339, t.CreatedAt); err == nil {
		r.Platform = at.UTC()
	}
	return r
}

// gone tells whether X itself says that there is no such post.
func gone(a httpx.Answer) bool {
	f, own := said(a)
	return own && (a.Status == http.StatusNotFound || a.Status == http.StatusGone) && f.code() != 34 // 34: no such page of the API
}

// errNoPost is of a receipt in which no post of X is named.
func errNoPost(op string) *channels.Error {
	e := channels.Unsent(op, channels.ScopeContent, fmt.Errorf("the receipt names no post of X"))
	e.Fate = channels.Refused
	return e
}

// Shown are the texts as readers will see them; see channels.Shower.
func (c *Channel) Shown(content campaign.Content) []campaign.Shown {
	var out []campaign.Shown
	for _, d := range drafts(content) {
		out = append(out, campaign.Shown{Text: d.text})
	}
	return out
}
