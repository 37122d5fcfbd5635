package scheduler

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/store"
)

// instant is a channel that publishes at once and counts.
type instant struct{ n *atomic.Int64 }

func (instant) Class() campaign.Class                     { return campaign.K6 }
func (instant) Check(campaign.Content) []campaign.Finding { return nil }
func (instant) Prepare(_ context.Context, r channels.Request) (channels.Staged, error) {
	return channels.Staged{Parts: []channels.Part{{Body: []byte(r.Content.Text)}}}, nil
}
func (c instant) Publish(_ context.Context, r channels.Request) (campaign.Receipt, error) {
	if err := r.Gate.Pass(func() error { return nil }); err != nil {
		return campaign.Receipt{}, &channels.Error{Fate: channels.NotSent, Gate: true, Err: err}
	}
	return campaign.Receipt{RemoteID: fmt.Sprint(c.n.Add(1))}, nil
}
func (instant) Reconcile(context.Context, channels.Request) (channels.Verdict, campaign.Receipt, error) {
	return channels.CannotTell, campaign.Receipt{}, nil
}

// BenchmarkArmAndRecord publishes b.N posts on 64 lanes: each is staged, armed
// and recorded durably. It reports the posts a second, and how many posts come
// on one bare fsync of the same disk.
func BenchmarkArmAndRecord(b *testing.B) {
	w := newWorld(b, 64)
	w.addMany(b.N)
	bare := fsyncs(b)
	var n atomic.Int64
	e, err := New(Config{Store: w.real, Clock: clock.Real{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Channel: func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error) { return instant{&n}, nil }})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	b.ResetTimer()
	begun := time.Now()
	go func() { done <- e.Run(ctx) }()
	for published(b, w) < b.N {
		time.Sleep(time.Millisecond)
	}
	rate := float64(b.N) / time.Since(begun).Seconds()
	b.StopTimer()
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(rate, "posts/s")
	b.ReportMetric(bare, "fsyncs/s")
	b.ReportMetric(rate/bare, "posts/fsync")
}

func published(b *testing.B, w *world) (n int) {
	err := w.real.View(context.Background(), func(tx store.Tx) error {
		c, err := tx.Counts()
		n = c[campaign.Published]
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// fsyncs is how often a second a page can be written and synced, one after the other.
func fsyncs(b *testing.B) float64 {
	f, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	page := make([]byte, 4096)
	const n = 200
	begun := time.Now()
	for i := range n {
		if _, err := f.WriteAt(page, int64(i)*4096); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return n / time.Since(begun).Seconds()
}

// BenchmarkTurn is what one turn of the loop costs with n posts waiting on 64
// lanes: it must not grow with n.
func BenchmarkTurn(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := newWorld(b, 64)
			w.addMany(n)
			w.switches(stopAll)
			e, err := New(Config{Store: w.real, Clock: clock.Real{}, Channel: func(*campaign.Campaign, campaign.ChannelID) (channels.Channel, error) { return nil, nil }})
			if err != nil {
				b.Fatal(err)
			}
			e.begin()
			for b.Loop() {
				e.Wake()
				e.turn(b.Context())
			}
		})
	}
}
