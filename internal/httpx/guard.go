package httpx

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

// ErrAddress is wrapped when an address may not be called: nothing has left.
var ErrAddress = errors.New("the address is refused")

// Addresses that a caller must allow before they are called: a receiver on
// this machine or in a network of one's own.
var ownNetworks = prefixes(
	"127.0.0.0/8", "::1/128", // loopback
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", // private
	"100.64.0.0/10", // carrier-grade NAT
)

// Addresses that are never called: nobody publishes there, and what answers
// is a cloud's metadata service, a router or another address in disguise.
// Source: the IANA special-purpose address registries.
var neverCalled = prefixes(
	"0.0.0.0/8",                      // this host
	"169.254.0.0/16",                 // link-local, with most clouds' metadata
	"168.63.129.16/32",               // Azure's metadata
	"100.100.100.200/32",             // Alibaba's metadata, in a carrier-grade NAT network
	"fd00:ec2::254/128",              // Amazon's metadata, in a private network
	"192.0.0.0/24", "192.88.99.0/24", // protocol assignments, 6to4 relays
	"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", // documentation
	"198.18.0.0/15",              // benchmarks
	"224.0.0.0/4", "240.0.0.0/4", // multicast, reserved, broadcast
	"2001::/23", "2001:db8::/32", "3fff::/20", // Teredo and other assignments, documentation
	"2002::/16", // 6to4
)

// globalV6 holds every IPv6 address that is routed publicly today. What lies
// outside of it and is not in ownNetworks is refused: link-local, multicast,
// NAT64 (64:ff9b::/96), IPv4-compatible, unspecified.
var globalV6 = netip.MustParsePrefix("2000::/3")

func prefixes(list ...string) []netip.Prefix {
	ps := make([]netip.Prefix, len(list))
	for i, s := range list {
		ps[i] = netip.MustParsePrefix(s)
	}
	return ps
}

// CheckAddress tells whether the address may be called; the error wraps
// ErrAddress. With allowPrivate loopback, private and carrier-grade NAT
// addresses may; link-local, multicast, translated and reserved ones never,
// nor what clouds answer metadata on.
func CheckAddress(a netip.Addr, allowPrivate bool) error {
	a = a.Unmap().WithZone("")
	own := within(a, ownNetworks)
	switch {
	case !a.IsValid(), within(a, neverCalled), !own && a.Is6() && !globalV6.Contains(a):
		return fmt.Errorf("%w: %s is no address that posts are sent to", ErrAddress, a)
	case own && !allowPrivate:
		return fmt.Errorf("%w: %s is not public; set allow_private if it is meant", ErrAddress, a)
	}
	return nil
}

func within(a netip.Addr, ps []netip.Prefix) bool {
	for _, p := range ps {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// CheckURL tells whether a URL may be called as far as its text says: https
// (or http with allowPrivate), a host, and no user or password, which would
// end up in logs. The error wraps ErrAddress. The address behind the host is
// checked when it is dialled.
func CheckURL(u *url.URL, allowPrivate bool) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return fmt.Errorf("%w: it does not begin with https://", ErrAddress)
	case u.Scheme == "http" && !allowPrivate:
		return fmt.Errorf("%w: plain http is sent only with allow_private", ErrAddress)
	case u.Hostname() == "":
		return fmt.Errorf("%w: it names no host", ErrAddress)
	case u.User != nil:
		return fmt.Errorf("%w: it holds a user name or password", ErrAddress)
	}
	return nil
}

// connectWithin bounds name resolution and connecting. Source: platforms.md §0.3.
const connectWithin = 10 * time.Second

// dialer connects to checked addresses only. The check sees the very address
// that is dialled, so a name that changes its mind gains nothing.
func dialer(allowPrivate bool) *net.Dialer {
	return &net.Dialer{
		Timeout: connectWithin,
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("%w: %s", ErrAddress, address)
			}
			return CheckAddress(ap.Addr(), allowPrivate)
		},
	}
}

// Dial connects to host:port, checked addresses only, for a protocol that is
// not HTTP. What the connection has not delivered when it is closed is
// forgotten, as with Publish. The error holds no address.
func Dial(ctx context.Context, address string, allowPrivate bool) (net.Conn, error) {
	conn, err := dialer(allowPrivate).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, quiet{err}
	}
	if err := forgetful(conn.(*net.TCPConn)); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}
