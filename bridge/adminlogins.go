package bridge

import (
	"context"
	"fmt"
	"maps"
	"time"
)

// AddLogin checks and stores a login and, while Run runs, starts it. It does not
// wait for the network: see WaitLogin. A login that its network has rejected is
// linked anew: it has other keys and another secret then, and is tried again, and
// all that is kept of it stays. One that was lent makes way: it ends and the network
// forgets it; people stay on the lists, rooms do not. ErrExists, ErrNotFound,
// ErrInvalid.
func (b *Bridge) AddLogin(ctx context.Context, handle, network string, keys map[string]string, secret Secret) error {
	return b.link(ctx, handle, network, keys, secret, false)
}

// link is AddLogin. asked: whoever calls it tells the owner how the first attempt
// ends.
func (b *Bridge) link(ctx context.Context, handle, network string, keys map[string]string, secret Secret, asked bool) error {
	n := b.handles.byName[network]
	if n == nil {
		return fmt.Errorf("network %q: %w. %s", network, ErrNotFound, b.networkList())
	}
	keys = maps.Clone(keys)
	if keys == nil {
		keys = map[string]string{}
	}
	if err := n.Check(keys, secret); err != nil {
		return err
	}
	if isLent(n, keys) {
		return fmt.Errorf("%w: such a login is lent by the service itself", ErrInvalid)
	}
	rec := LoginRecord{Network: network, Keys: keys, Secret: secret, Since: time.Now().Unix()}
	if err := b.putLogin(ctx, handle, n, rec, nil, asked); err != nil {
		return fmt.Errorf("login of %s on %s: %w", handle, network, err)
	}
	return nil
}

// addLogin runs in the turn. state is what the network finds kept of the login.
func (a *account) addLogin(n Network, rec LoginRecord, state map[string][]byte, asked bool, done func(error)) {
	rec.Account = a.handle
	if a.over != nil {
		done(ErrNotFound)
		return
	}
	if l := a.logins[rec.Network]; l != nil && l.lent {
		done(errLent)
		return
	} else if l != nil {
		a.relink(l, rec, state, asked, done)
		return
	}
	l := newLogin(a, n, rec)
	l.asked = asked
	a.install(l, batch{func(tx Tx) error { return tx.AddLogin(rec) }, keepState(rec, state)}, done)
}

// WaitLogin waits until the login is connected, or its first attempt has failed or waits
// for the owner to do something, or ctx ends, and returns how it fares.
func (b *Bridge) WaitLogin(ctx context.Context, handle, network string) (LoginStatus, error) {
	l, err := on(ctx, b, handle, func(a *account) *login { return a.logins[network] })
	if err == nil && l == nil {
		err = ErrNotFound
	}
	if err != nil {
		return LoginStatus{}, fmt.Errorf("login of %s on %s: %w", handle, network, err)
	}
	select {
	case <-l.firstTry():
		return l.report(), nil
	case <-ctx.Done():
		return l.report(), ctx.Err()
	}
}

// dropChats forgets the conversations of a network, but for those with a window:
// the login may come back.
func (a *account) dropChats(network string) {
	for addr, c := range a.chats {
		if addr.Network != network {
			continue
		}
		c.stopRinging()
		c.waiting, c.via = nil, ""
		if c.window == nil {
			delete(a.chats, addr)
		}
	}
}

// dropEntry takes an entry off all lists but BL, and forgets the rest of it.
func (a *account) dropEntry(w *batch, e *Entry) { a.dropFrom(w, e, BL) }

// dropFrom is dropEntry with other lists that the entry stays on.
func (a *account) dropFrom(w *batch, e *Entry, stay List) {
	var changes []Change
	for _, l := range []List{FL, AL, BL, RL} {
		if e.On(l) && stay&l == 0 {
			changes = append(changes, Change{List: l, Entry: e, Group: -1, Version: a.raise(w)})
		}
	}
	if e.On(FL) {
		a.offForward(e)
	}
	e.Lists &= stay
	e.Removed, e.Pending = false, NothingPending
	a.saveEntry(w, e)
	for _, c := range changes {
		a.emit(ListChanged{c, true})
	}
}

// Logins lists an account's logins, or all for an empty handle.
func (b *Bridge) Logins(ctx context.Context, account string) ([]LoginStatus, error) {
	recs, err := b.store.Logins(ctx)
	if err != nil {
		return nil, err
	}
	account = foldASCII(account)
	if account != "" && !b.exists(account) {
		return nil, fmt.Errorf("account %s: %w", account, ErrNotFound)
	}
	var out []LoginStatus
	for _, r := range recs {
		if account == "" || r.Account == account {
			out = append(out, b.statusOf(r))
		}
	}
	return out, nil
}

func (b *Bridge) statusOf(r LoginRecord) LoginStatus {
	s := LoginStatus{Account: r.Account, Network: r.Network, Keys: r.Keys, Lent: b.isLent(r), Reason: b.whyNot(r.Network)}
	a := b.loaded(r.Account)
	if a == nil {
		return s
	}
	l, _ := ask(a, func() *login {
		if l := a.logins[r.Network]; l != nil && l.started {
			return l
		}
		return nil
	})
	if l == nil {
		return s
	}
	return l.report()
}

// whyNot says why a login does not run that nobody has tried to connect.
func (b *Bridge) whyNot(network string) string {
	if b.handles.byName[network] == nil {
		return "the network is not configured"
	}
	return errNotRunning.Error()
}
