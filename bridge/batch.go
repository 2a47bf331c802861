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
	alias := a.b.handles.isAlias(e.Handle) && e.Lists&^RL != 0
	if alias {
		a.b.handles.keep(e.Handle, e.Addr)
	}
	*w = append(*w, func(tx Tx) error {
		if alias {
			if err := tx.SaveAlias(c.Handle, c.Addr); err != nil {
				return err
			}
		}
		return tx.SaveEntry(a.handle, &c)
	})
	if c := a.chats[e.Addr]; c != nil {
		c.spell(e)
	}
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
	a.b.update(w.write, func(err error) {
		if err != nil || done != nil {
			a.turn.settle(func() { a.committed(err, done) })
		}
	})
}

// write writes all of it, or fails.
func (w batch) write(tx Tx) error {
	for _, f := range w {
		if err := f(tx); err != nil {
			return err
		}
	}
	return nil
}

// update has the store run f. Run waits until done, which must not wait, has
// returned.
func (b *Bridge) update(f func(Tx) error, done func(error)) {
	b.turns.Add(1)
	b.store.Update(f, func(err error) {
		defer b.turns.Done()
		done(err)
	})
}

// unless runs f, but an error that the caller reckons with is put into got and
// fails nothing.
func unless(got *error, want error, f func(Tx) error) func(Tx) error {
	return func(tx Tx) error {
		err := f(tx)
		if errors.Is(err, want) {
			*got, err = err, nil
		}
		return err
	}
}

func (a *account) committed(err error, done func(error)) {
	if err != nil {
		a.fail(err)
		err = ErrStore
	}
	if done != nil {
		done(err)
	}
}
