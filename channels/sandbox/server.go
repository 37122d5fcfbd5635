package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"

	"github.com/ittakesacommunity/takeover/campaign"
)

// Bounds of one request.
const (
	maxDraft   = 1 << 20  // bytes of a post
	maxPicture = 32 << 20 // bytes of a picture, whatever the platform takes
	pageSize   = 100      // posts in one answer to a reader
	// oddClient is how long a client may take to send its request.
	oddClient = 2 * time.Minute
	// addressWait is how long the server waits for its address after an outage,
	// addressPause how long between two tries.
	addressWait  = 30 * time.Second
	addressPause = 50 * time.Millisecond
)

// Options of a Server; the zero value serves from memory.
type Options struct {
	// File keeps accounts, pictures and posts; "" keeps them in memory only.
	File string
	// Now is the server's clock; nil is the machine's.
	Now func() time.Time
}

// Server is a platform of our own: accounts, posts, a wall to look at, and
// every way to fail. Its methods may be called from several goroutines.
type Server struct {
	now     func() time.Time
	handler http.Handler

	mu      sync.Mutex
	world   *world
	journal *journal
	faults  []Fault

	down chan time.Duration // asks Serve to refuse connections
}

// NewServer makes a Server and reads what its file remembers.
func NewServer(o Options) (*Server, error) {
	s := &Server{now: o.Now, world: newWorld(), down: make(chan time.Duration, 1)}
	if s.now == nil {
		s.now = time.Now
	}
	if o.File != "" {
		var err error
		if s.journal, err = openJournal(o.File, s.world); err != nil {
			return nil, fmt.Errorf("sandbox: %w", err)
		}
	}
	s.handler = s.routes()
	return s, nil
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close closes the file.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.close()
}

// ListenAndServe serves on address ("127.0.0.1:8081") until ctx ends; ready is
// called once with the address that it listens on. While FaultRefuse lasts it
// does not listen, so connections are refused; should another process take the
// address meanwhile, it waits up to addressWait for it.
func (s *Server) ListenAndServe(ctx context.Context, address string, ready func(net.Addr)) error {
	for patience := time.Duration(0); ; patience = addressWait {
		l, err := listen(ctx, address, patience)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
		if ready != nil {
			ready(l.Addr())
			ready = nil
		}
		address = l.Addr().String() // after an outage it is the same one
		outage, err := s.serve(ctx, l)
		if err != nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(outage):
		case <-ctx.Done():
			return nil
		}
	}
}

