// Package pretend is a server that speaks the part of Discord's API that a
// channel needs, with one bot, one webhook and one channel. It remembers what
// the public saw. Tests, the demo and the simulation use it.
package pretend

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf16"
)

// Numbers of what there is.
const (
	ChannelID = "1309876543210987654"
	GuildID   = "1201000000000000001"
	BotID     = "1201987654321098765"
	HookID    = "1300000000000000007"
)

// Options of a Server. The zero value is a text channel where the bot may do everything.
type Options struct {
	Token     string // of the bot
	HookToken string // second part of the webhook's address
	Now       func() time.Time
	// NonceLife is how long a nonce is remembered; five minutes by default,
	// below zero never.
	NonceLife time.Duration
	// Lag is how long a message takes to be listed.
	Lag time.Duration
	// Announcement makes it a channel that others follow.
	Announcement bool
	// Denied are permissions that the channel takes from the bot, as bits.
	Denied uint64
	// DropAlts forgets descriptions of files.
	DropAlts bool
}

// Message is a message as the public sees it.
type Message struct {
	ID, Content, Author, Hook string
	Shown                     string // Content as people read it, without markup
	Files                     []File
	Question                  string
	Options                   []string
	ReplyTo                   string
	Flags                     int
	Crossposted               bool
	At                        time.Time
	Nonce                     string
}

// File is an attached file.
type File struct {
	Name, Description string
	Bytes             []byte
}

// Call is one call: method, path without secrets, and its JSON.
type Call struct {
	Method, Path string
	Payload      map[string]json.RawMessage
}

// Server is one API server. Its methods may be called from several goroutines.
type Server struct {
	o   Options
	mux *http.ServeMux

	mu       sync.Mutex
	serial   int64
	messages []*Message
	nonces   map[string]nonce
	calls    []Call
	fault    func(w http.ResponseWriter, c Call) bool
}

type nonce struct {
	id string
	at time.Time
}

// New makes a server.
func New(o Options) *Server {
	if o.NonceLife == 0 {
		o.NonceLife = 5 * time.Minute
	}
	s := &Server{o: o, mux: http.NewServeMux(), nonces: map[string]nonce{}}
	s.mux.HandleFunc("GET /gateway", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]string{"url": "wss://gateway.example"})
	})
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /users/@me": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, 200, map[string]any{"id": BotID, "username": "campaign", "bot": true})
		},
		"GET /channels/{c}":                          s.channel,
		"GET /guilds/{g}":                            s.guild,
		"GET /guilds/{g}/members/{m}":                func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, map[string]any{"roles": []string{"77"}}) },
		"GET /channels/{c}/messages":                 s.list,
		"POST /channels/{c}/messages":                s.create,
		"GET /channels/{c}/messages/{m}":             s.one,
		"DELETE /channels/{c}/messages/{m}":          s.delete,
		"POST /channels/{c}/messages/{m}/crosspost":  s.crosspost,
		"GET /webhooks/{id}/{token}":                 s.webhook,
		"POST /webhooks/{id}/{token}":                s.create,
		"DELETE /webhooks/{id}/{token}/messages/{m}": s.delete,
	} {
		s.mux.HandleFunc(pattern, s.known(h))
	}
	return s
}

// known lets a call in whose secret is right.
func (s *Server) known(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasPrefix(r.Header.Get("User-Agent"), "DiscordBot (https://"):
			http.Error(w, "<html>error 1010</html>", http.StatusForbidden)
		case r.PathValue("token") != "" && (r.PathValue("id") != HookID || r.PathValue("token") != s.o.HookToken):
			Refuse(w, http.StatusNotFound, 10015, "Unknown Webhook")
		case r.PathValue("token") == "" && r.Header.Get("Authorization") != "Bot "+s.o.Token:
			Refuse(w, http.StatusUnauthorized, 0, "401: Unauthorized")
		case r.PathValue("c") != "" && r.PathValue("c") != ChannelID:
			Refuse(w, http.StatusNotFound, 10003, "Unknown Channel")
		default:
			h(w, r)
		}
	}
}

