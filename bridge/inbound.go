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
		return ctx.Err()
	case <-l.ctx.Done():
		return ErrClosed
	}
}

// An inbox is what one call of Emit brings, on its way through the store.
type inbox struct {
	l     *login
	write batch
	after []func() // in order, when the store has it
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
	for _, ev := range byActivity(evs) {
		in.event(ev)
	}
	if position != nil {
		l.rec.Position = position
		in.write = append(in.write, func(tx Tx) error {
			return tx.SavePosition(a.handle, l.rec.Network, position)
		})
	}
	a.commit(in.write, func(err error) {
		if err == nil {
			for _, f := range in.after {
				f()
			}
		}
		done(err)
	})
}

// byActivity puts contacts first, the most recently active in front: not all may
// fit. All else keeps its order.
func byActivity(evs []Event) []Event {
	activity := func(ev Event) int64 {
		if c, ok := ev.(ContactFound); ok {
			return c.Contact.Active + 1
		}
		return 0
	}
	if !slices.ContainsFunc(evs, func(ev Event) bool { return activity(ev) > 0 }) {
		return evs
	}
	evs = slices.Clone(evs)
	slices.SortStableFunc(evs, func(x, y Event) int { return cmp.Compare(activity(y), activity(x)) })
	return evs
}

func (in *inbox) event(ev Event) {
	switch ev := ev.(type) {
	case MessageReceived:
		in.message(ev.Message)
	case PresenceChanged:
		in.l.presence(ev)
	case ContactFound:
		in.contact(ev.Contact)
	case Invited:
		in.invited(ev.Contact)
	case InvitationGone:
		in.invitationGone(ev.Addr)
	case ReadElsewhere:
		in.then(func() { in.l.a.readElsewhere(ev) })
	case Remark:
		in.then(func() { in.l.a.remark(ev) })
	case Typing:
		in.then(func() { in.l.a.typing(ev) })
	default:
		in.l.log.Warn("event of a kind that no network emits", "event", ev)
	}
}

func (in *inbox) then(f func()) { in.after = append(in.after, f) }

// presence notes how present a person is.
func (l *login) presence(ev PresenceChanged) {
	name := cleanName(ev.Name)
	l.people[ev.Addr] = person{ev.Presence, first(name, l.people[ev.Addr].name)}
	if c := l.a.chats[ev.Addr]; c != nil {
		c.setName(name)
	}
	if e := l.a.entry(ev.Addr, Person); e != nil && e.On(FL) {
		l.a.tell(e)
	} else {
		delete(l.people, ev.Addr)
	}
}

// message takes one in, unless its sender is on the block list.
func (in *inbox) message(m Message) {
	a := in.l.a
	if m.Time.IsZero() || time.Until(m.Time) > 0 {
		m.Time = time.Now()
	}
	m.Name = cleanName(m.Name)
	if m.Own {
		in.then(func() { a.own(m) })
		return
	}
	e := a.entry(m.Chat, Person)
	if e != nil && e.On(BL) {
		a.b.dropped.add(in.l.log, "message")
		return
	}
	if a.settings.AllowedOnly && (e == nil || !e.On(AL)) {
		in.stranger(m)
	}
	in.keep(m)
}

// keep stores a message, once, and takes it when it is stored.
func (in *inbox) keep(m Message) {
	a, network := in.l.a, in.l.rec.Network
	seen := new(bool)
	seq := new(int64)
	in.write = append(in.write, func(tx Tx) (err error) {
		if m.ID != "" {
			if *seen, err = tx.Seen(a.handle, network, m.ID, time.Now()); *seen || err != nil {
				return err
			}
		}
		*seq, err = tx.AddWaiting(a.handle, m)
		return err
	})
	in.then(func() {
		if !*seen {
			a.take(WaitingMessage{*seq, m})
		}
	})
}

