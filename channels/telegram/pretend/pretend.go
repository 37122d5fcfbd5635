// Package pretend is a server that speaks the part of Telegram's Bot API that
// a channel needs, with one bot, a public chat and a private one. It remembers
// what the public saw. Tests, the demo and the simulation use it.
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

// Options of a Server. The zero value is a public channel with a bot that may
// do everything there.
type Options struct {
	Token string // of the bot; everything else is refused
	Now   func() time.Time
	// Group makes the public chat a group, in which the bot is a member.
	Group bool
	// Private takes the chat's name away.
	Private bool
	// Lacks are rights that the bot does not have, "can_post_messages".
	Lacks []string
	// Unlimited lifts the rate limit.
	Unlimited bool
	// DropReplies forgets what a message answers, CutTexts the end of texts.
	DropReplies, CutTexts bool
}

// Numbers of the two chats and the bot.
const (
	ChatID    int64 = -1001234567890
	StagingID int64 = -1009876543210
	botID     int64 = 987654321
)

// Message is a message as the public sees it.
type Message struct {
	ID       int64
	Chat     int64
	Text     string // or caption, or question
	Pictures [][]byte
	Options  []string // of a poll
	ReplyTo  int64
	Silent   bool
	Album    int64 // id of the first message of its album, 0: none
}

// Call is one call with its fields.
type Call struct {
	Method string
	Fields map[string]json.RawMessage
	Files  []string // names of form fields that hold files
	files  map[string][]byte
}

// Server is one Bot API server. Its methods may be called from several goroutines.
type Server struct {
	o Options

	mu       sync.Mutex
	serial   int64
	messages []*Message
	files    map[string][]byte // by file_id
	pinned   int64
	movedTo  int64 // the group's new number, 0: it did not move
	sent     []time.Time
	calls    []Call
	fault    func(w http.ResponseWriter, c Call) bool
}

// New makes a server.
func New(o Options) *Server {
	return &Server{o: o, serial: 411, files: map[string][]byte{}}
}

// Messages is what stands in the public chat, oldest first.
func (s *Server) Messages() []Message { return s.in(ChatID) }

// Staged is what stands in the private chat.
func (s *Server) Staged() []Message { return s.in(StagingID) }

func (s *Server) in(chat int64) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Message
	for _, m := range s.messages {
		if m.Chat == chat {
			all = append(all, *m)
		}
	}
	return all
}

// Pinned is the pinned message of the public chat, 0 where there is none.
func (s *Server) Pinned() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pinned
}

// Calls are all calls so far.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Move gives the group another number, as an upgrade does.
func (s *Server) Move(to int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.movedTo = to
}

// Fault is asked before each call and answers it where it returns true; nil
// ends it.
func (s *Server) Fault(f func(w http.ResponseWriter, c Call) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Refuse answers like Telegram's own no.
func Refuse(w http.ResponseWriter, status int, description string, parameters map[string]any) {
	body := map[string]any{"ok": false, "error_code": status, "description": description}
	if parameters != nil {
		body["parameters"] = parameters
	}
	answer(w, status, body)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// ServeHTTP takes one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.o.Now().UTC().Format(http.TimeFormat))
	token, method, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/bot"), "/")
	switch {
	case r.URL.Path == "/":
		http.Redirect(w, r, "https://core.telegram.org/bots", http.StatusFound)
		return
	case !ok || !strings.HasPrefix(r.URL.Path, "/bot"):
		Refuse(w, http.StatusNotFound, "Not Found", nil)
		return
	case token != s.o.Token:
		Refuse(w, http.StatusUnauthorized, "Unauthorized", nil)
		return
	}
	c, err := read(r)
	if err != nil {
		Refuse(w, http.StatusBadRequest, "Bad Request: can't parse entities", nil)
		return
	}
	c.Method = method
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, c)
	if s.fault != nil && s.fault(w, c) {
		return
	}
	s.serve(w, c)
}

