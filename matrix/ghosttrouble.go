package matrix

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"msnbridge/bridge"
)

// What can keep all ghosts from the homeserver. Whoever runs this service can mend it, so nobody is
// rejected: it is tried again.
const (
	ghostAway     = "the homeserver cannot be reached"
	ghostNoServer = "there is no Matrix homeserver where [matrix.appservice] says so (homeserver)"
	ghostNoToken  = "the homeserver does not know this service's as_token: its registration file is not loaded, or is another one"
	ghostNoSpace  = "the homeserver does not let this service make its users: the namespace of the registration file is missing or another one"
	ghostNoLeave  = "the homeserver does not let this service make users"
	ghostNoDomain = "the homeserver is of another domain than [matrix.appservice] says (domain)"
)

// mended is how often a mistake that somebody has to mend is looked at again at most, and at first,
// in units of Times.Retry; waited is the same for a homeserver that is away.
const (
	mendedFirst, mendedMost = 30, 180
	waitedFirst, waitedMost = 1, 30
)

// A hurdle is what ghosts have to do that all of them may fail at.
type hurdle int

const (
	reaching hurdle = iota // the homeserver, with the service's token
	making                 // ghosts that it does not have yet
)

// A trouble is what keeps all ghosts from something. It is guarded by ghosts.mu.
type trouble struct {
	why    string // in words; empty: nothing does
	detail string // of what was seen last
	until  time.Time
	wait   time.Duration
}

// now is the error of a ghost that wants to be connected.
func (t trouble) now(at time.Time) error {
	left := t.until.Sub(at)
	if t.why == "" || left <= 0 {
		return nil
	}
	return &bridge.LaterError{Wait: left, Err: errors.New(t.why + t.detail), Quiet: true}
}

// kept is the error of a ghost that wants to be connected while others have just failed.
func (g *ghosts) kept(h hurdle) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.troubles[h].now(time.Now())
}

// fails notes a mistake of the registration, says so once, and is the error of Connect. err is what
// the homeserver has said.
func (g *ghosts) fails(h hurdle, why string, err error) error {
	return g.meets(h, why, err, mendedFirst, mendedMost)
}

// away is the same for a homeserver that does not answer.
func (g *ghosts) away(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return context.Cause(ctx)
	}
	return g.meets(reaching, ghostAway, err, waitedFirst, waitedMost)
}

func (g *ghosts) meets(h hurdle, why string, cause error, first, most time.Duration) error {
	now := time.Now()
	detail := ""
	if cause != nil {
		detail = " (" + brief(cause) + ")"
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known = false
	t := &g.troubles[h]
	if err := t.now(now); err != nil && t.why == why {
		return err // another ghost has just met it
	}
	wait := min(2*t.wait, most*g.times.Retry)
	if t.why != why {
		g.log.Warn("matrix ghosts cannot be connected", slog.String("reason", why+detail))
		wait = first * g.times.Retry
	}
	wait = max(wait, retryAfter(cause))
	*t = trouble{why: why, detail: detail, until: now.Add(wait), wait: wait}
	return t.now(now)
}

// works notes that a ghost has done something.
func (g *ghosts) works(h hurdle) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.troubles[h].why != "" {
		g.troubles[h] = trouble{}
		g.log.Info("matrix ghosts can be connected again")
	}
}

// silent is the error of a ghost that was not answered: that of all of them, if the homeserver does
// not say either what it can do.
func (g *ghosts) silent(ctx context.Context, a *api, err error) error {
	g.mu.Lock()
	g.known = false
	g.mu.Unlock()
	if all := g.ready(ctx, a); all != nil {
		return all
	}
	return err
}

// codeExclusive: a user ID lies in somebody's namespace, or not in ours.
const codeExclusive = "M_EXCLUSIVE"

// makingTroubles are the refusals to make ghosts that concern all of them, by error code.
var makingTroubles = map[string]string{codeExclusive: ghostNoSpace, "M_FORBIDDEN": ghostNoLeave}

// refusesUs tells whether the homeserver does not take the service's token.
func refusesUs(err error) bool {
	code := codeOf(err)
	return code == codeUnknownToken || code == codeMissingToken
}