// ServeHTTP takes one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.o.Now().UTC().Format(http.TimeFormat))
	s.mux.ServeHTTP(w, r)
}

// Refuse answers like Discord's own no.
func Refuse(w http.ResponseWriter, status, code int, message string) {
	answer(w, status, map[string]any{"code": code, "message": message})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// Messages is what stands in the channel, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Message
	for _, m := range s.messages {
		all = append(all, *m)
	}
	return all
}

// Say puts a message of a person, or of the bot by other hands, into the channel.
func (s *Server) Say(author, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &Message{Author: author, Content: text, Shown: Shown(text)}
	s.add(m)
	return m.ID
}

// Remove takes a message away by hand.
func (s *Server) Remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = slices.DeleteFunc(s.messages, func(m *Message) bool { return m.ID == id })
}

// Calls are the publish calls so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Fault is asked before each publish call and answers it where it returns
// true; nil ends it.
func (s *Server) Fault(f func(w http.ResponseWriter, c Call) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

const epoch = 1_420_070_400_000 // of ids, in Unix milliseconds

// add gives a message its id, which tells its time.
func (s *Server) add(m *Message) {
	s.serial++
	m.At = s.o.Now()
	m.ID = strconv.FormatInt((m.At.UnixMilli()-epoch)<<22+s.serial, 10)
	s.messages = append(s.messages, m)
}

func (s *Server) find(id string) *Message {
	for _, m := range s.messages {
		if m.ID == id {
			return m
		}
	}
	return nil
}

const everything = 1<<10 | 1<<11 | 1<<14 | 1<<15 | 1<<16 | 1<<49

func (s *Server) channel(w http.ResponseWriter, _ *http.Request) {
	c := map[string]any{"id": ChannelID, "guild_id": GuildID, "name": "news", "type": 0, "permission_overwrites": []map[string]any{
		// Everyone may not write here, the role may, and the bot lacks what the test says.
		{"id": GuildID, "type": 0, "allow": "0", "deny": fmt.Sprint(1 << 11)},
		{"id": "77", "type": 0, "allow": fmt.Sprint(1 << 11), "deny": "0"},
		{"id": BotID, "type": 1, "allow": "0", "deny": fmt.Sprint(s.o.Denied)},
	}}
	if s.o.Announcement {
		c["type"] = 5
	}
	answer(w, 200, c)
}

func (s *Server) guild(w http.ResponseWriter, _ *http.Request) {
	answer(w, 200, map[string]any{"id": GuildID, "owner_id": "1", "roles": []map[string]any{
		{"id": GuildID, "permissions": fmt.Sprint(everything)}, {"id": "77", "permissions": "0"}, {"id": "78", "permissions": "8"},
	}})
}

func (s *Server) webhook(w http.ResponseWriter, _ *http.Request) {
	answer(w, 200, map[string]any{"id": HookID, "channel_id": ChannelID, "guild_id": GuildID, "name": "Campaign", "type": 1, "token": s.o.HookToken})
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	after := r.URL.Query().Get("after")
	var page []map[string]any // the oldest after it, or the newest; newest first
	for _, m := range s.messages {
		if s.o.Now().Sub(m.At) < s.o.Lag || after != "" && (len(m.ID) < len(after) || len(m.ID) == len(after) && m.ID <= after) {
			continue
		}
		if after != "" && len(page) == limit {
			break
		}
		page = append(page, s.show(m))
	}
	if after == "" && len(page) > limit {
		page = page[len(page)-limit:]
	}
	slices.Reverse(page)
	if page == nil {
		page = []map[string]any{}
	}
	answer(w, 200, page)
}

func (s *Server) one(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.find(r.PathValue("m")); m != nil {
		answer(w, 200, s.show(m))
		return
	}
	Refuse(w, http.StatusNotFound, 10008, "Unknown Message")
}

func (s *Server) delete(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := r.PathValue("m")
	if s.find(id) == nil {
		Refuse(w, http.StatusNotFound, 10008, "Unknown Message")
		return
	}
	s.messages = slices.DeleteFunc(s.messages, func(m *Message) bool { return m.ID == id })
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) crosspost(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.find(r.PathValue("m"))
	switch {
	case m == nil:
		Refuse(w, http.StatusNotFound, 10008, "Unknown Message")
	case !s.o.Announcement:
		Refuse(w, http.StatusBadRequest, 50068, "Invalid message type")
	case m.Crossposted:
		Refuse(w, http.StatusBadRequest, 40033, "This message has already been crossposted.")
	default:
		m.Crossposted = true
		answer(w, 200, s.show(m))
	}
}

// body is what a publish call holds.
type body struct {
	Content     string `json:"content"`
	Nonce       string `json:"nonce"`
	Enforce     bool   `json:"enforce_nonce"`
	Flags       int    `json:"flags"`
	Attachments []struct {
		ID          int    `json:"id"`
		Filename    string `json:"filename"`
		Description string `json:"description"`
	} `json:"attachments"`
	Poll *struct {
		Question struct{ Text string } `json:"question"`
		Answers  []struct {
			Media struct{ Text string } `json:"poll_media"`
		} `json:"answers"`
		Duration int `json:"duration"`
	} `json:"poll"`
	Reference *struct {
		MessageID string `json:"message_id"`
		Fail      bool   `json:"fail_if_not_exists"`
	} `json:"message_reference"`
}

// create makes a message, unless its nonce says that it is there.
func (s *Server) create(w http.ResponseWriter, r *http.Request) {
	raw, files, err := read(r)
	var b body
	call := Call{Method: r.Method, Path: strings.ReplaceAll(r.URL.Path, s.o.HookToken, "TOKEN")}
	if err == nil {
		err = json.Unmarshal(raw, &call.Payload)
	}
	if err != nil || json.Unmarshal(raw, &b) != nil {
		Refuse(w, http.StatusBadRequest, 50109, "The request body contains invalid JSON.")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
	if s.fault != nil && s.fault(w, call) {
		return
	}
	hook := r.PathValue("token") != ""
	if known, ok := s.nonces[b.Nonce]; ok && b.Enforce && !hook && s.o.Now().Sub(known.at) < s.o.NonceLife {
		if m := s.find(known.id); m != nil {
			answer(w, 200, s.show(m))
		} else {
			Refuse(w, http.StatusBadRequest, 10008, "Unknown Message")
		}
		return
	}
	if code, text := s.problem(b, len(files)); code != 0 {
		Refuse(w, http.StatusBadRequest, code, text)
		return
	}
	m := s.compose(b, files)
	if hook {
		m.Author, m.Hook = HookID, HookID
	} else {
		m.Author = BotID
	}
	s.add(m)
	if b.Nonce != "" {
		s.nonces[b.Nonce] = nonce{m.ID, m.At}
	}
	if hook && r.URL.Query().Get("wait") != "true" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, 200, s.show(m))
}

// read takes the JSON and the files of a call.
func read(r *http.Request) (raw []byte, files map[int][]byte, err error) {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		raw, err = io.ReadAll(r.Body)
		return raw, nil, err
	}
	files = map[int][]byte{}
	form := multipart.NewReader(r.Body, params["boundary"])
	for {
		p, err := form.NextPart()
		if err == io.EOF {
			return raw, files, nil
		}
		if err != nil {
			return nil, nil, err
		}
		b, err := io.ReadAll(p)
		if err != nil {
			return nil, nil, err
		}
		if p.FormName() == "payload_json" {
			raw = b
			continue
		}
		var n int
		if _, err := fmt.Sscanf(p.FormName(), "files[%d]", &n); err != nil {
			return nil, nil, err
		}
		files[n] = b
	}
}

