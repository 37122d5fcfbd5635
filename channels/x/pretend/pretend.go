// Package pretend is a server that speaks X's API v2, and of v1.1 what posts
// need, as their documentation and their users describe it: signatures and
// one-use refresh tokens are checked, links are shortened, twins refused.
package pretend

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Keys are those of OAuth 1.0a that the server knows.
type Keys struct{ Consumer, ConsumerSecret, Token, TokenSecret string }

// Options of a Server. The zero value is X with API v2 alone.
type Options struct {
	Now  func() time.Time
	Keys Keys
	// ClientSecret makes the app a confidential client.
	ClientSecret string
	// Redirect is the address registered with the app.
	Redirect string
	// Old gives access to API v1.1.
	Old bool
	// ListLag is how long a post takes to stand in its account's list.
	ListLag time.Duration
	// GIFPolls is how often a GIF is asked for before it is ready.
	GIFPolls int
	// NoAlt makes descriptions fail.
	NoAlt bool
	// ReadOnly gives the keys no right to write.
	ReadOnly bool
}

// Tweet is a post as the public sees it.
type Tweet struct {
	ID, Text, ReplyTo, ReplySettings string
	Alts                             []string // of its pictures, in order
	Categories                       []string
	Poll                             []string
	At                               time.Time
	shown                            string // Text as X gives it back
	urls                             []map[string]any
}

// The one account and app of the server.
const (
	UserID   = "2244994945"
	Username = "campaign"
	ClientID = "Y2FtcGFpZ24tYXBw"
)

const mediaLife = 24 * time.Hour

// Server is one server. Its methods may be called from several goroutines.
type Server struct {
	o   Options
	mux *http.ServeMux

	mu     sync.Mutex
	serial int64
	tweets []*Tweet
	gone   map[string]bool
	media  map[string]*media
	grants map[string]*grant // by access token
	fresh  map[string]*grant // by refresh token
	codes  map[string]*grant
	nonces map[string]bool
}

type media struct {
	alt, category string
	bytes         []byte
	total         int
	at            time.Time
	polls         int
}

// New makes a server.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{o: o, mux: http.NewServeMux(), gone: map[string]bool{}, media: map[string]*media{}, grants: map[string]*grant{},
		fresh: map[string]*grant{}, codes: map[string]*grant{}, nonces: map[string]bool{}}
	for pattern, h := range map[string]func(*call) reply{
		"GET /2/users/me":                    s.signed("users.read", s.me),
		"GET /2/users/{id}/tweets":           s.signed("tweet.read", s.list),
		"GET /2/tweets/{id}":                 s.signed("tweet.read", s.show),
		"DELETE /2/tweets/{id}":              s.signed("tweet.write", s.remove),
		"POST /2/tweets":                     s.signed("tweet.write", s.create),
		"POST /2/media/upload":               s.signed("media.write", s.upload),
		"POST /2/media/upload/initialize":    s.signed("media.write", s.initialize),
		"POST /2/media/upload/{id}/append":   s.signed("media.write", s.appendTo),
		"POST /2/media/upload/{id}/finalize": s.signed("media.write", s.finalize),
		"GET /2/media/upload":                s.signed("media.write", s.status),
		"POST /2/media/metadata":             s.signed("media.write", s.describe),
		"POST /1.1/statuses/update.json":     s.signed("", s.update),
		"POST /2/oauth2/token":               s.token,
		"POST /2/oauth2/revoke":              s.revoke,
	} {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, h) })
	}
	return s
}

// call is one request on its way through the server, whose lock is held.
type call struct {
	*http.Request
	body   []byte
	form   url.Values // of a form body
	now    time.Time
	oauth1 bool
}

// reply is what the server answers; body nil is none.
type reply struct {
	status int
	body   any
	header map[string]string
}

func ok(data any) reply { return reply{status: http.StatusOK, body: map[string]any{"data": data}} }

// no is a refusal in the shape of v2.
func no(status int, kind, detail string) reply {
	if kind != "about:blank" {
		kind = "https://api.x.com/2/problems/" + kind
	}
	return reply{status: status, body: map[string]any{"title": http.StatusText(status), "detail": detail, "type": kind, "status": status}}
}

// invalid is a refusal that names what is wrong with the request.
func invalid(field, message string) reply {
	return reply{status: http.StatusBadRequest, body: map[string]any{
		"errors": []any{map[string]any{"parameters": map[string]any{field: []string{"…"}}, "message": message}},
		"title":  "Invalid Request", "detail": "One or more parameters to your request was invalid.", "type": "https://api.x.com/2/problems/invalid-request"}}
}

// old is a refusal in the shape of v1.1.
func old(status, code int, message string) reply {
	return reply{status: status, body: map[string]any{"errors": []any{map[string]any{"code": code, "message": message}}}}
}

