package matrix

import (
	"context"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
)

// A feed is where a connection's news come from. Its methods but mark are called one at a time.
type feed interface {
	// first tells how everything stands. Where it says that the next news begin is not after
	// anything that it does not tell.
	first(ctx context.Context) (*syncResponse, error)

	// next waits for what has happened since a position. To be asked again from the same position
	// is to be told the same again.
	next(since string) (*syncResponse, error)

	// mark is a position as a place in a room, for api.messages. That of none is empty.
	mark(position string) string

	// end gives back what the feed holds, once nothing is asked of it any more.
	end()
}

// A longPoll is the feed of a login with an account of its own: /sync, which the homeserver holds
// until there is something to tell (client-server API, 6.5).
type longPoll struct{ *Conn }

// first asks for the state. A sync with a position does not tell the state of rooms in which
// nothing has happened, and not every homeserver adds it when asked with full_state (Dendrite does
// not). So the state is asked for without a position, with as little of the timelines as possible.
func (c longPoll) first(ctx context.Context) (*syncResponse, error) {
	return c.ask(ctx, mautrix.ReqSync{FilterID: syncFilter(1)}, 15*c.times.Request)
}

// next asks for news until there is an answer. A connection that breaks is tried once more, since
// the homeserver may only have closed an idle one; then it is over and the bridge reconnects.
func (c longPoll) next(since string) (*syncResponse, error) {
	for failures := 0; ; {
		resp, err := c.ask(c.ctx, mautrix.ReqSync{
			Since: since, Timeout: int(c.hold().Milliseconds()), FilterID: syncFilter(timelineLimit),
		}, c.times.Poll+c.times.Request)
		if err == nil {
			return resp, nil
		}
		if c.ctx.Err() != nil {
			return nil, context.Cause(c.ctx)
		}
		if errors.Is(err, errWoken) {
			continue
		}
		if rejected := c.rejection(err); rejected != nil {
			return nil, rejected
		}
		if wait := retryAfter(err); wait > 0 {
			if err := pause(c.ctx, max(wait, c.times.Retry)); err != nil {
				return nil, err
			}
			continue
		}
		if failures++; failures > 1 || definite(err) {
			return nil, c.syncFailed(since, err)
		}
	}
}

// mark is the position itself (client-server API, 11.7.2).
func (longPoll) mark(position string) string { return position }

func (longPoll) end() {}

// hold is how long the homeserver may hold a /sync: not at all while something waits to be
// sealed for those who are there now.
func (c longPoll) hold() time.Duration {
	if c.cipher != nil && !c.current {
		return 0
	}
	return c.times.Poll
}

// syncFailed is the error of a connection that can ask no more. A homeserver may have forgotten the
// position for ever: if it has decided against the request, the next connection begins afresh.
func (c longPoll) syncFailed(since string, err error) error {
	if definite(err) {
		if err := c.refuse(since); err != nil {
			return err
		}
	}
	return c.refusal("sync", err)
}

// refuse has the next connection begin afresh instead of from a position.
func (c *Conn) refuse(position string) error {
	if err := c.login.State.Put(c.ctx, stateRefused, []byte(position)); err != nil {
		return fmt.Errorf("keep that the sync position was refused: %w", err)
	}
	return nil
}
