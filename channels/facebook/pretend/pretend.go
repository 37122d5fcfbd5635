// Package pretend is a Page of Facebook's as its documentation and its users
// describe it: photos that publish themselves unless told not to, photo ids
// that serve once, texts that may not be said twice in a row, and answers that
// blame the server behind a post that is public. It remembers what the public saw.
package pretend

import (
	"net/http"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/ittakesacommunity/takeover/internal/graph/pretendgraph"
)

// Page is the number of the one Page.
const Page = "104872345671234"

// Options of a Server.
type Options struct {
	Now func() time.Time
	// NoTwins refuses a text that the Page said last.
	NoTwins bool
	// ListLag is how long a post takes to stand in the list.
	ListLag time.Duration
	// Behind answers "unexpected error, please retry" although the post is public.
	Behind bool
	// NoTasks gives the person who agrees no right to create content.
	NoTasks bool
}

// Post is a post or a comment as the public sees it.
type Post struct {
	ID, Message, Link, Under string // Under is the post that a comment stands under
	Photos                   []Photo
	At                       time.Time
	By                       string
}

// Photo is a picture that was uploaded.
type Photo struct {
	ID, Alt string
	Bytes   []byte
}

// Server is Facebook with one Page.
type Server struct {
	*pretendgraph.Base
	o      Options
	posts  []*Post // oldest first
	photos map[string]*staged
}

type staged struct {
	Photo
	used bool
}

// Scopes are all that a token of the Page may hold.
var Scopes = []string{"pages_show_list", "pages_read_engagement", "pages_manage_posts", "pages_manage_engagement"}

const (
	maxMessage = 63206
	maxPhoto   = 4 << 20
)

// New makes a server.
func New(o Options) *Server {
	s := &Server{Base: pretendgraph.New(o.Now), o: o, photos: map[string]*staged{}}
	s.Handle("GET /{v}/dialog/oauth", "-", s.Dialog)
	s.Handle("POST /{v}/oauth/access_token", "-", s.token)
	s.Handle("GET /{v}/me/accounts", "pages_show_list", s.accounts)
	s.Handle("POST /{$}", "", s.Debug)
	s.Handle("POST /{v}/{id}/photos", "pages_manage_posts", s.addPhoto)
	s.Handle("POST /{v}/{id}/feed", "pages_manage_posts", s.publish)
	s.Handle("POST /{v}/{id}/comments", "pages_manage_engagement", s.comment)
	s.Handle("GET /{v}/{id}/published_posts", "pages_read_engagement", s.list)
	s.Handle("GET /{v}/{id}/comments", "pages_read_engagement", s.comments)
	s.Handle("GET /{v}/{id}", "pages_read_engagement", s.show)
	s.Handle("DELETE /{v}/{id}", "pages_manage_posts", s.remove)
	return s
}

func (s *Server) token(c *pretendgraph.Call) pretendgraph.Reply {
	switch c.Text("grant_type") {
	case "authorization_code":
		if s.Redeem(c) {
			return pretendgraph.OK(map[string]any{"access_token": s.Grant(pretendgraph.Token{Kind: "short", Scopes: Scopes, Since: c.Now, Expires: c.Now.Add(time.Hour)}), "token_type": "bearer", "expires_in": 3600})
		}
	case "fb_exchange_token":
		if s.App(c) && c.Text("fb_exchange_token") != "" {
			return pretendgraph.OK(map[string]any{"access_token": s.Grant(pretendgraph.Token{Kind: "long", Scopes: Scopes, Since: c.Now, Expires: c.Now.Add(60 * 24 * time.Hour)}), "token_type": "bearer"})
		}
	}
	return pretendgraph.No(http.StatusBadRequest, 100, 36009, "This authorization code has been used.")
}

