package matrix

import (
	"context"
	"slices"
)

// What is pushed may be ahead of what can be read: a homeserver need not have both in the same place
// (Dendrite).
const (
	lagTries = 6  // to read a room as far as it was pushed
	lagHeld  = 50 // events that may be pushed before they can be read
)

// pagesUpToDate is pages for a room that may just have been entered: it is read again until there is
// the event by which the ghost has come, as then there is all before it too.
func (c *Conn) pagesUpToDate(ctx context.Context, j *joined, from, to string, requests int) (older []anEvent, left bool, err error) {
	wait := c.times.Retry / 4
	for try := 1; ; try++ {
		older, left, err = c.pages(ctx, j, from, to, requests)
		if err != nil || left || c.ghosts == nil || !j.fresh || from != roomEnd || try == lagTries || c.hasCome(older) {
			return older, left, err
		}
		if pause(ctx, wait) != nil {
			return older, left, nil
		}
		wait *= 2
	}
}

func (c *Conn) hasCome(evs []anEvent) bool {
	return slices.ContainsFunc(evs, func(e anEvent) bool { return isOurs(&e, c.me, "join") })
}

// mayBeAhead are those of what was held that may not be found in the room yet.
func (c *Conn) mayBeAhead(held []anEvent) []anEvent {
	if c.ghosts == nil {
		return nil
	}
	return slices.Clone(held[max(0, len(held)-lagHeld):])
}
