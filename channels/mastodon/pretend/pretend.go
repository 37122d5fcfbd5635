// Package pretend is a server that speaks Mastodon's API as its documentation
// and its users describe it, with the moods that real ones have: late media,
// late lists, keys that are forgotten, and people who post and delete by hand.
// It remembers what the public saw. Tests, the demo and the simulation use it.
package pretend

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Keys is what the server does with an Idempotency-Key.
type Keys int

const (
	Honours      Keys = iota // a repeat within an hour gives the first post again
	Ignores                  // each call makes a post
	FaultsOnOld              // a repeat is recognised and answered with 500 (Mastodon issue 40399)
	RecordedLate             // the key counts only after KeyDelay: a hasty repeat makes a twin
)

// Options of a Server. The zero value is a current Mastodon.
type Options struct {
	Software string // as nodeinfo says it; "mastodon" by default
	Version  string // "4.5.1" by default
	Domain   string // of its accounts; "social.example" by default
	Now      func() time.Time
	Keys     Keys
	KeyDelay time.Duration // for RecordedLate
	// MediaPolls is how often a picture is asked for before it is ready; 0 is at once.
	MediaPolls int
	// MediaFails makes work on pictures fail after MediaPolls.
	MediaFails bool
	// ListLag is how long a post takes to stand in its account's list.
	ListLag time.Duration
	// MaxCharacters and the like are what the instance page says.
	MaxCharacters, MaxMedia, PerLink int
	// OldMedia drops pictures that are not there without a word, as servers
	// before 4.5 do.
	OldMedia bool
	// DropAlts and Silenced are what some servers do to posts: alt texts get
	// lost; what was public becomes unlisted.
	DropAlts, Silenced bool
	// NoInstanceV2 has the older page alone, NoNodeinfo says no software.
	NoInstanceV2, NoNodeinfo bool
	// Unlimited lifts the rate limits.
	Unlimited bool
	// BroadScopesOnly refuses scopes such as write:statuses at registration.
	BroadScopesOnly bool
}

// Status is a post as the public sees it.
type Status struct {
	ID, Text, Language, Visibility, SpoilerText string
	Sensitive                                   bool
	InReplyTo                                   string
	Media                                       []Media
	Poll                                        []string
	PollSeconds                                 int64
	App                                         string
	At                                          time.Time
	Key                                         string // Idempotency-Key it came with
	By                                          string // who else made it; "": the account
}

// Media is a picture of a post.
type Media struct {
	ID, Description, Focus, Type string
	Bytes                        []byte
}

// Limits of a server that was not told others.
const (
	defaultCharacters = 500
	defaultMedia      = 4
	defaultPerLink    = 23
	maxDescription    = 1500
	maxImage          = 16 << 20
	keyLife           = time.Hour
	mediaLife         = 24 * time.Hour
	callsPer5Min      = 300
	uploadsPer30Min   = 30
	deletesPer30Min   = 30
)

// account is the one account of the server.
const (
	accountID = "109000000000000001"
	acct      = "campaign"
)

// Server is one server with one account. Its methods may be called from
// several goroutines.
type Server struct {
	o   Options
	mux *http.ServeMux

	mu       sync.Mutex
	serial   int64
	statuses []*Status // oldest first
	others   []*Status // of other people
	gone     map[string]bool
	keys     map[string]keyed
	media    map[string]*upload
	apps     map[string]*app
	codes    map[string]*grant
	tokens   map[string]*grant
	budget   map[string]*window
	trouble  *Trouble
	disabled bool
	calls    []string // method and path, in order
}

type keyed struct {
	id string
	at time.Time
}

type upload struct {
	Media
	at    time.Time
	polls int
	used  bool
}

// window is a rate limit's running count.
type window struct {
	left  int
	reset time.Time
}

// Trouble is an answer that the server gives in place of its own.
type Trouble struct {
	Path   string // prefix of "METHOD /path" that it holds for; "" is all
	Status int
	Body   string // JSON if it begins with { or [
	Header map[string]string
	Effect bool // act on the call nevertheless
}

// New makes a server.
func New(o Options) *Server {
	o.Software, o.Version, o.Domain = cmp.Or(o.Software, "mastodon"), cmp.Or(o.Version, "4.5.1"), cmp.Or(o.Domain, "social.example")
	o.MaxCharacters, o.MaxMedia, o.PerLink = cmp.Or(o.MaxCharacters, defaultCharacters), cmp.Or(o.MaxMedia, defaultMedia), cmp.Or(o.PerLink, defaultPerLink)
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{o: o, mux: http.NewServeMux(), gone: map[string]bool{}, keys: map[string]keyed{}, media: map[string]*upload{},
		apps: map[string]*app{}, codes: map[string]*grant{}, tokens: map[string]*grant{}, budget: map[string]*window{}}
	s.routes()
	return s
}

