package irc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"msnbridge/bridge"
)

// Join implements bridge.Conn. A key that was right is kept for the next
// connection.
func (c *Conn) Join(ctx context.Context, room bridge.Addr, key string) (bridge.Contact, error) {
	return bridge.Contact{Addr: room}, c.join(ctx, room, key)
}

func (c *Conn) join(ctx context.Context, room bridge.Addr, key string) error {
	if err := c.checkEntry(room, key); err != nil {
		return err
	}
	if err := c.request(room, key); err != nil {
		return err
	}
	err := c.awaitEntry(ctx, room)
	if err != nil {
		c.unask(room)
		return err
	}
	if key != "" {
		return c.saveKey(ctx, room.ID, key)
	}
	return nil
}

// checkEntry says what is wrong with a channel or a key before anybody is asked.
func (c *Conn) checkEntry(room bridge.Addr, key string) error {
	switch {
	case !c.n.isRoom(room):
		return fmt.Errorf("%s is not the name of a channel", room.ID)
	case key != "" && !isKey(key):
		return errors.New("no channel can have such a key")
	}
	return nil
}

// request has a channel entered now.
func (c *Conn) request(room bridge.Addr, key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.closed(); err != nil {
		return err
	}
	ch := c.chanFor(room.ID)
	if ch == nil {
		return errors.New("that would be too many channels")
	}
	if key != "" {
		ch.key = key
	}
	ch.asked = ch.asked || len(ch.watched) == 0
	c.enter(ch)
	return nil
}

// enter has a channel entered without waiting for its time.
func (c *Conn) enter(ch *channel) {
	if ch.standing == outside {
		ch.refusal, ch.due, ch.tries = "", time.Time{}, 0
	}
	c.stir()
}

// unask takes back a request that came to nothing.
func (c *Conn) unask(room bridge.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ch := c.channel(room.ID); ch != nil && ch.standing != inside && !ch.listed {
		ch.asked = false
		c.stir()
	}
}

// awaitEntry waits until we are in a channel, or until it is known why not.
func (c *Conn) awaitEntry(ctx context.Context, room bridge.Addr) error {
	return c.awaitChannels(ctx, func() (bool, error) {
		switch ch := c.channel(room.ID); {
		case ch == nil || !ch.wanted():
			return c.channels.named, errNotThere
		case ch.standing == inside:
			return true, nil
		case ch.standing == outside && ch.refusal != "":
			return true, fmt.Errorf("%s: %s", ch.name, ch.refusal)
		case ch.standing == outside && !ch.due.IsZero():
			c.enter(ch) // before those that nobody waits for
		}
		return false, nil
	})
}

// errNotThere: nobody has asked us to be in a channel.
var errNotThere = errors.New("you are not in that channel")

// awaitChannels waits until known holds, which is called with the lock held, whenever
// something about a channel has changed.
func (c *Conn) awaitChannels(ctx context.Context, known func() (bool, error)) error {
	for {
		c.mu.Lock()
		over := c.closed()
		is, err := known()
		changed := c.channels.changed.heard()
		c.mu.Unlock()
		switch {
		case over != nil:
			return over
		case is:
			return err
		}
		select {
		case <-changed:
		case <-c.done:
			return bridge.ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("the server has not answered: %w", context.Cause(ctx))
		}
	}
}

// naming says how long the bridge still has to name the channels that we are to be
// in. Until then nobody is told that we are in none.
func (c *Conn) naming(now time.Time) time.Duration {
	if c.channels.named {
		return never
	}
	if wait := c.poll.settleAt.Sub(now); wait > 0 {
		return wait
	}
	c.channels.named = true
	c.channels.changed.ring()
	return never
}

// enteredFor waits until we are in the channel that a message is for: it may be
// entered just now. It says why not, and does nothing for other messages.
func (c *Conn) enteredFor(ctx context.Context, msg bridge.Message) error {
	if !c.n.isRoom(msg.Chat) || msg.Retry || msg.Command != "" {
		return nil
	}
	err := c.awaitEntry(ctx, msg.Chat)
	if err == nil {
		return nil
	}
	if errors.Is(err, bridge.ErrClosed) {
		return &bridge.SendError{Err: err}
	}
	return &bridge.SendError{Reason: err.Error(), Err: err}
}
