package irc

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
)

// readLoop is the reader.
func (c *Conn) readLoop() {
	for {
		line, err := c.readLine()
		if err == nil {
			err = c.handleLine(line)
		}
		if err != nil {
			c.fail(err)
			return
		}
		if !c.awaitRoom() {
			return
		}
	}
}

// readLine reads a line. A server that is silent is asked for a sign of life.
func (c *Conn) readLine() ([]byte, error) {
	line, err := c.readWithin(quietTime)
	if !isTimeout(err) {
		return line, describe(err)
	}
	c.mu.Lock()
	c.out.urgently("PING", "alive")
	c.mu.Unlock()
	signal(c.work)
	line, err = c.readWithin(answerTime)
	if isTimeout(err) {
		return nil, errors.New("the server has stopped answering")
	}
	return line, describe(err)
}

func (c *Conn) readWithin(d time.Duration) ([]byte, error) {
	if err := c.wire.SetReadDeadline(time.Now().Add(d)); err != nil {
		return nil, err
	}
	return c.read.ReadLine()
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

func describe(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("connection lost: %w", err)
}

// handleLine handles one line. The error is one that ends the connection.
func (c *Conn) handleLine(line []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(line) == 0 {
		return nil
	}
	m, err := ircmsg.ParseLineStrict(decode(line), false, 0)
	if err != nil {
		c.pass("no IRC line")
		return nil
	}
	c.lineSize = len(line)
	c.handle(&m)
	for len(c.again) > 0 {
		next := c.again[0]
		c.again = c.again[1:]
		c.lineSize = len(next.Source) + len(strings.Join(next.Params, " "))
		c.handle(next)
	}
	return c.fatal
}

// handle calls the handler of a message, and then sees to what waits for it. The
// lock must be held.
func (c *Conn) handle(m *ircmsg.Message) {
	c.seeSource(m)
	if c.collect(m) {
		return
	}
	if at, ok := serverTime(m); ok {
		c.history.saw(at)
	}
	c.seeAccount(m)
	answered := c.answered(m)
	if answered && m.Command == "PRIVMSG" {
		return // the echo of a line of ours
	}
	if !answered && c.hear(m) {
		return
	}
	if h, ok := handlers[m.Command]; ok {
		c.dispatch(h, m)
	} else if !answered {
		c.unhandled(m)
	}
}

func (c *Conn) dispatch(h handler, m *ircmsg.Message) {
	if len(m.Params) < h.params {
		c.pass("too few parameters")
		return
	}
	h.do(c, m)
}

// seeSource learns what a message says of who sent it.
func (c *Conn) seeSource(m *ircmsg.Message) {
	nuh, err := m.NUH()
	if err != nil || nuh.User == "" || nuh.Host == "" {
		return
	}
	if c.isMe(nuh.Name) {
		c.learn(nuh.User, nuh.Host)
	}
}

// unhandled sees a message that no handler wants. Numerics from 400 on are
// errors: they may concern something that we have sent.
func (c *Conn) unhandled(m *ircmsg.Message) {
	if isError(m.Command) && c.channelError(m) {
		return
	}
	if isError(m.Command) {
		c.refusal(m)
		return
	}
	c.pass("unused")
}

func isError(numeric string) bool {
	return len(numeric) == 3 && (numeric[0] == '4' || numeric[0] == '5') &&
		isDigit(numeric[1]) && isDigit(numeric[2])
}

// pass counts something that is passed over. The lock must be held.
func (c *Conn) pass(reason string) { c.ignored[reason]++ }

// source tells who sent a message: nick, and user@host, which may be empty. ok is
// false if it was a server.
func source(m *ircmsg.Message) (nick, mask string, ok bool) {
	nuh, err := m.NUH()
	if err != nil || !isNick(nuh.Name) {
		return "", "", false
	}
	if nuh.User == "" || nuh.Host == "" {
		return nuh.Name, "", true
	}
	return nuh.Name, nuh.User + "@" + nuh.Host, true
}

// last is the last parameter, made fit to be shown, or empty.
func last(m *ircmsg.Message) string {
	if len(m.Params) == 0 {
		return ""
	}
	return strings.TrimSpace(plain(m.Params[len(m.Params)-1]))
}
