package pretend

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/ittakesacommunity/takeover/internal/measure"
)

// link is what X shortens; real X knows bare domains, too.
var link = regexp.MustCompile(`https?://[^\s<>"]*[A-Za-z0-9/=#_-]`)

// twinsFor is how many of the latest posts a text is compared with.
const twinsFor = 50

// add makes the post public and shows it as X does: links shortened, escaped,
// an address of its own for pictures.
func (s *Server) add(t *Tweet) {
	t.ID = s.nextID()
	n := 0
	short := func(expanded string) string {
		n++
		u := fmt.Sprintf("https://t.co/%s%02d", t.ID[len(t.ID)-8:], n)
		t.urls = append(t.urls, map[string]any{"url": u, "expanded_url": expanded})
		return u
	}
	shown := link.ReplaceAllStringFunc(t.Text, short)
	if len(t.Alts) > 0 {
		shown += " " + short("https://x.com/"+Username+"/status/"+t.ID+"/photo/1")
	}
	t.shown = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(shown)
	s.tweets = append(s.tweets, t)
}

// twin tells whether the account has said this lately, also where it was taken down.
func (s *Server) twin(text string) bool {
	for i := len(s.tweets) - 1; i >= max(0, len(s.tweets)-twinsFor); i-- {
		if s.tweets[i].Text == text {
			return true
		}
	}
	return false
}

// fits tells whether X takes the text, as its own parser counts.
func fits(text string) bool {
	n, valid := measure.X(text)
	return valid && n <= 280
}

func (s *Server) create(c *call) reply {
	var in struct {
		Text  string
		Media *struct {
			IDs []string `json:"media_ids"`
		}
		Poll *struct {
			Options []string
			Minutes int `json:"duration_minutes"`
		}
		Reply *struct {
			To string `json:"in_reply_to_tweet_id"`
		}
		ReplySettings string `json:"reply_settings"`
	}
	if !c.json(&in) || c.Header.Get("Content-Type") != "application/json" {
		return invalid("text", "The request is not JSON")
	}
	t := &Tweet{Text: in.Text, ReplySettings: in.ReplySettings, At: c.now}
	if in.Media != nil {
		if bad := s.attach(t, in.Media.IDs, c); bad {
			return invalid("media.media_ids", "Your media IDs are invalid.")
		}
	}
	if in.Poll != nil {
		t.Poll = in.Poll.Options
		if n := len(t.Poll); n < 2 || n > 4 || in.Poll.Minutes < 5 || in.Poll.Minutes > 10080 || in.Media != nil ||
			slices.ContainsFunc(t.Poll, func(o string) bool { return o == "" || utf8.RuneCountInString(o) > 25 }) {
			return invalid("poll.options", "The poll is invalid.")
		}
	}
	if in.ReplySettings != "" && !slices.Contains([]string{"following", "mentionedUsers", "subscribers", "verified"}, in.ReplySettings) {
		return invalid("reply_settings", "The reply settings are invalid.")
	}
	if in.Reply != nil {
		if t.ReplyTo = in.Reply.To; s.find(t.ReplyTo) == nil {
			return invalid("reply.in_reply_to_tweet_id", "You attempted to reply to a Tweet that is deleted or not visible to you.")
		}
	}
	switch {
	case t.Text == "" && len(t.Alts) == 0, t.Text != "" && !fits(t.Text):
		return invalid("text", "Your text is too long.")
	case s.twin(t.Text):
		return no(http.StatusForbidden, "about:blank", "You are not allowed to create a Tweet with duplicate content.")
	}
	s.add(t)
	return reply{status: http.StatusCreated, body: map[string]any{"data": map[string]any{"id": t.ID, "text": t.shown, "edit_history_tweet_ids": []string{t.ID}}}}
}

// attach shows uploaded files with the post; it tells whether one is not to be had.
func (s *Server) attach(t *Tweet, ids []string, c *call) (bad bool) {
	for _, id := range ids {
		m := s.media[id]
		if m == nil || c.now.Sub(m.at) > mediaLife || len(m.bytes) < m.total || m.category == "tweet_gif" && (m.polls < s.o.GIFPolls || len(ids) > 1) {
			return true
		}
		t.Alts, t.Categories = append(t.Alts, m.alt), append(t.Categories, m.category)
	}
	return len(ids) < 1 || len(ids) > 4
}

