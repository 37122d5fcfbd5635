package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/store"
)

const (
	folderPoll = time.Second
	// folderStill is how long a file must be unchanged before it counts, so
	// that one that is being copied is not read halfway. Source: reliability.md F69.
	folderStill = 2 * time.Second
	// folderAgain is when a file is tried again that could not be handed in for
	// another reason than findings: the reason may have gone.
	folderAgain = time.Minute

	reportEnding = ".report.txt"
)

// folderDoor submits the plans that people lay into plans/<mechanism>/. It has
// no right of its own beyond a lead's: what it submits needs the same checks
// and approvals. A file that vanishes withdraws nothing. What lies there and
// cannot be a plan is told like a plan's fault: in the log and beside it.
type folderDoor struct {
	h      *house
	seen   map[string]sighting
	astray map[string]stray
	around map[campaign.MechanismID]string // of this look, as far as it was needed
}

// sighting is how a file looked last, and since when.
type sighting struct {
	digest campaign.Digest
	since  time.Time
	done   bool
	// refused is what surrounded the file when it had errors, "" where it had
	// none: a picture that was missing may come, a window may be granted.
	refused string
	// told is why it could not be handed in, once the log has it.
	told string
}

// stray is something that is not read, since when, and whether that was told.
type stray struct {
	campaign.Finding
	since time.Time
	told  bool
}

func newFolderDoor(h *house) *folderDoor {
	return &folderDoor{h: h, seen: map[string]sighting{}, astray: map[string]stray{}}
}

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

// look visits every plan file once, and tells what else lies there.
func (f *folderDoor) look(ctx context.Context, now time.Time) {
	c, err := f.campaign(ctx)
	if err != nil {
		return // the store is closed or broken, which others tell
	}
	var failed campaign.Findings
	for _, m := range mechanismsOf(c) {
		dir := f.h.server.Layout.PlansOf(m)
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			failed = append(failed, unread(dir, "the folder of mechanism "+string(m)+" cannot be made", err))
		}
	}
	s := surveyPlans(f.h.server.Layout, mechanismsOf(c))
	f.around = map[campaign.MechanismID]string{}
	here := map[string]bool{}
	for _, p := range s.plans {
		here[p.path] = true
		if err := f.visit(ctx, c, p, now); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, unread(p.path, "the file cannot be read", err))
		}
	}
	for path := range f.seen {
		if !here[path] {
			delete(f.seen, path)
			f.h.log.Warn("a plan file is gone; its posts stay as they are: withdraw the plan if that is meant", "file", path)
		}
	}
	f.tellAstray(append(s.named(f.h.server.Layout.Plans), failed...), now)
}

// unread is the finding about something that the system does not let us read.
func unread(path, what string, err error) campaign.Finding {
	return campaign.Finding{File: path, Severity: campaign.SeverityError, Code: codeAstray, Message: what + ": " + err.Error(),
		Fix: "let the user that runs takeover read and write it"}
}

// tellAstray says once of each thing that is not read why, when it has been so
// for as long as a plan must be still; what was mended is forgotten.
func (f *folderDoor) tellAstray(found campaign.Findings, now time.Time) {
	still := map[string]bool{}
	for _, a := range found {
		still[a.File] = true
		s, known := f.astray[a.File]
		if !known || s.Finding != a {
			s = stray{Finding: a, since: now}
		}
		if !s.told && now.Sub(s.since) >= folderStill {
			s.told = true
			f.h.log.Warn("plan folder: "+a.Message, "file", a.File, "fix", a.Fix)
			f.write(a.File+reportEnding, func(a *app) { a.printFindings(a.out, campaign.Findings{s.Finding}, nil) })
		}
		f.astray[a.File] = s
	}
	for path, s := range f.astray {
		if still[path] {
			continue
		}
		delete(f.astray, path)
		if s.told {
			f.h.log.Info("plan folder: mended", "file", path)
			_ = os.Remove(path + reportEnding) // nobody misses it
		}
	}
}