func (s *Server) routes() {
	for pattern, h := range map[string]func(*call) reply{
		"GET /.well-known/nodeinfo":               s.wellKnown,
		"GET /nodeinfo/2.0":                       s.nodeinfo,
		"GET /api/v1/instance":                    s.instanceV1,
		"GET /api/v2/instance":                    s.instanceV2,
		"POST /api/v1/apps":                       s.registerApp,
		"GET /oauth/authorize":                    s.authorize,
		"POST /oauth/token":                       s.token,
		"POST /oauth/revoke":                      s.revoke,
		"GET /api/v1/apps/verify_credentials":     s.scoped("", s.verifyApp),
		"GET /api/v1/accounts/verify_credentials": s.scoped("read:accounts", s.verifyAccount),
		"GET /api/v1/accounts/{id}/statuses":      s.scoped("read:statuses", s.list),
		"GET /api/v1/timelines/tag/{tag}":         s.scoped("read:statuses", s.tagged),
		"POST /api/v2/media":                      s.scoped("write:media", s.uploadMedia),
		"GET /api/v1/media/{id}":                  s.scoped("write:media", s.pollMedia),
		"POST /api/v1/statuses":                   s.scoped("write:statuses", s.create),
		"GET /api/v1/statuses/{id}":               s.scoped("read:statuses", s.show),
		"DELETE /api/v1/statuses/{id}":            s.scoped("write:statuses", s.remove),
	} {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, h) })
	}
}

// call is one request on its way through the server, whose lock is held.
type call struct {
	*http.Request
	form  map[string]any // of a JSON or form body
	grant *grant         // whose token it bears
	now   time.Time
}

// reply is what the server answers.
type reply struct {
	status int
	body   any
	header map[string]string
}

func ok(body any) reply { return reply{status: http.StatusOK, body: body} }

func no(status int, text string) reply {
	return reply{status: status, body: map[string]string{"error": text}}
}

// ServeHTTP takes one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) serve(w http.ResponseWriter, r *http.Request, h func(*call) reply) {
	r.Body = http.MaxBytesReader(w, r.Body, 2*maxImage)
	c := &call{Request: r, now: s.o.Now()}
	if err := c.read(); err != nil {
		write(w, c.now, no(http.StatusBadRequest, "The request cannot be read"))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, r.Method+" "+r.URL.Path)
	trouble := s.trouble
	if trouble != nil && !strings.HasPrefix(r.Method+" "+r.URL.Path, trouble.Path) {
		trouble = nil
	}
	var answer reply
	if trouble == nil || trouble.Effect {
		answer = h(c)
	}
	if trouble != nil {
		answer = trouble.reply()
	}
	write(w, c.now, answer)
}

func (t *Trouble) reply() reply {
	a := reply{status: t.Status, header: t.Header, body: t.Body}
	if strings.HasPrefix(t.Body, "{") || strings.HasPrefix(t.Body, "[") {
		a.body = json.RawMessage(t.Body)
	}
	return a
}

func write(w http.ResponseWriter, now time.Time, a reply) {
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	for k, v := range a.header {
		w.Header().Set(k, v)
	}
	if text, is := a.body.(string); is {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(a.status)
		fmt.Fprint(w, text)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	json.NewEncoder(w).Encode(a.body)
}

// read takes the body, whatever its form; a field that comes twice counts once.
func (c *call) read() error {
	c.form = map[string]any{}
	switch kind, _, _ := strings.Cut(c.Header.Get("Content-Type"), ";"); {
	case c.Method != http.MethodPost:
		return nil
	case kind == "application/json":
		return json.NewDecoder(c.Body).Decode(&c.form)
	case kind == "multipart/form-data":
		return c.ParseMultipartForm(maxImage)
	}
	if err := c.ParseForm(); err != nil {
		return err
	}
	for k, v := range c.PostForm {
		c.form[k] = v[0]
	}
	return nil
}

func (c *call) text(key string) string {
	v, _ := c.form[key].(string)
	return v
}

func (c *call) list(key string) []string {
	var out []string
	all, _ := c.form[key].([]any)
	for _, v := range all {
		if text, is := v.(string); is {
			out = append(out, text)
		}
	}
	return out
}

// spend takes one call from a budget; the headers tell what is left.
func (s *Server) spend(name string, most int, per time.Duration, now time.Time) (header map[string]string, allowed bool) {
	w := s.budget[name]
	if w == nil || !now.Before(w.reset) {
		w = &window{left: most, reset: now.Add(per)}
		s.budget[name] = w
	}
	allowed = w.left > 0 || s.o.Unlimited
	w.left = max(0, w.left-1)
	return map[string]string{
		"X-RateLimit-Limit": strconv.Itoa(most), "X-RateLimit-Remaining": strconv.Itoa(w.left),
		"X-RateLimit-Reset": w.reset.UTC().Format("2006-01-02T15:04:05.000000Z"),
	}, allowed
}

// nextID is a snowflake: ordering by id is ordering by time.
func (s *Server) nextID() string {
	s.serial++
	return strconv.FormatInt(114923846000000000+s.serial, 10)
}
