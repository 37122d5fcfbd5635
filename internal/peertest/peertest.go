// Package peertest names the real servers that some tests are held against.
package peertest

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Require is the variable that lists, with commas, the peers that must be
// there: a test that needs one of them and does not find it fails.
const Require = "TAKEOVER_TEST_REQUIRE"

// Need is what the variable says of the peer: an address, as a rule. Where it
// is not set the test is skipped, or fails where the peer is required.
func Need(t testing.TB, peer, variable string) string {
	t.Helper()
	at := os.Getenv(variable)
	switch {
	case at != "":
	case Required(peer):
		t.Fatalf("%s is not set, and %s demands %s", variable, Require, peer)
	default:
		t.Skipf("%s names no %s", variable, peer)
	}
	return at
}

// Required tells whether the peer must be there.
func Required(peer string) bool {
	return slices.ContainsFunc(strings.Split(os.Getenv(Require), ","), func(s string) bool { return strings.TrimSpace(s) == peer })
}
