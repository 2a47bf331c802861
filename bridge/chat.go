package bridge

import (
	"cmp"
	"context"
	"errors"
	"sync/atomic"
	"time"
)

// mostChats is how many conversations an account remembers that have no window
// and nothing that waits; the one used longest ago is forgotten.
const mostChats = 1000

// reachTime is what a network has to say whether somebody is there.
const reachTime = 5 * time.Second

// A Chat is an account's conversation with a bridged person or room, or with the
// service contact, as the front end sees it. Its methods may be called from any
// goroutine, also after the session has ended; Send and Typing wait while the
// account's queue is full, so they are not called in its turn.
type Chat struct {
	a      *account
	addr   Addr
	room   bool // it is with a room, not a person
	handle atomic.Pointer[string]
	name   atomic.Pointer[string]

	// Owned by the account's turn.
	waiting  []*waiting // oldest first
	window   Window     // the latest, or nil
	via      string     // of the last message shown
	unsaid   *Message   // the last message shown, while the network is not to know that it was read
	ringing  *time.Timer
	rang     bool      // nobody answered; rings again at the next message or sign-in
	underway int       // messages on their way out
	used     time.Time // last

	// Of a room: its members are being asked for, must be again, and are known to
	// the window.
	asking, askAgain, entered bool

	login atomic.Pointer[login] // through which one talks; nil if there was none
}

// A Window shows a conversation to people. Its methods are called in the
// account's turn and must not block.
type Window interface {
	// Show shows a message. In a room, from is the member who has said it; it is
	// zero for a line of the conversation itself. shown must be called exactly
	// once, from any goroutine: nil when it has been written to a client without
	// error. A message that was not shown waits for another window. late: it could
	// not be shown when it came, so the window puts date and time in front.
	Show(m Message, from Member, late bool, shown func(error))

	// Typing says that the person, or in a room this member, is writing.
	Typing(from Member)

	// Members says who has come into the room and who, by handle, has gone. With
	// whole, joined are all, in place of those told before.
	Members(joined []Member, left []string, whole bool)

	// Replaced says that another window has taken over: this one gets nothing more,
	// but may still send.
	Replaced()

	// Closed says that the room can no longer be used: the account is not in it any
	// more. The window gets nothing more.
	Closed()
}

// A Member is somebody in a room.
type Member struct {
	Addr         Addr
	Handle, Name string
}

// Handle is the other side's handle, as the account spells it now: on its lists, or
// when it last opened the conversation. Name is what it is called now.
func (c *Chat) Handle() string { return *c.handle.Load() }

// IsRoom tells whether the conversation is with a room.
func (c *Chat) IsRoom() bool { return c.room }

// Name is what the other side is called now.
func (c *Chat) Name() string { return *c.name.Load() }

// setName notes what the other side is called now.
func (c *Chat) setName(name string) {
	if name != "" && name != c.Name() {
		c.name.Store(&name)
	}
}

// Attach makes w the conversation's window: it gets what waits, then all that
// comes. An earlier window is Replaced. Attach and Detach may be called in the
// turn too, and never wait.
func (c *Chat) Attach(w Window) { c.a.turn.postNow(func() { c.now().attach(w) }) }

// now is the conversation as the account has it: c, unless that was forgotten.
func (c *Chat) now() *Chat {
	if other := c.a.chats[c.addr]; other != nil {
		return other
	}
	c.a.putChat(c)
	return c
}

func (c *Chat) attach(w Window) {
	if c.window != nil && c.window != w {
		c.window.Replaced()
	}
	c.stopRinging()
	c.window = w
	c.land()
	if c.room {
		c.entered = false
		c.follow()
	} else {
		c.flush()
	}
	c.a.ringSoon = true
}

// Detach says that w is gone. Nothing happens if it is not the window.
func (c *Chat) Detach(w Window) {
	c.a.turn.postNow(func() {
		if c := c.now(); c.window == w {
			c.windowGone()
			if c.room {
				c.follow()
			}
			c.a.ringSoon = true
		}
	})
}

// windowGone takes note that nobody looks any more.
func (c *Chat) windowGone() {
	c.window, c.used = nil, time.Now()
	c.land()
	if c.room {
		c.shedUnread()
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
			c.a.b.spawn(func(ctx context.Context) { l.typing(ctx, conn, c.addr) })
		}
	})
}

func (l *login) typing(ctx context.Context, conn Conn, chat Addr) {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	if err := conn.SetTyping(ctx, chat, true); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		l.log.Debug("typing not passed on", "err", err)
	}
}