// listen listens on address; while another has it, it tries again for as long
// as patience or until ctx ends.
func listen(ctx context.Context, address string, patience time.Duration) (net.Listener, error) {
	for deadline := time.Now().Add(patience); ; {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", address)
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(deadline) {
			return l, err
		}
		select {
		case <-time.After(addressPause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// serve answers on l until ctx ends or an outage begins.
func (s *Server) serve(ctx context.Context, l net.Listener) (outage time.Duration, err error) {
	hs := &http.Server{Handler: s, ReadTimeout: oddClient, MaxHeaderBytes: 64 << 10}
	ended := make(chan error, 1)
	go func() { ended <- hs.Serve(l) }()
	select {
	case err = <-ended:
		return 0, err
	case outage = <-s.down:
	case <-ctx.Done():
	}
	hs.Close()
	if err = <-ended; errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return outage, err
}

func (s *Server) goDown(d time.Duration) {
	select {
	case s.down <- d:
	default: // it goes down already
	}
}

// routes is the table of contents of the API and of the wall.
func (s *Server) routes() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("PUT /v1/accounts/{account}", s.call(FaultOnlyStage, s.putAccount))
	m.HandleFunc("PUT /v1/accounts/{account}/media/{digest}", s.call(FaultOnlyStage, s.putMedia))
	m.HandleFunc("POST /v1/accounts/{account}/containers", s.call(FaultOnlyStage, s.postContainer))
	m.HandleFunc("POST /v1/accounts/{account}/posts", s.call(FaultOnlyPublish, s.postPost))
	m.HandleFunc("PUT /v1/accounts/{account}/posts/{id}", s.call(FaultOnlyPublish, s.putPost))
	m.HandleFunc("POST /v1/accounts/{account}/containers/{id}/publish", s.call(FaultOnlyPublish, s.publishContainer))
	m.HandleFunc("GET /v1/accounts/{account}/posts", s.call(FaultOnlyRead, s.getPosts))
	m.HandleFunc("GET /v1/accounts/{account}/posts/{id}", s.call(FaultOnlyRead, s.getPost))
	m.HandleFunc("GET /v1/accounts/{account}/containers/{id}", s.call(FaultOnlyRead, s.getContainer))
	m.HandleFunc("DELETE /v1/accounts/{account}/posts/{id}", s.call(FaultOnlyDelete, s.remove))

	m.HandleFunc("GET /v1/posts", s.getSeen)
	m.HandleFunc("GET /v1/tagged", s.getTagged)
	m.HandleFunc("GET /v1/accounts", s.getAccounts)
	m.HandleFunc("GET /v1/admin/faults", s.getFaults)
	m.HandleFunc("POST /v1/admin/faults", s.postFault)
	m.HandleFunc("DELETE /v1/admin/faults", s.deleteFaults)
	m.HandleFunc("POST /v1/admin/accounts/{account}/posts", s.postByHand)
	m.HandleFunc("DELETE /v1/admin/accounts/{account}/posts/{id}", s.deleteByHand)

	s.wallRoutes(m)
	return http.NewCrossOriginProtection().Handler(m)
}

// call wraps a call of a client: what shall go wrong with it goes wrong.
func (s *Server) call(kind string, do func(*http.Request) (int, reply)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		right := func() (int, reply) { return do(r) }
		if f, ok := s.nextFault(r.PathValue("account"), kind); ok {
			s.fail(w, r, f, right)
			return
		}
		status, v := right()
		answer(w, status, v)
	}
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// no is the answer to a call that failed.
func no(err error) (int, reply) {
	var r *refusal
	if errors.As(err, &r) {
		return r.status, reply{Error: r.code, Message: r.message, ID: r.id}
	}
	return http.StatusInternalServerError, reply{Error: "internal", Message: "the sandbox cannot keep it"}
}

// body reads at most n bytes of the request's body.
func body(r *http.Request, n int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r.Body, n+1))
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "cut", "the body cannot be read")
	}
	if int64(len(b)) > n {
		return nil, refuse(http.StatusRequestEntityTooLarge, "too_large", "a body may have %d bytes", n)
	}
	return b, nil
}

// drain reads what a client sends, so that it has sent everything.
func drain(r *http.Request) { io.Copy(io.Discard, io.LimitReader(r.Body, maxPicture)) }

// decode reads a JSON body; unknown fields are refused.
func decode(r *http.Request, v any) error {
	b, err := body(r, maxDraft)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return refuse(http.StatusBadRequest, "json", "the body is not what it should be")
	}
	return nil
}

// published is the answer to a call that made p public.
func published(r *http.Request, status int, p *Post) (int, reply) {
	return status, reply{ID: p.ID, URL: "http://" + r.Host + postPath(p), At: p.At}
}

// postPath is where the wall shows a post.
func postPath(p *Post) string { return "/#p-" + p.Account + "-" + p.ID }

