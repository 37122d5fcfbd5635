package boltstore

import (
	"bytes"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

var _ store.Eraser = (*tx)(nil)

// EraseContents implements store.Eraser.
func (t *tx) EraseContents(match func(campaign.Content) bool) (int, error) {
	blank, err := record.Encode(campaign.Content{})
	if err != nil {
		return 0, err
	}
	keys, err := t.matching(inContents, func(k, content []byte) bool {
		var c campaign.Content
		return record.Decode(inContents.kind(), k, content, &c) == nil && match(c)
	})
	for _, k := range keys {
		if err := t.put(inContents, k, blank); err != nil {
			return 0, err
		}
	}
	return len(keys), err
}

// EraseBlobs implements store.Eraser.
func (t *tx) EraseBlobs(match func(b []byte) bool) (int, error) {
	keys, err := t.matching(inBlobs, func(_, content []byte) bool { return match(content) })
	for _, k := range keys {
		if err := t.delete(inBlobs, k); err != nil {
			return 0, err
		}
	}
	return len(keys), err
}

// matching lists the keys of a bucket whose records match; those that cannot be read are passed over.
func (t *tx) matching(b bucket, match func(k, content []byte) bool) ([][]byte, error) {
	var keys [][]byte
	c := t.cursor(b)
	for k, r := c.seek(nil); k != nil; k, r = c.next() {
		content, err := record.Unseal(b.kind(), k, r)
		if err != nil {
			t.s.suspectRecord(b, k, err)
			continue
		}
		if match(k, content) {
			keys = append(keys, bytes.Clone(k))
		}
	}
	return keys, c.err
}
