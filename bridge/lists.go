package bridge

import (
	"slices"
	"strings"
)

// Most that the lists hold (doc/protocol, 06 section 1, and what servers of the
// time allowed). The bridge itself adds at most mostAuto contacts.
const (
	mostForward = 600
	mostAllow   = 1500
	mostBlock   = 1200
	mostAuto    = 150
	mostName    = 387 // bytes
)

var mostOn = map[List]int{FL: mostForward, AL: mostAllow, BL: mostBlock}

// Add puts handle on one of FL, AL and BL. group is a group ID for FL, or -1.
// Someone on FL already is only put into the group. Errors: ErrMalformed,
// ErrNoSuchUser, ErrAlreadyThere, ErrOpposite, ErrListFull, ErrGroup,
// ErrInvalid (RL), ErrNameTooLong, ErrStore. done is called when the store has it.
func (s *Session) Add(l List, handle, name string, group int, done func(Change, error)) {
	a := s.a
	addr, err := a.findContact(l, handle)
	if err == nil && len(name) > mostName {
		err = ErrNameTooLong
	}
	canon := ""
	if err == nil {
		canon = a.b.handles.handle(addr)
		err = a.mayAdd(l, a.byHandle[canon], group)
	}
	if err != nil {
		done(Change{}, err)
		return
	}
	e := a.makeEntry(addr, cleanName(name))
	if typed := foldASCII(handle); typed != canon {
		e.Shown = typed
	} else if l == FL && !e.On(FL) || e.Lists == 0 {
		e.Shown = ""
	}
	if l == FL && !e.On(FL) && name != "" {
		e.Name = cleanName(name)
	}
	a.add(l, e, group, done)
}

// findContact finds who is to be added, from what the store has.
func (a *account) findContact(l List, handle string) (Addr, error) {
	if l != FL && l != AL && l != BL {
		return Addr{}, ErrInvalid
	}
	addr, err := a.parse(handle)
	switch {
	case err != nil:
		return addr, err
	case addr.Network == Service:
		return addr, nil
	case addr == Addr{Local, a.handle}:
		return addr, ErrInvalid
	case addr.Network == Local && !a.b.exists(addr.ID):
		return addr, ErrNoSuchUser
	case addr.Network != Local && !a.reaches(addr.Network):
		return addr, ErrNoSuchUser
	}
	return addr, nil
}

// parse finds who a handle stands for: the account itself, those on the lists, and only
// then as for everybody.
func (a *account) parse(handle string) (Addr, error) {
	folded := foldASCII(handle)
	if folded == a.handle {
		return Addr{Local, folded}, nil
	}
	if e := a.find(handle); e != nil {
		return e.Addr, nil
	}
	addr, err := a.b.handles.parse(handle)
	if a.isNeighbour(folded, addr) {
		return Addr{Local, folded}, nil
	}
	return addr, err
}

// isNeighbour tells whether a handle that leads to another network, where this account
// has no login of its own, is that of another account here: then the two need no network.
func (a *account) isNeighbour(handle string, addr Addr) bool {
	if addr.Network == Local || addr.Network == Service || !a.b.exists(handle) {
		return false
	}
	l := a.logins[addr.Network]
	return l == nil || l.lent
}

func (a *account) mayAdd(l List, e *Entry, group int) error {
	if l == FL && group > 0 && a.group(group) < 0 {
		return ErrGroup
	}
	if e != nil && e.On(l) {
		if l == FL && group >= 0 && !e.inGroup(group) {
			return nil
		}
		return ErrAlreadyThere
	}
	if e != nil && (l == AL && e.On(BL) || l == BL && e.On(AL)) {
		return ErrOpposite
	}
	if a.count(l) >= mostOn[l] {
		return ErrListFull
	}
	return nil
}

func (a *account) count(l List) (n int) {
	for _, e := range a.entries {
		if e.On(l) {
			n++
		}
	}
	return n
}

func (e *Entry) inGroup(id int) bool {
	return slices.Contains(e.Groups, id) || id == 0 && len(e.Groups) == 0
}

