package bridge

import "strings"

// contact puts a direct chat or a joined room on the lists, unless the user has
// taken it off or does not want it shown, and keeps its name up to date.
func (in *inbox) contact(ev ContactFound) {
	a, c := in.l.a, ev.Contact
	c.Name = cleanName(c.Name)
	room := a.b.handles.kind(c.Addr) == Room
	if room {
		in.l.find(c)
	}
	e := a.entry(c.Addr)
	switch {
	case (e == nil || !e.On(FL)) && in.takesPlace(c.Addr):
		return
	case room && ev.Chosen:
		in.l.entered(&in.write, c, "")
	case e != nil && e.On(FL) && e.Kind == Room && e.Auto && !in.l.choice().wants(c):
		a.hide(&in.write, e)
	case e != nil && e.On(FL):
		a.rename(&in.write, e, c.Name)
		return
	case e != nil && (e.Removed || e.On(BL)):
		in.unwanted(e)
		return
	case !in.l.show(&in.write, c):
		return
	}
	in.then(in.l.watchAll)
}

// unwanted leaves a room into which the network has put the login though the user
// has taken it off the list, or blocked it. It is not kept that this is still to be
// done: the network finds the room again after a reconnect, and there may be hundreds
// where RemoveContact leaves none.
func (in *inbox) unwanted(e *Entry) {
	if e.Kind != Room {
		return
	}
	in.then(func() {
		if e.Removed || e.On(BL) { // still
			in.l.alsoPending(e, PendingRemove)
		}
	})
}

// addFound puts an entry on FL, AL and RL, in a group; auto: by itself, and not
// because the user wants it.
func (a *account) addFound(w *batch, e *Entry, g int, auto bool) {
	var groups []int
	if g > 0 {
		groups = []int{g}
	}
	a.place(w, e, FL|AL|RL, groups, auto)
}

// place puts an entry, which is not on FL, on these lists and in these groups.
func (a *account) place(w *batch, e *Entry, lists List, groups []int, auto bool) {
	added := lists &^ e.Lists
	if e.On(BL) {
		added &^= AL
	}
	if e.On(AL) {
		added &^= BL
	}
	if added&FL != 0 {
		e.Groups = groups
		if e.Auto = auto; auto {
			a.auto++
		}
	}
	e.Lists |= added
	var changes []Change
	for _, l := range []List{AL, BL, RL, FL} {
		if added&l == 0 {
			continue
		}
		c := Change{List: l, Entry: e, Group: -1, Version: a.raise(w)}
		if l == FL && len(groups) > 0 {
			c.Group = groups[0]
		}
		changes = append(changes, c)
	}
	for _, g := range groups[min(1, len(groups)):] {
		changes = append(changes, Change{List: FL, Entry: e, Group: g, Version: a.raise(w)})
	}
	a.saveEntry(w, e)
	a.publish()
	for i, c := range changes {
		if c.List == FL && (i == 0 || changes[i-1].List != FL) {
			a.noteForward(&c)
		}
		a.emit(ListChanged{Change: c})
	}
}

// groupFor returns the group of that name, made if there is none and there may
// be; else group 0.
func (a *account) groupFor(w *batch, name string) int {
	name = groupTitle(name)
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

// groupTitle makes a name fit for a group.
func groupTitle(name string) string { return shorten(cleanName(name), 60) }

// rename keeps what the forward list calls a contact up to date with the
// network, unless the user calls it otherwise.
func (a *account) rename(w *batch, e *Entry, name string) {
	l := a.logins[e.Addr.Network]
	if name == "" || l == nil {
		return
	}
	p := l.people[e.Addr]
	if e.Name == e.Handle || e.Name == e.Spelling() || e.Name == p.name || e.remarked(name) {
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

// remarked tells whether an entry still bears the name of a room with a remark in
// brackets behind it: who has invited into it, or why one cannot be in it. Clients
// send it back when they add the room.
func (e *Entry) remarked(name string) bool {
	n := len(name)
	return e.Kind == Room && len(e.Name) > n && strings.EqualFold(e.Name[:n], name) && strings.HasPrefix(e.Name[n:], " (")
}

// invited answers an invitation from somebody the user has allowed, and shows
// any other on the reverse list. A room that the user has allowed comes back onto
// the forward list, also if it was taken off.
func (in *inbox) invited(ev Invited) {
	a, c := in.l.a, ev.Contact
	handle := a.b.handles.handle(c.Addr)
	e, by := a.byHandle[handle], a.entry(ev.By)
	switch {
	case by != nil && by.On(BL):
		in.dropped("invitation")
		return
	case e == nil && a.tooManyStrangers():
		in.dropped("invitation of a stranger")
		return
	case e == nil:
		e = a.makeEntry(c.Addr, cleanName(c.Name))
	}
	switch {
	case e.On(BL):
		in.dropped("invitation")
	case e.On(AL) || e.On(FL):
		if e.Pending == NothingPending || e.Pending == PendingRemove && e.Kind == Room {
			e.Pending = PendingAccept
		}
		e.Removed = e.Removed && e.Kind != Room
		in.l.pending(e)
		a.saveEntry(&in.write, e)
	case !e.On(RL):
		a.changeReverse(&in.write, e, true)
	}
}

func (in *inbox) invitationGone(who Addr) {
	a := in.l.a
	if e := a.entry(who); e != nil && e.On(RL) && e.Lists&(FL|AL) == 0 {
		a.changeReverse(&in.write, e, false)
	}
}
