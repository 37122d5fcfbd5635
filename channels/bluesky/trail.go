package bluesky

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
)

// trail remembers which revisions of the account's repository came about by
// our own posts, so that other people's changes can be told from them. It is
// kept in memory alone: what is forgotten only makes us ask a person.
type trail struct {
	mu     sync.Mutex
	before map[string]string // by revision that we made: the one it followed
	made   map[string]string // by address of a post of ours: the revision that it made
}

// trailMost bounds what is remembered; when it is full, all is forgotten.
const trailMost = 1000

// ours notes that the post made revision rev, right after revision was ("": not known).
func (t *trail) ours(uri, rev, was string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.before == nil || len(t.made) >= trailMost {
		t.before, t.made = map[string]string{}, map[string]string{}
	}
	t.made[uri] = rev
	t.before[rev] = was
}

// quiet tells whether nobody but us changed the repository from revision was to now.
func (t *trail) quiet(was, now string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for range trailMost {
		if now == was {
			return true
		}
		earlier, ok := t.before[now]
		if !ok {
			return false
		}
		now = earlier
	}
	return false
}

// A mark is the account and its revision, as Latest tells it and the engine
// keeps it with the first attempt: "did:plc:…@3lexamplf3c2y".

func markOf(did, rev string) string { return did + "@" + rev }

// revision is the revision in what the engine kept as the newest thing seen
// before a first attempt: a mark of ours, or the address of a post that we
// made. "" where it is not known.
func (t *trail) revision(did, newest string) string {
	if rev, ok := strings.CutPrefix(newest, did+"@"); ok {
		return rev
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.made[newest]
}

// freshly is how long after its arming an attempt is surely the first one, so
// that its mark is what was there right before it.
const freshly = 15 * time.Second

// head is the newest revision of the account's repository. A server that does
// not tell revisions gives "" and no error.
func (c *Channel) head(ctx context.Context, g grant) (string, error) {
	a := c.ask(ctx, request{host: g.PDS, name: "com.atproto.sync.getLatestCommit", query: url.Values{"did": {g.DID}}})
	var v struct {
		Rev string `json:"rev"`
	}
	switch {
	case a.into(&v) && isTID(v.Rev):
		return v.Rev, nil
	case a.is("MethodNotImplemented"), a.is("InvalidRequest"), a.Status == http.StatusNotFound, a.Status == http.StatusNotImplemented:
		return "", nil
	}
	return "", a.staging(opRead, c.env.Now())
}

// absence is what an empty place under our key means: nothing was there if
// nobody but us changed the repository since, else somebody may have taken it
// down, and so where nobody tells what was before or is now.
func (c *Channel) absence(ctx context.Context, g grant, newest string) (channels.Verdict, error) {
	was := c.trail.revision(g.DID, newest)
	if was == "" {
		return channels.Gone, nil
	}
	now, err := c.head(ctx, g)
	switch {
	case err != nil:
		return channels.CannotTell, err
	case c.trail.quiet(was, now):
		return channels.Absent, nil
	}
	return channels.Gone, nil
}