// read takes the fields of a call, JSON or a form.
func read(r *http.Request) (Call, error) {
	c := Call{Fields: map[string]json.RawMessage{}, files: map[string][]byte{}}
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		b, err := io.ReadAll(r.Body)
		if err != nil || len(b) == 0 {
			return c, err
		}
		return c, json.Unmarshal(b, &c.Fields)
	}
	form := multipart.NewReader(r.Body, params["boundary"])
	for {
		p, err := form.NextPart()
		if err == io.EOF {
			return c, nil
		}
		if err != nil {
			return c, err
		}
		b, err := io.ReadAll(p)
		if err != nil {
			return c, err
		}
		if p.FileName() != "" {
			c.Files = append(c.Files, p.FormName())
			c.files[p.FormName()] = b
		} else if json.Valid(b) {
			c.Fields[p.FormName()] = b
		} else {
			c.Fields[p.FormName()], _ = json.Marshal(string(b))
		}
	}
}

// text is a field as a text; a form cannot tell a text from a number.
func (c Call) text(field string) string {
	var s string
	if json.Unmarshal(c.Fields[field], &s) != nil {
		s = string(c.Fields[field])
	}
	return s
}

func (c Call) number(field string) int64 {
	n, _ := strconv.ParseInt(c.text(field), 10, 64)
	return n
}

func (s *Server) serve(w http.ResponseWriter, c Call) {
	if c.Method == "getMe" {
		answer(w, http.StatusOK, ok(map[string]any{"id": botID, "is_bot": true, "first_name": "Campaign", "username": "itac_bot"}))
		return
	}
	chat, err := s.chat(c.text("chat_id"))
	if err != nil {
		err(w)
		return
	}
	switch c.Method {
	case "getChat":
		answer(w, http.StatusOK, ok(s.describe(chat, true)))
	case "getChatMember":
		answer(w, http.StatusOK, ok(s.member()))
	case "sendMessage", "sendPhoto", "sendMediaGroup", "sendPoll":
		s.send(w, c, chat)
	case "deleteMessage":
		s.delete(w, chat, c.number("message_id"))
	case "pinChatMessage", "unpinChatMessage":
		s.pin(w, c)
	default:
		Refuse(w, http.StatusNotFound, "Not Found", nil)
	}
}

func ok(result any) map[string]any { return map[string]any{"ok": true, "result": result} }

// chat finds a chat by what a call says; else how it is refused.
func (s *Server) chat(name string) (int64, func(http.ResponseWriter)) {
	switch {
	case s.movedTo != 0 && name == strconv.FormatInt(ChatID, 10):
		return 0, func(w http.ResponseWriter) {
			Refuse(w, http.StatusBadRequest, "Bad Request: group chat was upgraded to a supergroup chat", map[string]any{"migrate_to_chat_id": s.movedTo})
		}
	case name == "@itac" && !s.o.Private, name == strconv.FormatInt(ChatID, 10), s.movedTo != 0 && name == strconv.FormatInt(s.movedTo, 10):
		return ChatID, nil
	case name == strconv.FormatInt(StagingID, 10):
		return StagingID, nil
	}
	return 0, func(w http.ResponseWriter) { Refuse(w, http.StatusBadRequest, "Bad Request: chat not found", nil) }
}

func (s *Server) describe(chat int64, full bool) map[string]any {
	d := map[string]any{"id": chat, "type": "channel", "title": "It Takes a Community"}
	if s.o.Group {
		d["type"] = "supergroup"
	}
	if chat == ChatID && s.movedTo != 0 {
		d["id"] = s.movedTo
	}
	if chat == ChatID && !s.o.Private {
		d["username"] = "itac"
	}
	if full && s.pinned != 0 && chat == ChatID {
		d["pinned_message"] = map[string]any{"message_id": s.pinned}
	}
	return d
}