// join puts a contact into a group. One that comes onto the list without a group
// is in group 0, and stays there when it joins another.
func (e *Entry) join(id int, fresh bool) {
	if len(e.Groups) == 0 && !fresh {
		e.Groups = []int{0}
	}
	if id > 0 || len(e.Groups) > 0 {
		e.Groups = append(e.Groups, id)
	}
	slices.Sort(e.Groups)
}

// leave takes a contact out of a group, and tells whether it was the last.
func (e *Entry) leave(id int) bool {
	e.Groups = slices.DeleteFunc(e.Groups, func(g int) bool { return g == id })
	return len(e.Groups) == 0
}

// add carries out an addition that is allowed.
func (a *account) add(l List, e *Entry, group int, done func(Change, error)) {
	fresh := !e.On(l)
	e.Lists |= l
	if l == FL {
		e.Removed = false
		if group >= 0 && (fresh || !e.inGroup(group)) {
			e.join(group, fresh)
		}
	}
	if fresh {
		a.askNetwork(l, e)
	}
	if fresh && l == FL {
		e.told.later = true
	}
	var w batch
	version, s := a.raise(&w), a.session
	a.saveEntry(&w, e)
	a.commit(w, func(err error) {
		e.told.later = e.told.later && l != FL
		if err != nil {
			done(Change{}, err)
			return
		}
		c := Change{List: l, Entry: e, Group: group, Version: version}
		if l == FL && fresh && a.session == s {
			a.noteForward(&c)
		}
		done(c, nil)
		if fresh {
			a.listChanged(l, e, true)
		}
	})
}

// noteForward notes how present a contact is that has just come onto the list.
func (a *account) noteForward(c *Change) {
	if a.revealed && c.Entry.On(FL) {
		c.Presence, c.Name = a.noteTold(c.Entry), c.Entry.told.name
	}
}

// askNetwork notes what the network has to be told of an addition by the user.
func (a *account) askNetwork(l List, e *Entry) {
	if a.logins[e.Addr.Network] == nil {
		return
	}
	switch {
	case l == FL:
		e.Pending = PendingAdd
	case !e.On(RL) || e.On(FL):
	case l == AL:
		e.Pending = PendingAccept
		e.Removed = e.Removed && e.Kind != Room
	case l == BL:
		e.Pending = PendingDecline
	}
}

// listChanged does what follows from a change that the store has.
func (a *account) listChanged(l List, e *Entry, added bool) {
	if l == AL || l == BL {
		a.publish()
		if e.Addr.Network == Local {
			a.tellOne(e.Handle)
		} else {
			a.tellIfForward(e)
		}
		a.allowedChanged(e)
	}
	if l == FL && e.Addr.Network == Local {
		a.b.tellReverse(e.Handle, reverseState{a.handle, a.name(), added})
	}
	if login := a.logins[e.Addr.Network]; login != nil {
		if l == BL {
			login.blockAll()
		}
		if l == FL {
			login.watchAll()
		}
		login.pending(e)
	}
}

func (a *account) tellIfForward(e *Entry) {
	if e.On(FL) {
		a.tell(e)
	}
}

// escapedHash stands for the # that a room's handle begins with, for clients that
// know no such handle.
const escapedHash = "~23"

// refusesHash tells whether the user has a client that knows no handle with a #:
// there is a room on the lists that was added without one. Rooms that the bridge
// adds are then called in that way too.
func (a *account) refusesHash() bool {
	return slices.ContainsFunc(a.entries, func(e *Entry) bool {
		return e.Lists != 0 && strings.HasPrefix(e.Shown, escapedHash)
	})
}

// find returns the entry of a handle as a client spells it, or nil.
func (a *account) find(handle string) *Entry {
	h := foldASCII(handle)
	if e := a.byHandle[h]; e != nil {
		return e
	}
	if rest, ok := strings.CutPrefix(h, escapedHash); ok {
		return a.byHandle["#"+rest]
	}
	return nil
}
