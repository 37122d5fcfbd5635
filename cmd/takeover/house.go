package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/channels/all"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/internal/certificate"
	"github.com/ittakesacommunity/takeover/internal/clock"
	"github.com/ittakesacommunity/takeover/internal/health"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/internal/openid"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/internal/telling"
	"github.com/ittakesacommunity/takeover/internal/vault"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
	"github.com/ittakesacommunity/takeover/web"
)

// house is an open data folder with everything that works on it. Without an
// engine nothing leaves: that is how commands use it when no daemon runs.
type house struct {
	server   configs.Server
	log      *slog.Logger
	clock    clock.Clock
	store    keeper
	vault    *vault.Vault
	media    *media.Store
	links    *web.MediaLinks // nil where platforms cannot fetch pictures from us
	registry *channels.Registry
	engine   *scheduler.Engine // nil unless houseOptions.publish
	brake    *scheduler.Engine // whom to ask to stop; nil where nobody can be publishing
	watch    *health.Watch     // nil unless houseOptions.publish
	teller   *telling.Teller
	desk     *desk.Desk
	dry      *desk.Desk
	// certificate is that of server.domain; nil without one, or unless houseOptions.publish
	certificate *certificate.Source
	pagesAs     campaign.PersonID
	address     string // of the pages, once they are served
	opened      opened
	begun       beginning

	rehearsing sync.Mutex // one rehearsal at a time
}

// opened is when a house was opened, by both clocks.
type opened struct {
	wall time.Time
	boot time.Duration
}

type houseOptions struct {
	log     *slog.Logger
	publish bool        // make an engine; the caller runs it
	clock   clock.Clock // nil: the machine's
	pagesAs campaign.PersonID
}

func openHouse(s configs.Server, o houseOptions) (*house, error) {
	l := s.Layout
	if err := wholeRestore(s); err != nil {
		return nil, err
	}
	begun := beginningOf(l)
	for _, dir := range foldersOf(l) {
		if err := os.MkdirAll(dir, 0o700); err != nil && (o.publish || begun.fresh) {
			return nil, errors.Join(unreachable{err}, begun.undo(nil))
		}
	}
	h := &house{begun: begun, server: s, log: o.log, clock: o.clock, pagesAs: o.pagesAs}
	if h.clock == nil {
		h.clock = clock.Real{}
	}
	h.opened = opened{h.clock.Now(), h.clock.Boot()}
	var err error
	var mediaURL func(campaign.Digest, time.Time) string
	if h.store, err = openStore(s, o.publish); err != nil {
		if !errors.As(err, new(*boltstore.LockedError)) { // else somebody begins there at this moment
			err = errors.Join(err, begun.undo(nil))
		}
		return nil, unreachable{err}
	}
	if why := h.store.RolledBack(); why != "" {
		h.log.Warn("the store may be older than what was seen of it: publishing is stopped until a person resumes it (takeover resume --cause restore)", "why", why)
	}
	if h.media, err = media.Open(l.Media, media.Limits{Bytes: s.MaxUpload}); err != nil {
		return nil, errors.Join(err, h.giveUp())
	}
	keys := keysIn(l.Key)
	if h.vault, err = openVault(h.store, keys); err != nil {
		return nil, errors.Join(err, h.giveUp())
	}
	if h.links = mediaLinks(s, keys, h.media); h.links != nil {
		mediaURL = h.links.URL
	}
	h.registry = channels.NewRegistry(all.Platforms(), channels.Env{Vault: h.vault.Keeper,
		Secret: channelSecrets(s).Resolve, Media: h.media.Read, Now: h.clock.Now,
		Handover: filepath.Join(l.Data, "handover"),
		Tell: func(t channels.Task) {
			h.log.Warn("a post waits to be posted by hand", "delivery", t.Delivery, "channel", t.Channel, "folder", t.Folder)
		},
		Date: h.observe, MediaURL: mediaURL,
	})
	h.teller = newTeller(s, h.store, h.log)
	engine, err := scheduler.New(scheduler.Config{Store: h.store, Clock: h.clock, Daemon: h.store.Daemon(), Channel: h.registry.Channel, DailyPosts: desk.DailyPosts,
		Media: h.media.Check, Tell: h.tellEngine, Log: h.log, Grace: s.StopTimeout})
	if err != nil {
		return nil, errors.Join(err, h.giveUp())
	}
	switch {
	case o.publish:
		if err := h.certify(keys); err != nil {
			return nil, errors.Join(err, h.giveUp())
		}
		h.engine, h.brake = engine, engine
		h.watch = h.newWatch()
	case h.store.Daemon().ID != "":
		h.brake = engine // it publishes nothing, and asks the daemons elsewhere to stop
	}
	h.desk, h.dry = desk.New(h.deskConfig(h.store)), desk.New(h.dryConfig())
	return h, nil
}

// keysIn reads the key file at each use, so that a rotation counts at once.
func keysIn(file string) func() (secret.Keys, error) {
	return func() (secret.Keys, error) {
		text, err := secret.Resolver{}.Resolve("file:" + file)
		if err != nil {
			return secret.Keys{}, fmt.Errorf("the key that seals tokens: %w", err)
		}
		return secret.ParseKeys(text)
	}
}

