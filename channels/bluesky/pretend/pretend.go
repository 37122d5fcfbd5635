// Package pretend is a Bluesky server for tests: one account on a personal data
// server, and the application that shows its posts some time later. It answers
// as the reference server was seen to (.ci/peers/bluesky-pds/README.md).
package pretend

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limits of the reference server.
const (
	loginsPer     = 5 * time.Minute
	maxLogins     = 30
	accessFor     = 2 * time.Hour
	refreshFor    = 90 * 24 * time.Hour
	grace         = 2 * time.Hour // an old refresh token still gives the same next one
	maxUpload     = 5_242_880
	maxImage      = 2_000_000
	blobsFor      = time.Hour // an uploaded picture that no record names is kept
	maxGraphemes  = 300
	maxTextBytes  = 3000
	maxImages     = 4
	collection    = "app.bsky.feed.post"
	tidAlphabet   = "234567abcdefghijklmnopqrstuvwxyz"
	plcIdentifier = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
)

// Options of a Server. Handle and Password must be set.
type Options struct {
	Handle, Password string
	// Now is the server's clock; nil is time.Now.
	Now func() time.Time
	// ShownAfter is how long the application takes to show a post.
	ShownAfter time.Duration
	// MaxImage is the largest picture of a post in bytes; 0 is today's 2,000,000.
	// Older servers take 1,000,000.
	MaxImage int
	// People are further handles that resolve, and to whom.
	People map[string]string
	// NoApplication leaves out the application behind the server.
	NoApplication bool
}

// Server is one account's server. Its methods may be called from several goroutines.
type Server struct {
	o Options

	mu      sync.Mutex
	records map[string]*record // by key
	gone    int                // records that were taken down
	writes  int
	rev     string
	blobs   map[string]upload
	logins  []time.Time
	chain   map[string]*token // refresh tokens by their text
	minted  int
	revoked map[string]bool // families of tokens
	status  string          // "" or why the account is closed
	counts  map[string]int  // calls by name
	entries []Entry         // of everybody, oldest first
}

// Entry is somebody's post under a hashtag, as the application finds it.
type Entry struct {
	DID, Key string
	Tag      string // without "#"
	At       time.Time
}

// Enter lets people post under a hashtag, oldest first.
func (s *Server) Enter(entries ...Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = append(s.entries, entries...)
}

type record struct {
	key, cid string
	value    map[string]any
	raw      string
	seq      int
	at       time.Time
	by       string
}

type upload struct {
	mime string
	size int
	at   time.Time
	used bool
}

type token struct {
	family  string
	access  string
	usedAt  time.Time // zero: not used yet
	next    *token
	text    string
	expires time.Time
}

// New makes a server with one account and nothing published.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxImage == 0 {
		o.MaxImage = maxImage
	}
	s := &Server{o: o, records: map[string]*record{}, blobs: map[string]upload{}, chain: map[string]*token{}, revoked: map[string]bool{}, counts: map[string]int{}}
	s.commit()
	return s
}

// DID is the account's permanent name.
func (s *Server) DID() string { return plcIdentifier }

// Post is what stands in the repository under one key.
type Post struct {
	Key, CID, Text string
	Langs          []string
	Alts           []string
	Links          []string // of facets and the card, in order
	Tags, Mentions []string
	Labels         []string // that the author set
	CreatedAt      string
	ReplyTo, Root  string // addresses
	Card           string // title
	By             string // "person": somebody posted by hand
}

// Posts are the posts that are there, in the order they were written.
func (s *Server) Posts() []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*record
	for _, r := range s.records {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *record) int { return a.seq - b.seq })
	posts := make([]Post, 0, len(all))
	for _, r := range all {
		posts = append(posts, r.post())
	}
	return posts
}

// Feed is what readers see in the application: posts that have arrived there.
func (s *Server) Feed() []Post {
	now, shown := s.o.Now(), []Post{}
	for _, p := range s.Posts() {
		s.mu.Lock()
		r, ok := s.records[p.Key]
		late := ok && !now.Before(r.at.Add(s.o.ShownAfter))
		s.mu.Unlock()
		if late {
			shown = append(shown, p)
		}
	}
	return shown
}

// Calls is how often the named procedure was called.
func (s *Server) Calls(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[name]
}

