package bridge_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
	"msnbridge/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test may take: long enough for a machine that has much else to do.
const patience = 2 * time.Minute

// A rig is a running bridge on a store of its own, with one network of people
// at net.test.
type rig struct {
	*bridge.Bridge
	t      testing.TB
	dir    string
	at     string // the domain of the network; empty if its IDs name their own servers
	net    *bridgetest.Network
	store  *faulty
	ctx    context.Context           // of the test, bounded
	setup  func(*bridgetest.Network) // of each network, if there is anything to set up
	ring   time.Duration             // Options.RingTime; 0: a minute
	lends  bool                      // the network lends logins
	prefix string                    // of those: see bridgetest.Lent
	pause  time.Duration             // Options.WordsPause; 0: an hour
	names  time.Duration             // Options.NamePause; 0: a millisecond
	stop   func()
}

// A faulty store fails while it is broken, as with a full disk.
type faulty struct {
	bridge.Store
	broken atomic.Bool
	saved  atomic.Int64 // entries
}

// A countingTx counts what is saved.
type countingTx struct {
	bridge.Tx
	saved *atomic.Int64
}

func (t countingTx) SaveEntry(handle string, e *bridge.Entry) error {
	t.saved.Add(1)
	return t.Tx.SaveEntry(handle, e)
}

var errBroken = errors.New("disk full")

func (f *faulty) err() error {
	if f.broken.Load() {
		return errBroken
	}
	return nil
}

func (f *faulty) Account(ctx context.Context, handle string) (*bridge.AccountRecord, error) {
	if err := f.err(); err != nil {
		return nil, err
	}
	return f.Store.Account(ctx, handle)
}

func (f *faulty) Do(ctx context.Context, g func(bridge.Tx) error) error {
	return f.Store.Do(ctx, func(tx bridge.Tx) error { return cmp.Or(f.err(), g(tx)) })
}

func (f *faulty) Update(g func(bridge.Tx) error, done func(error)) {
	f.Store.Update(func(tx bridge.Tx) error { return cmp.Or(f.err(), g(countingTx{tx, &f.saved})) }, done)
}

func newRig(t testing.TB, handles ...string) *rig {
	return (&rig{t: t, dir: t.TempDir(), at: "net.test"}).begin(handles...)
}

