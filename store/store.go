// Package store says what keeps the campaign. Rules are not its business: they
// run in the caller's function inside Update, so they exist once for every engine.
package store

import (
	"context"
	"errors"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

var (
	// ErrNotFound is wrapped when a record does not exist.
	ErrNotFound = errors.New("not found")
	// ErrStale is wrapped when a record changed since it was read.
	ErrStale = errors.New("changed meanwhile")
	// ErrBroken is wrapped once a write failed in a way that leaves unknown
	// what was kept. Every later call fails with it: stop publishing, end the
	// process, open the store anew.
	ErrBroken = errors.New("the store failed while writing; nobody knows what it kept")
	// ErrBusy is wrapped when the store takes no change right now, because too many
	// wait or its database does not answer: nothing was written, and it may be
	// tried again.
	ErrBusy = errors.New("the store is busy; nothing was written")
	// ErrReadOnly is wrapped when the store can be read and not written.
	ErrReadOnly = errors.New("the data folder cannot be written; give it to the user that runs takeover")
	// ErrCorrupt is wrapped when a record's checksum does not match.
	ErrCorrupt = errors.New("record does not match its checksum")
	// ErrClosed is wrapped by every call after Close.
	ErrClosed = errors.New("the store is closed")
)

// Store keeps one campaign. Its methods may be called from several goroutines.
type Store interface {
	// View runs f on one consistent state. tx must not be used after f returns.
	View(ctx context.Context, f func(tx Tx) error) error

	// Update runs f and commits what it wrote, all or nothing. When it returns
	// nil the change has reached the disk and survives a power cut. Calls that
	// run at the same time may share one commit; one that fails leaves nothing
	// behind even then. f may run again, so it must not touch anything but tx.
	// f runs on the caller's goroutine: a panic in it leaves nothing behind and
	// goes on up the caller's stack; calls that share the commit do not notice.
	//
	// The context counts until f begins: its error then says that f did not
	// run. From then on Update waits for the outcome, so a cancelled call is
	// never one that was kept after all.
	Update(ctx context.Context, f func(tx Tx) error) error

	// Backup writes a consistent copy to path (which must not exist), synced.
	// It does not stall writers.
	Backup(ctx context.Context, path string) error

	// Generation is the number of the store's life that the counter outside of
	// it is compared with; see boltstore.
	Generation() uint64

	// Close waits for running calls and frees the store.
	Close() error
}

// Tx is one transaction, valid until the function that got it returns. What a
// Tx returns is the caller's own copy, save Campaign, which is shared and read-only.
type Tx interface {
	Settings
	Plans
	Queue
	Journal
	Aside
}

// Settings are the campaign itself and what stops it.
type Settings interface {
	// Campaign is the campaign; ErrNotFound before the first apply.
	Campaign() (*campaign.Campaign, error)
	// PutCampaign stores c if the stored revision is still c.Revision, and raises it.
	PutCampaign(c campaign.Campaign) error
	// Switches is what stops publishing; the zero value when nothing was stored.
	Switches() (campaign.Switches, error)
	PutSwitches(s campaign.Switches) error
	// Setting and PutSetting keep small values under a name ("token/…",
	// "folder/…"). A nil value deletes. ErrNotFound where there is none.
	Setting(name string) ([]byte, error)
	PutSetting(name string, value []byte) error
	// SettingNames lists the names with the prefix in order.
	SettingNames(prefix string) ([]string, error)
}

// Plans are what leads submitted and the content rendered from it.
type Plans interface {
	Plan(id campaign.PlanID) (campaign.Plan, error)
	PutPlan(p campaign.Plan) error
	// Plans lists all, by id.
	Plans() ([]campaign.Plan, error)
	// Blob is a byte string stored under its digest (a plan's source).
	Blob(d campaign.Digest) ([]byte, error)
	PutBlob(b []byte) (campaign.Digest, error)
	Content(d campaign.Digest) (campaign.Content, error)
	// PutContent stores c under c.Digest(); storing it again does nothing.
	PutContent(c campaign.Content) (campaign.Digest, error)
}

// An Eraser can take out for good what was stored under a digest: the words of
// somebody who asks to be forgotten. A Tx of a store may be one; the digests
// stay, so that what names them still fits.
type Eraser interface {
	// EraseContents leaves an empty content in the place of each that matches,
	// and tells how many that were.
	EraseContents(match func(campaign.Content) bool) (int, error)
	// EraseBlobs drops each blob that matches.
	EraseBlobs(match func(b []byte) bool) (int, error)
}

// Queue holds the deliveries and their attempts.
type Queue interface {
	Delivery(id campaign.DeliveryID) (campaign.Delivery, error)
	// DeliveriesByPrefix returns at most max ids of deliveries that begin with
	// the prefix, in order. Its cost depends on what it returns, not on what is stored.
	DeliveriesByPrefix(prefix string, max int) ([]campaign.DeliveryID, error)
	// PutDelivery stores *d if the stored revision is still d.Revision (0: it
	// must not exist), keeps every index, and raises d.Revision. ErrStale otherwise.
	PutDelivery(d *campaign.Delivery) error

	// Lanes lists the lanes that have something runnable, armed or in doubt.
	// Its cost grows with the number of lanes, not with what is stored.
	Lanes() ([]campaign.LaneID, error)
	// Head is the earliest RunAt of the lane's runnable deliveries; false if it has none.
	Head(lane campaign.LaneID) (time.Time, bool, error)
	// Due returns at most max runnable deliveries of the lane whose RunAt is
	// at or before now, earliest first, ties by id. Its cost depends on what
	// it returns, not on what is stored or held.
	Due(lane campaign.LaneID, now time.Time, max int) ([]campaign.Delivery, error)
	// Armed returns the lane's armed deliveries ("" for all lanes).
	Armed(lane campaign.LaneID) ([]campaign.Delivery, error)
	// Doubts returns at most max deliveries in doubt whose CheckAt is at or
	// before now, earliest first; next is the earliest CheckAt after those
	// (zero: none).
	Doubts(now time.Time, max int) (due []campaign.Delivery, next time.Time, err error)
	// Expired returns at most max planned or scheduled deliveries (parked ones
	// too) whose Latest is before now, earliest first; next is the earliest
	// Latest after those (zero: none).
	Expired(now time.Time, max int) (due []campaign.Delivery, next time.Time, err error)

	// OfPlan returns all deliveries of the plan, by id.
	OfPlan(id campaign.PlanID) ([]campaign.Delivery, error)
	// Twins returns the lane's deliveries with the fingerprint, at most 1000,
	// save cancelled, rejected and missed ones. One that was set aside is
	// returned with id, lane, fingerprint and the state needs_human alone.
	Twins(lane campaign.LaneID, fingerprint string) ([]campaign.Delivery, error)
	// List returns at most max deliveries that match, by due time then id,
	// beginning after the cursor ("" for the start); next is "" at the end.
	List(f Filter, cursor string, max int) (ds []campaign.Delivery, next string, err error)
	// Counts is the number of deliveries in each state. Its cost is constant.
	Counts() (map[campaign.State]int, error)

	Attempts(id campaign.DeliveryID) ([]campaign.Attempt, error)
	// PutAttempt stores a under its delivery and number, replacing an earlier version.
	PutAttempt(a campaign.Attempt) error
	// Staged is what an adapter prepared for the delivery; ErrNotFound if nothing is.
	Staged(id campaign.DeliveryID) ([]byte, error)
	// PutStaged replaces it; nil deletes.
	PutStaged(id campaign.DeliveryID, b []byte) error
	// ClaimRemote binds a remote id of the account to one delivery. It tells
	// to whom it is bound; ok is false when that is another delivery.
	ClaimRemote(lane campaign.LaneID, remoteID string, id campaign.DeliveryID) (owner campaign.DeliveryID, ok bool, err error)

	// Lane is the lane's memory; a zero LaneState with its id where none is stored.
	Lane(id campaign.LaneID) (campaign.LaneState, error)
	PutLane(l campaign.LaneState) error
}

// Filter chooses deliveries; zero fields match all.
type Filter struct {
	States    []campaign.State
	Mechanism campaign.MechanismID
	Takeover  campaign.TakeoverID
	Plan      campaign.PlanID
	Post      campaign.PostID
	Channel   campaign.ChannelID
	From, To  time.Time // due in [From, To)
}

// Match tells whether d passes the filter.
func (f Filter) Match(d *campaign.Delivery) bool {
	if len(f.States) > 0 {
		ok := false
		for _, s := range f.States {
			ok = ok || s == d.State
		}
		if !ok {
			return false
		}
	}
	return (f.Mechanism == "" || f.Mechanism == d.Mechanism) &&
		(f.Takeover == "" || f.Takeover == d.Takeover) &&
		(f.Plan == "" || f.Plan == d.Plan) &&
		(f.Post == "" || f.Post == d.Post) &&
		(f.Channel == "" || f.Channel == d.Channel) &&
		(f.From.IsZero() || !d.Due.Before(f.From)) &&
		(f.To.IsZero() || d.Due.Before(f.To))
}

// Journal is the append-only, hash-chained record of every deed and send.
type Journal interface {
	// Audit appends e; N, Prev and Hash are set by the store.
	Audit(e campaign.AuditEntry) error
	// AuditFrom returns at most max entries with N >= n, in order.
	AuditFrom(n uint64, max int) ([]campaign.AuditEntry, error)
}

// Aside are the records that could not be read. Lists skip them and the next
// Update moves them out of the way, so that one cannot hold up the others.
type Aside interface {
	// SetAside lists them by kind and id.
	SetAside() ([]Unreadable, error)
	// Forget drops one for good: a person's deed, after which the id is free
	// again. ErrNotFound where it was not set aside.
	Forget(kind, id string) error
}

// Unreadable is a record that was set aside. While it lies there its delivery
// id stays taken, and it stays a twin of its fingerprint, as one that needs a
// person: nobody knows whether it is public.
type Unreadable struct {
	Kind string    `json:"kind"` // "delivery", "plan", …
	ID   string    `json:"id"`
	At   time.Time `json:"at"` // when it was set aside
	Why  string    `json:"why"`
	Raw  []byte    `json:"raw"` // what was found; nil where nothing was
}
