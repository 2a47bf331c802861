package bridge

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync"
	"time"
)

// A login that fails is tried again after firstWait, then after twice as long and
// so on up to longestWait, each time less up to half of it by chance. One that
// has held for steady starts again from firstWait.
const (
	firstWait   = time.Second
	longestWait = 30 * time.Second // where the network has no habit of its own
	steady      = time.Minute
)

// hideTime bounds what a network is told when a login ends.
const hideTime = 3 * time.Second

// A login keeps one account connected to one network. Its goroutine, run, is
// with the workers of its conversations the only caller of the Conn, and alone
// connects and closes.
type login struct {
	a      *account
	net    Network
	lent   bool // for want of one of the account's own
	log    *slog.Logger
	cancel context.CancelFunc
	ctx    context.Context // ended by stop
	ended  chan struct{}   // closed when run has returned, or will never be called

	// Owned by the account's turn.
	rec     LoginRecord
	people  map[Addr]person  // of those on the forward list
	found   map[Addr]Contact // rooms that the login is in, shown or not
	coming  int              // calls of emit that the store has not written yet
	worked  bool             // it has been connected
	started bool             // or stopped before
	stored  bool
	stale   bool          // it was lent, and would be another one now
	over    chan struct{} // it is being removed: closed when that is over; else nil

	wake chan struct{} // holds one: there is something in wants

	relinked chan struct{} // holds one: the login has been linked anew
	missed   bool          // of run: the log says last that it is not connected

	mu      sync.Mutex // guards the rest
	status  LoginStatus
	refused bool        // the network has rejected the login
	asked   bool        // somebody waits to tell the owner how the first attempt ends
	answer  LoginStatus // how it fared then
	awaited bool        // the owner had something to do before it connects
	said    sayLimit
	tried   chan struct{} // closed after the first attempt, or when the login ends; made anew by relink
	conn    Conn          // nil while not connected
	moved   chan struct{} // closed, and made anew, when conn changes
	wants   wants
	marks   readMarks
	boxes   map[Addr]*outbox
}

// A person is what a network has told of somebody.
type person struct {
	presence Presence
	name     string
}

func newLogin(a *account, n Network, rec LoginRecord) *login {
	ctx, cancel := context.WithCancel(context.Background())
	lent := isLent(n, rec.Keys)
	return &login{a: a, net: n, rec: rec, lent: lent, log: a.log().With("network", rec.Network),
		ctx: ctx, cancel: cancel, ended: make(chan struct{}), people: map[Addr]person{},
		wake: make(chan struct{}, 1), relinked: make(chan struct{}, 1), tried: make(chan struct{}), moved: make(chan struct{}),
		boxes: map[Addr]*outbox{},
		status: LoginStatus{Account: rec.Account, Network: rec.Network, Keys: rec.Keys, Lent: lent,
			Since: time.Now(), Reason: untried}}
}

// takeLogins makes the logins of an account that is being loaded.
func (a *account) takeLogins(recs []LoginRecord) {
	a.logins = map[string]*login{}
	for _, r := range recs {
		if n := a.b.handles.byName[r.Network]; n != nil {
			l := newLogin(a, n, r)
			l.stored, l.stale = true, l.wouldDiffer()
			a.logins[r.Network] = l
		} else {
			a.log().Warn("login on a network that is not configured stays off", "network", r.Network)
		}
	}
}

// startLogins starts those that do not run yet, if the bridge runs, and sends
// again what was under way when the service ended.
func (a *account) startLogins() {
	if !a.b.isRunning() {
		return
	}
	for _, l := range a.logins {
		l.start()
	}
	out := a.outgoing
	a.outgoing = nil
	a.resume(out)
}

func (l *login) start() {
	if l.started {
		return
	}
	l.started = l.a.b.spawn(func(ctx context.Context) {
		defer close(l.ended)
		defer l.giveUp()
		stop := context.AfterFunc(ctx, l.cancel)
		defer stop()
		l.run(l.ctx)
	})
}

