package bridge

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"
)

const (
	mostRinging = 5                // conversations that ring at the same time
	mostFlying  = 20               // messages handed to a window and not shown yet
	reachTime   = 5 * time.Second  // for a network to say whether somebody is there
	lateAfter   = 60 * time.Second // a message shown later than this is late
)

// A Chat is an account's conversation with a bridged person or room, or with the
// service contact, as the front end sees it. Its methods may be called from any
// goroutine, also after the session has ended.
type Chat struct {
	a      *account
	addr   Addr
	handle string
	name   atomic.Pointer[string]

	// Owned by the account's turn.
	waiting []*waiting // oldest first
	window  Window     // the latest, or nil
	via     string     // of the last message shown
	ringing *time.Timer
	rang    bool // nobody answered; rings again at the next message or sign-in
}

// A waiting is an inbound message that has not been shown yet.
type waiting struct {
	WaitingMessage
	late   bool // it could not be shown when it came
	flying bool // handed to the window
}

// A Window shows a conversation to people. Its methods are called in the
// account's turn and must not block.
type Window interface {
	// Show shows a message. shown must be called exactly once, from any goroutine:
	// nil when it has been written to a client without error. A message that was
	// not shown waits for another window. late: it could not be shown when it
	// came, so the window puts date and time in front.
	Show(m Message, late bool, shown func(error))

	// Typing says that the person is writing.
	Typing(from Addr, name string)

	// Replaced says that another window has taken over: this one gets nothing more,
	// but may still send.
	Replaced()
}

// Handle is the other side's handle, as the account spells it; Name what it is called now.
func (c *Chat) Handle() string { return c.handle }

// Name is what the other side is called now.
func (c *Chat) Name() string { return *c.name.Load() }

// Attach makes w the conversation's window: it gets what waits, then all that
// comes. An earlier window is Replaced. Attach and Detach may be called in the
// turn too, and never wait.
func (c *Chat) Attach(w Window) {
	c.a.turn.postNow(func() {
		if c.window != nil && c.window != w {
			c.window.Replaced()
		}
		c.stopRinging()
		c.window = w
		c.land()
		c.flush()
		c.a.ringSoon = true
	})
}

// Detach says that w is gone. Nothing happens if it is not the window.
func (c *Chat) Detach(w Window) {
	c.a.turn.postNow(func() {
		if c.window == w {
			c.window = nil
			c.land()
			c.a.ringSoon = true
		}
	})
}

// land takes back what the window has not shown.
func (c *Chat) land() {
	for _, m := range c.waiting {
		m.flying = false
	}
}

// Typing passes on that the user is writing.
func (c *Chat) Typing() {
	c.a.turn.post(func() {
		l := c.a.logins[c.addr.Network]
		if l == nil || !c.a.presence.State.Visible() {
			return
		}
		if conn := l.live(); conn != nil {
			c.a.b.spawn(func(ctx context.Context) {
				ctx, cancel := context.WithTimeout(ctx, reachTime)
				defer cancel()
				if err := conn.SetTyping(ctx, c.addr, true); err != nil && !errors.Is(err, errors.ErrUnsupported) {
					l.log.Debug("typing not passed on", "err", err)
				}
			})
		}
	})
}

// Open finds the conversation with a bridged person, for a window that the user
// opens. It asks the network if need be (up to five seconds), so done may come
// later. Errors: ErrMalformed, ErrNotOnline (nobody there, or the login is
// down), ErrBlocked (on the block list). The answer does not attach a window.
func (s *Session) Open(handle string, done func(*Chat, error)) {
	a := s.a
	addr, kind, err := a.b.handles.parse(handle)
	switch {
	case errors.Is(err, ErrMalformed):
		done(nil, ErrMalformed)
		return
	case err != nil || addr.Network == Local:
		done(nil, ErrNotOnline)
		return
	}
	e := a.entry(addr, kind)
	if e != nil && e.On(BL) {
		done(nil, ErrBlocked)
		return
	}
	if addr.Network == Service {
		done(a.chat(addr, kind), nil)
		return
	}
	a.reach(addr, kind, done)
}

// reach asks the network whether a conversation can be opened.
func (a *account) reach(addr Addr, kind Kind, done func(*Chat, error)) {
	l := a.logins[addr.Network]
	if l == nil || l.live() == nil {
		done(nil, ErrNotOnline)
		return
	}
	conn := l.live()
	ok := a.b.spawn(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, reachTime)
		defer cancel()
		err := conn.Reach(ctx, addr)
		a.turn.post(func() {
			if err != nil {
				l.log.Debug("cannot be reached", "who", addr.ID, "err", err)
				done(nil, ErrNotOnline)
				return
			}
			done(a.chat(addr, kind), nil)
		})
	})
	if !ok {
		done(nil, ErrNotOnline)
	}
}

