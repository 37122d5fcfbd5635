package boltstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/ittakesacommunity/takeover/store"
	"github.com/ittakesacommunity/takeover/store/turns"
)

// TestF12MoreWaitThanFit: more changes than may wait are refused with an error,
// and every one that was taken is there.
func TestF12MoreWaitThanFit(t *testing.T) {
	s := open(t, options(t))
	begun, let := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_ = s.Update(context.Background(), func(store.Tx) error { close(begun); <-let; return nil })
	})
	<-begun
	const more = 100
	refused := make(chan int, turns.MaxWaiting+more)
	for i := range turns.MaxWaiting + more {
		all.Go(func() {
			err := s.Update(context.Background(), func(tx store.Tx) error {
				return tx.PutSetting(fmt.Sprintf("flood/%d", i), []byte("x"))
			})
			switch {
			case errors.Is(err, store.ErrBusy):
				refused <- i
			case err != nil:
				t.Errorf("call %d: %v", i, err)
			}
		})
	}
	lost := map[string]bool{}
	for range more {
		lost[fmt.Sprintf("flood/%d", <-refused)] = true
	}
	close(let)
	all.Wait()
	err := s.View(context.Background(), func(tx store.Tx) error {
		names, err := tx.SettingNames("flood/")
		if len(names) != turns.MaxWaiting || len(lost) != more {
			t.Errorf("%d kept, %d refused", len(names), len(lost))
		}
		for _, name := range names {
			if lost[name] {
				t.Errorf("%s was refused and kept", name)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := s.Update(context.Background(), func(tx store.Tx) error { return tx.PutSetting("after", []byte("x")) }); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}
