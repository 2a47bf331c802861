package bridge

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"
)

// What is asked of one server, for all clients together. The limits that a front end
// has for each client are lower, so that no single one shuts the others out.
const (
	admitAtOnce   = 4  // questions at a time; more wait
	mostNewcomers = 60 // sign-ins of people who have no account yet, within admitPeriod
	mostFailures  = 30 // sign-ins of one account that fail, within admitPeriod
	admitPeriod   = 10 * time.Minute
	longestShut   = 5 * time.Minute // a server that asks for more is asked again nevertheless
	tidyRecords   = 1000            // of accounts; from here on those are looked for that say nothing any more
)

// admissions bound what networks are asked about passwords.
type admissions struct {
	once sync.Once
	key  [32]byte // of proofs

	mu    sync.Mutex // guards the rest
	busy  map[string]chan struct{}
	gates map[string]*gate // by domain; only of those that are admitted
}

// enter lets one sign-in with a handle in at a time, until leave is called.
func (s *admissions) enter(ctx context.Context, handle string) (leave func(), err error) {
	for {
		s.mu.Lock()
		other := s.busy[handle]
		if other == nil {
			break
		}
		s.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	defer s.mu.Unlock()
	mine := make(chan struct{})
	if s.busy == nil {
		s.busy = map[string]chan struct{}{}
	}
	s.busy[handle] = mine
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.busy, handle)
		close(mine)
	}, nil
}

func (s *admissions) gate(domain string) *gate {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.gates[domain]
	if g == nil {
		g = &gate{asking: make(chan struct{}, admitAtOnce), accounts: map[string]*record{}}
		if s.gates == nil {
			s.gates = map[string]*gate{}
		}
		s.gates[domain] = g
	}
	return g
}

// ask runs f, which asks the applicant's server, unless that would be too much for it.
func (s *admissions) ask(ctx context.Context, p *applicant, newcomer bool, f func() error) error {
	g := s.gate(p.domain)
	if err := g.take(p, newcomer, time.Now()); err != nil {
		return err
	}
	select {
	case g.asking <- struct{}{}:
		defer func() { <-g.asking }()
	case <-ctx.Done():
		g.settle(p, newcomer, context.Cause(ctx), true)
		return &SignInError{Reason: tooMany(p), Err: context.Cause(ctx)}
	}
	if err := g.isShut(time.Now()); err != nil { // since this has begun to wait
		g.settle(p, newcomer, err, true)
		return err
	}
	err := f()
	g.settle(p, newcomer, err, errors.Is(ctx.Err(), context.Canceled))
	return err
}

// A gate is what one server has been asked lately.
type gate struct {
	asking chan struct{} // holds one for each question that is under way

	mu        sync.Mutex // guards the rest
	newcomers tally
	accounts  map[string]*record
	shut      time.Time // nothing is asked before
	why       error
}

// A record is what is known of an account for a while.
type record struct {
	failed tally
	proof  proof
}

// A tally counts something for a while.
type tally struct {
	n     int
	until time.Time
}

// add counts one more, unless there are most already.
func (t *tally) add(most int, now time.Time) bool {
	if now.After(t.until) {
		*t = tally{until: now.Add(admitPeriod)}
	}
	if t.n >= most {
		return false
	}
	t.n++
	return true
}

// take counts a question before it is asked.
func (g *gate) take(p *applicant, newcomer bool, now time.Time) error {
	if err := g.isShut(now); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	t, most := &g.newcomers, mostNewcomers
	if !newcomer {
		t, most = &g.record(p.handle, now).failed, mostFailures
	}
	if !t.add(most, now) {
		return &SignInError{Reason: tooMany(p), Err: ErrTooManyTries}
	}
	return nil
}

func tooMany(p *applicant) string {
	return "Too many sign-ins at " + p.domain + " just now. Please try again in some minutes."
}

// record is that of an account; the lock is held.
func (g *gate) record(handle string, now time.Time) *record {
	r := g.accounts[handle]
	if r == nil {
		if len(g.accounts) >= tidyRecords {
			maps.DeleteFunc(g.accounts, func(_ string, r *record) bool { return now.After(r.failed.until) && now.After(r.proof.until) })
		}
		r = &record{}
		g.accounts[handle] = r
	}
	return r
}

// isShut is why the server is not to be asked now, or nil.
func (g *gate) isShut(now time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Before(g.shut) {
		return g.why
	}
	return nil
}

// settle takes note of how a question has ended. What the server was not asked, or has
// not decided, does not count; of an account, what succeeds forgets what has failed.
func (g *gate) settle(p *applicant, newcomer bool, err error, gaveUp bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	later, undecided := errors.AsType[*LaterError](err)
	if undecided && !gaveUp {
		g.shut, g.why = time.Now().Add(min(later.Wait, longestShut)), err
	}
	t := &g.newcomers
	if !newcomer {
		t = &g.record(p.handle, time.Now()).failed
	}
	switch {
	case undecided || gaveUp:
		t.n = max(t.n-1, 0)
	case err == nil && !newcomer:
		t.n = 0
	}
}
