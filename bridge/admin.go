package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
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
	var w batch
	for _, n := range as {
		w = append(w, b.creation(n))
	}
	if err := b.store.Do(ctx, w.write); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range as {
		b.known[n.Handle] = struct{}{}
	}
	return nil
}

// creation makes an account in the store.
func (b *Bridge) creation(n NewAccount) func(Tx) error {
	service := b.handles.service()
	return func(tx Tx) error {
		if err := tx.CreateAccount(AccountInfo{n.Handle, n.Name}, n.Password); err != nil {
			return fmt.Errorf("account %s: %w", n.Handle, err)
		}
		if err := tx.SaveSettings(n.Handle, Settings{Name: n.Name, AskAboutAdders: true}); err != nil {
			return err
		}
		return tx.SaveEntry(n.Handle, &Entry{Handle: service.ID, Addr: service, Name: serviceTitle, Lists: FL | AL | RL})
	}
}

// checkNew puts an account that is to be made into its usual form.
func (b *Bridge) checkNew(n *NewAccount) error {
	addr, err := b.handles.parse(n.Handle)
	switch {
	case errors.Is(err, ErrMalformed):
		return fmt.Errorf("account %q: %w: a handle looks like name@%s, with letters, digits and . _ - + in its name",
			n.Handle, ErrMalformed, b.handles.first)
	case addr.Network == Service || strings.HasPrefix(addr.ID, serviceName+"@"):
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

// SetPassword changes the password; a session that is signed in stays. ErrNotFound.
func (b *Bridge) SetPassword(ctx context.Context, handle string, s Secret) error {
	if s == "" {
		return fmt.Errorf("%w: the password is empty", ErrInvalid)
	}
	return b.change(ctx, handle, func(a *account, done func(error)) {
		a.password = s
		a.commit(batch{func(tx Tx) error { return tx.SetPassword(a.handle, s) }}, done)
	})
}

// change runs f in an account's turn and waits until it calls done.
func (b *Bridge) change(ctx context.Context, handle string, f func(a *account, done func(error))) error {
	outcome := make(chan error, 1)
	_, err := on(ctx, b, handle, func(a *account) bool {
		f(a, func(err error) { outcome <- err })
		return true
	})
	if err != nil {
		return err
	}
	select {
	case err := <-outcome:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// removed runs when the store has forgotten the account.
func (a *account) removed() {
	for _, e := range a.entries {
		if e.Addr.Network == Local && e.On(FL) {
			a.b.tellReverse(e.Handle, reverseState{handle: a.handle})
		}
	}
	a.b.forget(a)
	for _, w := range a.b.all() { // somebody may have added the account a moment ago, and it does not know
		w.turn.markChanged(a)
	}
}

func (b *Bridge) setKnown(handle string, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if known {
		b.known[handle] = struct{}{}
	} else {
		delete(b.known, handle)
	}
}

func waitEnded(ctx context.Context, ls []*login) error {
	for _, l := range ls {
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

// Account is one account; ErrNotFound.
func (b *Bridge) Account(ctx context.Context, handle string) (AccountInfo, error) {
	name, err := on(ctx, b, handle, func(a *account) string { return a.name() })
	return AccountInfo{Handle: foldASCII(handle), Name: name}, err
}