// stop ends the login for good; it runs in the turn, and ended is closed when it
// has ended.
func (l *login) stop() {
	l.cancel()
	if !l.started {
		l.started = true
		close(l.ended)
	}
}

func (l *login) run(ctx context.Context) {
	wait := firstWait
	for {
		held, err := l.attempt(ctx)
		if ctx.Err() != nil {
			return
		}
		if rejected, ok := errors.AsType[*RejectedError](err); ok && !l.lent { // the owner of one that is lent cannot change it
			l.log.Warn("login rejected, not tried again until it is changed", "reason", rejected.Reason)
			l.tellRejected(ctx, rejected.Reason, l.reject(rejected.Reason))
			if !l.waitRelinked(ctx) {
				return
			}
			l.notRejected(ctx)
			wait = firstWait
			continue
		}
		if held > steady {
			wait = firstWait
		}
		longest := cmp.Or(l.net.Habits().LongestWait, longestWait)
		d := patienceFor(err, wait, longest)
		wait = min(2*wait, longest)
		level := loudness(err)
		l.missed = l.missed || level > slog.LevelDebug
		l.log.Log(ctx, level, "not connected", "reason", err, "next", d)
		l.down(reason(err), time.Now().Add(d))
		if !pause(ctx, d) {
			return
		}
	}
}

// patienceFor is how long to wait after a failure, where wait is the most, or
// longest if the network asks to be left alone. What it asks for it gets.
func patienceFor(err error, wait, longest time.Duration) time.Duration {
	if later, ok := errors.AsType[*LaterError](err); ok {
		return max(later.Wait, min(later.Wait+rand.N(wait), longest))
	}
	return wait/2 + rand.N(wait/2)
}

// loudness is the level at which a failure is logged.
func loudness(err error) slog.Level {
	if later, ok := errors.AsType[*LaterError](err); ok && later.Quiet {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

func reason(err error) string {
	if err == nil {
		return "the connection was closed"
	}
	return err.Error()
}

// attempt connects and serves the connection until it ends. It returns how long
// that has held.
func (l *login) attempt(ctx context.Context) (held time.Duration, err error) {
	rec, initial, ok := l.current()
	if !ok {
		return 0, ErrClosed
	}
	conn, err := l.net.Connect(ctx, Login{Account: rec.Account, Network: rec.Network,
		Keys: maps.Clone(rec.Keys), Secret: rec.Secret, Position: rec.Position, Since: rec.Since,
		Initial: initial, State: l.state(), Log: l.log, Say: l.say, Await: l.await}, l.emit)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	l.connected(conn)
	l.arrived()
	l.notRejected(ctx)
	l.a.turn.post(l.cameUp)
	l.serve(ctx, conn)
	l.disconnected()
	if ctx.Err() != nil {
		l.hide(conn)
	}
	conn.Close()
	<-conn.Done()
	l.a.turn.post(l.wentDown)
	return time.Since(began), conn.Err()
}

// hide shows the account as offline when its login is being ended.
func (l *login) hide(c Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), hideTime)
	defer cancel()
	if err := c.SetPresence(ctx, Presence{}); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		l.log.Debug("presence not taken back", "err", err)
	}
}

// current is the login as it is now, and the presence to begin with.
func (l *login) current() (rec LoginRecord, p Presence, ok bool) {
	type now struct {
		rec LoginRecord
		p   Presence
	}
	n, ok := ask(l.a, func() now { return now{l.rec, l.a.outward()} })
	return n.rec, n.p, ok
}

// state is what the network keeps, with a secret that is replaced told to the
// account as well.
func (l *login) state() LoginState {
	return loginState{l.a.b.store.State(l.rec.Account, l.rec.Network), l}
}

type loginState struct {
	LoginState
	l *login
}

func (s loginState) ReplaceSecret(ctx context.Context, secret Secret) error {
	if err := s.LoginState.ReplaceSecret(ctx, secret); err != nil {
		return err
	}
	ask(s.l.a, func() bool { s.l.rec.Secret = secret; return true })
	return nil
}