// PostByHand publishes as the account's owner does in the application.
func (s *Server) PostByHand(text string) (key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key = s.tid()
	value := map[string]any{"$type": collection, "text": text, "createdAt": s.o.Now().UTC().Format(time.RFC3339)}
	s.write(key, value, "person")
	return key
}

// DeleteByHand takes a post down as the account's owner does.
func (s *Server) DeleteByHand(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.remove(key)
}

// LikeByHand writes something into the repository that is no post.
func (s *Server) LikeByHand() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commit()
}

// DropBlobs forgets every uploaded picture that no record names.
func (s *Server) DropBlobs() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for cid, b := range s.blobs {
		if !b.used {
			delete(s.blobs, cid)
		}
	}
}

// Close closes the account ("takendown", "suspended", "deactivated"); "" opens it.
func (s *Server) Close(status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

// EndSessions makes every token useless, as a changed password does.
func (s *Server) EndSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.chain {
		s.revoked[t.family] = true
	}
}

// write stores a record; callers hold mu.
func (s *Server) write(key string, value map[string]any, by string) *record {
	raw, _ := json.Marshal(value) // keys in order: equal values, equal text
	s.writes++
	r := &record{key: key, cid: cidOf("bafyrei", raw), value: value, raw: string(raw), seq: s.writes, at: s.o.Now(), by: by}
	s.records[key] = r
	s.commit()
	return r
}

func (s *Server) remove(key string) (was bool) {
	if _, was = s.records[key]; was {
		delete(s.records, key)
		s.gone++
		s.commit()
	}
	return was
}

// commit gives the repository a new revision.
func (s *Server) commit() { s.rev = s.tid() }

// tid is a new key, greater than all before.
func (s *Server) tid() string {
	s.minted++
	v := uint64(s.o.Now().UnixMicro())<<10 + uint64(s.minted)
	b := make([]byte, 13)
	for i := range b {
		b[12-i] = tidAlphabet[v>>(5*i)&31]
	}
	return string(b)
}

func validTID(s string) bool {
	return len(s) == 13 && strings.Trim(s, tidAlphabet) == "" && strings.IndexByte(tidAlphabet, s[0]) < 16
}

func cidOf(prefix string, b []byte) string {
	sum := sha256.Sum256(b)
	return prefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:]))
}

func (r *record) post() Post {
	p := Post{Key: r.key, CID: r.cid, By: r.by}
	p.Text, _ = r.value["text"].(string)
	p.CreatedAt, _ = r.value["createdAt"].(string)
	p.Langs = texts(r.value["langs"])
	for _, f := range list(r.value["facets"]) {
		for _, feature := range list(dig(f, "features")) {
			for name, to := range map[string]*[]string{"uri": &p.Links, "tag": &p.Tags, "did": &p.Mentions} {
				if v, ok := dig(feature, name).(string); ok {
					*to = append(*to, v)
				}
			}
		}
	}
	for _, i := range list(dig(r.value, "embed", "images")) {
		alt, _ := dig(i, "alt").(string)
		p.Alts = append(p.Alts, alt)
	}
	if uri, ok := dig(r.value, "embed", "external", "uri").(string); ok {
		p.Links = append(p.Links, uri)
		p.Card, _ = dig(r.value, "embed", "external", "title").(string)
	}
	for _, l := range list(dig(r.value, "labels", "values")) {
		label, _ := dig(l, "val").(string)
		p.Labels = append(p.Labels, label)
	}
	p.ReplyTo, _ = dig(r.value, "reply", "parent", "uri").(string)
	p.Root, _ = dig(r.value, "reply", "root", "uri").(string)
	return p
}

// dig walks down the fields of a JSON value; nil where there is no such way.
func dig(v any, path ...string) any {
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[name]
	}
	return v
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func texts(v any) (all []string) {
	for _, one := range list(v) {
		if text, ok := one.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// jwt is a token of the shape that clients read times from. Its signature says nothing.
func (s *Server) jwt(scope string, life time.Duration) string {
	s.minted++
	now := s.o.Now().Unix()
	payload := fmt.Sprintf(`{"scope":%q,"sub":%q,"jti":"%d","iat":%d,"exp":%d}`, scope, plcIdentifier, s.minted, now, now+int64(life/time.Second))
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"HS256"}`)) + "." + enc([]byte(payload)) + "." + enc([]byte("pretend"))
}

var _ http.Handler = (*Server)(nil)
