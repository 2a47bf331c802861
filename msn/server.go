// Package msn is the MSNP server: dispatch, notification and switchboard, in the
// dialects that dialect.go lists. It keeps no lists, no presence and no messages
// of its own: these are package bridge's, which it calls through Session, Chat
// and Bridge.Call. Framing is package wire's.
package msn

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"msnbridge/bridge"
	"msnbridge/msn/incoming"
)

// DefaultPort is the port registered for MSNP.
const DefaultPort = "1863"

// Config configures a Server. The zero value serves all dialects at the address
// that clients have reached, with the default limits.
type Config struct {
	// Domains are the service's own; the web addresses told to clients are at the
	// first.
	Domains []string

	// PublicAddress is what clients are told to connect to, HOST or HOST:PORT.
	// Empty: the address at which the client has reached us.
	PublicAddress string

	// Links are where the files are that messages bring; nil: nowhere.
	Links Links

	// Tickets are what MSNP8 and later sign in with; nil: they cannot.
	Tickets Tickets

	// Challenges is what becomes of a client that answers CHL wrong or not at all.
	Challenges Challenges
	answerTime time.Duration // to answer CHL; zero: the default

	Limits   Limits
	Dialects []string // those that are offered; none: all
	Log      *slog.Logger
}

// A Server serves MSNP clients. Its methods may be called from several
// goroutines.
type Server struct {
	conf     Config
	bridge   *bridge.Bridge
	log      *slog.Logger
	dialects []*dialect
	start    time.Time
	port     atomic.Value // string, that of the listener given to Serve last
	ids      atomic.Uint32
	passed   atomic.Int64 // what made no sense and was dropped
	cookies  cookies
	sealKey  [32]byte  // see seal
	without  sync.Once // it has been logged that there are no tickets
	limits   limiter
}

// New prepares a server for b.
func New(c Config, b *bridge.Bridge) *Server {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Limits = c.Limits.withDefaults()
	s := &Server{conf: c, bridge: b, log: c.Log, dialects: offered(c.Dialects), start: time.Now()}
	s.limits.conf = c.Limits
	s.port.Store(DefaultPort)
	var seed [4]byte
	rand.Read(seed[:])
	rand.Read(s.sealKey[:])
	s.ids.Store(binary.LittleEndian.Uint32(seed[:]))
	return s
}

// Listen listens for MSN clients, with the keep-alive that finds those which
// have gone without a word.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	lc := net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: time.Minute, Interval: time.Minute, Count: 3,
	}}
	return lc.Listen(ctx, "tcp", address)
}

// Serve serves all three roles on ln until ctx ends: the first command of a
// connection says which it wants. It closes ln, tells the clients that the
// service goes down, and returns when all its goroutines have ended.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	if _, port, err := net.SplitHostPort(ln.Addr().String()); err == nil {
		s.port.Store(port)
	}
	return s.accept(ctx, ln, false)
}

// ServeDispatch is Serve for a dispatch server: the first USR is answered with a
// referral to the public address, and the connection closed.
func (s *Server) ServeDispatch(ctx context.Context, ln net.Listener) error {
	return s.accept(ctx, ln, true)
}

// ServeConn serves one connection, which need not be a socket, until it ends or
// ctx does.
func (s *Server) ServeConn(ctx context.Context, nc net.Conn) {
	g := newGroup(ctx)
	defer g.close()
	stop := context.AfterFunc(ctx, g.goingDown)
	defer stop()
	c := newConn(s, g, nc, false)
	if !g.add(c) {
		nc.Close()
		return
	}
	c.serve()
}

func (s *Server) accept(ctx context.Context, ln net.Listener, dispatch bool) error {
	g := newGroup(ctx)
	defer g.close()
	return incoming.Accept(ctx, ln, s.log, func(nc net.Conn) { s.admit(g, nc, dispatch) })
}

// admit starts the reader of a new connection, unless its address has too many.
func (s *Server) admit(g *group, nc net.Conn, dispatch bool) {
	if !s.limits.connect(nc.RemoteAddr()) {
		s.log.Debug("too many connections", "from", nc.RemoteAddr())
		refuse(nc)
		return
	}
	c := newConn(s, g, nc, dispatch)
	if !g.add(c) {
		s.limits.disconnect(nc.RemoteAddr())
		nc.Close()
		return
	}
	g.wg.Go(func() {
		defer s.limits.disconnect(nc.RemoteAddr())
		c.serve()
	})
}

// refuse tells a connection that the server is busy. An error that answers no
// command has no transaction ID (draft, 7.11). The socket's buffer takes it: this
// does not wait.
func refuse(nc net.Conn) {
	nc.SetWriteDeadline(time.Now().Add(time.Second))
	nc.Write([]byte("600\r\n"))
	nc.Close()
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// nextID makes a switchboard session's ID: decimal and below 2^31, because
// clients keep it in an int (doc/protocol, 07).
func (s *Server) nextID() uint32 {
	for {
		if id := s.ids.Add(1) & (1<<31 - 1); id != 0 {
			return id
		}
	}
}

// address is what the client of nc is told to connect to.
func (s *Server) address(nc net.Conn) string { return s.told(s.local(nc)) }

// local is where the client of nc has reached us; at a front, if one says so.
func (s *Server) local(nc net.Conn) (host, port string) {
	host, port, err := net.SplitHostPort(nc.LocalAddr().String())
	if err != nil {
		return "127.0.0.1", s.port.Load().(string) // no socket: a connection within the process
	}
	return host, port
}

// told is the public address, or else host and port.
func (s *Server) told(host, port string) string {
	a := s.conf.PublicAddress
	switch _, _, err := net.SplitHostPort(a); {
	case err == nil:
		return a
	case a != "":
		host = strings.Trim(a, "[]")
	}
	return net.JoinHostPort(host, port)
}

// web is a page of the service as it is told to clients.
func (s *Server) web(path string) string {
	host := "localhost"
	if len(s.conf.Domains) > 0 {
		host = s.conf.Domains[0]
	}
	return "http://" + host + path
}
