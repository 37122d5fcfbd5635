// Package pretend is a site that speaks the part of WordPress's REST API that a
// channel needs. It remembers what the public saw, and people can change things
// by hand. Tests, the demo and the simulation use it.
package pretend

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Options of a Site. The zero value is a site with pretty permalinks whose
// user is an author.
type Options struct {
	User, Password string
	Host           string // "news.example" by default
	Now            func() time.Time
	// Plain is a site without pretty permalinks.
	Plain bool
	// Contributor is a user who may write and not publish.
	Contributor bool
	// Strip takes pictures out of what the user writes, as some plugins do.
	Strip bool
}

// Article is an article in whatever state.
type Article struct {
	ID             int64
	Status, Slug   string
	Title, Content string
	Featured       int64
	Categories     []int64
	At             time.Time // when it became public; zero: never
}

// Media is a picture of the site.
type Media struct {
	ID                         int64
	Slug, Alt, Caption, Source string
	Post                       int64
	Bytes                      []byte
}

// Site is one site with one user. Its methods may be called from several goroutines.
type Site struct {
	o Options

	mu       sync.Mutex
	serial   int64
	articles []*Article
	media    []*Media
	calls    []string
	fault    func(w http.ResponseWriter, r *http.Request) bool
}

// New makes a site.
func New(o Options) *Site {
	if o.Host == "" {
		o.Host = "news.example"
	}
	return &Site{o: o, serial: 344}
}

// Articles are all articles, oldest first.
func (s *Site) Articles() []Article {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Article
	for _, a := range s.articles {
		all = append(all, *a)
	}
	return all
}

// Public are the articles that the public sees.
func (s *Site) Public() []Article {
	return slices.DeleteFunc(s.Articles(), func(a Article) bool { return a.Status != "publish" })
}

// Media are all pictures.
func (s *Site) Media() []Media {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Media
	for _, m := range s.media {
		all = append(all, *m)
	}
	return all
}

// Calls are method and place of all calls to the API so far.
func (s *Site) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// ByHand lets a person change an article; nil removes it for good.
func (s *Site) ByHand(id int64, change func(a *Article)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if change == nil {
		s.articles = slices.DeleteFunc(s.articles, func(a *Article) bool { return a.ID == id })
		return
	}
	change(s.find(id))
}

// Add puts an article of somebody else there.
func (s *Site) Add(a Article) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	a.ID = s.serial
	s.articles = append(s.articles, &a)
}