// accounts gives the Page's token: one of a long user's does not end.
func (s *Server) accounts(c *pretendgraph.Call) pretendgraph.Reply {
	t := pretendgraph.Token{Kind: "page", Scopes: Scopes, Since: c.Now}
	if c.Token.Kind != "long" {
		t.Expires = c.Token.Expires
	}
	tasks := []string{"ADVERTISE", "CREATE_CONTENT"}
	if s.o.NoTasks {
		tasks = tasks[:1]
	}
	return pretendgraph.OK(map[string]any{"data": []any{map[string]any{"id": Page, "name": "The Campaign", "access_token": s.Grant(t), "tasks": tasks}}})
}

func (s *Server) addPhoto(c *pretendgraph.Call) pretendgraph.Reply {
	kind := http.DetectContentType(c.File)
	switch {
	case c.PathValue("id") != Page:
		return pretendgraph.No(http.StatusBadRequest, 100, 33, "Object does not exist")
	case len(c.File) > maxPhoto, kind != "image/png" && kind != "image/jpeg" && kind != "image/gif":
		return pretendgraph.No(http.StatusBadRequest, 324, 1366046, "(#324) Missing or invalid image file")
	}
	p := &staged{Photo: Photo{ID: s.NextID(), Alt: c.Text("alt_text_custom"), Bytes: c.File}}
	s.photos[p.ID] = p
	if c.Is("published", true) {
		post := s.add(Post{Message: c.Text("caption"), Photos: []Photo{p.Photo}}, c.Now)
		return pretendgraph.OK(map[string]string{"id": p.ID, "post_id": post.ID})
	}
	return pretendgraph.OK(map[string]string{"id": p.ID})
}

func (s *Server) add(p Post, now time.Time) *Post {
	p.ID, p.At, p.By = Page+"_"+s.NextID(), now, Page
	s.posts = append(s.posts, &p)
	return &p
}

func (s *Server) publish(c *pretendgraph.Call) pretendgraph.Reply {
	p := Post{Message: c.Text("message"), Link: c.Text("link")}
	list, _ := c.Fields["attached_media"].([]any)
	var used []*staged
	for _, v := range list {
		m, _ := v.(map[string]any)
		id, _ := m["media_fbid"].(string)
		photo := s.photos[id]
		if photo == nil {
			return pretendgraph.No(http.StatusBadRequest, 100, 0, "(#100) Invalid parameter")
		}
		if photo.used {
			return pretendgraph.No(http.StatusBadRequest, 100, 1366051, "These photos were already posted.")
		}
		used, p.Photos = append(used, photo), append(p.Photos, photo.Photo)
	}
	last := len(s.posts) - 1
	for last >= 0 && s.posts[last].Under != "" {
		last--
	}
	switch {
	case c.PathValue("id") != Page:
		return pretendgraph.No(http.StatusBadRequest, 100, 33, "Object does not exist")
	case p.Message == "" && p.Link == "" && len(used) == 0, utf8.RuneCountInString(p.Message) > maxMessage, len(used) > 10:
		return pretendgraph.No(http.StatusBadRequest, 100, 0, "(#100) Invalid parameter")
	case s.o.NoTwins && len(used) == 0 && last >= 0 && s.posts[last].Message == p.Message && s.posts[last].Link == p.Link:
		return pretendgraph.No(http.StatusBadRequest, 506, 0, "(#506) Duplicate status message")
	}
	for _, u := range used {
		u.used = true
	}
	if !c.Is("published", true) {
		return pretendgraph.OK(map[string]string{"id": Page + "_" + s.NextID()})
	}
	made := s.add(p, c.Now)
	if s.o.Behind {
		return pretendgraph.No(http.StatusInternalServerError, 2, 0, "An unexpected error has occurred. Please retry your request later.")
	}
	return pretendgraph.OK(map[string]string{"id": made.ID})
}

func (s *Server) comment(c *pretendgraph.Call) pretendgraph.Reply {
	under := s.find(c.PathValue("id"))
	if under == nil {
		return pretendgraph.No(http.StatusBadRequest, 100, 33, "Object does not exist")
	}
	p := s.add(Post{Message: c.Text("message"), Under: under.ID}, c.Now)
	return pretendgraph.OK(map[string]string{"id": p.ID})
}

