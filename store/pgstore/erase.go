package pgstore

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
	keys, err := t.matching(record.Content, func(k, content []byte) bool {
		var c campaign.Content
		return record.Decode(record.Content, k, content, &c) == nil && match(c)
	})
	for _, k := range keys {
		if err := t.put(record.Content, k, blank); err != nil {
			return 0, err
		}
	}
	return len(keys), err
}

// EraseBlobs implements store.Eraser.
func (t *tx) EraseBlobs(match func(b []byte) bool) (int, error) {
	keys, err := t.matching(record.Blob, func(_, content []byte) bool { return match(content) })
	for _, k := range keys {
		if err := t.delete(record.Blob, k); err != nil {
			return 0, err
		}
	}
	return len(keys), err
}

// matching lists the keys of the kind whose records match; those that cannot be read are passed over.
func (t *tx) matching(kind record.Kind, match func(k, content []byte) bool) (keys [][]byte, err error) {
	err = t.walk(kind, nil, nil, 0, func(key, r []byte) error {
		content, err := record.Unseal(kind, key, r)
		if err != nil {
			t.s.suspect(kind, key, err)
			return nil
		}
		if match(key, content) {
			keys = append(keys, bytes.Clone(key))
		}
		return nil
	})
	return keys, err
}