func (s *Server) member() map[string]any {
	if s.o.Group {
		return map[string]any{"status": "member", "user": map[string]any{"id": botID}}
	}
	m := map[string]any{"status": "administrator", "user": map[string]any{"id": botID}}
	for _, right := range []string{"can_post_messages", "can_edit_messages", "can_delete_messages"} {
		m[right] = !slices.Contains(s.o.Lacks, right)
	}
	if slices.Contains(s.o.Lacks, "administrator") {
		m = map[string]any{"status": "left"}
	}
	return m
}

// Limits of texts, in UTF-16 units, and of calls.
const (
	maxText     = 4096
	maxCaption  = 1024
	maxQuestion = 300
	perMinute   = 20
)

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// send makes a message, or the messages of an album.
func (s *Server) send(w http.ResponseWriter, c Call, chat int64) {
	if slices.Contains(s.o.Lacks, "can_post_messages") {
		Refuse(w, http.StatusBadRequest, "Bad Request: need administrator rights in the channel chat", nil)
		return
	}
	if wait := s.wait(); wait > 0 {
		Refuse(w, http.StatusTooManyRequests, fmt.Sprintf("Too Many Requests: retry after %d", wait), map[string]any{"retry_after": wait})
		return
	}
	made, problem := s.compose(c, chat)
	if problem != "" {
		Refuse(w, http.StatusBadRequest, "Bad Request: "+problem, nil)
		return
	}
	var shown []map[string]any
	for i := range made {
		s.serial++
		made[i].ID, made[i].Chat, made[i].Silent = s.serial, chat, c.text("disable_notification") == "true"
		if len(made) > 1 {
			made[i].Album = made[0].ID
		}
		s.messages = append(s.messages, &made[i])
		shown = append(shown, s.show(c.Method, made[i]))
	}
	s.sent = append(s.sent, s.o.Now())
	if c.Method == "sendMediaGroup" {
		answer(w, http.StatusOK, ok(shown))
		return
	}
	answer(w, http.StatusOK, ok(shown[0]))
}

// wait is how many seconds the chat takes nothing.
func (s *Server) wait() int {
	if s.o.Unlimited {
		return 0
	}
	from := s.o.Now().Add(-time.Minute)
	s.sent = slices.DeleteFunc(s.sent, func(at time.Time) bool { return !at.After(from) })
	if len(s.sent) < perMinute {
		return 0
	}
	return int(s.sent[0].Sub(from)/time.Second) + 1
}

// compose reads what shall be sent; problem tells why it is refused.
func (s *Server) compose(c Call, chat int64) (made []Message, problem string) {
	var m Message
	var reply struct {
		ID int64 `json:"message_id"`
	}
	if raw, ok := c.Fields["reply_parameters"]; ok {
		if json.Unmarshal(raw, &reply); !s.has(chat, reply.ID) {
			return nil, "message to be replied not found"
		}
		m.ReplyTo = reply.ID
	}
	switch c.Method {
	case "sendMessage":
		m.Text = strings.TrimSpace(c.text("text"))
		return []Message{m}, over(m.Text, 1, maxText, "message")
	case "sendPhoto":
		m.Text = strings.TrimSpace(c.text("caption"))
		b := c.files["photo"]
		if b == nil {
			b = s.files[c.text("photo")]
		}
		if b == nil {
			return nil, "wrong file identifier/HTTP URL specified"
		}
		m.Pictures = [][]byte{b}
		return []Message{m}, over(m.Text, 0, maxCaption, "caption")
	case "sendPoll":
		return s.poll(c, m)
	}
	return s.album(c, m)
}

func (s *Server) poll(c Call, m Message) ([]Message, string) {
	var options []struct {
		Text string `json:"text"`
	}
	json.Unmarshal(c.Fields["options"], &options)
	for _, o := range options {
		m.Options = append(m.Options, o.Text)
	}
	m.Text = strings.TrimSpace(c.text("question"))
	if len(m.Options) < 2 {
		return nil, "poll must have at least 2 option"
	}
	return []Message{m}, over(m.Text, 1, maxQuestion, "poll question")
}

