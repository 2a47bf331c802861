package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Relend puts a login that is lent in the place of one of the account's own: the people on its lists
// stay. Nothing older than since, in Unix seconds, is delivered to it. ErrNotFound if there is no
// such account or the network lends none. ErrLeftBehind as with RemoveLogin.
func (b *Bridge) Relend(ctx context.Context, handle, network string, since int64) error {
	n, ok := b.handles.byName[network].(Lender)
	if !ok {
		return fmt.Errorf("a login lent on %s: %w", network, ErrNotFound)
	}
	keys, ok := n.Lend(foldASCII(handle))
	if !ok {
		return fmt.Errorf("a login lent to %s on %s: %w", handle, network, ErrNotFound)
	}
	if err := n.Check(keys, ""); err != nil {
		return fmt.Errorf("the login that the network lends: %w", err)
	}
	rec := LoginRecord{Network: network, Keys: keys, Since: since}
	err := b.depart(ctx, handle,
		func(a *account) departure { return a.departOwn(network) },
		func(a *account, d departure, done func(error)) { a.takeLent(n, rec, d, done) })
	var left *leftBehindError
	switch {
	case errors.As(err, &left):
		left.what = "login"
	case err != nil:
		err = fmt.Errorf("login lent to %s on %s: %w", handle, network, err)
	}
	return err
}

// departOwn has a login end that was not lent.
func (a *account) departOwn(network string) departure {
	if l := a.logins[network]; a.over != nil || l != nil && !l.lent {
		return a.departLogin(network)
	}
	return departure{over: make(chan struct{}), mine: true}
}

// takeLent puts a login that is lent in the place of one that has ended.
func (a *account) takeLent(n Network, rec LoginRecord, d departure, done func(error)) {
	switch old := a.logins[rec.Network]; {
	case old == nil:
		a.addLogin(n, rec, nil, false, done)
	case slices.Contains(d.logins, old):
		rec.Account = a.handle
		newLogin(a, n, rec).replace(old, nil, done)
	case old.lent:
		old.whenStored(done)
	default:
		done(errAnew)
	}
}