// campaign is nil where there is none yet.
func (f *folderDoor) campaign(ctx context.Context) (c *campaign.Campaign, err error) {
	err = f.h.store.View(ctx, func(tx store.Tx) (err error) {
		c, err = tx.Campaign()
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return c, err
}

// mechanismsOf are the mechanisms of a campaign in order; none where there is none.
func mechanismsOf(c *campaign.Campaign) []campaign.MechanismID {
	if c == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(c.Mechanisms))
}

// visit hands a file in when it has been still. Its errors are those of reading it.
func (f *folderDoor) visit(ctx context.Context, c *campaign.Campaign, p planFile, now time.Time) error {
	src, err := readPlan(p.path)
	if err != nil {
		return err // where it is only gone between listing and reading the next look tells
	}
	digest := campaign.DigestOf(src)
	s := f.seen[p.path]
	if s.digest != digest || s.refused != "" && s.refused != f.surroundings(c, p) {
		f.seen[p.path] = sighting{digest: digest, since: now}
		return nil
	}
	if s.done || now.Sub(s.since) < folderStill {
		return nil
	}
	s.done = true
	before := f.surroundings(c, p)
	switch err := f.submit(ctx, p, digest); {
	case errors.Is(err, desk.ErrFindings):
		s.refused = before
	case errors.Is(err, errChanged):
		delete(f.seen, p.path)
		return nil
	case err != nil:
		s.done, s.since, s.told = false, now.Add(folderAgain-folderStill), err.Error()
	}
	f.seen[p.path] = s
	return nil
}

// surroundings are what may make a good plan of a bad one: the campaign, and
// the other files of the mechanism by name, size and time.
func (f *folderDoor) surroundings(c *campaign.Campaign, p planFile) string {
	if s, known := f.around[p.mechanism]; known {
		return s
	}
	var b strings.Builder
	fmt.Fprintln(&b, c.Revision)
	looked := 0
	_ = filepath.WalkDir(filepath.Dir(p.path), func(path string, e fs.DirEntry, err error) error {
		if looked++; err != nil || looked > maxBelow {
			return fs.SkipAll
		}
		if e.IsDir() || strings.HasSuffix(path, reportEnding) || strings.HasPrefix(e.Name(), halfWritten) {
			return nil
		}
		if i, err := e.Info(); err == nil {
			fmt.Fprintln(&b, path, i.Size(), i.ModTime().UnixNano())
		}
		return nil
	})
	f.around[p.mechanism] = string(campaign.DigestOf([]byte(b.String())))
	return f.around[p.mechanism]
}

// errChanged is a file that changed while it was handed in.
var errChanged = errors.New("the file changed meanwhile")

// submit hands one settled file in and writes the report beside it. A file
// that was handed in with the same bytes before is left alone.
func (f *folderDoor) submit(ctx context.Context, p planFile, digest campaign.Digest) error {
	key := "folder/" + string(p.mechanism) + "/" + filepath.Base(p.path)
	if f.remembered(ctx, key) == digest {
		return nil
	}
	actor := campaign.Actor{Person: campaign.PersonID("folder:" + string(p.mechanism)), Door: "folder",
		Roles: []campaign.Role{{Name: campaign.Lead, Mechanism: p.mechanism}}}
	in, err := f.h.desk.Gather(ctx, actor, filepath.Dir(p.path), filepath.Base(p.path))
	var out desk.Submitted
	if err == nil {
		if campaign.DigestOf(in.Source) != digest {
			return errChanged
		}
		if other := f.twin(p.path, in.Source); other != "" {
			err = fmt.Errorf("%s has the same plan id; neither is loaded until one is gone or renamed", filepath.Base(other))
		} else {
			in.Removals = desk.RemoveNone
			out, err = f.h.desk.Submit(ctx, actor, in)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f.report(p.path, out, err)
	if err != nil {
		digest = "" // when the earlier bytes come back, so does their report
	}
	f.remember(ctx, key, digest)
	return err
}

// twin is another file of the folder with the same plan id.
func (f *folderDoor) twin(path string, src []byte) string {
	id := planID(path, src)
	if id == "" {
		return ""
	}
	for other := range f.seen {
		if other == path || filepath.Dir(other) != filepath.Dir(path) {
			continue
		}
		if b, err := readPlan(other); err == nil && planID(other, b) == id {
			return other
		}
	}
	return ""
}

// planID is the id that a plan's file gives itself; "" where it gives none.
func planID(file string, src []byte) string {
	p := parsePlan(file, src)
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
	if f.remembered(ctx, key) == d {
		return
	}
	var value []byte // nil forgets
	if d != "" {
		value = []byte(d)
	}
	err := f.h.store.Update(ctx, func(tx store.Tx) error { return tx.PutSetting(key, value) })
	if err != nil {
		f.h.log.Error("plan folder", "err", err)
	}
}

// report says beside the file and in the log what became of it.
func (f *folderDoor) report(path string, out desk.Submitted, err error) {
	src, _ := readPlan(path)
	if err == nil || err.Error() != f.seen[path].told { // each try for the same reason is no news
		f.h.log.Info("plan file", "file", path, "plan", out.Plan, "revision", out.Revision, "changed", out.Changed, "err", err)
	}
	f.write(f.reportOf(path), func(a *app) {
		a.printSubmitted(a.out, path, src, out, err == nil)
		if err != nil && !errors.Is(err, desk.ErrFindings) {
			fmt.Fprintln(a.out, escapeTerminal(err.Error()))
		}
	})
}

// reportOf is the file that a plan file's report goes to: plan.report.txt, but
// plan.csv.report.txt where there is a plan.yaml too.
func (f *folderDoor) reportOf(path string) string {
	stem := strings.TrimSuffix(path, filepath.Ext(path))
	for other := range f.seen {
		if other != path && strings.TrimSuffix(other, filepath.Ext(other)) == stem {
			return path + reportEnding
		}
	}
	return stem + reportEnding
}

// write writes a report, unless it says the same already.
func (f *folderDoor) write(name string, say func(*app)) {
	var b bytes.Buffer
	say(&app{out: &b, err: &b})
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, b.Bytes()) {
		return
	}
	if err := writeWhole(name, b.Bytes()); err != nil {
		f.h.log.Error("plan folder: the report cannot be written", "err", err)
	}
}