func (s *Server) putAccount(r *http.Request) (int, reply) {
	var a Account
	if err := decode(r, &a); err != nil {
		return no(err)
	}
	a.Name = r.PathValue("account")
	if len(a.Name) > 200 || len(a.Title) > 500 {
		return no(refuse(http.StatusUnprocessableEntity, "name", "the name is too long"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.world.accounts[a.Name]
	var was Account
	if before != nil {
		was = before.Account
	}
	if err := s.world.setAccount(a); err != nil {
		return no(err)
	}
	if now := s.world.accounts[a.Name].Account; now != was {
		if err := s.journal.write(event{Account: &now}); err != nil {
			return no(err)
		}
	}
	return http.StatusOK, reply{ID: a.Name}
}

func (s *Server) putMedia(r *http.Request) (int, reply) {
	b, err := body(r, maxPicture)
	if err != nil {
		return no(err)
	}
	d := campaign.DigestOf(b)
	if string(d) != r.PathValue("digest") {
		return no(refuse(http.StatusUnprocessableEntity, "digest", "these bytes have another digest"))
	}
	// What browsers are told is what the bytes are, never what a client says.
	kind := http.DetectContentType(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.world.account(r.PathValue("account"))
	if err != nil {
		return no(err)
	}
	_, known := s.world.media[d]
	if err := s.world.addMedia(a, d, picture{kind, b}); err != nil {
		return no(err)
	}
	if !known {
		if err := s.journal.write(event{Media: &mediaEvent{d, kind, b}}); err != nil {
			return no(err)
		}
	}
	return http.StatusOK, reply{ID: string(d)}
}

// draft reads a draft and lends f the account it is for, under the lock.
func (s *Server) draft(r *http.Request, f func(*account, Draft) (int, reply)) (int, reply) {
	var d Draft
	if err := decode(r, &d); err != nil {
		return no(err)
	}
	if d.Kind == "" {
		d.Kind = KindPost
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.world.account(r.PathValue("account"))
	if err != nil {
		return no(err)
	}
	return f(a, d)
}

// keep writes a post into the journal, if it is new, and answers with it.
func (s *Server) keep(r *http.Request, before int, p *Post, from string, err error) (int, reply) {
	if err != nil {
		return no(err)
	}
	if len(s.world.posts) == before {
		return published(r, http.StatusOK, p)
	}
	if err := s.journal.write(event{Post: p, From: from}); err != nil {
		return no(err)
	}
	return published(r, http.StatusCreated, p)
}

func (s *Server) postPost(r *http.Request) (int, reply) {
	return s.draft(r, func(a *account, d Draft) (int, reply) {
		before := len(s.world.posts)
		p, err := s.world.create(a, d, r.URL.Query().Get("reply_to"), r.Header.Get("Idempotency-Key"), s.now())
		return s.keep(r, before, p, "", err)
	})
}

func (s *Server) putPost(r *http.Request) (int, reply) {
	return s.draft(r, func(a *account, d Draft) (int, reply) {
		before := len(s.world.posts)
		p, err := s.world.put(a, r.PathValue("id"), d, r.URL.Query().Get("reply_to"), s.now())
		return s.keep(r, before, p, "", err)
	})
}

func (s *Server) postContainer(r *http.Request) (int, reply) {
	return s.draft(r, func(a *account, d Draft) (int, reply) {
		c, err := s.world.stage(a, d, s.now())
		if err == nil {
			err = s.journal.write(event{Container: c})
		}
		if err != nil {
			return no(err)
		}
		return http.StatusCreated, reply{ID: c.ID, State: "ready", Expires: c.Expires}
	})
}

func (s *Server) publishContainer(r *http.Request) (int, reply) {
	drain(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.world.account(r.PathValue("account"))
	if err != nil {
		return no(err)
	}
	before, id := len(s.world.posts), r.PathValue("id")
	p, err := s.world.publish(a, id, r.URL.Query().Get("reply_to"), r.Header.Get("Idempotency-Key"), s.now())
	return s.keep(r, before, p, id, err)
}

// read lends f the account that a client asks about, if it can be asked.
func (s *Server) read(r *http.Request, f func(*account) (int, reply)) (int, reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.world.account(r.PathValue("account"))
	if err != nil {
		return no(err)
	}
	if a.Class == campaign.K6 {
		return no(refuse(http.StatusForbidden, "cannot_ask", "this platform does not tell"))
	}
	return f(a)
}

func (s *Server) getPosts(r *http.Request) (int, reply) {
	return s.read(r, func(a *account) (int, reply) {
		if r.URL.Query().Get("newest") != "" {
			if p := a.newest(s.now()); p != nil {
				return http.StatusOK, reply{Posts: []Post{*p}}
			}
			return http.StatusOK, reply{}
		}
		posts, more := a.list(r.URL.Query().Get("after"), pageSize, s.now())
		return http.StatusOK, reply{Posts: posts, More: more}
	})
}

func (s *Server) getPost(r *http.Request) (int, reply) {
	return s.read(r, func(a *account) (int, reply) {
		p := a.byID[r.PathValue("id")]
		if p == nil || !a.visible(p, s.now()) {
			return no(refuse(http.StatusNotFound, "no_post", "there is no such post"))
		}
		_, v := published(r, http.StatusOK, p)
		shown := *p // the answer is written after the lock is gone
		v.Post = &shown
		return http.StatusOK, v
	})
}

func (s *Server) getContainer(r *http.Request) (int, reply) {
	return s.read(r, func(a *account) (int, reply) {
		c, err := s.world.container(a, r.PathValue("id"))
		if err != nil {
			return no(err)
		}
		v := reply{ID: c.ID, State: "ready", Expires: c.Expires}
		p := a.byID[c.PostID]
		switch {
		case p != nil && s.now().Sub(p.At) >= a.lag:
			_, v = published(r, http.StatusOK, p)
			v.ID, v.State, v.PostID = c.ID, "published", p.ID
		case s.now().After(c.Expires):
			v.State = "expired"
		}
		return http.StatusOK, v
	})
}

func (s *Server) remove(r *http.Request) (int, reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.world.account(r.PathValue("account"))
	if err != nil {
		return no(err)
	}
	p, err := s.world.take(a, r.PathValue("id"), s.now())
	if err == nil {
		err = s.journal.write(event{Deleted: &deletedEvent{a.Name, p.ID, p.Deleted}})
	}
	if err != nil {
		return no(err)
	}
	return http.StatusOK, reply{ID: p.ID}
}

func (s *Server) getAccounts(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, struct {
		Accounts []Account `json:"accounts"`
	}{s.Accounts()})
}

// Accounts are all accounts in the order they came.
func (s *Server) Accounts() []Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Account, 0, len(s.world.order))
	for _, name := range s.world.order {
		list = append(list, s.world.accounts[name].Account)
	}
	return list
}

func (s *Server) getSeen(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, s.Seen()) }

// getTagged are the visible posts under a hashtag since a time, newest first, of all
// accounts like one platform: what others show is not on it.
func (s *Server) getTagged(w http.ResponseWriter, r *http.Request) {
	since, err := time.Parse(time.RFC3339Nano, r.URL.Query().Get("since"))
	if err != nil {
		status, v := no(refuse(http.StatusBadRequest, "since", "since is no time"))
		answer(w, status, v)
		return
	}
	s.mu.Lock()
	posts := slices.DeleteFunc(s.world.seen().Posts, func(p Post) bool { return s.world.accounts[p.Account].Like != r.URL.Query().Get("like") })
	s.mu.Unlock()
	v := reply{Posts: []Post{}}
	for _, p := range slices.Backward(posts) {
		if !p.At.Before(since) && hasTag(p.Text, r.URL.Query().Get("hashtag")) {
			v.Posts = append(v.Posts, p)
		}
	}
	answer(w, http.StatusOK, v)
}

// hasTag tells whether a text says the hashtag, whole and in letters of either case.
func hasTag(text, tag string) bool {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool {
		return r != '#' && r != '_' && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
	}) {
		if strings.EqualFold(word, tag) {
			return true
		}
	}
	return false
}

// Seen is what the public saw.
func (s *Server) Seen() Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.seen()
}

