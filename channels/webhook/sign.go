package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Names of the headers, as the specification writes them.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

// Tolerance is how far a timestamp may be from the receiver's clock, either way.
const Tolerance = 5 * time.Minute

// A key has 24 to 64 random bytes.
const minKey, maxKey = 24, 64

// ParseKeys reads the secrets in text, separated by white space: base64, with
// or without the prefix "whsec_". Errors do not repeat the text.
func ParseKeys(text string) ([][]byte, error) {
	var keys [][]byte
	for i, word := range strings.Fields(text) {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(word, "whsec_"))
		switch {
		case err != nil:
			return nil, fmt.Errorf("signing secret %d is not base64 (with or without whsec_ before it)", i+1)
		case len(key) < minKey || len(key) > maxKey:
			return nil, fmt.Errorf("signing secret %d has %d bytes; it must have %d to %d", i+1, len(key), minKey, maxKey)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no signing secret")
	}
	return keys, nil
}

// Sign is the webhook-signature header over exactly these bytes, one
// signature for each key.
func Sign(keys [][]byte, id string, at time.Time, body []byte) string {
	signatures := make([]string, len(keys))
	for i, key := range keys {
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac(key, id, strconv.FormatInt(at.Unix(), 10), body))
	}
	return strings.Join(signatures, " ")
}

func mac(key []byte, id, timestamp string, body []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(id + "." + timestamp + "."))
	m.Write(body)
	return m.Sum(nil)
}

// Verify tells whether one of the keys signed the body under the headers, not
// longer than Tolerance from now. Whoever acts on a verified call remembers
// its webhook-id: a recorded call verifies again until then.
func Verify(keys [][]byte, h http.Header, body []byte, now time.Time) error {
	id, timestamp := h.Get(headerID), h.Get(headerTimestamp)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || id == "" {
		return errors.New("a webhook header is missing or cannot be read")
	}
	if d := time.Unix(seconds, 0).Sub(now.Truncate(time.Second)); d.Abs() > Tolerance {
		return errors.New("the webhook's timestamp is too far from now")
	}
	for _, word := range strings.Fields(h.Get(headerSignature)) {
		version, encoded, _ := strings.Cut(word, ",")
		got, err := base64.StdEncoding.DecodeString(encoded)
		if version != "v1" || err != nil {
			continue // another version is somebody else's to check
		}
		for _, key := range keys {
			if hmac.Equal(got, mac(key, id, timestamp, body)) {
				return nil
			}
		}
	}
	return errors.New("no signature of the webhook is right")
}
