package bridge

import "slices"

// reverseChanged puts right who has this account on the forward list.
func (a *account) reverseChanged(r reverseState) {
	e := a.byHandle[r.handle]
	if (e != nil && e.On(RL)) == r.on || e.isElsewhere() {
		a.tellOne(r.handle)
		return
	}
	var w batch
	a.changeReverse(&w, a.knownAs(r.handle, r.name), r.on)
	a.commit(w, nil)
	a.tellOne(r.handle)
}

// isElsewhere tells whether an entry, or nil, stands for somebody on another network.
// Who has such an account here as well stays what they are on the lists.
func (e *Entry) isElsewhere() bool {
	return e != nil && e.Addr.Network != Local && e.Addr.Network != Service
}

// knownAs returns the entry of a local account, made if need be, that bears its
// name unless the user calls it otherwise.
func (a *account) knownAs(handle, name string) *Entry {
	e := a.makeEntry(Addr{Local, handle}, name)
	if e.Name == handle && name != "" {
		e.Name = name
	}
	return e
}

// changeReverse sets or clears RL of an entry and tells the session, at once:
// should the store fail, the session ends.
func (a *account) changeReverse(w *batch, e *Entry, on bool) {
	if on {
		a.setLists(w, e, e.Lists|RL)
	} else {
		a.setLists(w, e, e.Lists&^RL)
	}
}

// takeReverse puts right, while the account is being loaded, who has it on the
// forward list: that may have changed while it was not in memory.
func (a *account) takeReverse(adders []AccountInfo) {
	have := make(map[string]bool, len(adders))
	var w batch
	for _, r := range adders {
		have[r.Handle] = true
		if e := a.byHandle[r.Handle]; e == nil || !e.On(RL) && !e.isElsewhere() {
			a.changeReverse(&w, a.knownAs(r.Handle, r.Name), true)
		}
	}
	for _, e := range slices.Clone(a.entries) {
		if e.On(RL) && e.Addr.Network == Local && !have[e.Handle] {
			a.changeReverse(&w, e, false)
		}
	}
	a.late = w
}
