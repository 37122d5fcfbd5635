package pgstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/record"
)

// Keys of what the store keeps under record.Meta.
const (
	keyCampaign = "campaign"
	keySwitches = "switches"
	keyLife     = "life"  // how often the store was opened
	keyPlace    = "place" // where the database was at the last change
)

// The campaign's record begins with its revision (8 bytes), so that a reader
// knows without decoding whether it is the one in memory.
const revisionSize = 8

func revisionBytes(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// maxName bounds an id in bytes: an index entry of PostgreSQL ends at 2704, and
// holds up to three of them.
const maxName = 600

func checkNames(names ...string) error { return record.CheckNames(maxName, names...) }

// Campaign implements store.Settings.
func (t *tx) Campaign() (*campaign.Campaign, error) {
	w := t.use()
	if w.campaignIs != nil {
		return w.campaignIs.c, nil
	}
	key := []byte(keyCampaign)
	c, err := t.get(record.Meta, key)
	if err != nil {
		return nil, err
	}
	if len(c) < revisionSize {
		return nil, record.Corrupt(record.Meta, key, "it is cut short")
	}
	m := &campaignMemory{revision: binary.BigEndian.Uint64(c), c: &campaign.Campaign{}}
	if err := record.Decode(record.Meta, key, c[revisionSize:], m.c); err != nil {
		return nil, err
	}
	if !w.wrote { // else it may yet be taken back; commit remembers it
		t.s.remembered.Store(m)
	}
	w.campaignIs = m
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
	t.w.campaignIs, t.w.stirs = nil, true
	return t.put(record.Meta, []byte(keyCampaign), append(revisionBytes(c.Revision), b...))
}

// Switches implements store.Settings.
func (t *tx) Switches() (campaign.Switches, error) {
	var s campaign.Switches
	err := t.load(record.Meta, []byte(keySwitches), &s)
	if errors.Is(err, store.ErrNotFound) {
		return campaign.Switches{}, nil
	}
	return s, err
}

// PutSwitches implements store.Settings.
func (t *tx) PutSwitches(s campaign.Switches) error {
	t.w.stirs = true
	return t.save(record.Meta, []byte(keySwitches), s)
}

// life is what the store knows of its own age.
type life struct {
	Generation uint64 `json:"generation"`
}

// raise counts one more opening of the store.
func (t *tx) raise() error {
	var l life
	if err := t.load(record.Meta, []byte(keyLife), &l); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	l.Generation++
	t.s.generation.Store(l.Generation)
	return t.save(record.Meta, []byte(keyLife), l)
}

// Setting implements store.Settings.
func (t *tx) Setting(name string) ([]byte, error) {
	c, err := t.get(record.Setting, []byte(name))
	return bytes.Clone(c), err
}

// PutSetting implements store.Settings.
func (t *tx) PutSetting(name string, value []byte) error {
	return t.putOrDelete(record.Setting, name, value)
}

// putOrDelete stores a value under a name; nil deletes.
func (t *tx) putOrDelete(kind record.Kind, name string, value []byte) error {
	if name == "" {
		return errors.New("a value needs a name")
	}
	if err := checkNames(name); err != nil {
		return err
	}
	if value == nil {
		return t.delete(kind, []byte(name))
	}
	return t.put(kind, []byte(name), value)
}

// SettingNames implements store.Settings.
func (t *tx) SettingNames(prefix string) (names []string, err error) {
	err = t.walk(record.Setting, []byte(prefix), nil, 0, func(key, _ []byte) error {
		names = append(names, string(key))
		return nil
	})
	return names, err
}

// Plan implements store.Plans.
func (t *tx) Plan(id campaign.PlanID) (campaign.Plan, error) {
	var p campaign.Plan
	if err := t.load(record.Plan, []byte(id), &p); err != nil {
		return campaign.Plan{}, err
	}
	return p, nil
}

// PutPlan implements store.Plans.
func (t *tx) PutPlan(p campaign.Plan) error {
	if p.ID == "" {
		return errors.New("a plan needs an id")
	}
	if err := checkNames(string(p.ID)); err != nil {
		return err
	}
	return t.save(record.Plan, []byte(p.ID), p)
}

// Plans implements store.Plans.
func (t *tx) Plans() (all []campaign.Plan, err error) {
	err = eachRecord(t, record.Plan, nil, func(p campaign.Plan) { all = append(all, p) })
	return all, err
}

// Blob implements store.Plans.
func (t *tx) Blob(d campaign.Digest) ([]byte, error) {
	c, err := t.get(record.Blob, []byte(d))
	return bytes.Clone(c), err
}

// PutBlob implements store.Plans.
func (t *tx) PutBlob(b []byte) (campaign.Digest, error) {
	d := campaign.DigestOf(b)
	return d, t.putOnce(record.Blob, d, b)
}

// putOnce stores content under its digest unless a sound record lies there.
func (t *tx) putOnce(kind record.Kind, d campaign.Digest, content []byte) error {
	if _, err := t.get(kind, []byte(d)); err == nil || t.w.err != nil {
		return t.w.err
	}
	return t.put(kind, []byte(d), content)
}

// Content implements store.Plans.
func (t *tx) Content(d campaign.Digest) (campaign.Content, error) {
	var c campaign.Content
	if err := t.load(record.Content, []byte(d), &c); err != nil {
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
	return d, t.putOnce(record.Content, d, b)
}

// Lane implements store.Queue.
func (t *tx) Lane(id campaign.LaneID) (campaign.LaneState, error) {
	var l campaign.LaneState
	err := t.load(record.Lane, []byte(id), &l)
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
	if err := checkNames(string(l.Lane)); err != nil {
		return err
	}
	return t.save(record.Lane, []byte(l.Lane), l)
}
