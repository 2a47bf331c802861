package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
)

// A departure is the removal of a login, or of an account with all of its logins.
// First they end, then their networks forget them, and only then they go from the
// store: if the process dies in between, they are there and can be removed again.
type departure struct {
	logins []*login
	others []chan struct{} // removals of other logins that are under way
	over   chan struct{}   // closed when it is over
	mine   bool            // false: somebody else is at it
	begun  bool            // something has been told to end
}

// mostTries bounds how often a removal begins anew, because somebody else was at it,
// or the account was loaded anew.
const mostTries = 5

// errAnew is the failure of a removal whose login is another one by now.
var errAnew = errors.New("begun anew")

// RemoveLogin ends a login and removes it, with its contacts, from the account, and
// has the network forget it. It goes on if ctx ends meanwhile. ErrNotFound;
// ErrLeftBehind if it is removed, but not all that it has on the network.
func (b *Bridge) RemoveLogin(ctx context.Context, handle, network string) error {
	err := b.depart(ctx, handle,
		func(a *account) departure { return a.departLogin(network) },
		func(a *account, d departure, done func(error)) { a.dropLogin(network, d, done) })
	var left *leftBehindError
	switch {
	case errors.As(err, &left):
		left.what = "login"
	case err != nil:
		err = fmt.Errorf("login of %s on %s: %w", handle, network, err)
	}
	return err
}

// RemoveAccount removes an account with all that is its own, its logins as
// RemoveLogin does. ErrNotFound, ErrLeftBehind.
func (b *Bridge) RemoveAccount(ctx context.Context, handle string) error {
	err := b.depart(ctx, handle, (*account).departAll,
		func(a *account, _ departure, done func(error)) { a.delete(done) })
	var left *leftBehindError
	if errors.As(err, &left) {
		left.what = "account"
	}
	return err
}

// depart carries out a removal: begin and end run in the turn.
func (b *Bridge) depart(ctx context.Context, handle string,
	begin func(*account) departure, end func(*account, departure, func(error))) error {
	for range mostTries {
		d, err := on(ctx, b, handle, begin)
		if err != nil {
			return err
		}
		if !d.mine {
			if err := waitOver(ctx, d.over); err != nil {
				return err
			}
			continue
		}
		if err = b.finish(ctx, handle, d, end); !errors.Is(err, errAnew) {
			return err
		}
	}
	return ErrStore
}

func waitOver(ctx context.Context, over ...chan struct{}) error {
	for _, o := range over {
		select {
		case <-o:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// finish is what follows once all has been told to end.
func (b *Bridge) finish(ctx context.Context, handle string, d departure, end func(*account, departure, func(error))) error {
	ctx, cancel := b.removing(ctx)
	defer cancel()
	defer close(d.over)
	err := waitOver(ctx, d.others...)
	var left []string
	if err == nil {
		left, err = b.takeBack(ctx, d.logins)
	}
	var missing atomic.Bool // in the store too
	if err == nil {
		err = b.change(ctx, handle, func(a *account, done func(error)) {
			end(a, d, func(err error) { missing.Store(errors.Is(err, ErrNotFound)); done(err) })
		})
	}
	if err != nil && d.begun && !missing.Load() {
		b.stays(handle)
	}
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return &leftBehindError{left: left}
	}
	return nil
}

// stays has an account come back that has left memory because it, or a login of it,
// could not be removed.
func (b *Bridge) stays(handle string) {
	handle = foldASCII(handle)
	if !b.exists(handle) {
		b.setKnown(handle, true)
	}
	if b.loaded(handle) == nil {
		b.revive(handle, nil)
	}
}

// departLogin has a login end that is to be removed. One on a network that is no
// longer configured is in the store only.
func (a *account) departLogin(network string) departure {
	l := a.logins[network]
	switch {
	case a.over != nil:
		return departure{over: a.over}
	case l == nil:
		return departure{over: make(chan struct{}), mine: true}
	case l.over != nil:
		return departure{over: l.over}
	}
	l.over = make(chan struct{})
	l.stop()
	return departure{logins: []*login{l}, over: l.over, mine: true, begun: true}
}

// departAll has an account's session and logins end. From here on nobody can sign in.
func (a *account) departAll() departure {
	if a.over != nil {
		return departure{over: a.over}
	}
	a.over = make(chan struct{})
	d := departure{over: a.over, mine: true, begun: true}
	a.b.setKnown(a.handle, false)
	a.endSession(AccountGone)
	for _, l := range a.logins {
		if l.over != nil {
			d.others = append(d.others, l.over)
			continue
		}
		l.over = a.over
		l.stop()
		d.logins = append(d.logins, l)
	}
	return d
}

// dropLogin takes a login that has ended and its contacts off the lists, in one
// transaction; who is blocked stays so. In the place of one's own comes one that is
// lent, if somebody is signed in.
func (a *account) dropLogin(network string, d departure, done func(error)) {
	l := a.logins[network]
	if l != nil && !slices.Contains(d.logins, l) {
		done(errAnew)
		return
	}
	delete(a.logins, network)
	var missing error
	w := batch{unless(&missing, ErrNotFound, func(tx Tx) error { return tx.DeleteLogin(a.handle, network) })}
	for _, e := range slices.Clone(a.entries) {
		if e.Addr.Network == network {
			a.dropEntry(&w, e)
		}
	}
	a.dropChats(network)
	a.publish()
	dropped := func(err error) { done(cmp.Or(err, missing)) }
	if next := a.lentAfter(l); next != nil {
		rec := next.rec
		a.install(next, append(w, func(tx Tx) error { return tx.AddLogin(rec) }), dropped)
		return
	}
	a.commit(w, dropped)
}

// delete has the account, whose logins have ended, removed from the store.
func (a *account) delete(done func(error)) {
	if a.over == nil {
		done(errAnew)
		return
	}
	a.logins = nil
	var missing error
	deleted := unless(&missing, ErrNotFound, func(tx Tx) error { return tx.DeleteAccount(a.handle) })
	a.commit(batch{deleted}, func(err error) {
		if err == nil {
			a.removed()
		}
		done(cmp.Or(err, missing))
	})
}
