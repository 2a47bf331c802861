package bridge

import (
	"context"
	"fmt"
)

// A loading is an account being read from the store.
type loading struct {
	done    chan struct{}
	a       *account
	err     error
	reverse []reverseState // told meanwhile; guarded by Bridge.mu
}

// loaded returns an account that is in memory, or nil.
func (b *Bridge) loaded(handle string) *account {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.accounts[handle]
}

func (b *Bridge) exists(handle string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	_, ok := b.known[handle]
	return ok
}

// on runs f in the turn of an account, which is loaded if need be, and returns
// what f has returned; ErrNotFound. It is never called in a turn.
func on[T any](ctx context.Context, b *Bridge, handle string, f func(*account) T) (T, error) {
	for {
		a, err := b.load(ctx, foldASCII(handle))
		if err != nil {
			var none T
			return none, err
		}
		var v T
		if live, _ := ask(a, func() bool { return a.run(func() { v = f(a) }) }); live {
			return v, nil
		}
	}
}

// run runs f unless the account has been unloaded since that was posted.
func (a *account) run(f func()) bool {
	if !a.gone {
		f()
	}
	return !a.gone
}

// load returns the account, read from the store if need be; ErrNotFound. It
// waits and so is never called in a turn.
func (b *Bridge) load(ctx context.Context, handle string) (*account, error) {
	a, l, mine, err := b.find(handle)
	if a != nil || err != nil {
		return a, err
	}
	if mine {
		l.a, l.err = b.read(ctx, handle)
		b.settle(handle, l)
		return l.a, l.err
	}
	select {
	case <-l.done:
		return l.a, l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// find returns an account that is in memory, or how it is being loaded, which is
// left to the caller if mine is true.
func (b *Bridge) find(handle string) (a *account, l *loading, mine bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return nil, nil, false, ErrClosed
	}
	if a := b.accounts[handle]; a != nil {
		return a, nil, false, nil
	}
	if _, ok := b.known[handle]; !ok {
		return nil, nil, false, ErrNotFound
	}
	if l = b.loading[handle]; l == nil {
		l, mine = &loading{done: make(chan struct{})}, true
		b.loading[handle] = l
	}
	return nil, l, mine, nil
}

func (b *Bridge) read(ctx context.Context, handle string) (*account, error) {
	r, err := b.store.Account(ctx, handle)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", handle, err)
	}
	a := newAccount(b, r)
	a.takeMessages(r)
	a.takeReverse(r.Reverse)
	if len(r.Logins) > 0 {
		a.takeLogins(r.Logins)
	}
	return a, nil
}

// settle makes an account that has been read known to others.
func (b *Bridge) settle(handle string, l *loading) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer close(l.done)
	delete(b.loading, handle)
	if b.stopped && l.err == nil {
		l.a, l.err = nil, ErrClosed
	}
	if l.err != nil {
		return
	}
	b.accounts[handle] = l.a
	l.a.turn.postNow(l.a.wakeUp)
	for _, r := range l.reverse {
		l.a.turn.markReverse(r)
	}
}

// wakeUp is the first function of an account's turn.
func (a *account) wakeUp() {
	w := a.late
	a.late, a.awake = nil, true
	a.commit(w, nil)
	a.startLogins()
}

// tellReverse says to the account named handle, if it is in memory, that another
// has put it on its forward list, or has taken it off. Others find out when they
// are loaded.
func (b *Bridge) tellReverse(handle string, r reverseState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if a := b.accounts[handle]; a != nil {
		a.turn.markReverse(r)
	} else if l := b.loading[handle]; l != nil {
		l.reverse = append(l.reverse, r)
	}
}