// Fault is asked before each call to the API and answers it where it returns
// true; nil ends it.
func (s *Site) Fault(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Refuse answers like WordPress's own no.
func Refuse(w http.ResponseWriter, status int, code string) {
	answer(w, status, map[string]any{"code": code, "message": "<p>No.</p>", "data": map[string]any{"status": status}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// ServeHTTP takes one call.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Date", s.o.Now().UTC().Format(http.TimeFormat))
	place, ok := strings.CutPrefix(r.URL.Path, "/wp-json/")
	if s.o.Plain {
		place, ok = strings.CutPrefix(r.URL.Query().Get("rest_route"), "/")
	}
	if !ok || place == "" {
		link := "https://" + s.o.Host + "/wp-json/"
		if s.o.Plain {
			link = "https://" + s.o.Host + "/index.php?rest_route=/"
		}
		w.Header().Add("Link", `<`+link+`>; rel="https://api.w.org/"`)
		io.WriteString(w, "<html>the home page</html>")
		return
	}
	s.calls = append(s.calls, r.Method+" "+place)
	if s.fault != nil && s.fault(w, r) {
		return
	}
	user, password, _ := r.BasicAuth()
	if user != s.o.User || strings.ReplaceAll(password, " ", "") != strings.ReplaceAll(s.o.Password, " ", "") {
		Refuse(w, http.StatusUnauthorized, "rest_not_logged_in")
		return
	}
	s.serve(w, r, place)
}

var item = regexp.MustCompile(`^wp/v2/(posts|media)/([0-9]+)$`)

func (s *Site) serve(w http.ResponseWriter, r *http.Request, place string) {
	if m := item.FindStringSubmatch(place); m != nil {
		id, _ := strconv.ParseInt(m[2], 10, 64)
		if m[1] == "posts" {
			s.article(w, r, s.find(id))
		} else {
			s.file(w, r, id)
		}
		return
	}
	switch r.Method + " " + place {
	case "GET wp/v2/users/me":
		can := map[string]bool{"edit_posts": true, "upload_files": !s.o.Contributor, "publish_posts": !s.o.Contributor, "delete_published_posts": !s.o.Contributor}
		answer(w, 200, map[string]any{"id": 7, "name": "The Campaign", "username": s.o.User, "link": "https://" + s.o.Host + "/author/campaign/", "capabilities": can})
	case "GET wp/v2/posts":
		s.list(w, r.URL.Query())
	case "POST wp/v2/posts":
		s.create(w, r)
	case "GET wp/v2/media":
		s.listMedia(w, r.URL.Query())
	case "POST wp/v2/media":
		s.upload(w, r)
	default:
		Refuse(w, http.StatusNotFound, "rest_no_route")
	}
}

func (s *Site) find(id int64) *Article {
	for _, a := range s.articles {
		if a.ID == id {
			return a
		}
	}
	return nil
}

func (s *Site) list(w http.ResponseWriter, q url.Values) {
	slugs, states := strings.Split(q.Get("slug"), ","), strings.Split(q.Get("status"), ",")
	found := []any{}
	for _, a := range s.articles {
		if slices.Contains(slugs, a.Slug) && slices.Contains(states, a.Status) {
			found = append(found, s.show(a))
		}
	}
	answer(w, 200, found)
}

// body are the fields of an article that a call says.
type body struct {
	Status, Slug, Title, Content *string
	Featured                     int64 `json:"featured_media"`
	Categories                   []int64
}

func (s *Site) create(w http.ResponseWriter, r *http.Request) {
	var b body
	if json.NewDecoder(r.Body).Decode(&b) != nil {
		Refuse(w, http.StatusBadRequest, "rest_invalid_json")
		return
	}
	if b.Title == nil || b.Content == nil || *b.Title+*b.Content == "" {
		Refuse(w, http.StatusBadRequest, "empty_content")
		return
	}
	s.serial++
	a := &Article{ID: s.serial, Status: "draft"}
	s.articles = append(s.articles, a)
	s.change(a, b)
	answer(w, 201, s.show(a))
}

var picturesOf = regexp.MustCompile(`<figure>.*?</figure>\n?`)

// change gives the article what the call says. A slug that another has gets a number.
func (s *Site) change(a *Article, b body) {
	if b.Title != nil {
		a.Title = *b.Title
	}
	if b.Content != nil {
		a.Content = *b.Content
		if s.o.Strip {
			a.Content = picturesOf.ReplaceAllString(a.Content, "")
		}
	}
	if b.Slug != nil {
		slug := *b.Slug
		for n := 2; slices.ContainsFunc(s.articles, func(o *Article) bool { return o != a && o.Slug == slug }); n++ {
			slug = *b.Slug + "-" + strconv.Itoa(n)
		}
		a.Slug = slug
	}
	a.Featured, a.Categories = b.Featured, b.Categories
	if b.Status != nil {
		a.Status = *b.Status
		if a.Status == "publish" && s.o.Contributor {
			a.Status = "pending"
		}
		if a.Status == "publish" && a.At.IsZero() {
			a.At = s.o.Now()
		}
	}
}

func (s *Site) article(w http.ResponseWriter, r *http.Request, a *Article) {
	if a == nil {
		Refuse(w, http.StatusNotFound, "rest_post_invalid_id")
		return
	}
	switch r.Method {
	case http.MethodPost:
		var b body
		if json.NewDecoder(r.Body).Decode(&b) != nil {
			Refuse(w, http.StatusBadRequest, "rest_invalid_json")
			return
		}
		s.change(a, b)
	case http.MethodDelete:
		if a.Status == "trash" {
			Refuse(w, http.StatusGone, "rest_already_trashed")
			return
		}
		a.Status, a.Slug = "trash", a.Slug+"__trashed"
	}
	answer(w, 200, s.show(a))
}

func (s *Site) show(a *Article) map[string]any {
	link := fmt.Sprintf("https://%s/?p=%d", s.o.Host, a.ID)
	if a.Status == "publish" {
		link = "https://" + s.o.Host + "/" + a.Slug + "/"
	}
	at := a.At
	if at.IsZero() {
		at = s.o.Now()
	}
	return map[string]any{"id": a.ID, "status": a.Status, "slug": a.Slug, "link": link, "date_gmt": at.UTC().Format("2006-01-02T15:04:05"),
		"title": map[string]any{"raw": a.Title}, "content": map[string]any{"raw": a.Content, "rendered": a.Content}}
}

func (s *Site) upload(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	_, name, _ := strings.Cut(r.Header.Get("Content-Disposition"), `filename="`)
	name = strings.TrimSuffix(name, `"`)
	switch {
	case err != nil || len(b) == 0:
		Refuse(w, http.StatusBadRequest, "rest_upload_no_data")
		return
	case http.DetectContentType(b) != r.Header.Get("Content-Type"):
		Refuse(w, http.StatusInternalServerError, "rest_upload_sideload_error")
		return
	}
	s.serial++
	slug, _, _ := strings.Cut(name, ".")
	m := &Media{ID: s.serial, Slug: slug, Source: "https://" + s.o.Host + "/wp-content/uploads/2026/12/" + name, Bytes: b}
	s.media = append(s.media, m)
	answer(w, 201, showMedia(m))
}

func (s *Site) listMedia(w http.ResponseWriter, q url.Values) {
	found := []any{}
	for _, m := range s.media {
		if q.Has("slug") && q.Get("slug") == m.Slug || q.Has("parent") && q.Get("parent") == strconv.FormatInt(m.Post, 10) {
			found = append(found, showMedia(m))
		}
	}
	answer(w, 200, found)
}

func (s *Site) file(w http.ResponseWriter, r *http.Request, id int64) {
	i := slices.IndexFunc(s.media, func(m *Media) bool { return m.ID == id })
	if i < 0 {
		Refuse(w, http.StatusNotFound, "rest_post_invalid_id")
		return
	}
	m := s.media[i]
	switch r.Method {
	case http.MethodPost:
		var b struct {
			Alt     string `json:"alt_text"`
			Caption string `json:"caption"`
			Post    int64  `json:"post"`
		}
		if json.NewDecoder(r.Body).Decode(&b) != nil {
			Refuse(w, http.StatusBadRequest, "rest_invalid_json")
			return
		}
		m.Alt, m.Caption, m.Post = b.Alt, b.Caption, b.Post
	case http.MethodDelete:
		if r.URL.Query().Get("force") != "true" {
			Refuse(w, http.StatusNotImplemented, "rest_trash_not_supported")
			return
		}
		s.media = slices.Delete(s.media, i, i+1)
	}
	answer(w, 200, showMedia(m))
}

func showMedia(m *Media) map[string]any {
	return map[string]any{"id": m.ID, "slug": m.Slug, "source_url": m.Source, "alt_text": m.Alt, "post": m.Post}
}
