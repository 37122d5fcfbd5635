package boltstore

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"

	"github.com/ittakesacommunity/takeover/store"
)

// A record is: version (1 byte), CRC-32C (4 bytes, big endian) over version,
// bucket, key and content, then the content. The key is part of it, so that a
// record found under another key is noticed.
const (
	recordVersion = 1
	recordHead    = 5
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(version byte, b bucket, key, content []byte) uint32 {
	name := bucketNames[b]
	sum := crc32.Update(0, castagnoli, []byte{version, byte(len(name))})
	sum = crc32.Update(sum, castagnoli, []byte(name))
	sum = crc32.Update(sum, castagnoli, binary.BigEndian.AppendUint32(nil, uint32(len(key))))
	sum = crc32.Update(sum, castagnoli, key)
	return crc32.Update(sum, castagnoli, content)
}

// seal makes the record for content under the key.
func seal(b bucket, key, content []byte) []byte {
	r := make([]byte, recordHead, recordHead+len(content))
	r[0] = recordVersion
	binary.BigEndian.PutUint32(r[1:], checksum(recordVersion, b, key, content))
	return append(r, content...)
}

// unseal checks a record and returns its content, which aliases r.
func unseal(b bucket, key, r []byte) ([]byte, error) {
	switch {
	case len(r) < recordHead:
		return nil, corrupt(b, key, "it is cut short")
	case r[0] != recordVersion:
		return nil, corrupt(b, key, fmt.Sprintf("its version is %d", r[0]))
	}
	content := r[recordHead:]
	if binary.BigEndian.Uint32(r[1:]) != checksum(r[0], b, key, content) {
		return nil, corrupt(b, key, "its checksum is wrong")
	}
	return content, nil
}

func corrupt(b bucket, key []byte, why string) error {
	return fmt.Errorf("%w: %s %q: %s", store.ErrCorrupt, bucketNames[b], printable(b, key), why)
}

// encode is the content of a record of structured data.
func encode(v any) ([]byte, error) {
	c, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("store a %T: %w", v, err)
	}
	return c, nil
}

// decode reads content into v. What passed its checksum and still cannot be
// read was written by something else, so it is corrupt too.
func decode(b bucket, key, content []byte, v any) error {
	if err := json.Unmarshal(content, v); err != nil {
		return corrupt(b, key, err.Error())
	}
	return nil
}
