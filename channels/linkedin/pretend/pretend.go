// Package pretend is a server that speaks LinkedIn's Posts API as its
// documentation and its users describe it: a text is cut where it is not
// escaped, twins are refused by name, also of what was deleted.
package pretend

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// The one member, page and app of the server.
const (
	Member   = "yrZCpj2Z12"
	Page     = "5515715"
	ClientID = "77campaignapp"
)

// Version is the one version that the server speaks.
const Version = "202610"

const (
	author   = "urn:li:person:" + Member
	page     = "urn:li:organization:" + Page
	maxText  = 3000
	maxBytes = 5_000_000
)

// Options of a Server. The zero value has an app that is not approved for
// refresh tokens.
type Options struct {
	Now          func() time.Time
	ClientSecret string
	Redirect     string // registered with the app
	Refreshes    bool   // the app is approved for refresh tokens
	// ListLag is how long a post takes to stand in its author's list.
	ListLag time.Duration
	// ImagePolls is how often a picture is asked for before it is ready.
	ImagePolls int
	// Unready refuses posts whose pictures nobody waited for.
	Unready bool
}

// Post is a post as the public sees it.
type Post struct {
	URN, Author, Text string
	Alts              []string // of its pictures, in order
	Link, Title       string   // of its card
	Comments          []string
	At                time.Time

	raw      string // as it was sent
	content  json.RawMessage
	comments []comment
}

type comment struct{ id, actor, text string }

type picture struct {
	owner string
	bytes []byte
	polls int
}

// grant is what an owner agreed to.
type grant struct {
	scopes   []string
	redirect string
	until    time.Time
	ends     time.Time // of the right to refresh
	over     bool
}

// Server is one server. Its methods may be called from several goroutines.
type Server struct {
	o   Options
	mux *http.ServeMux

	mu     sync.Mutex
	serial int64
	posts  []*Post
	gone   map[string]bool
	images map[string]*picture
	tokens map[string]*grant
	fresh  map[string]*grant
	codes  map[string]*grant
}

// New makes a server.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{o: o, mux: http.NewServeMux(), gone: map[string]bool{}, images: map[string]*picture{}, tokens: map[string]*grant{},
		fresh: map[string]*grant{}, codes: map[string]*grant{}}
	for pattern, h := range map[string]func(*call) reply{
		"GET /v2/userinfo":                               s.userinfo,
		"POST /rest/posts":                               s.create,
		"GET /rest/posts":                                s.list,
		"GET /rest/posts/{urn}":                          s.show,
		"DELETE /rest/posts/{urn}":                       s.remove,
		"POST /rest/images":                              s.initialize,
		"GET /rest/images/{urn}":                         s.image,
		"PUT /dms-uploads/{id}":                          s.put,
		"GET /rest/socialActions/{urn}":                  s.counts,
		"POST /rest/socialActions/{urn}/comments":        s.comment,
		"GET /rest/socialActions/{urn}/comments":         s.listComments,
		"DELETE /rest/socialActions/{urn}/comments/{id}": s.removeComment,
		"POST /oauth/v2/accessToken":                     s.token,
		"POST /oauth/v2/revoke":                          s.revoke,
	} {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, h) })
	}
	return s
}

// call is one request on its way through the server, whose lock is held.
type call struct {
	*http.Request
	body  []byte
	form  url.Values
	now   time.Time
	grant *grant
}

// reply is what the server answers; body nil is none.
type reply struct {
	status int
	body   any
	id     string // named in a header
}

func no(status int, code, message string) reply {
	return reply{status: status, body: map[string]any{"status": status, "code": code, "message": message}}
}

// ServeHTTP takes one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request, h func(*call) reply) {
	c := &call{Request: r, now: s.o.Now()}
	var err error
	if c.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, 2*maxBytes)); err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		c.form, _ = url.ParseQuery(string(c.body)) // what cannot be read is missing
	}
	s.mu.Lock()
	a := s.checked(c, h)
	s.mu.Unlock()
	w.Header().Set("Date", c.now.UTC().Format(http.TimeFormat))
	if a.id != "" {
		w.Header().Set("x-restli-id", a.id)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	json.NewEncoder(w).Encode(a.body)
}

