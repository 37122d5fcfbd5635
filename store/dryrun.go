package store

import (
	"context"
	"errors"
)

// DryRun is s with an Update that runs its function on the real state and then
// gives everything up: the deeds of a dry run compute what they would do and
// leave nothing behind.
func DryRun(s Store) Store { return dryRun{s} }

type dryRun struct{ Store }

var errDryRun = errors.New("dry run")

func (d dryRun) Update(ctx context.Context, f func(Tx) error) error {
	err := d.Store.Update(ctx, func(tx Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		return errDryRun
	})
	if errors.Is(err, errDryRun) {
		return nil
	}
	return err
}