// Open finds the conversation with a bridged person, for a window that the user
// opens. It asks the network if need be (up to five seconds), so done may come
// later. Errors: ErrMalformed, ErrNotOnline (nobody there, or the login is
// down), ErrBlocked (on the block list). The answer does not attach a window.
func (s *Session) Open(handle string, done func(*Chat, error)) {
	a := s.a
	addr, err := a.parse(handle)
	e := a.entry(addr)
	switch {
	case errors.Is(err, ErrMalformed):
		done(nil, ErrMalformed)
	case err != nil || addr.Network == Local:
		done(nil, ErrNotOnline)
	case e != nil && e.On(BL):
		done(nil, ErrBlocked)
	case addr.Network == Service:
		done(a.chat(addr), nil)
	default:
		a.reach(addr, handle, done)
	}
}

// reach asks the network whether a conversation can be opened.
func (a *account) reach(addr Addr, handle string, done func(*Chat, error)) {
	if !a.reaches(addr.Network) {
		done(nil, ErrNotOnline)
		return
	}
	l := a.logins[addr.Network]
	reach := func(ctx context.Context, c Conn) error { return c.Reach(ctx, addr) }
	if !l.inquireSoon(reachTime, reach, func(err error) { a.reached(l, addr, handle, err, done) }) {
		done(nil, ErrNotOnline)
	}
}

// inquire asks the network something that it has so much time for, and has then called
// in the turn with the outcome. False: it is not connected.
func (l *login) inquire(limit time.Duration, ask func(context.Context, Conn) error, then func(error)) bool {
	return l.live() != nil && l.inquireSoon(limit, ask, then)
}

// inquireSoon is inquire also for a login that is connecting for the first time, for
// which it waits.
func (l *login) inquireSoon(limit time.Duration, ask func(context.Context, Conn) error, then func(error)) bool {
	conn, tried := l.live(), l.firstTry()
	if conn == nil && isOver(tried) {
		return false
	}
	return l.a.b.spawn(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		select {
		case <-tried:
		case <-ctx.Done():
		}
		err := ErrNotOnline
		if c := cmp.Or(conn, l.live()); c != nil {
			err = ask(ctx, c)
		}
		l.a.turn.settle(func() { then(err) })
	})
}

// isOver tells whether a channel is closed.
func isOver(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func (a *account) reached(l *login, addr Addr, handle string, err error, done func(*Chat, error)) {
	if err != nil || a.gone || a.logins[addr.Network] != l {
		l.log.Debug("cannot be reached", "who", addr.ID, "err", err)
		done(nil, ErrNotOnline)
		return
	}
	c := a.chat(addr)
	if e := a.entry(addr); e == nil || e.Lists == 0 {
		typed := foldASCII(handle)
		c.handle.Store(&typed)
	}
	done(c, nil)
}

// chat returns the conversation with an address, made if need be.
func (a *account) chat(addr Addr) *Chat {
	if c := a.chats[addr]; c != nil {
		c.used = time.Now()
		c.login.Store(a.logins[addr.Network])
		return c
	}
	c := &Chat{a: a, addr: addr, room: a.b.handles.kind(addr) == Room, used: time.Now()}
	handle := a.b.handles.remember(addr)
	c.handle.Store(&handle)
	name := handle
	if e := a.byHandle[handle]; e != nil {
		c.spell(e)
		name = a.look(e).name
	}
	c.name.Store(&name)
	c.login.Store(a.logins[addr.Network])
	a.putChat(c)
	return c
}

// spell notes how the account spells the other side's handle on its lists.
func (c *Chat) spell(e *Entry) {
	if handle := e.Spelling(); handle != c.Handle() {
		c.handle.Store(&handle)
	}
}

func (a *account) putChat(c *Chat) {
	if a.chats == nil {
		a.chats = map[Addr]*Chat{}
	}
	if a.awake && len(a.chats) >= mostChats {
		a.forgetChat()
	}
	a.chats[c.addr] = c
}

// forgetChat forgets the conversation that was used longest ago, of those that
// are at rest.
func (a *account) forgetChat() {
	var oldest *Chat
	for _, c := range a.chats {
		atRest := c.window == nil && len(c.waiting) == 0 && c.underway == 0
		if atRest && (oldest == nil || c.used.Before(oldest.used)) {
			oldest = c
		}
	}
	if oldest == nil {
		return
	}
	delete(a.chats, oldest.addr)
	if oldest.via != "" {
		a.commit(batch{func(tx Tx) error { return tx.SaveVia(a.handle, oldest.addr, "") }}, nil)
	}
}
