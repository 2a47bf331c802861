package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// relend lends an account a login, in the place of one that yields if there is one; ErrExists if
// there is another that was not lent.
func (b *Bridge) relend(ctx context.Context, handle, network string, since int64, yields func(*login) bool) error {
	n, ok := b.handles.byName[network].(Lender)
	if !ok {
		return fmt.Errorf("a login lent on %s: %w", network, ErrNotFound)
	}
	rec, err := lentTo(n, foldASCII(handle), since)
	if err == nil {
		err = b.depart(ctx, handle,
			func(a *account) departure { return a.departIf(network, yields) },
			func(a *account, d departure, done func(error)) { a.takeLent(n, rec, d, yields, done) })
	}
	var left *leftBehindError
	switch {
	case errors.As(err, &left):
		left.what = "login"
	case err != nil:
		err = fmt.Errorf("login lent to %s on %s: %w", handle, network, err)
	}
	return err
}

// departIf has a login end that yields, and waits for one that is leaving already, unless the whole
// account is.
func (a *account) departIf(network string, yields func(*login) bool) departure {
	if l := a.logins[network]; a.over == nil && l != nil && (l.over != nil || yields(l)) {
		return a.departLogin(network)
	}
	return departure{over: make(chan struct{}), mine: true}
}

// takeLent puts a login that is lent in the place of one that has ended.
func (a *account) takeLent(n Network, rec LoginRecord, d departure, yields func(*login) bool, done func(error)) {
	switch old := a.logins[rec.Network]; {
	case a.over != nil:
		done(ErrNotFound)
	case old == nil:
		a.addLogin(n, rec, nil, false, done)
	case slices.Contains(d.logins, old):
		newLogin(a, n, rec).replace(old, nil, done)
	case old.over != nil || yields(old):
		done(errAnew)
	case old.lent:
		old.whenStored(done)
	default:
		done(ErrExists)
	}
}

// whenStored calls done when the store has the login.
func (l *login) whenStored(done func(error)) {
	if l.stored {
		done(nil)
		return
	}
	l.a.commit(batch{func(tx Tx) error { return tx.SaveLoginKeys(l.a.handle, l.rec.Network, l.rec.Keys) }}, done)
}

// isStale tells whether a login was lent that would be another one now: the configuration of its
// network has changed.
func (l *login) isStale() bool { return l.stale && l.over == nil }

// wouldDiffer tells whether a login was lent, and the account would be lent another one now.
func (l *login) wouldDiffer() bool {
	n, ok := l.net.(Lender)
	if !ok || !l.lent {
		return false
	}
	keys, ok := n.Lend(l.a.handle)
	return ok && !maps.Equal(keys, l.rec.Keys)
}

// renew has the account lent another login in the place of one that is stale.
func (a *account) renew(n Lender) {
	a.b.spawn(func(ctx context.Context) {
		if err := a.b.Lend(ctx, a.handle, n.Name(), time.Now().Unix()); !errors.Is(err, ErrExists) {
			a.notLent(n, err)
		}
	})
}
