// Package front accepts connections that have come through a front: a load
// balancer or relay on another machine that says, in a PROXY header, whose they
// are (the PROXY protocol of HAProxy, versions 1 and 2).
package front

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pires/go-proxyproto"
)

const (
	headerTime = 30 * time.Second // for a front to say whose a connection is
	maxPending = 1000             // connections of fronts that have not yet
	maxHeader  = 4096             // bytes; a header of version 2 may carry more than addresses
)

// A listener hands out connections as their fronts describe them.
type listener struct {
	net.Listener
	trusted []netip.Prefix
	log     *slog.Logger

	conns   chan net.Conn
	err     chan error // of the listener itself; one that ends it stays in it
	ctx     context.Context
	stop    context.CancelFunc
	wg      sync.WaitGroup
	pending chan struct{}
}

// Listen takes the PROXY header off connections that ln has from one of the
// trusted addresses. RemoteAddr and LocalAddr of such a connection are those in
// the header. A connection without a header is taken as it is; one whose header is
// broken is closed and logged. Nobody else is believed. Without trusted addresses
// ln itself is returned.
func Listen(ln net.Listener, trusted []netip.Prefix, log *slog.Logger) net.Listener {
	if len(trusted) == 0 {
		return ln
	}
	l := &listener{
		Listener: ln, trusted: trusted, log: log,
		conns: make(chan net.Conn), err: make(chan error, 1), pending: make(chan struct{}, maxPending),
	}
	l.ctx, l.stop = context.WithCancel(context.Background())
	l.wg.Go(l.accept)
	return l
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case err := <-l.err:
		if errors.Is(err, net.ErrClosed) {
			l.err <- err
		}
		return nil, err
	}
}

// Close implements net.Listener. Connections that nobody has accepted are closed.
func (l *listener) Close() error {
	err := l.Listener.Close()
	l.stop()
	l.wg.Wait()
	return err
}

// accept accepts until the listener is closed.
func (l *listener) accept() {
	for {
		c, err := l.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			l.err <- err
			return
		case err != nil:
			select {
			case l.err <- err:
			case <-l.ctx.Done():
			}
		case !l.trusts(c.RemoteAddr()):
			l.hand(c)
		default:
			l.askFront(c)
		}
	}
}

func (l *listener) trusts(a net.Addr) bool {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return false
	}
	ip := t.AddrPort().Addr().Unmap().WithZone("")
	for _, p := range l.trusted {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// hand gives a connection to Accept.
func (l *listener) hand(c net.Conn) {
	select {
	case l.conns <- c:
	case <-l.ctx.Done():
		c.Close()
	}
}

// askFront reads the header of a connection, which holds up no other.
func (l *listener) askFront(c net.Conn) {
	select {
	case l.pending <- struct{}{}:
	default:
		l.log.Warn("too many connections of a front wait", "from", c.RemoteAddr())
		c.Close()
		return
	}
	l.wg.Go(func() {
		defer func() { <-l.pending }()
		stop := context.AfterFunc(l.ctx, func() { c.Close() })
		described, err := readHeader(c)
		if !stop() || err != nil {
			c.Close()
			if err != nil && l.ctx.Err() == nil && !errors.Is(err, io.EOF) {
				l.log.Warn("front sent no valid PROXY header", "from", c.RemoteAddr(), "err", err)
			}
			return
		}
		l.hand(described)
	})
}

// readHeader waits for the first bytes of a connection.
func readHeader(c net.Conn) (net.Conn, error) {
	r := bufio.NewReaderSize(c, maxHeader)
	c.SetReadDeadline(time.Now().Add(headerTime))
	h, err := proxyproto.Read(r)
	c.SetReadDeadline(time.Time{})
	d := &conn{Conn: c, remote: c.RemoteAddr(), local: c.LocalAddr()}
	switch {
	case errors.Is(err, proxyproto.ErrNoProxyProtocol):
	case err != nil:
		return nil, err
	case h.Command.IsProxy():
		d.describe(h)
	}
	d.rest, err = r.Peek(r.Buffered())
	return d, err
}

// A conn is a connection that a front has described.
type conn struct {
	net.Conn
	remote, local net.Addr
	rest          []byte // came with the header
}

// describe takes the addresses of a header, if they are those of TCP.
func (c *conn) describe(h *proxyproto.Header) {
	if remote, local, ok := h.TCPAddrs(); ok {
		c.remote, c.local = remote, local
	}
}

func (c *conn) RemoteAddr() net.Addr { return c.remote }
func (c *conn) LocalAddr() net.Addr  { return c.local }

func (c *conn) Read(b []byte) (int, error) {
	if len(c.rest) > 0 {
		n := copy(b, c.rest)
		if c.rest = c.rest[n:]; len(c.rest) == 0 {
			c.rest = nil
		}
		return n, nil
	}
	return c.Conn.Read(b)
}

// CloseWrite ends our side of the stream.
func (c *conn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return errors.ErrUnsupported
}