// begin starts a rig with accounts.
func (r *rig) begin(handles ...string) *rig {
	t := r.t
	var cancel context.CancelFunc
	r.ctx, cancel = context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	r.start()
	t.Cleanup(func() { r.stop() })
	for _, h := range handles {
		name, _, _ := strings.Cut(h, "@")
		if err := r.AddAccounts(r.ctx, bridge.NewAccount{Handle: h, Name: strings.ToUpper(name[:1]) + name[1:], Password: "secret"}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// start starts the bridge on what the store has; a new network, with no people.
func (r *rig) start() {
	r.net = bridgetest.New(bridgetest.Options{Name: "net", Title: "Net", Domain: r.at})
	if r.setup != nil {
		r.setup(r.net)
	}
	st, err := store.Open(r.ctx, store.Config{Dir: r.dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		r.t.Fatal(err)
	}
	r.store = &faulty{Store: st}
	network := bridge.Network(r.net)
	if r.lends {
		network = bridgetest.Lent{Network: r.net, Prefix: r.prefix}
	}
	r.Bridge, err = bridge.New(r.ctx, r.store, []bridge.Network{network},
		bridge.Options{Domains: []string{"msn.test"}, RingTime: cmp.Or(r.ring, time.Minute), WordsPause: cmp.Or(r.pause, time.Hour), NamePause: cmp.Or(r.names, time.Millisecond)})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	for !r.IsRunning() && r.ctx.Err() == nil {
		runtime.Gosched()
	}
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
		if err := st.Close(); err != nil {
			r.t.Error(err)
		}
	})
}

// restart ends the bridge in good order and starts it again.
func (r *rig) restart() {
	r.stop()
	r.start()
}

// restartWith does so with somebody on the new network from the beginning.
func (r *rig) restartWith(id, name string, p bridge.Presence) {
	r.stop()
	before := r.setup
	r.setup = func(n *bridgetest.Network) {
		if before != nil {
			before(n)
		}
		n.AddPerson(id, name, p)
	}
	r.start()
}

// login links the account to the network and waits until it is connected.
func (r *rig) login(handle string) {
	r.t.Helper()
	if err := r.AddLogin(r.ctx, handle, "net", nil, ""); err != nil {
		r.t.Fatal(err)
	}
	r.connected(handle)
}

func (r *rig) connected(handle string) {
	r.t.Helper()
	if _, err := r.net.WaitConn(r.ctx, handle); err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.net.WaitCall(r.ctx, "Watch", func(c bridgetest.Call) bool { return c.Account == handle }); err != nil {
		r.t.Fatal(err)
	}
}

// say makes a person of the network write to the account.
func (r *rig) say(account, from, text string) {
	r.t.Helper()
	if _, err := r.net.Say(r.ctx, account, from, text); err != nil {
		r.t.Fatal(err)
	}
}

// A seat is a session whose events are kept.
type seat struct {
	*bridge.Session
	r *rig

	mu      sync.Mutex
	events  []bridge.Event
	changed chan struct{}
}

func (s *seat) Event(ev bridge.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, ev)
	close(s.changed)
	s.changed = make(chan struct{})
}

// signIn signs in and sets the first state, unless that is Offline.
func (r *rig) signIn(handle string, st bridge.State) *seat {
	r.t.Helper()
	s := &seat{r: r, changed: make(chan struct{})}
	var err error
	if s.Session, err = r.SignIn(r.ctx, handle, s); err != nil {
		r.t.Fatal(err)
	}
	if st != bridge.Offline {
		s.state(st)
	}
	return s
}

// turn runs f in the account's turn and waits.
func (s *seat) turn(f func()) {
	s.r.t.Helper()
	done := make(chan struct{})
	if !s.Post(func() { defer close(done); f() }) {
		s.r.t.Fatal("the account is not in memory")
	}
	select {
	case <-done:
	case <-s.r.ctx.Done():
		s.r.t.Fatal("the session is over")
	}
}

// state sets the session's state, and returns who was present at the first.
func (s *seat) state(st bridge.State) (online []string) {
	s.r.t.Helper()
	s.turn(func() {
		for _, p := range s.SetPresence(bridge.Presence{State: st}) {
			online = append(online, p.Entry.Handle+" "+p.Presence.State.String())
		}
	})
	slices.Sort(online)
	return online
}

// change runs an operation with a callback, and returns what that got.
func change[T any](s *seat, op func(done func(T, error))) (T, error) {
	s.r.t.Helper()
	type result struct {
		v   T
		err error
	}
	got := make(chan result, 1)
	s.turn(func() { op(func(v T, err error) { got <- result{v, err} }) })
	select {
	case r := <-got:
		return r.v, r.err
	case <-s.r.ctx.Done():
		s.r.t.Fatal("no outcome")
		panic("unreachable")
	}
}

func (s *seat) add(l bridge.List, handle string) (bridge.Change, error) {
	s.r.t.Helper()
	return change(s, func(done func(bridge.Change, error)) { s.Add(l, handle, "", -1, done) })
}

func (s *seat) mustAdd(l bridge.List, handle string) bridge.Change {
	s.r.t.Helper()
	c, err := s.add(l, handle)
	if err != nil {
		s.r.t.Fatalf("add %s: %v", handle, err)
	}
	return c
}

func (s *seat) remove(l bridge.List, handle string) (bridge.Change, error) {
	s.r.t.Helper()
	return change(s, func(done func(bridge.Change, error)) { s.Remove(l, handle, -1, done) })
}

func (s *seat) list(l bridge.List) (handles []string) {
	s.turn(func() {
		for _, e := range s.Entries(l) {
			handles = append(handles, e.Handle)
		}
	})
	return handles
}

// wait waits for an event that has not been waited for yet, described as in
// describe.
func (s *seat) wait(want string) bridge.Event {
	s.r.t.Helper()
	for {
		s.mu.Lock()
		i := slices.IndexFunc(s.events, func(ev bridge.Event) bool { return describe(ev) == want })
		changed := s.changed
		var ev bridge.Event
		if i >= 0 {
			ev = s.events[i]
			s.events = slices.Delete(s.events, i, i+1)
		}
		s.mu.Unlock()
		if i >= 0 {
			return ev
		}
		select {
		case <-changed:
		case <-s.r.ctx.Done():
			s.r.t.Fatalf("no event %q; there are %q", want, s.seen())
		}
	}
}

// seen describes the events that have not been waited for.
func (s *seat) seen() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ev := range s.events {
		all = append(all, describe(ev))
	}
	return all
}

