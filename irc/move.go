package irc

import (
	"slices"
	"strings"
	"time"
)

const (
	// moveKey is the outbox's key of JOIN and PART: all channels together have one
	// turn among the conversations.
	moveKey = " channels"

	// moveTime is what the server has to answer a JOIN or PART.
	moveTime = time.Minute

	// maxMove bounds the channels in one line, and maxMoveBytes their names and keys.
	maxMove      = 20
	maxMoveBytes = 380
)

// A move is the next PART or JOIN. It is a job of one line, made of what is to be
// done when the line goes out; the next is queued when it has gone. So however
// many channels there are, messages find their turn.
type move struct{ joins, parts []*channel }

func (m *move) left() int { return min(len(m.joins)+len(m.parts), 1) }

// stir has the writer look at once whether channels are to be entered or left.
// The lock must be held.
func (c *Conn) stir() {
	c.channels.moveAt = time.Time{}
	signal(c.work)
}

// channelsDue does what is due about channels, and says when it wants to be called
// next.
func (c *Conn) channelsDue(now time.Time) time.Duration {
	return sooner(c.naming(now), sooner(c.move(now), c.tellSplits(now)))
}

// move queues the next JOIN or PART, and says when it wants to be called next.
// Nothing is entered before the server has said what it supports, and services know
// us: some channels let nobody in whom they do not.
func (c *Conn) move(now time.Time) time.Duration {
	chs := &c.channels
	if !c.poll.settled || chs.moving.left() > 0 {
		return never
	}
	if wait := max(chs.moveAt.Sub(now), c.identifying(now)); wait > 0 {
		return wait
	}
	joins, parts, wait := c.due(now)
	chs.moving.parts = c.lineful(parts, "PART")
	if len(parts) == 0 {
		chs.moving.joins = c.lineful(joins, "JOIN")
	}
	if chs.moving.left() > 0 {
		c.out.push(moveKey, chs.moving)
		return never
	}
	chs.moveAt = now.Add(wait)
	return wait
}

// due are the channels to be entered and left now, and how long the next can wait.
func (c *Conn) due(now time.Time) (joins, parts []*channel, wait time.Duration) {
	wait = time.Hour
	for _, ch := range slices.Clone(c.channels.all) {
		c.unanswered(ch, now)
		at := ch.since.Add(moveTime)
		switch {
		case ch.standing == outside && !ch.wanted():
			c.dropChannel(ch)
			continue
		case ch.standing == outside:
			if c.mayEnter(ch, now) {
				joins = append(joins, ch)
			}
			at = ch.due
		case ch.standing == inside:
			if !ch.wanted() {
				parts = append(parts, ch)
			}
			continue
		}
		wait = min(wait, max(0, at.Sub(now)))
	}
	slices.SortStableFunc(joins, func(a, b *channel) int { return a.due.Compare(b.due) })
	return joins, parts, wait
}

// unanswered gives up a JOIN or PART that the server has not answered.
func (c *Conn) unanswered(ch *channel, now time.Time) {
	if now.Sub(ch.since) < moveTime {
		return
	}
	switch ch.standing {
	case entering:
		c.refused(ch, "the server does not answer", slowly)
	case leaving:
		ch.stand(outside)
	}
}

// lineful is as many of the channels as one line takes.
func (c *Conn) lineful(list []*channel, command string) []*channel {
	size, n := 0, 0
	for n < min(len(list), c.support.targetsOf(command), maxMove) {
		size += len(list[n].name) + len(list[n].key) + 2
		if n > 0 && size > maxMoveBytes {
			break
		}
		n++
	}
	return list[:n]
}

// line makes the line, of those for whom it is still right.
func (m *move) line(c *Conn) (string, error) {
	joins, parts := m.joins, m.parts
	m.joins, m.parts = nil, nil
	c.stir()
	parts = slices.DeleteFunc(parts, func(ch *channel) bool { return ch.standing != inside || ch.wanted() })
	joins = slices.DeleteFunc(joins, func(ch *channel) bool { return ch.standing != outside || !ch.wanted() })
	switch {
	case len(parts) > 0:
		return c.moveLine("PART", parts, leaving)
	case len(joins) > 0:
		return c.moveLine("JOIN", joins, entering)
	}
	return "", nil
}

// moveLine makes a line of channels; those with a key come first, and their keys
// follow in the same order (RFC 2812, 3.2.1).
func (c *Conn) moveLine(command string, list []*channel, s standing) (string, error) {
	var names, keys []string
	slices.SortStableFunc(list, func(a, b *channel) int { return min(len(b.key), 1) - min(len(a.key), 1) })
	for _, ch := range list {
		names = append(names, ch.name)
		if ch.key != "" && s == entering {
			keys = append(keys, ch.key)
		}
		ch.stand(s)
	}
	params := []string{strings.Join(names, ",")}
	if len(keys) > 0 {
		params = append(params, strings.Join(keys, ","))
	}
	if len(list) == 1 && s == leaving && list[0].farewell != "" {
		params = append(params, list[0].farewell)
	}
	return encode(nil, command, params...)
}
