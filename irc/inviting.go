package irc

import (
	"context"
	"errors"
	"slices"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// Invite implements bridge.Conn.
func (c *Conn) Invite(ctx context.Context, room, who bridge.Addr) error {
	if !c.n.isRoom(room) || c.n.isPerson(who) != nil {
		return errors.ErrUnsupported
	}
	e, err := c.inviting(room, who)
	if err != nil {
		return err
	}
	refused := error(nil)
	for numeric, f := range inviteAnswers {
		e.hears[numeric] = func(m *ircmsg.Message) {
			if refused == nil && c.concernsInvite(e, m) {
				refused = f(last(m))
			}
		}
	}
	if err := c.runErrand(ctx, e); err != nil {
		return inviteFailure(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return refused
}

// inviting makes the errand, or says why not.
func (c *Conn) inviting(room, who bridge.Addr) (*errand, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.closed(); err != nil {
		return nil, err
	}
	ch, nick := c.in(room.ID), c.nickOf(who)
	switch {
	case ch == nil:
		return nil, errNotThere
	case c.memberOf(ch, nick) != nil || c.isMe(nick):
		return nil, bridge.ErrAlreadyThere
	}
	return c.errand("INVITE", nick, ch.name)
}

// inviteAnswers are the numerics that refuse an INVITE; for others the words of the
// server do.
var inviteAnswers = map[string]func(text string) error{
	"401": func(string) error { return bridge.ErrNoSuchPerson },
	"403": func(string) error { return errors.New("there is no such channel") },
	"442": func(string) error { return errNotThere },
	"443": func(string) error { return bridge.ErrAlreadyThere },
	"482": func(text string) error {
		if text == "" {
			text = "only operators of the channel can invite"
		}
		return errors.New(text)
	},
}

// concernsInvite tells whether a numeric names whom or what an invitation names.
func (c *Conn) concernsInvite(e *errand, m *ircmsg.Message) bool {
	first := min(1, len(m.Params))
	return slices.ContainsFunc(m.Params[first:max(first, len(m.Params)-1)], func(name string) bool {
		return slices.ContainsFunc(e.about, func(a string) bool { return c.support.fold(a) == c.support.fold(name) })
	})
}

// inviteFailure is the error of an errand in plain words.
func inviteFailure(err error) error {
	failure, ok := errors.AsType[*bridge.SendError](err)
	if ok && failure.Reason != "" {
		return errors.New(failure.Reason)
	}
	if ok && failure.Err != nil {
		return failure.Err
	}
	return err
}
