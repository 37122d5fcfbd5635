package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/internal/sdnotify"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/web"
)

func (a *app) serveCommand() *cobra.Command {
	var apply, listen, pagesAs string
	c := &cobra.Command{
		Use: "serve", Short: "Run the daemon: publish what is approved, on time", Args: cobra.NoArgs,
		Example: "  takeover serve --config /etc/takeover/takeover.yaml\n  takeover serve --data data --apply campaign.yaml",
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := configs.FindConfig(a.config)
			if err != nil {
				return usageError{err}
			}
			if file == "" && a.data == "" {
				return usagef("there is no takeover.yaml here; make one with takeover init, name a folder with --data, or look around with takeover demo")
			}
			s, err := a.serverConfig()
			if err != nil {
				return err
			}
			if listen != "" {
				if found := s.Override("server.listen", listen, "--listen"); found.HasErrors() {
					a.printFindings(a.err, found, nil)
					return exit{exitFindings}
				}
			}
			return a.serve(cmd.Context(), s, apply, campaign.PersonID(pagesAs))
		},
	}
	c.Flags().StringVar(&apply, "apply", "", "campaign file to apply at the start")
	c.Flags().StringVar(&listen, "listen", "", "address of pages and API, such as 127.0.0.1:8080")
	c.Flags().StringVar(&pagesAs, "pages-as", "", "show the pages to everybody on loopback as this person (demo)")
	_ = c.Flags().MarkHidden("pages-as")
	return c
}

func (a *app) serve(ctx context.Context, s configs.Server, apply string, pagesAs campaign.PersonID) error {
	if err := mayBegin(s, apply); err != nil {
		return err
	}
	var h *house
	if err := patiently(ctx, func() (err error) {
		h, err = openHouse(s, houseOptions{log: a.serveLogger(s), publish: true, pagesAs: pagesAs})
		return err
	}); err != nil {
		return err
	}
	d, err := a.begin(ctx, h, apply)
	if err != nil {
		return errors.Join(err, h.giveUp())
	}
	defer h.close()
	a.say("takeover serves %s, data in %s", h.door(d.tcp), s.Layout.Data)
	h.notify(sdnotify.Ready)
	defer h.notify(sdnotify.Stopping)
	return h.run(ctx, d)
}

// doors are what a daemon is reached by.
type doors struct {
	web         *web.Server
	socket, tcp net.Listener
	metrics     net.Listener // nil where they are on the main port
	redirect    net.Listener // nil where nobody is sent on to https
}

func onlyMetrics(numbers http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", numbers)
	return mux
}

// door is what the pages are reached by on this machine.
func (h *house) door(l net.Listener) string {
	if h.certificate != nil {
		return fmt.Sprintf("https://%s at %s", h.server.Domain, l.Addr())
	}
	return "http://" + l.Addr().String()
}

// begin opens the doors and applies the campaign file, if there is one.
func (a *app) begin(ctx context.Context, h *house, apply string) (d doors, err error) {
	defer func() {
		if err == nil {
			return
		}
		for _, l := range []net.Listener{d.tcp, d.socket, d.metrics, d.redirect} {
			if l != nil {
				err = errors.Join(err, l.Close())
			}
		}
	}()
	if d.tcp, err = net.Listen("tcp", h.server.Listen); err != nil {
		return d, unreachable{err}
	}
	if h.pagesAs != "" && !d.tcp.Addr().(*net.TCPAddr).IP.IsLoopback() {
		return d, usagef("--pages-as is for loopback only")
	}
	h.address = orElse(h.server.BaseURL, "http://"+d.tcp.Addr().String())
	if d.web, err = h.web(); err != nil {
		return d, err
	}
	if d.socket, err = listenSocket(h.server.Layout.Socket); err != nil {
		return d, err
	}
	for _, l := range []struct {
		at   string
		door *net.Listener
	}{{h.server.MetricsListen, &d.metrics}, {h.server.RedirectListen, &d.redirect}} {
		if l.at == "" {
			continue
		}
		if *l.door, err = net.Listen("tcp", l.at); err != nil {
			return d, unreachable{err}
		}
	}
	if apply == "" {
		return d, h.tellNoCampaign(ctx)
	}
	local, err := h.client()
	if err != nil {
		return d, err
	}
	return d, a.applyAtStart(ctx, local, apply)
}

// tellNoCampaign says that a daemon has nothing to do, where it has not.
func (h *house) tellNoCampaign(ctx context.Context) error {
	err := h.store.View(ctx, func(tx store.Tx) error { _, err := tx.Campaign(); return err })
	if errors.Is(err, store.ErrNotFound) {
		h.log.Warn("there is no campaign in this data folder, so nothing can be submitted or published: takeover campaign apply campaign.yaml", "data", h.server.Layout.Data)
		return nil
	}
	return err
}

