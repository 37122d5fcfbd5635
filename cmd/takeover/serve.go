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
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/scheduler"
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
	log := a.serveLogger(s)
	var h *house
	if err := patiently(ctx, func() (err error) {
		h, err = openHouse(s, houseOptions{log: log, publish: true, pagesAs: pagesAs})
		return err
	}); err != nil {
		return err
	}
	defer h.close()
	tcp, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return unreachable{err}
	}
	h.address = orElse(s.BaseURL, "http://"+tcp.Addr().String())
	srv, err := h.web()
	if err != nil {
		return errors.Join(err, tcp.Close())
	}
	if pagesAs != "" && !tcp.Addr().(*net.TCPAddr).IP.IsLoopback() {
		return usagef("--pages-as is for loopback only")
	}
	socket, err := listenSocket(s.Layout.Socket)
	if err != nil {
		return errors.Join(err, tcp.Close())
	}
	if apply != "" {
		local, err := h.client()
		if err != nil {
			return err
		}
		if err := a.applyAtStart(ctx, local, apply); err != nil {
			return err
		}
	}
	a.say("takeover serves http://%s, data in %s", tcp.Addr(), s.Layout.Data)
	notify("READY=1")
	defer notify("STOPPING=1")
	return h.run(ctx, srv, socket, tcp)
}

// run is the daemon's life: it ends when ctx does, or with the first part that fails.
func (h *house) run(ctx context.Context, srv *web.Server, socket, tcp net.Listener) error {
	g, ctx := errgroup.WithContext(ctx)
	local, public := &http.Server{Handler: srv.Local()}, &http.Server{Handler: srv.Public()}
	grace := h.server.StopTimeout
	g.Go(func() error { return h.engine.Run(ctx) })
	g.Go(func() error { return served(web.Serve(ctx, local, func() error { return local.Serve(socket) }, grace)) })
	g.Go(func() error { return served(web.Serve(ctx, public, func() error { return public.Serve(tcp) }, grace)) })
	g.Go(func() error { return newFolderDoor(h).run(ctx) })
	g.Go(func() error { return scheduler.Housekeep(ctx, time.Local, h.log, h.jobs()...) })
	g.Go(func() error { return watchdog(ctx, h) })
	return g.Wait()
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
	return a.change(ctx, c, http.MethodPut, "/campaign", web.CampaignFile{File: file, Source: string(src)}, map[string][]byte{file: src})
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
	if h.server.BackupAt == "" {
		return nil
	}
	return []scheduler.Job{{Name: "backup", Spec: h.server.BackupAt, Run: h.backup}}
}

// backup copies the store and drops the oldest copies beyond those to keep.
func (h *house) backup(ctx context.Context) error {
	dir := h.server.Layout.Backups
	path := filepath.Join(dir, "takeover-"+h.clock.Now().Format("20060102T150405Z")+".db")
	if err := h.store.Backup(ctx, path); err != nil {
		return err
	}
	h.log.Info("backup made", "file", path)
	old, err := filepath.Glob(filepath.Join(dir, "takeover-*.db"))
	if err != nil {
		return err
	}
	slices.Sort(old)
	for len(old) > max(h.server.BackupKeep, 1) {
		if err := os.Remove(old[0]); err != nil {
			return err
		}
		old = old[1:]
	}
	return nil
}

// notify tells systemd about the daemon's life, where it started it.
// Source: sd_notify(3).
func notify(state string) {
	addr := os.Getenv("NOTIFY_SOCKET")
	if addr == "" {
		return
	}
	conn, err := net.Dial("unixgram", addr)
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = fmt.Fprint(conn, state)
}

// watchdog pats systemd's watchdog as long as the engine turns.
func watchdog(ctx context.Context, h *house) error {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if h.clock.Now().Sub(h.engine.Health().LastLoop) < time.Minute {
				notify("WATCHDOG=1")
			}
		}
	}
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
