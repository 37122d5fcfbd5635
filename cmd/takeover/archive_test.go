package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

var archiveDay = time.Date(2026, 12, 18, 3, 0, 0, 0, time.UTC)

const picture = "a picture"

func pictureName() string { return archiveMedia + string(campaign.DigestOf([]byte(picture))) }

// smallArchive is a whole archive of a store that is no store.
func smallArchive(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := newArchiveWriter(&b, archiveDay)
	for _, f := range []struct{ name, text string }{{archiveStore, "the store"}, {archiveCampaign, "schema: x"}, {pictureName(), picture}} {
		if err := w.add(f.name, int64(len(f.text)), strings.NewReader(f.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.finish(manifest{Program: "test", StoreMade: 1}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchiveComesBack(t *testing.T) {
	got := map[string]string{}
	m, err := readArchive(t.Context(), bytes.NewReader(smallArchive(t)), func(name string, r io.Reader) error {
		b, err := io.ReadAll(r)
		got[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !m.Made.Equal(archiveDay) || m.media() != 1 || got[archiveStore] != "the store" || got[pictureName()] != picture {
		t.Errorf("%+v, %v", m, got)
	}
}

// TestHostileArchives: whatever is not exactly what this program writes is
// refused before anything is put in place.
func TestHostileArchives(t *testing.T) {
	type entry struct {
		name, text string
		kind       byte
	}
	store := entry{archiveStore, "the store", tar.TypeReg}
	manifestOf := func(edit func(*manifest), of ...entry) entry {
		m := manifest{Schema: archiveSchema}
		for _, e := range of {
			m.Files = append(m.Files, archiveFile{e.name, int64(len(e.text)), campaign.DigestOf([]byte(e.text))})
		}
		if edit != nil {
			edit(&m)
		}
		b, _ := json.Marshal(m)
		return entry{archiveManifest, string(b), tar.TypeReg}
	}
	evil := entry{"media/../../etc/passwd", "root", tar.TypeReg}
	link := entry{archiveCampaign, "", tar.TypeSymlink}
	stray := entry{"master.key", "00", tar.TypeReg}
	badPicture := entry{archiveMedia + strings.Repeat("a", 64), picture, tar.TypeReg}
	for _, c := range []struct {
		name, want string
		entries    []entry
	}{
		{"empty", "cut short", nil},
		{"no manifest", "cut short", []entry{store}},
		{"leads out", "none of a backup's", []entry{store, evil, manifestOf(nil, store, evil)}},
		{"absolute", "none of a backup's", []entry{{"/etc/passwd", "", tar.TypeReg}}},
		{"a link", "no file", []entry{store, link, manifestOf(nil, store)}},
		{"something else", "none of a backup's", []entry{store, stray, manifestOf(nil, store, stray)}},
		{"twice", "twice", []entry{store, store, manifestOf(nil, store)}},
		{"other bytes", "not what was backed up", []entry{{archiveStore, "the STORE", tar.TypeReg}, manifestOf(nil, store)}},
		{"one more", "not in the manifest", []entry{store, {archiveCampaign, "x", tar.TypeReg}, manifestOf(nil, store)}},
		{"one less", "not in the archive", []entry{store, manifestOf(nil, store, entry{archiveCampaign, "x", tar.TypeReg})}},
		{"another picture", "hash of its name", []entry{store, badPicture, manifestOf(nil, store, badPicture)}},
		{"no store", "no store", []entry{manifestOf(nil)}},
		{"another kind", "calls itself", []entry{store, manifestOf(func(m *manifest) { m.Schema = "takeover/backup-v9" }, store)}},
		{"more after it", "follows the manifest", []entry{store, manifestOf(nil, store), stray}},
		{"no JSON", "manifest cannot be read", []entry{store, {archiveManifest, "{", tar.TypeReg}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			w := tar.NewWriter(&b)
			for _, e := range c.entries {
				if err := w.WriteHeader(&tar.Header{Name: e.name, Size: int64(len(e.text)), Typeflag: e.kind, Linkname: map[bool]string{true: "/etc/passwd"}[e.kind == tar.TypeSymlink]}); err != nil {
					t.Fatal(err)
				}
				if _, err := io.WriteString(w, e.text); err != nil {
					t.Fatal(err)
				}
			}
			w.Close()
			_, err := readArchive(t.Context(), &b, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestEveryPrefixIsRefused: a copy that was cut anywhere is no backup.
func TestEveryPrefixIsRefused(t *testing.T) {
	whole := packed(t, smallArchive(t))
	for n := range whole {
		if _, err := unpackBytes(t, whole[:n]); err == nil {
			t.Fatalf("%d of %d bytes pass for a backup", n, len(whole))
		}
	}
	if _, err := unpackBytes(t, whole); err != nil {
		t.Error(err)
	}
}

func packed(t testing.TB, b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return out.Bytes()
}

func unpackBytes(t testing.TB, b []byte, ids ...age.Identity) (*manifest, error) {
	in, err := openArchive(bytes.NewReader(b), ids)
	if err != nil {
		return nil, err
	}
	m, err := readArchive(t.Context(), in, nil)
	if err == nil {
		_, err = io.Copy(io.Discard, in)
	}
	return m, err
}

func TestEncryptedBackup(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "x.backup")
	made, err := keepArchive(t.Context(), bytes.NewReader(smallArchive(t)), out, []age.Recipient{id.Recipient()})
	if err != nil || !made.Encrypted {
		t.Fatalf("%+v, %v", made, err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if i, err := os.Stat(out); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", i.Mode(), err)
	}
	if _, err := unpackBytes(t, b, id); err != nil {
		t.Error(err)
	}
	if _, err := unpackBytes(t, b); err == nil || !strings.Contains(err.Error(), "--age-identity") {
		t.Errorf("without identity: %v", err)
	}
	if _, err := unpackBytes(t, b, other); err == nil {
		t.Error("another identity opens it")
	}
	b[len(b)-1] ^= 1
	if _, err := unpackBytes(t, b, id); err == nil {
		t.Error("a flipped bit at the end is not seen")
	}
	// What was cut off on its way leaves no file of that name.
	cut := filepath.Join(t.TempDir(), "y.backup")
	if _, err := keepArchive(t.Context(), bytes.NewReader(smallArchive(t)[:1500]), cut, nil); err == nil {
		t.Error("half an archive was kept")
	}
	if left, _ := os.ReadDir(filepath.Dir(cut)); len(left) != 0 {
		t.Errorf("it left %v", left)
	}
}

// TestF56BackupHoldsNoKey searches the whole of a backup for the key.
func TestF56BackupHoldsNoKey(t *testing.T) {
	s := newSite(t, "")
	key, err := os.ReadFile(s.path("master.key"))
	if err != nil {
		t.Fatal(err)
	}
	out := s.path("x.backup")
	s.must("backup", out)
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in, err := openArchive(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(all, bytes.TrimSpace(key)) {
		t.Error("the key is in the backup")
	}
	if !bytes.Contains(all, []byte("takeover/config-v1")) || !bytes.Contains(all, []byte("takeover/campaign-v1")) {
		t.Error("a configuration file is missing")
	}
}

func FuzzReadArchive(f *testing.F) {
	f.Add(smallArchive(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = readArchive(t.Context(), bytes.NewReader(b), func(name string, _ io.Reader) error {
			if !filepath.IsLocal(filepath.FromSlash(name)) {
				t.Errorf("%q leads out of the folder", name)
			}
			return nil
		})
	})
}

// TestAnotherInstallHoldsTheSame: what a backup brings to another folder is, by
// its hashes, what it was: plans with their contents, queue, register and record.
func TestAnotherInstallHoldsTheSame(t *testing.T) {
	s := newSite(t, "")
	s.must("plan", "submit", s.path("mayors-imd-2026.yaml"), "--as", "lead@mayors.example", "--quiet")
	s.must("contributor", "add", "fund", "--name", "A fund", "--kind", "financial", "--wording", "With support from a fund.")
	s.must("consent", "withdraw", "MAYORS-017")
	ask := func(data string, question ...string) []string {
		return same.FindAllString(string(s.must(append(question, "--data", s.path(data), "-o", "json")...)), -1)
	}
	record := ask("data", "audit", "export")
	s.must("backup", s.path("x.backup"))
	s.must("restore", s.path("x.backup"), "--data", s.path("elsewhere"))
	for _, question := range []string{"plan status mayors-imd-2026", "queue", "consent list", "contributor list", "window list"} {
		here, there := ask("data", strings.Fields(question)...), ask("elsewhere", strings.Fields(question)...)
		if len(here) == 0 || !slices.Equal(here, there) {
			t.Errorf("%s says here\n%q\nelsewhere\n%q", question, here, there)
		}
	}
	// There it goes on with the stop of the restore.
	if there := ask("elsewhere", "audit", "export"); len(record) < 8 || len(there) < len(record) || !slices.Equal(record, there[:len(record)]) {
		t.Errorf("the record was %q, elsewhere it is %q", record, there)
	}
	s.must("audit", "verify", "--data", s.path("elsewhere"))
}

// same are the parts of an answer that no other install may change: ids, hashes,
// states, and the words of the register.
var same = regexp.MustCompile(`"(id|ref|source|digest|content|wants|fingerprint|state|due|revision|withdrawn|wording|from|to|hash|prev)": ?("[^"]*"|[0-9a-z]+)`)

// TestBackupTakesTheLogo: the campaign's, and those with which plans were drawn.
func TestBackupTakesTheLogo(t *testing.T) {
	st, err := boltstore.Open(boltstore.Options{Path: filepath.Join(t.TempDir(), "takeover.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	err = st.Update(t.Context(), func(tx store.Tx) error {
		if err := tx.PutCampaign(campaign.Campaign{ID: "itac", Kit: campaign.Kit{Logo: "logo-now"}}); err != nil {
			return err
		}
		return tx.PutPlan(campaign.Plan{ID: "old", Kit: campaign.Kit{Logo: "logo-then"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	err = st.View(t.Context(), func(tx store.Tx) error {
		_, used, err := countFacts(t.Context(), tx)
		if !slices.Equal(used, []campaign.Digest{"logo-now", "logo-then"}) {
			t.Errorf("a backup takes %v", used)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
