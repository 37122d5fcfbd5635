package sandbox

import (
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
)

// Bounds of what one server keeps.
const (
	maxAccounts   = 500
	maxPosts      = 50_000
	maxContainers = 50_000
	maxMedia      = 256 << 20 // bytes of all pictures together
	keyWindow     = time.Hour
	containerLife = 24 * time.Hour
	twinSpan      = campaign.TwinSpan // within it an account of class K4 refuses a twin
)

// world is what the server knows. Its methods are called under the server's lock.
type world struct {
	accounts   map[string]*account
	order      []string // accounts as they came
	posts      []*Post  // all of them, deleted ones included, by Seq
	media      map[campaign.Digest]picture
	mediaBytes int
	containers map[string]*container
	links      uint64 // counts containers, for their ids
}

type account struct {
	Account
	facts channels.Facts
	byID  map[string]*Post
	keys  map[string]*Post
	twins map[string][]*Post // by fingerprint and occurrence
	posts []*Post
	lag   time.Duration // reads do not show what is younger
}

type picture struct {
	kind  string // MIME type
	bytes []byte
}

func newWorld() *world {
	return &world{accounts: map[string]*account{}, media: map[campaign.Digest]picture{}, containers: map[string]*container{}}
}

// refusal is an answer in the platform's own shape that is no success.
type refusal struct {
	status  int
	code    string
	message string
	id      string // of the post it speaks of
}

func (r *refusal) Error() string { return r.code + ": " + r.message }