// chat returns the conversation with an address, made if need be.
func (a *account) chat(addr Addr, kind Kind) *Chat {
	if c := a.chats[addr]; c != nil {
		return c
	}
	c := &Chat{a: a, addr: addr, handle: a.b.handles.handle(addr, kind)}
	name := c.handle
	if e := a.byHandle[c.handle]; e != nil {
		c.handle = e.Spelling()
		_, name = a.look(e)
	}
	c.name.Store(&name)
	if a.chats == nil {
		a.chats = map[Addr]*Chat{}
	}
	a.chats[addr] = c
	return c
}

// setName notes what the other side is called now.
func (c *Chat) setName(name string) {
	if name != "" && name != c.Name() {
		c.name.Store(&name)
	}
}

// take adds a message that the store has to its conversation.
func (a *account) take(m WaitingMessage) {
	c := a.chat(m.Message.Chat, Person)
	if m.Message.From == m.Message.Chat {
		c.setName(m.Message.Name)
	}
	w := &waiting{WaitingMessage: m}
	w.late = c.window == nil && (a.session == nil || !a.presence.State.Visible())
	c.waiting = append(c.waiting, w)
	c.rang = false
	c.flush()
	a.ringSoon = true
}

// flush hands the window what waits.
func (c *Chat) flush() {
	if c.window == nil {
		return
	}
	flying := 0
	for _, m := range c.waiting {
		if flying++; flying > mostFlying {
			return
		}
		if !m.flying {
			m.flying = true
			late := m.late || time.Since(m.Message.Time) > lateAfter
			w := c.window
			w.Show(m.Message, late, func(err error) {
				c.a.turn.postNow(func() { c.shown(w, m, err) })
			})
		}
	}
}

// shown takes a message off that a client has, and hands over the next.
func (c *Chat) shown(w Window, m *waiting, err error) {
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
	a, via := c.a, m.Message.Via
	write := batch{func(tx Tx) error { return tx.DropWaiting(a.handle, m.Seq) }}
	if via != "" && via != c.via {
		c.via = via
		write = append(write, func(tx Tx) error { return tx.SaveVia(a.handle, c.addr, via) })
	}
	a.commit(write, nil)
	c.flush()
}

// drop takes off waiting messages that need not be shown any more.
func (c *Chat) drop(which func(*waiting) bool) {
	var seqs []int64
	c.waiting = slices.DeleteFunc(c.waiting, func(m *waiting) bool {
		gone := which(m)
		if gone {
			seqs = append(seqs, m.Seq)
		}
		return gone
	})
	if len(seqs) > 0 {
		c.a.commit(batch{func(tx Tx) error { return tx.DropWaiting(c.a.handle, seqs...) }}, nil)
	}
}

// mayRing tells whether messages of this conversation may reach the user.
func (c *Chat) mayRing() bool {
	e := c.a.byHandle[c.a.b.handles.handle(c.addr, Person)]
	if e != nil && e.On(BL) {
		return false
	}
	return c.addr.Network == Service || !c.a.settings.AllowedOnly || e != nil && e.On(AL)
}

// ring asks the session to open windows for what waits, the oldest first.
func (a *account) ring() {
	if a.session == nil || !a.presence.State.Visible() {
		return
	}
	n := 0
	for _, c := range a.chats {
		if c.ringing != nil {
			n++
		}
	}
	for ; n < mostRinging; n++ {
		c := a.nextToRing()
		if c == nil {
			return
		}
		c.startRinging()
		a.emit(Ring{c})
	}
}

func (a *account) nextToRing() *Chat {
	var next *Chat
	for _, c := range a.chats {
		if len(c.waiting) == 0 || c.window != nil || c.ringing != nil || c.rang || !c.mayRing() {
			continue
		}
		if next == nil || c.waiting[0].Seq < next.waiting[0].Seq {
			next = c
		}
	}
	return next
}

func (c *Chat) startRinging() {
	var t *time.Timer
	t = time.AfterFunc(c.a.b.ringTime, func() {
		c.a.turn.post(func() {
			if c.ringing == t {
				c.ringing, c.rang = nil, true
				c.a.ringSoon = true
			}
		})
	})
	c.ringing = t
}

func (c *Chat) stopRinging() {
	if c.ringing != nil {
		c.ringing.Stop()
		c.ringing = nil
	}
}

// takeMessages takes what the store has kept of conversations, while the account
// is being loaded.
func (a *account) takeMessages(r *AccountRecord) {
	for _, m := range r.Waiting {
		a.take(m)
		c := a.chats[m.Message.Chat]
		c.waiting[len(c.waiting)-1].late = true
	}
	for addr, via := range r.Vias {
		a.chat(addr, Person).via = via
	}
	a.ringSoon = false
	a.outgoing = r.Outgoing
}

// wakeUp is the first function of an account's turn.
func (a *account) wakeUp() {
	a.startLogins()
	out := a.outgoing
	a.outgoing = nil
	a.resume(out)
}

// droppedCounter counts what people on block lists have sent in vain.
type droppedCounter struct{ n atomic.Int64 }

func (d *droppedCounter) add(log *slog.Logger, what string) {
	log.Debug("dropped: sender is on the block list", "what", what, "dropped_so_far", d.n.Add(1))
}
