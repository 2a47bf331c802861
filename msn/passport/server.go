// Package passport is the HTTP side of a sign-in with MSNP8 and later: the nexus,
// which tells where to sign in, the Passport 1.4 log-in of clients up to MSN 7.0,
// and the SOAP service that MSN 7.5 asks (doc/protocol, 04). Who has shown a
// password here gets a ticket, which package msn takes in its place. It also is
// the certificate authority that clients of that age trust, and the only listener
// that speaks the TLS of their time.
//
// It knows no accounts (see Accounts) and keeps nothing but the keys of the
// authority. It is no web server: it reads one request on each connection, writes
// the answer byte for byte as those clients search it, and closes.
package passport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"msnbridge/bridge"
	"msnbridge/msn/incoming"
)

// Accounts checks who signs in; the MSN server does, within its limits.
type Accounts interface {
	// Authenticate returns a seal for the ticket if the password is right, which may
	// be cut after 16 characters. Otherwise the error is bridge.ErrWrongPassword, for an unknown handle too,
	// bridge.ErrTooManyTries, or an error for which it cannot be told now. The words
	// of a bridge.SignInError are shown. from is the client's address.
	Authenticate(ctx context.Context, from net.Addr, handle string, password bridge.Secret) (seal string, err error)
}

// Config configures a Server.
type Config struct {
	// LoginHost is where the nexus sends clients to sign in, HOST or HOST:PORT.
	// Empty: to the host that they have asked, which leads here for certain, and
	// whose certificate they have taken.
	LoginHost string

	Accounts Accounts
	Tickets  *Tickets

	// Authority has the certificates of ServeTLS; nil: there is only Serve.
	Authority *Authority

	Log *slog.Logger // nil: nothing is logged
}

// A Server signs clients in. Its methods may be called from several goroutines.
type Server struct {
	conf    Config
	log     *slog.Logger
	gate    *gate
	tlsPort atomic.Value // string, where ServeTLS listens
}

// New prepares a server.
func New(c Config) (*Server, error) {
	switch {
	case c.Accounts == nil || c.Tickets == nil:
		return nil, errors.New("passport: no accounts or no tickets")
	case c.LoginHost != "" && !isHostPort(c.LoginHost):
		return nil, fmt.Errorf("passport: %q is no host", c.LoginHost)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{conf: c, log: c.Log, gate: newGate()}
	s.tlsPort.Store("")
	return s, nil
}

// Serve serves plain HTTP on ln until ctx ends. It closes ln, and returns when all
// its goroutines have ended.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	port := portOf(ln)
	return s.accept(ctx, ln, func(ctx context.Context, nc net.Conn) { s.serve(ctx, nc, port) })
}

// portOf is where ln listens.
func portOf(ln net.Listener) string {
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

// accept runs serve for each connection.
func (s *Server) accept(ctx context.Context, ln net.Listener, serve func(context.Context, net.Conn)) error {
	var conns sync.WaitGroup
	defer conns.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return incoming.Accept(ctx, ln, s.log, func(nc net.Conn) { conns.Go(func() { s.admit(ctx, nc, serve) }) })
}