func refuse(status int, code, format string, args ...any) *refusal {
	return &refusal{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// setAccount makes an account or changes what it is like.
func (w *world) setAccount(a Account) error {
	name := a.Like
	if name == "" {
		name = "sandbox"
	}
	facts, ok := channels.Known(name)
	if !ok {
		return refuse(http.StatusUnprocessableEntity, "unknown_platform", "no platform is called %q", a.Like)
	}
	if a.Class == "" {
		a.Class = facts.Class
	}
	if a.KeyWindow <= 0 {
		a.KeyWindow = keyWindow
	}
	acc := w.accounts[a.Name]
	if acc == nil {
		if len(w.accounts) >= maxAccounts {
			return refuse(http.StatusInsufficientStorage, "full", "this sandbox has %d accounts and takes no more", maxAccounts)
		}
		acc = &account{byID: map[string]*Post{}, keys: map[string]*Post{}, twins: map[string][]*Post{}}
		w.accounts[a.Name] = acc
		w.order = append(w.order, a.Name)
	}
	acc.Account, acc.facts = a, facts
	return nil
}

func (w *world) account(name string) (*account, error) {
	if a := w.accounts[name]; a != nil {
		return a, nil
	}
	return nil, refuse(http.StatusNotFound, "no_account", "there is no account %q", name)
}

// addMedia stages a picture for the account.
func (w *world) addMedia(a *account, d campaign.Digest, p picture) error {
	l := a.facts.Limits
	if l.ImageBytes > 0 && int64(len(p.bytes)) > l.ImageBytes {
		return refuse(http.StatusRequestEntityTooLarge, "picture_too_large", "a picture may have %d bytes", l.ImageBytes)
	}
	if !takes(l, p.kind) {
		return refuse(http.StatusUnsupportedMediaType, "picture_type", "pictures of the type %s are not taken", p.kind)
	}
	if _, ok := w.media[d]; ok {
		return nil
	}
	if w.mediaBytes+len(p.bytes) > maxMedia {
		return refuse(http.StatusInsufficientStorage, "full", "this sandbox takes no more pictures")
	}
	w.media[d] = p
	w.mediaBytes += len(p.bytes)
	return nil
}

// admit refuses what the platform that the account is like would refuse.
func (w *world) admit(a *account, d Draft, replyTo string) error {
	switch {
	case d.Kind == KindPost:
	case d.Kind == KindReply && a.facts.Can(channels.CanThread), d.Kind == KindComment && a.facts.Can(channels.CanFirstComment):
		if a.byID[replyTo] == nil {
			return refuse(http.StatusUnprocessableEntity, "reply_target", "what it answers is not there")
		}
	default:
		return refuse(http.StatusUnprocessableEntity, "kind", "a %s is not taken here", d.Kind)
	}
	return w.fits(a, d)
}

// fits refuses a draft that breaks the account's limits.
func (w *world) fits(a *account, d Draft) error {
	l := a.facts.Limits
	n, valid := a.facts.Measure(d.Text)
	limit := l.TextFor(len(d.Pictures))
	switch {
	case d.Poll != nil && (!a.facts.Can(channels.CanPoll) || len(d.Pictures) > 0):
		return refuse(http.StatusUnprocessableEntity, "poll", "a poll is not taken here, or not beside pictures")
	case d.Text == "" && len(d.Pictures) == 0:
		return refuse(http.StatusUnprocessableEntity, "empty", "a post needs a text or a picture")
	case d.Text != "" && !valid:
		return refuse(http.StatusUnprocessableEntity, "text_invalid", "the text has something that is not taken")
	case limit > 0 && n > limit:
		return refuse(http.StatusUnprocessableEntity, "text_too_long", "the text has %d %s, the limit is %d", n, l.TextUnit, limit)
	case l.Images > 0 && len(d.Pictures) > l.Images:
		return refuse(http.StatusUnprocessableEntity, "too_many_pictures", "a post may have %d pictures", l.Images)
	case l.NeedsImage && d.Kind == KindPost && len(d.Pictures) == 0:
		return refuse(http.StatusUnprocessableEntity, "picture_needed", "a post needs a picture")
	}
	for _, p := range d.Pictures {
		if _, ok := w.media[p.Digest]; !ok {
			return refuse(http.StatusConflict, "media_missing", "a picture was not uploaded")
		}
		if runes := len([]rune(p.Alt)); l.Alt > 0 && runes > l.Alt {
			return refuse(http.StatusUnprocessableEntity, "alt_too_long", "an alt text has %d characters, the limit is %d", runes, l.Alt)
		}
	}
	return nil
}

func takes(l campaign.Limits, kind string) bool {
	if len(l.ImageTypes) == 0 {
		return true
	}
	for _, t := range l.ImageTypes {
		if t == kind {
			return true
		}
	}
	return false
}

// create publishes a draft under a key that the account may remember (K1).
func (w *world) create(a *account, d Draft, replyTo, key string, now time.Time) (*Post, error) {
	if p := a.keys[key]; key != "" && a.Class == campaign.K1 && p != nil && now.Sub(p.At) < a.KeyWindow {
		if !reflect.DeepEqual(p.Draft, d) || p.ReplyTo != replyTo {
			return nil, refuse(http.StatusUnprocessableEntity, "key_reused", "the key came with another post")
		}
		return p, nil
	}
	if err := w.admit(a, d, replyTo); err != nil {
		return nil, err
	}
	if a.Class == campaign.K4 {
		for _, twin := range a.twins[fingerprint(d, replyTo)] {
			if now.Sub(twin.At) < twinSpan {
				return nil, refuse(http.StatusForbidden, "duplicate", "the account has said this before")
			}
		}
	}
	return w.show(a, &Post{Draft: d, ReplyTo: replyTo, Key: key, At: now})
}

// put publishes a draft under an id that the client chose, if nothing stands under it (K2).
func (w *world) put(a *account, id string, d Draft, replyTo string, now time.Time) (*Post, error) {
	if p := a.byID[id]; p != nil && p.Deleted.IsZero() {
		if !reflect.DeepEqual(p.Draft, d) || p.ReplyTo != replyTo {
			return nil, &refusal{http.StatusConflict, "id_taken", "another post stands under this id", id}
		}
		return p, nil
	}
	if err := w.admit(a, d, replyTo); err != nil {
		return nil, err
	}
	return w.show(a, &Post{ID: id, Draft: d, ReplyTo: replyTo, Key: id, At: now})
}

// stage keeps a draft that a later call publishes (K3).
func (w *world) stage(a *account, d Draft, now time.Time) (*container, error) {
	if len(w.containers) >= maxContainers {
		return nil, refuse(http.StatusInsufficientStorage, "full", "this sandbox takes no more")
	}
	if err := w.fits(a, d); err != nil {
		return nil, err // what it answers is known when it is published
	}
	w.links++
	c := &container{ID: "c" + strconv.FormatUint(w.links, 10), Account: a.Name, Draft: d, Expires: now.Add(containerLife)}
	w.containers[c.ID] = c
	return c, nil
}

func (w *world) container(a *account, id string) (*container, error) {
	if c := w.containers[id]; c != nil && c.Account == a.Name {
		return c, nil
	}
	return nil, refuse(http.StatusNotFound, "no_container", "there is no container %q", id)
}

// publish makes a container public, once.
func (w *world) publish(a *account, id, replyTo, key string, now time.Time) (*Post, error) {
	c, err := w.container(a, id)
	if err != nil {
		return nil, err
	}
	switch {
	case c.PostID != "":
		return nil, &refusal{http.StatusConflict, "already_published", "a container publishes once", c.PostID}
	case now.After(c.Expires):
		return nil, refuse(http.StatusGone, "container_expired", "the container is too old")
	}
	if err := w.admit(a, c.Draft, replyTo); err != nil {
		return nil, err
	}
	p, err := w.show(a, &Post{Draft: c.Draft, ReplyTo: replyTo, Key: key, At: now})
	if err == nil {
		c.PostID = p.ID
	}
	return p, err
}

// show makes a post public.
func (w *world) show(a *account, p *Post) (*Post, error) {
	if len(w.posts) >= maxPosts {
		return nil, refuse(http.StatusInsufficientStorage, "full", "this sandbox has %d posts and takes no more", maxPosts)
	}
	p.Account, p.Seq = a.Name, uint64(len(w.posts)+1)
	if p.ID == "" {
		p.ID = strconv.FormatUint(1_000_000+p.Seq, 10)
	}
	p.Fingerprint = fingerprint(p.Draft, p.ReplyTo)
	w.posts = append(w.posts, p)
	a.posts = append(a.posts, p)
	a.byID[p.ID] = p
	if p.Key != "" {
		a.keys[p.Key] = p
	}
	a.twins[p.Fingerprint] = append(a.twins[p.Fingerprint], p)
	return p, nil
}

// take deletes a post.
func (w *world) take(a *account, id string, now time.Time) (*Post, error) {
	p := a.byID[id]
	if p == nil || !p.Deleted.IsZero() {
		return nil, refuse(http.StatusNotFound, "no_post", "there is no post %q", id)
	}
	p.Deleted = now
	return p, nil
}

// fingerprint is equal for two posts of an account that readers take for the
// same. Answers count with what they answer.
func fingerprint(d Draft, replyTo string) string {
	f := campaign.Content{Text: d.Text, Media: make([]campaign.Media, len(d.Pictures))}.Fingerprint()
	if d.Kind != KindPost {
		f = string(campaign.DigestOf([]byte(f + "\x00" + d.Kind + "\x00" + replyTo)))[:32]
	}
	return f
}

// list returns the account's visible posts after the one with the given id,
// oldest first, at most n of them; an unknown id means from the first.
func (a *account) list(after string, n int, now time.Time) (posts []Post, more bool) {
	from := uint64(0)
	if p := a.byID[after]; p != nil {
		from = p.Seq
	}
	for _, p := range a.posts {
		if p.Seq <= from || !a.visible(p, now) {
			continue
		}
		if len(posts) == n {
			return posts, true
		}
		posts = append(posts, *p)
	}
	return posts, false
}

// newest is the account's newest visible post, or nil.
func (a *account) newest(now time.Time) *Post {
	for i := len(a.posts) - 1; i >= 0; i-- {
		if a.visible(a.posts[i], now) {
			return a.posts[i]
		}
	}
	return nil
}

// visible tells whether a client that reads sees the post already.
func (a *account) visible(p *Post, now time.Time) bool {
	return p.Deleted.IsZero() && now.Sub(p.At) >= a.lag
}

// place is where two posts are copies of each other.
type place struct{ account, fingerprint, occurrence string }

func (p *Post) place() place { return place{p.Account, p.Fingerprint, p.Occurrence} }

// seen is what the public saw, with the copies counted. What a person posted
// by hand is nobody's copy.
func (w *world) seen() Seen {
	s := Seen{Posts: []Post{}, Twice: []Twin{}}
	twins := map[place]*Twin{}
	var order []*Twin
	for _, p := range w.posts {
		if !p.Deleted.IsZero() {
			s.Deleted++
		}
		if p.By != "" {
			continue
		}
		t := twins[p.place()]
		if t == nil {
			t = &Twin{Account: p.Account, Fingerprint: p.Fingerprint}
			twins[p.place()] = t
			order = append(order, t)
		}
		t.Times++
		t.IDs = append(t.IDs, p.ID)
	}
	for _, t := range order {
		if t.Times > 1 {
			s.Twice = append(s.Twice, *t)
			s.Duplicates += t.Times - 1
		}
	}
	nth := map[place]int{}
	for _, p := range w.posts {
		shown := *p
		shown.Copy, shown.Copies = 1, 1
		if p.By == "" {
			nth[p.place()]++
			shown.Copy, shown.Copies = nth[p.place()], twins[p.place()].Times
		}
		if p.Deleted.IsZero() {
			s.Posts = append(s.Posts, shown)
		}
	}
	return s
}
