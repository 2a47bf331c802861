package bridge

import (
	"errors"
	"slices"
)

// A batch is what one change of an account writes, in one transaction.
type batch []func(Tx) error

// saveEntry keeps an entry as it is now, and forgets it if it says nothing.
func (a *account) saveEntry(w *batch, e *Entry) {
	c := *e
	c.Groups = slices.Clone(e.Groups)
	alias := a.b.handles.isAlias(e.Handle)
	*w = append(*w, func(tx Tx) error {
		if alias && c.Lists != 0 {
			if err := tx.SaveAlias(c.Handle, c.Addr); err != nil {
				return err
			}
		}
		return tx.SaveEntry(a.handle, &c)
	})
	a.tidy(e)
}

func (a *account) saveSettings(w *batch) {
	s := a.settings
	*w = append(*w, func(tx Tx) error { return tx.SaveSettings(a.handle, s) })
}

// raise raises the list version, once for each change that a client may be told.
func (a *account) raise(w *batch) uint32 {
	a.version++
	v := a.version
	*w = append(*w, func(tx Tx) error { return tx.SaveVersion(a.handle, v) })
	return v
}

// commit writes w. done, which may be nil, is called in the turn when the store
// has it, or with ErrStore: the account is then unloaded.
func (a *account) commit(w batch, done func(error)) {
	if len(w) == 0 {
		if done != nil {
			done(nil)
		}
		return
	}
	write := func(tx Tx) error {
		for _, f := range w {
			if err := f(tx); err != nil {
				return err
			}
		}
		return nil
	}
	a.b.store.Update(write, func(err error) {
		if err == nil && done == nil {
			return
		}
		a.turn.postNow(func() { a.committed(err, done) })
	})
}

func (a *account) committed(err error, done func(error)) {
	if err != nil {
		if !errors.Is(err, ErrNotFound) || a.b.exists(a.handle) { // else it has just been removed
			a.fail(err)
		}
		err = ErrStore
	}
	if done != nil {
		done(err)
	}
}
