package record

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/campaign"
)

// A key is built from parts: a string that is not last gets its length before
// it (2 bytes), so that no two lists of parts read the same and all keys with
// equal first parts lie together; times take 12 bytes.

// AddString appends a string that is not the last part.
func AddString(k []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(k, uint16(len(s))), s...)
}

// AddTime appends an instant so that bytes sort as time does, for any year.
func AddTime(k []byte, t time.Time) []byte {
	k = binary.BigEndian.AppendUint64(k, uint64(t.Unix())^1<<63)
	return binary.BigEndian.AppendUint32(k, uint32(t.Nanosecond()))
}

// TimeSize is what an instant takes in a key, in bytes.
const TimeSize = 12

// ReadTime is the instant that AddTime wrote, in UTC; false for anything else.
func ReadTime(k []byte) (time.Time, bool) {
	if len(k) != TimeSize {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint64(k)^1<<63), int64(binary.BigEndian.Uint32(k[8:]))).UTC(), true
}

// ReadString takes a string that is not last off the key.
func ReadString(k []byte) (s string, rest []byte, ok bool) {
	if len(k) < 2 {
		return "", nil, false
	}
	n := int(binary.BigEndian.Uint16(k))
	if len(k) < 2+n {
		return "", nil, false
	}
	return string(k[2 : 2+n]), k[2+n:], true
}

// After is the first key behind all that begin with prefix; nil if there is none.
func After(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// CheckNames refuses names that are too long for a key: more than max bytes.
func CheckNames(max int, names ...string) error {
	for _, n := range names {
		if len(n) > max {
			return fmt.Errorf("%q… has %d bytes; ids end at %d", n[:32], len(n), max)
		}
	}
	return nil
}

// AttemptKey is where the n-th attempt of a delivery stands.
func AttemptKey(id string, n int) []byte {
	return binary.BigEndian.AppendUint32(AddString(nil, id), uint32(n))
}

// AuditKey is where the n-th entry of the journal stands.
func AuditKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// RemoteKey is where the claim of a lane's remote id stands.
func RemoteKey(lane campaign.LaneID, remoteID string) []byte {
	return append(AddString(nil, string(lane)), remoteID...)
}

// AsideKey is where a record that was set aside stands.
func AsideKey(kind Kind, key []byte) []byte { return append(AddString(nil, string(kind)), key...) }

// Printable is the key as people read it.
func Printable(kind Kind, key []byte) string {
	switch kind {
	case Audit:
		if len(key) == 8 {
			return strconv.FormatUint(binary.BigEndian.Uint64(key), 10)
		}
	case Attempt:
		if id, n, ok := ReadString(key); ok && len(n) == 4 {
			return fmt.Sprintf("%s/%d", id, binary.BigEndian.Uint32(n))
		}
	case Remote:
		if lane, id, ok := ReadString(key); ok {
			return lane + " " + string(id)
		}
	}
	return strings.ToValidUTF8(string(key), "\uFFFD")
}

// A cursor is the place of the last delivery of a page: its due time and id.

// WriteCursor is the place of d.
func WriteCursor(d *campaign.Delivery) string {
	return base64.RawURLEncoding.EncodeToString(append(AddTime(nil, d.Due), d.ID...))
}

// ReadCursor is the place that a cursor names, a time and an id as one key; nil for "".
func ReadCursor(s string) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	k, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(k) <= TimeSize {
		return nil, fmt.Errorf("%q is no place in a list", s)
	}
	return k, nil
}
