package bridge

import (
	"context"
	"errors"
)

// Invite asks somebody into the conversation. With a room, they are asked into it; of
// a conversation with a person a new room is made, with that person and the other,
// and done gets it: the conversation goes on there. Otherwise done gets nil, and the
// conversation stays as it is. done is called exactly once, in the account's turn or
// when the account has left memory; it may take gatherTime. Invite does not wait and
// may be called in the turn, so who calls it bounds how often. Errors:
// ErrMalformed, ErrNotOnline (the login is down, or there is nobody of that name),
// ErrBlocked, ErrAlreadyThere, errors.ErrUnsupported (somebody of another network,
// or a conversation that nobody can be asked into), or the network's.
func (c *Chat) Invite(handle string, done func(*Chat, error)) {
	if !c.a.turn.postNow(func() { c.invite(handle, done) }) {
		done(nil, ErrNotOnline)
	}
}

func (c *Chat) invite(handle string, done func(*Chat, error)) {
	a := c.a
	who, err := a.parse(handle)
	l := a.logins[c.addr.Network]
	switch {
	case err != nil:
	case who.Network != c.addr.Network || a.b.handles.kind(who) != Person:
		err = errors.ErrUnsupported
	case who == c.addr:
		err = ErrAlreadyThere
	case a.blocks(who) || a.blocks(c.addr):
		err = ErrBlocked
	case l == nil:
		err = ErrNotOnline
	case c.room:
		l.invite(c.addr, who, func(err error) { done(nil, err) })
		return
	default:
		l.gather([]Addr{c.addr, who}, done)
		return
	}
	done(nil, err)
}

// blocks tells whether somebody is on the block list.
func (a *account) blocks(who Addr) bool {
	e := a.entry(who)
	return e != nil && e.On(BL)
}

// invite has the network ask somebody into a room.
func (l *login) invite(room, who Addr, done func(error)) {
	invite := func(ctx context.Context, conn Conn) error {
		err := conn.Invite(ctx, room, who)
		if errors.Is(err, ErrNoSuchPerson) {
			err = ErrNotOnline
		}
		return err
	}
	if !l.inquire(reachTime, invite, done) {
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
	if l == nil || l.live() == nil {
		return nil
	}
	if _, hidden := l.found[room]; !hidden && l.people[room].presence.State != Online {
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
