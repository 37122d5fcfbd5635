// Package pgstore keeps a campaign in a PostgreSQL database, for several daemons.
// It needs PostgreSQL 15 or newer, no extension, and one schema of its own: the
// first one of the connection's search_path.
//
// # Isolation, and what each choice rules out
//
// Update takes the table "writers" in EXCLUSIVE mode before its first query and
// runs under REPEATABLE READ. LOCK TABLE takes no snapshot, so the snapshot is
// made once all earlier writers have ended and their commits are visible: writers
// run one after the other, as if by a single one, and the following cannot happen.
//
//   - Lost update: two read, add and write the same delivery, count or lane.
//   - Write skew: one arms while another stops, holds, revokes an approval or
//     disables a person, each having read what the other changes.
//   - Phantom: a twin is stored between the question for twins and the arming.
//   - A fork of the journal: two entries that continue the same one. The chain
//     orders every change of weight anyway, which is why a lock for each lane
//     would gain nothing: each arming must wait for the entry before its own.
//   - Non-repeatable read and dirty read inside one function.
//
// View is REPEATABLE READ and READ ONLY. As writers are serial, each snapshot is
// the state between two of them; the read-only anomaly of snapshot isolation
// needs writers that overlap.
//
// SERIALIZABLE would add bookkeeping and retries and rule out nothing more. Should
// the server all the same report a serialization failure or a deadlock, or lose the
// connection before COMMIT was sent, Update runs the functions again.
//
// Waiting for the lock is bounded: a daemon that stands still inside a transaction
// (stopped, suspended, cut off) loses its session after 5 s of silence, by
// idle_in_transaction_session_timeout, and with it the lock. Its transaction was
// not committed, and it finds that out when it wakes.
//
// # One commit for many callers
//
// As in boltstore: calls of Update queue, one goroutine lets each run its function
// in turn, behind a savepoint, and commits once. Writes are sent with the next
// question or with COMMIT. What the transaction has read it reads no second time:
// nobody else can change it meanwhile.
//
// # COMMIT without an answer
//
// COMMIT may have been carried out when its answer is lost. Then the store asks, on
// a new connection, what became of the transaction (pg_xact_status): committed,
// aborted (the functions run again), or still running (it waits). Where nobody can
// say within half a minute, where the database is not the same any more, or where
// the server warned that it gave up waiting for its replica, every later call fails
// with store.ErrBroken.
//
// synchronous_commit is raised to on in every transaction, and a server with
// fsync or full_page_writes off is refused.
//
// # What others change
//
// A commit that changes a delivery, the campaign or a switch tells the other
// stores of the schema, by NOTIFY; Watch hears it. A notification may be lost with
// a connection, so nobody relies on it.
//
// # Another database under the same name
//
// Each transaction that writes compares where it is (system identifier, database,
// table, time line) with where the last one was. A difference means a restored
// copy or a replica that took over, which may lack the last commits and among them
// an armed delivery: campaign.CauseQuarantine is set in that same transaction,
// before any function runs. Fail-over to a replica that was behind can still lose
// an arming together with its sender; only the read-back of a person or of the
// engine can tell. Data put back into the same tables is not noticed.
package pgstore
