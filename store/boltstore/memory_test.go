package boltstore

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ittakesacommunity/takeover/campaign"
)

func TestMemory(t *testing.T) {
	var m memory
	record := []byte("as it was")
	m.keep([]byte("id"), record, campaign.Delivery{ID: "id", Warnings: []string{"one"}})
	record[0] = 'A' // the file's bytes are another's soon
	if _, ok := m.recall([]byte("id"), record); ok {
		t.Error("another record was answered")
	}
	if _, ok := m.recall([]byte("other"), []byte("as it was")); ok {
		t.Error("another delivery was answered")
	}
	d, ok := m.recall([]byte("id"), []byte("as it was"))
	if !ok || d.Warnings[0] != "one" {
		t.Fatalf("%+v, %v", d, ok)
	}
	d.Warnings[0] = "two"
	if d, _ = m.recall([]byte("id"), []byte("as it was")); d.Warnings[0] != "one" {
		t.Error("a caller changed what is remembered")
	}
	for i := range 2 * memorySize {
		m.keep(fmt.Append(nil, i), bytes.Repeat([]byte("x"), 10), campaign.Delivery{})
	}
	if len(m.of) != memorySize {
		t.Errorf("%d are remembered", len(m.of))
	}
}
