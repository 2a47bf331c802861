package bridge

import (
	"maps"
	"slices"
	"strings"
)

// Most groups an account has besides group 0, and the longest name of one, in
// bytes (doc/protocol, 06 section 1).
const (
	mostGroups    = 29
	mostGroupName = 128
)

// SetAllowedOnly and SetAskAboutAdders change a setting; ErrSame if it is so
// already (the version is then that of now).
func (s *Session) SetAllowedOnly(on bool, done func(version uint32, err error)) {
	s.a.set(&s.a.settings.AllowedOnly, on, done, func() {
		s.a.publish()
		s.a.tellWatchers()
		s.a.ringSoon = true
	})
}

// SetAskAboutAdders: see SetAllowedOnly.
func (s *Session) SetAskAboutAdders(on bool, done func(version uint32, err error)) {
	s.a.set(&s.a.settings.AskAboutAdders, on, done, nil)
}

func (a *account) set(what *bool, on bool, done func(uint32, error), after func()) {
	if *what == on {
		done(a.version, ErrSame)
		return
	}
	*what = on
	a.keepSettings(done, after)
}

// keepSettings keeps the settings as they are now.
func (a *account) keepSettings(done func(uint32, error), after func()) {
	var w batch
	version := a.raise(&w)
	a.saveSettings(&w)
	a.commit(w, func(err error) {
		done(version, err)
		if err == nil && after != nil {
			after()
		}
	})
}

// SetProperty sets one of the account's properties; empty removes it.
func (s *Session) SetProperty(key, value string, done func(version uint32, err error)) {
	a := s.a
	p := maps.Clone(a.settings.Properties)
	if p == nil {
		p = map[string]string{}
	}
	if p[key] = value; value == "" {
		delete(p, key)
	}
	a.settings.Properties = p
	a.keepSettings(done, func() {
		a.republish()
		a.tellWatchers()
	})
}

// group is the index of a group, or -1.
func (a *account) group(id int) int {
	return slices.IndexFunc(a.groups, func(g Group) bool { return g.ID == id })
}

func (a *account) groupNamed(name string) int {
	return slices.IndexFunc(a.groups, func(g Group) bool { return strings.EqualFold(g.Name, name) })
}

// AddGroup, RenameGroup and RemoveGroup change the groups. Members of a removed
// group that are in no other are in group 0. Errors: ErrGroup, ErrGroupZero,
// ErrGroupExists, ErrTooManyGroup, ErrNameTooLong, ErrStore.
func (s *Session) AddGroup(name string, done func(g Group, version uint32, err error)) {
	a := s.a
	name = cleanName(name)
	if err := a.mayName(name, -1); err != nil {
		done(Group{}, a.version, err)
		return
	}
	if len(a.groups) >= mostGroups {
		done(Group{}, a.version, ErrTooManyGroup)
		return
	}
	var w batch
	g := a.makeGroup(&w, name)
	version := a.version
	a.commit(w, func(err error) { done(g, version, err) })
}

// makeGroup makes a group with the lowest free ID.
func (a *account) makeGroup(w *batch, name string) Group {
	g := Group{1, name}
	for a.group(g.ID) >= 0 {
		g.ID++
	}
	a.groups = append(slices.Clone(a.groups), g)
	slices.SortFunc(a.groups, func(x, y Group) int { return x.ID - y.ID })
	a.raise(w)
	a.saveGroup(w, g)
	return g
}

func (a *account) saveGroup(w *batch, g Group) {
	*w = append(*w, func(tx Tx) error { return tx.SaveGroup(a.handle, g) })
}

func (a *account) mayName(name string, id int) error {
	i := a.groupNamed(name)
	switch {
	case name == "":
		return ErrInvalid
	case len(name) > mostGroupName:
		return ErrNameTooLong
	case i >= 0 && a.groups[i].ID != id:
		return ErrGroupExists
	}
	return nil
}

// RenameGroup: see AddGroup.
func (s *Session) RenameGroup(id int, name string, done func(version uint32, err error)) {
	a := s.a
	name = cleanName(name)
	i, err := a.group(id), a.mayName(name, id)
	switch {
	case id == 0:
		err = ErrGroupZero
	case i < 0:
		err = ErrGroup
	}
	if err != nil {
		done(a.version, err)
		return
	}
	a.groups = slices.Clone(a.groups)
	a.groups[i].Name = name
	var w batch
	version := a.raise(&w)
	a.saveGroup(&w, a.groups[i])
	a.commit(w, func(err error) { done(version, err) })
}

// RemoveGroup: see AddGroup.
func (s *Session) RemoveGroup(id int, done func(version uint32, err error)) {
	a := s.a
	i := a.group(id)
	switch {
	case id == 0:
		done(a.version, ErrGroupZero)
		return
	case i < 0:
		done(a.version, ErrGroup)
		return
	}
	a.groups = slices.Delete(slices.Clone(a.groups), i, i+1)
	var w batch
	version := a.raise(&w)
	for _, e := range a.entries {
		if e.On(FL) && e.inGroup(id) {
			e.leave(id)
			a.saveEntry(&w, e)
		}
	}
	w = append(w, func(tx Tx) error { return tx.DeleteGroup(a.handle, id) })
	a.commit(w, func(err error) { done(version, err) })
}