// settled describes the events that have come once the account's turn has done
// all that it had to do.
func (s *seat) settled() []string {
	s.turn(func() {})
	return s.seen()
}

func describe(ev bridge.Event) string {
	switch ev := ev.(type) {
	case bridge.PresenceChanged:
		return ev.Entry.Handle + " is " + ev.Presence.State.String()
	case bridge.ListChanged:
		sign := "+"
		if ev.Removed {
			sign = "-"
		}
		return sign + listName(ev.Change.List) + " " + ev.Change.Entry.Handle
	case bridge.Ring:
		return "ring " + ev.Chat.Handle()
	case bridge.GroupAdded:
		return "group " + ev.Group.Name
	case bridge.PropertiesChanged:
		return "properties " + ev.Entry.Handle
	case bridge.Ended:
		return "ended " + [...]string{"elsewhere", "shutting down", "gone"}[ev.Reason]
	}
	return "?"
}

func listName(l bridge.List) string {
	return map[bridge.List]string{bridge.FL: "FL", bridge.AL: "AL", bridge.BL: "BL", bridge.RL: "RL"}[l]
}

// A window keeps what it is shown.
type window struct {
	mu      sync.Mutex
	lines   []string
	fail    error // shown is called with it
	hold    bool  // shown is not called until confirm is
	held    []func(error)
	changed chan struct{}
}

func newWindow() *window { return &window{changed: make(chan struct{})} }

func (w *window) Show(m bridge.Message, from bridge.Member, late bool, shown func(error)) {
	line := m.Text
	if from.Handle != "" {
		line = from.Name + "> " + line
	}
	if late {
		line = "late: " + line
	}
	if m.Own {
		line = "own: " + line
	}
	w.put(line)
	if w.hold {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.held = append(w.held, shown)
		return
	}
	shown(w.fail)
}

// confirm says that all is shown of which that is not yet said.
func (w *window) confirm() {
	w.mu.Lock()
	held := w.held
	w.held = nil
	w.mu.Unlock()
	for _, shown := range held {
		shown(nil)
	}
}

func (w *window) Typing(from bridge.Member) { w.put("typing: " + from.Name) }
func (w *window) Replaced()                 { w.put("replaced") }
func (w *window) Closed()                   { w.put("closed") }

func (w *window) Members(joined []bridge.Member, left []string, whole bool) {
	if whole {
		w.put("members:")
	}
	for _, m := range joined {
		w.put("joined: " + m.Handle)
	}
	for _, handle := range left {
		w.put("left: " + handle)
	}
}

func (w *window) put(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, line)
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *window) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lines)
}

// wait waits until the window shows these lines and no others.
func (w *window) wait(r *rig, want ...string) {
	r.t.Helper()
	w.until(r, func(got []string) bool { return slices.Equal(got, want) })
}

// until waits until the window shows what ok wants to see.
func (w *window) until(r *rig, ok func(lines []string) bool) []string {
	r.t.Helper()
	for {
		w.mu.Lock()
		got, changed := slices.Clone(w.lines), w.changed
		w.mu.Unlock()
		if ok(got) {
			return got
		}
		select {
		case <-changed:
		case <-r.ctx.Done():
			r.t.Fatalf("window shows %q", got)
		}
	}
}

// open opens the conversation with handle.
func (s *seat) open(handle string) (*bridge.Chat, error) {
	s.r.t.Helper()
	return change(s, func(done func(*bridge.Chat, error)) { s.Open(handle, done) })
}
