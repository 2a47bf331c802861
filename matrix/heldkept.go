package matrix

import (
	"context"
	"slices"
)

const stateGap = "gap/" // prefix, and a room: a keptGap

// A keptGap is what is kept of a gap, so that it is read after the connection has ended. What was
// held is then read back too, from the position.
type keptGap struct {
	To      string  `json:"to"`
	Who     string  `json:"who,omitempty"`
	Purpose purpose `json:"purpose,omitempty"`
	Fresh   bool    `json:"fresh,omitempty"`
}

// keepGap keeps that there is a gap, unless nothing would be lost without it.
func (c *Conn) keepGap(ctx context.Context, b *batch, j *joined) error {
	c.mu.Lock()
	g := c.gaps[j.room.id]
	noted := g != nil && g.noted
	c.mu.Unlock()
	if noted || !j.cut && len(j.events) == 0 {
		return nil
	}
	kept := keptGap{To: b.since, Who: j.who, Purpose: j.purpose, Fresh: j.fresh}
	if err := c.put(ctx, stateGap+j.room.id, kept); err != nil {
		return err
	}
	j.noted = true
	return nil
}

// forgetGaps deletes the notes of gaps.
func (c *Conn) forgetGaps(ctx context.Context, rooms []string) error {
	for _, room := range rooms {
		if err := c.login.State.Delete(ctx, stateGap+room); err != nil {
			return err
		}
	}
	return nil
}

// recallGaps goes on with the gaps of the last connection. Those in rooms that we are not in any more,
// before a position that was not taken or is not used any more, are none.
func (c *Conn) recallGaps(ctx context.Context, first *batch) error {
	keys, err := c.login.State.Keys(ctx, stateGap)
	if err != nil {
		return err
	}
	for _, key := range keys {
		id := key[len(stateGap):]
		var kept keptGap
		if err := c.get(ctx, key, &kept); err != nil {
			return err
		}
		if c.resumeGap(first, id, kept) || slices.ContainsFunc(first.held, func(j *joined) bool { return j.noted && j.room.id == id }) {
			continue
		}
		if err := c.login.State.Delete(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

func (c *Conn) resumeGap(first *batch, room string, kept keptGap) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, position := c.rooms.rooms[room], string(c.login.Position)
	if first.purpose != background || r == nil || kept.To == position {
		return false
	}
	g := &gap{room: r, to: c.feed.mark(kept.To), who: kept.Who, purpose: kept.Purpose, fresh: kept.Fresh, noted: true}
	c.startReader(c.openGap(g, c.feed.mark(position)))
	return true
}
