// Package pretend is a YouTube channel that speaks the part of the API that a
// channel of ours needs. It remembers what the public sees, and people can
// change things by hand. Tests, the demo and the simulation use it.
package pretend

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Identity of the app and the channel.
const (
	ClientID  = "app.apps.googleusercontent.example"
	ChannelID = "UCcampaign0000000000000000"
	Scope     = "https://www.googleapis.com/auth/youtube"
)

// Options of a Server. The zero value is a channel that may do everything.
type Options struct {
	Now          func() time.Time
	Redirect     string // registered with the app
	ClientSecret string // of the app; "" for none
	Token        string // an access token that serves always; "" for none
	// Locked keeps every film private, as for apps that were not audited.
	Locked bool
	// NoChannel is an account of Google's without a YouTube channel.
	NoChannel bool
}

// Broadcast is a broadcast in whatever state.
type Broadcast struct {
	ID, Title, Description, Language, Category string
	Tags                                       []string
	Start                                      string
	Privacy                                    string
	Stream                                     string
	Picture                                    []byte // of the thumbnail
	Live, Over                                 bool
}

// Call is one call to the API.
type Call struct {
	Method, Path string
	Query        url.Values
	Body         []byte
}

// Server is one channel. Its methods may be called from several goroutines.
type Server struct {
	o Options

	mu         sync.Mutex
	broadcasts []*Broadcast
	serial     int
	calls      []Call
	fault      func(w http.ResponseWriter, r *http.Request) bool

	code, challenge string
	access, refresh string
	accessUntil     time.Time
	granted         int
}

// New makes a channel.
func New(o Options) *Server { return &Server{o: o} }

// Broadcasts are all, oldest first.
func (s *Server) Broadcasts() []Broadcast {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Broadcast
	for _, b := range s.broadcasts {
		all = append(all, *b)
	}
	return all
}

// Public are those that the public sees.
func (s *Server) Public() []Broadcast {
	return slices.DeleteFunc(s.Broadcasts(), func(b Broadcast) bool { return b.Privacy == "private" })
}

// Calls are all calls to the API so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Add puts a broadcast there that people made.
func (s *Server) Add(b Broadcast) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broadcasts = append(s.broadcasts, &b)
}

// ByHand lets a person change a broadcast; nil removes it.
func (s *Server) ByHand(id string, change func(b *Broadcast)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if change == nil {
		s.broadcasts = slices.DeleteFunc(s.broadcasts, func(b *Broadcast) bool { return b.ID == id })
		return
	}
	change(s.find(id))
}

// Fault is asked before each call to the API and answers it where it returns
// true; nil ends it.
func (s *Server) Fault(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Granted is how often tokens were given.
func (s *Server) Granted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.granted
}

// Forget ends the refresh token, as the owner can.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh = ""
}

