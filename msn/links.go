package msn

import (
	"net"
	"strings"

	"msnbridge/bridge"
)

// Links are web addresses at which clients find what they cannot be sent. Package
// web has them. Neither method may wait.
type Links interface {
	// Link makes the address of a file that a message has brought to an account from
	// a network. host is where a client of the account has reached us. Empty: there
	// is none.
	Link(account, network string, f bridge.File, host string) string

	// Reached says where a client of the account has just reached us, at sign-in.
	Reached(account, host string)
}

// host is the host part of the address that the client of nc is told.
func (s *Server) host(nc net.Conn) string {
	host, _, err := net.SplitHostPort(s.address(nc))
	if err != nil {
		return ""
	}
	host, _, _ = strings.Cut(host, "%") // a zone means nothing elsewhere
	return host
}

// reached says where a client has signed in.
func (s *Server) reached(nc net.Conn, account string) {
	if s.conf.Links != nil {
		s.conf.Links.Reached(account, s.host(nc))
	}
}

// linked is a line with the address of the file that its message has brought to
// the user of a seat.
func (s *seat) linked(line string, m bridge.Message) string {
	if m.File == nil || s.c.srv.conf.Links == nil {
		return line
	}
	link := s.c.srv.conf.Links.Link(s.handle, m.Chat.Network, *m.File, s.c.srv.host(s.c.nc))
	switch {
	case link == "":
		return line
	case len(line)+len(link) < maxText && !strings.Contains(line, "\n"):
		return line + " " + link
	}
	// What is cut is cut at ends of lines, and the address stays whole.
	return strings.TrimRight(line, "\n") + "\n" + link
}
