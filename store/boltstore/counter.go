package boltstore

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// raiseEvery is how often the age is raised while the store is written to. It
// is the longest stretch that a copy put back within one life can hide.
const raiseEvery = time.Minute

var (
	keySchema = []byte("schema")
	keyLife   = []byte("life")
	keyCounts = []byte("counts")
)

// life is what the store knows of its own age.
type life struct {
	ID         string `json:"id"`         // random, of this store and its copies
	Generation uint64 `json:"generation"` // only ever grows
	Counted    bool   `json:"counted"`    // there is a counter outside
}

// outside is the content of the counter file.
type outside struct {
	id         string
	generation uint64
}

// text is "ID GENERATION CHECKSUM".
func (o outside) text() string {
	t := fmt.Sprintf("%s %d", o.id, o.generation)
	return fmt.Sprintf("%s %08x\n", t, crc32.Checksum([]byte(t), crc32.MakeTable(crc32.Castagnoli)))
}

// readCounter returns nil where there is no counter or none that can be
// understood; an error only where it cannot be looked at.
func readCounter(path string) (*outside, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("the counter outside of the store: %w", err)
	}
	var o outside
	var sum string
	if _, err := fmt.Sscanf(string(b), "%s %d %s", &o.id, &o.generation, &sum); err != nil || string(b) != o.text() {
		return nil, nil
	}
	return &o, nil
}

// beginCounter writes the counter of a new store unless that of an older one
// lies there, which compareCounter must still see.
func (s *Store) beginCounter(id string) error {
	if s.o.Counter == "" {
		return nil
	}
	o, err := readCounter(s.o.Counter)
	if err != nil || (o != nil && o.generation > 0) {
		return err
	}
	return s.writeCounter(outside{id: id})
}

func (s *Store) writeCounter(o outside) error {
	paths := []string{s.o.Counter}
	if s.former {
		paths = append(paths, s.o.Former)
	}
	for _, path := range paths {
		if err := writeWhole(path, []byte(o.text())); err != nil {
			return fmt.Errorf("the counter outside of the store: %w", err)
		}
	}
	s.counted = o.generation
	return nil
}

// knownOutside reads the counter of the store with this id, or the one under
// the former name where that is of this store and further on. What lies there
// of another store is none of ours; so is what cannot be read, as the counter
// itself is then missing and says so.
func (s *Store) knownOutside(id string) (*outside, error) {
	o, err := readCounter(s.o.Counter)
	if err != nil || s.o.Former == "" || s.o.Former == s.o.Counter {
		return o, err
	}
	f, err := readCounter(s.o.Former)
	if s.former = err == nil && f != nil && f.id == id; !s.former {
		return o, nil
	}
	if o == nil || o.generation == 0 || o.id == id && o.generation < f.generation {
		return f, nil
	}
	return o, nil
}

// compareCounter finds out whether the store was put back from a copy, raises
// its age above all that was seen, and sets the quarantine where needed.
func (s *Store) compareCounter() error {
	if err := s.readLife(); err != nil {
		return err
	}
	l := s.life
	if s.o.Counter != "" {
		o, err := s.knownOutside(l.ID)
		if err != nil {
			return err
		}
		s.info.Why = rolledBack(l, o)
		s.info.RolledBack = s.info.Why != ""
		if o != nil && o.generation > l.Generation {
			l.Generation = o.generation
		}
		l.Counted = true
	}
	l.Generation++
	err := s.alone(func(t *tx) error {
		if s.info.RolledBack {
			if err := t.quarantine(s.info.Why); err != nil {
				return err
			}
		}
		t.w.raised = &l
		return t.save(inMeta, keyLife, l)
	})
	if err != nil {
		return err
	}
	s.point("raised, not counted")
	if s.o.Counter == "" {
		return nil
	}
	return s.writeCounter(outside{l.ID, l.Generation})
}

// rolledBack says how the store and its counter disagree, "" if they agree.
func rolledBack(l life, o *outside) string {
	switch {
	case o == nil && l.Counted:
		return "the counter outside of the store is missing: the data may have been copied from another machine"
	case o == nil:
		return ""
	case o.id != l.ID && o.generation == 0:
		return "" // made for a store that never came to be
	case o.id != l.ID:
		return "the counter outside of the store belongs to another store: another one was put in its place, or two data folders share a counter (secrets.counter_file)"
	case o.generation > l.Generation:
		return fmt.Sprintf("the store is at generation %d, the counter outside of it at %d: it was put back from a copy", l.Generation, o.generation)
	}
	return ""
}

func (s *Store) readLife() error {
	return reading(s.db, func(btx *bolt.Tx) error {
		t := &tx{s: s, w: &work{btx: btx}}
		return t.load(inMeta, keyLife, &s.life)
	})
}

// quarantine sets the cause, unless it is set already.
func (t *tx) quarantine(why string) error {
	now := time.Now().UTC()
	sw, err := t.Switches()
	if errors.Is(err, store.ErrCorrupt) {
		// Nobody knows what was stopped, so everything stays stopped.
		sw = campaign.Switches{Causes: map[campaign.Cause]campaign.CauseRecord{
			campaign.CauseStore: {At: now, Reason: "the record of holds and stops could not be read"},
		}}
	} else if err != nil {
		return err
	}
	if _, ok := sw.Causes[campaign.CauseQuarantine]; ok {
		return nil
	}
	if sw.Causes == nil {
		sw.Causes = map[campaign.Cause]campaign.CauseRecord{}
	}
	sw.Causes[campaign.CauseQuarantine] = campaign.CauseRecord{At: now, Reason: why}
	return t.PutSwitches(sw)
}

// raise writes the next generation into the store.
func (t *tx) raise() error {
	l := t.s.life
	l.Generation++
	if err := t.save(inMeta, keyLife, l); err != nil {
		return err
	}
	t.w.raised = &l
	return nil
}

// raiseNow raises the age in a commit of its own; only where no writer runs.
func (s *Store) raiseNow() error {
	err := s.alone((*tx).raise)
	s.keepCounter()
	return err
}

// alone runs f in a commit of its own; only where no writer runs.
func (s *Store) alone(f func(*tx) error) error {
	w, err := s.begin()
	if err != nil {
		return err
	}
	if err := f(&tx{s: s, w: w}); err != nil {
		return errors.Join(err, w.btx.Rollback())
	}
	return s.commitWork(w)
}

// keepCounter brings the counter outside up to the store's age. An error is
// kept for CounterErr; the next commit tries again.
func (s *Store) keepCounter() {
	if s.o.Counter == "" || s.counted == s.life.Generation {
		return
	}
	err := s.writeCounter(outside{s.life.ID, s.life.Generation})
	s.counterMu.Lock()
	defer s.counterMu.Unlock()
	s.counterErr = err
}
