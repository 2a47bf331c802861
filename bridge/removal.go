package bridge

// Remove takes handle off a list, or only out of a group. Errors: ErrNotOnList,
// ErrGroup, ErrNotInGroup, ErrInvalid, ErrStore.
func (s *Session) Remove(l List, handle string, group int, done func(Change, error)) {
	e, err := s.a.mayRemove(l, handle, group)
	if err != nil {
		done(Change{}, err)
		return
	}
	s.a.remove(l, e, group, done)
}

func (a *account) mayRemove(l List, handle string, group int) (*Entry, error) {
	if l != FL && l != AL && l != BL {
		return nil, ErrInvalid
	}
	e := a.find(handle)
	switch {
	case e == nil || !e.On(l):
		return nil, ErrNotOnList
	case l != FL || group < 0:
		return e, nil
	case group > 0 && a.group(group) < 0:
		return nil, ErrGroup
	case !e.inGroup(group):
		return nil, ErrNotInGroup
	}
	return e, nil
}

// remove carries out a removal that is allowed. Out of its last group a contact
// falls into group 0, and out of group 0 it leaves the list.
func (a *account) remove(l List, e *Entry, group int, done func(Change, error)) {
	onlyGroup := l == FL && group >= 0 && !(e.leave(group) && group == 0)
	if !onlyGroup {
		e.Lists &^= l
	}
	if l == FL && !onlyGroup {
		a.offForward(e)
	}
	if l == AL && e.Pending == PendingAccept || l == BL && e.Pending == PendingDecline {
		e.Pending = NothingPending
	}
	var w batch
	version := a.raise(&w)
	a.saveEntry(&w, e)
	a.commit(w, func(err error) {
		done(Change{List: l, Entry: e, Group: group, Version: version}, err)
		if err == nil && !onlyGroup {
			a.listChanged(l, e, false)
		}
	})
}

// offForward does what belongs to taking an entry off the forward list.
func (a *account) offForward(e *Entry) {
	e.Groups, e.told = nil, told{}
	if e.Auto {
		e.Auto = false
		a.auto--
	}
	if e.Addr.Network == Local || e.Addr.Network == Service {
		return
	}
	e.Removed = true
	if l := a.logins[e.Addr.Network]; l != nil {
		e.Pending = PendingRemove
		l.forget(e.Addr)
	}
}
