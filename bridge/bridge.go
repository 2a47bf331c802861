// Package bridge is the neutral puppeting core: accounts with their lists and
// presence, logins to networks, conversations, and sessions of front ends. It
// knows no protocol: front ends call it through Session and Chat, networks
// implement Network and Conn, and a store implements Store.
package bridge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Options configure a Bridge.
type Options struct {
	Domains  []string      // the service's own domains, lower case; the first names the service contact
	Log      *slog.Logger  // nil: nothing is logged
	RingTime time.Duration // how long a Ring waits to be answered; 0: RingTime
}

// A Bridge is the service: all accounts, and all networks they reach.
type Bridge struct {
	store    Store
	handles  *handles
	log      *slog.Logger
	ringTime time.Duration
	dropped  droppedCounter

	mu       sync.RWMutex        // guards the rest; held only to look
	known    map[string]struct{} // handles of all accounts
	accounts map[string]*account // those in memory
	loading  map[string]*loading
	running  context.Context // of Run; nil before
	stopped  bool            // Run is ending: no goroutine is started any more
	wg       sync.WaitGroup  // goroutines of logins and of long commands
}

// New prepares a bridge. Nothing connects before Run. It reads from the store
// which accounts there are, and fails if two networks, or a network and the
// service, claim one domain.
func New(ctx context.Context, store Store, networks []Network, o Options) (*Bridge, error) {
	aliases, err := store.Aliases(ctx)
	if err != nil {
		return nil, fmt.Errorf("read aliases: %w", err)
	}
	hs, err := newHandles(o.Domains, networks, aliases)
	if err != nil {
		return nil, err
	}
	names, err := store.Handles(ctx)
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	b := &Bridge{store: store, handles: hs, log: o.Log, ringTime: o.RingTime, known: make(map[string]struct{}, len(names)),
		accounts: map[string]*account{}, loading: map[string]*loading{}}
	if b.ringTime == 0 {
		b.ringTime = RingTime
	}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	for _, n := range names {
		b.known[n] = struct{}{}
	}
	return b, nil
}

// Run connects all logins and keeps them connected until ctx ends. It returns
// when all goroutines of the bridge have ended. Sessions still signed in get
// Ended with ShuttingDown first.
func (b *Bridge) Run(ctx context.Context) error {
	b.mu.Lock()
	b.running = ctx
	b.mu.Unlock()
	err := b.startLogins(ctx)
	if err == nil {
		b.unloadIdle(ctx)
	}
	b.mu.Lock()
	b.stopped = true
	b.mu.Unlock()
	b.endSessions()
	b.wg.Wait()
	b.waitTurns()
	return err
}

// startLogins loads every account that has a login; that starts them.
func (b *Bridge) startLogins(ctx context.Context) error {
	ls, err := b.store.Logins(ctx)
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("read logins: %w", err)
	}
	last := ""
	for _, l := range ls {
		if l.Account == last || ctx.Err() != nil {
			continue
		}
		last = l.Account
		a, err := b.load(ctx, l.Account)
		if err == nil {
			a.turn.post(a.startLogins)
		} else if ctx.Err() == nil {
			b.log.Error("account not loaded, its logins stay off", "account", l.Account, "err", err)
		}
	}
	return nil
}

// spawn runs f in a goroutine that Run waits for; false when Run is ending or
// has not begun.
func (b *Bridge) spawn(f func(ctx context.Context)) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running == nil || b.stopped {
		return false
	}
	ctx := b.running
	b.wg.Add(1)
	go func() {
		defer b.wg.Done()
		f(ctx)
	}()
	return true
}

func (b *Bridge) all() []*account {
	b.mu.RLock()
	defer b.mu.RUnlock()
	as := make([]*account, 0, len(b.accounts))
	for _, a := range b.accounts {
		as = append(as, a)
	}
	return as
}

// endSessions ends all sessions and returns when they have been told.
func (b *Bridge) endSessions() {
	var wg sync.WaitGroup
	for _, a := range b.all() {
		wg.Add(1)
		if !a.turn.post(func() { a.endSession(ShuttingDown); wg.Done() }) {
			wg.Done()
		}
	}
	wg.Wait()
}

// waitTurns returns when no turn has a goroutine any more: all that could start
// one has ended.
func (b *Bridge) waitTurns() {
	for _, a := range b.all() {
		for !a.turn.idle() {
			done := make(chan struct{})
			if !a.turn.postNow(func() { close(done) }) {
				break
			}
			<-done
		}
	}
}

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
			for _, a := range b.all() {
				a.turn.post(func() {
					if a.session == nil && len(a.logins) == 0 && now.Sub(a.used) > idleTime {
						b.forget(a)
					}
				})
			}
		}
	}
}

// forget takes an account out of memory. It is called in the account's turn.
func (b *Bridge) forget(a *account) {
	b.mu.Lock()
	if b.accounts[a.handle] == a {
		delete(b.accounts, a.handle)
	}
	b.mu.Unlock()
	a.turn.end()
	for _, l := range a.logins {
		l.stop()
	}
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

// A loading is an account being read from the store.
type loading struct {
	done    chan struct{}
	a       *account
	err     error
	reverse []reverseState // told meanwhile; guarded by Bridge.mu
}

// load returns the account, read from the store if need be; ErrNotFound. It
// waits and so is never called in a turn.
func (b *Bridge) load(ctx context.Context, handle string) (*account, error) {
	b.mu.Lock()
	if a := b.accounts[handle]; a != nil {
		b.mu.Unlock()
		return a, nil
	}
	if _, ok := b.known[handle]; !ok {
		b.mu.Unlock()
		return nil, ErrNotFound
	}
	l := b.loading[handle]
	mine := l == nil
	if mine {
		l = &loading{done: make(chan struct{})}
		b.loading[handle] = l
	}
	b.mu.Unlock()
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

func (b *Bridge) settle(handle string, l *loading) {
	b.mu.Lock()
	delete(b.loading, handle)
	if l.err == nil {
		b.accounts[handle] = l.a
	}
	b.mu.Unlock()
	close(l.done)
	if l.err != nil {
		return
	}
	l.a.turn.postNow(l.a.wakeUp)
	for _, r := range l.reverse {
		l.a.turn.markReverse(r)
	}
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

// ParseHandle finds who a handle stands for. ErrMalformed if it is no canonical
// handle (case is folded, and ~23name counts as #name), ErrNoSuchUser if its
// domain leads to no network. A local address is returned whether or not there is such an account.
func (b *Bridge) ParseHandle(handle string) (Addr, Kind, error) { return b.handles.parse(handle) }

// Password returns the password of an account, for front ends whose sign-in
// needs it; ErrNotFound.
func (b *Bridge) Password(ctx context.Context, handle string) (Secret, error) {
	a, err := b.load(ctx, foldASCII(handle))
	if err != nil {
		return "", err
	}
	p, ok := ask(a, func() Secret { return a.password })
	if !ok {
		return "", ErrNotFound
	}
	return p, nil
}

// ask runs f in an account's turn and waits for what it returns; false if the
// account has been unloaded. It is never called in a turn.
func ask[T any](a *account, f func() T) (T, bool) {
	got := make(chan T, 1)
	if !a.turn.post(func() { got <- f() }) {
		var none T
		return none, false
	}
	return <-got, true
}

var errNotRunning = errors.New("the service is not running")
