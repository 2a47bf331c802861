package bridge

// ignored has the block list follow what the user has done from another client: who
// is blocked is allowed no more, and a contact who is blocked no more is allowed, as
// MSN clients have it.
func (in *inbox) ignored(ev Ignored) {
	a := in.l.a
	if ev.Who.Network != in.l.rec.Network || a.b.handles.kind(ev.Who) != Person {
		in.l.log.Debug("passed over", "what", "block of nobody", "who", ev.Who.ID)
		return
	}
	switch {
	case a.blocks(ev.Who) == ev.Ignored:
		return
	case ev.Ignored && a.count(BL) >= mostBlock:
		in.l.log.Warn("the block list is full: somebody blocked elsewhere is not blocked here")
		return
	}
	e := a.makeEntry(ev.Who, "")
	a.block(&in.write, e, ev.Ignored)
	if in.blocks == nil {
		in.then(in.blocked)
	}
	in.blocks = append(in.blocks, e)
}

// blocked does, once for all of them, what follows from changes of the block list.
func (in *inbox) blocked() {
	a := in.l.a
	a.publish()
	for _, e := range in.blocks {
		a.tellIfForward(e)
		a.allowedChanged(e)
		in.l.pending(e)
	}
	in.l.blockAll()
}

// setLists puts an entry on these of AL, BL and RL, and on no others, and tells the
// session, at once: should the store fail, the session ends.
func (a *account) setLists(w *batch, e *Entry, lists List) {
	var changes []ListChanged
	for _, removed := range []bool{true, false} {
		for _, l := range []List{AL, BL, RL} {
			if e.On(l) != (lists&l != 0) && e.On(l) == removed {
				c := Change{List: l, Entry: e, Group: -1, Version: a.raise(w)}
				changes = append(changes, ListChanged{c, removed})
			}
		}
	}
	e.Lists = e.Lists&FL | lists&^FL
	a.saveEntry(w, e)
	for _, c := range changes {
		a.emit(c)
	}
}
