package bluesky

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"

	"github.com/ittakesacommunity/takeover/channels"
)

// tidDigits are the digits of a TID in ascending order, so that keys sort as
// their times do. Source: atproto.com/specs/tid.
const tidDigits = "234567abcdefghijklmnopqrstuvwxyz"

// tidLength is the number of digits of a TID: 65 bits, the highest two zero.
const tidLength = 13

// tid is the key of 53 bits of microseconds and 10 bits of clock id.
func tid(micros, clock uint64) string {
	v := micros&(1<<53-1)<<10 | clock&(1<<10-1)
	var b [tidLength]byte
	for i := range b {
		b[tidLength-1-i] = tidDigits[v>>(5*i)&31]
	}
	return string(b[:])
}

// isTID tells whether s can be the key of a post.
func isTID(s string) bool {
	return len(s) == tidLength && strings.Trim(s, tidDigits) == "" && strings.IndexByte(tidDigits, s[0]) < 16
}

// partSpan is how many microseconds of a second belong to one part of a
// thread, so that parts sort in their order.
const partSpan = 10_000

// recordKey is the key of the part at hand: equal in every attempt under one
// Request.Key. Its second is the due time, which is known before anything is
// armed, so that a restored store finds what an earlier life of it published;
// what is below the second comes from the request's key.
func recordKey(r channels.Request) string {
	sum := sha256.Sum256([]byte("bluesky\x00" + r.Key))
	below := uint64(r.Part%100)*partSpan + uint64(binary.BigEndian.Uint32(sum[:]))%partSpan
	second := uint64(max(0, r.Delivery.Due.Unix()))
	return tid(second*uint64(time.Second/time.Microsecond)+below, uint64(binary.BigEndian.Uint16(sum[4:])))
}
