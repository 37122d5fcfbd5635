package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Names of the headers, as the specification writes them.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

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
		m := hmac.New(sha256.New, key)
		fmt.Fprintf(m, "%s.%d.%s", id, at.Unix(), body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
	}
	return strings.Join(signatures, " ")
}
