package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/desk"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// restored is what the command says of an archive that it proved or put back.
type restored struct {
	backupMade
	Verified  bool                  `json:"verified"`
	Written   bool                  `json:"written"`
	Data      string                `json:"data,omitempty"`  // where it was put
	Aside     string                `json:"aside,omitempty"` // where what lay there is now
	Unsettled []campaign.DeliveryID `json:"unsettled"`       // armed, in doubt or waiting for a person then
}

func (a *app) restoreCommand() *cobra.Command {
	var verify, force bool
	var identity string
	c := &cobra.Command{
		Use: "restore FILE", Short: "Put a backup back, or prove that it could be", Args: cobra.ExactArgs(1),
		Long: `Put a backup back into the data folder, which must be empty or absent; --force
moves what lies there into a folder beside it. No daemon may run on it.

With --verify every file's hash, every record of the store and all counts are
compared with the manifest, and nothing is written into the data folder. Where
FILE is a folder of backup --into, its newest one is taken.

A restored store starts STOPPED: posts may be public that it does not know of.
Look at what it lists, then: takeover resume --cause restore

The key file is not in a backup; put your own copy where takeover.yaml names it
(secrets.key_file). The configuration files of the backup are laid into the
folder from-backup, and count nowhere until you move them.`,
		Example: "  takeover restore itac-2026-12-18.backup --verify\n  takeover restore itac-2026-12-18.backup --age-identity key.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.server != "" || a.profile != "" {
				return usagef("a restore works on the data folder of this machine; leave --server and --profile out")
			}
			ids, err := ageIdentities(identity)
			if err != nil {
				return err
			}
			if args[0], err = newestIn(args[0]); err != nil {
				return err
			}
			if verify || a.dryRun {
				return a.verifyBackup(cmd.Context(), args[0], ids)
			}
			return a.restore(cmd.Context(), args[0], ids, force)
		},
	}
	c.Flags().BoolVar(&verify, "verify", false, "prove all hashes and counts; write nothing into the data folder")
	c.Flags().BoolVar(&force, "force", false, "move aside what lies in the data folder")
	c.Flags().StringVar(&identity, "age-identity", "", "file with the age identity that the backup was encrypted to")
	return c
}

func ageIdentities(file string) ([]age.Identity, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, usageError{err}
	}
	defer f.Close()
	ids, err := age.ParseIdentities(f)
	if err != nil {
		return nil, usagef("%s holds no age identity", file) // the error may repeat a line of it
	}
	return ids, nil
}

const ageIntro = "age-encryption.org/v1"

// openArchive is the tar inside of a backup file.
func openArchive(r io.Reader, ids []age.Identity) (io.Reader, error) {
	in := bufio.NewReader(r)
	if head, _ := in.Peek(len(ageIntro)); string(head) == ageIntro {
		if len(ids) == 0 {
			return nil, usagef("the backup is encrypted; name the file with your age identity: --age-identity FILE")
		}
		open, err := age.Decrypt(in, ids...)
		if err != nil {
			return nil, fmt.Errorf("the backup cannot be decrypted: %w", err)
		}
		in = bufio.NewReader(open)
	}
	if head, _ := in.Peek(2); !bytes.Equal(head, []byte{0x1f, 0x8b}) {
		return nil, errors.New("this is no backup of takeover")
	}
	packed, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("the backup cannot be read: %w", err)
	}
	packed.Multistream(false)
	return packed, nil
}

// unpack proves an archive and lays its files out below the folder; media
// only where keep says so.
func unpack(ctx context.Context, file string, ids []age.Identity, dir string, keep bool) (*manifest, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usageError{err}
	}
	defer f.Close()
	in, err := openArchive(f, ids)
	if err != nil {
		return nil, err
	}
	m, err := readArchive(ctx, in, func(name string, r io.Reader) error {
		to := filepath.Join(dir, filepath.FromSlash(name))
		switch {
		case mediaName.MatchString(name):
			if !keep {
				return nil
			}
			digest := strings.TrimPrefix(name, archiveMedia)
			to = filepath.Join(dir, "media", digest[:2], digest)
		case name != archiveStore:
			if !keep {
				return nil
			}
			to = filepath.Join(dir, "from-backup", name)
		}
		return writeSynced(to, r)
	})
	if err == nil {
		// To the end of what is around the tar: its checksum is there.
		_, err = io.Copy(io.Discard, in)
	}
	return m, err
}

// writeSynced writes a new file and the folder it lies in, durably.
func writeSynced(name string, r io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Sync(), f.Close(), syncDir(filepath.Dir(name)))
}

