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

// A trouble is what keeps all ghosts from the homeserver. It is guarded by ghosts.mu.
type trouble struct {
	why    string // in words; empty: nothing does
	detail string // of what was seen last
	until  time.Time
	wait   time.Duration
}

// now is the error of a ghost that wants to sign in.
func (t trouble) now(at time.Time) error {
	left := t.until.Sub(at)
	if t.why == "" || left <= 0 {
		return nil
	}
	return &bridge.LaterError{Wait: left, Err: errors.New(t.why + t.detail), Quiet: true}
}

// fails notes a mistake of the registration, says so once, and is the error of Connect. err is what
// the homeserver has said.
func (g *ghosts) fails(why string, err error) error {
	return g.meets(why, err, mendedFirst, mendedMost)
}

// away is the same for a homeserver that does not answer.
func (g *ghosts) away(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return context.Cause(ctx)
	}
	return g.meets(ghostAway, err, waitedFirst, waitedMost)
}

func (g *ghosts) meets(why string, cause error, first, most time.Duration) error {
	now := time.Now()
	detail := ""
	if cause != nil {
		detail = " (" + brief(cause) + ")"
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known = false
	if err := g.trouble.now(now); err != nil && g.trouble.why == why {
		return err // another ghost has just met it
	}
	wait := min(2*g.trouble.wait, most*g.times.Retry)
	if g.trouble.why != why {
		g.log.Warn("matrix ghosts cannot be signed in", slog.String("reason", why+detail))
		wait = first * g.times.Retry
	}
	wait = max(wait, retryAfter(cause))
	g.trouble = trouble{why: why, detail: detail, until: now.Add(wait), wait: wait}
	return g.trouble.now(now)
}

// works notes that a ghost has been signed in.
func (g *ghosts) works() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.trouble.why != "" {
		g.trouble = trouble{}
		g.log.Info("matrix ghosts can be signed in again")
	}
}

// ghostTroubles are the answers that concern all ghosts, by error code.
var ghostTroubles = map[string]string{
	codeUnknownToken: ghostNoToken,
	codeMissingToken: ghostNoToken,
	codeExclusive:    ghostNoSpace,
}

const codeExclusive = "M_EXCLUSIVE" // a user ID lies in somebody's namespace, or not in ours