func (s *Server) album(c Call, m Message) ([]Message, string) {
	var media []struct{ Type, Media, Caption string }
	if json.Unmarshal(c.Fields["media"], &media) != nil || len(media) < 2 || len(media) > 10 {
		return nil, "wrong number of media"
	}
	var made []Message
	for _, item := range media {
		b := s.files[item.Media]
		if name, attached := strings.CutPrefix(item.Media, "attach://"); attached {
			b = c.files[name]
		}
		if b == nil || item.Type != "photo" {
			return nil, "wrong file identifier/HTTP URL specified"
		}
		one := m
		one.Text, one.Pictures = strings.TrimSpace(item.Caption), [][]byte{b}
		if problem := over(one.Text, 0, maxCaption, "caption"); problem != "" {
			return nil, problem
		}
		made = append(made, one)
	}
	return made, ""
}

func over(text string, least, most int, what string) string {
	switch n := units(text); {
	case n < least:
		return what + " text is empty"
	case n > most:
		return what + " is too long"
	}
	return ""
}

func (s *Server) has(chat, id int64) bool {
	return slices.ContainsFunc(s.messages, func(m *Message) bool { return m.Chat == chat && m.ID == id })
}

// show is a message as an answer holds it.
func (s *Server) show(method string, m Message) map[string]any {
	text := m.Text
	if r := []rune(text); s.o.CutTexts && len(r) > 3 {
		text = string(r[:3])
	}
	d := map[string]any{"message_id": m.ID, "date": s.o.Now().Unix(), "chat": s.describe(m.Chat, false)}
	switch method {
	case "sendMessage":
		d["text"] = text
	case "sendPoll":
		var options []map[string]any
		for _, o := range m.Options {
			options = append(options, map[string]any{"text": o, "voter_count": 0})
		}
		d["poll"] = map[string]any{"id": "1", "question": text, "options": options}
	default:
		id := fmt.Sprintf("AgACAgQ-%d", m.ID)
		s.files[id] = m.Pictures[0]
		d["caption"] = text
		d["photo"] = []map[string]any{{"file_id": id + "_small"}, {"file_id": id}}
	}
	if m.ReplyTo != 0 && !s.o.DropReplies {
		d["reply_to_message"] = map[string]any{"message_id": m.ReplyTo}
	}
	return d
}

func (s *Server) delete(w http.ResponseWriter, chat, id int64) {
	switch {
	case !s.has(chat, id):
		Refuse(w, http.StatusBadRequest, "Bad Request: message to delete not found", nil)
		return
	case slices.Contains(s.o.Lacks, "can_delete_messages"):
		Refuse(w, http.StatusBadRequest, "Bad Request: message can't be deleted for everyone", nil)
		return
	}
	s.messages = slices.DeleteFunc(s.messages, func(m *Message) bool { return m.Chat == chat && m.ID == id })
	answer(w, http.StatusOK, ok(true))
}

func (s *Server) pin(w http.ResponseWriter, c Call) {
	id := c.number("message_id")
	switch {
	case slices.Contains(s.o.Lacks, "can_edit_messages"):
		Refuse(w, http.StatusBadRequest, "Bad Request: not enough rights to manage pinned messages in the chat", nil)
		return
	case c.Method == "pinChatMessage" && !s.has(ChatID, id):
		Refuse(w, http.StatusBadRequest, "Bad Request: message to pin not found", nil)
		return
	case c.Method == "pinChatMessage":
		s.pinned = id
	case s.pinned != id:
		Refuse(w, http.StatusBadRequest, "Bad Request: message to unpin not found", nil)
		return
	default:
		s.pinned = 0
	}
	answer(w, http.StatusOK, ok(true))
}
