package channeltest

import (
	"context"
	"sync"

	"github.com/ittakesacommunity/takeover/channels"
	"github.com/ittakesacommunity/takeover/internal/secret"
)

// Keeper is a channels.Keeper in memory; its zero value keeps nothing. Tests
// read and set its fields between calls.
type Keeper struct {
	turn    sync.Mutex // of who changes
	mu      sync.Mutex
	Kept    secret.String
	Changes int   // how often Kept became another
	Refuses error // what Change answers instead of changing
}

// Load implements channels.Keeper.
func (k *Keeper) Load(context.Context) (secret.String, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.Kept.Empty() {
		return secret.String{}, channels.ErrNotConnected
	}
	return k.Kept, nil
}

// Change implements channels.Keeper: who only loads does not wait for it.
func (k *Keeper) Change(ctx context.Context, f func(context.Context, secret.String) (secret.String, error)) error {
	k.turn.Lock()
	defer k.turn.Unlock()
	if k.Refuses != nil {
		return k.Refuses
	}
	k.mu.Lock()
	kept := k.Kept
	k.mu.Unlock()
	next, err := f(ctx, kept)
	if err != nil || next.Reveal() == kept.Reveal() {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.Kept, k.Changes = next, k.Changes+1
	return nil
}

// Open is a Gate that lets everything pass.
type Open struct{}

// Pass implements channels.Gate.
func (Open) Pass(write func() error) error { return write() }