func (s *Server) getFaults(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, struct {
		Faults []Fault `json:"faults"`
	}{s.Faults()})
}

func (s *Server) postFault(w http.ResponseWriter, r *http.Request) {
	var f Fault
	err := decode(r, &f)
	if err == nil {
		err = s.AddFault(f)
	}
	if err != nil {
		status, v := no(err)
		answer(w, status, v)
		return
	}
	answer(w, http.StatusCreated, reply{})
}

func (s *Server) deleteFaults(w http.ResponseWriter, r *http.Request) {
	s.ClearFaults(r.URL.Query().Get("account"))
	answer(w, http.StatusOK, reply{})
}

// PostByHand does what a person with the account's password can do.
func (s *Server) PostByHand(accountName string, d Draft) (Post, error) {
	if d.Kind == "" {
		d.Kind = KindPost
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.world.account(accountName)
	if err != nil {
		return Post{}, err
	}
	if err := s.world.admit(a, d, ""); err != nil {
		return Post{}, err
	}
	p, err := s.world.show(a, &Post{Draft: d, At: s.now(), By: "person"})
	if err == nil {
		err = s.journal.write(event{Post: p})
	}
	if err != nil {
		return Post{}, err
	}
	return *p, nil
}

func (s *Server) postByHand(w http.ResponseWriter, r *http.Request) {
	var d Draft
	err := decode(r, &d)
	var p Post
	if err == nil {
		p, err = s.PostByHand(r.PathValue("account"), d)
	}
	status, v := no(err)
	if err == nil {
		status, v = published(r, http.StatusCreated, &p)
	}
	answer(w, status, v)
}

func (s *Server) deleteByHand(w http.ResponseWriter, r *http.Request) {
	status, v := s.remove(r)
	answer(w, status, v)
}
