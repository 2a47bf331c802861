package irc

import (
	"context"
	"errors"

	"msnbridge/bridge"
)

// A sending is one message on its way out, in as many parts as it needs. It is a
// job, guarded by the lock of the Conn. Its parts are written in order; then it
// waits until each has been confirmed or refused.
type sending struct {
	c      *Conn
	ctx    context.Context // of Send; see bridge.Progress
	chat   bridge.Addr
	emote  bool
	format bridge.Format
	parts  []part
	total  int // parts of the whole text, when some will not be written any more

	written, confirmed, refused int
	reason                      string
	over                        bool
	result                      chan error // has room for one
}

// Send implements bridge.Conn.
func (c *Conn) Send(ctx context.Context, msg bridge.Message) error {
	if msg.Command != "" {
		return c.carryOut(ctx, msg)
	}
	if err := c.enteredFor(ctx, msg); err != nil {
		return err
	}
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
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.closed(); err != nil {
		return nil, &bridge.SendError{Err: err}
	}
	if err := c.writable(msg.Chat); err != nil {
		return nil, err
	}
	m := &sending{
		c: c, ctx: ctx, chat: msg.Chat, emote: msg.Emote, format: msg.Format, result: make(chan error, 1),
	}
	m.divide(msg.Text)
	if err := c.admit(m); err != nil {
		return nil, err
	}
	c.answer.under[m] = true
	c.spoken(msg.Chat)
	c.out.push(m.chat.ID, m)
	return m, nil
}

// writable says why a conversation cannot be written to; the error is a
// *bridge.SendError.
func (c *Conn) writable(chat bridge.Addr) error {
	if c.n.isRoom(chat) {
		if c.in(chat.ID) == nil {
			return &bridge.SendError{Reason: errNotThere.Error(), Err: errNotThere}
		}
		return nil
	}
	if err := c.n.isPerson(chat); err != nil {
		return &bridge.SendError{Err: err}
	}
	return c.rightPerson(chat)
}

// spoken notes that the user says something in a conversation, and so types no
// more.
func (c *Conn) spoken(chat bridge.Addr) {
	delete(c.typing, chat)
	if !c.n.isRoom(chat) {
		c.talking(chat)
	}
}

// target is the name that a conversation is written to.
func (c *Conn) target(chat bridge.Addr) string {
	if c.n.isRoom(chat) {
		return c.channelName(chat)
	}
	return c.nickOf(chat)
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

// left counts the lines that are still to be written.
func (m *sending) left() int {
	if m.over {
		return 0
	}
	n := 0
	for _, p := range m.parts[m.written:] {
		n += len(p)
	}
	return n
}

// line makes the next line, or all lines of a batch: nothing may come between
// those.
func (m *sending) line(c *Conn) (string, error) {
	if m.left() == 0 {
		return "", nil
	}
	m.divideAgain()
	p, target := m.parts[m.written], c.target(m.chat)
	lines, err := m.encode(p, target)
	if err != nil {
		m.giveUp(err)
		return "", err
	}
	m.written++
	c.wrote(m, target, m.said(p))
	bridge.Progress(m.ctx)
	return lines, nil
}

// encode makes what is written for a part.
func (m *sending) encode(p part, target string) (string, error) {
	label := m.c.label()
	if len(p) > 1 {
		return m.encodeBatch(p, target, label)
	}
	return encodeWithin(m.c.support.lineLen, label, "PRIVMSG", target, m.dress(p[0].text))
}

// dress makes a line look as the message does.
func (m *sending) dress(line string) string {
	if !m.c.strips(m.chat) {
		line = formatted(m.format, line)
	}
	if m.emote {
		line = "\x01ACTION " + line + "\x01"
	}
	return line
}

// moved tells those who still have something to write that the flood control lets
// lines go, so that they wait on.
func (c *Conn) moved() {
	for m := range c.answer.under {
		if m.left() > 0 {
			bridge.Progress(m.ctx)
		}
	}
}
