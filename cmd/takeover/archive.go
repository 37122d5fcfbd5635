package main

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"
	"regexp"
	"slices"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// A backup is a tar of the store, every picture and film that its plans and
// deliveries name, both configuration files and, last, the manifest: what is
// cut short has none. The command compresses it and may encrypt it. The master
// key and the counter are never in it.
const (
	archiveSchema   = "takeover/backup-v1"
	archiveManifest = "manifest.json"
	archiveStore    = "takeover.db"
	archiveCampaign = "campaign.yaml"
	archiveServer   = "takeover.yaml"
	archiveMedia    = "media/"

	maxManifest = 64 << 20
	maxYAML     = 8 << 20
)

// manifest says what an archive holds.
type manifest struct {
	Schema    string        `json:"schema"`
	Made      time.Time     `json:"made"`
	Program   string        `json:"program"`
	StoreMade int           `json:"store_schema"`
	Facts     archiveFacts  `json:"facts"`
	Files     []archiveFile `json:"files"`
	// Missing are media that the store names and that could not be read.
	Missing []campaign.Digest `json:"missing,omitempty"`
	// Unsound says what was wrong with the store when it was copied.
	Unsound string `json:"unsound,omitempty"`
}

type archiveFile struct {
	Name   string          `json:"name"`
	Bytes  int64           `json:"bytes"`
	SHA256 campaign.Digest `json:"sha256"`
}

// archiveFacts are counted in the store's copy when it is made, and again when
// it is read.
type archiveFacts struct {
	Campaign   string                 `json:"campaign"`
	Plans      int                    `json:"plans"`
	Deliveries int                    `json:"deliveries"`
	ByState    map[campaign.State]int `json:"by_state"`
	// Unsettled were armed, in doubt or waited for a person: what became of
	// them after the copy was made, the copy does not know.
	Unsettled []campaign.DeliveryID `json:"unsettled"`
}

// countFacts counts a store, and names all media that it uses.
func countFacts(ctx context.Context, tx store.Tx) (f archiveFacts, used []campaign.Digest, err error) {
	f = archiveFacts{ByState: map[campaign.State]int{}, Unsettled: []campaign.DeliveryID{}}
	media := map[campaign.Digest]bool{}
	c, err := tx.Campaign()
	if err == nil {
		f.Campaign = c.ID
		media[c.Kit.Logo] = true
	} else if !errors.Is(err, store.ErrNotFound) {
		return f, nil, err
	}
	plans, err := tx.Plans()
	if err != nil {
		return f, nil, err
	}
	for _, p := range plans {
		f.Plans++
		media[p.Kit.Logo] = true
		for _, m := range p.Media {
			media[m.Digest] = true
		}
	}
	seen := map[campaign.Digest]bool{}
	err = eachDelivery(ctx, tx, store.Filter{}, func(d campaign.Delivery) error {
		f.Deliveries++
		f.ByState[d.State]++
		if d.State.Pins() {
			f.Unsettled = append(f.Unsettled, d.ID)
		}
		return eachMedia(tx, &d, seen, func(d campaign.Digest) { media[d] = true })
	})
	delete(media, "")
	for d := range media {
		used = append(used, d)
	}
	slices.Sort(used)
	return f, used, err
}

// eachDelivery visits every delivery that the filter matches.
func eachDelivery(ctx context.Context, tx store.Tx, f store.Filter, do func(campaign.Delivery) error) error {
	for cursor := ""; ; {
		ds, next, err := tx.List(f, cursor, 1000)
		if err != nil {
			return err
		}
		for _, d := range ds {
			if err := do(d); err != nil {
				return err
			}
		}
		if next == "" {
			return ctx.Err()
		}
		cursor = next
	}
}

// eachMedia visits what the delivery's content shows, each content once.
func eachMedia(tx store.Tx, d *campaign.Delivery, seen map[campaign.Digest]bool, do func(campaign.Digest)) error {
	if d.Content == "" || seen[d.Content] {
		return nil
	}
	seen[d.Content] = true
	c, err := tx.Content(d.Content)
	if errors.Is(err, store.ErrCorrupt) {
		return nil // the check of the whole store tells; what can be read goes on
	} else if err != nil {
		return fmt.Errorf("content of delivery %s: %w", d.ID, err)
	}
	for _, m := range c.Pictures() {
		do(m.Digest)
	}
	return nil
}

// archiveWriter writes an archive and notes what it wrote.
type archiveWriter struct {
	tar   *tar.Writer
	made  time.Time
	files []archiveFile
}

func newArchiveWriter(w io.Writer, made time.Time) *archiveWriter {
	return &archiveWriter{tar: tar.NewWriter(w), made: made}
}

func (w *archiveWriter) header(name string, size int64) error {
	return w.tar.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: w.made.Truncate(time.Second), Typeflag: tar.TypeReg, Format: tar.FormatPAX})
}

// add writes one file of exactly size bytes.
func (w *archiveWriter) add(name string, size int64, r io.Reader) error {
	if err := w.header(name, size); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(w.tar, sum), r, size); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	w.files = append(w.files, archiveFile{name, size, campaign.Digest(hex.EncodeToString(sum.Sum(nil)))})
	return nil
}

