package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

var (
	keyCampaign = []byte("campaign")
	keySwitches = []byte("switches")
)

// The campaign's record begins with its revision (8 bytes), so that a reader
// knows without decoding whether it is the one in memory.
const revisionSize = 8

// Campaign implements store.Settings.
func (t *tx) Campaign() (*campaign.Campaign, error) {
	c, err := t.get(inMeta, keyCampaign)
	if err != nil {
		return nil, err
	}
	if len(c) < revisionSize {
		return nil, record.Corrupt(inMeta.kind(), keyCampaign, "it is cut short")
	}
	revision := binary.BigEndian.Uint64(c)
	if m := t.s.remembered.Load(); m != nil && m.revision == revision && !t.w.campaignPut {
		return m.c, nil
	}
	m := &campaignMemory{revision: revision, c: &campaign.Campaign{}}
	if err := record.Decode(inMeta.kind(), keyCampaign, c[revisionSize:], m.c); err != nil {
		return nil, err
	}
	if !t.w.campaignPut {
		t.s.remembered.Store(m)
	}
	return m.c, nil
}

// PutCampaign implements store.Settings.
func (t *tx) PutCampaign(c campaign.Campaign) error {
	old, err := t.Campaign()
	switch {
	case errors.Is(err, store.ErrNotFound):
		old = &campaign.Campaign{}
	case err != nil:
		return err
	}
	if old.Revision != c.Revision {
		return fmt.Errorf("campaign at revision %d, not %d: %w", old.Revision, c.Revision, store.ErrStale)
	}
	c.Revision++
	b, err := record.Encode(&c)
	if err != nil {
		return err
	}
	t.w.campaignPut = true
	return t.put(inMeta, keyCampaign, append(binary.BigEndian.AppendUint64(nil, c.Revision), b...))
}

// Switches implements store.Settings.
func (t *tx) Switches() (campaign.Switches, error) {
	var s campaign.Switches
	err := t.load(inMeta, keySwitches, &s)
	if errors.Is(err, store.ErrNotFound) {
		return campaign.Switches{}, nil
	}
	return s, err
}

// PutSwitches implements store.Settings.
func (t *tx) PutSwitches(s campaign.Switches) error { return t.save(inMeta, keySwitches, s) }

// Setting implements store.Settings.
func (t *tx) Setting(name string) ([]byte, error) {
	c, err := t.get(inSettings, []byte(name))
	return bytes.Clone(c), err
}

// PutSetting implements store.Settings.
func (t *tx) PutSetting(name string, value []byte) error {
	return t.putOrDelete(inSettings, name, value)
}

// putOrDelete stores a value under a name; nil deletes.
func (t *tx) putOrDelete(b bucket, name string, value []byte) error {
	if name == "" {
		return errors.New("a value needs a name")
	}
	if err := record.CheckNames(maxName, name); err != nil {
		return err
	}
	if value == nil {
		return t.delete(b, []byte(name))
	}
	return t.put(b, []byte(name), value)
}

// SettingNames implements store.Settings.
func (t *tx) SettingNames(prefix string) ([]string, error) {
	var names []string
	c := t.cursor(inSettings)
	for k, _ := c.seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)); k, _ = c.next() {
		names = append(names, string(k))
	}
	return names, c.err
}

// Plan implements store.Plans.
func (t *tx) Plan(id campaign.PlanID) (campaign.Plan, error) {
	var p campaign.Plan
	if err := t.load(inPlans, []byte(id), &p); err != nil {
		return campaign.Plan{}, err
	}
	return p, nil
}

// PutPlan implements store.Plans.
func (t *tx) PutPlan(p campaign.Plan) error {
	if p.ID == "" {
		return errors.New("a plan needs an id")
	}
	if err := record.CheckNames(maxName, string(p.ID)); err != nil {
		return err
	}
	return t.save(inPlans, []byte(p.ID), p)
}

// Plans implements store.Plans.
func (t *tx) Plans() ([]campaign.Plan, error) {
	var all []campaign.Plan
	err := eachRecord(t, inPlans, nil, func(p campaign.Plan) { all = append(all, p) })
	return all, err
}

// eachRecord decodes the records whose key begins with prefix, in order. One
// that cannot be read is passed over and will be set aside.
func eachRecord[T any](t *tx, b bucket, prefix []byte, f func(T)) error {
	c := t.cursor(b)
	for k, r := c.seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, r = c.next() {
		var v T
		content, err := record.Unseal(b.kind(), k, r)
		if err == nil {
			err = record.Decode(b.kind(), k, content, &v)
		}
		if err != nil {
			t.s.suspectRecord(b, k, err)
			continue
		}
		f(v)
	}
	return c.err
}

// Blob implements store.Plans.
func (t *tx) Blob(d campaign.Digest) ([]byte, error) {
	c, err := t.get(inBlobs, []byte(d))
	return bytes.Clone(c), err
}

// PutBlob implements store.Plans.
func (t *tx) PutBlob(b []byte) (campaign.Digest, error) {
	d := campaign.DigestOf(b)
	return d, t.putOnce(inBlobs, d, b)
}

// putOnce stores content under its digest unless a sound record lies there.
func (t *tx) putOnce(b bucket, d campaign.Digest, content []byte) error {
	if _, err := t.get(b, []byte(d)); err == nil {
		return nil
	}
	return t.put(b, []byte(d), content)
}

// Content implements store.Plans.
func (t *tx) Content(d campaign.Digest) (campaign.Content, error) {
	var c campaign.Content
	if err := t.load(inContents, []byte(d), &c); err != nil {
		return campaign.Content{}, err
	}
	return c, nil
}

// PutContent implements store.Plans.
func (t *tx) PutContent(c campaign.Content) (campaign.Digest, error) {
	b, err := record.Encode(c)
	if err != nil {
		return "", err
	}
	d := c.Digest()
	return d, t.putOnce(inContents, d, b)
}

// Lane implements store.Queue.
func (t *tx) Lane(id campaign.LaneID) (campaign.LaneState, error) {
	var l campaign.LaneState
	err := t.load(inLanes, []byte(id), &l)
	if errors.Is(err, store.ErrNotFound) {
		return campaign.LaneState{Lane: id}, nil
	} else if err != nil {
		return campaign.LaneState{}, err
	}
	return l, nil
}

// PutLane implements store.Queue.
func (t *tx) PutLane(l campaign.LaneState) error {
	if l.Lane == "" {
		return errors.New("a lane needs an id")
	}
	if err := record.CheckNames(maxName, string(l.Lane)); err != nil {
		return err
	}
	return t.save(inLanes, []byte(l.Lane), l)
}
