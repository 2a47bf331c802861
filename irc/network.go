package irc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"msnbridge/bridge"
)

// A Network is one IRC network. It has no goroutines of its own.
type Network struct {
	config Config
	tls    *tls.Config // nil: in the clear
	pace   *rate.Limiter

	// Tests change these.
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
	pollEvery time.Duration
}

var _ bridge.Network = (*Network)(nil)

// Forget implements bridge.Network: a login leaves nothing behind.
func (n *Network) Forget(context.Context, bridge.Login) error { return errors.ErrUnsupported }

// Commands implements bridge.Network: there are none.
func (n *Network) Commands() []bridge.Command { return nil }

// New checks a configuration. It asks nobody.
func New(config Config) (*Network, error) {
	if err := config.complete(); err != nil {
		return nil, fmt.Errorf("irc.%s: %w", config.Name, err)
	}
	secure, err := config.tlsConfig()
	if err != nil {
		return nil, fmt.Errorf("irc.%s: %w", config.Name, err)
	}
	return &Network{
		config:    config,
		tls:       secure,
		pace:      rate.NewLimiter(rate.Every(config.ConnectInterval), config.ConnectBurst),
		pollEvery: pollTime,
		dial:      (&net.Dialer{KeepAlive: time.Minute}).DialContext,
	}, nil
}

// Name implements bridge.Network.
func (n *Network) Name() string { return n.config.Name }

// Title implements bridge.Network.
func (n *Network) Title() string { return n.config.Title }

// Domain implements bridge.Network.
func (n *Network) Domain() string { return n.config.Domain }

// Split implements bridge.Network: the local part is the nick or the channel.
func (n *Network) Split(id string) (local, domain string, ok bool) {
	if id != lower(id) || !isNick(id) && !isChannel(id) {
		return "", "", false
	}
	return id, n.config.Domain, true
}

// Join implements bridge.Network. An ID is a nick or a channel, folded to ASCII
// lower case.
func (n *Network) Join(local, domain string) (string, error) {
	switch {
	case !strings.EqualFold(domain, n.config.Domain):
		return "", fmt.Errorf("%s is not %s", domain, n.config.Domain)
	case isChannel(local), isNick(local):
		return lower(local), nil
	}
	return "", fmt.Errorf("%q can be neither a nick nor a channel", local)
}

// Kind implements bridge.Network.
func (n *Network) Kind(id string) bridge.Kind {
	if isChannel(id) {
		return bridge.Room
	}
	return bridge.Person
}

// Habits implements bridge.Network.
func (n *Network) Habits() bridge.Habits {
	return bridge.Habits{LongestWait: 10 * time.Minute, RosterLimit: n.config.RosterLimit, Ring: n.config.Ring}
}

// addr is the address of whoever has this nick.
func (n *Network) addr(nick string) bridge.Addr {
	return bridge.Addr{Network: n.config.Name, ID: lower(nick)}
}

// Connect implements bridge.Network. It waits for its turn among the new
// connections of all logins, and registers within registerTime.
func (n *Network) Connect(ctx context.Context, login bridge.Login, emit bridge.Emit) (bridge.Conn, error) {
	id, err := n.identify(login)
	if err != nil {
		return nil, err
	}
	if err := id.recall(ctx, login.State); err != nil {
		return nil, fmt.Errorf("what is kept of the login: %w", err)
	}
	if err := n.certify(ctx, login, &id); err != nil {
		return nil, fmt.Errorf("certificate of the login: %w", err)
	}
	if err := n.pace.Wait(ctx); err != nil {
		return nil, fmt.Errorf("wait for a turn to connect: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, registerTime)
	defer cancel()
	wire, err := n.open(ctx, id.cert)
	if err != nil {
		return nil, err
	}
	c := newConn(n, id, login, emit, wire)
	if id.mechanism() == "PLAIN" && n.tls == nil {
		c.log.Warn("the password of this login goes over the network in the clear")
	}
	c.recallKnown(ctx)
	err = c.recallAccounts(ctx)
	if err == nil {
		err = c.register(ctx)
	}
	if err != nil {
		wire.Close()
		return nil, err
	}
	c.start()
	return c, nil
}

func (n *Network) open(ctx context.Context, cert *tls.Certificate) (net.Conn, error) {
	raw, err := n.dial(ctx, "tcp", n.config.Server)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", n.config.Server, err)
	}
	if n.tls == nil {
		return raw, nil
	}
	config := n.tls
	if cert != nil {
		config = config.Clone()
		config.Certificates = []tls.Certificate{*cert}
	}
	wire := tls.Client(raw, config)
	if err := wire.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, fmt.Errorf("TLS with %s: %w", n.config.Server, err)
	}
	return wire, nil
}
