package bridge

import (
	"context"
	"errors"
	"time"
)

// gatherTime is what a network has to make a room.
const gatherTime = 20 * time.Second

// gather has the network make a room with people, which then stands on the lists.
func (l *login) gather(people []Addr, done func(*Chat, error)) {
	var room Contact
	gather := func(ctx context.Context, conn Conn) (err error) {
		room, err = conn.Gather(ctx, people)
		if errors.Is(err, ErrNoSuchPerson) {
			err = ErrNotOnline
		}
		return err
	}
	if !l.inquire(gatherTime, gather, func(err error) { l.gathered(room, err, done) }) {
		done(nil, ErrNotOnline)
	}
}

// gathered runs in the turn.
func (l *login) gathered(room Contact, err error, done func(*Chat, error)) {
	a := l.a
	if err == nil && (a.gone || a.logins[l.rec.Network] != l) {
		err = ErrNotOnline
	}
	if err != nil {
		l.log.Debug("no room made", "err", err)
		done(nil, err)
		return
	}
	var w batch
	l.entered(&w, room, "")
	a.commit(w, nil)
	l.watchAll()
	c := a.chat(room.Addr)
	c.setName(cleanName(room.Name))
	done(c, nil)
}