// finish writes the manifest.
func (w *archiveWriter) finish(m manifest) error {
	m.Schema, m.Made, m.Files = archiveSchema, w.made, w.files
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := w.header(archiveManifest, int64(len(b))); err != nil {
		return err
	}
	_, err = w.tar.Write(b)
	return errors.Join(err, w.tar.Close())
}

var mediaName = regexp.MustCompile(`^media/[0-9a-f]{64}$`)

// readArchive reads a tar to its end. sink gets every file but the manifest;
// nil there only reads. What is returned is proven: every file is in the
// manifest with its size and hash, none is missing, and none has another name
// than this program writes, so that none can lead out of a folder.
func readArchive(ctx context.Context, r io.Reader, sink func(name string, r io.Reader) error) (*manifest, error) {
	in := tar.NewReader(r)
	var found []archiveFile
	names := map[string]bool{}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		h, err := in.Next()
		if err == io.EOF {
			return nil, errors.New("the archive is cut short: it has no manifest")
		} else if err != nil {
			return nil, fmt.Errorf("the archive cannot be read: %w", err)
		}
		if h.Name == archiveManifest {
			return endArchive(in, h, found)
		}
		if err := fits(h, names); err != nil {
			return nil, err
		}
		names[h.Name] = true
		sum := sha256.New()
		read := &counted{r: io.TeeReader(in, sum)}
		if sink != nil {
			err = sink(h.Name, read)
		}
		if err == nil {
			_, err = io.Copy(io.Discard, read)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", h.Name, err)
		}
		found = append(found, archiveFile{h.Name, read.n, campaign.Digest(hex.EncodeToString(sum.Sum(nil)))})
	}
}

// fits tells whether an entry is one that this program writes.
func fits(h *tar.Header, names map[string]bool) error {
	name := h.Name
	switch {
	case h.Typeflag != tar.TypeReg:
		return fmt.Errorf("the archive holds something that is no file: %q", name)
	case name != archiveStore && name != archiveCampaign && name != archiveServer && !mediaName.MatchString(name):
		return fmt.Errorf("the archive holds a file that is none of a backup's: %q", name)
	case (name == archiveCampaign || name == archiveServer) && h.Size > maxYAML:
		return fmt.Errorf("%s has %d bytes, more than any configuration", name, h.Size)
	case names[name]:
		return fmt.Errorf("the archive holds %s twice", name)
	}
	return nil
}

type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// endArchive reads the manifest and compares what was found with it.
func endArchive(in *tar.Reader, h *tar.Header, found []archiveFile) (*manifest, error) {
	if h.Size > maxManifest {
		return nil, fmt.Errorf("the manifest has %d bytes", h.Size)
	}
	b, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("the manifest cannot be read: %w", err)
	}
	m := &manifest{}
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("the manifest cannot be read: %w", err)
	}
	if m.Schema != archiveSchema {
		return nil, fmt.Errorf("the archive calls itself %q; this program reads %s", m.Schema, archiveSchema)
	}
	if err := sameFiles(m.Files, found); err != nil {
		return nil, err
	}
	if next, err := in.Next(); err == nil {
		return nil, fmt.Errorf("something follows the manifest: %q", next.Name)
	} else if err != io.EOF {
		return nil, fmt.Errorf("the archive cannot be read to its end: %w", err)
	}
	return m, nil
}

func sameFiles(want, found []archiveFile) error {
	is := make(map[string]archiveFile, len(found))
	for _, f := range found {
		is[f.Name] = f
	}
	for _, f := range want {
		got, ok := is[f.Name]
		switch {
		case !ok:
			return fmt.Errorf("%s is in the manifest and not in the archive", f.Name)
		case got != f:
			return fmt.Errorf("%s is not what was backed up: its hash or size differs", f.Name)
		case mediaName.MatchString(f.Name) && path.Base(f.Name) != string(f.SHA256):
			return fmt.Errorf("%s does not have the hash of its name", f.Name)
		}
		delete(is, f.Name)
	}
	for name := range is {
		return fmt.Errorf("%s is in the archive and not in the manifest", name)
	}
	if !slices.ContainsFunc(want, func(f archiveFile) bool { return f.Name == archiveStore }) {
		return errors.New("the archive holds no store")
	}
	return nil
}

// differ says how facts counted now differ from those of the manifest; "" if
// they are the same.
func (f archiveFacts) differ(now archiveFacts) string {
	if reflect.DeepEqual(f, now) {
		return ""
	}
	return fmt.Sprintf("the store's counts are not those of the manifest: %d plans and %d deliveries (%s), not %d and %d (%s)",
		now.Plans, now.Deliveries, byState(now.ByState), f.Plans, f.Deliveries, byState(f.ByState))
}

// media counts the pictures and films.
func (m *manifest) media() (n int) {
	for _, f := range m.Files {
		if mediaName.MatchString(f.Name) {
			n++
		}
	}
	return n
}
