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

// Lend lends an account a login on a network, unless it has been lent one already, and waits until
// that is stored. Nothing older than since, in Unix seconds, is delivered to it. ErrNotFound if there
// is no such account or the network lends none, ErrExists if the account has a login of its own there.
func (b *Bridge) Lend(ctx context.Context, handle, network string, since int64) error {
	err := b.relend(ctx, handle, network, since, (*login).isStale)
	if errors.Is(err, ErrLeftBehind) {
		return nil
	}
	return err
}

// Relend is Lend where a login of the account's own makes way: the people on its lists stay.
// ErrNotFound, ErrLeftBehind as with RemoveLogin.
func (b *Bridge) Relend(ctx context.Context, handle, network string, since int64) error {
	return b.relend(ctx, handle, network, since, func(l *login) bool { return !l.lent || l.isStale() })
}

// lentTo is the login that a network lends an account; ErrNotFound if it lends none.
func lentTo(n Lender, handle string, since int64) (LoginRecord, error) {
	keys, ok := n.Lend(handle)
	if !ok {
		return LoginRecord{}, ErrNotFound
	}
	if err := n.Check(keys, ""); err != nil {
		return LoginRecord{}, fmt.Errorf("the login that the network lends: %w", err)
	}
	return LoginRecord{Account: handle, Network: n.Name(), Keys: keys, Since: since}, nil
}

// isLent tells whether the login of a record was lent.
func (b *Bridge) isLent(r LoginRecord) bool { return isLent(b.handles.byName[r.Network], r.Keys) }

func isLent(n Network, keys map[string]string) bool {
	lender, ok := n.(Lender)
	return ok && lender.Lent(keys)
}

// borrow has the account, to which somebody is signed in, lent a login wherever it has none. It runs
// in the turn, and does not wait.
func (a *account) borrow() {
	for _, n := range a.b.handles.lenders {
		switch l := a.logins[n.Name()]; {
		case l == nil:
			a.borrowFrom(n)
		case l.stale:
			a.renew(n)
		}
	}
}

func (a *account) borrowFrom(n Lender) {
	rec, err := lentTo(n, a.handle, time.Now().Unix())
	if err != nil {
		a.notLent(n, err)
		return
	}
	a.addLogin(n, rec, nil, false, func(err error) { a.notLent(n, err) })
}

// notLent has an operator know why the account was not lent a login, unless it was or there is none.
func (a *account) notLent(n Lender, err error) {
	if err != nil && !errors.Is(err, ErrNotFound) {
		a.log().Warn("no login lent", "network", n.Name(), "err", err)
	}
}

// lentAfter makes the login that the account is lent when it loses one of its own; nil if it is lent
// none, or nobody is signed in, so that none is needed now.
func (a *account) lentAfter(own *login) *login {
	if own == nil || own.lent || a.session == nil {
		return nil
	}
	n, ok := own.net.(Lender)
	if !ok {
		return nil
	}
	rec, err := lentTo(n, a.handle, time.Now().Unix())
	if err != nil {
		a.notLent(n, err)
		return nil
	}
	return newLogin(a, n, rec)
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
