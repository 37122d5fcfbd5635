// Package record is the form in which every engine of the store keeps a record,
// so that a record is checked alike everywhere and can move from one engine to
// another byte for byte.
package record

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/ittakesacommunity/takeover/campaign"
	"github.com/ittakesacommunity/takeover/store"
)

// Kind is what a record is; people read it in the list of what was set aside.
type Kind string

const (
	Meta     Kind = "meta" // what the store knows of itself, the campaign, the switches
	Setting  Kind = "setting"
	Plan     Kind = "plan"
	Blob     Kind = "blob"
	Content  Kind = "content"
	Delivery Kind = "delivery"
	Attempt  Kind = "attempt"
	Staged   Kind = "staged"
	Remote   Kind = "remote"
	Lane     Kind = "lane"
	Audit    Kind = "audit"
	Aside    Kind = "aside" // what could not be read
)

// Kinds are all there are.
var Kinds = []Kind{Meta, Setting, Plan, Blob, Content, Delivery, Attempt, Staged, Remote, Lane, Audit, Aside}

// A record is: version (1 byte), CRC-32C (4 bytes, big endian) over version,
// kind, key and content, then the content. The key is part of it, so that a
// record found under another key is noticed.
const (
	version = 1
	head    = 5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(version byte, kind Kind, key, content []byte) uint32 {
	sum := crc32.Update(0, castagnoli, []byte{version, byte(len(kind))})
	sum = crc32.Update(sum, castagnoli, []byte(kind))
	sum = crc32.Update(sum, castagnoli, binary.BigEndian.AppendUint32(nil, uint32(len(key))))
	sum = crc32.Update(sum, castagnoli, key)
	return crc32.Update(sum, castagnoli, content)
}

// Seal makes the record for content under the key.
func Seal(kind Kind, key, content []byte) []byte {
	r := make([]byte, head, head+len(content))
	r[0] = version
	binary.BigEndian.PutUint32(r[1:], checksum(version, kind, key, content))
	return append(r, content...)
}

// Unseal checks a record and returns its content, which aliases r. Its error
// wraps store.ErrCorrupt.
func Unseal(kind Kind, key, r []byte) ([]byte, error) {
	switch {
	case len(r) < head:
		return nil, Corrupt(kind, key, "it is cut short")
	case r[0] != version:
		return nil, Corrupt(kind, key, fmt.Sprintf("its version is %d", r[0]))
	}
	content := r[head:]
	if binary.BigEndian.Uint32(r[1:]) != checksum(r[0], kind, key, content) {
		return nil, Corrupt(kind, key, "its checksum is wrong")
	}
	return content, nil
}

// Corrupt is the error of a record that cannot be read.
func Corrupt(kind Kind, key []byte, why string) error {
	return fmt.Errorf("%w: %s %q: %s", store.ErrCorrupt, kind, Printable(kind, key), why)
}

// NotFound is the error of a record that does not exist.
func NotFound(kind Kind, key []byte) error {
	return fmt.Errorf("%s %q: %w", kind, Printable(kind, key), store.ErrNotFound)
}

// Encode is the content of a record of structured data.
func Encode(v any) ([]byte, error) {
	c, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("store a %T: %w", v, err)
	}
	return c, nil
}

// Decode reads content into v. What passed its checksum and still cannot be
// read was written by something else, so it is corrupt too.
func Decode(kind Kind, key, content []byte, v any) error {
	if err := json.Unmarshal(content, v); err != nil {
		return Corrupt(kind, key, err.Error())
	}
	return nil
}

// Open checks a record and reads its content into v.
func Open(kind Kind, key, r []byte, v any) error {
	content, err := Unseal(kind, key, r)
	if err != nil {
		return err
	}
	return Decode(kind, key, content, v)
}

// Readable checks that the record is whole and of its kind.
func Readable(kind Kind, key, r []byte) error {
	c, err := Unseal(kind, key, r)
	if err != nil {
		return err
	}
	var v any
	switch kind {
	case Delivery:
		v = new(campaign.Delivery)
	case Attempt:
		v = new(campaign.Attempt)
	case Plan:
		v = new(campaign.Plan)
	case Content:
		v = new(campaign.Content)
	case Lane:
		v = new(campaign.LaneState)
	case Audit:
		v = new(campaign.AuditEntry)
	case Aside:
		v = new(store.Unreadable)
	default:
		return nil
	}
	return Decode(kind, key, c, v)
}

// States number the states in keys, columns and counters; a number is never given anew.
var States = []campaign.State{
	campaign.Planned, campaign.Scheduled, campaign.Armed, campaign.InDoubt, campaign.NeedsHuman,
	campaign.Published, campaign.Rejected, campaign.Missed, campaign.Cancelled, campaign.Unresolved,
}

// NoState is the number of what is no state.
const NoState = 0xFF

// StateCode is the number of the state.
func StateCode(s campaign.State) byte {
	if i := slices.Index(States, s); i >= 0 {
		return byte(i)
	}
	return NoState
}