// stranger puts on the reverse list, once, who writes and has to be allowed.
func (in *inbox) stranger(m Message) {
	a := in.l.a
	e := a.makeEntry(m.Chat, Person, a.b.handles.handle(m.Chat, Person), m.Name)
	if !e.On(RL) {
		a.changeReverse(&in.write, e, true)
	}
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

// contact puts a direct chat or a joined room on the lists, unless the user has
// taken it off, and keeps its name up to date.
func (in *inbox) contact(c Contact) {
	a := in.l.a
	handle := a.b.handles.handle(c.Addr, c.Kind)
	name := cleanName(c.Name)
	e := a.byHandle[handle]
	if e != nil && e.On(FL) {
		a.rename(&in.write, e, name)
		return
	}
	if e != nil && (e.Removed || e.On(BL)) || a.auto >= mostAuto || a.count(FL) >= mostForward {
		return
	}
	if e == nil {
		e = a.makeEntry(c.Addr, c.Kind, handle, name)
	}
	a.rename(&in.write, e, name)
	a.addAuto(&in.write, e, in.l.net.Title())
	in.then(func() { in.l.watch(a.watched(in.l.rec.Network)) })
}

// addAuto puts an entry on FL, AL and RL, in the group named for its network.
func (a *account) addAuto(w *batch, e *Entry, group string) {
	g := a.groupFor(w, group)
	added := (FL | AL | RL) &^ e.Lists
	e.Auto = true
	a.auto++
	e.Groups = nil
	if g > 0 {
		e.Groups = []int{g}
	}
	e.Lists |= added
	var changes []Change
	for _, l := range []List{AL, RL, FL} {
		if added&l != 0 {
			c := Change{List: l, Entry: e, Group: -1, Version: a.raise(w)}
			if l == FL {
				c.Group = g
			}
			changes = append(changes, c)
		}
	}
	a.saveEntry(w, e)
	a.publish()
	for _, c := range changes {
		if c.List == FL {
			a.noteForward(&c)
		}
		a.emit(ListChanged{Change: c})
	}
}

// groupFor returns the group of that name, made if there is none and there may
// be; else group 0.
func (a *account) groupFor(w *batch, name string) int {
	name = shorten(cleanName(name), 60)
	if i := a.groupNamed(name); i >= 0 {
		return a.groups[i].ID
	}
	if name == "" || len(a.groups) >= mostGroups {
		return 0
	}
	g := a.makeGroup(w, name)
	a.emit(GroupAdded{g, a.version})
	return g.ID
}

// rename keeps what the forward list calls a contact up to date with the
// network, unless the user calls it otherwise.
func (a *account) rename(w *batch, e *Entry, name string) {
	l := a.logins[e.Addr.Network]
	if name == "" || l == nil {
		return
	}
	p := l.people[e.Addr]
	if e.Name == e.Handle || e.Name == e.Spelling() || e.Name == p.name {
		if e.Name != name {
			e.Name = name
			a.raise(w)
			a.saveEntry(w, e)
		}
	}
	p.name = name
	l.people[e.Addr] = p
	if c := a.chats[e.Addr]; c != nil {
		c.setName(name)
	}
	if e.On(FL) {
		a.tell(e)
	}
}

// invited answers an invitation from somebody the user has allowed, and shows
// any other on the reverse list.
func (in *inbox) invited(c Contact) {
	a := in.l.a
	e := a.makeEntry(c.Addr, c.Kind, a.b.handles.handle(c.Addr, c.Kind), cleanName(c.Name))
	switch {
	case e.On(BL):
		a.b.dropped.add(in.l.log, "invitation")
	case e.On(AL) || e.On(FL):
		if e.Pending == NothingPending {
			e.Pending = PendingAccept
		}
		in.l.pending(e.Addr, e.Pending)
		a.saveEntry(&in.write, e)
	case !e.On(RL):
		a.changeReverse(&in.write, e, true)
	}
}

func (in *inbox) invitationGone(who Addr) {
	a := in.l.a
	if e := a.entry(who, Person); e != nil && e.On(RL) && e.Lists&(FL|AL) == 0 {
		a.changeReverse(&in.write, e, false)
	}
}

// readElsewhere drops what the user has read or answered with another client.
func (a *account) readElsewhere(ev ReadElsewhere) {
	c := a.chats[ev.Chat]
	if c == nil {
		return
	}
	last := int64(-1)
	for _, m := range c.waiting {
		if ev.ID != "" && m.Message.ID == ev.ID {
			last = m.Seq
		}
	}
	c.drop(func(m *waiting) bool {
		if m.Message.Via != ev.Via || m.flying {
			return false
		}
		if last >= 0 {
			return m.Seq <= last
		}
		return !m.Message.Time.After(ev.Time)
	})
}

// own shows, in an open window, what the user has said from another client.
func (a *account) own(m Message) {
	if c := a.chats[m.Chat]; c != nil && c.window != nil {
		c.window.Show(m, false, func(error) {})
	}
}

func (a *account) remark(ev Remark) {
	if c := a.chats[ev.Chat]; c != nil && c.window != nil {
		c.window.Show(Message{Chat: ev.Chat, Text: ev.Text, Time: time.Now()}, false, func(error) {})
	}
}

func (a *account) typing(ev Typing) {
	e := a.entry(ev.Chat, Person)
	if c := a.chats[ev.Chat]; c != nil && c.window != nil && (e == nil || !e.On(BL)) {
		c.window.Typing(ev.From, c.Name())
	}
}

// allowedChanged does what follows when the user has allowed or blocked somebody.
func (a *account) allowedChanged(e *Entry) {
	a.ringSoon = true
	if c := a.chats[e.Addr]; c != nil && e.On(BL) {
		c.drop(func(m *waiting) bool { return !m.flying })
	}
}
