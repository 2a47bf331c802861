package bridge

import (
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
	longestWait = 40 * time.Second
	steady      = time.Minute
)

// callTime bounds what a network is asked in the background, finishTime how much
// of that remains when the login ends, and hideTime what it is told then.
const (
	callTime   = 30 * time.Second
	finishTime = 2 * time.Second
	hideTime   = 3 * time.Second
)

// A login keeps one account connected to one network. Its goroutine, run, is
// with the workers of its conversations the only caller of the Conn, and alone
// connects and closes.
type login struct {
	a      *account
	net    Network
	log    *slog.Logger
	cancel context.CancelFunc
	ctx    context.Context // ended by stop
	ended  chan struct{}   // closed when run has returned

	// Owned by the account's turn.
	rec     LoginRecord
	people  map[Addr]person
	started bool

	wake chan struct{} // holds one: there is something in wants

	mu     sync.Mutex // guards the rest
	status LoginStatus
	tried  chan struct{} // closed after the first attempt
	conn   Conn          // nil while not connected
	moved  chan struct{} // closed, and made anew, when conn changes
	wants  wants
	boxes  map[Addr]*outbox
}

// A person is what a network has told of somebody.
type person struct {
	presence Presence
	name     string
}

// wants are what the network is to be told, bounded by the account's lists.
type wants struct {
	presence *Presence
	watch    []Addr
	newWatch bool
	pending  map[Addr]Pending
	block    map[Addr]bool
}

func newLogin(a *account, n Network, rec LoginRecord) *login {
	ctx, cancel := context.WithCancel(context.Background())
	return &login{a: a, net: n, rec: rec, log: a.log().With("network", rec.Network),
		ctx: ctx, cancel: cancel, ended: make(chan struct{}), people: map[Addr]person{},
		wake: make(chan struct{}, 1), tried: make(chan struct{}), moved: make(chan struct{}),
		boxes: map[Addr]*outbox{},
		status: LoginStatus{Account: rec.Account, Network: rec.Network, Keys: rec.Keys,
			Since: time.Now(), Reason: "not tried yet"}}
}

// takeLogins makes the logins of an account that is being loaded.
func (a *account) takeLogins(recs []LoginRecord) {
	a.logins = map[string]*login{}
	for _, r := range recs {
		if n := a.b.handles.byName[r.Network]; n != nil {
			a.logins[r.Network] = newLogin(a, n, r)
		} else {
			a.log().Warn("login on a network that is not configured stays off", "network", r.Network)
		}
	}
}

// startLogins starts those that do not run yet, if the bridge runs.
func (a *account) startLogins() {
	for _, l := range a.logins {
		l.start()
	}
}

func (l *login) start() {
	if l.started {
		return
	}
	l.started = l.a.b.spawn(func(ctx context.Context) {
		defer close(l.ended)
		stop := context.AfterFunc(ctx, l.cancel)
		defer stop()
		l.run(l.ctx)
	})
}

// stop ends the login; ended is closed when it has, if it was started.
func (l *login) stop() { l.cancel() }

func (l *login) run(ctx context.Context) {
	wait := firstWait
	for {
		began := time.Now()
		err := l.attempt(ctx)
		if ctx.Err() != nil {
			return
		}
		var rejected *RejectedError
		if errors.As(err, &rejected) {
			l.log.Warn("login rejected, not tried again until it is changed", "reason", rejected.Reason)
			l.down(rejected.Reason, time.Time{})
			<-ctx.Done()
			return
		}
		if time.Since(began) > steady {
			wait = firstWait
		}
		pause := wait/2 + rand.N(wait/2)
		wait = min(2*wait, longestWait)
		l.log.Info("not connected", "reason", err, "next", pause)
		l.down(reason(err), time.Now().Add(pause))
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

func reason(err error) string {
	if err == nil {
		return "the connection was closed"
	}
	return err.Error()
}

// attempt connects and serves the connection until it ends.
func (l *login) attempt(ctx context.Context) error {
	rec, initial, ok := l.current()
	if !ok {
		return ErrClosed
	}
	conn, err := l.net.Connect(ctx, Login{Account: rec.Account, Network: rec.Network,
		Keys: maps.Clone(rec.Keys), Secret: rec.Secret, Position: rec.Position, Since: rec.Since,
		Initial: initial, State: l.state(), Log: l.log}, l.emit)
	if err != nil {
		return err
	}
	l.connected(conn)
	l.a.turn.post(l.cameUp)
	l.serve(ctx, conn)
	l.disconnected()
	if ctx.Err() != nil {
		l.hide(conn)
	}
	conn.Close()
	<-conn.Done()
	l.a.turn.post(l.wentDown)
	return conn.Err()
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

func (l *login) connected(c Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.setConn(c)
	l.status.Connected, l.status.Since = true, time.Now()
	l.status.Reason, l.status.Next = "", time.Time{}
	l.triedNow()
	l.log.Info("connected")
}

// setConn is called with the lock held.
func (l *login) setConn(c Conn) {
	l.conn = c
	close(l.moved)
	l.moved = make(chan struct{})
}

func (l *login) disconnected() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.setConn(nil)
}

func (l *login) down(why string, next time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.status.Connected {
		l.status.Connected, l.status.Since = false, time.Now()
	}
	l.status.Reason, l.status.Next = why, next
	l.triedNow()
}

func (l *login) triedNow() {
	select {
	case <-l.tried:
	default:
		close(l.tried)
	}
}

// cameUp runs in the turn: it has the network told all there is to tell.
func (l *login) cameUp() {
	l.setPresence(l.a.outward())
	l.watch(l.a.watched(l.rec.Network))
	for _, e := range l.a.entries {
		if e.Addr.Network == l.rec.Network {
			l.pending(e.Addr, e.Pending)
		}
	}
}

// wentDown runs in the turn: nobody there is present any more.
func (l *login) wentDown() {
	clear(l.people)
	for _, e := range l.a.entries {
		if e.Addr.Network == l.rec.Network && e.On(FL) {
			l.a.tell(e)
		}
	}
}

// want changes what the network is to be told, and wakes the login.
func (l *login) want(f func(w *wants)) {
	l.mu.Lock()
	f(&l.wants)
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *login) setPresence(p Presence) { l.want(func(w *wants) { w.presence = &p }) }

func (l *login) watch(who []Addr) {
	l.want(func(w *wants) { w.watch, w.newWatch = who, true })
}

func (l *login) pending(who Addr, p Pending) {
	if p == NothingPending {
		return
	}
	l.want(func(w *wants) {
		if w.pending == nil {
			w.pending = map[Addr]Pending{}
		}
		w.pending[who] = p
	})
}

func (l *login) block(who Addr, blocked bool) {
	l.want(func(w *wants) {
		if w.block == nil {
			w.block = map[Addr]bool{}
		}
		w.block[who] = blocked
	})
}

// serve tells the network what is wanted until the connection or ctx ends.
func (l *login) serve(ctx context.Context, c Conn) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.Done():
			return
		case <-l.wake:
		}
		l.mu.Lock()
		w := l.wants
		l.wants = wants{}
		l.mu.Unlock()
		l.tell(c, w)
	}
}

