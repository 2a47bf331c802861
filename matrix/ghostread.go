package matrix

import (
	"context"
	"slices"
)

// What is pushed may be ahead of what can be read: a homeserver need not have both in the same place
// (Dendrite).
const (
	lagTries = 6               // to read a room as far as it was pushed
	maxAhead = maxHeldRoom / 4 // bytes of events that may be pushed before they can be read
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

// mayBeAhead are those of what was held that may not be found in the room yet, and how large they are.
func (c *Conn) mayBeAhead(held []anEvent) (last []anEvent, size int) {
	at := len(held)
	for c.ghosts != nil && at > 0 && size+len(held[at-1].raw) <= maxAhead {
		at--
		size += len(held[at].raw)
	}
	return slices.Clone(held[at:]), size
}