// update is a post by API v1.1.
func (s *Server) update(c *call) reply {
	t := &Tweet{Text: c.form.Get("status"), ReplyTo: c.form.Get("in_reply_to_status_id"), At: c.now}
	switch {
	case !c.oauth1:
		return old(http.StatusForbidden, 220, "Your credentials do not allow access to this resource.")
	case !s.o.Old:
		return old(http.StatusForbidden, 453, "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints (e.g. media post, oauth) only.")
	case c.form.Get("media_ids") != "" && s.attach(t, strings.Split(c.form.Get("media_ids"), ","), c):
		return old(http.StatusBadRequest, 324, "The validation of media ids failed.")
	case t.Text == "" && len(t.Alts) == 0, t.Text != "" && !fits(t.Text):
		return old(http.StatusForbidden, 186, "Tweet needs to be a bit shorter.")
	case t.ReplyTo != "" && s.find(t.ReplyTo) == nil:
		return old(http.StatusForbidden, 385, "You attempted to reply to a Tweet that is deleted or not visible to you.")
	case s.twin(t.Text):
		return old(http.StatusForbidden, 187, "Status is a duplicate.")
	}
	s.add(t)
	return reply{status: http.StatusOK, body: map[string]any{"id_str": t.ID, "text": html.EscapeString(t.shown), "created_at": t.At.UTC().Format("Mon Jan 02 15:04:05 -0700 2006")}}
}

// parts are the fields of a body of several parts.
func (c *call) parts() map[string][]byte {
	_, params, err := mime.ParseMediaType(c.Header.Get("Content-Type"))
	if err != nil {
		return nil
	}
	r := multipart.NewReader(bytes.NewReader(c.body), params["boundary"])
	out := map[string][]byte{}
	for {
		p, err := r.NextPart()
		if err != nil {
			return out
		}
		if out[p.FormName()], err = io.ReadAll(p); err != nil {
			return nil
		}
	}
}

func (s *Server) keep(m *media) map[string]any {
	id := s.nextID()
	s.media[id] = m
	return map[string]any{"id": id, "media_key": "3_" + id, "expires_after_secs": int(mediaLife.Seconds()), "size": len(m.bytes)}
}

func (s *Server) upload(c *call) reply {
	p := c.parts()
	kind := http.DetectContentType(p["media"])
	if string(p["media_category"]) != "tweet_image" || !strings.HasPrefix(kind, "image/") || len(p["media"]) > 5_000_000 {
		return invalid("media", "The media could not be read.")
	}
	return ok(s.keep(&media{category: "tweet_image", bytes: p["media"], at: c.now}))
}

func (s *Server) initialize(c *call) reply {
	var in struct {
		Type     string `json:"media_type"`
		Total    int    `json:"total_bytes"`
		Category string `json:"media_category"`
	}
	if !c.json(&in) || in.Type != "image/gif" || in.Category != "tweet_gif" || in.Total < 1 || in.Total > 15_000_000 {
		return invalid("media_type", "The media type is invalid.")
	}
	return ok(s.keep(&media{category: in.Category, total: in.Total, at: c.now}))
}

func (s *Server) appendTo(c *call) reply {
	m, p := s.media[c.PathValue("id")], c.parts()
	if m == nil || len(p["media"]) == 0 || len(p["media"]) > 5_000_000 || len(p["segment_index"]) == 0 {
		return invalid("media", "The segment is invalid.")
	}
	m.bytes = append(m.bytes, p["media"]...)
	return ok(map[string]any{"expires_at": c.now.Add(mediaLife).Unix()})
}

func (s *Server) finalize(c *call) reply {
	m := s.media[c.PathValue("id")]
	if m == nil || len(m.bytes) != m.total || http.DetectContentType(m.bytes) != "image/gif" {
		return invalid("media", "The upload is not complete.")
	}
	return s.progress(c.PathValue("id"), m)
}

func (s *Server) progress(id string, m *media) reply {
	data := map[string]any{"id": id, "media_key": "16_" + id, "expires_after_secs": int(mediaLife.Seconds())}
	if m.polls < s.o.GIFPolls {
		data["processing_info"] = map[string]any{"state": "in_progress", "check_after_secs": 1}
	} else if s.o.GIFPolls > 0 {
		data["processing_info"] = map[string]any{"state": "succeeded"}
	}
	return ok(data)
}

func (s *Server) status(c *call) reply {
	id := c.URL.Query().Get("media_id")
	m := s.media[id]
	if m == nil || c.URL.Query().Get("command") != "STATUS" {
		return no(http.StatusNotFound, "resource-not-found", "Could not find media.")
	}
	m.polls++
	return s.progress(id, m)
}

func (s *Server) describe(c *call) reply {
	var in struct {
		ID       string
		Metadata struct {
			Alt struct{ Text string } `json:"alt_text"`
		}
	}
	if s.o.NoAlt {
		return no(http.StatusServiceUnavailable, "about:blank", "Service Unavailable")
	}
	if !c.json(&in) || s.media[in.ID] == nil || utf8.RuneCountInString(in.Metadata.Alt.Text) > 1000 {
		return invalid("metadata.alt_text", "The alt text is invalid.")
	}
	s.media[in.ID].alt = in.Metadata.Alt.Text
	return ok(map[string]any{"id": in.ID, "associated_metadata": map[string]any{"alt_text": in.Metadata.Alt}})
}
