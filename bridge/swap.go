package bridge

import (
	"context"
	"errors"
	"slices"
)

// errLent is the failure of adding a login where there is one that was lent.
var errLent = errors.New("there is a login that was lent")

// putLogin stores a login. One that was lent makes way; what it leaves behind on the network is logged.
func (b *Bridge) putLogin(ctx context.Context, handle string, n Network, rec LoginRecord, state map[string][]byte, asked bool) error {
	err := b.change(ctx, handle, func(a *account, done func(error)) { a.addLogin(n, rec, state, asked, done) })
	if !errors.Is(err, errLent) {
		return err
	}
	err = b.depart(ctx, handle,
		func(a *account) departure { return a.departIf(rec.Network, func(l *login) bool { return l.lent }) },
		func(a *account, d departure, done func(error)) { a.swapLogin(n, rec, state, asked, d, done) })
	if errors.Is(err, ErrLeftBehind) {
		return nil
	}
	return err
}

// swapLogin puts a login in the place of a lent one that has ended, in one transaction. The people on
// the lists, and what they have said, stay; rooms are those of another identity.
func (a *account) swapLogin(n Network, rec LoginRecord, state map[string][]byte, asked bool, d departure, done func(error)) {
	old := a.logins[rec.Network]
	switch {
	case a.over != nil:
		done(ErrNotFound)
	case old != nil && slices.Contains(d.logins, old):
		rec.Account = a.handle
		l := newLogin(a, n, rec)
		l.asked = asked
		l.replace(old, state, func(err error) {
			if err == nil {
				a.say("Your own login on " + n.Title() + " takes the place of the ghost that was lent to you. The people on your list stay; the ghost has left its rooms.")
			}
			done(err)
		})
	case old != nil && old.lent:
		done(errAnew)
	default:
		a.addLogin(n, rec, state, asked, done)
	}
}

// replace stores a login in the place of one that has ended, unless the account is being removed.
func (l *login) replace(old *login, state map[string][]byte, done func(error)) {
	a, network := l.a, l.rec.Network
	switch {
	case a.over != nil:
		done(ErrNotFound)
		return
	case a.gone || a.logins[network] != old:
		done(errAnew)
		return
	case old.coming > 0: // what it has brought last is still being stored
		a.commit(batch{func(Tx) error { return nil }}, func(err error) {
			if err != nil {
				done(err)
				return
			}
			l.replace(old, state, done)
		})
		return
	}
	rec := l.rec
	w := batch{func(tx Tx) error { return tx.ReplaceLogin(rec) }, keepState(rec, state)}
	a.uproot(&w, network)
	a.install(l, w, done)
}

// install makes a login the account's, and starts it when w is written, which stores it.
func (a *account) install(l *login, w batch, done func(error)) {
	network := l.rec.Network
	if a.logins == nil {
		a.logins = map[string]*login{}
	}
	a.logins[network] = l
	for addr, c := range a.chats {
		if addr.Network == network {
			c.login.Store(l)
		}
	}
	a.commit(w, func(err error) {
		if err == nil && a.logins[network] == l {
			l.stored = true
			a.startLogins()
		}
		done(err)
	})
}

// uproot takes the rooms of a network off the lists, but for the block list, with their
// conversations, and forgets where on the network people have said what they have said.
func (a *account) uproot(w *batch, network string) {
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
		for _, m := range c.waiting {
			m.Message.ID, m.Message.Via = "", ""
		}
		if c.room {
			a.closeRoom(w, addr)
		}
	}
	a.publish()
}
