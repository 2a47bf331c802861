package irc

import (
	"context"
	"errors"
	"time"

	"msnbridge/bridge"
)

// maxPending is how many events wait for the account; the reader waits for room
// then.
const maxPending = 500

// Delays between tries to hand over events that the account could not store.
const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 10 * time.Second
)

// tell appends events, but for messages that have to wait for what was said before
// them. The lock must be held.
func (c *Conn) tell(evs ...bridge.Event) {
	for _, ev := range evs {
		if said, ok := ev.(bridge.MessageReceived); !ok || !c.await(said) {
			c.pending = append(c.pending, ev)
		}
	}
	signal(c.news)
}

// awaitRoom waits while too many events are pending; false if the connection
// ends meanwhile.
func (c *Conn) awaitRoom() bool {
	for {
		c.mu.Lock()
		full := len(c.pending) >= maxPending
		c.mu.Unlock()
		if !full {
			return c.ctx.Err() == nil
		}
		select {
		case <-c.room:
		case <-c.ctx.Done():
			return false
		}
	}
}

// emitLoop hands events over until the connection ends.
func (c *Conn) emitLoop(ctx context.Context) {
	for {
		c.emitRest(ctx)
		select {
		case <-c.news:
		case <-c.ctx.Done():
			return
		}
	}
}

// emitRest hands over all events that there are.
func (c *Conn) emitRest(ctx context.Context) {
	for {
		c.mu.Lock()
		evs, chores := c.pending, c.chores
		c.pending, c.chores = nil, nil
		c.taken += len(evs)
		known := c.toKeep(time.Now(), false)
		c.mu.Unlock()
		signal(c.room)
		if len(evs) > 0 && !c.handOver(ctx, evs) {
			c.lost = true
		}
		for _, do := range chores {
			do(ctx)
		}
		if !c.lost {
			c.keep(ctx, known)
		}
		if c.handedOver(len(evs)); len(evs)+len(chores) == 0 {
			return
		}
	}
}

func (c *Conn) handedOver(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handed += n
	c.handing.ring()
}

// flushed waits until all events that were told so far have been handed over.
func (c *Conn) flushed(ctx context.Context) error {
	c.mu.Lock()
	upTo := c.taken + len(c.pending)
	c.mu.Unlock()
	for {
		c.mu.Lock()
		handed, more := c.handed, c.handing.heard()
		c.mu.Unlock()
		if handed >= upTo {
			return nil
		}
		select {
		case <-more:
		case <-c.done:
			return bridge.ErrClosed
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// maxChores bounds what waits to be done; more is not done.
const maxChores = 100

// afterwards has something done that takes time (it asks the store), by the
// goroutine that hands events over. The lock must be held.
func (c *Conn) afterwards(do func(context.Context)) {
	if len(c.chores) >= maxChores {
		c.pass("chore")
		return
	}
	c.chores = append(c.chores, do)
	signal(c.news)
}

// handOver emits evs, again and again if they could not be stored: an IRC server
// cannot be asked for them a second time. It returns false if they are lost.
func (c *Conn) handOver(ctx context.Context, evs []bridge.Event) bool {
	for delay := firstRetry; ; delay = min(2*delay, lastRetry) {
		err := c.emit(ctx, evs, nil)
		if err == nil {
			return true
		}
		if errors.Is(err, bridge.ErrClosed) || ctx.Err() != nil {
			c.log.Warn("irc events lost", "count", len(evs), "err", err)
			return false
		}
		c.log.Warn("irc events could not be stored", "count", len(evs), "err", err)
		wait(ctx, delay)
	}
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
