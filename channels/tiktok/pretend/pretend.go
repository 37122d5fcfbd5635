// Package pretend is a TikTok account that speaks the part of the API that a
// channel needs. It remembers what the public sees. Tests, the demo and the
// simulation use it.
package pretend

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
)

// Identity of the app and the account.
const (
	ClientKey = "awclientkey"
	OpenID    = "open-id-1"
)

// Options of a Server. The zero value is an account that may do everything.
type Options struct {
	Now          func() time.Time
	Redirect     string // registered with the app
	ClientSecret string
	Token        string   // an access token that serves always; "" for none
	Scopes       string   // granted, with commas
	Privacy      []string // that the account may publish with; nil is all
	Works        int      // answers of the status before a post is done
	Fails        string   // fail_reason of every post; "" for none
}

// Post is one that TikTok was told to publish.
type Post struct {
	ID, Work                        string // of the post, and of the work on it
	Title, Description, Privacy     string
	Images                          []string
	NoComments, Inbox, Done, Failed bool
	left                            int
}

// Server is one account. Its methods may be called from several goroutines.
type Server struct {
	o Options

	mu     sync.Mutex
	posts  []*Post
	serial int

	code, access, refresh string
	accessUntil           time.Time
	granted               int
}

// New makes an account.
func New(o Options) *Server {
	if o.Privacy == nil {
		o.Privacy = []string{"PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"}
	}
	return &Server{o: o}
}

// Posts are all that TikTok took, oldest first.
func (s *Server) Posts() []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Post
	for _, p := range s.posts {
		all = append(all, *p)
	}
	return all
}

// Granted is how often tokens were given.
func (s *Server) Granted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.granted
}

func answer(w http.ResponseWriter, status int, code string, data any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"data": data, "error": map[string]string{"code": code, "message": "", "log_id": "2026"}})
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
	if strings.HasPrefix(r.URL.Path, "/v2/oauth/") {
		form, _ := url.ParseQuery(string(body))
		s.tokens(w, r.URL.Path, form)
		return
	}
	if r.URL.Path == "/" {
		return
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == "" || token != s.o.Token && (token != s.access || !s.o.Now().Before(s.accessUntil)) {
		answer(w, http.StatusUnauthorized, "access_token_invalid", struct{}{})
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /v2/user/info/":
		answer(w, 200, "ok", map[string]any{"user": map[string]string{"open_id": OpenID, "display_name": "It takes a Community"}})
	case "POST /v2/post/publish/creator_info/query/":
		answer(w, 200, "ok", map[string]any{"creator_username": "itac", "privacy_level_options": s.o.Privacy})
	case "POST /v2/post/publish/content/init/":
		s.init(w, body)
	case "POST /v2/post/publish/status/fetch/":
		s.status(w, body)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) init(w http.ResponseWriter, body []byte) {
	var in struct {
		Info struct {
			Title       string `json:"title"`
			Description string `json:"description"`
			Privacy     string `json:"privacy_level"`
			NoComments  bool   `json:"disable_comment"`
		} `json:"post_info"`
		Source struct {
			Source string   `json:"source"`
			Images []string `json:"photo_images"`
		} `json:"source_info"`
		Mode string `json:"post_mode"`
		Type string `json:"media_type"`
	}
	direct := false
	switch err := json.Unmarshal(body, &in); {
	case err != nil, in.Type != "PHOTO", in.Source.Source != "PULL_FROM_URL", len(in.Source.Images) < 1, len(in.Source.Images) > 35,
		len(utf16.Encode([]rune(in.Info.Title))) > 90, len(utf16.Encode([]rune(in.Info.Description))) > 4000,
		in.Mode != "DIRECT_POST" && in.Mode != "MEDIA_UPLOAD":
		answer(w, http.StatusBadRequest, "invalid_params", struct{}{})
		return
	case in.Mode == "DIRECT_POST":
		direct = true
		if !slices.Contains(s.o.Privacy, in.Info.Privacy) {
			answer(w, http.StatusForbidden, "privacy_level_option_mismatch", struct{}{})
			return
		}
	}
	s.serial++
	p := &Post{ID: fmt.Sprintf("74012345678%02d", s.serial), Work: fmt.Sprintf("p_pub_url~v2.%d", s.serial), Title: in.Info.Title, Description: in.Info.Description,
		Privacy: in.Info.Privacy, Images: in.Source.Images, NoComments: in.Info.NoComments, Inbox: !direct, Failed: s.o.Fails != "", left: s.o.Works}
	s.posts = append(s.posts, p)
	answer(w, 200, "ok", map[string]string{"publish_id": p.Work})
}

func (s *Server) status(w http.ResponseWriter, body []byte) {
	var in struct {
		ID string `json:"publish_id"`
	}
	if json.Unmarshal(body, &in) != nil {
		answer(w, http.StatusBadRequest, "invalid_params", struct{}{})
		return
	}
	for _, p := range s.posts {
		if p.Work != in.ID {
			continue
		}
		if p.left > 0 {
			p.left--
			answer(w, 200, "ok", map[string]any{"status": "PROCESSING_DOWNLOAD"})
			return
		}
		p.Done = !p.Failed
		switch {
		case p.Failed:
			answer(w, 200, "ok", map[string]any{"status": "FAILED", "fail_reason": s.o.Fails})
		case p.Inbox:
			answer(w, 200, "ok", map[string]any{"status": "SEND_TO_USER_INBOX"})
		default:
			answer(w, 200, "ok", map[string]any{"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": []json.Number{json.Number(p.ID)}})
		}
		return
	}
	answer(w, http.StatusBadRequest, "invalid_publish_id", struct{}{})
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
	if u.Path != "/v2/auth/authorize/" || q.Get("client_key") != ClientKey || q.Get("redirect_uri") != s.o.Redirect || q.Get("scope") != s.o.Scopes || q.Get("state") == "" {
		return "", fmt.Errorf("the page does not take %s", address)
	}
	s.code = fmt.Sprintf("code-CANARY-%d", s.granted)
	return q.Get("redirect_uri") + "?" + url.Values{"code": {s.code}, "state": {q.Get("state")}, "scopes": {s.o.Scopes}}.Encode(), nil
}

// tokens is the token page: each refresh token serves once.
func (s *Server) tokens(w http.ResponseWriter, path string, form url.Values) {
	say := func(status int, body map[string]any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(body)
	}
	first := form.Get("grant_type") == "authorization_code"
	switch {
	case form.Get("client_key") != ClientKey || form.Get("client_secret") != s.o.ClientSecret:
		say(400, map[string]any{"error": "invalid_client", "error_description": "No."})
	case path == "/v2/oauth/revoke/":
		s.access, s.refresh = "", ""
		say(200, map[string]any{})
	case first && (s.code == "" || form.Get("code") != s.code || form.Get("redirect_uri") != s.o.Redirect),
		!first && (s.refresh == "" || form.Get("refresh_token") != s.refresh):
		say(400, map[string]any{"error": "invalid_grant", "error_description": "No."})
	default:
		s.code = ""
		s.granted++
		s.access, s.refresh = fmt.Sprintf("act.CANARY-%d!e1", s.granted), fmt.Sprintf("rft.CANARY-%d!e1", s.granted)
		s.accessUntil = s.o.Now().Add(2 * time.Hour)
		say(200, map[string]any{"access_token": s.access, "expires_in": 7200, "refresh_token": s.refresh, "refresh_expires_in": 15552000, "scope": s.o.Scopes, "open_id": OpenID, "token_type": "Bearer"})
	}
}
