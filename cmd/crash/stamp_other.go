//go:build !linux

package main

import (
	"net"
	"syscall"
	"time"
)

// stampConnections does nothing here: only Linux is asked for the time.
func stampConnections(_, _ string, _ syscall.RawConn) error { return nil }

// readStamped reads, and says when it did.
func readStamped(c *net.TCPConn, b []byte) (n int, at time.Time, err error) {
	n, err = c.Read(b)
	return n, time.Now(), err
}
