package store

import "time"

// Shared is a Tx of a store that several daemons open at once.
type Shared interface {
	// Clock is the store's own clock at this moment. In an Update it is read
	// while no other daemon writes, so that a lease that has ended by it is not
	// one that its owner is about to renew.
	Clock() (time.Time, error)
}
