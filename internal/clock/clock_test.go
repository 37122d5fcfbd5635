package clock

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// movable is a clock in a bubble whose wall clock can be set.
type movable struct {
	mu    sync.Mutex
	set   time.Duration
	start time.Time
}

func (m *movable) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Now().Add(m.set)
}
func (m *movable) Boot() time.Duration { return time.Since(m.start) }
func (m *movable) Wait(ctx context.Context, until time.Time, wake <-chan struct{}) error {
	return wait(ctx, m, until, wake)
}
func (m *movable) jump(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.set += d
}

func TestWait(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(m *movable, wake chan<- struct{}, cancel func())
		took time.Duration // at most a second more
		err  bool
	}{
		{"until", func(*movable, chan<- struct{}, func()) {}, time.Hour, false},
		{"wake", func(_ *movable, wake chan<- struct{}, _ func()) { wake <- struct{}{} }, time.Minute, false},
		{"end", func(_ *movable, _ chan<- struct{}, cancel func()) { cancel() }, time.Minute, true},
		{"set forward", func(m *movable, _ chan<- struct{}, _ func()) { m.jump(time.Hour) }, time.Minute, false},
		{"set back", func(m *movable, _ chan<- struct{}, _ func()) { m.jump(-time.Hour) }, time.Minute, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &movable{start: time.Now()}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				wake := make(chan struct{}, 1)
				time.AfterFunc(time.Minute, func() { tt.do(m, wake, cancel) })
				begun := time.Now()
				err := m.Wait(ctx, m.Now().Add(time.Hour), wake)
				if took := time.Since(begun); took < tt.took || took > tt.took+time.Second || (err != nil) != tt.err {
					t.Errorf("took %s with %v, want %s", took, err, tt.took)
				}
			})
		})
	}
}

func TestRealClockRuns(t *testing.T) {
	var c Real
	now, boot := c.Now(), c.Boot()
	if now.Location() != time.UTC || now != now.Round(0) || boot <= 0 {
		t.Errorf("%v, %v", now, boot)
	}
	if err := c.Wait(t.Context(), now.Add(5*time.Millisecond), nil); err != nil {
		t.Fatal(err)
	}
	if wall, since := c.Now().Sub(now), c.Boot()-boot; wall < 5*time.Millisecond || (wall-since).Abs() > time.Second {
		t.Errorf("the wall clock went on by %s, the boot clock by %s", wall, since)
	}
}

func TestSteppedAdvancesOnlyWhenAllWait(t *testing.T) {
	start := time.Date(2026, 12, 18, 0, 0, 0, 0, time.UTC)
	s := NewStepped(start)
	var mu sync.Mutex
	var seen []time.Duration
	note := func() {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, s.Now().Sub(start))
	}
	hold := s.Busy()
	var all sync.WaitGroup
	for _, every := range []time.Duration{2 * time.Hour, 3 * time.Hour} {
		done := s.Busy()
		all.Go(func() {
			defer done()
			for i := range 3 {
				if err := s.Wait(t.Context(), start.Add(time.Duration(i+1)*every), nil); err != nil {
					t.Error(err)
				}
				note()
			}
		})
	}
	if !s.Now().Equal(start) {
		t.Error("time went on while somebody worked")
	}
	hold()
	all.Wait()
	want := []time.Duration{2, 3, 4, 6, 6, 9}
	for i, h := range want {
		if i >= len(seen) || seen[i] != h*time.Hour {
			t.Fatalf("woke at %v", seen)
		}
	}
	if s.Boot() != time.Hour+9*time.Hour {
		t.Errorf("boot clock at %s", s.Boot())
	}
}

func TestSteppedWakeBeforeTime(t *testing.T) {
	start := time.Date(2026, 12, 18, 0, 0, 0, 0, time.UTC)
	s := NewStepped(start)
	wake := make(chan struct{}, 1)
	worker, sender := s.Busy(), s.Busy()
	woken := make(chan time.Time)
	go func() {
		defer worker()
		_ = s.Wait(t.Context(), start.Add(time.Hour), wake)
		woken <- s.Now()
	}()
	wake <- struct{}{} // its work must be done before time goes on
	sender()
	if at := <-woken; !at.Equal(start) {
		t.Errorf("woken at %s", at)
	}
}

func TestSteppedClocksMoveApart(t *testing.T) {
	start := time.Date(2026, 12, 18, 0, 0, 0, 0, time.UTC)
	s := NewStepped(start)
	s.SetWall(start.Add(24 * time.Hour))
	s.Suspend(time.Hour)
	if !s.Now().Equal(start.Add(25*time.Hour)) || s.Boot() != 2*time.Hour {
		t.Errorf("wall %s, boot %s", s.Now(), s.Boot())
	}
	s.RunUntil(start.Add(26 * time.Hour))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if s.Wait(ctx, start.Add(27*time.Hour), nil) == nil || s.Now().After(start.Add(26*time.Hour)) {
		t.Errorf("ran on to %s", s.Now())
	}
}

// A clock that stands still is woken at once from outside, and time that was
// let on again does not pass the work that was asked for.
func TestSteppedIsWokenWhileItStandsStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Date(2026, 12, 18, 0, 0, 0, 0, time.UTC)
		s := NewStepped(start)
		s.RunUntil(start)
		wake := make(chan struct{}, 1)
		var seen []time.Duration
		for range 2 { // one is woken, one waits for its time
			worker := s.Busy()
			go func() {
				defer worker()
				_ = s.Wait(t.Context(), start.Add(time.Hour), wake)
				seen = append(seen, s.Now().Sub(start))
			}()
			synctest.Wait() // nobody polls: all goroutines rest
		}
		deed := s.Busy()
		wake <- struct{}{}
		synctest.Wait()
		s.RunUntil(start.Add(2 * time.Hour))
		deed()
		synctest.Wait()
		if len(seen) != 2 || seen[0] != 0 || seen[1] != time.Hour {
			t.Errorf("woke at %v", seen)
		}
	})
}

// Many wake one another, some are cancelled, and time goes on all the same.
func TestSteppedUnderManyHands(t *testing.T) {
	start := time.Date(2026, 12, 18, 0, 0, 0, 0, time.UTC)
	s := NewStepped(start)
	const n, rounds = 8, 200
	wakes := make([]chan struct{}, n)
	for i := range wakes {
		wakes[i] = make(chan struct{}, 1)
	}
	var all sync.WaitGroup
	hold := s.Busy()
	for i := range n {
		done := s.Busy()
		all.Go(func() {
			defer done()
			for k := range rounds {
				select {
				case wakes[(i+k)%n] <- struct{}{}:
				default:
				}
				before := s.Now()
				_ = s.Wait(t.Context(), before.Add(time.Duration(1+(i*k)%7)*time.Minute), wakes[i])
				if s.Now().Before(before) {
					t.Error("time went back")
				}
			}
		})
	}
	hold()
	all.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Wait(ctx, time.Time{}, nil) }()
	cancel()
	if <-ended == nil {
		t.Error("a cancelled wait says nothing")
	}
}
