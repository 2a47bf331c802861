package appservice

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"msnbridge/bridge"
)

// How often the control room is looked after by itself.
const (
	busyPause = 2 * time.Second  // while somebody signs in, or something waits to be said
	idlePause = 30 * time.Second // else
	tidyPause = time.Minute
)

// run looks after what no event brings, until ctx ends.
func (c *controlRoom) run(ctx context.Context) {
	named, tidied := false, time.Time{}
	for {
		if !named {
			named = c.try(ctx, "named", c.takeName)
		}
		if time.Since(tidied) >= tidyPause && c.try(ctx, "tidied", c.tidy) {
			tidied = time.Now()
		}
		signing, err := c.signIns(ctx)
		c.complain(ctx, "sign-ins not looked after", err)
		waiting, err := c.sayWaiting(ctx)
		c.complain(ctx, "answers not said", err)
		wait := idlePause
		if signing || waiting || !named {
			wait = c.busy
		}
		if !c.rest(ctx, wait) {
			return
		}
	}
}

// rest waits for d, or until there is a new link; false when ctx has ended.
func (c *controlRoom) rest(ctx context.Context, d time.Duration) bool {
	clock := time.NewTimer(d)
	defer clock.Stop()
	select {
	case <-clock.C:
	case <-c.s.linked:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// try does something, and tells whether it has worked.
func (c *controlRoom) try(ctx context.Context, what string, f func(context.Context) error) bool {
	err := f(ctx)
	c.complain(ctx, "control room not "+what, err)
	return err == nil
}

func (c *controlRoom) complain(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		c.log.Debug(what, slog.Any("err", err))
	}
}

// takeName gives the service's own user its name, unless it has been given that before: whoever calls
// it otherwise on the homeserver has their way.
func (c *controlRoom) takeName(ctx context.Context) error {
	name := c.s.config.Title
	if name == "" {
		name = "MSN"
	}
	b, err := c.s.book(ctx)
	if err != nil {
		return err
	}
	had, err := fact(ctx, b.db, factName)
	if err != nil || had == name {
		return err
	}
	if err := c.bot.callItself(ctx, name); err != nil {
		return err
	}
	return setFact(ctx, b.db, factName, name)
}

// tidy forgets what is too old, and what is of accounts that are not there any more.
func (c *controlRoom) tidy(ctx context.Context) error {
	b, err := c.s.book(ctx)
	if err != nil {
		return err
	}
	if err := b.tidy(ctx, time.Now()); err != nil {
		return err
	}
	accounts, err := b.accounts(ctx)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		if _, err := c.s.house.Account(ctx, account); !errors.Is(err, bridge.ErrNotFound) {
			continue
		}
		if err := b.forgetAccount(ctx, account); err != nil {
			return err
		}
		if err := c.s.readBlocks(ctx); err != nil {
			return err
		}
	}
	return nil
}

// sayWaiting says what waits in rooms that are still for two, and tells whether anything still waits.
func (c *controlRoom) sayWaiting(ctx context.Context) (bool, error) {
	b, err := c.s.book(ctx)
	if err != nil {
		return true, err
	}
	waiting, err := b.unsaid(ctx, "")
	if err != nil {
		return true, err
	}
	done := map[string]bool{}
	for _, n := range waiting {
		if !done[n.room] {
			done[n.room] = true
			c.complain(ctx, "an answer waits", c.sayIn(ctx, b, n.room))
		}
	}
	waiting, err = b.unsaid(ctx, "")
	return len(waiting) > 0, err
}

// sayIn says what waits in a room, or drops it where others would read it.
func (c *controlRoom) sayIn(ctx context.Context, b *book, room string) error {
	v, err := c.bot.look(ctx, room)
	if err != nil && !settled(err) {
		return err
	}
	if _, alone := v.alone(); alone {
		return c.flush(ctx, b, room)
	}
	waiting, err := b.unsaid(ctx, room)
	for _, n := range waiting {
		if err := b.said(ctx, n.answers); err != nil {
			return err
		}
	}
	return err
}

// wakeDesk has the control room look after what is new.
func (s *Service) wakeDesk() {
	select {
	case s.linked <- struct{}{}:
	default:
	}
}