// problem is why a message is refused, 0 where it is not.
func (s *Server) problem(b body, files int) (code int, text string) {
	switch {
	case strings.TrimSpace(b.Content) == "" && files == 0 && b.Poll == nil:
		return 50006, "Cannot send an empty message"
	case len(utf16.Encode([]rune(b.Content))) > 2000, len(b.Nonce) > 25, files > 10,
		b.Poll != nil && (len([]rune(b.Poll.Question.Text)) > 300 || b.Poll.Duration < 1 || b.Poll.Duration > 768),
		b.Reference != nil && b.Reference.Fail && s.find(b.Reference.MessageID) == nil:
		return 50035, "Invalid Form Body"
	}
	return 0, ""
}

func (s *Server) compose(b body, files map[int][]byte) *Message {
	m := &Message{Content: strings.TrimSpace(b.Content), Flags: b.Flags, Nonce: b.Nonce}
	m.Shown = Shown(m.Content)
	for _, a := range b.Attachments {
		f := File{Name: a.Filename, Description: a.Description, Bytes: files[a.ID]}
		if s.o.DropAlts {
			f.Description = ""
		}
		m.Files = append(m.Files, f)
	}
	if b.Poll != nil {
		m.Question = b.Poll.Question.Text
		for _, a := range b.Poll.Answers {
			m.Options = append(m.Options, a.Media.Text)
		}
	}
	if b.Reference != nil {
		m.ReplyTo = b.Reference.MessageID
	}
	return m
}

