package bridge

import (
	"context"
	"errors"
	"slices"
)

// errLent is the failure of adding a login where there is one that was lent.
var errLent = errors.New("there is a login that was lent")

// putLogin stores a login. One that was lent makes way.
func (b *Bridge) putLogin(ctx context.Context, handle string, n Network, rec LoginRecord, state map[string][]byte, asked bool) error {
	err := b.change(ctx, handle, func(a *account, done func(error)) { a.addLogin(n, rec, state, asked, done) })
	if !errors.Is(err, errLent) {
		return err
	}
	err = b.depart(ctx, handle,
		func(a *account) departure { return a.departLent(rec.Network) },
		func(a *account, d departure, done func(error)) { a.swapLogin(n, rec, state, asked, d, done) })
	if errors.Is(err, ErrLeftBehind) {
		b.log.Warn("a lent login has left something behind", "account", handle, "network", rec.Network, "err", err)
		return nil
	}
	return err
}

// departLent has a login that was lent end.
func (a *account) departLent(network string) departure {
	if l := a.logins[network]; a.over != nil || l != nil && l.isLent() {
		return a.departLogin(network)
	}
	return departure{over: make(chan struct{}), mine: true}
}

// swapLogin puts a login in the place of a lent one that has ended, in one transaction. The people on
// the lists, and what they have said, stay; rooms are those of another identity.
func (a *account) swapLogin(n Network, rec LoginRecord, state map[string][]byte, asked bool, d departure, done func(error)) {
	old := a.logins[rec.Network]
	switch {
	case old != nil && slices.Contains(d.logins, old):
		a.replaceLogin(n, rec, state, asked, done)
	case old != nil && old.isLent():
		done(errAnew)
	default:
		a.addLogin(n, rec, state, asked, done)
	}
}

// replaceLogin stores a login in the place of one that has ended.
func (a *account) replaceLogin(n Network, rec LoginRecord, state map[string][]byte, asked bool, done func(error)) {
	rec.Account = a.handle
	w := batch{func(tx Tx) error { return tx.ReplaceLogin(rec) }, keepState(rec, state)}
	a.leaveRooms(&w, rec.Network)
	l := newLogin(a, n, rec)
	l.asked = asked
	a.logins[rec.Network] = l
	a.publish()
	a.commit(w, func(err error) {
		if err == nil && a.logins[rec.Network] == l {
			a.startLogins()
		}
		done(err)
	})
}

// leaveRooms takes the rooms of a network off the lists, but for the block list, with their
// conversations, and forgets through which room people were last spoken to.
func (a *account) leaveRooms(w *batch, network string) {
	for _, e := range slices.Clone(a.entries) {
		if e.Addr.Network == network && e.Kind == Room {
			a.dropEntry(w, e)
		}
	}
	for addr, c := range a.chats {
		if addr.Network != network {
			continue
		}
		c.via, c.unsaid = "", nil
		if c.room {
			a.closed(addr)
		}
	}
}