// openVault keeps tokens sealed with the key. Its file may be missing as long
// as no channel is connected; one that others can read is refused at once.
func openVault(s store.Store, keys func() (secret.Keys, error)) (*vault.Vault, error) {
	if _, err := keys(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return vault.New(s, keys), nil
}

// mediaLinks are where platforms fetch pictures: nowhere without an address of
// ours that they know, and without a key.
func mediaLinks(s configs.Server, keys func() (secret.Keys, error), files *media.Store) *web.MediaLinks {
	if _, err := keys(); err != nil || s.BaseURL == "" {
		return nil
	}
	return &web.MediaLinks{Base: s.BaseURL, Keys: keys, Read: files.Read}
}

// certify makes ready to get a certificate, where a domain asks for one.
func (h *house) certify(keys func() (secret.Keys, error)) error {
	if h.server.Domain == "" {
		return nil
	}
	if _, err := keys(); err != nil { // or each visit would ask for a certificate, which could not be kept
		return err
	}
	roots, err := rootsOf(h.server)
	if err != nil {
		return err
	}
	h.certificate = certificate.New(certificate.Config{Domain: h.server.Domain, Directory: h.server.ACME.Directory,
		Contact: h.server.ACME.Contact, Roots: roots, Store: h.store, Vault: h.vault})
	return nil
}

func (h *house) deskConfig(s store.Store) desk.Config {
	c := desk.Config{Store: s, Clock: h.clock, Facts: facts, Media: h.media, Log: h.log, Tell: h.tellDesk,
		Channel: h.registry.Channel, Vault: h.vault}
	if h.brake != nil {
		c.Brake = brake{h.brake, h.log}
	}
	switch {
	case h.engine != nil:
		c.Preparing = h.engine.Preparing
	case h.brake != nil:
		c.Running = h.brake.Published
	}
	return c
}

// dryConfig is for deeds that keep nothing: they touch neither engine nor people.
func (h *house) dryConfig() desk.Config {
	c := h.deskConfig(store.DryRun(h.store))
	c.Brake, c.Preparing, c.Tell = nil, nil, nil
	return c
}

// brake is the engine as the desk asks it to stop.
type brake struct {
	*scheduler.Engine
	log *slog.Logger
}

// Halt implements desk.Brake.
func (b brake) Halt(ctx context.Context, covers func(*campaign.Delivery) bool) (left, back []campaign.DeliveryID, err error) {
	h, err := b.Engine.Halt(ctx, covers)
	switch {
	case err != nil:
	case len(h.Unsure) > 0:
		err = fmt.Errorf("%s could not be asked in time", count(len(h.Unsure), "delivery"))
	case len(h.Unconfirmed) > 0:
		err = &desk.UnconfirmedError{Daemons: h.Unconfirmed}
	}
	return idsOf(h.Left), idsOf(h.TakenBack), err
}

// Lift implements desk.Brake.
func (b brake) Lift() {
	if err := b.Engine.Lift(context.Background()); err != nil {
		b.log.Error("the gate could not be opened again", "err", err)
	}
}

func idsOf(ds []campaign.Delivery) []campaign.DeliveryID {
	out := make([]campaign.DeliveryID, len(ds))
	for i, d := range ds {
		out[i] = d.ID
	}
	return out
}

// observe hands the platforms' own time to the engine.
func (h *house) observe(host string, at time.Time) {
	if h.engine != nil {
		h.engine.Observe(host, at)
	}
}

// web makes the HTTP doors of the house.
func (h *house) web() (*web.Server, error) {
	c := web.Config{Desk: h.desk, DryDesk: h.dry, Clock: h.clock, Log: h.log, Version: version(), PagesAs: h.pagesAs, Address: h.address, TrustedProxies: h.server.TrustedProxies, Secret: secretRule(h.server), Media: h.links, OpenID: openIDOf(h.server)}
	if h.engine != nil {
		c.Health, c.Watch, c.Metrics = h.engine.Health, h.watch, h.metrics()
	}
	c.Operations = operations{h}
	return web.New(c)
}

// openIDOf is the provider that people may sign in by; nil where none is named.
func openIDOf(s configs.Server) *web.OpenID {
	o := s.OpenID
	if o.Issuer == "" {
		return nil
	}
	groups := map[string][]campaign.MechanismID{}
	for _, line := range o.Groups {
		i := strings.LastIndex(line, "=")
		groups[line[:i]] = append(groups[line[:i]], campaign.MechanismID(line[i+1:]))
	}
	resolve := secret.Resolver{Dir: s.Dir}.Resolve
	return &web.OpenID{Name: o.Name, Groups: groups, TwoFactors: o.TwoFactors, Provider: openid.New(openid.Config{Issuer: o.Issuer, ClientID: o.ClientID,
		Secret: func() (secret.String, error) { return resolve(o.Secret) }, Redirect: s.BaseURL + web.OpenIDBack, GroupsClaim: o.GroupsClaim})}
}

func (h *house) close() error { return h.store.Close() }

// giveUp closes a house whose start failed, and takes back what a first start
// made.
func (h *house) giveUp() error { return h.begun.undo(h.store.Close) }

// serverConfig is takeover.yaml with environment and flags. A data folder
// named by --data brings its own key and counter beside it.
func (a *app) serverConfig() (configs.Server, error) {
	s, found, err := configs.LoadServer(a.config)
	if err != nil {
		return s, usageError{err}
	}
	if found.HasErrors() {
		a.printFindings(a.err, found, nil)
		return s, exit{exitFindings}
	}
	if a.data != "" {
		s.Layout = configs.LayoutIn(a.data)
	}
	return s, nil
}

// logger writes to standard error: text on a terminal, JSON otherwise.
func (a *app) logger() *slog.Logger {
	level := slog.LevelWarn
	if a.verbose {
		level = slog.LevelDebug
	}
	return newLogger(a.err, "text", level)
}

func newLogger(w io.Writer, format string, level slog.Level) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