// Refuse answers like YouTube's own no.
func Refuse(w http.ResponseWriter, status int, reason string) {
	answer(w, status, map[string]any{"error": map[string]any{"code": status, "message": "No.",
		"errors": []any{map[string]string{"message": "No.", "domain": "youtube", "reason": reason}}}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func (s *Server) find(id string) *Broadcast {
	for _, b := range s.broadcasts {
		if b.ID == id {
			return b
		}
	}
	return nil
}

// ServeHTTP takes one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Date", s.o.Now().UTC().Format(http.TimeFormat))
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	switch r.URL.Path {
	case "/token", "/revoke":
		form, _ := url.ParseQuery(string(body))
		s.tokens(w, r.URL.Path, form)
		return
	case "/":
		return
	}
	if s.fault != nil && s.fault(w, r) {
		return
	}
	s.calls = append(s.calls, Call{r.Method, r.URL.Path, r.URL.Query(), body})
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); !ok || !s.valid(token) {
		Refuse(w, http.StatusUnauthorized, "authError")
		return
	}
	s.api(w, r, body)
}

func (s *Server) valid(token string) bool {
	return token != "" && (token == s.o.Token || token == s.access && s.o.Now().Before(s.accessUntil))
}

func (s *Server) api(w http.ResponseWriter, r *http.Request, body []byte) {
	q := r.URL.Query()
	var in resource
	if len(body) > 0 && !strings.HasPrefix(r.URL.Path, "/upload/") && json.Unmarshal(body, &in) != nil {
		Refuse(w, http.StatusBadRequest, "parseError")
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /youtube/v3/channels":
		var items []any
		if !s.o.NoChannel {
			items = append(items, map[string]any{"id": ChannelID, "snippet": map[string]string{"title": "It takes a Community", "customUrl": "@itac"}})
		}
		answer(w, 200, map[string]any{"items": items})
	case "GET /youtube/v3/videos":
		items := []any{}
		if b := s.find(q.Get("id")); b != nil {
			items = append(items, b.video())
		}
		answer(w, 200, map[string]any{"items": items})
	case "GET /youtube/v3/liveBroadcasts":
		items := []any{}
		for _, b := range s.broadcasts {
			if !b.Live && !b.Over {
				items = append(items, b.broadcast())
			}
		}
		answer(w, 200, map[string]any{"items": items})
	case "POST /youtube/v3/liveBroadcasts":
		s.insert(w, in)
	case "PUT /youtube/v3/liveBroadcasts", "PUT /youtube/v3/videos":
		s.update(w, r.URL.Path, q.Get("part"), in)
	case "POST /youtube/v3/liveBroadcasts/bind":
		if b := s.find(q.Get("id")); b == nil {
			Refuse(w, http.StatusNotFound, "liveBroadcastNotFound")
		} else {
			b.Stream = q.Get("streamId")
			answer(w, 200, map[string]any{"id": b.ID})
		}
	case "POST /upload/youtube/v3/thumbnails/set":
		if b := s.find(q.Get("videoId")); b == nil {
			Refuse(w, http.StatusNotFound, "videoNotFound")
		} else {
			b.Picture = body
			answer(w, 200, map[string]any{"items": []any{}})
		}
	default:
		http.NotFound(w, r)
	}
}

// resource is what a caller says of a broadcast or a film.
type resource struct {
	ID      string `json:"id"`
	Snippet struct {
		Title       string   `json:"title"`
		Description string   `json:"description"`
		Start       string   `json:"scheduledStartTime"`
		Category    string   `json:"categoryId"`
		Tags        []string `json:"tags"`
		Language    string   `json:"defaultLanguage"`
	} `json:"snippet"`
	Status struct {
		Privacy string `json:"privacyStatus"`
	} `json:"status"`
}

func (in resource) wrong() string {
	switch {
	case in.Snippet.Title == "":
		return "titleRequired"
	case len([]rune(in.Snippet.Title)) > 100 || strings.ContainsAny(in.Snippet.Title, "<>"):
		return "invalidTitle"
	case len(in.Snippet.Description) > 5000 || strings.ContainsAny(in.Snippet.Description, "<>"):
		return "invalidDescription"
	}
	return ""
}

func (s *Server) insert(w http.ResponseWriter, in resource) {
	at, err := time.Parse(time.RFC3339, in.Snippet.Start)
	switch reason := in.wrong(); {
	case reason != "":
		Refuse(w, http.StatusBadRequest, reason)
		return
	case err != nil || at.Before(s.o.Now()):
		Refuse(w, http.StatusBadRequest, "invalidScheduledStartTime")
		return
	}
	s.serial++
	b := &Broadcast{ID: fmt.Sprintf("Bc%09d", s.serial), Title: in.Snippet.Title, Description: in.Snippet.Description, Start: in.Snippet.Start,
		Category: "22", Privacy: in.Status.Privacy}
	s.broadcasts = append(s.broadcasts, b)
	answer(w, 200, b.broadcast())
}

// update sets the parts that are named; what they leave out is cleared.
func (s *Server) update(w http.ResponseWriter, path, part string, in resource) {
	b := s.find(in.ID)
	if b == nil {
		Refuse(w, http.StatusNotFound, "videoNotFound")
		return
	}
	if strings.Contains(part, "snippet") {
		if reason := in.wrong(); reason != "" {
			Refuse(w, http.StatusBadRequest, reason)
			return
		}
		b.Title, b.Description = in.Snippet.Title, in.Snippet.Description
		if strings.HasSuffix(path, "/videos") {
			b.Category, b.Tags, b.Language = in.Snippet.Category, in.Snippet.Tags, in.Snippet.Language
		} else {
			b.Start = in.Snippet.Start
		}
	}
	if strings.Contains(part, "status") && !s.o.Locked {
		b.Privacy = in.Status.Privacy
	}
	answer(w, 200, b.video())
}

func (b *Broadcast) broadcast() map[string]any {
	return map[string]any{"kind": "youtube#liveBroadcast", "id": b.ID,
		"snippet": map[string]any{"title": b.Title, "description": b.Description, "scheduledStartTime": b.Start},
		"status":  map[string]any{"lifeCycleStatus": "created", "privacyStatus": b.Privacy}}
}

func (b *Broadcast) video() map[string]any {
	live := map[string]any{"scheduledStartTime": b.Start}
	if b.Live || b.Over {
		live["actualStartTime"] = b.Start
	}
	if b.Over {
		live["actualEndTime"] = b.Start
	}
	return map[string]any{"kind": "youtube#video", "id": b.ID,
		"snippet":    map[string]any{"title": b.Title, "description": b.Description, "categoryId": b.Category, "tags": b.Tags, "defaultLanguage": b.Language},
		"status":     map[string]any{"privacyStatus": b.Privacy, "embeddable": true, "license": "youtube", "selfDeclaredMadeForKids": false},
		"statistics": map[string]any{"viewCount": "12", "likeCount": "3"}, "liveStreamingDetails": live}
}

// Agree is the owner who opens the address and agrees; it returns the address
// on which the browser lands.
func (s *Server) Agree(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	q := u.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case u.Path != "/o/oauth2/v2/auth", q.Get("client_id") != ClientID, q.Get("redirect_uri") != s.o.Redirect, q.Get("response_type") != "code",
		q.Get("access_type") != "offline", q.Get("code_challenge_method") != "S256", q.Get("scope") != Scope:
		return "", fmt.Errorf("the page does not take %s", address)
	}
	s.code, s.challenge = fmt.Sprintf("4/code-CANARY-%d", s.granted), q.Get("code_challenge")
	return q.Get("redirect_uri") + "?" + url.Values{"code": {s.code}, "state": {q.Get("state")}}.Encode(), nil
}

