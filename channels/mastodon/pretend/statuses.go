package pretend

import (
	"cmp"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ittakesacommunity/takeover/internal/measure"
)

func (s *Server) wellKnown(c *call) reply {
	if s.o.NoNodeinfo {
		return no(http.StatusNotFound, "Record not found")
	}
	return ok(map[string]any{"links": []map[string]string{
		{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.0", "href": "http://" + c.Host + "/nodeinfo/2.0"}}})
}

func (s *Server) nodeinfo(*call) reply {
	if s.o.NoNodeinfo {
		return no(http.StatusNotFound, "Record not found")
	}
	return ok(map[string]any{"version": "2.0", "software": map[string]string{"name": s.o.Software, "version": s.o.Version}})
}

func (s *Server) apiVersion() string {
	if s.o.Software == "mastodon" {
		return s.o.Version
	}
	return "2.7.2 (compatible; " + s.o.Software + " " + s.o.Version + ")"
}

func (s *Server) configuration() map[string]any {
	return map[string]any{
		"statuses": map[string]int{"max_characters": s.o.MaxCharacters, "max_media_attachments": s.o.MaxMedia, "characters_reserved_per_url": s.o.PerLink},
		"media_attachments": map[string]any{
			"supported_mime_types": []string{"image/jpeg", "image/png", "image/gif", "image/heic", "image/webp", "image/avif", "video/mp4"},
			"description_limit":    maxDescription, "image_size_limit": maxImage, "image_matrix_limit": 33_177_600,
		},
		"polls": map[string]int{"max_options": 4, "max_characters_per_option": 50, "min_expiration": 300, "max_expiration": 2_629_746},
	}
}

func (s *Server) instanceV1(*call) reply {
	return ok(map[string]any{"uri": s.o.Domain, "version": s.apiVersion(), "configuration": s.configuration()})
}

func (s *Server) instanceV2(*call) reply {
	if s.o.NoInstanceV2 {
		return no(http.StatusNotFound, "Record not found")
	}
	return ok(map[string]any{"domain": s.o.Domain, "title": "A pretend server", "version": s.apiVersion(), "configuration": s.configuration()})
}

func (s *Server) verifyApp(c *call) reply {
	answer := map[string]any{"name": c.grant.app.name, "website": nil}
	if s.o.Software == "mastodon" {
		answer["scopes"] = c.grant.scopes
	}
	return ok(answer)
}

func (s *Server) verifyAccount(*call) reply {
	return ok(map[string]any{"id": accountID, "username": acct, "acct": acct, "display_name": "The Campaign",
		"url": "https://" + s.o.Domain + "/@" + acct, "source": map[string]any{"privacy": "private", "sensitive": false, "language": "de"}})
}

func (s *Server) uploadMedia(c *call) reply {
	header, allowed := s.spend("uploads", uploadsPer30Min, 30*time.Minute, c.now)
	if !allowed {
		return reply{status: http.StatusTooManyRequests, body: map[string]string{"error": "Too many requests"}, header: header}
	}
	if c.MultipartForm == nil || len(c.MultipartForm.File["file"]) != 1 {
		return no(http.StatusUnprocessableEntity, "Validation failed: File can't be blank")
	}
	f, err := c.MultipartForm.File["file"][0].Open()
	if err != nil {
		return no(http.StatusInternalServerError, "Something went wrong on our end")
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	kind := http.DetectContentType(b)
	switch {
	case err != nil:
		return no(http.StatusInternalServerError, "Something went wrong on our end")
	case len(b) > maxImage:
		return no(http.StatusRequestEntityTooLarge, "Validation failed: File must be less than 16 MB")
	case !slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/webp"}, kind):
		return no(http.StatusUnprocessableEntity, "Validation failed: File content type is invalid, File is invalid")
	case utf8.RuneCountInString(c.FormValue("description")) > maxDescription:
		return no(http.StatusUnprocessableEntity, "Validation failed: Description is too long (maximum is 1500 characters)")
	}
	m := &upload{Media: Media{ID: s.nextID(), Description: c.FormValue("description"), Focus: c.FormValue("focus"), Type: "image", Bytes: b}, at: c.now}
	if s.o.DropAlts {
		m.Description = ""
	}
	s.media[m.ID] = m
	if s.o.MediaPolls > 0 {
		return reply{status: http.StatusAccepted, body: s.mediaEntity(m), header: header}
	}
	return reply{status: http.StatusOK, body: s.mediaEntity(m), header: header}
}

func (s *Server) mediaEntity(m *upload) map[string]any {
	entity := map[string]any{"id": m.ID, "type": m.Type, "description": nil, "url": nil}
	if m.Description != "" {
		entity["description"] = m.Description
	}
	if m.polls >= s.o.MediaPolls && !s.o.MediaFails {
		entity["url"] = "https://files." + s.o.Domain + "/" + m.ID + ".jpeg"
	}
	return entity
}

func (s *Server) pollMedia(c *call) reply {
	m := s.media[c.PathValue("id")]
	if m == nil || m.used || c.now.Sub(m.at) > mediaLife {
		return no(http.StatusNotFound, "Record not found")
	}
	m.polls++
	switch {
	case m.polls < s.o.MediaPolls:
		return reply{status: http.StatusPartialContent, body: s.mediaEntity(m)}
	case s.o.MediaFails:
		return no(http.StatusUnprocessableEntity, "Error processing thumbnail for uploaded media")
	}
	return ok(s.mediaEntity(m))
}

func (s *Server) create(c *call) reply {
	key := c.Header.Get("Idempotency-Key")
	if known, is := s.keys[key]; is && key != "" && s.o.Keys != Ignores && c.now.Sub(known.at) < keyLife {
		hasty := s.o.Keys == RecordedLate && c.now.Sub(known.at) < s.o.KeyDelay
		switch {
		case s.o.Keys == FaultsOnOld:
			return no(http.StatusInternalServerError, "Something went wrong on our end")
		case hasty: // not written down yet
		case s.gone[known.id]:
			return no(http.StatusNotFound, "Record not found")
		default:
			return ok(s.entity(s.find(known.id)))
		}
	}
	st, refused := s.compose(c)
	if refused != nil {
		return *refused
	}
	st.ID, st.At, st.Key = s.nextID(), c.now, key
	for _, m := range st.Media {
		s.media[m.ID].used = true
	}
	s.statuses = append(s.statuses, st)
	s.keys[key] = keyed{st.ID, c.now}
	return ok(s.entity(st))
}

// compose reads a status; what the call leaves out the account's settings say.
func (s *Server) compose(c *call) (*Status, *reply) {
	refuse := func(status int, text string) (*Status, *reply) {
		r := no(status, text)
		return nil, &r
	}
	st := &Status{Text: strings.TrimSpace(c.text("status")), Language: c.text("language"), Visibility: c.text("visibility"),
		SpoilerText: c.text("spoiler_text"), InReplyTo: c.text("in_reply_to_id"), App: c.grant.app.name}
	st.Sensitive, _ = c.form["sensitive"].(bool)
	if st.Visibility == "" {
		st.Visibility = "private"
	}
	if st.Language == "" {
		st.Language = "de"
	}
	if s.o.Silenced && st.Visibility == "public" {
		st.Visibility = "unlisted"
	}
	if !slices.Contains([]string{"public", "unlisted", "private", "direct"}, st.Visibility) {
		return refuse(http.StatusUnprocessableEntity, "Validation failed: Visibility is not included in the list")
	}
	if st.InReplyTo != "" && (s.find(st.InReplyTo) == nil || s.gone[st.InReplyTo]) {
		return refuse(http.StatusNotFound, "The post you are trying to reply to does not appear to exist.")
	}
	ids := c.list("media_ids")
	if len(ids) > s.o.MaxMedia {
		return refuse(http.StatusUnprocessableEntity, "Cannot attach more than 4 files")
	}
	for _, id := range ids {
		m := s.media[id]
		switch {
		case (m == nil || m.used || c.now.Sub(m.at) > mediaLife) && s.o.OldMedia:
			continue
		case m == nil || m.used || c.now.Sub(m.at) > mediaLife:
			return refuse(http.StatusUnprocessableEntity, "Media could not be found")
		case m.polls < s.o.MediaPolls:
			return refuse(http.StatusUnprocessableEntity, "Cannot attach files that have not finished processing. Try again in a moment!")
		}
		st.Media = append(st.Media, m.Media)
	}
	if p, is := c.form["poll"].(map[string]any); is {
		options, _ := p["options"].([]any)
		for _, o := range options {
			text, _ := o.(string)
			st.Poll = append(st.Poll, text)
		}
		expires, _ := p["expires_in"].(float64)
		st.PollSeconds = int64(expires)
		if len(st.Poll) < 2 || len(st.Poll) > 4 || expires < 300 || len(ids) > 0 {
			return refuse(http.StatusUnprocessableEntity, "Validation failed: Poll is invalid")
		}
	}
	length, _ := measure.MastodonLinks(s.o.PerLink)(st.Text)
	switch {
	case st.Text == "" && len(st.Media) == 0:
		return refuse(http.StatusUnprocessableEntity, "Validation failed: Text can't be blank")
	case length+utf8.RuneCountInString(st.SpoilerText) > s.o.MaxCharacters:
		return refuse(http.StatusUnprocessableEntity, "Validation failed: Text character limit of "+strconv.Itoa(s.o.MaxCharacters)+" exceeded")
	}
	return st, nil
}

func (s *Server) find(id string) *Status {
	for _, st := range s.statuses {
		if st.ID == id {
			return st
		}
	}
	return nil
}

func (s *Server) show(c *call) reply {
	st := s.find(c.PathValue("id"))
	if st == nil || s.gone[st.ID] {
		return no(http.StatusNotFound, "Record not found")
	}
	return ok(s.entity(st))
}

func (s *Server) remove(c *call) reply {
	header, allowed := s.spend("deletes", deletesPer30Min, 30*time.Minute, c.now)
	if !allowed {
		return reply{status: http.StatusTooManyRequests, body: map[string]string{"error": "Too many requests"}, header: header}
	}
	st := s.find(c.PathValue("id"))
	if st == nil || s.gone[st.ID] {
		return no(http.StatusNotFound, "Record not found")
	}
	s.gone[st.ID] = true
	return reply{status: http.StatusOK, body: s.entity(st), header: header}
}

// list is a page of the account's posts, newest first. min_id gives those just
// after it, max_id those just before.
func (s *Server) list(c *call) reply {
	if c.PathValue("id") != accountID {
		return no(http.StatusNotFound, "Record not found")
	}
	q := c.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 {
		limit = 20
	}
	limit = min(limit, 40)
	var page []*Status // oldest first
	for _, st := range s.statuses {
		if s.gone[st.ID] || c.now.Sub(st.At) < s.o.ListLag ||
			q.Get("min_id") != "" && !later(st.ID, q.Get("min_id")) || q.Get("max_id") != "" && !later(q.Get("max_id"), st.ID) {
			continue
		}
		page = append(page, st)
	}
	if len(page) > limit {
		if q.Get("min_id") != "" {
			page = page[:limit]
		} else {
			page = page[len(page)-limit:]
		}
	}
	out := []any{}
	for _, st := range slices.Backward(page) {
		out = append(out, s.entity(st))
	}
	return ok(out)
}

// tagged is a page of the public posts under a hashtag, the account's own among
// them, newest first.
func (s *Server) tagged(c *call) reply {
	q := c.URL.Query()
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 {
		limit = 20
	}
	out := []any{}
	all := slices.Concat(s.statuses, s.others)
	slices.SortFunc(all, func(a, b *Status) int { return cmp.Or(len(b.ID)-len(a.ID), strings.Compare(b.ID, a.ID)) })
	for _, st := range all {
		words := strings.Fields(strings.ToLower(st.Text))
		if !s.gone[st.ID] && st.Visibility == "public" && slices.Contains(words, "#"+strings.ToLower(c.PathValue("tag"))) &&
			(q.Get("max_id") == "" || later(q.Get("max_id"), st.ID)) && len(out) < min(limit, 40) {
			e := s.entity(st)
			e["account"] = map[string]any{"id": cmp.Or(st.By, accountID)}
			if st.By != "" {
				e["url"] = "https://elsewhere.example/@" + st.By + "/" + st.ID
			}
			out = append(out, e)
		}
	}
	return ok(out)
}

// later tells whether id a is of a later post than b.
func later(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

func (s *Server) entity(st *Status) map[string]any {
	media := []any{}
	for _, m := range st.Media {
		media = append(media, s.mediaEntity(&upload{Media: m, polls: s.o.MediaPolls}))
	}
	e := map[string]any{
		"id": st.ID, "created_at": st.At.UTC().Format("2006-01-02T15:04:05.000Z"), "in_reply_to_id": nil, "reblog": nil,
		"url": "https://" + s.o.Domain + "/@" + acct + "/" + st.ID, "uri": "https://" + s.o.Domain + "/users/" + acct + "/statuses/" + st.ID,
		"visibility": st.Visibility, "language": st.Language, "sensitive": st.Sensitive, "spoiler_text": st.SpoilerText,
		"content": Render(st.Text, s.o.Domain), "media_attachments": media, "poll": nil, "card": nil,
		"application":      map[string]any{"name": st.App, "website": nil},
		"favourites_count": 3, "reblogs_count": 2, "replies_count": 0,
	}
	if st.InReplyTo != "" {
		e["in_reply_to_id"] = st.InReplyTo
	}
	for _, o := range st.Poll {
		p, _ := e["poll"].(map[string]any)
		if p == nil {
			p = map[string]any{"id": st.ID, "options": []any{}}
			e["poll"] = p
		}
		p["options"] = append(p["options"].([]any), map[string]any{"title": o, "votes_count": 0})
	}
	return e
}
