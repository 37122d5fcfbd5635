package httpx

import (
	"context"
	"errors"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// TestConnectionForgets looks at the connection where the first byte would
// leave, and at how it ends: SO_LINGER 0 shows as a reset.
func TestConnectionForgets(t *testing.T) {
	ended := make(chan error, 1)
	s := serve(t, nil, func(c net.Conn) {
		_, err := c.Read(make([]byte, 1))
		ended <- err
	})
	c := local(Options{})
	var conn *net.TCPConn
	dial := c.dial
	c.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		opened, err := dial(ctx, network, address)
		conn, _ = opened.(*net.TCPConn)
		return opened, err
	}
	asked := false
	gate := gateFunc(func(func() error) error {
		asked = true
		rc, err := conn.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		rc.Control(func(fd uintptr) {
			timeout, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
			if err != nil || timeout != int(undeliveredFor.Milliseconds()) {
				t.Errorf("TCP_USER_TIMEOUT is %d ms, %v", timeout, err)
			}
		})
		return ErrGate
	})
	c.Publish(t.Context(), gate, post(s.URL))
	if !asked {
		t.Fatal("the gate was not asked")
	}
	if err := <-ended; !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("the connection ended with %v", err)
	}
}