// ServeHTTP takes one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request, h func(*call) reply) {
	c := &call{Request: r, now: s.o.Now()}
	var err error
	if c.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, 20_000_000)); err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
		c.form, _ = url.ParseQuery(string(c.body)) // what cannot be read is missing
	}
	s.mu.Lock()
	a := h(c)
	s.mu.Unlock()
	w.Header().Set("Date", c.now.UTC().Format(http.TimeFormat))
	for k, v := range a.header {
		w.Header().Set(k, v)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	if a.body != nil {
		json.NewEncoder(w).Encode(a.body)
	}
}

func (c *call) json(out any) bool { return json.Unmarshal(c.body, out) == nil }

// nextID is a snowflake: ordering by id is ordering by time.
func (s *Server) nextID() string {
	s.serial++
	return strconv.FormatInt(1990412399900000000+s.serial, 10)
}

// Tweets are all posts that the public sees now, oldest first.
func (s *Server) Tweets() []Tweet {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Tweet
	for _, t := range s.tweets {
		if !s.gone[t.ID] {
			out = append(out, *t)
		}
	}
	return out
}

// Write is a person who posts by hand.
func (s *Server) Write(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &Tweet{Text: text, At: s.o.Now()}
	s.add(t)
	return t.ID
}

// Remove is a person who takes a post down.
func (s *Server) Remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone[id] = true
}

// ForgetMedia makes all uploaded files expire.
func (s *Server) ForgetMedia() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.media)
}

func (s *Server) me(c *call) reply {
	a := ok(map[string]any{"id": UserID, "username": Username, "name": "The Campaign"})
	if c.oauth1 {
		a.header = map[string]string{"x-access-level": "read-write"}
		if s.o.ReadOnly {
			a.header["x-access-level"] = "read"
		}
	}
	return a
}

func (s *Server) find(id string) *Tweet {
	for _, t := range s.tweets {
		if t.ID == id && !s.gone[id] {
			return t
		}
	}
	return nil
}

func (s *Server) remove(c *call) reply {
	if s.find(c.PathValue("id")) == nil {
		return no(http.StatusNotFound, "resource-not-found", "Could not find tweet.")
	}
	s.gone[c.PathValue("id")] = true
	return ok(map[string]any{"deleted": true})
}

func (s *Server) show(c *call) reply {
	id := c.PathValue("id")
	if s.find(id) == nil {
		return reply{status: http.StatusOK, body: map[string]any{"errors": []any{map[string]any{"title": "Not Found Error",
			"detail": fmt.Sprintf("Could not find tweet with id: [%s].", id), "type": "https://api.twitter.com/2/problems/resource-not-found"}}}}
	}
	return ok(map[string]any{"id": id, "public_metrics": map[string]any{"retweet_count": 2, "reply_count": 0, "like_count": 3, "quote_count": 1, "impression_count": 120}})
}

// list is a page of the account's posts, newest first.
func (s *Server) list(c *call) reply {
	q := c.URL.Query()
	size, err := strconv.Atoi(q.Get("max_results"))
	if c.PathValue("id") != UserID || err != nil || size < 5 || size > 100 {
		return invalid("max_results", "The `max_results` query parameter value is not between 5 and 100")
	}
	start, _ := time.Parse(time.RFC3339, q.Get("start_time")) // zero: from the beginning
	from, _ := strconv.Atoi(strings.TrimPrefix(q.Get("pagination_token"), "page-"))
	var all []any
	for i := len(s.tweets) - 1; i >= 0; i-- {
		t := s.tweets[i]
		if s.gone[t.ID] || c.now.Sub(t.At) < s.o.ListLag || t.At.Before(start) || q.Get("since_id") != "" && t.ID <= q.Get("since_id") {
			continue
		}
		all = append(all, t.entity())
	}
	part := all[min(from, len(all)):min(from+size, len(all))]
	meta := map[string]any{"result_count": len(part)}
	if from+size < len(all) {
		meta["next_token"] = fmt.Sprintf("page-%d", from+size)
	}
	body := map[string]any{"meta": meta}
	if len(part) > 0 {
		body["data"] = part
	}
	return reply{status: http.StatusOK, body: body}
}

func (t *Tweet) entity() map[string]any {
	e := map[string]any{"id": t.ID, "text": t.shown, "created_at": t.At.UTC().Format("2006-01-02T15:04:05.000Z"), "edit_history_tweet_ids": []string{t.ID}}
	if len(t.urls) > 0 {
		e["entities"] = map[string]any{"urls": t.urls}
	}
	if len(t.Alts) > 0 {
		var keys []string
		for i := range t.Alts {
			keys = append(keys, fmt.Sprintf("3_%s%d", t.ID, i))
		}
		e["attachments"] = map[string]any{"media_keys": keys}
	}
	if t.ReplyTo != "" {
		e["referenced_tweets"] = []any{map[string]any{"type": "replied_to", "id": t.ReplyTo}}
	}
	return e
}
