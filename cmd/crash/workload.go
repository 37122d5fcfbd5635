package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/configs"
	"github.com/ittakesacommunity/takeover/internal/media"
	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/boltstore"
)

// workloadArg makes this program the process whose writes are recorded.
const workloadArg = "power-workload"

// The workload: so many lives of the store, one after the other, in each of
// which so many workers bring one delivery each from plan to receipt.
const (
	lives   = 8
	workers = 6
)

// acksFile takes a line for each change that the store acknowledged, written
// after Update returned. It lies beside what power cuts are tried on.
const acksFile = "acks"

// workload lives the store's lives in dir, each as a process of its own. Some
// end in order, some without a word, and one leaves the mark of a failed write,
// so that the next one rewrites the store.
func workload(dir string) error {
	if life := os.Getenv("CRASH_LIFE"); life != "" {
		var n int
		if _, err := fmt.Sscan(life, &n); err != nil {
			return err
		}
		return live(dir, n)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for n := range lives {
		cmd := exec.Command(self, workloadArg, dir)
		cmd.Env = append(os.Environ(), fmt.Sprintf("CRASH_LIFE=%d", n))
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("life %d: %w", n, err)
		}
		if n == lives/2 {
			if err := markBroken(layout(dir).Store + ".lock"); err != nil {
				return err
			}
		}
	}
	return nil
}

// markBroken does what a store does whose write failed.
func markBroken(lock string) error {
	f, err := os.OpenFile(lock, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt([]byte("broken"), 0)
	return errors.Join(err, f.Close())
}

// layout is where the store of the workload lies: as the daemon has it.
func layout(dir string) configs.Layout { return configs.LayoutIn(filepath.Join(dir, "root", "data")) }

// openStore opens store and pictures as the daemon does.
func openStore(l configs.Layout) (*boltstore.Store, *media.Store, error) {
	for _, d := range []string{l.Data, l.Media, l.Backups} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, nil, err
		}
	}
	s, err := boltstore.Open(boltstore.Options{Path: l.Store, Counter: l.Counter, Backups: l.Backups})
	if err != nil {
		return nil, nil, err
	}
	m, err := media.Open(l.Media, media.Limits{})
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, m, nil
}

