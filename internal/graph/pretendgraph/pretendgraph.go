// Package pretendgraph is what the pretend platforms of Meta share: the shape
// of calls, answers and errors, tokens, the page on which an owner agrees, and
// trouble in the place of answers.
package pretendgraph

import (
	"crypto/rand"
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
)

// Base is the part of a pretend platform that all share. Its methods may be
// called from several goroutines; what a handler does runs under its lock.
type Base struct {
	// AppID and AppSecret are of the one registered app, Redirect its address.
	AppID, AppSecret, Redirect string

	mux     *http.ServeMux
	now     func() time.Time
	mu      sync.Mutex
	serial  int64
	tokens  map[string]*Token
	codes   map[string]string // to the redirect they were given for
	trouble *Trouble
	calls   []string
}

// Token is a token that was given.
type Token struct {
	Kind    string // "short", "long", "page", "user"
	Scopes  []string
	Since   time.Time
	Expires time.Time // zero: never
	Dead    bool
}

// Trouble is an answer that the platform gives in place of its own.
type Trouble struct {
	Path   string // prefix of "METHOD /path" that it holds for; "" is all
	Status int
	Body   string
	Header map[string]string
	Effect bool // act on the call nevertheless
	Times  int  // how often; 0: until it is taken away
}

// Call is one request on its way, under the lock.
type Call struct {
	*http.Request
	Fields map[string]any // of a JSON, form or multipart body
	File   []byte         // of a multipart body's "source"
	Token  *Token
	Bearer string
	Now    time.Time
}

// Reply is what is answered.
type Reply struct {
	Status int
	Body   any
}

// OK answers with a body.
func OK(body any) Reply { return Reply{http.StatusOK, body} }

// No answers with Meta's shape of a failure.
func No(status, code, subcode int, message string) Reply {
	e := map[string]any{"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AbCdEf"}
	if subcode != 0 {
		e["error_subcode"] = subcode
	}
	return Reply{status, map[string]any{"error": e}}
}

// New makes a Base; now nil is the wall clock.
func New(now func() time.Time) *Base {
	if now == nil {
		now = time.Now
	}
	return &Base{AppID: "1234567890", AppSecret: "app-secret-CANARY", Redirect: "https://takeover.example/back",
		mux: http.NewServeMux(), now: now, tokens: map[string]*Token{}, codes: map[string]string{}}
}

// Handle serves a pattern to calls that bear a token with the scope; "-" needs
// no token.
func (b *Base) Handle(pattern, scope string, h func(*Call) Reply) {
	b.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { b.serve(w, r, scope, h) })
}

// ServeHTTP takes one call.
func (b *Base) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.mux.ServeHTTP(w, r) }

func (b *Base) serve(w http.ResponseWriter, r *http.Request, scope string, h func(*Call) Reply) {
	r.Body = http.MaxBytesReader(w, r.Body, 32<<20)
	c := &Call{Request: r, Now: b.now(), Fields: map[string]any{}}
	readErr := c.read()
	b.mu.Lock()
	defer b.mu.Unlock()
	line := r.Method + " " + r.URL.Path
	b.calls = append(b.calls, line)
	trouble := b.trouble
	if trouble != nil && !strings.HasPrefix(line, trouble.Path) {
		trouble = nil
	}
	var answer Reply
	switch {
	case trouble != nil && !trouble.Effect:
	case readErr != nil:
		answer = No(http.StatusBadRequest, 100, 0, "Invalid parameter")
	default:
		answer = b.within(c, scope, h)
	}
	w.Header().Set("Date", c.Now.UTC().Format(http.TimeFormat))
	if trouble != nil {
		if trouble.Times--; trouble.Times == 0 {
			b.trouble = nil
		}
		for k, v := range trouble.Header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(trouble.Status)
		fmt.Fprint(w, trouble.Body)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(answer.Status)
	json.NewEncoder(w).Encode(answer.Body)
}

// within lets a call through that bears a living token with the scope.
func (b *Base) within(c *Call, scope string, h func(*Call) Reply) Reply {
	if c.URL.Query().Has("access_token") || c.URL.Query().Has("input_token") {
		return No(http.StatusBadRequest, 100, 0, "A token stood in the address")
	}
	c.Bearer, _ = strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	c.Token = b.tokens[c.Bearer]
	switch {
	case scope == "-":
	case c.Token == nil:
		return No(http.StatusBadRequest, 190, 0, "Invalid OAuth access token.")
	case c.Token.Dead:
		return No(http.StatusBadRequest, 190, 460, "The session has been invalidated because the user changed their password.")
	case !c.Token.Expires.IsZero() && !c.Now.Before(c.Token.Expires):
		return No(http.StatusBadRequest, 190, 463, "Session has expired.")
	case scope != "" && !slices.Contains(c.Token.Scopes, scope):
		return No(http.StatusForbidden, 200, 0, "(#200) The permission(s) "+scope+" are not available.")
	}
	return h(c)
}

func (c *Call) read() error {
	kind, _, _ := strings.Cut(c.Header.Get("Content-Type"), ";")
	switch {
	case c.Method != http.MethodPost:
		return nil
	case kind == "application/json":
		return json.NewDecoder(c.Body).Decode(&c.Fields)
	case kind == "multipart/form-data":
		if err := c.ParseMultipartForm(32 << 20); err != nil {
			return err
		}
		for k, v := range c.MultipartForm.Value {
			c.Fields[k] = v[0]
		}
		for _, f := range c.MultipartForm.File["source"] {
			file, err := f.Open()
			if err != nil {
				return err
			}
			defer file.Close()
			if c.File, err = io.ReadAll(file); err != nil {
				return err
			}
		}
		return nil
	}
	if err := c.ParseForm(); err != nil {
		return err
	}
	for k, v := range c.PostForm {
		c.Fields[k] = v[0]
	}
	return nil
}

// Text is a field that is a text.
func (c *Call) Text(key string) string {
	v, _ := c.Fields[key].(string)
	return v
}

// Is is a field that says true or false; otherwise where it is missing.
func (c *Call) Is(key string, otherwise bool) bool {
	switch v := c.Fields[key].(type) {
	case bool:
		return v
	case string:
		return v == "true"
	}
	return otherwise
}

// NextID is a number that was not given yet. The caller holds the lock.
func (b *Base) NextID() string {
	b.serial++
	return strconv.FormatInt(17_889_455_560_000_000+b.serial, 10)
}

// Grant gives a token. The caller holds the lock.
func (b *Base) Grant(t Token) string {
	text := "EAAG" + rand.Text()
	b.tokens[text] = &t
	return text
}

// Accept makes a known text a token, for tests that choose their own.
func (b *Base) Accept(text string, t Token) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens[text] = &t
}

