package signed

import (
	"strings"
	"testing"
)

func TestParseKeysRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text string }{
		{"nothing", " \n"},
		{"no base64", "whsec_not base64!"},
		{"too short", "whsec_c2hvcnQ="},
		{"too long", strings.Repeat("QUJD", 30)},
		{"second is wrong", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseKeys(tt.text)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, word := range strings.Fields(tt.text) {
				if len(word) > 3 && strings.Contains(err.Error(), word) {
					t.Errorf("the error repeats the secret: %v", err)
				}
			}
		})
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	f.Add("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= x")
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := ParseKeys(text)
		if (err == nil) != (len(keys) > 0) {
			t.Errorf("%d keys, %v", len(keys), err)
		}
		for _, key := range keys {
			if len(key) < minKey || len(key) > maxKey {
				t.Errorf("a key of %d bytes", len(key))
			}
		}
	})
}
