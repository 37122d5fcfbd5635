package scheduler

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// A stop across daemons: it is committed with the switches and marks on what it
// covers; whoever asked raises the number of stops, each other daemon revokes
// what the store says is stopped and writes the number into its own record.

// haltsAsked is the number of stops that were asked for so far.
func (e *Engine) haltsAsked(ctx context.Context) (n uint64, err error) {
	err = e.cfg.Store.View(ctx, func(tx store.Tx) error {
		n, err = haltsOf(tx)
		return err
	})
	return n, err
}

func haltsOf(tx store.Settings) (uint64, error) {
	b, err := tx.Setting(haltsSetting)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	} else if err != nil {
		return 0, err
	}
	return strconv.ParseUint(string(b), 10, 64)
}

// halts is the number of the last stop that our gate obeyed.
func (e *Engine) halts() uint64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.obeyed
}

// obey revokes what the store says is stopped, takes it back, and notes that the
// stop with that number is obeyed; the next renewal tells the others.
func (e *Engine) obey(ctx context.Context, n uint64) {
	mark := e.gate.mark()
	var s campaign.Switches
	touched := map[campaign.DeliveryID]bool{}
	err := e.cfg.Store.View(ctx, func(tx store.Tx) (err error) {
		if s, err = tx.Switches(); err != nil {
			return err
		}
		armed, err := tx.Armed("")
		for _, d := range armed {
			touched[d.ID] = d.Touched != ""
		}
		return err
	})
	if err != nil {
		e.storeTrouble("reading what is stopped", err)
		return
	}
	e.gate.set(s, mark)
	ctx, cancel := context.WithTimeout(ctx, campaign.RenewLease) // the lease must not end over it
	defer cancel()
	_, _, stopped := s.Stopped()
	_, kept, unsure := e.gate.revoke(ctx, func(d *campaign.Delivery) bool {
		_, held := s.HoldOn(d)
		_, lane := s.LaneHolds[d.Lane]
		return stopped || held || lane || touched[d.ID]
	})
	if len(unsure) > 0 || e.takeBackAll(deliveriesOf(kept)) != nil {
		return // not confirmed
	}
	e.mu.Lock()
	e.obeyed = n
	e.mu.Unlock()
	e.Wake()
}

// confirmWithin is how long a stop waits for the other daemons.
const confirmWithin = 5 * time.Second

// othersHalt asks every other daemon to obey what is stored and waits for each.
// It names those that did not confirm: they may send yet, unless proven ended.
func (e *Engine) othersHalt(ctx context.Context) (unconfirmed []string, err error) {
	if !e.shared() {
		return nil, nil
	}
	var n uint64
	err = e.update("asking the other daemons to stop", func(tx store.Tx) error {
		if n, err = haltsOf(tx); err != nil {
			return err
		}
		n++
		return tx.PutSetting(haltsSetting, []byte(strconv.FormatUint(n, 10)))
	})
	if err != nil {
		return nil, err
	}
	for until := e.clk.Boot() + confirmWithin; ; {
		err := e.cfg.Store.View(ctx, func(tx store.Tx) error {
			ds, err := daemonsOf(tx)
			unconfirmed = nil
			for _, d := range ds {
				if d.ID != e.cfg.Daemon.ID && d.Halted < n {
					unconfirmed = append(unconfirmed, d.Name)
				}
			}
			return err
		})
		if err != nil || len(unconfirmed) == 0 || e.clk.Boot() > until {
			slices.SortFunc(unconfirmed, strings.Compare)
			return unconfirmed, err
		}
		if err := e.clk.Wait(ctx, e.clk.Now().Add(glance/4), nil); err != nil {
			return unconfirmed, err
		}
	}
}
