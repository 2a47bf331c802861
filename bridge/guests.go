package bridge

import (
	"context"
	"errors"
)

// Invite asks somebody into the room that the conversation is with. done is
// called exactly once, in the account's turn or when the account has left memory. Errors: ErrMalformed,
// ErrNotOnline (the login is down, or there is nobody of that name),
// ErrBlocked, ErrAlreadyThere, errors.ErrUnsupported (somebody of another network,
// or a conversation that nobody can be asked into), or the network's.
func (c *Chat) Invite(handle string, done func(error)) {
	if !c.a.turn.post(func() { c.invite(handle, done) }) {
		done(ErrNotOnline)
	}
}

func (c *Chat) invite(handle string, done func(error)) {
	a := c.a
	who, err := a.parse(handle)
	e, l := a.entry(who), a.logins[c.addr.Network]
	switch {
	case err != nil:
		done(err)
		return
	case who.Network != c.addr.Network || !c.room || a.b.handles.kind(who) != Person:
		done(errors.ErrUnsupported)
		return
	case e != nil && e.On(BL):
		done(ErrBlocked)
		return
	}
	invite := func(ctx context.Context, conn Conn) error {
		err := conn.Invite(ctx, c.addr, who)
		if errors.Is(err, ErrNoSuchPerson) {
			err = ErrNotOnline
		}
		return err
	}
	if l == nil || !l.inquire(invite, done) {
		done(ErrNotOnline)
	}
}

// Guest finds the same room as the account of that handle has it, through a login
// of its own that is in the room; nil if there is none. f is called once, in that
// account's turn if there is one. Guest may be called in a turn: it does not wait,
// so who calls it bounds how often.
func (c *Chat) Guest(handle string, f func(*Chat)) {
	guest := c.a.b.loaded(foldASCII(handle))
	if guest == nil || guest == c.a || !guest.turn.postNow(func() { f(guest.ownRoom(c.addr)) }) {
		f(nil)
	}
}

// ownRoom is the conversation with a room that a login of the account is in.
func (a *account) ownRoom(room Addr) *Chat {
	l := a.logins[room.Network]
	if l == nil || l.live() == nil || l.people[room].presence.State != Online {
		return nil
	}
	return a.chat(room)
}

// Self is who the account is in the conversation's network just now; not ok while
// its login is not connected.
func (c *Chat) Self() (self Contact, ok bool) {
	l := c.login.Load()
	if l == nil {
		return Contact{}, false
	}
	conn := l.live()
	if conn == nil {
		return Contact{}, false
	}
	return conn.Self(), true
}
