// Package metrics shows the daemon's numbers in the form that Prometheus reads.
// No label names a post, a plan or a person.
package metrics

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/internal/health"
	"github.com/ittakesacommunity/takeover/store"
)

// Config is where the numbers come from. All are needed.
type Config struct {
	Clock clock.Clock
	Store store.Store
	// Facts are the newest facts about the daemon; it never waits.
	Facts   func() health.Facts
	Version string
}

// New is the page that Prometheus reads. Where the store does not answer the
// rest is shown all the same.
func New(c Config) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &collector{Config: c, counter: counter{clock: c.Clock, store: c.Store}})
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("takeover_"+name, help, labels, nil)
}

var (
	build      = desc("build_info", "The version that runs; always 1.", "version")
	trouble    = desc("trouble", "1 while something is wrong for this cause.", "cause")
	deliveries = desc("deliveries", "Deliveries in the store, by state.", "state", "channel", "platform")
	inDoubt    = desc("in_doubt", "Deliveries of which nobody knows whether they are public: in doubt, or waiting for a person.")
	attempts   = desc("attempts_total", "Tries to publish, by how they ended.", "platform", "outcome")
	lateness   = desc("lateness_seconds", "From the due time to the first byte, of what was published.")
	stopped    = desc("stopped", "1 while this cause stops everything.", "scope")
	nextDue    = desc("next_due_timestamp_seconds", "When the next delivery is due; absent while none is.")
	lastBackup = desc("last_backup_timestamp_seconds", "When the last backup was made; absent where there is none.")
	expiry     = desc("token_expiry_timestamp_seconds", "When the permission of a channel's account ends; absent where it does not.", "channel")
	offset     = desc("clock_offset_seconds", "The clock minus the one of the platform that differs most from it, from the Date of its answers.")
	diskFree   = desc("disk_free_bytes", "What may still be written beside the store.")
)

// buckets are upper bounds of lateness, in seconds: 120 is where people are told.
var buckets = []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 600, 3600, 14400}

type collector struct {
	Config
	counter counter
}

// Describe implements prometheus.Collector: what there is depends on the campaign.
func (c *collector) Describe(ch chan<- *prometheus.Desc) { ch <- build }

// Collect implements prometheus.Collector.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(build, 1, c.Version)
	f := c.Facts()
	wrong := map[health.Cause]bool{}
	for _, t := range health.Judge(f) {
		wrong[t.Cause] = true
	}
	for _, cause := range health.Causes {
		gauge(trouble, truth(wrong[cause]), string(cause))
	}
	for _, cause := range []campaign.Cause{campaign.CauseStop, campaign.CauseQuarantine, campaign.CauseStore, campaign.CauseClock, campaign.CauseCopy} {
		gauge(stopped, truth(f.Engine.Stopped == cause), string(cause))
	}
	moments(f, gauge)
	n, err := c.counter.newest()
	if err != nil || n == nil {
		if err == nil {
			err = context.DeadlineExceeded
		}
		ch <- prometheus.NewInvalidMetric(deliveries, err)
		return
	}
	n.collect(ch)
}

// moments are what the facts tell beside troubles.
func moments(f health.Facts, gauge func(*prometheus.Desc, float64, ...string)) {
	var next time.Time
	for _, l := range f.Engine.Lanes {
		if !l.Next.IsZero() && (next.IsZero() || l.Next.Before(next)) {
			next = l.Next
		}
	}
	if !next.IsZero() {
		gauge(nextDue, unix(next))
	}
	if !f.LastBackup.IsZero() {
		gauge(lastBackup, unix(f.LastBackup))
	}
	for _, k := range f.Connections {
		if !k.Account.Expires.IsZero() {
			gauge(expiry, unix(k.Account.Expires), string(k.Channel))
		}
	}
	var most time.Duration
	for _, skew := range f.Engine.Skew {
		if skew.Abs() > most.Abs() {
			most = skew
		}
	}
	gauge(offset, -most.Seconds())
	if f.DiskKnown {
		gauge(diskFree, float64(f.DiskFree))
	}
}

func (n *counts) collect(ch chan<- prometheus.Metric) {
	doubt := 0
	for s, number := range n.deliveries {
		ch <- prometheus.MustNewConstMetric(deliveries, prometheus.GaugeValue, float64(number), string(s.state), string(s.channel), s.platform)
		if s.state == campaign.InDoubt || s.state == campaign.NeedsHuman {
			doubt += number
		}
	}
	ch <- prometheus.MustNewConstMetric(inDoubt, prometheus.GaugeValue, float64(doubt))
	for t, number := range n.attempts {
		ch <- prometheus.MustNewConstMetric(attempts, prometheus.CounterValue, float64(number), t.platform, t.outcome)
	}
	sum, below := time.Duration(0), map[float64]uint64{}
	for _, b := range buckets {
		below[b] = 0
	}
	for _, l := range n.lateness {
		sum += l
		for _, b := range buckets {
			if l.Seconds() <= b {
				below[b]++
			}
		}
	}
	ch <- prometheus.MustNewConstHistogram(lateness, uint64(len(n.lateness)), sum.Seconds(), below)
}

func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
