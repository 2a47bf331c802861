package bridge

import (
	"slices"
	"time"
)

const (
	mostWaiting = 1000             // messages that wait in one conversation
	shedAtOnce  = 50               // are forgotten when there are more, the oldest ones
	mostFlying  = 20               // messages handed to a window and not shown yet
	lateAfter   = 60 * time.Second // a message shown later than this is late
)

// shedText stands in the place of messages that were forgotten.
const shedText = "(Older messages have not been kept: too many were waiting.)"

// A waiting is an inbound message that has not been shown yet.
type waiting struct {
	WaitingMessage
	late   bool // it could not be shown when it came
	flying bool // handed to the window
	gone   bool // not to come back from there
}

// keep has a line of the bridge's own stored as a waiting message. The function
// that it returns takes the message, once w has been written.
func (a *account) keep(w *batch, m Message) (taken func()) {
	seq := new(int64)
	*w = append(*w, func(tx Tx) (err error) {
		*seq, err = tx.AddWaiting(a.handle, m)
		return err
	})
	return func() { a.take(WaitingMessage{*seq, m}) }
}

// take adds a message that the store has to its conversation.
func (a *account) take(m WaitingMessage) {
	c := a.chat(m.Message.Chat)
	if m.Message.From == m.Message.Chat {
		c.setName(m.Message.Name)
	}
	w := &waiting{WaitingMessage: m}
	w.late = c.window == nil && (a.session == nil || !a.presence.State.Visible())
	c.waiting = append(c.waiting, w)
	if c.rings(m.Message) {
		c.rang = false
	}
	c.shed()
	c.flush()
	a.ringSoon = true
}

// takeMessages takes what the store has kept of conversations, while the account
// is being loaded.
func (a *account) takeMessages(r *AccountRecord) {
	for _, m := range r.Waiting {
		c := a.chat(m.Message.Chat)
		if m.Message.From == m.Message.Chat {
			c.setName(m.Message.Name)
		}
		c.waiting = append(c.waiting, &waiting{WaitingMessage: m, late: true})
	}
	for addr, via := range r.Vias {
		a.chat(addr).via = via
	}
	a.outgoing = r.Outgoing
}

// shed forgets the oldest messages of a conversation in which too many wait, and
// leaves a line in their place, but in a room.
func (c *Chat) shed() {
	if c.room {
		c.shedUnread()
	}
	if len(c.waiting) <= mostWaiting {
		return
	}
	i := slices.IndexFunc(c.waiting, func(m *waiting) bool { return !m.flying })
	first, gone := c.waiting[i], c.waiting[i+1:i+shedAtOnce]
	var w batch
	if line := (Message{Chat: c.addr, Text: shedText, Time: first.Message.Time}); first.Message.Text != shedText {
		first.Message = line
		w = append(w, func(tx Tx) error { return tx.ReplaceWaiting(c.a.handle, first.Seq, line) })
	}
	c.a.dropWaiting(&w, gone)
	c.waiting = slices.Delete(c.waiting, i+1, i+shedAtOnce)
	c.a.log().Warn("too many messages wait in a conversation, the oldest are forgotten", "network", c.addr.Network)
	c.a.commit(w, nil)
}

// dropWaiting has the store forget messages.
func (a *account) dropWaiting(w *batch, ms []*waiting) {
	seqs := make([]int64, len(ms))
	for i, m := range ms {
		seqs[i] = m.Seq
	}
	*w = append(*w, func(tx Tx) error { return tx.DropWaiting(a.handle, seqs...) })
}

// drop takes off waiting messages that need not be shown any more.
func (c *Chat) drop(w *batch, which func(*waiting) bool) {
	var gone []*waiting
	c.waiting = slices.DeleteFunc(c.waiting, func(m *waiting) bool {
		if !which(m) {
			return false
		}
		gone = append(gone, m)
		return true
	})
	if len(gone) > 0 {
		c.a.dropWaiting(w, gone)
	}
}

// land takes back what the window has not shown.
func (c *Chat) land() {
	c.waiting = slices.DeleteFunc(c.waiting, func(m *waiting) bool {
		m.flying = false
		return m.gone
	})
}

// flush hands the window what waits.
func (c *Chat) flush() {
	if c.window == nil || c.room && !c.entered {
		return
	}
	w := c.window
	for _, m := range c.waiting[:min(len(c.waiting), mostFlying)] {
		if m.flying || m.gone {
			continue
		}
		m.flying = true
		late := m.late || time.Since(m.Message.Time) > lateAfter
		w.Show(m.Message, c.speaker(m.Message), late, func(err error) {
			c.a.turn.postNow(func() { c.shown(w, m, err) })
		})
	}
}

// speaker is the member of a room who has said a message, or zero.
func (c *Chat) speaker(m Message) Member {
	if !c.room || m.From.IsZero() || m.From == c.addr {
		return Member{}
	}
	return c.a.member(m.From, m.Name)
}

// shown takes a message off that a client has, and hands over the next. The message
// may have moved on meanwhile.
func (c *Chat) shown(w Window, m *waiting, err error) {
	if now := c.a.chats[m.Message.Chat]; now != nil {
		c = now
	}
	if err != nil {
		if c.window == w {
			m.flying = false // the window is about to go
		}
		return
	}
	i := slices.Index(c.waiting, m)
	if i < 0 {
		return
	}
	c.waiting = slices.Delete(c.waiting, i, i+1)
	var write batch
	c.a.dropWaiting(&write, []*waiting{m})
	if via := m.Message.Via; via != "" && via != c.via {
		c.via = via
		write = append(write, func(tx Tx) error { return tx.SaveVia(c.a.handle, c.addr, via) })
	}
	c.a.commit(write, nil)
	c.noteRead(m.Message)
	c.flush()
}

// allowedChanged does what follows when the user has allowed or blocked somebody.
func (a *account) allowedChanged(e *Entry) {
	a.ringSoon = true
	if c := a.chats[e.Addr]; c != nil && e.On(BL) {
		var w batch
		c.drop(&w, func(m *waiting) bool { return !m.flying })
		a.commit(w, nil)
	}
}
