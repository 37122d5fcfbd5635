package web

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// MediaLinks are the addresses from which platforms fetch pictures. Each serves
// one file until a day of its own; nobody can guess one, and none leads to
// another file. Keys may be called by several goroutines.
type MediaLinks struct {
	Base string                                // address of the pages, without a slash at its end
	Keys func() (secret.Keys, error)           // asked at each use
	Read func(campaign.Digest) ([]byte, error) // opens a stored file
}

const (
	mediaPurpose = "media link"
	// mediaLife is how long after the due time a file can be fetched. Platforms
	// ask for a day; receivers of webhooks may be away for a weekend.
	// Source: platforms.md §0.6.
	mediaLife = 72 * time.Hour
)

// URL is where a file can be fetched until three days after due; "" where
// there is no key. It is the same for the same file and time.
func (l *MediaLinks) URL(d campaign.Digest, due time.Time) string {
	keys, err := l.Keys()
	if err != nil || !keys.Any() {
		return ""
	}
	until := strconv.FormatInt(due.Add(mediaLife).Unix(), 10)
	mark := base64.RawURLEncoding.EncodeToString(keys.MAC(mediaPurpose, marked(until, d)))
	return strings.TrimSuffix(l.Base, "/") + "/m/" + until + "." + mark + "/" + string(d)
}

func marked(until string, d campaign.Digest) []byte { return []byte(until + "/" + string(d)) }

// opens tells whether the pass opens the file now.
func (l *MediaLinks) opens(pass string, d campaign.Digest, now time.Time) bool {
	until, text, _ := strings.Cut(pass, ".")
	mark, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return false
	}
	keys, err := l.Keys()
	if err != nil || !keys.Marked(mediaPurpose, marked(until, d), mark) {
		return false
	}
	end, err := strconv.ParseInt(until, 10, 64)
	return err == nil && now.Before(time.Unix(end, 0))
}

// media serves a file to whoever has its address. What is expired, guessed or
// removed looks the same: not there.
func (s *Server) media(w http.ResponseWriter, r *http.Request) {
	d := campaign.Digest(r.PathValue("digest"))
	if s.Media == nil || !s.Media.opens(r.PathValue("pass"), d, s.Clock.Now()) {
		http.NotFound(w, r)
		return
	}
	b, err := s.Media.Read(d)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", http.DetectContentType(b))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

// robots lets platforms fetch pictures and keeps everybody from the pages. The
// fetchers of Meta are named because they look for their names.
const robots = `User-agent: facebookexternalhit
User-agent: meta-externalagent
User-agent: *
Allow: /m/
Disallow: /
`

func (s *Server) mediaRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /m/{pass}/{digest}", s.media)
	mux.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(robots))
	})
}
