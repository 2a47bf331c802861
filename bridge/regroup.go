package bridge

// Regroup puts a contact into one more group, and out of group 0, for front ends to
// which that is no group. Errors: ErrNotOnList, ErrGroup, ErrAlreadyThere, ErrStore.
func (s *Session) Regroup(handle string, group int, done func(Change, error)) {
	a := s.a
	e, err := a.mayRegroup(handle, group)
	if err != nil {
		done(Change{}, err)
		return
	}
	e.join(group, true)
	e.leave(0)
	var w batch
	version := a.raise(&w)
	a.saveEntry(&w, e)
	a.commit(w, func(err error) {
		done(Change{List: FL, Entry: e, Group: group, Version: version}, err)
	})
}

func (a *account) mayRegroup(handle string, group int) (*Entry, error) {
	e := a.find(handle)
	switch {
	case e == nil || !e.On(FL):
		return nil, ErrNotOnList
	case group <= 0 || a.group(group) < 0:
		return nil, ErrGroup
	case e.inGroup(group):
		return nil, ErrAlreadyThere
	}
	return e, nil
}
