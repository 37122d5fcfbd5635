package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/store/boltstore"
)

func (a *app) migrateCommand() *cobra.Command {
	var trial bool
	c := &cobra.Command{
		Use: "migrate", Short: "Bring the store to this version's form, or try that on a copy", Args: cobra.NoArgs,
		Long: `A daemon, and each command that opens the folder, brings the store of an earlier
version to this version's form, after a copy of it was put beside the backups. This
does nothing else. --check does it on a copy, reads every record of that and takes
it away again: with a new version in hand it tells whether the upgrade will do.

A store of a later version is refused and stays as it is.`,
		Example: "  takeover migrate --check",
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := a.migrate(cmd.Context(), trial)
			if err != nil {
				return err
			}
			if err := a.print("migration", m, nil, func(w io.Writer) { fmt.Fprintln(w, escapeTerminal(m.text())) }); err != nil {
				return err
			}
			if m.Wrong != "" {
				return exit{exitFindings}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&trial, "check", false, "on a copy only")
	return c
}

// migration is what became of a store, or what would.
type migration struct {
	From       int    `json:"from"` // form found
	To         int    `json:"to"`   // form of this version
	Checked    bool   `json:"checked"`
	Records    int    `json:"records,omitempty"`    // read, where it was checked
	Deliveries int    `json:"deliveries,omitempty"` // of these
	Wrong      string `json:"wrong,omitempty"`      // in a checked copy; "" nothing
	Copy       string `json:"copy,omitempty"`       // of before, put aside
}

func (m migration) text() string {
	what := fmt.Sprintf("the store has form %d, as this version writes it", m.From)
	if m.From != m.To {
		what = fmt.Sprintf("the store went from form %d to %d; as it was before: %s", m.From, m.To, m.Copy)
	}
	if !m.Checked {
		return what
	}
	if m.From != m.To {
		what = fmt.Sprintf("the store would go from form %d to %d", m.From, m.To)
	}
	if m.Wrong != "" {
		return what + ", but not all of it can be read: " + m.Wrong + "   fix: takeover doctor, with the version that wrote it"
	}
	return fmt.Sprintf("%s; %s read, %s, nothing wrong", what, count(m.Records, "record"), count(m.Deliveries, "delivery"))
}

func (a *app) migrate(ctx context.Context, trial bool) (m migration, err error) {
	s, err := a.serverConfig()
	if err != nil {
		return m, err
	}
	if s.Shared() {
		return m, usagef("this store is PostgreSQL: a daemon that starts brings its tables to the form it knows; copy the database with its own tools before")
	}
	path := s.Layout.Store
	if trial || a.dryRun {
		from, r, err := boltstore.TryMigration(ctx, path)
		m = migration{From: from, To: boltstore.Schema, Checked: true, Records: r.Records, Deliveries: r.Deliveries}
		if !r.Sound() {
			m.Wrong = r.First()
		}
		if err != nil {
			return m, unreachable{err}
		}
		return m, nil
	}
	if absent(path) { // or one would be made
		return m, unreachable{fmt.Errorf("%w: %s", boltstore.ErrNone, path)}
	}
	h, err := openHouse(s, houseOptions{log: a.logger()})
	if err != nil {
		return m, err
	}
	info := h.store.(alone).Opened()
	return migration{From: info.MigratedFrom, To: boltstore.Schema, Copy: info.Copy}, h.close()
}