// verifyBackup proves an archive in a folder of its own.
func (a *app) verifyBackup(ctx context.Context, file string, ids []age.Identity) error {
	dir, err := os.MkdirTemp("", "takeover-verify-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m, err := unpack(ctx, file, ids, dir, false)
	if err != nil {
		return a.unproven(err)
	}
	if err := proveStore(ctx, filepath.Join(dir, archiveStore), m, nil); err != nil {
		return a.unproven(err)
	}
	return a.sayRestored(restored{backupMade: madeOf(m), Verified: true, Unsettled: m.Facts.Unsettled})
}

// unproven tells what is wrong with an archive: a finding, if the archive is at fault.
func (a *app) unproven(err error) error {
	var usage usageError
	if errors.As(err, &usage) || errors.Is(err, context.Canceled) {
		return err
	}
	fmt.Fprintln(a.err, "takeover: "+escapeTerminal(err.Error()))
	fmt.Fprintln(a.err, "The backup cannot be relied on. Nothing was written.")
	return exit{exitFindings}
}

// proveStore reads every record of an unpacked store, compares its counts with
// the manifest, and hands it to then. It is opened without a counter, so that
// nothing outside of its folder changes.
func proveStore(ctx context.Context, db string, m *manifest, then func(*boltstore.Store) error) error {
	report, err := boltstore.Check(ctx, db)
	if err != nil {
		return err
	}
	if !report.Sound() && m.Unsound == "" {
		return fmt.Errorf("%w: the store in the backup is damaged", store.ErrCorrupt)
	}
	if report.Schema != m.StoreMade {
		return fmt.Errorf("the store in the backup is v%d, the manifest says v%d", report.Schema, m.StoreMade)
	}
	s, err := boltstore.Open(boltstore.Options{Path: db})
	if err != nil {
		return err
	}
	err = s.View(ctx, func(tx store.Tx) error {
		now, used, err := countFacts(ctx, tx)
		if err != nil {
			return err
		}
		if why := m.Facts.differ(now); why != "" {
			return errors.New(why)
		}
		return m.lacks(used)
	})
	if err == nil && then != nil {
		err = then(s)
	}
	return errors.Join(err, s.Close())
}

// lacks is an error where the store names media that are neither in the
// archive nor told missing.
func (m *manifest) lacks(used []campaign.Digest) error {
	there := map[campaign.Digest]bool{}
	for _, f := range m.Files {
		there[f.SHA256] = true
	}
	for _, d := range m.Missing {
		there[d] = true
	}
	for _, d := range used {
		if !there[d] {
			return fmt.Errorf("the store names the picture or film %s, and the backup lacks it", d)
		}
	}
	return nil
}

// restore proves an archive beside its place, stops what it holds, and only
// then puts it there. The store comes last: until then there is none.
func (a *app) restore(ctx context.Context, file string, ids []age.Identity, force bool) error {
	s, err := a.serverConfig()
	if err != nil {
		return err
	}
	if s.Shared() {
		return usagef("this store is PostgreSQL: put it back with its own tools; what a backup holds says: takeover restore FILE --verify")
	}
	held, err := roomFor(ctx, s.Layout, force)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.Layout.Data, 0o700); err != nil {
		return err
	}
	stage, err := os.MkdirTemp(s.Layout.Data, stagePrefix+"*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	m, err := unpack(ctx, file, ids, stage, true)
	if err != nil {
		return a.unproven(err)
	}
	err = proveStore(ctx, filepath.Join(stage, archiveStore), m, func(st *boltstore.Store) error {
		d := desk.New(desk.Config{Store: st, Clock: a.clock, Log: a.logger()})
		who, err := d.LocalActor(ctx, campaign.PersonID(a.as))
		if err != nil {
			return err
		}
		return d.Restored(ctx, who, m.Made)
	})
	if errors.Is(err, campaign.ErrNotAllowed) {
		fmt.Fprintln(a.err, "takeover: "+escapeTerminal(err.Error()))
		return exit{exitNotAllowed}
	} else if err != nil {
		return a.unproven(err)
	}
	out := restored{backupMade: madeOf(m), Verified: true, Written: true, Data: s.Layout.Data, Unsettled: m.Facts.Unsettled}
	if out.Aside, err = moveAside(s.Layout, held); err != nil {
		return err
	}
	if err := place(stage, s.Layout); err != nil {
		return fmt.Errorf("the restore is not complete, run it again with --force: %w", err)
	}
	left, _ := filepath.Glob(filepath.Join(s.Layout.Data, stagePrefix+"*"))
	for _, dir := range left { // of restores that were killed
		_ = os.RemoveAll(dir)
	}
	return a.sayRestored(out)
}

// stagePrefix begins the name of the folder that a backup is unpacked into.
const stagePrefix = ".restoring-"

// wholeRestore is an error where a restore was cut short after what lay there
// was moved aside: an empty store would begin in its place.
func wholeRestore(s configs.Server) error {
	if s.Shared() {
		return nil
	}
	l := s.Layout
	left, _ := filepath.Glob(filepath.Join(l.Data, stagePrefix+"*"))
	if _, err := os.Lstat(l.Store); err == nil || len(left) == 0 {
		return nil
	}
	return unreachable{fmt.Errorf("a restore into %s was cut short, and there is no store; run takeover restore again, with --force", l.Data)}
}

// roomFor lists what lies in the data folder and would have to move; an error
// where that was not asked for, or somebody uses it.
func roomFor(ctx context.Context, l configs.Layout, force bool) (held []string, err error) {
	for _, p := range []struct{ key, path string }{{"store.path", l.Store}, {"media.dir", l.Media}} {
		if rel, err := filepath.Rel(l.Data, p.path); err != nil || !filepath.IsLocal(rel) {
			return nil, usagef("%s lies outside of the data folder %s; restore without a takeover.yaml (--data DIR), then move it there", p.key, l.Data)
		}
	}
	if c, ok := dialSocket(l.Socket); ok {
		return nil, errors.Join(unreachable{fmt.Errorf("a daemon runs on %s; stop it first", l.Data)}, c.close())
	}
	var locked *boltstore.LockedError
	if _, err := boltstore.Check(ctx, l.Store); errors.As(err, &locked) {
		return nil, err
	}
	entries, err := os.ReadDir(l.Data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		path := filepath.Join(l.Data, e.Name())
		if strings.HasPrefix(e.Name(), stagePrefix) || strings.HasPrefix(e.Name(), asidePrefix) || path == l.Backups || path == l.Socket {
			continue
		}
		held = append(held, e.Name())
	}
	if len(held) > 0 && !force {
		return nil, usagef("%s is not empty; look whether it is the right folder, then move what lies there aside with --force", l.Data)
	}
	return held, nil
}

// asidePrefix begins the name of the folder that keeps what a restore met.
const asidePrefix = "before-restore-"

// moveAside keeps what lay in the data folder, in a folder inside of it: that
// works wherever the folder itself can be written, mount points too.
func moveAside(l configs.Layout, held []string) (string, error) {
	if len(held) == 0 {
		return "", nil
	}
	aside := filepath.Join(l.Data, asidePrefix+time.Now().UTC().Format("20060102T150405.000Z"))
	if err := os.Mkdir(aside, 0o700); err != nil {
		return "", err
	}
	for _, name := range held {
		if err := os.Rename(filepath.Join(l.Data, name), filepath.Join(aside, name)); err != nil {
			return aside, err
		}
	}
	return aside, syncDir(l.Data)
}

// place moves what was unpacked to where it belongs, the store last.
func place(stage string, l configs.Layout) error {
	for _, p := range []struct{ from, to string }{
		{"from-backup", filepath.Join(l.Data, "from-backup")}, {"media", l.Media}, {archiveStore, l.Store},
	} {
		from := filepath.Join(stage, p.from)
		if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(p.to), 0o700); err != nil {
			return err
		}
		if err := os.Rename(from, p.to); err != nil {
			return err
		}
		if err := syncDir(filepath.Dir(p.to)); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) sayRestored(r restored) error {
	return a.print("restore", r, nil, func(w io.Writer) {
		fmt.Fprintf(w, "Archive %s: all hashes match.", r.backupMade)
		verb := "After a real restore the daemon starts STOPPED"
		if r.Written {
			fmt.Fprintf(w, " It is in %s.\n", escapeTerminal(r.Data))
			verb = "The daemon will start STOPPED"
		} else {
			fmt.Fprintln(w, " Dry run only, nothing written.")
		}
		if n := len(r.Unsettled); n > 0 {
			fmt.Fprintf(w, "%s: %s armed, in doubt or waiting for a person then; takeover queue --state armed --state in_doubt --state needs_human lists them.\n", verb, count(n, "delivery")+map[bool]string{true: " was", false: " were"}[n == 1])
		} else {
			fmt.Fprintf(w, "%s: posts may be public that this backup does not know of.\n", verb)
		}
		if r.Aside != "" {
			fmt.Fprintf(w, "What lay there is in %s.\n", escapeTerminal(r.Aside))
		}
		if r.Written {
			fmt.Fprintln(w, "The key file is not in a backup: put your copy of it in place. Then look at the queue and the accounts, and: takeover resume --cause restore")
		}
		if len(r.Missing) > 0 {
			fmt.Fprintf(w, "%d pictures or films were missing when it was made.\n", len(r.Missing))
		}
		if r.Unsound != "" {
			fmt.Fprintln(w, "The store was not sound when it was made: "+escapeTerminal(r.Unsound))
		}
	})
}
