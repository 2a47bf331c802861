package web

import (
	"net"
	"strings"
	"sync"
)

// base is what addresses begin with, for somebody who reaches us at host.
func (s *Server) base(host string) string {
	if s.conf.PublicURL != "" {
		return s.conf.PublicURL
	}
	_, port, _ := net.SplitHostPort(s.ln.Addr().String())
	if port != "80" {
		return "http://" + net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return "http://" + host
}

// under is the path of a request below PublicURL, of which a proxy may have taken off the path.
func (s *Server) under(path string) string {
	_, rest, ok := strings.Cut(s.conf.PublicURL, "://")
	i := strings.IndexByte(rest, '/')
	if !ok || i < 0 {
		return path
	}
	if below, ok := strings.CutPrefix(path, rest[i:]); ok && strings.HasPrefix(below, "/") {
		return below
	}
	return path
}

// Reached are the hosts by which the clients of accounts have reached us last. There are no more of them
// than accounts.
type reached struct {
	mu    sync.Mutex
	hosts map[string]string
}

// Reached says by which host a client of the account has just reached us.
func (s *Server) Reached(account, host string) {
	s.reached.mu.Lock()
	defer s.reached.mu.Unlock()
	if s.reached.hosts == nil {
		s.reached.hosts = map[string]string{}
	}
	s.reached.hosts[account] = host
}

// hostFor is the host by which the owner of an account probably reaches us.
func (s *Server) hostFor(account string) string {
	s.reached.mu.Lock()
	host := s.reached.hosts[account]
	s.reached.mu.Unlock()
	switch {
	case host != "":
		return host
	case s.conf.PublicHost != "":
		return s.conf.PublicHost
	}
	return ownHost(s.ln.Addr())
}

// ownHost is the host that a listener is at, or an address of this machine if it is at all of them.
func ownHost(a net.Addr) string {
	t, ok := a.(*net.TCPAddr)
	if ok && !t.IP.IsUnspecified() {
		return t.IP.String()
	}
	others, _ := net.InterfaceAddrs()
	for _, o := range others {
		if n, ok := o.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	return "localhost"
}
