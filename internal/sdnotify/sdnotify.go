// Package sdnotify tells the service manager about the life of the process.
// Source: sd_notify(3), sd_watchdog_enabled(3).
package sdnotify

import (
	"net"
	"os"
	"strconv"
	"time"
)

// What a service manager is told.
const (
	Ready    = "READY=1"    // the start is over
	Stopping = "STOPPING=1" // the end has begun
	Watchdog = "WATCHDOG=1" // all is well; within Every, or the process is ended
)

// Send tells the service manager the state, one "NAME=value" a line. Without
// one (no $NOTIFY_SOCKET) it does nothing.
func Send(state string) error {
	addr := os.Getenv("NOTIFY_SOCKET")
	if addr == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: addr, Net: "unixgram"}) // a leading "@" is an abstract address
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, err = conn.Write([]byte(state))
	return err
}

// Every is within which time the service manager waits for each Watchdog;
// false where it does not wait for any of this process.
func Every() (time.Duration, bool) {
	if pid := os.Getenv("WATCHDOG_PID"); pid != "" && pid != strconv.Itoa(os.Getpid()) {
		return 0, false
	}
	usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || usec <= 0 || usec > int64(24*time.Hour/time.Microsecond) {
		return 0, false
	}
	return time.Duration(usec) * time.Microsecond, true
}
