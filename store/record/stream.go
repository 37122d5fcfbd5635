package record

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"

	"github.com/ittakesacommunity/takeover/store"
)

// Put takes one record. It must not keep key and r after it returned.
type Put func(kind Kind, key, r []byte) error

// Source gives all records of one state of a store, sorted by the order of Kinds
// and then by key. What an engine knows of itself alone (its age, its place) is
// not among them.
type Source interface {
	Records(ctx context.Context, put Put) error
}

// Sum adds up records so that two stores that hold the same have the same sum,
// whatever keeps them.
type Sum struct {
	hash    hash.Hash
	Records int
}

// Add takes the next record; records must come in the order of a Source.
func (s *Sum) Add(kind Kind, key, r []byte) {
	if s.hash == nil {
		s.hash = sha256.New()
	}
	for _, part := range [][]byte{[]byte(kind), key, r} {
		s.hash.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		s.hash.Write(part)
	}
	s.Records++
}

// Hex is the sum as people compare it.
func (s *Sum) Hex() string {
	if s.hash == nil {
		return ""
	}
	return hex.EncodeToString(s.hash.Sum(nil))
}

// ErrNotSound is wrapped when a store cannot be copied as it is.
var ErrNotSound = errors.New("the store holds records that cannot be read")

// Copied is src with every record checked and added to sum on its way. Records
// that were set aside do not travel: nobody can tell what they say.
func Copied(src Source, sum *Sum) Source { return copied{src, sum} }

type copied struct {
	src Source
	sum *Sum
}

func (c copied) Records(ctx context.Context, put Put) error {
	*c.sum = Sum{}
	return c.src.Records(ctx, func(kind Kind, key, r []byte) error {
		if kind == Aside {
			return fmt.Errorf("%w: %s was set aside; forget it first", ErrNotSound, Printable(kind, key))
		}
		if err := Readable(kind, key, r); errors.Is(err, store.ErrCorrupt) {
			return fmt.Errorf("%w: %w", ErrNotSound, err)
		} else if err != nil {
			return err
		}
		c.sum.Add(kind, key, r)
		return put(kind, key, r)
	})
}
