package bridge

import (
	"context"
	"fmt"
)

// SetBlocked puts somebody of another network on an account's block list or takes them off it, as if
// the user had done so. ErrNotFound, ErrNoSuchUser without a login there, ErrInvalid for a room,
// ErrListFull.
func (b *Bridge) SetBlocked(ctx context.Context, handle string, who Addr, blocked bool) error {
	err := b.change(ctx, handle, func(a *account, done func(error)) { a.setBlocked(who, blocked, done) })
	if err != nil {
		return fmt.Errorf("block list of %s: %w", handle, err)
	}
	return nil
}

func (a *account) setBlocked(who Addr, blocked bool, done func(error)) {
	switch {
	case !a.reaches(who.Network):
		done(ErrNoSuchUser)
		return
	case a.b.handles.kind(who) != Person:
		done(ErrInvalid)
		return
	case a.blocks(who) == blocked:
		done(nil)
		return
	case blocked && a.count(BL) >= mostBlock:
		done(ErrListFull)
		return
	}
	var w batch
	e := a.makeEntry(who, "")
	if blocked {
		a.askNetwork(BL, e)
	}
	a.block(&w, e, blocked)
	a.commit(w, func(err error) {
		if err == nil {
			a.listChanged(BL, e, blocked)
		}
		done(err)
	})
}

// block puts an entry on the block list or takes it off. Who is blocked is allowed no more, and a
// contact who is blocked no more is allowed, as MSN clients have it.
func (a *account) block(w *batch, e *Entry, blocked bool) {
	lists := e.Lists&^AL | BL
	if !blocked {
		lists = e.Lists &^ BL
		if e.On(FL) && a.count(AL) < mostAllow {
			lists |= AL
		}
		if e.Pending == PendingDecline {
			e.Pending = NothingPending
		}
	}
	a.setLists(w, e, lists)
}
