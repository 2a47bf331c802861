package bridge

import (
	"context"
	"errors"
	"time"
)

// Accounts without session or login are unloaded when they have not been used
// for idleTime; unloadEvery is how often that is looked for.
const (
	idleTime    = 10 * time.Minute
	unloadEvery = time.Minute
)

func (b *Bridge) unloadIdle(ctx context.Context) {
	tick := time.NewTicker(unloadEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			b.unload(now.Add(-idleTime))
		}
	}
}

// unload takes accounts out of memory that have not been used since then.
func (b *Bridge) unload(then time.Time) {
	for _, a := range b.all() {
		if a.unusedSince(then) {
			a.turn.post(func() {
				if a.unusedSince(then) && !a.inUse() {
					b.forget(a)
				}
			})
		}
	}
}

// unusedSince tells whether nobody has been signed in since then. It may be
// called from any goroutine.
func (a *account) unusedSince(then time.Time) bool {
	left := a.left.Load()
	return left != 0 && left < then.UnixNano()
}

// inUse tells whether there is a reason to keep the account in memory.
func (a *account) inUse() bool {
	if a.session != nil || len(a.logins) > 0 || a.over != nil {
		return true
	}
	for _, c := range a.chats {
		if c.window != nil {
			return true
		}
	}
	return false
}

// forget takes an account out of memory. It is called in the account's turn.
func (b *Bridge) forget(a *account) {
	b.mu.Lock()
	if b.accounts[a.handle] == a {
		delete(b.accounts, a.handle)
	}
	b.mu.Unlock()
	a.gone = true
	a.turn.end()
	for _, l := range a.logins {
		l.stop()
	}
}

// fail ends an account whose store has failed: what memory says is not what is
// kept, so it is loaded anew, at the next sign-in or, if it has logins, soon.
func (a *account) fail(err error) {
	if a.gone {
		return
	}
	a.log().Error("store failed, account unloaded", "err", err)
	a.endSession(AccountGone)
	a.b.forget(a)
	if len(a.logins) > 0 {
		a.b.revive(a.handle, a.logins)
	}
}

// revive loads an account that has logins as soon as the store has it and its
// old logins have ended.
func (b *Bridge) revive(handle string, old map[string]*login) {
	b.spawn(func(ctx context.Context) {
		for _, l := range old {
			<-l.ended // forget has stopped it
		}
		for wait := firstWait; ; wait = min(2*wait, longestWait) {
			if !pause(ctx, wait) {
				return
			}
			_, err := b.load(ctx, handle)
			if err == nil || ctx.Err() != nil || errors.Is(err, ErrNotFound) {
				return
			}
			b.log.Warn("account not loaded", "account", handle, "err", err, "next", wait)
		}
	})
}

// pause waits; false if ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