// End ends all tokens, as a changed password does.
func (b *Base) End() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.tokens {
		t.Dead = true
	}
}

// Set puts trouble in the place of answers; nil ends it.
func (b *Base) Set(t *Trouble) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trouble = t
}

// Calls are the calls so far as "METHOD /path".
func (b *Base) Calls() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.calls)
}

// Do runs f under the lock, as people act on the platform's own pages.
func (b *Base) Do(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// Dialog is the page on which the owner agrees at once.
func (b *Base) Dialog(c *Call) Reply {
	q := c.URL.Query()
	if q.Get("client_id") != b.AppID || q.Get("response_type") != "code" || q.Get("redirect_uri") != b.Redirect || q.Get("state") == "" {
		return No(http.StatusBadRequest, 191, 0, "Can't load URL")
	}
	code := "code-" + rand.Text()
	b.codes[code] = b.Redirect
	return OK(map[string]string{"back": b.Redirect + "?" + url.Values{"code": {code}, "state": {q.Get("state")}}.Encode() + "#_"})
}

// Redeem takes a code once; false where it or the app is wrong. The caller is a handler.
func (b *Base) Redeem(c *Call) bool {
	redirect, ok := b.codes[c.Text("code")]
	delete(b.codes, c.Text("code"))
	return ok && b.App(c) && c.Text("redirect_uri") == redirect && c.Text("grant_type") == "authorization_code"
}

// App tells whether the call names the app and its secret.
func (b *Base) App(c *Call) bool {
	return c.Text("client_id") == b.AppID && c.Text("client_secret") == b.AppSecret
}

// Agree is the owner who opens the address and agrees: it gives the address of
// the page where the browser ends.
func (b *Base) Agree(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	r := &http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}}
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.Dialog(&Call{Request: r, Now: b.now()})
	m, ok := a.Body.(map[string]string)
	if !ok {
		return "", fmt.Errorf("refused: %v", a.Body)
	}
	return m["back"], nil
}

// Debug answers a batch with one question about a token.
func (b *Base) Debug(c *Call) Reply {
	var batch []struct {
		URL string `json:"relative_url"`
	}
	if json.Unmarshal([]byte(c.Text("batch")), &batch) != nil || len(batch) != 1 {
		return No(http.StatusBadRequest, 100, 0, "Invalid batch")
	}
	u, err := url.Parse(batch[0].URL)
	if err != nil || !strings.HasSuffix(u.Path, "/debug_token") {
		return No(http.StatusBadRequest, 100, 0, "Unknown path")
	}
	data := map[string]any{"is_valid": false}
	if t := b.tokens[u.Query().Get("input_token")]; t != nil {
		data = map[string]any{"is_valid": !t.Dead, "scopes": t.Scopes, "expires_at": 0}
		if !t.Expires.IsZero() {
			data["expires_at"] = t.Expires.Unix()
		}
	}
	body, _ := json.Marshal(map[string]any{"data": data})
	return OK([]any{map[string]any{"code": 200, "body": string(body)}})
}

// Now is the platform's clock.
func (b *Base) Now() time.Time { return b.now() }
