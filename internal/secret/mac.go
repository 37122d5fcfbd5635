package secret

import (
	"crypto/hmac"
	"crypto/sha256"
)

// macBytes is the length of a mark: 128 bits cannot be guessed.
const macBytes = 16

// MAC marks message for a purpose with the newest key; nil where there is none.
func (ks Keys) MAC(purpose string, message []byte) []byte {
	if !ks.Any() {
		return nil
	}
	return ks.keys[0].mac(purpose, message)
}

// Marked tells whether one of the keys marked message for the purpose.
func (ks Keys) Marked(purpose string, message, mac []byte) bool {
	for _, k := range ks.keys {
		if hmac.Equal(mac, k.mac(purpose, message)) {
			return true
		}
	}
	return false
}

func (k key) mac(purpose string, message []byte) []byte {
	one := derive[[keyBytes]byte](k.master, nil, "takeover mark "+purpose)
	h := hmac.New(sha256.New, one[:])
	h.Write(message) // never fails (hash.Hash)
	return h.Sum(nil)[:macBytes]
}
