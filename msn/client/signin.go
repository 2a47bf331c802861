package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"msnbridge/msn/wire"
)

// What can go wrong with a sign-in beside an *ErrorReply; 911 is a wrong handle
// or password.
var (
	ErrNoDialect = errors.New("the server speaks none of our dialects")
	ErrReferrals = errors.New("too many referrals from server to server")
)

// maxReferrals is how often XFR NS is followed.
const maxReferrals = 5

// Dial connects and signs in, but fetches no lists and stays offline: Sync and
// SetState come next.
func Dial(ctx context.Context, o Options) (*Client, error) {
	if len(o.Dialects) == 0 {
		o.Dialects = append(append([]string{}, Dialects...), "CVR0")
	}
	server, last := o.Server, uint32(0)
	for range maxReferrals {
		c, next, err := connect(ctx, o, server, last)
		if err != nil {
			return nil, fmt.Errorf("sign in at %s: %w", server, err)
		}
		if next == "" {
			return c, nil
		}
		c.link.fail(ErrClosed)
		<-c.done
		server, last = next, c.link.lastNumber() // clients go on counting (doc/protocol, 07)
	}
	return nil, fmt.Errorf("sign in: %w", ErrReferrals)
}

// connect goes through the sign-in at one server. next is where the server says
// to go instead.
func connect(ctx context.Context, o Options, server string, last uint32) (c *Client, next string, err error) {
	conn, err := dial(ctx, server)
	if err != nil {
		return nil, "", err
	}
	c = &Client{options: o, events: make(chan Event, QueueLen), switchboards: map[*Switchboard]struct{}{},
		signedIn: make(chan struct{}), done: make(chan struct{})}
	c.life, c.end = context.WithCancel(context.WithoutCancel(ctx))
	c.link = newLink(conn, last, o.Trace, c.handleReply)
	go c.run()
	if next, err = c.signIn(ctx); err != nil {
		c.link.fail(ErrClosed)
		<-c.done
		return nil, "", err
	}
	close(c.signedIn)
	return c, next, nil
}

// dial connects to host:port, or to port 1863 of host.
func dial(ctx context.Context, server string) (net.Conn, error) {
	if _, _, err := net.SplitHostPort(server); err != nil {
		server = net.JoinHostPort(strings.Trim(server, "[]"), "1863")
	}
	return new(net.Dialer).DialContext(ctx, "tcp", server)
}

// signIn is VER, INF and USR (draft, 7.1 to 7.3).
func (c *Client) signIn(ctx context.Context) (next string, err error) {
	ver, err := c.Do(ctx, "VER", c.options.Dialects...)
	if err != nil {
		return "", err
	}
	if c.dialect = ver.Word(1); !strings.HasPrefix(c.dialect, "MSNP") {
		return "", ErrNoDialect
	}
	inf, err := c.Do(ctx, "INF")
	if err != nil {
		return "", err
	}
	if !strings.Contains(inf.Word(1), "MD5") {
		return "", fmt.Errorf("the server offers the security package %q, not MD5", inf.Word(1))
	}
	usr, err := c.Do(ctx, "USR", "MD5", "I", c.options.Handle)
	if err != nil || usr.Verb == "XFR" {
		return usr.Word(2), err
	}
	return "", c.respond(ctx, usr.Word(3))
}

// respond answers the challenge.
func (c *Client) respond(ctx context.Context, challenge string) error {
	usr, err := c.Do(ctx, "USR", "MD5", "S", wire.MD5Response(challenge, c.options.Password))
	if err != nil {
		return err
	}
	if usr.Word(1) != "OK" {
		return fmt.Errorf("USR: the server answers %q, not OK", usr.Word(1))
	}
	c.handle, c.name = usr.Word(2), usr.text(3)
	return nil
}
