// Package boltstore keeps a campaign in one bbolt file. It is the default
// store: one daemon, no service beside it.
//
// # What lies where
//
//	takeover.db         the data
//	takeover.db.lock    who has it open, and whether the last one failed while writing
//	COUNTER             outside of the data folder: how far the store had lived
//
// Each kind of record has a bucket; a record bears a version byte and a
// CRC-32C over bucket, key and content (store/record). Deliveries have nine
// indexes (index.go), whose keys sort so that every question of the engine is
// one cursor seek.
//
// # One commit for many callers
//
// Calls of Update queue. One goroutine opens a bbolt transaction, lets every
// waiting caller run its function in turn, commits once and answers all. Who
// comes while a commit runs is in the next one; a caller alone commits at once.
// Every write is noted with what it replaced, so a function that fails is
// undone inside the shared transaction and the others are not run again.
//
// # When a write fails
//
// A failed commit may have reached the disk, and the page cache may hold what
// the disk lacks. So the store answers everything with ErrBroken from then on
// and says so in the lock file; the next Open copies what it can read into a
// new file, syncs file and folder, and renames it into place before use. The
// mark needs no sync: it must live as long as the page cache it warns of. After
// a kill the next Open syncs first, which reports an error nobody has seen yet.
//
// # The counter outside
//
// A store that was put back from a copy would send again what the copy does
// not know of. Therefore the store counts its life (Generation): at each Open,
// after each Backup, at Close, and once a minute while it is written to. The
// number is committed in the store first and then written to a file elsewhere.
// A store that is behind that file, belongs to another one, or once had such a
// file and now has none (copied to another host), was rolled back: Open then
// sets campaign.CauseQuarantine in the same transaction that takes up the
// counter again, so no crash can lose it. A copy made and put back within one
// minute is not seen here; comparing with the platforms at start is for that.
// Earlier versions had one name for the counters of all stores in a folder
// (Options.Former), so that two stores took each other's for their own.
package boltstore
