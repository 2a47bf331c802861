package bridge

import (
	"context"
	"errors"
)

// roomLeft takes in that the login is not in a room any more. If the user has just
// asked for the room, it is on its way in again.
func (in *inbox) roomLeft(room Addr) {
	if e := in.l.a.entry(room); e == nil || e.Pending != PendingAdd {
		in.gone(room)
	}
}

// gone takes a room off the lists that the login is not in any more. Nothing of it is
// remembered: it comes back when it is found again.
func (in *inbox) gone(room Addr) {
	in.l.lose(room)
	if e := in.l.a.entry(room); e != nil {
		in.l.a.withdraw(&in.write, e)
		in.then(in.l.watchAll)
	}
	in.then(func() { in.l.a.closed(room) })
}

// withdraw takes a room off the forward and the reverse list, and if the bridge had put
// it there by itself off the allow list.
func (a *account) withdraw(w *batch, e *Entry) {
	allowed := e.Lists & AL
	if e.Auto {
		allowed = 0
	}
	a.dropFrom(w, e, BL|allowed)
	a.publish()
}

// closed ends the conversation of a room that was left: its window is closed, and
// what waits goes with it.
func (a *account) closed(room Addr) {
	var w batch
	a.closeRoom(&w, room)
	a.commit(w, nil)
}

func (a *account) closeRoom(w *batch, room Addr) {
	a.leftRoom(room)
	if c := a.chats[room]; c != nil {
		c.stopRinging()
		c.drop(w, func(*waiting) bool { return true })
	}
}

func (a *account) cmdPart(words []string) {
	room, _, err := a.findRoom(words)
	e := a.entry(room)
	if err == nil && (e == nil || !e.On(FL)) && !a.isIn(room) {
		err = errors.New("you are not in that room, and it is not on your list")
	}
	if err != nil {
		a.say("Not left: " + err.Error())
		return
	}
	l := a.logins[room.Network]
	conn := l.live()
	if conn == nil {
		a.say("Not left: you are not connected to " + l.net.Title() + ".")
		return
	}
	name := l.calls(room) // the network may tell that it was left before Leave returns
	a.long(func(ctx context.Context) {
		err := conn.Leave(ctx, room)
		a.turn.post(func() { l.hasLeft(room, name, err) })
	})
}

// calls is what a room is called that the login is in, or that is on the list.
func (l *login) calls(room Addr) string {
	if e := l.a.entry(room); e != nil {
		return l.a.called(e)
	}
	return withName(l.a.b.handles.remember(room), l.found[room].Name)
}

// isIn tells whether a login is in a room, on the list or not.
func (a *account) isIn(room Addr) bool {
	l := a.logins[room.Network]
	if l == nil {
		return false
	}
	_, found := l.found[room]
	return found
}

// hasLeft runs in the turn. Where the network has nothing to leave by, the room is
// taken off the list like any other contact.
func (l *login) hasLeft(room Addr, name string, err error) {
	a := l.a
	if a.logins[room.Network] != l {
		return
	}
	e := a.entry(room)
	left := func() { a.say("You have left " + name + ".") }
	switch {
	case errors.Is(err, errors.ErrUnsupported) && e != nil && e.On(FL):
		a.takeOff(room, left)
	case errors.Is(err, errors.ErrUnsupported):
		a.say("Not left: " + l.net.Title() + " has no way to do that.")
	case err != nil:
		a.say("Not left: " + cleanName(err.Error()))
	default:
		in := &inbox{l: l}
		in.gone(room)
		in.commit(func(err error) {
			if err == nil {
				left()
			}
		})
	}
}
