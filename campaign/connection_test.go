package campaign

import (
	"encoding/json"
	"testing"
)

// TestNeverConnected: what has not happened yet has no time, rather than the year one.
func TestNeverConnected(t *testing.T) {
	b, err := json.Marshal(Connection{Channel: "x-main", Fault: "no token"})
	if want := `{"channel":"x-main","account":{"id":"","handle":""},"fault":"no token"}`; err != nil || string(b) != want {
		t.Errorf("%s, %v; want %s", b, err, want)
	}
}
