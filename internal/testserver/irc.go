package testserver

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"time"
)

const (
	ircTimeout = 10 * time.Second
	probeNick  = "testserver"
)

// An ircClient speaks just enough IRC to see whether a server serves.
type ircClient struct {
	conn net.Conn
	in   *bufio.Scanner
}

// dialIRC connects and signs in; an empty nick leaves it at the connection.
func dialIRC(ctx context.Context, addr, password, nick string) (*ircClient, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(ircTimeout)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	conn.SetDeadline(deadline)
	c := &ircClient{conn: conn, in: bufio.NewScanner(conn)}
	if nick == "" {
		return c, nil
	}
	if password != "" {
		c.send("PASS %s", password)
	}
	c.send("NICK %s", nick)
	c.send("USER %s 0 * :%s", nick, nick)
	if _, err := c.await(" 001 "); err != nil {
		conn.Close()
		return nil, fmt.Errorf("sign in to %s: %w", addr, err)
	}
	return c, nil
}

// send writes a line. That it failed shows in what is awaited next.
func (c *ircClient) send(format string, args ...any) { fmt.Fprintf(c.conn, format+"\r\n", args...) }

// await reads up to a line that contains one of texts.
func (c *ircClient) await(texts ...string) (string, error) {
	var last string
	for c.in.Scan() {
		last = c.in.Text()
		if arg, ok := strings.CutPrefix(last, "PING "); ok {
			c.send("PONG %s", arg)
			continue
		}
		for _, text := range texts {
			if strings.Contains(last, text) {
				return last, nil
			}
		}
	}
	if err := c.in.Err(); err != nil {
		return "", err
	}
	return "", fmt.Errorf("connection closed after %q", last)
}

// capabilities returns the line that lists them.
func (c *ircClient) capabilities() (string, error) {
	c.send("CAP LS 302")
	return c.await(" LS :")
}

// close signs out and waits until the server has done so, so that the nick is free.
func (c *ircClient) close() {
	c.send("QUIT")
	for c.in.Scan() {
	}
	c.conn.Close()
}

// probeTLS makes a TLS connection that trusts pool.
func probeTLS(ctx context.Context, addr string, pool *x509.CertPool) error {
	conn, err := (&tls.Dialer{Config: &tls.Config{RootCAs: pool}}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}
