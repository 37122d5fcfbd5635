package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// The aims for a queue that stands, of which one post a second falls due.
const (
	lateP99    = 50 * time.Millisecond
	anonMiB    = 64
	firstAfter = time.Second
)

// standing is what the daemon does with so many stored.
type standing struct {
	Stored    int     `json:"stored"`
	FileMiB   float64 `json:"file_mib"`
	FillS     float64 `json:"fill_s"`        // to store them beforehand
	FirstSend float64 `json:"first_send_ms"` // from the start of the process to a post that was due
	Sent      int     `json:"sent"`
	P50       float64 `json:"late_p50_ms"`
	P99       float64 `json:"late_p99_ms"`
	Max       float64 `json:"late_max_ms"`
	CPU       float64 `json:"cpu_percent"`  // of one core, while it is watched
	AnonMiB   float64 `json:"rss_anon_mib"` // the largest seen
	Early     int     `json:"early"`
	Twice     int     `json:"duplicates"`
	Absent    int     `json:"absent"`
}

func measureStanding(ctx context.Context, o options, r *report) error {
	for _, n := range o.stored {
		m, err := stand(ctx, o, n)
		if err != nil {
			return err
		}
		r.Standing = append(r.Standing, *m)
		r.miss(m.P99 > milliseconds(lateP99), "standing %d: p99 %.1f ms late, the aim is %s", n, m.P99, lateP99)
		r.miss(m.AnonMiB > anonMiB, "standing %d: RssAnon %.1f MiB, the aim is %d", n, m.AnonMiB, anonMiB)
		r.miss(m.FirstSend > milliseconds(firstAfter), "standing %d: first send after %.0f ms, the aim is %s", n, m.FirstSend, firstAfter)
		r.wrong(m.Early+m.Twice+m.Absent > 0, "standing %d: %d early, %d twice, %d never", n, m.Early, m.Twice, m.Absent)
	}
	return nil
}

func stand(ctx context.Context, o options, n int) (*standing, error) {
	in, err := newReceiver()
	if err != nil {
		return nil, err
	}
	defer in.close()
	addresses := make([]string, lanes)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("%s/c%02d", in.url, i)
	}
	s, err := newSite(ctx, o, fmt.Sprintf("standing-%d", n), addresses)
	if err != nil {
		return nil, err
	}
	m := &standing{Stored: n}
	// The queue begins far enough ahead to be stored before; those that are
	// watched are put in last, once that is done.
	far, posts := time.Now().Add(time.Hour+o.watch).Truncate(time.Second), make([]post, n)
	for i := range posts {
		posts[i] = post{textOf(i), i % lanes, far.Add(time.Duration(i) * time.Second)}
	}
	began := time.Now()
	if _, err := stock(ctx, s.store(), posts); err != nil {
		return nil, err
	}
	m.FillS = round(time.Since(began).Seconds())
	if info, err := os.Stat(s.store()); err == nil {
		m.FileMiB = round(float64(info.Size()) / (1 << 20))
	}
	return m, m.watch(ctx, o, s, in)
}

// warmUp is how long after the start the first watched post is due: until then
// what is near is staged.
const warmUp = 10 * time.Second

func (m *standing) watch(ctx context.Context, o options, s *site, in *receiver) error {
	seconds := int(o.watch / time.Second)
	begin := time.Now().Add(warmUp).Truncate(time.Second)
	first := post{"This post was due when the daemon started.", lanes - 1, time.Now().Add(-time.Second)}
	posts := make([]post, seconds)
	for i := range posts {
		// Between seconds, so that nothing else that counts them is in step.
		posts[i] = post{fmt.Sprintf("This is watched post %04d.", i), i % lanes, begin.Add(time.Duration(i)*time.Second + 300*time.Millisecond)}
	}
	due, err := stock(ctx, s.store(), append(posts, first))
	if err != nil {
		return err
	}
	delete(due, first.text)
	began, err := s.start(ctx)
	if err != nil {
		return err
	}
	defer s.end()
	if err := in.await(ctx, 1, time.Minute); err != nil {
		return fmt.Errorf("%w\n%s", err, s.tail())
	}
	_, came := in.count()
	m.FirstSend = milliseconds(came.Sub(began))
	if err := pause(ctx, time.Until(begin)); err != nil {
		return err
	}
	before, from := cpuTime(s.daemon.Pid()), time.Now()
	for time.Since(from) < o.watch+time.Second {
		m.AnonMiB = max(m.AnonMiB, round(anonymous(s.daemon.Pid())))
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
	m.CPU = round(100 * float64(cpuTime(s.daemon.Pid())-before) / float64(time.Since(from)))
	a := in.held(due)
	m.Sent, m.Early, m.Twice, m.Absent = len(a.late), a.early, a.duplicates, a.absent
	m.P50, m.P99, m.Max = milliseconds(quantile(a.late, 0.5)), milliseconds(quantile(a.late, 0.99)), milliseconds(quantile(a.late, 1))
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// anonymous is the process's RssAnon in MiB, 0 where the system does not tell.
// Source: proc(5).
func anonymous(pid int) float64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kB, _ := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kB / 1024
		}
	}
	return 0
}

// tick is the unit of /proc/PID/stat. Source: proc(5); USER_HZ is 100 on Linux.
const tick = 10 * time.Millisecond

// cpuTime is what the process has used of all cores, 0 where the system does not tell.
func cpuTime(pid int) time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The name, in brackets, may hold anything; utime and stime are the 12th and 13th after it.
	fields := strings.Fields(string(b)[strings.LastIndexByte(string(b), ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick
}
