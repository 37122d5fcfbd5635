package storetest

import (
	"errors"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// erasing: what matches is taken out for good and nothing else is; a change
// that fails takes out nothing; the digest goes on to name something, and the
// log's chain fits as before.
func (s Suite) erasing(t *testing.T) {
	st, reopen := s.Open(t)
	hers, his := campaign.Content{Text: "Words of hers."}, campaign.Content{Text: "Words of his."}
	blobs := [][]byte{[]byte("plan of hers\x00\xff"), []byte("plan of his")}
	update(t, st, func(tx store.Tx) error {
		for i, c := range []campaign.Content{hers, his} {
			if _, err := tx.PutContent(c); err != nil {
				return err
			}
			if _, err := tx.PutBlob(blobs[i]); err != nil {
				return err
			}
		}
		return tx.Audit(campaign.AuditEntry{At: day, Deed: "submit", Object: string(hers.Digest())})
	})
	erase := func(tx store.Tx) (contents, sources int, err error) {
		e, able := tx.(store.Eraser)
		if !able {
			t.Fatal("the store cannot take anything out for good")
		}
		if contents, err = e.EraseContents(func(c campaign.Content) bool { return c.Text == hers.Text }); err != nil {
			return contents, 0, err
		}
		sources, err = e.EraseBlobs(func(b []byte) bool { return string(b) == string(blobs[0]) })
		return contents, sources, err
	}
	given := errors.New("given up")
	if err := st.Update(ctx, func(tx store.Tx) error {
		_, _, err := erase(tx)
		return errors.Join(err, given)
	}); !errors.Is(err, given) {
		t.Fatal(err)
	}
	erased(t, st, hers, hers.Text, his)
	update(t, st, func(tx store.Tx) error {
		contents, sources, err := erase(tx)
		if contents != 1 || sources != 1 {
			t.Errorf("%d contents and %d blobs were taken out", contents, sources)
		}
		return err
	})
	erased(t, st, hers, "", his)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	again := reopen(t)
	erased(t, again, hers, "", his)
	view(t, again, func(tx store.Tx) error {
		if _, err := tx.Blob(campaign.DigestOf(blobs[0])); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("a blob that was taken out: %v", err)
		}
		_, err := tx.Blob(campaign.DigestOf(blobs[1]))
		return err
	})
	update(t, again, func(tx store.Tx) error { return tx.Audit(campaign.AuditEntry{At: day, Deed: "look"}) })
}

// erased looks at what the digests of the two name.
func erased(t *testing.T, st store.Store, one campaign.Content, want string, other campaign.Content) {
	t.Helper()
	view(t, st, func(tx store.Tx) error {
		got, err := tx.Content(one.Digest())
		stays, err2 := tx.Content(other.Digest())
		if got.Text != want || stays.Text != other.Text {
			t.Errorf("%q and %q", got.Text, stays.Text)
		}
		return errors.Join(err, err2)
	})
}
