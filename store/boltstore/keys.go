package boltstore

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// bucket names one sorted part of the file.
type bucket int

const (
	inMeta bucket = iota // schema, life, counts
	inSettings
	inPlans
	inBlobs
	inContents
	inDeliveries
	inAttempts
	inStaged
	inRemotes
	inLanes
	inAudit
	inAside
	// indexes of deliveries: keys only
	byRun
	byArmed
	byDoubt
	byDoubtLane
	byExpiry
	byState
	byPlan
	byChannel
	byTwin
	bucketCount
)

var bucketNames = [bucketCount]string{
	"meta", "setting", "plan", "blob", "content", "delivery", "attempt", "staged", "remote", "lane", "audit", "aside",
	"by-run", "by-armed", "by-doubt", "by-doubt-lane", "by-expiry", "by-state", "by-plan", "by-channel", "by-twin",
}

// maxName bounds each id that goes into a key, in bytes; bbolt's keys end at 32768.
const maxName = 4096

// A key is built from parts: a string that is not last gets its length before
// it (2 bytes), so that no two lists of parts read the same and all keys with
// equal first parts lie together; times take 12 bytes.

func addString(k []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(k, uint16(len(s))), s...)
}

// addTime appends an instant so that bytes sort as time does, for any year.
func addTime(k []byte, t time.Time) []byte {
	k = binary.BigEndian.AppendUint64(k, uint64(t.Unix())^1<<63)
	return binary.BigEndian.AppendUint32(k, uint32(t.Nanosecond()))
}

const timeSize = 12

// after is the first key behind all that begin with prefix; nil if there is none.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// readString takes a string that is not last off the key.
func readString(k []byte) (s string, rest []byte, ok bool) {
	if len(k) < 2 {
		return "", nil, false
	}
	n := int(binary.BigEndian.Uint16(k))
	if len(k) < 2+n {
		return "", nil, false
	}
	return string(k[2 : 2+n]), k[2+n:], true
}

func checkNames(names ...string) error {
	for _, n := range names {
		if len(n) > maxName {
			return fmt.Errorf("%q… has %d bytes; ids end at %d", n[:32], len(n), maxName)
		}
	}
	return nil
}

func attemptKey(id string, n int) []byte {
	return binary.BigEndian.AppendUint32(addString(nil, id), uint32(n))
}

// printable is the key as people read it.
func printable(b bucket, key []byte) string {
	switch b {
	case inAudit:
		if len(key) == 8 {
			return strconv.FormatUint(binary.BigEndian.Uint64(key), 10)
		}
	case inAttempts:
		if id, n, ok := readString(key); ok && len(n) == 4 {
			return fmt.Sprintf("%s/%d", id, binary.BigEndian.Uint32(n))
		}
	case inRemotes:
		if lane, id, ok := readString(key); ok {
			return lane + " " + string(id)
		}
	}
	return strings.ToValidUTF8(string(key), "\uFFFD")
}
