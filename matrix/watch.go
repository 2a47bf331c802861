package matrix

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"msnbridge/bridge"
)

// maxAsking is how many people's presence is asked for at once.
const maxAsking = 4

// Watch names the people whose presence is emitted, and the rooms that are on the list. People who
// are new are asked for once.
func (c *Conn) Watch(_ context.Context, who []bridge.Addr) error {
	if err := c.alive(); err != nil {
		return err
	}
	ids, rooms := make([]string, 0, len(who)), []string{}
	for _, a := range who {
		switch {
		case isRoom(a):
			rooms = append(rooms, a.ID)
		case a.Network == name && validUser(a.ID):
			ids = append(ids, a.ID)
		}
	}
	if f, ok := c.feed.(*ghostFeed); ok {
		f.sub.Watch(ids)
	}
	c.mu.Lock()
	c.standings.watch(rooms)
	c.followWatched()
	more := 0
	if c.people.watch(ids) {
		more = min(maxAsking, len(c.people.waiting)) - c.people.asking
		c.people.asking += max(more, 0)
	}
	c.mu.Unlock()
	for range more {
		c.spawn(c.askWaiting)
	}
	c.rouse()
	return nil
}

// askWaiting asks for the presence of one after another until nobody waits.
func (c *Conn) askWaiting(ctx context.Context) {
	for {
		c.mu.Lock()
		if len(c.people.waiting) == 0 || ctx.Err() != nil {
			c.people.asking--
			c.mu.Unlock()
			return
		}
		who := c.people.waiting[0]
		c.people.waiting = c.people.waiting[1:]
		c.mu.Unlock()
		c.fetchPresence(ctx, who)
	}
}

// fetchPresence asks how present a person is. What /sync says meanwhile is newer.
func (c *Conn) fetchPresence(ctx context.Context, who string) {
	ctx, cancel := c.api.limited(ctx)
	defer cancel()
	var content presenceContent
	err := c.api.try(ctx, func() error {
		var err error
		content, err = c.askPresence(ctx, who)
		return err
	})
	if err != nil {
		c.log.Debug("matrix presence not known", slog.String("reason", brief(err)))
		return
	}
	p, ok := content.plain()
	c.mu.Lock()
	if ok && !c.people.get(who).heard {
		c.people.hear(who, p)
	}
	c.mu.Unlock()
	c.rouse()
}

// rouse has the clock look for changes.
func (c *Conn) rouse() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

// clock emits the presence that changes by itself, or that came otherwise than by /sync, says again
// that somebody still types, and tells of reactions and removals.
func (c *Conn) clock(ctx context.Context) {
	timer := time.NewTimer(c.times.Idle)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-c.kick:
		}
		c.mu.Lock()
		evs, wait := c.stillTyping(time.Now())
		reactions, soon := c.folded(time.Now())
		removals, later := c.cleared(time.Now())
		wait = min(wait, soon, later, c.people.next(time.Now(), c.times))
		c.mu.Unlock()
		if err := c.emitTurn(ctx, slices.Concat(evs, reactions, removals), nil); err != nil {
			wait = c.times.Retry
		}
		timer.Reset(wait)
	}
}