func (l *login) tell(c Conn, w wants) {
	if w.presence != nil {
		l.call("set presence", func(ctx context.Context) error { return c.SetPresence(ctx, *w.presence) })
	}
	if w.newWatch {
		l.call("watch", func(ctx context.Context) error { return c.Watch(ctx, w.watch) })
	}
	for who, blocked := range w.block {
		l.call("block", func(ctx context.Context) error { return c.Block(ctx, who, blocked) })
	}
	for who, p := range w.pending {
		l.settle(c, who, p)
	}
}

// call bounds what is asked in the background, and logs what goes wrong. When the
// login ends the call may still finish, so that nothing is left half done, but a
// network that hangs must not keep the service from ending.
func (l *login) call(what string, f func(ctx context.Context) error) error {
	if l.ctx.Err() != nil {
		return ErrClosed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), callTime)
	defer cancel()
	stop := context.AfterFunc(l.ctx, func() { time.AfterFunc(finishTime, cancel) })
	defer stop()
	err := f(ctx)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		l.log.Info("network call failed", "call", what, "err", err)
	}
	return err
}

// settle tells the network of one change of the user's, and takes note of the
// outcome. What fails stays pending until the next connection.
func (l *login) settle(c Conn, who Addr, p Pending) {
	var contact Contact
	err := l.call("settle", func(ctx context.Context) (err error) {
		switch p {
		case PendingAdd:
			contact, err = c.AddContact(ctx, who)
		case PendingRemove:
			err = c.RemoveContact(ctx, who)
		case PendingAccept, PendingDecline:
			err = c.Answer(ctx, who, p == PendingAccept)
		}
		return err
	})
	l.a.turn.post(func() { l.a.settled(who, p, contact, err) })
}

// settled runs in the turn.
func (a *account) settled(who Addr, p Pending, c Contact, err error) {
	e := a.entry(who, c.Kind)
	if e == nil || e.Pending != p {
		return
	}
	var w batch
	switch {
	case errors.Is(err, ErrNoSuchPerson):
		a.noSuchPerson(&w, e)
	case err != nil:
		return
	default:
		e.Pending = NothingPending
		a.rename(&w, e, c.Name)
		a.saveEntry(&w, e)
	}
	a.commit(w, nil)
}

// noSuchPerson takes off the list again whom the network does not know.
func (a *account) noSuchPerson(w *batch, e *Entry) {
	e.Pending = NothingPending
	if e.On(FL) {
		e.Lists &^= FL
		a.offForward(e)
		e.Removed, e.Pending = false, NothingPending
		version := a.raise(w)
		a.emit(ListChanged{Change{List: FL, Entry: e, Group: -1, Version: version}, true})
		a.say("There is nobody called " + e.Spelling() + ". The contact has been taken off your list.")
	}
	a.saveEntry(w, e)
}

// current connection, or nil.
func (l *login) live() Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn
}

func over(c Conn) bool {
	select {
	case <-c.Done():
		return true
	default:
		return false
	}
}

// waitLive waits for a connection; nil if ctx ends first.
func (l *login) waitLive(ctx context.Context) Conn {
	for {
		l.mu.Lock()
		c, moved := l.conn, l.moved
		l.mu.Unlock()
		if c != nil && !over(c) {
			return c
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return nil
		case <-l.ctx.Done():
			return nil
		}
	}
}

// report is how the login fares.
func (l *login) report() LoginStatus {
	l.mu.Lock()
	s, c := l.status, l.conn
	l.mu.Unlock()
	if c != nil {
		s.Remark = c.Status()
	}
	return s
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
