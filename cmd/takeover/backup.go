package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// operations is the operator's work on a house.
type operations struct{ *house }

// Backup implements web.Operations: the store is copied at once, which stalls
// no writer; the archive is written from the copy.
func (o operations) Backup(ctx context.Context, a campaign.Actor, keep bool) (func(io.Writer) error, error) {
	// A copy that a killed daemon leaves under this name goes with the next start.
	b := &backup{house: o.house, db: o.server.Layout.Store + ".copy-archive-" + rand.Text(), m: manifest{Program: version(), StoreMade: boltstore.Schema}}
	if err := b.copy(ctx); err != nil {
		_ = os.Remove(b.db)
		return nil, err
	}
	return func(w io.Writer) error {
		defer os.Remove(b.db)
		if err := b.write(ctx, w); err != nil || !keep {
			return err
		}
		return o.desk.NoteBackup(ctx, a, fmt.Sprintf("%d deliveries, %d media", b.m.Facts.Deliveries, len(b.used)))
	}, nil
}

// backup is one archive under way.
type backup struct {
	*house
	db   string // the store's copy
	m    manifest
	used []campaign.Digest
	yaml []byte // the campaign as a file
}

// copy makes the store's copy and counts it. A store with records that cannot
// be read is backed up all the same, and the archive says so.
func (b *backup) copy(ctx context.Context) error {
	err := b.store.Backup(ctx, b.db)
	if errors.Is(err, store.ErrCorrupt) {
		b.m.Unsound = err.Error()
	} else if err != nil {
		return err
	}
	return boltstore.ReadCopy(ctx, b.db, func(tx store.Tx) (err error) {
		b.m.Facts, b.used, err = countFacts(ctx, tx)
		if err != nil {
			return err
		}
		c, err := tx.Campaign()
		if errors.Is(err, store.ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		b.yaml = configs.ExportCampaign(*c)
		return nil
	})
}

func (b *backup) write(ctx context.Context, to io.Writer) error {
	w := newArchiveWriter(to, b.clock.Now())
	if err := b.addStore(w); err != nil {
		return err
	}
	if b.yaml != nil {
		if err := w.add(archiveCampaign, int64(len(b.yaml)), bytes.NewReader(b.yaml)); err != nil {
			return err
		}
	}
	if b.server.File != "" {
		src, err := configs.ReadFile(b.server.File)
		if err != nil {
			return err
		}
		// It names secrets and holds none: the program refuses a literal one.
		if err := w.add(archiveServer, int64(len(src)), bytes.NewReader(src)); err != nil {
			return err
		}
	}
	for _, d := range b.used {
		if err := ctx.Err(); err != nil {
			return err
		}
		file, err := b.media.Read(d)
		if err != nil {
			b.log.Error("backup", "err", err)
			b.m.Missing = append(b.m.Missing, d)
			continue
		}
		if err := w.add(archiveMedia+string(d), int64(len(file)), bytes.NewReader(file)); err != nil {
			return err
		}
	}
	return w.finish(b.m)
}

func (b *backup) addStore(w *archiveWriter) error {
	f, err := os.Open(b.db)
	if err != nil {
		return err
	}
	defer f.Close()
	i, err := f.Stat()
	if err != nil {
		return err
	}
	return w.add(archiveStore, i.Size(), f)
}

// backupMade is what the command says of an archive.
type backupMade struct {
	File      string            `json:"file"` // "" for a dry run
	Bytes     int64             `json:"bytes"`
	Made      string            `json:"made"`
	Campaign  string            `json:"campaign"`
	Schema    int               `json:"store_schema"`
	Plans     int               `json:"plans"`
	Count     int               `json:"deliveries"`
	Media     int               `json:"media"`
	Encrypted bool              `json:"encrypted"`
	Missing   []campaign.Digest `json:"missing,omitempty"`
	Unsound   string            `json:"unsound,omitempty"`
}

func madeOf(m *manifest) backupMade {
	return backupMade{Made: m.Made.UTC().Format("2006-01-02T15:04Z"), Campaign: m.Facts.Campaign, Schema: m.StoreMade,
		Plans: m.Facts.Plans, Count: m.Facts.Deliveries, Media: m.media(), Missing: m.Missing, Unsound: m.Unsound}
}

func (b backupMade) String() string {
	return fmt.Sprintf("%s, store v%d, %s, %s, %d media", b.Made, b.Schema, count(b.Plans, "plan"), count(b.Count, "delivery"), b.Media)
}

func (a *app) backupCommand() *cobra.Command {
	var recipients []string
	var into, keep string
	c := &cobra.Command{
		Use: "backup [OUT]", Short: "Write the whole campaign into one file, while the daemon runs", Args: cobra.MaximumNArgs(1),
		Long: `Write store, pictures and films, and both configuration files into one file.
The daemon goes on publishing meanwhile. What was written is read back and
compared with its hashes before the file gets its name; nothing is overwritten.

The file holds no key: tokens of networks are in it as they lie in the store,
sealed with the key file that takeover.yaml names (master.key). Keep a copy of
that file too, and somewhere else than the backups.

With --into the file goes into a folder under a name with its time, and older
ones there are dropped once it is whole: the last ones stay, and the newest of each
of the last days, weeks and months that have one, as many as --keep says.

With --age-recipient the file is encrypted to an age key (age1…), so that only
who holds its identity can read the posts in it.`,
		Example: "  takeover backup itac-2026-12-18.backup\n  takeover backup --into /mnt/backups --keep daily=14,weekly=8\n  takeover backup /mnt/backups/itac.backup --age-recipient age1…",
		RunE: func(cmd *cobra.Command, args []string) error {
			to, err := ageRecipients(recipients)
			if err != nil {
				return err
			}
			if (len(args) == 1) == (into != "") {
				return usagef("name a file, or a folder with --into")
			}
			if into != "" {
				k, err := parseKeeping(keep)
				if err != nil {
					return err
				}
				return a.withClient(cmd.Context(), func(c *client) error { return a.backupInto(cmd.Context(), c, into, k, to) })
			}
			if _, err := os.Lstat(args[0]); err == nil {
				return usagef("%s is there already; a backup overwrites nothing", args[0])
			}
			return a.withClient(cmd.Context(), func(c *client) error { return a.backup(cmd.Context(), c, args[0], to) })
		},
	}
	c.Flags().StringVar(&into, "into", "", "folder that keeps backups by their age")
	c.Flags().StringVar(&keep, "keep", keeping{last: 3, daily: 14, weekly: 8}.String(), "with --into: how many last ones, days, weeks and months stay")
	c.Flags().StringArrayVar(&recipients, "age-recipient", nil, "encrypt to this age key, age1… (may be given again)")
	return c
}

func ageRecipients(keys []string) ([]age.Recipient, error) {
	var list []age.Recipient
	for _, k := range keys {
		r, err := age.ParseX25519Recipient(k)
		if err != nil {
			return nil, usagef("--age-recipient: %q is no age key; write one that begins with age1", k)
		}
		list = append(list, r)
	}
	return list, nil
}

// backupInto makes a backup in the folder, then drops those that need not stay:
// never before the new one is whole.
func (a *app) backupInto(ctx context.Context, c *client, dir string, k keeping, to []age.Recipient) error {
	now := time.Now()
	if !a.dryRun {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		dropCut(dir, now.Add(-cutAge))
	}
	if err := a.backup(ctx, c, filepath.Join(dir, datedName(now)), to); err != nil || a.dryRun {
		return err // one that lacks pictures is no reason to drop those that have them
	}
	dropped, err := k.tidy(dir)
	if len(dropped) > 0 {
		a.say("%s, and %s dropped (%s stays)", dir, count(len(dropped), "older backup"), k)
	}
	return err
}

// backup fetches an archive and proves it while it is written.
func (a *app) backup(ctx context.Context, c *client, out string, to []age.Recipient) error {
	query := url.Values{}
	if a.dryRun {
		query.Set("dry_run", "true")
	}
	in, err := c.open(ctx, http.MethodPost, "/backup", query, "", nil)
	if err != nil {
		return err
	}
	defer in.Close()
	var made backupMade
	if a.dryRun {
		made, err = proveInto(ctx, in, io.Discard)
	} else {
		made, err = keepArchive(ctx, in, out, to)
	}
	if err != nil {
		return err
	}
	if err := a.print("backup", made, nil, func(w io.Writer) { a.sayBackup(w, made) }); err != nil {
		return err
	}
	if len(made.Missing) > 0 || made.Unsound != "" {
		return exit{exitFindings}
	}
	return nil
}

func (a *app) sayBackup(w io.Writer, made backupMade) {
	if made.File == "" {
		fmt.Fprintf(w, "A backup can be made: %s. Dry run only, nothing was written.\n", made)
	} else {
		fmt.Fprintf(w, "Backup %s: all hashes match. It is in %s (%s).\n", made, escapeTerminal(made.File), sizeText(made.Bytes))
		fmt.Fprintln(w, "The key file is not in it: keep a copy of master.key elsewhere, apart from the backups.")
	}
	if len(made.Missing) > 0 {
		fmt.Fprintf(w, "%d pictures or films that plans name could not be read and are not in it; takeover doctor says which.\n", len(made.Missing))
	}
	if made.Unsound != "" {
		fmt.Fprintln(w, "The store itself is not sound: "+escapeTerminal(made.Unsound))
	}
}

// proveInto reads an archive to its end, proves it, and passes its bytes on.
func proveInto(ctx context.Context, in io.Reader, to io.Writer) (backupMade, error) {
	tee := io.TeeReader(in, to)
	m, err := readArchive(ctx, tee, nil)
	if err == nil {
		_, err = io.Copy(io.Discard, tee) // the padding of the tar
	}
	if err != nil {
		return backupMade{}, fmt.Errorf("no backup was made: %w", err)
	}
	return madeOf(m), nil
}

// keepArchive writes the archive, compressed and perhaps encrypted, under
// another name first: a file of the name that was asked for is whole.
func keepArchive(ctx context.Context, in io.Reader, out string, to []age.Recipient) (made backupMade, err error) {
	f, err := os.CreateTemp(filepath.Dir(out), filepath.Base(out)+".part-*") // mode 0600
	if err != nil {
		return made, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	outer := io.WriteCloser(nopCloser{f})
	if len(to) > 0 {
		if outer, err = age.Encrypt(f, to...); err != nil {
			return made, err
		}
	}
	packed := gzip.NewWriter(outer)
	made, err = proveInto(ctx, in, packed)
	if err := errors.Join(err, packed.Close(), outer.Close(), f.Sync()); err != nil {
		return made, err
	}
	i, err := f.Stat()
	if err != nil {
		return made, err
	}
	made.File, made.Bytes, made.Encrypted = out, i.Size(), len(to) > 0
	return made, placeArchive(f.Name(), out)
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// placeArchive gives the file its name, which must be free, for good.
func placeArchive(from, to string) error {
	if err := os.Link(from, to); err != nil { // no link there (FAT, some shares): a name that is free by the check above
		if os.IsExist(err) {
			return err
		}
		if err := os.Rename(from, to); err != nil {
			return err
		}
	}
	return syncDir(filepath.Dir(to))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// sizeText writes bytes for people, "41 MiB".
func sizeText(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", (n+1023)>>10)
}
