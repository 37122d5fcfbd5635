package vault_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
	"github.com/ittakesacommunity/takeover/internal/vault"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

const canary = "canary-5b1e-token"

type room struct {
	*vault.Vault
	store *boltstore.Store
	dir   string
	file  string // the key file's text
}

func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{dir: t.TempDir(), file: secret.NewKey()}
	s, err := boltstore.Open(boltstore.Options{Path: filepath.Join(r.dir, "store.db"), Counter: filepath.Join(r.dir, "counter"), Backups: filepath.Join(r.dir, "backups")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r.store = s
	r.Vault = vault.New(s, func() (secret.Keys, error) { return secret.ParseKeys(secret.New(r.file)) })
	return r
}

func set(value string) func(context.Context, secret.String) (secret.String, error) {
	return func(context.Context, secret.String) (secret.String, error) { return secret.New(value), nil }
}

func TestKeepsSealed(t *testing.T) {
	r := newRoom(t)
	k := r.Keeper("mastodon-main")
	if _, err := k.Load(t.Context()); !errors.Is(err, channels.ErrNotConnected) {
		t.Fatalf("nothing kept: %v", err)
	}
	if err := k.Change(t.Context(), set(canary)); err != nil {
		t.Fatal(err)
	}
	got, err := r.Keeper("mastodon-main").Load(t.Context())
	if err != nil || got.Reveal() != canary {
		t.Fatalf("%v", err)
	}
	if _, err := r.Keeper("other").Load(t.Context()); !errors.Is(err, channels.ErrNotConnected) {
		t.Errorf("another channel reads it: %v", err)
	}
	if err := r.store.Backup(t.Context(), filepath.Join(r.dir, "copy.db")); err != nil {
		t.Fatal(err)
	}
	filepath.WalkDir(r.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(canary)) {
			t.Errorf("the token stands in clear in %s", filepath.Base(path))
		}
		return nil
	})
}

// TestF33OneRenewalAtATime: what one caller renewed the next one sees.
func TestF33OneRenewalAtATime(t *testing.T) {
	r := newRoom(t)
	k := r.Keeper("bluesky-main")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			err := k.Change(t.Context(), func(_ context.Context, kept secret.String) (secret.String, error) {
				n, _ := strconv.Atoi(kept.Reveal())
				runtime.Gosched() // the platform takes a moment
				return secret.New(strconv.Itoa(n + 1)), nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got, err := k.Load(t.Context()); err != nil || got.Reveal() != "20" {
		t.Errorf("20 renewals gave %q, %v", got.Reveal(), err)
	}
}

func TestChangeKeepsTheOldOne(t *testing.T) {
	r := newRoom(t)
	k := r.Keeper("x-main")
	if err := k.Change(t.Context(), set("old")); err != nil {
		t.Fatal(err)
	}
	failed := errors.New("refused")
	err := k.Change(t.Context(), func(context.Context, secret.String) (secret.String, error) { return secret.New("new"), failed })
	if !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = k.Change(ctx, func(context.Context, secret.String) (secret.String, error) {
		cancel() // the caller gave up when the platform had answered
		return secret.New("newer"), nil
	})
	if got, lerr := k.Load(t.Context()); err != nil || lerr != nil || got.Reveal() != "newer" {
		t.Errorf("a renewed token was lost: %q, %v, %v", got.Reveal(), err, lerr)
	}
	if err := k.Change(ctx, set("late")); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context renews: %v", err)
	}
}

// TestWhatWasForgottenStaysForgotten: another program that shares the store
// disconnects the channel, or replaces its token, while it is renewed here.
func TestWhatWasForgottenStaysForgotten(t *testing.T) {
	r := newRoom(t)
	k := r.Keeper("bluesky-main")
	during := func(f func(tx store.Tx) error) error {
		return k.Change(t.Context(), func(ctx context.Context, _ secret.String) (secret.String, error) {
			return secret.New("renewed"), r.store.Update(ctx, f)
		})
	}
	if err := k.Change(t.Context(), set("old")); err != nil {
		t.Fatal(err)
	}
	name := vault.TokenOf("bluesky-main")
	err := during(func(tx store.Tx) error { return r.Put(tx, name, secret.New("theirs")) })
	if got, lerr := k.Load(t.Context()); err == nil || lerr != nil || got.Reveal() != "theirs" {
		t.Errorf("replaced meanwhile: %v, kept %q, %v", err, got.Reveal(), lerr)
	}
	err = during(func(tx store.Tx) error { return r.Forget(tx, name) })
	if _, lerr := k.Load(t.Context()); !errors.Is(err, channels.ErrNotConnected) || !errors.Is(lerr, channels.ErrNotConnected) {
		t.Errorf("forgotten meanwhile: %v, and it is back: %v", err, lerr)
	}
}

// TestF19QuarantineRenewsNothing: a copy of the store must not use up the
// token of the one that lives.
func TestF19QuarantineRenewsNothing(t *testing.T) {
	for _, cause := range []campaign.Cause{campaign.CauseQuarantine, campaign.CauseCopy} {
		r := newRoom(t)
		k := r.Keeper("bluesky-main")
		if err := k.Change(t.Context(), set("kept")); err != nil {
			t.Fatal(err)
		}
		err := r.store.Update(t.Context(), func(tx store.Tx) error {
			return tx.PutSwitches(campaign.Switches{Causes: map[campaign.Cause]campaign.CauseRecord{cause: {}}})
		})
		if err != nil {
			t.Fatal(err)
		}
		asked := false
		err = k.Change(t.Context(), func(context.Context, secret.String) (secret.String, error) {
			asked = true
			return secret.New("new"), nil
		})
		if err == nil || asked {
			t.Errorf("%s: renewed, %v", cause, err)
		}
		if got, err := k.Load(t.Context()); err != nil || got.Reveal() != "kept" {
			t.Errorf("%s: it cannot even be read: %v", cause, err)
		}
	}
}

func TestReseal(t *testing.T) {
	r := newRoom(t)
	for _, id := range []campaign.ChannelID{"a", "b"} {
		if err := r.Keeper(id).Change(t.Context(), set(canary)); err != nil {
			t.Fatal(err)
		}
	}
	old := r.file
	r.file = secret.NewKey()
	if _, err := r.Keeper("a").Load(t.Context()); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("another key: %v", err)
	}
	fresh := r.file
	r.file = fresh + "\n" + old
	if n, err := r.Reseal(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if n, err := r.Reseal(t.Context()); n != 0 || err != nil {
		t.Errorf("the second time: %d, %v", n, err)
	}
	r.file = fresh
	if got, err := r.Keeper("b").Load(t.Context()); err != nil || got.Reveal() != canary {
		t.Errorf("after the old key is gone: %v", err)
	}
	err := r.store.Update(t.Context(), func(tx store.Tx) error { return r.Forget(tx, vault.TokenOf("b")) })
	if _, lerr := r.Keeper("b").Load(t.Context()); err != nil || !errors.Is(lerr, channels.ErrNotConnected) {
		t.Errorf("forgotten: %v, %v", err, lerr)
	}
}
