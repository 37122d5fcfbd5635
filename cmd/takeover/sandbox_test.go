package main

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
)

// TestSandboxOnAnAddressInUse ends as a daemon there does.
func TestSandboxOnAnAddressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var out, said bytes.Buffer
	code := run(context.Background(), []string{"sandbox", "--listen", l.Addr().String()}, strings.NewReader(""), &out, &said)
	if code != exitUnreachable || !strings.Contains(said.String(), l.Addr().String()) {
		t.Errorf("ended with %d: %s", code, said.String())
	}
}
