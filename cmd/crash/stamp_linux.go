package main

import (
	"encoding/binary"
	"io"
	"net"
	"syscall"
	"time"
)

// soTimestampNS asks the kernel for the time at which each segment came, as a
// control message of the same number. Source: socket(7), asm-generic/socket.h.
const soTimestampNS = 35

// stampConnections makes the kernel note when bytes come; connections inherit
// it from their listener.
func stampConnections(_, _ string, c syscall.RawConn) (err error) {
	if e := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soTimestampNS, 1)
	}); e != nil {
		return e
	}
	return err
}

// readStamped reads, and says when the last of what it read came.
func readStamped(c *net.TCPConn, b []byte) (n int, at time.Time, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, at, err
	}
	oob := make([]byte, 128)
	var oobn int
	var readErr error
	err = raw.Read(func(fd uintptr) bool {
		n, oobn, _, _, readErr = syscall.Recvmsg(int(fd), b, oob, 0)
		return readErr != syscall.EAGAIN && readErr != syscall.EINTR
	})
	switch {
	case err != nil:
		return 0, at, err
	case readErr != nil:
		return 0, at, readErr
	case n == 0 && len(b) > 0:
		return 0, at, io.EOF
	}
	return n, stampIn(oob[:oobn]), nil
}

// stampIn finds the kernel's time in control messages; now where there is none.
func stampIn(oob []byte) time.Time {
	messages, err := syscall.ParseSocketControlMessage(oob)
	for _, m := range messages {
		if err == nil && m.Header.Level == syscall.SOL_SOCKET && m.Header.Type == soTimestampNS && len(m.Data) >= 16 {
			return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
		}
	}
	return time.Now()
}
