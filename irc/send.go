package irc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"msnbridge/bridge"
)

// A sending is one message on its way out, in as many lines as it needs. It is a
// job, guarded by the lock of the Conn. Its parts are written in order; then it
// waits until each has been confirmed or refused.
type sending struct {
	c        *Conn
	chat     bridge.Addr
	emote    bool
	parts    []string
	total    int // parts of the whole text, when some will not be written any more
	deadline time.Time

	written, confirmed, refused int
	reason                      string
	over                        bool
	result                      chan error // has room for one
}

// Send implements bridge.Conn.
func (c *Conn) Send(ctx context.Context, msg bridge.Message) error {
	m, err := c.queue(ctx, msg)
	if err != nil {
		return err
	}
	signal(c.work)
	select {
	case err := <-m.result:
		return err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m.giveUp(context.Cause(ctx))
	return <-m.result
}

// queue admits a message, or says why not.
func (c *Conn) queue(ctx context.Context, msg bridge.Message) (*sending, error) {
	if msg.Retry {
		return nil, &bridge.SendError{Unknown: true}
	}
	if msg.Command != "" {
		return nil, bridge.UnknownCommand(msg.Command)
	}
	if err := c.n.isPerson(msg.Chat); err != nil {
		return nil, &bridge.SendError{Reason: "channels cannot be written to", Err: err}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.closed(); err != nil {
		return nil, &bridge.SendError{Err: err}
	}
	m := &sending{c: c, chat: msg.Chat, emote: msg.Emote, result: make(chan error, 1)}
	m.deadline, _ = ctx.Deadline()
	m.divide(lines(msg.Text))
	if err := c.admit(m); err != nil {
		return nil, err
	}
	c.answer.under[m] = true
	c.talking(msg.Chat)
	delete(c.typing, msg.Chat)
	c.out.push(m.chat.ID, m)
	return m, nil
}

// isPerson tells whether a is somebody of this network that can be written to.
func (n *Network) isPerson(a bridge.Addr) error {
	switch {
	case a.Network == n.config.Name && isChannel(a.ID):
		return errors.ErrUnsupported
	case a.Network != n.config.Name || !isNick(a.ID):
		return bridge.ErrNoSuchPerson
	}
	return nil
}

// divide makes the parts of the lines of a text.
func (m *sending) divide(lines []string) {
	budget := m.budget()
	for _, line := range lines {
		m.parts = append(m.parts, split(line, budget)...)
	}
	m.total = len(m.parts)
}

// budget is how many bytes of text a line to this chat holds, when it arrives as
// ":nick!user@host PRIVMSG target :text" with its end in 512 bytes.
func (m *sending) budget() int {
	n := lineLimit - m.c.overhead() - len("PRIVMSG  :\r\n") - len(m.c.nickOf(m.chat))
	if m.emote {
		n -= len("\x01ACTION \x01")
	}
	return max(n, 64)
}

// admit refuses what has no text, and what cannot leave in time or would keep
// what was admitted before from it.
func (c *Conn) admit(m *sending) error {
	if len(m.parts) == 0 {
		return &bridge.SendError{Reason: "there is nothing in it that IRC can carry"}
	}
	now := time.Now()
	if c.out.lines()+len(m.parts) > maxQueued {
		return tooMuch(m)
	}
	drained := now.Add(c.out.drained(now, len(m.parts)))
	for other := range c.answer.under {
		if other.left() > 0 && !other.deadline.IsZero() && drained.After(other.deadline) {
			return tooMuch(m)
		}
	}
	if !m.deadline.IsZero() && drained.After(m.deadline) {
		return tooMuch(m)
	}
	return nil
}

func tooMuch(m *sending) error {
	reason := "too much was sent to this network at once, try again later"
	if len(m.parts) > 1 {
		reason = fmt.Sprintf("%d lines are more than this network takes at once, try less", len(m.parts))
	}
	return &bridge.SendError{Parts: len(m.parts), Reason: reason}
}

func (m *sending) left() int {
	if m.over {
		return 0
	}
	return len(m.parts) - m.written
}

// line makes the next line. If our prefix or the nick has grown meanwhile, the
// part is split again.
func (m *sending) line(c *Conn) (string, error) {
	if m.left() == 0 {
		return "", nil
	}
	if again := split(m.parts[m.written], m.budget()); len(again) > 1 {
		m.parts = slices.Replace(m.parts, m.written, m.written+1, again...)
		m.total += len(again) - 1
	}
	text := m.parts[m.written]
	if m.emote {
		text = "\x01ACTION " + text + "\x01"
	}
	target := c.nickOf(m.chat)
	line, err := encode(c.label(), "PRIVMSG", target, text)
	if err != nil {
		m.giveUp(err)
		return "", err
	}
	m.written++
	c.wrote(m, target, text)
	return line, nil
}

// confirm and refuse note the fate of a part that was written. After a refusal
// no more are written.
func (m *sending) confirm() { m.confirmed++; m.settle() }

func (m *sending) refuse(reason string) {
	m.refused++
	if m.reason == "" {
		m.reason = reason
	}
	m.stop()
	m.settle()
}

// stop gives up the parts that are not written yet.
func (m *sending) stop() {
	m.parts = m.parts[:m.written]
	m.c.out.drop(m.chat.ID)
}

// settle ends the sending when all is known.
func (m *sending) settle() {
	if m.over || m.written < len(m.parts) || m.confirmed+m.refused < m.written {
		return
	}
	if m.refused == 0 {
		m.end(nil)
		return
	}
	m.end(&bridge.SendError{Sent: m.confirmed, Parts: m.total, Reason: m.reason})
}

// giveUp ends the sending now: what was written may have arrived.
func (m *sending) giveUp(err error) {
	failure := &bridge.SendError{Parts: m.total, Err: err}
	if m.written > m.refused {
		failure.Unknown = true
		if m.total > 1 {
			failure.Sent = m.written - m.refused
		}
	}
	if m.refused > 0 {
		failure.Reason = m.reason
	}
	m.end(failure)
}

func (m *sending) end(err error) {
	if m.over {
		return
	}
	m.over = true
	delete(m.c.answer.under, m)
	m.c.answer.forget(m)
	m.c.out.drop(m.chat.ID)
	m.result <- err
}

// loseAll ends what is under way when the connection has ended.
func (c *Conn) loseAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.err
	if err == nil {
		err = bridge.ErrClosed
	}
	for m := range c.answer.under {
		m.giveUp(err)
	}
	c.poll.ison.lose()
	c.poll.userhost.lose()
}
