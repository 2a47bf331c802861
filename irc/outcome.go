package irc

import (
	"fmt"

	"msnbridge/bridge"
)

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
	err := bridge.ErrClosed
	if c.err != nil {
		err = fmt.Errorf("%w: %w", bridge.ErrClosed, c.err)
	}
	for m := range c.answer.under {
		m.giveUp(err)
	}
	c.loseErrands(err)
	c.poll.ison.lose()
	c.poll.userhost.lose()
}
