package health

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/scheduler"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// bubble is a clock that goes with the bubble's.
type bubble struct{ begun time.Time }

func (b bubble) Now() time.Time      { return time.Now().UTC() }
func (b bubble) Boot() time.Duration { return time.Since(b.begun) }
func (b bubble) Wait(ctx context.Context, _ time.Time, _ <-chan struct{}) error {
	<-ctx.Done()
	return ctx.Err()
}

// scene is a watch over an engine and a machine that a test spoils.
type scene struct {
	*Watch
	store  *boltstore.Store
	mu     sync.Mutex
	engine scheduler.Health
	free   int64
	write  func() error
	backup time.Time
	known  []campaign.Connection
	proven Certified
}

// set changes the scene under its lock.
func (s *scene) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// healthy is the engine as it was before a test spoilt it.
func (s *scene) healthy() scheduler.Health {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.engine
}

// watched runs f in a bubble with a daemon whose loop turns each second.
func watched(t *testing.T, f func(t *testing.T, s *scene)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		st, err := boltstore.Open(boltstore.Options{Path: filepath.Join(dir, "takeover.db")})
		if err != nil {
			t.Fatal(err)
		}
		s := &scene{store: st, free: 10 << 30, backup: time.Now(), proven: Certified{"a.example", time.Now(), time.Now().AddDate(0, 0, 90)}, write: func() error { return nil }}
		s.engine = scheduler.Health{Running: true, Clock: true}
		turns := true
		s.Watch = New(Config{Clock: bubble{time.Now()}, Store: st,
			Engine: func() scheduler.Health {
				s.mu.Lock()
				defer s.mu.Unlock()
				if turns && s.engine.LastLoop != stuck {
					s.engine.LastLoop = time.Now()
				}
				return s.engine
			},
			Disk:       func() (int64, bool) { s.mu.Lock(); defer s.mu.Unlock(); return s.free, true },
			Write:      func() error { s.mu.Lock(); w := s.write; s.mu.Unlock(); return w() },
			LastBackup: func(context.Context) (time.Time, error) { s.mu.Lock(); defer s.mu.Unlock(); return s.backup, nil },
			Connections: func(context.Context) ([]campaign.Connection, error) {
				s.mu.Lock()
				defer s.mu.Unlock()
				return s.known, nil
			},
			Certified: func(context.Context) (Certified, error) { s.mu.Lock(); defer s.mu.Unlock(); return s.proven, nil },
		})
		if s.Troubles()[0].Text != "It has just started." || !s.Alive() {
			t.Errorf("before the first look: %+v", s.Troubles())
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Run(ctx) }()
		time.Sleep(time.Second)
		if found := s.Troubles(); len(found) > 0 {
			t.Errorf("all is well, and yet: %+v", found)
		}
		f(t, s)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
}

// stuck is the last turn of a loop that turns no more.
var stuck = time.Unix(0, 0)

// TestRedWithinAMinute spoils one thing after the other: each is named within
// a minute, and green again within a minute after the cure.
func TestRedWithinAMinute(t *testing.T) {
	watched(t, func(t *testing.T, s *scene) {
		healthy := s.healthy()
		free := make(chan struct{}, 1)
		for _, tt := range []struct {
			cause       Cause
			sentence    string
			spoil, cure func()
		}{
			{Worker, "is stuck: it should have looked at what is due", func() { s.engine.LastLoop = stuck }, func() { s.engine = healthy }},
			{Clock, "The clock is not trusted, so nothing is published.", func() { s.engine.Clock = false }, func() { s.engine = healthy }},
			{Lane, "Account wall: a call hangs.", func() { s.engine.Lanes = []scheduler.LaneHealth{{Lane: "wall", Hanging: true}} }, func() { s.engine = healthy }},
			{Disk, "The disk is nearly full: 32 MiB are free.", func() { s.free = DiskLow / 2 }, func() { s.free = DiskLow }},
			{Store, "The store cannot be written.", func() { s.write = func() error { return errors.New("read-only file system") } }, func() { s.write = func() error { return nil } }},
			{Store, "The store or its disk does not answer for ", func() { s.write = func() error { <-free; return nil } }, func() { s.write = func() error { return nil }; free <- struct{}{} }},
			{Backup, "The last backup is 36 h old.", func() { s.backup = time.Now().Add(-BackupOld) }, func() { s.backup = time.Now() }},
			{Token, "Channel wall: the account does not accept us any more; its posts wait.", func() { s.known = []campaign.Connection{{Channel: "wall", At: time.Now(), Lost: true}} }, func() { s.known = nil }},
			{Token, "Channel wall: the account does not accept us any more; its posts wait.", func() {
				s.known = []campaign.Connection{{Channel: "wall", At: time.Now(), Account: campaign.Account{Expires: time.Now().Add(time.Second)}}}
			}, func() { s.known = nil }},
			{Certificate, "The certificate of a.example ends in ", func() {
				s.proven.Until = time.Now().Add(15 * 24 * time.Hour)
				s.proven.From = s.proven.Until.AddDate(0, 0, -91)
			},
				func() { s.proven.Until = time.Now().AddDate(0, 0, 90) }},
			{Overdue, "what was due 1m0s ago is not handled.", func() { s.overdue(t) }, func() { s.handled(t) }},
		} {
			s.set(tt.spoil)
			time.Sleep(time.Minute)
			if found := s.Troubles(); len(found) != 1 || found[0].Cause != tt.cause || !strings.Contains(found[0].Text, tt.sentence) {
				t.Errorf("%s: a minute after the fault: %+v, want %q", tt.cause, found, tt.sentence)
			}
			s.set(tt.cure)
			time.Sleep(time.Minute)
			if found := s.Troubles(); len(found) > 0 {
				t.Errorf("%s: a minute after the cure: %+v", tt.cause, found)
			}
		}
	})
}