// live is one life of the store.
func live(dir string, n int) error {
	l := layout(dir)
	s, m, err := openStore(l)
	if err != nil {
		return err
	}
	acks, err := os.OpenFile(filepath.Join(dir, acksFile), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer acks.Close()
	var group sync.WaitGroup
	failed := make([]error, workers)
	for w := range workers {
		group.Go(func() { failed[w] = (&worker{s, m, acks, n*workers + w}).work() })
	}
	group.Wait()
	if err := errors.Join(failed...); err != nil {
		return err
	}
	if n%3 == 1 {
		copied := filepath.Join(l.Backups, fmt.Sprintf("copy-%d.db", n))
		if err := s.Backup(context.Background(), copied); err != nil {
			return err
		}
		if err := ack(acks, copied, "copied"); err != nil {
			return err
		}
	}
	if n%2 == 1 {
		return nil // a process that is killed closes nothing
	}
	return s.Close()
}

// ack tells that a change was acknowledged, in one write.
func ack(acks *os.File, what, state string) error {
	_, err := fmt.Fprintf(acks, "%s %s\n", what, state)
	return err
}

// worker brings one delivery from plan to receipt.
type worker struct {
	store store.Store
	media *media.Store
	acks  *os.File
	n     int
}

// steps are the states that a delivery of the workload passes, one
// transaction each.
var steps = []campaign.State{campaign.Planned, campaign.Scheduled, campaign.Armed, campaign.Published}

func deliveryID(n int) campaign.DeliveryID { return campaign.DeliveryID(fmt.Sprintf("d%06d", n)) }

func remoteID(id campaign.DeliveryID) string { return "remote-" + string(id) }

// lanes share their deliveries' budget.
const lanes = 3

func (w *worker) work() error {
	info, err := w.media.Put(context.Background(), bytes.NewReader(square(w.n)))
	if err != nil {
		return err
	}
	id, now := deliveryID(w.n), time.Now().UTC()
	for _, step := range steps {
		err := w.store.Update(context.Background(), func(tx store.Tx) error {
			if err := w.take(tx, id, step, info, now); err != nil {
				return err
			}
			return tx.Audit(campaign.AuditEntry{At: now, By: organizer, Door: "test", Deed: string(step), Object: string(id)})
		})
		if err != nil {
			return fmt.Errorf("%s %s: %w", id, step, err)
		}
		if err := ack(w.acks, string(id), string(step)); err != nil {
			return err
		}
	}
	return nil
}

// take is one transaction, as the desk or the engine makes it.
func (w *worker) take(tx store.Tx, id campaign.DeliveryID, step campaign.State, info media.Info, now time.Time) error {
	if step == campaign.Planned {
		return plant(tx, id, w.n, info, now)
	}
	d, err := tx.Delivery(id)
	if err != nil {
		return err
	}
	switch step {
	case campaign.Scheduled:
		err = d.Approve(campaign.Approval{By: organizer, At: now, Hash: d.Wants}, 1, now)
	case campaign.Armed:
		err = arm(tx, &d, now)
	case campaign.Published:
		err = receive(tx, &d, now)
	}
	if err != nil {
		return err
	}
	return tx.PutDelivery(&d)
}

func plant(tx store.Tx, id campaign.DeliveryID, n int, info media.Info, now time.Time) error {
	content := campaign.Content{Text: "This is " + string(id), Template: "This is " + string(id), Language: "en",
		Media: []campaign.Media{{Digest: info.Digest, Type: info.Type, Bytes: info.Bytes}}}
	digest, err := tx.PutContent(content)
	if err != nil {
		return err
	}
	lane := campaign.LaneID(fmt.Sprintf("lane%d", n%lanes))
	d := campaign.Delivery{ID: id, Plan: "p", Post: campaign.PostID(id), Channel: campaign.ChannelID(lane), Lane: lane, Language: "en",
		Due: now, Latest: now.Add(time.Hour), Content: digest, Fingerprint: content.Fingerprint(), Wants: digest, Author: lead}
	if err := d.BeginPlanned(now); err != nil {
		return err
	}
	return tx.PutDelivery(&d)
}

func arm(tx store.Tx, d *campaign.Delivery, now time.Time) error {
	if err := d.Arm(now); err != nil {
		return err
	}
	lane, err := tx.Lane(d.Lane)
	if err != nil {
		return err
	}
	if lane.Tally == nil {
		lane.Tally = map[string]int{}
	}
	lane.Tally[tallied]++
	if err := tx.PutLane(lane); err != nil {
		return err
	}
	return tx.PutAttempt(campaign.Attempt{Delivery: d.ID, N: d.Attempt, Class: campaign.K5, Content: d.Content, ArmedAt: now, SendBy: now.Add(10 * time.Second)})
}

// tallied is the entry of a lane's tally that counts what was armed.
const tallied = "armed"

func receive(tx store.Tx, d *campaign.Delivery, now time.Time) error {
	if _, ok, err := tx.ClaimRemote(d.Lane, remoteID(d.ID), d.ID); err != nil || !ok {
		return errors.Join(err, fs.ErrExist)
	}
	if err := tx.PutAttempt(campaign.Attempt{Delivery: d.ID, N: d.Attempt, Class: campaign.K5, Content: d.Content, ArmedAt: now, EndedAt: now, Fate: "published", RemoteID: remoteID(d.ID)}); err != nil {
		return err
	}
	return d.Receive(d.Attempt, campaign.Receipt{RemoteID: remoteID(d.ID), At: now, How: "answer"}, 1, now)
}
