package client

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"msnbridge/msn/wire"
)

// What can go wrong with a sign-in beside an *ErrorReply, of which 911 is a wrong
// handle or password, and a *Refused of Passport.
var (
	ErrNoDialect  = errors.New("the server speaks none of our dialects")
	ErrReferrals  = errors.New("too many referrals from server to server")
	ErrNoPassport = errors.New("this dialect needs a ticket, and it is not known where Passport gives them")
)

// maxReferrals is how often XFR NS is followed, and a redirection of Passport.
const maxReferrals = 5

// Dial connects and signs in, but fetches no lists and stays offline: Sync and
// SetState come next.
func Dial(ctx context.Context, o Options) (*Client, error) {
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
	conn, err := o.Hosts.dial(ctx, withPort(server, "1863"))
	if err != nil {
		return nil, "", err
	}
	c = &Client{options: o, events: make(chan Event, QueueLen), switchboards: map[*Switchboard]struct{}{},
		seen: map[string]Presence{}, signedIn: make(chan struct{}), done: make(chan struct{})}
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

// signIn agrees on a dialect, and goes on in its way.
func (c *Client) signIn(ctx context.Context) (next string, err error) {
	ver, err := c.Do(ctx, "VER", c.options.offer()...)
	if err != nil {
		return "", err
	}
	d := dialectIn(ver.Words)
	if d == nil {
		return "", ErrNoDialect
	}
	c.dialect.Store(d)
	return d.signIn(c, ctx)
}

// signInMD5 is INF and USR (draft, 7.2 and 7.3).
func (c *Client) signInMD5(ctx context.Context) (next string, err error) {
	inf, err := c.Do(ctx, "INF")
	if err != nil {
		return "", err
	}
	if !strings.Contains(inf.Word(1), "MD5") {
		return "", fmt.Errorf("the server offers the security package %q, not MD5", inf.Word(1))
	}
	return c.show(ctx, "MD5", func(_ context.Context, challenge string) (string, error) {
		return wire.MD5Response(challenge, c.options.Password), nil
	})
}

// signInTicket is CVR and USR with a ticket (MSNP8 to 12; doc/protocol, 01 section 3).
func (c *Client) signInTicket(ctx context.Context) (next string, err error) {
	if c.options.Passport.URL == "" {
		return "", fmt.Errorf("%s: %w", c.row().name, ErrNoPassport)
	}
	cvr := []string{"0x0409", "winnt", "5.1", "i386", "MSNMSGR", c.row().version, "MSMSGS", c.options.Handle}
	if _, err := c.Do(ctx, "CVR", cvr...); err != nil {
		return "", err
	}
	return c.show(ctx, "TWN", c.ticket)
}

// show goes through the two steps of USR in a security package. answer makes an
// answer of what the server asks.
func (c *Client) show(ctx context.Context, pack string, answer func(context.Context, string) (string, error)) (next string, err error) {
	usr, err := c.Do(ctx, "USR", pack, "I", c.options.Handle)
	if err != nil || usr.Verb == "XFR" {
		return usr.Word(2), err
	}
	word, err := answer(ctx, usr.Word(3))
	if err != nil {
		return "", err
	}
	if usr, err = c.Do(ctx, "USR", pack, "S", word); err != nil {
		return "", err
	}
	if usr.Word(1) != "OK" {
		return "", fmt.Errorf("USR: the server answers %q, not OK", usr.Word(1))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.handle = usr.Word(2); c.row().named {
		c.name = usr.text(3)
	}
	return "", nil
}