// update changes the store or fails the test.
func (s *scene) update(t *testing.T, f func(tx store.Tx) error) {
	t.Helper()
	if err := s.store.Update(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

const late1 = campaign.DeliveryID("d_01")

// wallLane is the lane of the scene's one channel.
var wallLane = campaign.Channel{Platform: "sandbox"}.Lane("wall")

// overdue puts a delivery into the store that is due now.
func (s *scene) overdue(t *testing.T) {
	now := time.Now().UTC()
	s.update(t, func(tx store.Tx) error {
		if err := tx.PutCampaign(campaign.Campaign{ID: "itac", Zone: "UTC", Channels: map[campaign.ChannelID]campaign.Channel{"wall": {Platform: "sandbox"}}}); err != nil {
			return err
		}
		return tx.PutDelivery(&campaign.Delivery{ID: late1, Channel: "wall", Lane: wallLane, State: campaign.Scheduled, Due: now, Latest: now.Add(time.Hour)})
	})
}

func (s *scene) handled(t *testing.T) {
	s.update(t, func(tx store.Tx) error {
		d, err := tx.Delivery(late1)
		if err != nil {
			return err
		}
		d.State = campaign.Published
		return tx.PutDelivery(&d)
	})
}

// TestWhatKeepsADeliveryIsNoTrouble: a stop, a person's hold, a gap that is
// still to come and a call under way all explain why nothing went.
func TestWhatKeepsADeliveryIsNoTrouble(t *testing.T) {
	watched(t, func(t *testing.T, s *scene) {
		s.overdue(t)
		healthy := s.healthy()
		put := func(sw campaign.Switches) { s.update(t, func(tx store.Tx) error { return tx.PutSwitches(sw) }) }
		lane := func(l scheduler.LaneHealth) func() {
			return func() { l.Lane = wallLane; s.engine.Lanes = []scheduler.LaneHealth{l} }
		}
		record := func(by campaign.PersonID) campaign.CauseRecord {
			return campaign.CauseRecord{By: by, At: time.Now(), Reason: "why"}
		}
		for _, tt := range []struct {
			name  string
			spoil func()
			want  Cause // "": green
		}{
			{"a stop", func() {
				put(campaign.Switches{Causes: map[campaign.Cause]campaign.CauseRecord{campaign.CauseStop: record("ana@example.org")}})
			}, ""},
			{"a person's hold of the account", func() {
				put(campaign.Switches{LaneHolds: map[campaign.LaneID]campaign.CauseRecord{wallLane: record("ana@example.org")}})
			}, ""},
			{"the daemon's hold of the account", func() {
				put(campaign.Switches{LaneHolds: map[campaign.LaneID]campaign.CauseRecord{wallLane: record(campaign.DoorDaemon)}})
			}, Token},
			{"a gap to come", lane(scheduler.LaneHealth{Until: time.Now().Add(24 * time.Hour)}), ""},
			{"a call under way", lane(scheduler.LaneHealth{InFlight: late1}), ""},
			{"an upload", lane(scheduler.LaneHealth{Preparing: late1}), ""},
			{"nothing", func() {}, Overdue},
		} {
			s.set(tt.spoil)
			time.Sleep(2 * time.Minute)
			found := s.Troubles()
			if tt.want == "" && len(found) > 0 || tt.want != "" && (len(found) != 1 || found[0].Cause != tt.want) {
				t.Errorf("%s: %+v, want %q", tt.name, found, tt.want)
			}
			s.set(func() { s.engine = healthy; put(campaign.Switches{}) })
		}
	})
}
