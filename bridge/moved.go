package bridge

import (
	"cmp"
	"slices"
)

// moves notes, before anything of one call of Emit is taken in, which of the
// contacts in it take the place of others: they are not found besides.
func (in *inbox) moves(evs []Event) {
	for _, ev := range evs {
		if m, ok := ev.(Moved); ok {
			in.places = append(in.places, m)
		}
	}
}

// takesPlace tells whether a contact is about to take the place of one on the list.
func (in *inbox) takesPlace(c Addr) bool {
	return slices.ContainsFunc(in.places, func(m Moved) bool {
		e := in.l.a.entry(m.Old)
		return m.New.Addr == c && m.Old != c && e != nil && e.On(FL)
	})
}

// placeOf is where one talks that was talking here before the same call of Emit.
func (in *inbox) placeOf(chat Addr) Addr {
	for range in.moved { // or round in a circle
		i := slices.IndexFunc(in.moved, func(m Moved) bool { return m.Old == chat })
		if i < 0 {
			break
		}
		chat = in.moved[i].New.Addr
	}
	return chat
}

// move has one contact take the place of another.
func (in *inbox) move(ev Moved) {
	if !in.l.mayMove(ev) {
		in.l.log.Warn("passed over: what cannot take the place of something else")
		return
	}
	in.moved = append(in.moved, ev)
	in.l.swap(&in.write, ev)
	in.then(func() { in.l.swapped(ev) })
}

func (l *login) mayMove(ev Moved) bool {
	kind, network := l.a.b.handles.kind, l.rec.Network
	return ev.Old != ev.New.Addr && ev.Old.Network == network && ev.New.Addr.Network == network &&
		kind(ev.Old) == kind(ev.New.Addr)
}

// swap has a contact take the place of another on the lists. What waits moves
// along.
func (l *login) swap(w *batch, ev Moved) {
	a := l.a
	to := ev.New
	to.Name = cleanName(to.Name)
	l.lose(ev.Old)
	if a.b.handles.kind(to.Addr) == Room {
		l.find(to)
	}
	if e := a.entry(ev.Old); e != nil {
		was, named := *e, a.isNamed(e)
		was.Groups = slices.Clone(e.Groups)
		e.Ring = RingDefault
		a.dropFrom(w, e, 0)
		l.inherit(w, to, was, named)
	}
	l.moveChat(w, ev.Old, to.Addr)
}

// isNamed tells whether the user calls a contact otherwise than the network does.
func (a *account) isNamed(e *Entry) bool {
	name := ""
	if l := a.logins[e.Addr.Network]; l != nil {
		name = l.people[e.Addr].name
	}
	return e.Name != e.Handle && e.Name != e.Spelling() && e.Name != name && !(name != "" && e.remarked(name))
}

// inherit gives a contact what another was. One that is on the list already stays as
// it is, but for what nobody has said of it: one that the bridge has put there makes
// way for the place and the name that the user has chosen.
func (l *login) inherit(w *batch, to Contact, was Entry, named bool) {
	a := l.a
	n := a.makeEntry(to.Addr, to.Name)
	elsewhere := len(was.Groups) > 0 && !slices.Equal(n.Groups, was.Groups)
	if n.On(FL) && n.Auto && was.On(FL) && (named || elsewhere) {
		a.dropFrom(w, n, n.Lists&^FL)
		n = a.makeEntry(to.Addr, to.Name)
	}
	n.Ring = cmp.Or(n.Ring, was.Ring)
	switch {
	case n.On(FL):
		if !was.Auto && was.On(FL) {
			a.choseHimself(w, n)
		}
		a.saveEntry(w, n)
	case !was.On(FL):
		n.Removed = n.Removed || was.Removed
		a.place(w, n, was.Lists, nil, false)
	default:
		n.Removed, n.Pending = false, NothingPending
		if named {
			n.Name = was.Name
		}
		l.inRoom(to.Addr)
		a.rename(w, n, to.Name)
		a.place(w, n, was.Lists, was.Groups, was.Auto)
	}
}

// moveChat moves what waits, but for what a window has got.
func (l *login) moveChat(w *batch, old, to Addr) {
	a := l.a
	from := a.chats[old]
	if from == nil || len(from.waiting) == 0 {
		return
	}
	c := a.chat(to)
	from.waiting = slices.DeleteFunc(from.waiting, func(m *waiting) bool {
		if m.flying {
			return false
		}
		m.Message.Chat = to
		if m.Message.From == old {
			m.Message.From = to
		}
		now := m.Message
		*w = append(*w, func(tx Tx) error { return tx.ReplaceWaiting(a.handle, m.Seq, now) })
		c.waiting = append(c.waiting, m)
		return true
	})
	slices.SortFunc(c.waiting, func(x, y *waiting) int { return cmp.Compare(x.Seq, y.Seq) })
	c.rang = false
	a.ringSoon = true
}

// swapped runs when the store has it that a contact has taken the place of another,
// and all that was said before: the old conversation is over.
func (l *login) swapped(ev Moved) {
	a := l.a
	var w batch
	a.leftRoom(ev.Old)
	l.moveChat(&w, ev.Old, ev.New.Addr)
	if c := a.chats[ev.Old]; c != nil {
		c.stopRinging()
		delete(a.chats, ev.Old)
		if c.via != "" {
			w = append(w, func(tx Tx) error { return tx.SaveVia(a.handle, ev.Old, "") })
		}
	}
	if c := a.chats[ev.New.Addr]; c != nil {
		c.shed()
		c.flush()
	}
	a.commit(w, nil)
	l.watchAll()
	if a.blocks(ev.New.Addr) {
		l.blockAll()
	}
}

// relocate is move for what an answer of the network has shown.
func (l *login) relocate(old Addr, to Contact) (done bool) {
	ev := Moved{old, to}
	if !l.mayMove(ev) {
		return false
	}
	var w batch
	l.swap(&w, ev)
	l.a.commit(w, func(err error) {
		if err == nil {
			l.swapped(ev)
		}
	})
	return true
}
