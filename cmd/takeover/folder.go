package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/plan"
	"github.com/ittakesacommunity/takeover/store"
)

const (
	folderPoll = time.Second
	// folderStill is how long a file must be unchanged before it counts, so
	// that one that is being copied is not read halfway. Source: reliability.md F69.
	folderStill = 2 * time.Second
)

// folderDoor submits the plans that people lay into plans/<mechanism>/. It has
// no right of its own beyond a lead's: what it submits needs the same checks
// and approvals. A file that vanishes withdraws nothing.
type folderDoor struct {
	h    *house
	seen map[string]sighting
}

// sighting is how a file looked last, and since when.
type sighting struct {
	digest campaign.Digest
	since  time.Time
	done   bool
}

func newFolderDoor(h *house) *folderDoor { return &folderDoor{h: h, seen: map[string]sighting{}} }

func (f *folderDoor) run(ctx context.Context) error {
	tick := time.NewTicker(folderPoll)
	defer tick.Stop()
	for {
		f.look(ctx, time.Now())
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look visits every plan file once.
func (f *folderDoor) look(ctx context.Context, now time.Time) {
	here := map[string]bool{}
	for m := range f.mechanisms(ctx) {
		dir := f.h.server.Layout.PlansOf(m)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			f.h.log.Error("plan folder", "err", err)
			continue
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			f.h.log.Error("plan folder", "err", err)
			continue
		}
		for _, e := range entries {
			if e.Type().IsRegular() && slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(e.Name())) {
				path := filepath.Join(dir, e.Name())
				here[path] = true
				f.visit(ctx, m, path, now)
			}
		}
	}
	for path := range f.seen {
		if !here[path] {
			delete(f.seen, path)
			f.h.log.Warn("a plan file is gone; its posts stay as they are: withdraw the plan if that is meant", "file", path)
		}
	}
}

func (f *folderDoor) mechanisms(ctx context.Context) map[campaign.MechanismID]campaign.Mechanism {
	var c *campaign.Campaign
	err := f.h.store.View(ctx, func(tx store.Tx) (err error) {
		c, err = tx.Campaign()
		return err
	})
	if err != nil {
		return nil // no campaign yet, nobody to submit for
	}
	return c.Mechanisms
}

func (f *folderDoor) visit(ctx context.Context, m campaign.MechanismID, path string, now time.Time) {
	src, err := readPlan(path)
	if err != nil {
		return // it may be gone between listing and reading; the next look tells
	}
	digest := campaign.DigestOf(src)
	s := f.seen[path]
	if s.digest != digest {
		f.seen[path] = sighting{digest: digest, since: now}
		return
	}
	if s.done || now.Sub(s.since) < folderStill {
		return
	}
	s.done = true
	f.seen[path] = s
	f.submit(ctx, m, path, digest)
}

// submit hands one settled file in and writes the report beside it. A file
// that was handed in with the same bytes before is left alone.
func (f *folderDoor) submit(ctx context.Context, m campaign.MechanismID, path string, digest campaign.Digest) {
	key := "folder/" + string(m) + "/" + filepath.Base(path)
	if f.remembered(ctx, key) == digest {
		return
	}
	actor := campaign.Actor{Person: campaign.PersonID("folder:" + string(m)), Door: "folder",
		Roles: []campaign.Role{{Name: campaign.Lead, Mechanism: m}}}
	in, err := f.h.desk.Gather(ctx, actor, filepath.Dir(path), filepath.Base(path))
	var out desk.Submitted
	if err == nil {
		if campaign.DigestOf(in.Source) != digest {
			delete(f.seen, path) // it changed under our hands: look again
			return
		}
		if other := f.twin(path, in.Source); other != "" {
			err = fmt.Errorf("%s has the same plan id; neither is loaded until one is gone or renamed", filepath.Base(other))
		} else {
			in.Removals = desk.RemoveNone
			out, err = f.h.desk.Submit(ctx, actor, in)
		}
	}
	if ctx.Err() != nil {
		return
	}
	f.report(path, out, err)
	if err == nil || errors.Is(err, desk.ErrFindings) {
		f.remember(ctx, key, digest)
	}
}

// twin is another file of the folder with the same plan id.
func (f *folderDoor) twin(path string, src []byte) string {
	id := planID(src)
	if id == "" {
		return ""
	}
	for other := range f.seen {
		if other == path || filepath.Dir(other) != filepath.Dir(path) {
			continue
		}
		if b, err := readPlan(other); err == nil && planID(b) == id {
			return other
		}
	}
	return ""
}

// planID is the id that a plan's file gives itself; "" where it gives none.
func planID(src []byte) string {
	p, _ := plan.Parse("", src)
	if p == nil {
		return ""
	}
	return p.ID.Value
}

func (f *folderDoor) remembered(ctx context.Context, key string) (d campaign.Digest) {
	_ = f.h.store.View(ctx, func(tx store.Tx) error {
		b, err := tx.Setting(key)
		d = campaign.Digest(b)
		return err
	})
	return d
}

func (f *folderDoor) remember(ctx context.Context, key string, d campaign.Digest) {
	err := f.h.store.Update(ctx, func(tx store.Tx) error { return tx.PutSetting(key, []byte(d)) })
	if err != nil {
		f.h.log.Error("plan folder", "err", err)
	}
}

// report says beside the file and in the log what became of it.
func (f *folderDoor) report(path string, out desk.Submitted, err error) {
	var b bytes.Buffer
	src, _ := readPlan(path)
	a := &app{out: &b, err: &b}
	a.printSubmitted(&b, path, src, out, err == nil)
	if err != nil && !errors.Is(err, desk.ErrFindings) {
		fmt.Fprintln(&b, escapeTerminal(err.Error()))
	}
	f.h.log.Info("plan file", "file", path, "plan", out.Plan, "revision", out.Revision, "changed", out.Changed, "err", err)
	name := strings.TrimSuffix(path, filepath.Ext(path)) + ".report.txt"
	if old, readErr := os.ReadFile(name); readErr == nil && bytes.Equal(old, b.Bytes()) {
		return
	}
	if err := writeWhole(name, b.Bytes(), 0o600); err != nil {
		f.h.log.Error("plan folder", "err", err)
	}
}

// writeWhole replaces a file so that a reader sees the old or the new, never half.
func writeWhole(name string, b []byte, mode fs.FileMode) error {
	tmp := name + ".part"
	if err := os.WriteFile(tmp, b, mode); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}
