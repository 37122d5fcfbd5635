package store

import (
	"context"
	"time"
)

// Shared is a Tx of a store that several daemons open at once.
type Shared interface {
	// Clock is the store's own clock at this moment. In an Update it is read
	// while no other daemon writes, so that a lease that has ended by it is not
	// one that its owner is about to renew.
	Clock() (time.Time, error)
}

// Watched is a Store that several daemons open at once and that tells each what
// the others do.
type Watched interface {
	// Watch calls changed soon after another daemon has changed a delivery, the
	// campaign or what stops it, until ctx ends. A call may be lost, so that one
	// looks now and then all the same; changed must not block.
	Watch(ctx context.Context, changed func())
}
