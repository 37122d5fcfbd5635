// Package simulation plays whole campaigns against pretend platforms and holds
// what the public saw against what people asked for.
//
// One run is made from a seed alone: the plans that leads hand in, the
// platforms with their classes, and every fault. The engine, the desk, the
// plans and the store are the real ones. They live in a bubble of testing/synctest,
// so that not only the clock but every deadline on the network is stepped, from
// event to event; and a baton (baton.go) lets one goroutine at a time take the
// next step that touches the store or the network, in an order that the seed
// decides. So a seed replays exactly, and a crash can fall between any two steps.
//
// The ledger (ledger.go, hindrance.go) never asks the store what was meant. It
// keeps what the authors wrote, what was approved and taken back, and when each
// deed was answered; the platforms keep what became public. The judge
// (leaving.go, judge.go) counts by account and text.
package simulation
