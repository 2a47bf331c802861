package msn

import (
	"maps"
	"net"
	"net/netip"
	"sync"
	"time"

	"msnbridge/msn/incoming"
)

// Limits bound what clients may take. Zero means the default, a negative number
// no limit. IPv6 addresses count by their first 64 bits.
type Limits struct {
	Connections int // from one address at a time; 256

	// Failed sign-ins from one address within SignInPeriod; 50. Those for one
	// account from one address; 10. Beyond it that address is told to try later,
	// which locks nobody out elsewhere. A successful sign-in forgets those for its
	// account.
	SignIns, AccountSignIns int
	SignInPeriod            time.Duration // 10 minutes

	// LoopbackToo applies the limits above to loopback addresses as well.
	LoopbackToo bool

	Queue int // bytes of output that may wait for one client; 1 MiB

	// CAL and XFR of one session: so many at once, then so many a second; 60 and 2.
	CallBurst, CallRate int
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		v *int
		n int
	}{
		{&l.Connections, 256}, {&l.SignIns, 50}, {&l.AccountSignIns, 10},
		{&l.Queue, 1 << 20}, {&l.CallBurst, 60}, {&l.CallRate, 2},
	} {
		if *d.v == 0 {
			*d.v = d.n
		} else if *d.v < 0 {
			*d.v = 1<<31 - 1
		}
	}
	if l.SignInPeriod <= 0 {
		l.SignInPeriod = 10 * time.Minute
	}
	return l
}

// maxTallies bounds the table of failed sign-ins. When it is full the oldest
// periods go first: an attacker with that many addresses cannot use the table to
// shut others out.
const maxTallies = 1 << 16

// A limiter counts connections and failed sign-ins.
type limiter struct {
	conf Limits

	mu     sync.Mutex // guards the rest
	conns  map[netip.Addr]int
	failed map[failure]tally
}

// A failure is who failed to sign in from where; by an empty account all from
// that address.
type failure struct {
	from    netip.Addr
	account string
}

type tally struct {
	n     int
	until time.Time
}

// key is what an address counts as; false if it is exempt.
func (l *limiter) key(a net.Addr) (netip.Addr, bool) {
	owner, local := incoming.Owner(a)
	if local && !l.conf.LoopbackToo {
		return netip.Addr{}, false
	}
	return owner, owner.IsValid()
}

// connect counts a connection, unless there are too many.
func (l *limiter) connect(a net.Addr) bool {
	k, ok := l.key(a)
	if !ok {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns[k] >= l.conf.Connections {
		return false
	}
	if l.conns == nil {
		l.conns = map[netip.Addr]int{}
	}
	l.conns[k]++
	return true
}

func (l *limiter) disconnect(a net.Addr) {
	k, ok := l.key(a)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conns[k]--; l.conns[k] <= 0 {
		delete(l.conns, k)
	}
}

// maySignIn tells whether another attempt from a for account would be allowed.
func (l *limiter) maySignIn(a net.Addr, account string) bool {
	k, ok := l.key(a)
	if !ok {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.allowed(k, account, time.Now())
}

func (l *limiter) allowed(k netip.Addr, account string, now time.Time) bool {
	return l.count(failure{k, ""}, now) < l.conf.SignIns &&
		l.count(failure{k, account}, now) < l.conf.AccountSignIns
}

// try begins an attempt from a for account, unless it is not allowed. Until it is
// known how it ends, by one of the three methods below, it counts against the account
// as failed: many at the same time get no further than one after the other.
func (l *limiter) try(a net.Addr, account string) bool {
	k, ok := l.key(a)
	if !ok {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if !l.allowed(k, account, now) {
		return false
	}
	l.add(failure{k, account}, now)
	return true
}

func (l *limiter) count(f failure, now time.Time) int {
	t := l.failed[f]
	if now.After(t.until) {
		return 0
	}
	return t.n
}

// signInFailed ends an attempt that has failed, or counts a failure before there
// was one.
func (l *limiter) signInFailed(a net.Addr) {
	if k, ok := l.key(a); ok {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.add(failure{k, ""}, time.Now())
	}
}

// signInVoid ends an attempt of which it cannot be told whether it was right.
func (l *limiter) signInVoid(a net.Addr, account string) {
	k, ok := l.key(a)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	f := failure{k, account}
	t := l.failed[f]
	if t.n--; t.n <= 0 {
		delete(l.failed, f)
		return
	}
	l.failed[f] = t
}

// add counts a failure; mu is held.
func (l *limiter) add(f failure, now time.Time) {
	l.makeRoom(now)
	t := l.failed[f]
	if now.After(t.until) {
		t = tally{until: now.Add(l.conf.SignInPeriod)}
	}
	t.n++
	l.failed[f] = t
}

// makeRoom keeps the table bounded.
func (l *limiter) makeRoom(now time.Time) {
	if l.failed == nil {
		l.failed = map[failure]tally{}
	}
	if len(l.failed) < maxTallies {
		return
	}
	for cut := now; len(l.failed) > maxTallies/2; cut = cut.Add(l.conf.SignInPeriod / 8) {
		maps.DeleteFunc(l.failed, func(_ failure, t tally) bool { return cut.After(t.until) })
	}
}

// signedIn ends an attempt that was right, and forgets the failures for account
// from a.
func (l *limiter) signedIn(a net.Addr, account string) {
	if k, ok := l.key(a); ok {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.failed, failure{k, account})
	}
}