// tokens is the token page.
func (s *Server) tokens(w http.ResponseWriter, path string, form url.Values) {
	deny := func(reason string) { answer(w, http.StatusBadRequest, map[string]string{"error": reason}) }
	if form.Get("client_id") != ClientID || form.Get("client_secret") != s.o.ClientSecret {
		deny("invalid_client")
		return
	}
	if path == "/revoke" {
		if form.Get("token") == s.refresh {
			s.refresh, s.access = "", ""
			answer(w, 200, map[string]any{})
			return
		}
		deny("invalid_token")
		return
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	first := form.Get("grant_type") == "authorization_code"
	switch {
	case first && (s.code == "" || form.Get("code") != s.code || base64.RawURLEncoding.EncodeToString(sum[:]) != s.challenge || form.Get("redirect_uri") != s.o.Redirect),
		!first && (s.refresh == "" || form.Get("refresh_token") != s.refresh):
		deny("invalid_grant")
		return
	}
	s.code = ""
	s.granted++
	s.access, s.accessUntil = fmt.Sprintf("at-CANARY-%d", s.granted), s.o.Now().Add(time.Hour)
	out := map[string]any{"access_token": s.access, "expires_in": 3599, "scope": Scope, "token_type": "Bearer"}
	if first {
		s.refresh = "1//rt-CANARY"
		out["refresh_token"] = s.refresh
	}
	answer(w, 200, out)
}