func (s *Server) find(id string) *Post {
	i := slices.IndexFunc(s.posts, func(p *Post) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return s.posts[i]
}

func shown(p *Post) map[string]any {
	out := map[string]any{"id": p.ID, "message": p.Message, "created_time": p.At.UTC().Format("2006-01-02T15:04:05-0700"),
		"permalink_url": "https://www.facebook.com/" + p.ID, "is_published": true, "from": map[string]string{"id": p.By}}
	var list []any
	for _, ph := range p.Photos {
		list = append(list, map[string]any{"media_type": "photo", "target": map[string]string{"id": ph.ID}})
	}
	switch {
	case len(list) > 1:
		list = []any{map[string]any{"media_type": "album", "target": map[string]string{"id": "1"}, "subattachments": map[string]any{"data": list}}}
	case p.Link != "":
		list = []any{map[string]any{"media_type": "link", "target": map[string]string{}}}
	}
	if list != nil {
		out["attachments"] = map[string]any{"data": list}
	}
	return out
}

// page gives a list in pages, newest first.
func page(c *pretendgraph.Call, all []*Post) pretendgraph.Reply {
	limit, _ := strconv.Atoi(c.URL.Query().Get("limit"))
	from, _ := strconv.Atoi(c.URL.Query().Get("after"))
	data := []any{}
	to := min(from+max(limit, 1), len(all))
	for _, p := range all[min(from, to):to] {
		data = append(data, shown(p))
	}
	paging := map[string]any{"cursors": map[string]string{"after": strconv.Itoa(to)}}
	if to < len(all) {
		paging["next"] = "https://graph.facebook.com/next"
	}
	return pretendgraph.OK(map[string]any{"data": data, "paging": paging})
}

func (s *Server) list(c *pretendgraph.Call) pretendgraph.Reply {
	since, _ := strconv.ParseInt(c.URL.Query().Get("since"), 10, 64)
	var all []*Post
	for _, p := range slices.Backward(s.posts) {
		if p.Under == "" && p.At.Unix() >= since && !p.At.Add(s.o.ListLag).After(c.Now) {
			all = append(all, p)
		}
	}
	return page(c, all)
}

func (s *Server) comments(c *pretendgraph.Call) pretendgraph.Reply {
	var all []*Post
	for _, p := range slices.Backward(s.posts) {
		if p.Under == c.PathValue("id") {
			all = append(all, p)
		}
	}
	return page(c, all)
}

func (s *Server) show(c *pretendgraph.Call) pretendgraph.Reply {
	if c.PathValue("id") == Page {
		return pretendgraph.OK(map[string]string{"id": Page, "name": "The Campaign", "username": "thecampaign", "link": "https://www.facebook.com/thecampaign"})
	}
	p := s.find(c.PathValue("id"))
	if p == nil {
		return pretendgraph.No(http.StatusBadRequest, 100, 33, "Unsupported get request. Object does not exist")
	}
	out := shown(p)
	out["likes"] = map[string]any{"summary": map[string]int{"total_count": 7}}
	out["comments"] = map[string]any{"summary": map[string]int{"total_count": 0}}
	return pretendgraph.OK(out)
}

func (s *Server) remove(c *pretendgraph.Call) pretendgraph.Reply {
	p := s.find(c.PathValue("id"))
	if p == nil {
		return pretendgraph.No(http.StatusBadRequest, 100, 33, "Object does not exist")
	}
	s.posts = slices.DeleteFunc(s.posts, func(o *Post) bool { return o == p })
	return pretendgraph.OK(map[string]bool{"success": true})
}

// Posts are what the public sees now, oldest first, comments included.
func (s *Server) Posts() []Post {
	var out []Post
	s.Do(func() {
		for _, p := range s.posts {
			out = append(out, *p)
		}
	})
	return out
}

// PostByHand is what a person does with Facebook's own page.
func (s *Server) PostByHand(message string) {
	s.Do(func() { s.add(Post{Message: message}, s.Now()) })
}

// Change changes the options while the server runs.
func (s *Server) Change(f func(o *Options)) { s.Do(func() { f(&s.o) }) }
