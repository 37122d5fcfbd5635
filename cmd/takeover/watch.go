package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/health"
	"github.com/ittakesacommunity/takeover/internal/httpx"
	"github.com/ittakesacommunity/takeover/internal/metrics"
	"github.com/ittakesacommunity/takeover/internal/sdnotify"
)

// newWatch looks at this house's engine, store and disk.
func (h *house) newWatch() *health.Watch {
	dir, path := h.server.Layout.Data, h.store.File()
	begun, _ := os.Stat(path) // the file that this daemon holds open; nil if it is gone already
	same := func() error { return nil }
	if path != "" {
		same = func() error { return sameFile(path, begun) }
	}
	c := health.Config{Clock: h.clock, Store: h.store, Engine: h.engine.Health,
		Disk:        func() (int64, bool) { return diskFree(dir) },
		Write:       func() error { return errors.Join(same(), probeWrite(dir)) },
		LastBackup:  func(ctx context.Context) (time.Time, error) { return operations{h}.lastBackup(ctx) },
		Connections: func(ctx context.Context) ([]campaign.Connection, error) { return h.desk.Accounts(ctx) },
	}
	if h.certificate != nil {
		c.Certified = h.certified
	}
	return health.New(c)
}

func (h *house) certified(ctx context.Context) (health.Certified, error) {
	term, err := h.certificate.Term(ctx)
	return health.Certified{Domain: h.server.Domain, From: term.From, Until: term.Until}, err
}

// probeSize is what is written to see whether anything can be: a page of the store.
const probeSize = 4096

// sameFile tells whether the name still leads to the file as it was begun with:
// what is written into a store that was moved away is not where people look
// for it, and gone at the next start.
func sameFile(path string, begun os.FileInfo) error {
	now, err := os.Stat(path)
	if err == nil && !os.SameFile(begun, now) { // none is the same as nil
		err = errors.New("another file lies there")
	}
	if err != nil {
		return fmt.Errorf("the store that is written to is not at %s any more: put its folder back, or restart the daemon: %w", path, err)
	}
	return nil
}

// probeWrite writes a page into the folder durably, and takes it away again.
func probeWrite(dir string) error {
	f, err := os.Create(filepath.Join(dir, ".takeover-probe"))
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, probeSize))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}

func (h *house) metrics() http.Handler {
	return metrics.New(metrics.Config{Clock: h.clock, Store: h.store, Facts: h.watch.Facts, Version: version()})
}

// watchOver keeps the watch, and says what it finds: to systemd, to operators
// and to whoever listens for the heartbeat.
func (h *house) watchOver(ctx context.Context) error {
	go h.watchdog(ctx)
	go h.tellTroubles(ctx)
	if url := h.server.Heartbeat; url != "" {
		go health.Heartbeat(ctx, func() bool { return len(h.watch.Troubles()) == 0 }, beat(url), h.log)
	}
	return h.watch.Run(ctx)
}

// watchdog pats systemd's watchdog while a restart would better nothing.
func (h *house) watchdog(ctx context.Context) {
	within, waits := sdnotify.Every()
	if !waits {
		return
	}
	tick := time.NewTicker(within / 3)
	defer tick.Stop()
	for {
		if h.watch.Alive() {
			h.notify(sdnotify.Watchdog)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (h *house) notify(state string) {
	if err := sdnotify.Send(state); err != nil {
		h.log.Warn("the service manager could not be told", "state", state, "err", err)
	}
}

// toldElsewhere are the causes that desk.TellOpen tells people of, again and again.
var toldElsewhere = []health.Cause{health.Clock, health.Token}

// tellTroubles says in the log what begins and ends to be wrong, and tells operators.
func (h *house) tellTroubles(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	var known []health.Cause
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var now []health.Cause
		for _, t := range h.watch.Troubles() {
			if slices.Contains(now, t.Cause) {
				continue
			}
			now = append(now, t.Cause)
			if slices.Contains(known, t.Cause) {
				continue
			}
			h.log.Error("not well: "+t.Text, "cause", t.Cause, "detail", t.Detail, "fix", t.Fix)
			if !slices.Contains(toldElsewhere, t.Cause) {
				n := desk.Notice{Event: "trouble", Text: t.Text + " " + t.Fix, At: h.clock.Now()}
				go func() { h.send(h.desk.Address(ctx, n)) }() // the store may be what hangs
			}
		}
		for _, c := range known {
			if !slices.Contains(now, c) {
				h.log.Info("well again", "cause", c)
			}
		}
		known = now
	}
}

// beat asks the address once; any answer below 300 counts. The address is the
// operator's own, so it may be private. It may hold a secret, so errors do not repeat it.
func beat(url string) func(context.Context) error {
	client := httpx.New(httpx.Options{AllowPrivate: true, Timeout: health.Beat / 2})
	return func(ctx context.Context) error {
		a, err := client.Do(ctx, httpx.Call{Method: http.MethodGet, URL: url})
		switch {
		case err != nil:
			return errors.New("nobody answers at its address")
		case a.Status >= 300:
			return fmt.Errorf("its address answers %d", a.Status)
		}
		return nil
	}
}
