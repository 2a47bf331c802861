package matrix

import (
	"fmt"
	"time"

	"msnbridge/bridge"
)

// A removal is what somebody does to many messages when they take them back or remove them.
type removal struct {
	chat bridge.Addr
	done string // "Bob has removed"
}

// fewRemovals is how many of them are told one by one; the others are counted.
const fewRemovals = 3

// A clearing is removals of one kind that follow upon each other.
type clearing struct {
	since time.Time
	count int
}

// removed is the line about a redaction, nil if it is only counted. A message that waits needs none,
// which only the account knows.
func (c *Conn) removed(b *batch, r removal, line string) bridge.Event {
	before := 0
	for _, o := range b.talk.removals {
		if o == r {
			before++
		}
	}
	c.mu.Lock()
	if at := c.clearings[r]; at != nil {
		before += at.count
	}
	c.mu.Unlock()
	b.talk.removals = append(b.talk.removals, r)
	if before >= fewRemovals {
		return nil
	}
	return bridge.Remark{Chat: r.chat, Text: line}
}

// clear takes in removals. Conn.mu is held.
func (c *Conn) clear(rs []removal) {
	if c.clearings == nil {
		c.clearings = map[removal]*clearing{}
	}
	for _, r := range rs {
		at := c.clearings[r]
		switch {
		case at == nil && len(c.clearings) >= maxFolds:
			continue
		case at == nil:
			at = &clearing{since: time.Now()}
			c.clearings[r] = at
		}
		at.count++
	}
}

// cleared are the lines about removals that were only counted, when their time has come, and when to
// look again. Conn.mu is held.
func (c *Conn) cleared(now time.Time) (evs []bridge.Event, wait time.Duration) {
	wait = c.times.Idle
	for r, at := range c.clearings {
		if left := at.since.Add(c.times.Fold).Sub(now); left > 0 {
			wait = min(wait, left)
			continue
		}
		delete(c.clearings, r)
		switch more := at.count - fewRemovals; {
		case more == 1:
			evs = append(evs, bridge.Remark{Chat: r.chat, Text: "(" + r.done + " one more message)"})
		case more > 1:
			evs = append(evs, bridge.Remark{Chat: r.chat, Text: fmt.Sprintf("(%s %d more messages)", r.done, more)})
		}
	}
	return evs, wait
}
