package metrics

import (
	"context"
	"io"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/internal/health"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

var noon = time.Date(2026, 12, 15, 12, 0, 0, 0, time.UTC)

// stocked is a store with one delivery in each of three states.
func stocked(t *testing.T) store.Store {
	t.Helper()
	s, err := boltstore.Open(boltstore.Options{Path: filepath.Join(t.TempDir(), "takeover.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	err = s.Update(t.Context(), func(tx store.Tx) error {
		err := tx.PutCampaign(campaign.Campaign{ID: "itac", Zone: "UTC", Channels: map[campaign.ChannelID]campaign.Channel{"wall": {Platform: "sandbox"}}})
		if err != nil {
			return err
		}
		for id, state := range map[campaign.DeliveryID]campaign.State{"d_1": campaign.Published, "d_2": campaign.NeedsHuman, "d_3": campaign.Scheduled} {
			d := campaign.Delivery{ID: id, Plan: "secret-plan", Post: "secret-post", Author: "lead@mayors.example", Channel: "wall", Lane: "sandbox:wall", State: state, Due: noon, Latest: noon.Add(time.Hour)}
			if state == campaign.Published {
				d.Attempt, d.Lateness = 2, 800*time.Millisecond
			}
			if err := tx.PutDelivery(&d); err != nil {
				return err
			}
		}
		for n, fate := range []string{"not_sent", "published"} {
			if err := tx.PutAttempt(campaign.Attempt{Delivery: "d_1", N: n + 1, ArmedAt: noon, Fate: fate}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func facts() health.Facts {
	return health.Facts{Now: noon, Begun: true,
		Engine: scheduler.Health{Running: true, Clock: true, LastLoop: noon, Skew: map[string]time.Duration{"x": -2 * time.Second, "bluesky": time.Second},
			Stopped: campaign.CauseStop, Lanes: []scheduler.LaneHealth{{Lane: "a", Next: noon.Add(time.Hour)}, {Lane: "b", Next: noon.Add(time.Minute)}, {Lane: "c"}}},
		Slow: health.Slow{DiskKnown: true, DiskFree: 1, LastBackup: noon.Add(-time.Hour),
			Connections: []campaign.Connection{{Channel: "wall", Account: campaign.Account{Expires: noon.Add(48 * time.Hour)}}}},
	}
}

func TestNumbers(t *testing.T) {
	h := New(Config{Clock: clock.NewStepped(noon), Store: stocked(t), Facts: facts, Version: "v1.2.3"})
	r := httptest.NewRecorder()
	h.ServeHTTP(r, httptest.NewRequest("GET", "/metrics", nil))
	page, _ := io.ReadAll(r.Body)
	for _, line := range []string{
		`takeover_build_info{version="v1.2.3"} 1`,
		`takeover_trouble{cause="disk"} 1`, `takeover_trouble{cause="worker"} 0`,
		`takeover_deliveries{channel="wall",platform="sandbox",state="published"} 1`,
		`takeover_deliveries{channel="wall",platform="sandbox",state="needs_human"} 1`,
		`takeover_in_doubt 1`,
		`takeover_attempts_total{outcome="not_sent",platform="sandbox"} 1`, `takeover_attempts_total{outcome="published",platform="sandbox"} 1`,
		`takeover_lateness_seconds_bucket{le="0.5"} 0`, `takeover_lateness_seconds_bucket{le="1"} 1`, `takeover_lateness_seconds_sum 0.8`, `takeover_lateness_seconds_count 1`,
		`takeover_stopped{scope="stop"} 1`, `takeover_stopped{scope="clock"} 0`,
		`takeover_next_due_timestamp_seconds 1.79733606e+09`, `takeover_last_backup_timestamp_seconds 1.7973324e+09`,
		`takeover_token_expiry_timestamp_seconds{channel="wall"} 1.7975088e+09`,
		`takeover_clock_offset_seconds 2`, `takeover_disk_free_bytes 1`,
	} {
		if !strings.Contains(string(page), line+"\n") {
			t.Errorf("there is no %q", line)
		}
	}
	if strings.Contains(string(page), "secret-") || strings.Contains(string(page), "lead@") {
		t.Error("a plan, a post or a person is named")
	}
	if t.Failed() {
		t.Logf("%s", page)
	}
}

// TestLint holds the names against Prometheus' own rules, as promtool does.
func TestLint(t *testing.T) {
	c := &collector{Config: Config{Facts: facts}, counter: counter{clock: clock.NewStepped(noon), store: stocked(t)}}
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	problems, err := testutil.GatherAndLint(r)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}

// broken is a store that cannot be read.
type broken struct{ store.Store }

func (broken) View(context.Context, func(store.Tx) error) error { return store.ErrBroken }

// TestWhatIsWrongIsShownWithoutTheStore: just then it is asked for.
func TestWhatIsWrongIsShownWithoutTheStore(t *testing.T) {
	h := New(Config{Clock: clock.NewStepped(noon), Store: broken{}, Facts: facts})
	r := httptest.NewRecorder()
	h.ServeHTTP(r, httptest.NewRequest("GET", "/metrics", nil))
	if page := r.Body.String(); !strings.Contains(page, `takeover_trouble{cause="disk"} 1`) || strings.Contains(page, "takeover_deliveries{") {
		t.Error(page)
	}
}

// counting counts how often the store is read.
type counting struct {
	store.Store
	views int
}

func (c *counting) View(ctx context.Context, f func(store.Tx) error) error {
	c.views++
	return c.Store.View(ctx, f)
}

// TestCountsServeAMinute: whoever asks often does not make the store work often.
func TestCountsServeAMinute(t *testing.T) {
	s, k := &counting{Store: stocked(t)}, clock.NewStepped(noon)
	c := counter{clock: k, store: s}
	for range 3 {
		if n, err := c.newest(); err != nil || len(n.lateness) != 1 {
			t.Fatal(n, err)
		}
	}
	if s.views != 1 {
		t.Errorf("read %d times within a minute", s.views)
	}
	k.Suspend(fresh)
	if _, err := c.newest(); err != nil || s.views != 2 {
		t.Errorf("after a minute: read %d times, %v", s.views, err)
	}
}
