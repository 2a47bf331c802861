package passport

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strings"
)

// nexusHost is where a client has asked that does not say it: those have the name
// built in (doc/protocol, 07 point 11).
const nexusHost = "nexus.passport.com"

// nexus tells where to sign in. Gaim and gtmess search for the name in this
// spelling, and cut the address at its first slash and at the comma: so it has no
// scheme, and something follows (doc/protocol, 04 section 2.2).
func (s *Server) nexus(_ context.Context, q *inquiry) *answer {
	host := s.loginHost(q)
	return &answer{status: "200 OK", fields: []field{{"PassportURLs", fmt.Sprintf(
		"DARealm=Passport.Net,DALogin=%[1]s/login2.srf,DAReg=http://%[2]s/,Properties=https://%[1]s/,"+
			"Privacy=http://%[2]s/,GeneralRedir=http://%[2]s/,Help=http://%[2]s/,ConfigVersion=11", host, hostOf(host))}},
		media: "text/html"}
}

// loginHost is where the client of q is told to sign in.
func (s *Server) loginHost(q *inquiry) string {
	switch {
	case s.conf.LoginHost != "":
		return s.conf.LoginHost
	case !isHostPort(q.asked):
		return nexusHost
	case q.tls:
		return strings.TrimSuffix(q.asked, ":443")
	}
	return s.beside(q)
}

// beside is where TLS is spoken, for a client that has asked for q in the clear.
// If it has found us at another port than ours, something in front maps ports, and
// the usual one is assumed.
func (s *Server) beside(q *inquiry) string {
	host, port := hostOf(q.asked), "80"
	if _, p, err := net.SplitHostPort(q.asked); err == nil {
		port = p
	}
	tls := s.tlsPort.Load().(string)
	if port != q.port || tls == "" || tls == "443" {
		return host
	}
	return host + ":" + tls
}

// hostOf is the host of HOST or HOST:PORT, in brackets where it needs them.
func hostOf(hostport string) string {
	if i := strings.LastIndexByte(hostport, ':'); i > strings.LastIndexByte(hostport, ']') {
		return hostport[:i]
	}
	return hostport
}

var hostPort = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?$`)

// isHostPort tells whether text is HOST or HOST:PORT and nothing else: it is sent
// to clients.
func isHostPort(text string) bool { return hostPort.MatchString(text) }
