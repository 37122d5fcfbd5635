package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// intake is what it costs to store deliveries durably, in microseconds each and
// in bare syncs of the same disk.
type intake struct {
	SyncMicros float64 `json:"sync_us"` // one page written and synced, in a loop
	One        cost    `json:"one_caller"`
	Many       cost    `json:"64_callers"`
	Batch      cost    `json:"one_batch"`
}

type cost struct {
	Deliveries int     `json:"deliveries"`
	Micros     float64 `json:"us_each"`
	Floors     float64 `json:"syncs_each"`
}

// Each caller stores one delivery a commit, the batch all in one.
const (
	alone = 500
	many  = 6400
	batch = 10_000
)

func measureIntake(ctx context.Context, o options, r *report) error {
	in := &intake{}
	sync, err := syncs(o.dir)
	if err != nil {
		return err
	}
	in.SyncMicros = micros(sync)
	site, err := newSite(ctx, o, "intake", []string{"http://127.0.0.1:1/"})
	if err != nil {
		return err
	}
	s, err := boltstore.Open(boltstore.Options{Path: site.store()})
	if err != nil {
		return err
	}
	posts, due := make([]post, alone+many+batch), time.Now().Add(24*time.Hour).Truncate(time.Second)
	for i := range posts {
		posts[i] = post{textOf(i), 0, due.Add(time.Duration(i) * time.Second)}
	}
	for _, m := range []struct {
		into        *cost
		n, callers  int
		everyCommit int
	}{{&in.One, alone, 1, 1}, {&in.Many, many, 64, 1}, {&in.Batch, batch, 1, batch}} {
		took, err := takeIn(ctx, s, posts[:m.n], m.callers, m.everyCommit)
		if err != nil {
			return errors.Join(err, s.Close())
		}
		posts = posts[m.n:]
		each := took / time.Duration(m.n)
		*m.into = cost{m.n, micros(each), round(float64(each) / float64(sync))}
	}
	r.Intake = in
	return s.Close()
}

// takeIn stores the posts from so many callers, so many in each commit.
func takeIn(ctx context.Context, s store.Store, posts []post, callers, commit int) (time.Duration, error) {
	next := make(chan []post, len(posts)/commit)
	for i := 0; i < len(posts); i += commit {
		next <- posts[i : i+commit]
	}
	close(next)
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for range callers {
		g.Go(func() error {
			for part := range next {
				if err := s.Update(ctx, func(tx store.Tx) error { return putAll(tx, part, began.UTC()) }); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := g.Wait()
	return time.Since(began), err
}

// syncs is what one page costs that is written and synced, on the disk of the stores.
func syncs(dir string) (time.Duration, error) {
	f, err := os.Create(filepath.Join(dir, "floor"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	const n = 300
	page := make([]byte, 4096)
	began := time.Now()
	for i := range n {
		if _, err := f.WriteAt(page, int64(i%64)*int64(len(page))); err != nil {
			return 0, fmt.Errorf("the floor: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, fmt.Errorf("the floor: %w", err)
		}
	}
	return time.Since(began) / n, nil
}

func micros(d time.Duration) float64 { return round(float64(d) / float64(time.Microsecond)) }