// show is a message as an answer holds it.
func (s *Server) show(m *Message) map[string]any {
	d := map[string]any{"id": m.ID, "channel_id": ChannelID, "content": m.Content, "timestamp": m.At.UTC().Format("2006-01-02T15:04:05.000000+00:00"),
		"author": map[string]any{"id": m.Author}, "flags": m.Flags}
	if m.Hook != "" {
		d["webhook_id"] = m.Hook
	}
	if m.Crossposted {
		d["flags"] = m.Flags | 1
	}
	files := []map[string]any{}
	for _, f := range m.Files {
		files = append(files, map[string]any{"id": "1", "filename": f.Name, "description": f.Description, "size": len(f.Bytes)})
	}
	d["attachments"] = files
	if m.ReplyTo != "" {
		d["message_reference"] = map[string]any{"message_id": m.ReplyTo, "channel_id": ChannelID}
	}
	if m.Question != "" {
		var answers []map[string]any
		for _, o := range m.Options {
			answers = append(answers, map[string]any{"poll_media": map[string]any{"text": o}})
		}
		d["poll"] = map[string]any{"question": map[string]any{"text": m.Question}, "answers": answers}
	}
	return d
}

// Shown is a text as people read it: signs of markup have gone, unless a
// backslash stood before them; addresses stay.
func Shown(text string) string {
	var out strings.Builder
	r := []rune(text)
	line := true // at the beginning of one
	for i := 0; i < len(r); i++ {
		rest := string(r[i:min(len(r), i+8)])
		switch {
		case strings.HasPrefix(rest, "http://"), strings.HasPrefix(rest, "https://"):
			for ; i < len(r) && r[i] != ' ' && r[i] != '\n' && r[i] != '>'; i++ {
				out.WriteRune(r[i])
			}
			i--
		case r[i] == '\\' && i+1 < len(r) && strings.ContainsRune("\\`*_{}[]()#+-.!|~<>@:", r[i+1]):
			i++
			out.WriteRune(r[i])
		case strings.ContainsRune("*_~`|", r[i]), line && strings.ContainsRune("#>-", r[i]):
		default:
			out.WriteRune(r[i])
		}
		line = r[min(i, len(r)-1)] == '\n'
	}
	return out.String()
}
