package web

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

const (
	livePath = "/live"
	// livePages is how many open pages are told of changes at once; more look for
	// themselves when they are loaded again.
	livePages = 200
	// liveEvery is how often is looked whether something changed, while a page is open.
	liveEvery = time.Second
	// liveBreath is how often an open connection is written to when nothing
	// changes, so that proxies keep it and one that is gone is noticed.
	liveBreath = 25 * time.Second
)

// live tells open pages that something changed. What changed they ask for like
// any page, with the rights that their reader has then.
type live struct {
	mu    sync.Mutex
	pages map[chan campaign.Digest]bool
	ended bool
	stop  context.CancelFunc // of the looking; nil while no page is open
}

// EndLive ends the connections of open pages, so that a daemon that stops need
// not wait for them. Those that come later are refused.
func (s *Server) EndLive() {
	s.live.mu.Lock()
	defer s.live.mu.Unlock()
	s.live.ended = true
	for page := range s.live.pages {
		s.live.drop(page)
	}
}

// joinLive begins to tell a page; false where no more can be told. The mark is
// how things stand: what changes from then on is told.
func (s *Server) joinLive(mark campaign.Digest) (chan campaign.Digest, bool) {
	l := &s.live
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || len(l.pages) >= livePages {
		return nil, false
	}
	if l.pages == nil {
		l.pages = map[chan campaign.Digest]bool{}
	}
	page := make(chan campaign.Digest, 1)
	l.pages[page] = true
	if l.stop == nil {
		var ctx context.Context
		ctx, l.stop = context.WithCancel(context.Background())
		go s.watch(ctx, mark)
	}
	return page, true
}

// drop ends one page's connection; with the last the looking ends. It wants l.mu.
func (l *live) drop(page chan campaign.Digest) {
	if l.pages[page] {
		delete(l.pages, page)
		close(page)
	}
	if len(l.pages) == 0 && l.stop != nil {
		l.stop()
		l.stop = nil
	}
}

func (l *live) leave(page chan campaign.Digest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(page)
}

// tell hands the mark to every page; one that has not yet read the last keeps that.
func (l *live) tell(mark campaign.Digest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for page := range l.pages {
		select {
		case page <- mark:
		default:
		}
	}
}

// watch looks for changes until the last page is closed.
func (s *Server) watch(ctx context.Context, last campaign.Digest) {
	tick := time.NewTicker(liveEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		mark, err := s.Desk.Mark(ctx)
		if err != nil || mark == last {
			continue
		}
		last = mark
		s.live.tell(mark)
	}
}

// openLive is the connection of an open page: it says that something changed,
// and ends with the reader's session.
func (s *Server) openLive(w http.ResponseWriter, r *http.Request, p page) error {
	now, err := s.Desk.Mark(r.Context())
	if err != nil {
		return err
	}
	page, ok := s.joinLive(now)
	if !ok {
		w.Header().Set("Retry-After", "60")
		http.Error(w, "too many open pages", http.StatusServiceUnavailable)
		return nil
	}
	defer s.live.leave(page)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy that gathers answers would hold it back
	control := http.NewResponseController(w)
	breath := time.NewTicker(liveBreath)
	defer breath.Stop()
	say := ": open\n\n"
	if had := r.URL.Query().Get("mark"); had != "" && had != string(now) {
		say = changed(now) // between the making of the page and this
	}
	for {
		if _, err := fmt.Fprint(w, say); err != nil || control.Flush() != nil {
			return nil
		}
		select {
		case <-r.Context().Done():
			return nil
		case mark, open := <-page:
			if !open {
				return nil
			}
			say = changed(mark)
		case <-breath.C:
			say = ": still\n\n"
		}
		if s.visitor(r).err != nil {
			return nil // signed out, or no longer allowed in
		}
	}
}

func changed(mark campaign.Digest) string { return "event: changed\ndata: " + string(mark) + "\n\n" }
