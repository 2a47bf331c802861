// Package bridge is the neutral puppeting core: accounts with their lists and
// presence, logins to networks, conversations, and sessions of front ends. It
// knows no protocol: front ends call it through Session and Chat, networks
// implement Network and Conn, and a store implements Store.
package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Options configure a Bridge.
type Options struct {
	Domains    []string      // the service's own domains, lower case; the first names the service contact
	Log        *slog.Logger  // nil: nothing is logged
	RingTime   time.Duration // how long a Ring waits to be answered; 0: RingTime
	WordsPause time.Duration // between changes of a user's words that networks are told of; 0: WordsPause
	NamePause  time.Duration // the same of names; 0: NamePause
}

// A Bridge is the service: all accounts, and all networks they reach.
type Bridge struct {
	store    Store
	handles  *handles
	log      *slog.Logger
	ringTime time.Duration
	dropped  droppedCounter
	runners  runners

	admissions admissions
	wordsPause time.Duration
	namePause  time.Duration

	mu       sync.RWMutex        // guards the rest; held only to look
	known    map[string]struct{} // handles of all accounts
	accounts map[string]*account // those in memory
	loading  map[string]*loading
	running  context.Context // of Run; nil before
	stopped  bool            // Run is ending: no goroutine is started any more
	wg       sync.WaitGroup  // goroutines of logins and of long commands
	turns    sync.WaitGroup  // turns that run, and outcomes that the store owes them
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
	b := &Bridge{store: store, handles: hs, log: o.Log, ringTime: cmp.Or(o.RingTime, RingTime), wordsPause: cmp.Or(o.WordsPause, WordsPause),
		namePause: cmp.Or(o.NamePause, NamePause),
		known:     make(map[string]struct{}, len(names)), accounts: map[string]*account{}, loading: map[string]*loading{}}
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
	b.endTurns()
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
			b.log.Error("account not loaded, its logins wait", "account", l.Account, "err", err)
			b.revive(l.Account, nil)
		}
	}
	return nil
}

// isRunning tells whether goroutines can be started.
func (b *Bridge) isRunning() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.running != nil && !b.stopped
}

// isStopped tells whether Run is ending.
func (b *Bridge) isStopped() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.stopped
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

// endTurns closes all turns, and returns when what they have still to do is done
// and the store owes them no outcome.
func (b *Bridge) endTurns() {
	for _, a := range b.all() {
		a.turn.end()
	}
	b.turns.Wait()
}

// ParseHandle finds who a handle stands for. ErrMalformed if it is no canonical
// handle (case is folded, and ~23name counts as #name), ErrNoSuchUser if its
// domain leads to no network. A local address is returned whether or not there is such an account.
func (b *Bridge) ParseHandle(handle string) (Addr, error) { return b.handles.parse(handle) }

// Password returns the password of an account, for front ends whose sign-in
// needs it; ErrNotFound.
func (b *Bridge) Password(ctx context.Context, handle string) (Secret, error) {
	return on(ctx, b, handle, func(a *account) Secret { return a.password })
}

var errNotRunning = errors.New("the service is not running")
