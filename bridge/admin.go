package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// NewAccount is an account to be made.
type NewAccount struct {
	Handle, Name string
	Password     Secret
}

// AddAccounts makes accounts, all or none. The error names the one that is
// wrong: ErrMalformed, ErrExists, ErrInvalid (reserved, or in none of our domains).
func (b *Bridge) AddAccounts(ctx context.Context, as ...NewAccount) error {
	as = slices.Clone(as)
	for i := range as {
		if err := b.checkNew(&as[i]); err != nil {
			return err
		}
	}
	service := b.handles.service()
	err := b.store.Do(ctx, func(tx Tx) error {
		for _, n := range as {
			if err := tx.CreateAccount(AccountInfo{n.Handle, n.Name}, n.Password); err != nil {
				return fmt.Errorf("account %s: %w", n.Handle, err)
			}
			if err := tx.SaveSettings(n.Handle, Settings{Name: n.Name, AskAboutAdders: true}); err != nil {
				return err
			}
			e := &Entry{Handle: service.ID, Addr: service, Name: serviceTitle, Lists: FL | AL | RL}
			if err := tx.SaveEntry(n.Handle, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range as {
		b.known[n.Handle] = struct{}{}
	}
	return nil
}

// checkNew puts an account that is to be made into its usual form.
func (b *Bridge) checkNew(n *NewAccount) error {
	addr, _, err := b.handles.parse(n.Handle)
	switch {
	case errors.Is(err, ErrMalformed):
		return fmt.Errorf("account %q: %w: a handle looks like name@%s, with letters, digits and . _ - + in its name",
			n.Handle, ErrMalformed, b.handles.first)
	case addr.Network == Service:
		return fmt.Errorf("account %q: %w: the handle is reserved", n.Handle, ErrInvalid)
	case err != nil || addr.Network != Local:
		return fmt.Errorf("account %q: %w: its domain is not one of ours (%s)", n.Handle, ErrInvalid,
			strings.Join(slices.Sorted(maps.Keys(b.handles.own)), ", "))
	case n.Password == "":
		return fmt.Errorf("account %s: %w: the password is empty", n.Handle, ErrInvalid)
	case b.exists(addr.ID):
		return fmt.Errorf("account %s: %w", addr.ID, ErrExists)
	}
	n.Handle, n.Name = addr.ID, cleanName(n.Name)
	if n.Name == "" {
		n.Name, _, _ = strings.Cut(addr.ID, "@")
	}
	return nil
}

// SetPassword changes the password; a session that is signed in stays.
func (b *Bridge) SetPassword(ctx context.Context, handle string, s Secret) error {
	if s == "" {
		return fmt.Errorf("%w: the password is empty", ErrInvalid)
	}
	a, err := b.load(ctx, foldASCII(handle))
	if err != nil {
		return err
	}
	if err := b.store.Do(ctx, func(tx Tx) error { return tx.SetPassword(a.handle, s) }); err != nil {
		return err
	}
	ask(a, func() bool { a.password = s; return true })
	return nil
}

// RemoveAccount removes an account with all that is its own. It returns when its
// session and logins have ended.
func (b *Bridge) RemoveAccount(ctx context.Context, handle string) error {
	a, err := b.load(ctx, foldASCII(handle))
	if err != nil {
		return err
	}
	b.mu.Lock()
	delete(b.known, a.handle)
	b.mu.Unlock()
	err = b.store.Do(ctx, func(tx Tx) error { return tx.DeleteAccount(a.handle) })
	if err != nil {
		b.mu.Lock()
		b.known[a.handle] = struct{}{}
		b.mu.Unlock()
		return err
	}
	ls, _ := ask(a, a.removed)
	return waitEnded(ctx, ls)
}

// removed runs in the turn of an account that is no more.
func (a *account) removed() []*login {
	a.endSession(AccountGone)
	for _, e := range a.entries {
		if e.Addr.Network == Local && e.On(FL) {
			a.b.tellReverse(e.Handle, reverseState{handle: a.handle})
		}
	}
	ls := slices.Collect(maps.Values(a.logins))
	a.b.forget(a)
	return ls
}

func waitEnded(ctx context.Context, ls []*login) error {
	for _, l := range ls {
		if !l.started {
			continue
		}
		select {
		case <-l.ended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Accounts lists the accounts in handle order.
func (b *Bridge) Accounts(ctx context.Context) ([]AccountInfo, error) {
	return b.store.AccountInfos(ctx)
}

// LoginStatus is a login and how it fares.
type LoginStatus struct {
	Account, Network string
	Keys             map[string]string
	Connected        bool
	Since            time.Time // of being connected or not
	Reason           string    // why not connected; in plain words
	Next             time.Time // of the next try; zero: none until the owner changes something
	Remark           string    // Conn.Status
}

// AddLogin checks and stores a login and, while Run runs, starts it. It does not
// wait for the network: see WaitLogin. ErrExists, ErrNotFound.
func (b *Bridge) AddLogin(ctx context.Context, account, network string, keys map[string]string, secret Secret) error {
	n := b.handles.byName[network]
	if n == nil {
		return fmt.Errorf("network %q: %w: networks are %s", network, ErrNotFound, strings.Join(b.networkNames(), ", "))
	}
	keys = maps.Clone(keys)
	if keys == nil {
		keys = map[string]string{}
	}
	if err := n.Check(keys, secret); err != nil {
		return err
	}
	a, err := b.load(ctx, foldASCII(account))
	if err != nil {
		return fmt.Errorf("account %s: %w", account, err)
	}
	rec := LoginRecord{Account: a.handle, Network: network, Keys: keys, Secret: secret, Since: time.Now().Unix()}
	if err := b.store.Do(ctx, func(tx Tx) error { return tx.AddLogin(rec) }); err != nil {
		return fmt.Errorf("login of %s on %s: %w", a.handle, network, err)
	}
	ask(a, func() bool {
		if a.logins == nil {
			a.logins = map[string]*login{}
		}
		a.logins[network] = newLogin(a, n, rec)
		a.startLogins()
		return true
	})
	return nil
}

// WaitLogin waits until the login is connected, or its first attempt has failed, or ctx ends,
// and returns how it fares.
func (b *Bridge) WaitLogin(ctx context.Context, account, network string) (LoginStatus, error) {
	l, err := b.login(ctx, account, network)
	if err != nil {
		return LoginStatus{}, err
	}
	select {
	case <-l.tried:
		return l.report(), nil
	case <-ctx.Done():
		return l.report(), ctx.Err()
	}
}

func (b *Bridge) login(ctx context.Context, account, network string) (*login, error) {
	a, err := b.load(ctx, foldASCII(account))
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", account, err)
	}
	l, _ := ask(a, func() *login { return a.logins[network] })
	if l == nil {
		return nil, fmt.Errorf("login of %s on %s: %w", account, network, ErrNotFound)
	}
	return l, nil
}

// RemoveLogin ends a login and removes it, with its contacts, from the account.
func (b *Bridge) RemoveLogin(ctx context.Context, account, network string) error {
	a, err := b.load(ctx, foldASCII(account))
	if err != nil {
		return fmt.Errorf("account %s: %w", account, err)
	}
	// What the login still brings is refused before the store forgets it.
	l, _ := ask(a, func() *login { return a.endLogin(network) })
	err = b.store.Do(ctx, func(tx Tx) error { return tx.DeleteLogin(a.handle, network) })
	if err != nil {
		return fmt.Errorf("login of %s on %s: %w", a.handle, network, err)
	}
	gone := make(chan error, 1)
	if !a.turn.post(func() { a.dropContacts(network, gone) }) {
		return fmt.Errorf("login of %s on %s: %w", a.handle, network, ErrClosed)
	}
	if l != nil {
		if err := waitEnded(ctx, []*login{l}); err != nil {
			return err
		}
	}
	select {
	case err := <-gone:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// endLogin takes a login off the account and begins to end it; nil if there is none.
func (a *account) endLogin(network string) *login {
	l := a.logins[network]
	delete(a.logins, network)
	if l != nil {
		l.stop()
	}
	return l
}

// dropContacts takes the contacts on a network off the lists; who is blocked
// stays so. gone gets the outcome.
func (a *account) dropContacts(network string, gone chan<- error) {
	var w batch
	for _, e := range slices.Clone(a.entries) {
		if e.Addr.Network == network {
			a.dropEntry(&w, e)
		}
	}
	for addr, c := range a.chats {
		if addr.Network == network {
			c.stopRinging()
			c.waiting = nil
			delete(a.chats, addr)
		}
	}
	a.publish()
	a.commit(w, func(err error) { gone <- err })
}

func (a *account) dropEntry(w *batch, e *Entry) {
	var changes []Change
	for _, l := range []List{FL, AL, RL} {
		if e.On(l) {
			changes = append(changes, Change{List: l, Entry: e, Group: -1, Version: a.raise(w)})
		}
	}
	if e.On(FL) {
		a.offForward(e)
	}
	e.Lists &= BL
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
		if account != "" && r.Account != account {
			continue
		}
		out = append(out, b.statusOf(r))
	}
	return out, nil
}

func (b *Bridge) statusOf(r LoginRecord) LoginStatus {
	s := LoginStatus{Account: r.Account, Network: r.Network, Keys: r.Keys, Reason: errNotRunning.Error()}
	if a := b.loaded(r.Account); a != nil {
		if l, _ := ask(a, func() *login { return a.logins[r.Network] }); l != nil && l.started {
			return l.report()
		}
	}
	return s
}

// isStopped tells whether Run is ending.
func (b *Bridge) isStopped() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.stopped
}
