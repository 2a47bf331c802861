package web

import (
	"net"
	"net/netip"
	"sync"
)

const (
	mostConns    = 256 // connections at a time
	mostFromOne  = 64  // of one address; a proxy on this machine may have all
	prefixOfOne6 = 64  // bits that one owner of IPv6 addresses has at least
)

// A gate is a listener that bounds its connections. What is too much is closed at once.
type gate struct {
	net.Listener
	conns sync.WaitGroup

	mu   sync.Mutex // guards the fields below
	all  int
	from map[netip.Addr]int
}

func newGate(ln net.Listener) *gate { return &gate{Listener: ln, from: map[netip.Addr]int{}} }

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := ownerOf(c.RemoteAddr())
		if !g.admit(from) {
			c.Close()
			continue
		}
		if tcp, ok := c.(*net.TCPConn); ok {
			// Whether a slow client goes on reading shows only when little is buffered.
			_ = tcp.SetWriteBuffer(writeBuffer)
		}
		return &gated{Conn: c, leave: sync.OnceFunc(func() { g.leave(from) })}, nil
	}
}

// ownerOf is who an address counts for; zero: nobody.
func ownerOf(a net.Addr) netip.Addr {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil || ap.Addr().Unmap().IsLoopback() {
		return netip.Addr{}
	}
	addr := ap.Addr().Unmap().WithZone("")
	if addr.Is6() {
		p, _ := addr.Prefix(prefixOfOne6)
		addr = p.Addr()
	}
	return addr
}

func (g *gate) admit(from netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all >= mostConns || from.IsValid() && g.from[from] >= mostFromOne {
		return false
	}
	g.all++
	g.from[from]++
	g.conns.Add(1)
	return true
}

func (g *gate) leave(from netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all--
	if g.from[from]--; g.from[from] == 0 {
		delete(g.from, from)
	}
	g.conns.Done()
}

// wait returns when all connections are closed.
func (g *gate) wait() { g.conns.Wait() }

// A gated connection makes room when it is closed.
type gated struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (c *gated) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
