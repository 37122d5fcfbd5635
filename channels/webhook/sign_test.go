package webhook_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ittakesacommunity/takeover/channels/webhook/pretend"
	"github.com/ittakesacommunity/takeover/internal/signed"
)

type vector struct {
	Name      string
	Secrets   []string
	ID        string `json:"webhook_id"`
	Timestamp string `json:"webhook_timestamp"`
	Body      string
	Signature string `json:"webhook_signature"`
	VerifyAt  int64  `json:"verify_at"`
	Valid     bool
}

func vectors(t *testing.T) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/standard-webhooks-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(b, &file); err != nil || len(file.Vectors) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	return file.Vectors
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			keys, err := signed.ParseKeys(strings.Join(v.Secrets, "\n"))
			if err != nil {
				t.Fatal(err)
			}
			h := http.Header{}
			h.Set("webhook-id", v.ID)
			h.Set("webhook-timestamp", v.Timestamp)
			h.Set("webhook-signature", v.Signature)
			err = pretend.Verify(v.Secrets, h, []byte(v.Body), time.Unix(v.VerifyAt, 0))
			if (err == nil) != v.Valid {
				t.Errorf("Verify = %v, want valid %v", err, v.Valid)
			}
			seconds, _ := strconv.ParseInt(v.Timestamp, 10, 64)
			got := signed.Sign(keys, v.ID, time.Unix(seconds, 0), []byte(v.Body))
			if v.Valid && !strings.Contains(v.Signature, got) {
				t.Errorf("Sign = %q, want %q", got, v.Signature)
			}
		})
	}
}

func TestEachRotatedSecretVerifies(t *testing.T) {
	const one, two = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8="
	both, err := signed.ParseKeys(one + "\n" + two + "\n")
	if err != nil || len(both) != 2 {
		t.Fatalf("ParseKeys = %d keys, %v", len(both), err)
	}
	at := time.Unix(1797584400, 0)
	h := http.Header{}
	h.Set("webhook-id", "d_1")
	h.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	h.Set("webhook-signature", signed.Sign(both, "d_1", at, []byte("{}")))
	for _, secret := range []string{one, two} {
		if err := pretend.Verify([]string{secret}, h, []byte("{}"), at); err != nil {
			t.Errorf("a receiver that knows one secret refuses: %v", err)
		}
	}
}