// run is the daemon's life: it ends when ctx does, or with the first part that fails.
func (h *house) run(ctx context.Context, d doors) error {
	g, ctx := errgroup.WithContext(ctx)
	local, public := &http.Server{Handler: d.web.Local()}, &http.Server{Handler: d.web.Public(), ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelInfo)}
	public.RegisterOnShutdown(d.web.EndLive)
	grace := h.server.StopTimeout
	serve := func(s *http.Server, l net.Listener) {
		answer := func() error { return s.Serve(l) }
		if s.TLSConfig != nil {
			answer = func() error { return s.ServeTLS(l, "", "") }
		}
		g.Go(func() error { return served(web.Serve(ctx, s, answer, grace)) })
	}
	g.Go(func() error { return h.engine.Run(ctx) })
	serve(local, d.socket)
	if h.certificate != nil {
		public.TLSConfig = h.certificate.TLS()
		go h.getCertificate()
	}
	serve(public, d.tcp)
	g.Go(func() error { return newFolderDoor(h).run(ctx) })
	g.Go(func() error { // what servers say of themselves is known before it is needed
		if err := h.desk.CheckChannels(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("the channels could not be checked", "err", err)
		}
		return nil
	})
	g.Go(func() error {
		// What a challenge was answered with while nobody asked.
		if err := h.desk.CollectEntries(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("the entries of challenges could not be collected", "err", err)
		}
		return nil
	})
	g.Go(func() error { h.teller.Run(ctx); return nil })
	g.Go(func() error { return scheduler.Housekeep(ctx, time.Local, h.log, h.jobs()...) })
	g.Go(func() error { return h.watchOver(ctx) })
	if d.metrics != nil {
		serve(&http.Server{Handler: onlyMetrics(h.metrics())}, d.metrics)
	}
	if d.redirect != nil {
		serve(&http.Server{Handler: h.certificate.Redirect()}, d.redirect)
	}
	return g.Wait()
}

// getCertificate asks for the certificate before the first visitor does, who
// would wait for it. What fails is tried again at each visit.
func (h *house) getCertificate() {
	if err := h.certificate.Get(); err != nil {
		h.log.Error("no certificate for "+h.server.Domain+": "+reachable, "authority", h.server.ACME.Directory, "err", err)
	}
}

func served(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// listenSocket opens the local operator's socket. A file left by a daemon that
// was killed is removed; the store's lock has proven that no other lives.
func listenSocket(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, unreachable{err}
	}
	return l, os.Chmod(path, 0o600)
}

func (a *app) applyAtStart(ctx context.Context, c *client, file string) error {
	src, err := readPlan(file)
	if err != nil {
		return err
	}
	return a.change(ctx, c, http.MethodPut, "/campaign", web.CampaignFile{File: file, Source: string(src)}, map[string][]byte{file: src}, nil)
}

func (a *app) serveLogger(s configs.Server) *slog.Logger {
	format := s.LogFormat
	if format == "auto" {
		format = "json"
		if isTerminal(a.err) {
			format = "text"
		}
	}
	level := slog.LevelInfo
	_ = level.UnmarshalText([]byte(s.LogLevel))
	return newLogger(a.err, format, level)
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	i, err := f.Stat()
	return err == nil && i.Mode()&os.ModeCharDevice != 0
}

// jobs is the housekeeping of a daemon.
func (h *house) jobs() []scheduler.Job {
	jobs := []scheduler.Job{{Name: "consents", Spec: "@every 2s", Run: h.desk.EndConsents}, {Name: "telling", Spec: "@every 1m", Run: h.desk.TellOpen}, {Name: "zones", Spec: "@every 10m", Run: h.desk.TellZones}, {Name: "entries", Spec: "@every 10m", Run: h.desk.CollectEntries}, {Name: "events", Spec: "@every 15s", Run: h.desk.WatchEvents}, {Name: "channels", Spec: "@every 6h", Run: h.desk.CheckChannels}, {Name: "numbers", Spec: "@every 10m", Run: func(ctx context.Context) error {
		_, err := h.desk.CollectNumbers(ctx)
		return err
	}}}
	if h.server.BackupAt != configs.Never {
		jobs = append(jobs, scheduler.Job{Name: "backup", Spec: h.server.BackupAt, Run: h.nightly})
	}
	return jobs
}

func (a *app) openCommand() *cobra.Command {
	return &cobra.Command{
		Use: "open", Short: "Make a link that signs you in to the pages, once", Args: cobra.NoArgs, Example: "  takeover open --as desk@campaign.example",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withDaemon(func(c *client) error {
				var l web.SignInLink
				if err := c.post(cmd.Context(), a, "/sign-in-link", nil, &l); err != nil {
					return err
				}
				return a.print("link", l, nil, func(w io.Writer) { fmt.Fprintln(w, l.URL) })
			})
		},
	}
}
