package httpx

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestF51Addresses: public is what may be called; own what may with allow_private.
func TestF51Addresses(t *testing.T) {
	const public, own, never = "public", "own", "never"
	for _, tt := range []struct{ address, class string }{
		{"93.184.216.34", public}, {"2606:2800:220:1:248:1893:25c8:1946", public}, {"::ffff:93.184.216.34", public},
		{"127.0.0.1", own}, {"127.255.255.254", own}, {"::1", own}, {"::ffff:127.0.0.1", own},
		{"10.0.0.1", own}, {"172.16.0.1", own}, {"172.31.255.255", own}, {"192.168.1.1", own}, {"::ffff:10.0.0.1", own},
		{"fc00::1", own}, {"fd00:ec2::253", own}, {"100.64.0.1", own}, {"100.100.100.199", own},
		{"fd00:ec2::254", never}, {"100.100.100.200", never}, {"::ffff:100.100.100.200", never},
		{"172.32.0.1", public}, {"100.128.0.1", public}, {"172.15.255.255", public},
		{"0.0.0.0", never}, {"0.1.2.3", never}, {"::", never}, {"169.254.169.254", never}, {"::ffff:169.254.169.254", never},
		{"fe80::1", never}, {"fe80::1%eth0", never}, {"fec0::1", never}, {"168.63.129.16", never},
		{"224.0.0.1", never}, {"239.255.255.255", never}, {"ff02::1", never}, {"255.255.255.255", never}, {"240.0.0.1", never},
		{"64:ff9b::7f00:1", never}, {"64:ff9b::a00:1", never}, {"64:ff9b:1::1", never}, // NAT64
		{"2002:7f00:1::", never}, {"2002:a00:1::1", never}, // 6to4
		{"2001::1", never}, {"2001:0:7f00:1::", never}, // Teredo
		{"::7f00:1", never}, {"::10.0.0.1", never}, // IPv4-compatible
		{"192.0.0.192", never}, {"192.88.99.1", never}, {"198.18.0.1", never}, {"2001:db8::1", never}, {"100::1", never},
	} {
		a := netip.MustParseAddr(tt.address)
		strict, lax := CheckAddress(a, false), CheckAddress(a, true)
		if (strict == nil) != (tt.class == public) || (lax == nil) != (tt.class != never) {
			t.Errorf("%s is %s, but: %v; with allow_private: %v", tt.address, tt.class, strict, lax)
		}
		for _, err := range []error{strict, lax} {
			if err != nil && !errors.Is(err, ErrAddress) {
				t.Errorf("%s: %v is no ErrAddress", tt.address, err)
			}
		}
	}
}

// TestF51AddressesLikeTheStandardLibrary: whatever net/netip calls private,
// local or multicast is never public here.
func TestF51AddressesLikeTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a netip.Addr
		if rapid.Bool().Draw(t, "v4") {
			a = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "bytes")))
		} else {
			a = netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes")))
		}
		u := a.Unmap()
		if (u.IsPrivate() || u.IsLoopback() || u.IsLinkLocalUnicast() || u.IsMulticast() || u.IsUnspecified()) && CheckAddress(a, false) == nil {
			t.Errorf("%s passes", a)
		}
		if CheckAddress(a, false) == nil && CheckAddress(a, true) != nil {
			t.Errorf("%s passes only without allow_private", a)
		}
	})
}

// TestF51RefusedAtDialTime: the address is judged where it is dialled, so the
// name that led there does not matter. Nothing connects.
func TestF51RefusedAtDialTime(t *testing.T) {
	s := serve(t, nil, drain)
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "[::]"} {
		for _, c := range []*Client{New(Options{}), New(Options{AllowPrivate: true})} {
			if c.o.AllowPrivate && !strings.HasPrefix(host, "0") && host != "[::]" {
				continue // allowed, and other tests call it
			}
			a, err := c.Publish(t.Context(), open, post("https://"+host+port))
			if a.Reach != ReachNothing || !errors.Is(err, ErrAddress) {
				t.Errorf("publish to %s: %s, %v", host, a.Reach, err)
			}
			if _, err := c.Do(t.Context(), Call{Method: http.MethodGet, URL: "https://" + host + port}); !errors.Is(err, ErrAddress) {
				t.Errorf("read of %s: %v", host, err)
			}
		}
	}
	if n := s.conns.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}

func TestNumbersInDisguiseAreNoPublicHosts(t *testing.T) {
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1"} {
		if a, err := New(Options{}).Publish(soon(t), open, post("https://"+host+"/")); a.Reach != ReachNothing || err == nil {
			t.Errorf("%s: %s, %v", host, a.Reach, err)
		}
	}
}

func TestCheckURL(t *testing.T) {
	for _, tt := range []struct {
		url         string
		strict, lax bool
	}{
		{"https://p.example/hook", true, true},
		{"http://p.example/hook", false, true},
		{"https://me:pass@p.example/", false, false},
		{"https:///hook", false, false},
		{"https://:443/", false, false},
		{"ftp://p.example/", false, false},
		{"file:///etc/passwd", false, false},
		{"//p.example/", false, false},
		{"p.example", false, false},
		{"", false, false},
	} {
		u, err := url.Parse(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		if (CheckURL(u, false) == nil) != tt.strict || (CheckURL(u, true) == nil) != tt.lax {
			t.Errorf("%q: %v; with allow_private: %v", tt.url, CheckURL(u, false), CheckURL(u, true))
		}
	}
}

func TestEnvironmentProxyIsNotAsked(t *testing.T) {
	proxy := serve(t, nil, drain)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	c := local(Options{})
	c.Publish(t.Context(), open, post("http://"+gone.Addr().String()))
	c.Do(t.Context(), Call{Method: http.MethodGet, URL: "http://" + gone.Addr().String()})
	if proxy.conns.Load() != 0 {
		t.Error("a proxy of the environment was asked")
	}
}