// checked lets calls through that bear a token and, for the API, its version.
func (s *Server) checked(c *call, h func(*call) reply) reply {
	if strings.HasPrefix(c.URL.Path, "/oauth/") {
		return h(c)
	}
	bearer, _ := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	c.grant = s.tokens[bearer]
	switch {
	case c.grant == nil:
		return no(http.StatusUnauthorized, "INVALID_ACCESS_TOKEN", "Invalid access token")
	case c.grant.over:
		return no(http.StatusUnauthorized, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user")
	case !c.now.Before(c.grant.until):
		return no(http.StatusUnauthorized, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired")
	case strings.HasPrefix(c.URL.Path, "/rest/") && c.Header.Get("LinkedIn-Version") != Version:
		return no(http.StatusUpgradeRequired, "NONEXISTENT_VERSION", "Requested version "+c.Header.Get("LinkedIn-Version")+"01 is not active")
	case strings.HasPrefix(c.URL.Path, "/rest/") && c.Header.Get("X-Restli-Protocol-Version") != "2.0.0":
		return no(http.StatusBadRequest, "ILLEGAL_ARGUMENT", "The protocol version is missing")
	}
	return h(c)
}

// may tells whether the token may act for the author; a member's posts cannot be read.
func (c *call) may(who string, write bool) bool {
	need := "r_organization_social"
	switch {
	case who == author && write:
		need = "w_member_social"
	case who == author:
		return false
	case who != page:
		return false
	case write:
		need = "w_organization_social"
	}
	return slices.Contains(c.grant.scopes, need)
}

func denied(what string) reply {
	return reply{status: http.StatusForbidden, body: map[string]any{"status": 403, "serviceErrorCode": 100, "code": "ACCESS_DENIED",
		"message": "Not enough permissions to access: " + what}}
}

func (s *Server) next() string {
	s.serial++
	return strconv.FormatInt(7401234567890000000+s.serial, 10)
}

func (s *Server) userinfo(c *call) reply {
	if !slices.Contains(c.grant.scopes, "openid") {
		return denied("userinfo.GET")
	}
	return reply{status: http.StatusOK, body: map[string]any{"sub": Member, "name": "Campaign Person"}}
}

func (s *Server) find(urn string) *Post {
	for _, p := range s.posts {
		if p.URN == urn && !s.gone[urn] {
			return p
		}
	}
	return nil
}

func (s *Server) create(c *call) reply {
	var in struct {
		Author, Commentary, Visibility, LifecycleState string
		Content                                        json.RawMessage
	}
	if json.Unmarshal(c.body, &in) != nil {
		return no(http.StatusBadRequest, "ILLEGAL_ARGUMENT", "Request body could not be converted to data map")
	}
	p := &Post{URN: "urn:li:share:" + s.next(), Author: in.Author, Text: Shown(in.Commentary), At: c.now, raw: in.Commentary, content: in.Content}
	if !c.may(in.Author, true) {
		return denied("partnerApiPostsExternal.CREATE")
	}
	if in.Visibility != "PUBLIC" || in.LifecycleState != "PUBLISHED" || utf8.RuneCountInString(p.Text) > maxText || in.Commentary == "" && len(in.Content) == 0 {
		return reply{status: http.StatusUnprocessableEntity, body: map[string]any{"status": 422, "message": "ERROR :: /commentary :: length or field is invalid\n"}}
	}
	if refused := s.attach(p, in.Content); refused != nil {
		return *refused
	}
	for _, other := range s.posts {
		// Also of what was deleted: under the name of a post that nobody can see.
		if other.Author == p.Author && other.raw == p.raw {
			return reply{status: http.StatusUnprocessableEntity, body: map[string]any{"errorDetailType": "com.linkedin.common.error.BadRequest", "status": 422,
				"message":      "com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of " + other.URN,
				"errorDetails": map[string]any{"inputErrors": []any{map[string]any{"description": "Duplicate post is detected", "input": map[string]any{}, "code": "DUPLICATE_POST"}}}}}
		}
	}
	s.posts = append(s.posts, p)
	return reply{status: http.StatusCreated, id: p.URN}
}

// attach shows pictures or a card with the post.
func (s *Server) attach(p *Post, raw json.RawMessage) *reply {
	type image struct{ ID, AltText string }
	var in struct {
		Media      *image
		MultiImage *struct{ Images []image }
		Article    *struct{ Source, Title, Thumbnail string }
	}
	refuse := func(code, message string) *reply { r := no(http.StatusBadRequest, code, message); return &r }
	if len(raw) > 0 && json.Unmarshal(raw, &in) != nil {
		return refuse("ILLEGAL_ARGUMENT", "The content cannot be read")
	}
	var all []image
	switch {
	case in.Media != nil:
		all = []image{*in.Media}
	case in.MultiImage != nil:
		if all = in.MultiImage.Images; len(all) < 2 || len(all) > 20 {
			return refuse("ILLEGAL_ARGUMENT", "A multi image post has 2 to 20 images")
		}
	case in.Article != nil:
		if in.Article.Title == "" || in.Article.Source == "" {
			return refuse("ILLEGAL_ARGUMENT", "An article has a source and a title")
		}
		p.Link, p.Title = in.Article.Source, in.Article.Title
		if in.Article.Thumbnail != "" {
			if r := s.ready(in.Article.Thumbnail, p.Author); r != nil {
				return r
			}
		}
	}
	for _, i := range all {
		if r := s.ready(i.ID, p.Author); r != nil {
			return r
		}
		p.Alts = append(p.Alts, i.AltText)
	}
	return nil
}

func (s *Server) ready(urn, owner string) *reply {
	m := s.images[urn]
	refuse := func(code, message string) *reply { r := no(http.StatusBadRequest, code, message); return &r }
	switch {
	case m == nil || m.owner != owner:
		return refuse("ILLEGAL_ARGUMENT", "The image is not owned by the author")
	case len(m.bytes) == 0:
		return refuse("MEDIA_ASSET_WAITING_UPLOAD", "Media asset is waiting for upload")
	case s.o.Unready && m.polls < s.o.ImagePolls:
		return refuse("MEDIA_ASSET_PROCESSING", "Media asset is being processed")
	}
	return nil
}

func (s *Server) list(c *call) reply {
	q := c.URL.Query()
	start, _ := strconv.Atoi(q.Get("start")) // missing is 0
	count, err := strconv.Atoi(q.Get("count"))
	switch {
	case q.Get("q") != "author" || c.Header.Get("X-RestLi-Method") != "FINDER" || err != nil || count < 1 || count > 100:
		return no(http.StatusBadRequest, "ILLEGAL_ARGUMENT", "No such finder")
	case !c.may(q.Get("author"), false):
		return denied("partnerApiPostsExternal.FINDER-author")
	}
	all := []any{}
	for _, p := range slices.Backward(s.posts) {
		if p.Author == q.Get("author") && !s.gone[p.URN] && c.now.Sub(p.At) >= s.o.ListLag {
			all = append(all, p.entity())
		}
	}
	all = all[min(start, len(all)):min(start+count, len(all))]
	return reply{status: http.StatusOK, body: map[string]any{"elements": all, "paging": map[string]any{"start": start, "count": count}}}
}

func (p *Post) entity() map[string]any {
	e := map[string]any{"id": p.URN, "author": p.Author, "commentary": p.kept(), "createdAt": p.At.UnixMilli(), "publishedAt": p.At.UnixMilli(),
		"lastModifiedAt": p.At.UnixMilli(), "lifecycleState": "PUBLISHED", "visibility": "PUBLIC"}
	if len(p.content) > 0 {
		e["content"] = p.content
	}
	return e
}

// kept is the commentary up to where it was cut.
func (p *Post) kept() string { return p.raw[:cut(p.raw)] }

func (s *Server) show(c *call) reply {
	p := s.find(c.PathValue("urn"))
	switch {
	case p == nil:
		return no(http.StatusNotFound, "RESOURCE_NOT_FOUND", "The post does not exist")
	case !c.may(p.Author, false):
		return denied("partnerApiPostsExternal.GET")
	}
	return reply{status: http.StatusOK, body: p.entity()}
}

func (s *Server) remove(c *call) reply {
	p := s.find(c.PathValue("urn"))
	if p != nil && !c.may(p.Author, true) {
		return denied("partnerApiPostsExternal.DELETE")
	}
	s.gone[c.PathValue("urn")] = true
	return reply{status: http.StatusNoContent}
}

func (s *Server) initialize(c *call) reply {
	var in struct {
		R struct{ Owner string } `json:"initializeUploadRequest"`
	}
	if json.Unmarshal(c.body, &in) != nil || c.URL.Query().Get("action") != "initializeUpload" || !c.may(in.R.Owner, true) {
		return denied("images.ACTION")
	}
	id := "C4E" + s.next()
	s.images["urn:li:image:"+id] = &picture{owner: in.R.Owner}
	return reply{status: http.StatusOK, body: map[string]any{"value": map[string]any{"uploadUrl": "http://" + c.Host + "/dms-uploads/" + id, "image": "urn:li:image:" + id}}}
}

func (s *Server) put(c *call) reply {
	m := s.images["urn:li:image:"+c.PathValue("id")]
	if kind := http.DetectContentType(c.body); m == nil || len(c.body) > maxBytes || !slices.Contains([]string{"image/jpeg", "image/png", "image/gif"}, kind) {
		return no(http.StatusBadRequest, "ILLEGAL_ARGUMENT", "The image cannot be read")
	}
	m.bytes = c.body
	return reply{status: http.StatusCreated}
}

func (s *Server) image(c *call) reply {
	m := s.images[c.PathValue("urn")]
	if m == nil || !c.may(m.owner, false) {
		return denied("images.GET")
	}
	status := "AVAILABLE"
	if m.polls++; m.polls < s.o.ImagePolls {
		status = "PROCESSING"
	}
	return reply{status: http.StatusOK, body: map[string]any{"id": c.PathValue("urn"), "owner": m.owner, "status": status}}
}

func (s *Server) counts(c *call) reply {
	p := s.find(c.PathValue("urn"))
	if p == nil {
		return no(http.StatusNotFound, "RESOURCE_NOT_FOUND", "The post does not exist")
	}
	return reply{status: http.StatusOK, body: map[string]any{"likesSummary": map[string]any{"totalLikes": 3},
		"commentsSummary": map[string]any{"aggregatedTotalComments": len(p.comments)}}}
}

func (s *Server) comment(c *call) reply {
	var in struct {
		Actor, Object string
		Message       struct{ Text string }
	}
	p := s.find(c.PathValue("urn"))
	switch {
	case json.Unmarshal(c.body, &in) != nil || in.Message.Text == "" || in.Object != c.PathValue("urn"):
		return no(http.StatusBadRequest, "ILLEGAL_ARGUMENT", "The comment cannot be read")
	case p == nil:
		return no(http.StatusNotFound, "RESOURCE_NOT_FOUND", "The post does not exist")
	case !c.may(in.Actor, true):
		return denied("partnerApiSocialActions.CREATE")
	}
	k := comment{id: s.next(), actor: in.Actor, text: in.Message.Text}
	p.comments = append(p.comments, k)
	return reply{status: http.StatusCreated, id: k.id, body: map[string]any{"id": k.id, "actor": k.actor, "object": p.URN,
		"commentUrn": fmt.Sprintf("urn:li:comment:(%s,%s)", p.URN, k.id), "message": map[string]any{"text": k.text}}}
}

func (s *Server) listComments(c *call) reply {
	p := s.find(c.PathValue("urn"))
	if p == nil {
		return no(http.StatusNotFound, "RESOURCE_NOT_FOUND", "The post does not exist")
	}
	if !c.may(p.Author, false) {
		return denied("partnerApiSocialActions.GET_ALL")
	}
	all := []any{}
	for _, k := range p.comments {
		all = append(all, map[string]any{"id": k.id, "actor": k.actor, "object": p.URN, "message": map[string]any{"text": k.text}})
	}
	return reply{status: http.StatusOK, body: map[string]any{"elements": all}}
}

func (s *Server) removeComment(c *call) reply {
	if p := s.find(c.PathValue("urn")); p != nil {
		p.comments = slices.DeleteFunc(p.comments, func(k comment) bool { return k.id == c.PathValue("id") && k.actor == c.URL.Query().Get("actor") })
	}
	return reply{status: http.StatusNoContent}
}

// Posts are all posts that the public sees now, oldest first.
func (s *Server) Posts() []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Post
	for _, p := range s.posts {
		if s.gone[p.URN] {
			continue
		}
		seen := *p
		for _, k := range p.comments {
			seen.Comments = append(seen.Comments, k.text)
		}
		out = append(out, seen)
	}
	return out
}

// Remove is a person who takes a post down.
func (s *Server) Remove(urn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone[urn] = true
}
