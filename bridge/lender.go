package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Lender is a Network that can be spoken to by an identity that the bridge makes: an account
// without a login of its own there is lent one (a Matrix ghost). Its methods ask nobody.
type Lender interface {
	Network

	// Lend names the keys of the login that an account is lent, which Check takes without a secret;
	// false if there can be none.
	Lend(account string) (keys map[string]string, ok bool)

	// Lent tells whether a login with these keys is one that was lent.
	Lent(keys map[string]string) bool
}

// A Namer is a Conn whose identity goes by the account's friendly name, because the bridge has made
// it. SetName is called after each Connect and after each change, with the last name if there are
// several within NamePause. One that it has not taken is told again, at longer and longer intervals.
type Namer interface {
	SetName(ctx context.Context, name string) error
}

// Lend lends an account a login on a network, unless it has been lent one already. Nothing older
// than since, in Unix seconds, is delivered to it. ErrNotFound if there is no such account or the
// network lends none, ErrExists if the account has a login of its own there.
func (b *Bridge) Lend(ctx context.Context, handle, network string, since int64) error {
	n, ok := b.handles.byName[network].(Lender)
	if !ok {
		return fmt.Errorf("a login lent on %s: %w", network, ErrNotFound)
	}
	err := ErrStore
	for range mostTries {
		err = b.change(ctx, handle, func(a *account, done func(error)) { a.lend(n, since, done) })
		leaving, ok := errors.AsType[*leavingError](err)
		if !ok {
			break
		}
		if err = waitOver(ctx, leaving.over); err != nil {
			break
		}
		err = ErrStore
	}
	if err != nil {
		return fmt.Errorf("login lent to %s on %s: %w", handle, network, err)
	}
	return nil
}

// A leavingError is the failure of lending where another login is just being removed or replaced.
type leavingError struct{ over chan struct{} }

func (*leavingError) Error() string { return "a login is just being removed" }

// lend runs in the turn; done is called once the login is stored.
func (a *account) lend(n Lender, since int64, done func(error)) {
	if l := a.logins[n.Name()]; l != nil && a.over == nil {
		switch {
		case l.over != nil:
			done(&leavingError{l.over})
		case l.lent:
			l.whenStored(done)
		default:
			done(ErrExists)
		}
		return
	}
	keys, ok := n.Lend(a.handle)
	if !ok {
		done(ErrNotFound)
		return
	}
	if err := n.Check(keys, ""); err != nil {
		done(fmt.Errorf("the login that the network lends: %w", err))
		return
	}
	a.addLogin(n, LoginRecord{Network: n.Name(), Keys: keys, Since: since}, nil, false, done)
}

// isLent tells whether the login of a record was lent.
func (b *Bridge) isLent(r LoginRecord) bool { return isLent(b.handles.byName[r.Network], r.Keys) }

func isLent(n Network, keys map[string]string) bool {
	lender, ok := n.(Lender)
	return ok && lender.Lent(keys)
}

// whenStored calls done when the store has the login.
func (l *login) whenStored(done func(error)) {
	if l.stored {
		done(nil)
		return
	}
	l.a.commit(batch{func(tx Tx) error { return tx.SaveLoginKeys(l.a.handle, l.rec.Network, l.rec.Keys) }}, done)
}

// borrow has the account, to which somebody is signed in, lent a login wherever it has none. It runs
// in the turn, and does not wait.
func (a *account) borrow() {
	for _, n := range a.b.handles.lenders {
		if a.logins[n.Name()] == nil {
			a.borrowFrom(n)
		}
	}
}

func (a *account) borrowFrom(n Lender) {
	a.lend(n, time.Now().Unix(), func(err error) {
		if err != nil && !errors.Is(err, ErrNotFound) {
			a.log().Warn("no login lent", "network", n.Name(), "err", err)
		}
	})
}

// reaches tells whether the account has a login on a network, which it is lent now if it can be.
func (a *account) reaches(network string) bool {
	if n, ok := a.b.handles.byName[network].(Lender); ok && a.logins[network] == nil {
		a.borrowFrom(n)
	}
	return a.logins[network] != nil
}

// nameLogins has those networks told the account's name that go by it.
func (a *account) nameLogins() {
	for _, l := range a.logins {
		l.setName(a.name())
	}
}
