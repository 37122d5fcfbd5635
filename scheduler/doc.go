// Package scheduler publishes what is due. One loop sleeps until the earliest
// head of any lane, the next read-back, the next expiry, or a wake-up. A lane
// is one remote account: it has at most one publish call in flight, and no lane
// waits for another.
//
// The way of a delivery: it is staged some minutes ahead (stage.go), armed in
// one durable transaction that reads every fact afresh (arm.go), handed to the
// adapter at once, let through the gate at its first byte (gate.go), and what
// came of it is recorded (result.go). A lost answer is never followed by a
// second call but by read-backs (reconcile.go). What a crash left armed is in
// doubt (orphan.go); what came too late is missed, aloud (expire.go). While the
// clock is not trusted nothing leaves (clockguard.go).
//
// Who calls what: Run is the loop's goroutine. Each lane has up to three more
// while there is work: one that arms and publishes, one that stages, one that
// reads back. They share commits of the store. A call to an adapter runs in a
// goroutine of its own, so that one that never returns costs its lane only. How
// much runs at once is bounded (bounds.go).
package scheduler
