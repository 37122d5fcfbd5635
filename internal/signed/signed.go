// Package signed signs what leaves as a webhook, so that its receiver can tell
// who sent it and that nobody changed it on the way.
// Source: Standard Webhooks 1.0.0, https://www.standardwebhooks.com.
package signed

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

// Header are the headers of a request with exactly these bytes: its id, which
// must not hold a dot, the time, and one signature for each key.
func Header(keys [][]byte, id string, at time.Time, body []byte) http.Header {
	return http.Header{
		http.CanonicalHeaderKey(headerID):        {id},
		http.CanonicalHeaderKey(headerTimestamp): {strconv.FormatInt(at.Unix(), 10)},
		http.CanonicalHeaderKey(headerSignature): {Sign(keys, id, at, body)},
	}
}

// Sign is the signature header alone.
func Sign(keys [][]byte, id string, at time.Time, body []byte) string {
	signatures := make([]string, len(keys))
	for i, key := range keys {
		m := hmac.New(sha256.New, key)
		fmt.Fprintf(m, "%s.%d.%s", id, at.Unix(), body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(m.Sum(nil))
	}
	return strings.Join(signatures, " ")
}
