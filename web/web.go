// Package web is the doors that speak HTTP: the JSON API under /api/v1 with its
// OpenAPI document, the read-only queue page, and the probes. It has no rule
// of its own; every change goes through the desk.
package web

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/internal/health"
	"github.com/ittakesacommunity/takeover/internal/passkey"
	"github.com/ittakesacommunity/takeover/scheduler"
)

//go:embed templates static words
var files embed.FS

// Config is what a Server works with. Desk and Clock are needed.
type Config struct {
	Desk *desk.Desk
	// DryDesk does the same deeds and keeps nothing; requests with dry_run=true get it.
	DryDesk *desk.Desk
	Clock   clock.Clock
	// Secret says what is wrong with where a channel's secret lies, see configs.Rules; nil allows all.
	Secret func(ref string) (why, fix string)
	// Health is what the engine does; nil where none runs in this process.
	Health func() scheduler.Health
	// Watch knows what is wrong; nil where no engine runs in this process.
	Watch Watch
	// Metrics is the page of numbers; nil where there is none.
	Metrics http.Handler
	// Operations is the operator's work; nil where there is none.
	Operations Operations
	// Media are the addresses from which platforms fetch pictures; nil where there are none.
	Media *MediaLinks
	// OpenID is a provider that people may sign in by; nil where there is none.
	OpenID  *OpenID
	Log     *slog.Logger // nil is silent
	Version string
	// Address is where people reach the pages, such as https://takeover.example.org.
	Address string
	// TrustedProxies are networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// PagesAs lets everybody who reaches the pages read them as this person.
	// Only a demo on loopback sets it.
	PagesAs campaign.PersonID
}

// Watch is health.Watch as the probes ask it. It never waits.
type Watch interface {
	Alive() bool
	Troubles() []health.Trouble // the gravest first
}

// Server answers requests. It is safe for concurrent use.
type Server struct {
	Config
	throttle throttle
	passkeys *passkey.Asks // nil where browsers have none for our address
	pages    pages
	live     live
}

// New makes a Server.
func New(c Config) (*Server, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	p, err := loadPages()
	if err != nil {
		return nil, err
	}
	keys, err := passkey.New(c.Address, "takeover", c.Clock)
	if err != nil {
		return nil, err
	}
	return &Server{Config: c, throttle: throttle{clock: c.Clock}, passkeys: keys, pages: p}, nil
}

// maxBody bounds every request body; a plan has at most 2 MiB.
const maxBody = 64 << 20

// Local is the handler for the Unix socket in the data folder, or for a
// command that opened the data folder itself: whoever reaches it is the local
// operator and acts as the person named in the header Takeover-As, by default
// as the campaign's first operator.
func (s *Server) Local() http.Handler {
	mux := http.NewServeMux()
	s.api(mux, true)
	s.probes(mux)
	if s.Metrics != nil {
		mux.Handle("GET /metrics", s.Metrics)
	}
	return s.limited(s.actorLocal(mux))
}

// Public is the handler for TCP: the API with tokens, and the pages.
func (s *Server) Public() http.Handler {
	mux := http.NewServeMux()
	s.api(mux, false)
	s.probes(mux)
	if s.Metrics != nil {
		mux.HandleFunc("GET /metrics", s.metricsByToken)
	}
	s.pageRoutes(mux)
	s.mediaRoutes(mux)
	var csrf http.CrossOriginProtection
	return s.limited(headers(csrf.Handler(s.actorPublic(mux))))
}

// maxRequests is how many requests of one door are answered at once. More are
// refused at once with 503: a flood must not eat the memory of what publishes.
const maxRequests = 256

// bodyWithin is how long a request's body may take, so that slow clients do not
// hold all places.
const bodyWithin = 5 * time.Minute

func (s *Server) limited(h http.Handler) http.Handler {
	places := make(chan struct{}, maxRequests)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/healthz" {
			h.ServeHTTP(w, r) // or whoever watches us would end a process that lives
			return
		}
		if r.URL.Path == livePath {
			h.ServeHTTP(w, r) // it stays open, and has places of its own
			return
		}
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			w.Header().Set("Retry-After", "1")
			http.Error(w, "too many requests at once; try again", http.StatusServiceUnavailable)
			return
		}
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyWithin)) // a recorder has none
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		h.ServeHTTP(w, r)
	})
}

// headers closes what a page could be made to do. Source: reliability.md §6.
func headers(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "+
			"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		if r.TLS != nil { // a proxy before us says this itself
			head.Set("Strict-Transport-Security", "max-age=31536000")
		}
		h.ServeHTTP(w, r)
	})
}

// Serve answers on a listener's server with the time limits that keep slow
// clients from holding it, until ctx ends; then running requests get grace.
func Serve(ctx context.Context, srv *http.Server, serve func() error, grace time.Duration) error {
	srv.ReadHeaderTimeout = 10 * time.Second
	srv.IdleTimeout = 2 * time.Minute
	srv.MaxHeaderBytes = 64 << 10
	ended := make(chan error, 1)
	go func() { ended <- serve() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		_ = srv.Shutdown(stop)
		<-ended
		return nil
	}
}
