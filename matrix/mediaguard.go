package matrix

import (
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// outsideTransport is for servers that a homeserver refers to. It does not reach what belongs to the
// house: which addresses those are is decided when a connection is made, so that no name can stand for
// another one by then. For that it goes through no proxy.
func outsideTransport(t *http.Transport) *http.Transport {
	t = t.Clone()
	t.Proxy = nil
	t.DialTLSContext = nil
	t.DisableKeepAlives = true
	t.DialContext = (&net.Dialer{Timeout: 10 * time.Second, Control: publicOnly}).DialContext
	return t
}

// publicOnly is asked about each address before it is connected to.
func publicOnly(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil || !isPublic(ap.Addr()) {
		return errPrivate
	}
	return nil
}

// privateNets are what the library does not count as private or special: this network, addresses behind
// a provider's NAT, protocol assignments, tests and examples, what is reserved; and of IPv6 what stands
// for IPv4 or is of one site (IANA's special-purpose registries; RFC 6890).
var privateNets = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
	"5f00::/16", "fec0::/10",
)

func prefixes(texts ...string) (ps []netip.Prefix) {
	for _, t := range texts {
		ps = append(ps, netip.MustParsePrefix(t))
	}
	return ps
}

func isPrivate(a netip.Addr) bool { return !isPublic(a) }

// isPublic tells whether an address belongs to somebody out there.
func isPublic(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() { // nor loopback, link-local, multicast, unspecified, broadcast
		return false
	}
	for _, p := range privateNets {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
