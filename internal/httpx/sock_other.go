//go:build !linux

package httpx

import (
	"net"
	"time"
)

// setUserTimeout has no equal elsewhere: there the end of the call's time
// alone cuts a silent connection.
func setUserTimeout(*net.TCPConn, time.Duration) error { return nil }
