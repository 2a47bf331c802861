package bridge

import (
	"cmp"
	"context"
	"sync/atomic"
	"time"
)

// RingTime is how long a Ring waits to be answered.
const RingTime = 60 * time.Second

// A Sink takes the events of a session, in the account's turn. It must not
// block: it encodes and appends.
type Sink interface{ Event(ev Event) }

// A Session is one sign-in of an account: what a front end sees of the bridge.
// Post and Close may be called from any goroutine. All else is called in the
// account's turn: from a function given to Post, from Sink.Event, or from a
// callback named done, which is always called exactly once, in the turn.
type Session struct {
	a    *account
	sink Sink
	over atomic.Bool // another session has taken its place, or it was closed; set in the turn
}

// A Change is one change of a list.
type Change struct {
	List    List
	Entry   *Entry
	Group   int    // the group concerned; -1 if none was named
	Version uint32 // list version after the change

	// Presence is, after an addition to the forward list, how present the contact
	// is now, and what it is called; Name is empty while it is not present. The
	// session counts as told of it.
	Presence Presence
	Name     string
}

// SignIn makes sink the account's only session; an earlier one gets Ended. It
// waits for the account to be loaded. Between the state of the lists that the
// session sees and the first event there is no gap. ErrNotFound if there is no
// such account.
func (b *Bridge) SignIn(ctx context.Context, handle string, sink Sink) (*Session, error) {
	type result struct {
		s   *Session
		err error
	}
	r, err := on(ctx, b, handle, func(a *account) result {
		s := &Session{a: a, sink: sink}
		return result{s, s.begin()}
	})
	if err = cmp.Or(err, r.err); err != nil {
		return nil, err
	}
	return r.s, nil
}

// begin runs in the turn.
func (s *Session) begin() error {
	a := s.a
	switch {
	case a.b.isStopped():
		return ErrClosed
	case !a.b.exists(a.handle): // it is being removed
		return ErrNotFound
	}
	a.endSession(SignedInElsewhere)
	a.session = s
	a.left.Store(0)
	a.ringAnew()
	a.ensureService()
	a.borrow()
	return nil
}

// Post runs f in the account's turn, after all that was posted before. It blocks
// while the account's queue is full, so it is never called in a turn, and returns
// false, without running f, when the session has ended. If it ends between Post
// and f's turn, f does not run either.
func (s *Session) Post(f func()) bool {
	if s.over.Load() {
		return false
	}
	return s.a.turn.post(func() {
		if !s.over.Load() {
			f()
		}
	})
}

// Close ends the session: its connection is gone. The sink gets no further event.
func (s *Session) Close() {
	s.a.turn.post(func() {
		if !s.over.Load() {
			s.a.leave()
		}
	})
}

// endSession ends the session, if there is one, and tells it why.
func (a *account) endSession(why EndReason) {
	if s := a.session; s != nil {
		a.leave()
		s.sink.Event(Ended{why})
	}
}

// leave makes the account one that nobody is signed in to.
func (a *account) leave() {
	a.session.over.Store(true)
	a.session = nil
	a.left.Store(time.Now().UnixNano())
	a.setState(Presence{})
	for _, e := range a.entries {
		e.told = told{}
	}
	a.ringAnew()
}

// Handle is the account's own handle.
func (s *Session) Handle() string { return s.a.handle }

// Version is the list version.
func (s *Session) Version() uint32 { return s.a.version }

// Settings are the account's. The name is never empty.
func (s *Session) Settings() Settings {
	set := s.a.settings
	set.Name = s.a.name()
	return set
}

// Groups lists the groups in order of ID, without group 0.
func (s *Session) Groups() []Group { return s.a.groups }

// Presence is the session's own state; Offline before the first SetPresence.
func (s *Session) Presence() Presence { return s.a.presence }

// SetPresence changes what others see of the user; while the state is Offline or
// Hidden they see nothing of it. The first time that it is called
// with another state than Offline it returns the contacts that are present,
// with their presence: the session counts as told of them. Waiting
// conversations ring after the function now running in the turn has returned.
func (s *Session) SetPresence(p Presence) []PresenceChanged {
	a := s.a
	first := !a.revealed && p.State != Offline
	a.setState(p)
	if !first {
		return nil
	}
	var online []PresenceChanged
	for _, e := range a.entries {
		if !e.On(FL) {
			continue
		}
		if p := a.noteTold(e); p.State.Visible() {
			online = append(online, PresenceChanged{Addr: e.Addr, Presence: p, Name: e.told.name, Entry: e})
		}
	}
	return online
}

func (a *account) setState(p Presence) {
	was, shown := a.presence, a.outward()
	a.presence = p
	a.revealed = p.State != Offline
	if p == was {
		return
	}
	a.republish()
	if was.State.Visible() || p.State.Visible() {
		a.tellWatchers()
	}
	if now := a.outward(); now != shown {
		for _, l := range a.logins {
			l.setPresence(now)
		}
	}
	if p.State.Visible() && !was.State.Visible() {
		a.ringAnew()
	}
	a.ringSoon = true
}

// outward is the presence that networks are shown.
func (a *account) outward() Presence {
	if !a.presence.State.Visible() {
		return Presence{State: Offline}
	}
	p := a.presence
	p.Client = nil
	return p
}

// Properties are the contact's, as far as this account may see them; nil if it
// may not or there are none.
func (s *Session) Properties(e *Entry) map[string]string {
	e.told.properties = s.a.look(e).properties
	return e.told.properties
}

// Call runs f in the turn of the account named to, with the sink of its session:
// the front end rings there for the account named from. f gets ErrNotOnline if
// that account is unknown, not signed in, offline or hidden, and ErrBlocked if it
// does not let from call it. f may run before Call returns.
func (b *Bridge) Call(from, to string, f func(Sink, error)) {
	a := b.loaded(to)
	if a == nil || !a.turn.post(func() { a.call(from, f) }) {
		f(nil, ErrNotOnline)
	}
}

func (a *account) call(from string, f func(Sink, error)) {
	switch {
	case a.session == nil || !a.presence.State.Visible():
		f(nil, ErrNotOnline)
	case !a.face.Load().allows(from):
		f(nil, ErrBlocked)
	default:
		f(a.session.sink, nil)
	}
}
