package passport

import (
	"bytes"
	"crypto/x509"
	"net"
	"slices"
	"strings"
)

// clientHosts are what official clients have built in and reach by TLS
// (doc/protocol, 04 section 7). The first is where they sign in since 2005.
var clientHosts = []string{
	"login.live.com", "nexus.passport.com", "login.passport.com", "loginnet.passport.com", "login.passport.net",
	"messenger.hotmail.com", "gateway.messenger.hotmail.com", "muser.gateway.messenger.hotmail.com",
	"messenger.msn.com", "messenger.live.com", "messengersecure.live.com", "messenger.services.live.com",
	"config.messenger.msn.com", "status.messenger.msn.com", "ows.messenger.msn.com",
	"contacts.msn.com", "local-bay.contacts.msn.com", "omega.contacts.msn.com", "byrdr.omega.contacts.msn.com",
	"storage.msn.com", "tkrdr.storage.msn.com", "storage.live.com",
	"rsi.hotmail.com", "sup.live.com", "svcs.microsoft.com", "g.msn.com",
	"localhost", "127.0.0.1", "::1",
}

// allHosts are the names and addresses of the server, without ports, in lower case
// and each once. Those given stand in front.
func allHosts(hosts []string) []string {
	var all []string
	for _, h := range slices.Concat(hosts, clientHosts) {
		h = strings.ToLower(strings.Trim(h, "[]"))
		if h != "" && !slices.Contains(all, h) {
			all = append(all, h)
		}
	}
	return all
}

// alternatives are the names of a certificate (RFC 5280, 4.2.1.6).
func alternatives(hosts []string) (names []string, ips []net.IP) {
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			ips = append(ips, ip)
		} else {
			names = append(names, h)
		}
	}
	return names, ips
}

// mostCommon is how long a common name may be (RFC 5280, appendix A.1).
const mostCommon = 64

// commonName is the first name that can be one: gtmess looks at nothing else
// (doc/protocol, 04 section 6).
func commonName(hosts []string) string {
	for _, h := range hosts {
		if len(h) <= mostCommon && net.ParseIP(h) == nil {
			return h
		}
	}
	return clientHosts[0]
}

// fits tells whether c is a certificate for the server as it would be made now.
func (a *Authority) fits(c *x509.Certificate) bool {
	names, ips := alternatives(a.names)
	return a.fresh(c) && bytes.Equal(c.AuthorityKeyId, a.root.cert.SubjectKeyId) && slices.Equal(c.DNSNames, names) &&
		slices.EqualFunc(c.IPAddresses, ips, net.IP.Equal) && c.Subject.CommonName == commonName(a.names)
}
