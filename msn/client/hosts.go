package client

import (
	"context"
	"net"
	"strings"
)

// Hosts lead connections elsewhere, as lines of a hosts file would: from HOST or
// HOST:PORT to another one. Without a port behind it, the port stays.
type Hosts map[string]string

// dial connects to HOST:PORT, or where that is led to.
func (h Hosts) dial(ctx context.Context, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{addr, host} {
		if to, ok := h[strings.ToLower(name)]; ok {
			addr = withPort(to, port)
			break
		}
	}
	return new(net.Dialer).DialContext(ctx, "tcp", addr)
}

// withPort is an address with a port, which is this one if none is named.
func withPort(addr, port string) string {
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return net.JoinHostPort(strings.Trim(addr, "[]"), port)
	}
	return addr
}
