package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

const (
	lanes = 64
	// burstRatio is the aim: what arming and recording may cost beside the floor.
	burstRatio = 1.3
)

// burst is how long it takes to publish what is due at one instant.
type burst struct {
	Due        int     `json:"due"`
	Lanes      int     `json:"lanes"`
	Seconds    float64 `json:"seconds"`       // from the instant until the last one is recorded
	LastByte   float64 `json:"last_byte"`     // until the last one came, in seconds
	Floor      float64 `json:"floor_seconds"` // the same posts from a loop, with a durable mark before and after each
	FloorPosts float64 `json:"floor_posts"`   // the same without marks
	Ratio      float64 `json:"ratio"`         // Seconds to Floor
	Early      int     `json:"early"`
	Duplicates int     `json:"duplicates"`
	Absent     int     `json:"absent"`
}

func measureBurst(ctx context.Context, o options, r *report) error {
	b := &burst{Due: o.due, Lanes: lanes}
	took, last, a, err := flood(ctx, o, "burst", o.due, false)
	if err != nil {
		return err
	}
	b.Seconds, b.LastByte = round(took.Seconds()), round(last.Seconds())
	b.Early, b.Duplicates, b.Absent = a.early, a.duplicates, a.absent
	for _, f := range []struct {
		into  *float64
		marks bool
	}{{&b.FloorPosts, false}, {&b.Floor, true}} {
		took, err := floor(ctx, o, f.marks)
		if err != nil {
			return err
		}
		*f.into = round(took.Seconds())
	}
	b.Ratio = round(b.Seconds / b.Floor)
	r.Burst = b
	r.miss(b.Ratio > burstRatio, "burst: %.2f times the floor, the aim is %.1f", b.Ratio, burstRatio)
	r.wrong(a.early+a.duplicates+a.absent > 0, "burst: %d early, %d twice, %d never", a.early, a.duplicates, a.absent)
	return nil
}

// flood stores n posts that are due at one instant, lets the daemon stage them,
// and times what follows. slowLane makes the first lane's receiver slow; its posts are not counted.
func flood(ctx context.Context, o options, name string, n int, slowLane bool) (took, last time.Duration, a arrivals, err error) {
	in, err := newReceiver()
	if err != nil {
		return 0, 0, a, err
	}
	defer in.close()
	addresses := make([]string, lanes)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("%s/c%02d", in.url, i)
	}
	if slowLane {
		addresses[0] = in.url + slowPath
	}
	s, err := newSite(ctx, o, name, addresses)
	if err != nil {
		return 0, 0, a, err
	}
	instant := time.Now().Add(6*time.Second + time.Duration(n)*5*time.Millisecond).Truncate(time.Second)
	posts, counted := make([]post, n), []post{}
	for i := range posts {
		posts[i] = post{text: textOf(i), lane: i % lanes, due: instant}
		if !slowLane || posts[i].lane != 0 {
			counted = append(counted, posts[i])
		}
	}
	if _, err := stock(ctx, s.store(), posts); err != nil {
		return 0, 0, a, err
	}
	if _, err := s.start(ctx); err != nil {
		return 0, 0, a, err
	}
	defer s.end()
	if left := time.Until(instant); left < 2*time.Second {
		return 0, 0, a, fmt.Errorf("only %s were left to stage them", left)
	}
	patience := time.Until(instant) + time.Minute + time.Duration(n)*10*time.Millisecond
	if err := in.await(ctx, len(counted), patience); err != nil {
		return 0, 0, a, fmt.Errorf("%w\n%s", err, s.tail())
	}
	_, came := in.count()
	for recorded := 0; recorded < len(counted); {
		if recorded, err = s.published(ctx); err != nil {
			return 0, 0, a, err
		}
	}
	return time.Since(instant), came.Sub(instant), in.held(dueTimes(counted)), nil
}

func textOf(i int) string { return fmt.Sprintf("This is post %07d of a standing queue.", i) }

// floor makes as many calls with as many workers, each over a connection of
// its own, and does nothing else, save for a durable mark before and after each.
func floor(ctx context.Context, o options, marks bool) (time.Duration, error) {
	in, err := newReceiver()
	if err != nil {
		return 0, err
	}
	defer in.close()
	s, err := boltstore.Open(boltstore.Options{Path: filepath.Join(o.dir, fmt.Sprintf("floor-%v.db", marks))})
	if err != nil {
		return 0, err
	}
	mark := func(string) error { return nil }
	if marks {
		mark = func(name string) error {
			return s.Update(ctx, func(tx store.Tx) error { return tx.PutSetting(name, []byte("x")) })
		}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	next := make(chan int)
	g, ctx := errgroup.WithContext(ctx)
	for range lanes {
		g.Go(func() error {
			for i := range next {
				if err := errors.Join(mark(fmt.Sprintf("before/%d", i)), call(ctx, client, in.url, i), mark(fmt.Sprintf("after/%d", i))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	began := time.Now()
	g.Go(func() error {
		defer close(next)
		for i := range o.due {
			select {
			case next <- i:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	err = g.Wait()
	return time.Since(began), errors.Join(err, s.Close())
}

func call(ctx context.Context, c *http.Client, url string, i int) error {
	body := fmt.Appendf(nil, `{"type":"post.publish","timestamp":%q,"data":{"text":%q,"channel":"c%02d","language":"en"}}`, time.Now().Format(time.RFC3339), textOf(i), i%lanes)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// slow is what a lane whose receiver takes seconds does to the others.
type slow struct {
	Due        int     `json:"due"`
	Alone      float64 `json:"seconds"`           // without a slow lane, of all
	Beside     float64 `json:"seconds_beside"`    // beside one, of the others
	Ratio      float64 `json:"ratio"`             // Beside to Alone
	SlowAnswer float64 `json:"slow_answer_s"`     // how long it takes
	P99        float64 `json:"late_p99_ms"`       // without
	P99Beside  float64 `json:"late_p99_beside"`   // with
	Wrong      int     `json:"early_twice_never"` // of both
}

// slowRatio is the aim: a slow lane costs the others no more than noise.
const slowRatio = 1.25

func measureSlow(ctx context.Context, o options, r *report) error {
	n := max(lanes, o.due/5)
	_, alone, a, err := flood(ctx, o, "fast", n, false)
	if err != nil {
		return err
	}
	_, beside, b, err := flood(ctx, o, "slow", n, true)
	if err != nil {
		return err
	}
	r.Slow = &slow{Due: n, Alone: round(alone.Seconds()), Beside: round(beside.Seconds()), Ratio: round(beside.Seconds() / alone.Seconds()),
		SlowAnswer: slowAnswer.Seconds(), P99: milliseconds(quantile(a.late, 0.99)), P99Beside: milliseconds(quantile(b.late, 0.99)),
		Wrong: a.early + a.duplicates + a.absent + b.early + b.duplicates + b.absent}
	r.miss(r.Slow.Ratio > slowRatio, "slow lane: the others take %.2f times as long, the aim is %.2f", r.Slow.Ratio, slowRatio)
	r.wrong(r.Slow.Wrong > 0, "slow lane: %d came early, twice or never", r.Slow.Wrong)
	return nil
}
