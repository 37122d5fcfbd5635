package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// receiver takes posts on this machine and keeps when each came.
type receiver struct {
	server *http.Server
	url    string

	mu   sync.Mutex
	came map[string][]time.Time // by text, which no two posts share
	n    int
	last time.Time
}

// slowAnswer is how long the receiver takes to answer on slowPath.
const (
	slowAnswer = 3 * time.Second
	slowPath   = "/slow"
)

func newReceiver() (*receiver, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &receiver{url: "http://" + l.Addr().String(), came: map[string][]time.Time{}}
	r.server = &http.Server{Handler: r, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = r.server.Serve(l) }() // until close
	return r, nil
}

func (r *receiver) close() { _ = r.server.Close() }

// event is what the receiver reads of a post.
type event struct {
	Data struct {
		Text string `json:"text"`
	} `json:"data"`
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	at := time.Now()
	var e event
	if err := json.NewDecoder(io.LimitReader(q.Body, 1<<20)).Decode(&e); err != nil {
		http.Error(w, `{"error":"bad"}`, http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	r.came[e.Data.Text] = append(r.came[e.Data.Text], at)
	r.n, r.last = r.n+1, at
	id := r.n
	r.mu.Unlock()
	if q.URL.Path == slowPath {
		time.Sleep(slowAnswer)
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"id":"%d"}`, id)
}

// count is how many came, and when the last one did.
func (r *receiver) count() (int, time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n, r.last
}

// await waits until n came.
func (r *receiver) await(ctx context.Context, n int, within time.Duration) error {
	late := time.After(within)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if got, _ := r.count(); got >= n {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-late:
			got, _ := r.count()
			return fmt.Errorf("%d of %d posts came within %s", got, n, within)
		}
	}
}

// arrivals is what came, held against what was due.
type arrivals struct {
	late                      []time.Duration // sorted; of those that came
	early, duplicates, absent int
}

// held compares with the due times by text.
func (r *receiver) held(due map[string]time.Time) (a arrivals) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for text, at := range due {
		came := r.came[text]
		if len(came) == 0 {
			a.absent++
			continue
		}
		a.duplicates += len(came) - 1
		if came[0].Before(at) {
			a.early++
		}
		a.late = append(a.late, came[0].Sub(at))
	}
	slices.Sort(a.late)
	return a
}
