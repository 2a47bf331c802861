package matrix

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// errWoken ends a /sync because our presence has changed.
var errWoken = errors.New("woken")

// timelineLimit is how many events of a room one /sync may bring.
const timelineLimit = 50

// A purpose says what an answer to /sync is used for.
type purpose uint8

const (
	news       purpose = iota // what has happened since the position
	beginning                 // a new login: state, and what is not older than the login
	background                // state alone; the news follow
	afresh                    // the position was refused: what came after the events that were handed over last
)

// follow is the sync loop. It ends with an error: the connection's, or of its context.
func (c *Conn) follow(first *batch) error {
	since := orSo(string(first.position), string(c.login.Position))
	err := c.handOver(func() (*batch, error) { return first, nil })
	for hasty := 0; err == nil; {
		began := time.Now()
		var resp *syncResponse
		if resp, err = c.next(since); err != nil {
			break
		}
		hasty++
		if resp.ours || !resp.quiet() || time.Since(began) >= c.times.Poll/10 {
			hasty = 0
		}
		if resp.NextBatch != since || !resp.quiet() || resp.ours {
			since, err = c.take(resp, since)
		}
		if err == nil && c.cipher != nil && !c.current && !resp.ours {
			c.cipher.caughtUp()
			c.current = true
		}
		if err == nil && hasty > 1 {
			// A homeserver that does not wait must not make us ask without a break.
			err = pause(c.ctx, c.times.Retry)
		}
	}
	return err
}

// take hands over an answer to /sync, and returns where the next begins. While the account cannot
// take it, the homeserver is asked again.
func (c *Conn) take(resp *syncResponse, since string) (string, error) {
	first := true
	err := c.handOver(func() (*batch, error) {
		if !first {
			var err error
			if resp, err = c.next(since); err != nil {
				return nil, err
			}
		}
		first = false
		return c.digest(c.ctx, resp, news, since)
	})
	if err != nil {
		return since, err // there may be no answer
	}
	return resp.NextBatch, nil
}

// handOver emits what digest returns, again and again until the account has it.
func (c *Conn) handOver(digest func() (*batch, error)) error {
	for wait := c.times.Retry; ; wait = c.api.longer(wait) {
		b, err := digest()
		if err != nil {
			return err
		}
		if err = c.emitTurn(c.ctx, b.evs, b.position); err == nil {
			c.commit(b)
			c.warnSealed(b)
			c.retried = false
			c.rouse()
			if err := c.dropRead(c.ctx, b); err != nil {
				return err
			}
			if err := c.keepLast(c.ctx, b); err != nil {
				return err
			}
			return c.forgetGaps(c.ctx, b.closed)
		}
		c.retried = true
		if c.ctx.Err() != nil {
			return context.Cause(c.ctx)
		}
		if errors.Is(err, bridge.ErrClosed) {
			return err // the login is gone, and Close about to come
		}
		c.log.Warn("matrix events not taken, will be asked for again", slog.Any("error", err))
		if err := pause(c.ctx, wait); err != nil {
			return err
		}
	}
}

// emitTurn emits events, and the presence that has changed, one call after another.
func (c *Conn) emitTurn(ctx context.Context, evs []bridgeEvent, position []byte) error {
	return c.emitWhole(ctx, func() []bridgeEvent { return evs }, position)
}

// emitWith emits what events there are when it is the turn. They are made under Conn.mu.
func (c *Conn) emitWith(ctx context.Context, events func() []bridgeEvent) error {
	return c.emitWhole(ctx, events, nil)
}

func (c *Conn) emitWhole(ctx context.Context, events func() []bridgeEvent, position []byte) error {
	select {
	case c.emitting <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-c.emitting }()
	c.mu.Lock()
	evs := events()
	changes := c.people.changed(time.Now(), c.times)
	rooms := c.standings.takeStale()
	standings := c.roomChanges(rooms)
	c.mu.Unlock()
	for _, p := range changes {
		evs = append(evs, p)
	}
	evs = append(evs, standings...)
	if len(evs) == 0 && position == nil {
		return nil
	}
	err := c.emit(ctx, evs, position)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		for _, room := range rooms {
			c.standings.look(room)
		}
		return err
	}
	c.people.wereTold(changes)
	c.standings.wereTold(standings)
	return nil
}

// A polled is what the feed has brought.
type polled struct {
	resp *syncResponse
	err  error
}

// next waits for the next news, which are asked for in a goroutine, or for something else that is to be
// told. Then the request goes on: some homeservers say a thing only once (presence in
// Dendrite), whether it is heard or not.
func (c *Conn) next(since string) (*syncResponse, error) {
	if c.polling == nil {
		polling := make(chan polled, 1)
		c.polling = polling
		c.spawn(func(context.Context) {
			resp, err := c.feed.next(since)
			polling <- polled{resp, err}
		})
	}
	for !c.hasRead() {
		select {
		case p := <-c.polling:
			c.polling = nil
			return p.resp, p.err
		case <-c.read:
		}
	}
	return &syncResponse{NextBatch: since, ours: true}, nil
}

// ask makes one /sync with the presence that we have now; errWoken if that changes meanwhile.
func (c *Conn) ask(ctx context.Context, q mautrix.ReqSync, limit time.Duration) (*syncResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	woken := false
	c.mu.Lock()
	q.SetPresence = syncPresence(c.people.own.State)
	c.wake = func() { woken = true; cancel() }
	c.mu.Unlock()
	resp, err := c.api.sync(ctx, q)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wake = nil
	if err != nil && woken {
		return nil, errWoken
	}
	return resp, err
}

// hasRead tells whether there is something to be told that is not in /sync: keys have come, with which
// something may be readable, or rooms have been read back, or wait to be told of.
func (c *Conn) hasRead() bool {
	return c.cipher != nil && c.cipher.pending() || c.gapsRead() || c.hasUnlooked()
}

func (c *Conn) hasUnlooked() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lookAgain()
}

// rouseSync has the sync loop look whether hasRead.
func (c *Conn) rouseSync() {
	select {
	case c.read <- struct{}{}:
	default:
	}
}

// quiet tells whether an answer has nothing in it.
func (r *syncResponse) quiet() bool {
	return len(r.AccountData.Events)+len(r.Presence.Events)+len(r.Rooms.Join)+len(r.Rooms.Invite)+len(r.Rooms.Leave)+
		len(r.ToDevice.Events)+len(r.DeviceLists.Changed) == 0
}
