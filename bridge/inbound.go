package bridge

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// emit is the Emit of a login: it hands events to the account and waits until
// they are applied and stored.
func (l *login) emit(ctx context.Context, evs []Event, position []byte) error {
	done := make(chan error, 1)
	if !l.a.turn.post(func() { l.receive(evs, position, func(err error) { done <- err }) }) {
		return ErrClosed
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-l.ctx.Done():
		return ErrClosed
	}
}

// An inbox is what one call of Emit brings, on its way through the store.
type inbox struct {
	l     *login
	write batch
	after []func() // in order, when the store has it
	kept  []*keeping
	again bool // see login.again

	blocks        []*Entry // put on or taken off the block list
	places, moved []Moved  // all that are in it, and those taken in so far
}

// receive runs in the turn. Lists change at once, messages are taken when the
// store has them.
func (l *login) receive(evs []Event, position []byte, done func(error)) {
	a := l.a
	if a.logins[l.rec.Network] != l {
		done(ErrClosed)
		return
	}
	in := &inbox{l: l}
	l.coming++
	in.moves(evs)
	for _, ev := range a.inOrder(evs) {
		in.event(ev)
	}
	if position != nil {
		l.rec.Position = position
		in.write = append(in.write, func(tx Tx) error {
			return tx.SavePosition(a.handle, l.rec.Network, position)
		})
	}
	in.commit(func(err error) {
		l.coming--
		done(err)
	})
}

// commit has the store keep what has come. done is called when that is so, and what
// follows has been done.
func (in *inbox) commit(done func(error)) {
	in.l.a.commit(in.write, func(err error) {
		if err == nil {
			for _, f := range in.after {
				f()
			}
		}
		done(err)
	})
}

// inOrder puts contacts first, in their order: not all may fit. All else keeps its
// own.
func (a *account) inOrder(evs []Event) []Event {
	isContact := func(ev Event) bool { _, ok := ev.(ContactFound); return ok }
	if !slices.ContainsFunc(evs, isContact) {
		return evs
	}
	evs = slices.Clone(evs)
	slices.SortStableFunc(evs, func(x, y Event) int {
		c, contact := x.(ContactFound)
		d, other := y.(ContactFound)
		switch {
		case contact && other:
			return a.precedence(c.Contact, d.Contact)
		case contact:
			return -1
		case other:
			return 1
		}
		return 0
	})
	return evs
}

func (in *inbox) event(ev Event) {
	switch ev := ev.(type) {
	case MessageReceived:
		ev.Message.Chat = in.placeOf(ev.Message.Chat)
		in.message(ev.Message)
	case PresenceChanged:
		in.l.presence(ev)
		if in.l.a.b.handles.kind(ev.Addr) == Room && ev.Presence.State != Online {
			in.l.lose(ev.Addr)
			in.then(func() { in.l.a.leftRoom(ev.Addr) }) // after what was said before
		}
	case ContactFound:
		in.contact(ev)
	case Invited:
		in.invited(ev)
	case InvitationGone:
		in.invitationGone(ev.Addr)
	case ReadElsewhere:
		ev.Chat = in.placeOf(ev.Chat)
		in.readElsewhere(ev)
	case MessageReplaced:
		ev.Chat = in.placeOf(ev.Chat)
		in.replaced(ev)
	case Moved:
		in.move(ev)
	case Remark:
		in.then(func() { in.l.a.remark(ev) })
	case RoomLeft:
		in.roomLeft(ev.Room)
	case Ignored:
		in.ignored(ev)
	case RosterChanged:
		in.then(func() { in.l.a.roster(ev) })
	case Typing:
		in.then(func() { in.l.a.typing(ev) })
	default:
		in.l.log.Warn("event of a kind that no network emits", "event", ev)
	}
}

func (in *inbox) then(f func()) { in.after = append(in.after, f) }

// dropped counts what nobody will see.
func (in *inbox) dropped(what string) { in.l.a.b.dropped.add(in.l.log, what) }

// presence notes how present a person is.
func (l *login) presence(ev PresenceChanged) {
	name := cleanName(ev.Name)
	if c := l.a.chats[ev.Addr]; c != nil {
		c.setName(name)
	}
	if e := l.a.entry(ev.Addr); e != nil && e.On(FL) {
		l.people[ev.Addr] = person{shownBy(ev.Presence), cmp.Or(name, l.people[ev.Addr].name)}
		l.a.tell(e)
	}
}

// shownBy is what a network tells of a person, as far as it can be shown: who is
// not present shows nothing else, and nobody there has an MSN client.
func shownBy(p Presence) Presence {
	if !p.State.Visible() {
		return Presence{}
	}
	p.Client = nil
	return p
}

// message takes one in, unless its sender is on the block list.
func (in *inbox) message(m Message) {
	a := in.l.a
	m = tidied(m)
	if m.Own {
		in.then(func() { a.own(m) })
		return
	}
	if a.b.handles.kind(m.Chat) == Room {
		in.roomMessage(m)
		return
	}
	e := a.entry(m.Chat)
	switch known := e != nil && e.Lists&(FL|AL) != 0; {
	case e != nil && e.On(BL):
		in.dropped("message")
		return
	case !known && a.tooMuchWaits(len(in.kept)), e == nil && a.settings.AllowedOnly && a.tooManyStrangers():
		in.dropped("message of a stranger")
		return
	}
	if a.settings.AllowedOnly && (e == nil || !e.On(AL)) {
		in.stranger(m)
	}
	in.keep(m)
}

// tidied is a message fit to be kept.
func tidied(m Message) Message {
	if m.Time.IsZero() || time.Until(m.Time) > 0 {
		m.Time = time.Now()
	}
	m.Name = cleanName(m.Name)
	return m
}

// keep stores a message, once, and takes it when it is stored.
func (in *inbox) keep(m Message) {
	a, network := in.l.a, in.l.rec.Network
	k := &keeping{ids: []string{m.ID}, m: m}
	in.kept = append(in.kept, k)
	in.write = append(in.write, func(tx Tx) (err error) {
		if m.ID != "" {
			if k.seen, err = tx.Seen(a.handle, network, m.ID, time.Now()); k.seen || err != nil {
				return err
			}
		}
		k.seq, err = tx.AddWaiting(a.handle, m)
		return err
	})
	in.then(func() {
		if !k.seen && !k.gone {
			a.take(WaitingMessage{k.seq, k.m})
		}
	})
}
