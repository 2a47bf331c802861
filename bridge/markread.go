package bridge

import (
	"context"
	"errors"
)

// mostMarks bounds the conversations of a login of which it has still to be said
// that they were read. What is beyond is not said.
const mostMarks = 1000

// A place is where in a conversation something was said; see Message.Via.
type place struct {
	chat Addr
	via  string
}

// readMarks say what windows have shown, and the network has not been told of: of
// each place the newest. A goroutine lives while a place is being told of.
type readMarks struct {
	next map[place]readMark
	busy map[place]bool
	held map[place]readMark // not taken by the network: for the next connection
	deaf bool               // the connection knows no such thing: nothing is noted
}

// A readMark is the newest message that was shown at a place.
type readMark struct {
	m     Message
	again bool // it has failed once
}

// noteRead has the network told that a window has shown a message, and all before
// it. Nobody can tell by it that a hidden user is there: it waits for an answer.
func (c *Chat) noteRead(m Message) {
	if m.ID == "" || m.Own || m.From.IsZero() || c.addr.Network == Service {
		return
	}
	if c.a.session != nil && c.a.presence.State == Hidden {
		c.unsaid = &m
		return
	}
	c.unsaid = nil
	if l := c.a.logins[c.addr.Network]; l != nil {
		l.markRead(m)
	}
}

// answered notes that the user has written in the conversation.
func (c *Chat) answered() {
	m := c.unsaid
	if l := c.a.logins[c.addr.Network]; m != nil && l != nil {
		c.unsaid = nil
		l.markRead(*m)
	}
}

// markRead does not wait.
func (l *login) markRead(m Message) {
	p := place{m.Chat, m.Via}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.marks.deaf {
		return
	}
	if l.marks.next == nil {
		l.marks = readMarks{next: map[place]readMark{}, busy: map[place]bool{}, held: map[place]readMark{}}
	}
	if _, there := l.marks.next[p]; there || len(l.marks.next)+len(l.marks.held) < mostMarks {
		delete(l.marks.held, p)
		l.marks.next[p] = readMark{m: m}
		l.startMarking(p)
	}
}

// startMarking is called with the lock held.
func (l *login) startMarking(p place) {
	if l.conn != nil && !l.marks.busy[p] {
		l.marks.busy[p] = l.a.b.spawn(func(context.Context) { l.tellRead(p) })
	}
}

// markHeld tries again, once, what the last connection has not taken.
func (l *login) markHeld() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p, mark := range l.marks.held {
		l.marks.next[p] = mark
	}
	clear(l.marks.held)
	for p := range l.marks.next {
		l.startMarking(p)
	}
}

// tellRead tells the network what was read at a place, until there is nothing new.
func (l *login) tellRead(p place) {
	for {
		mark, c, ok := l.nextMark(p)
		if !ok {
			return
		}
		var unsupported bool
		err := l.call("mark read", func(ctx context.Context) error {
			err := c.MarkRead(ctx, mark.m)
			unsupported = errors.Is(err, errors.ErrUnsupported)
			return err
		})
		switch {
		case unsupported:
			l.markNothing(c)
		case err != nil && !mark.again:
			l.holdMark(p, readMark{mark.m, true})
		}
	}
}

// markNothing takes note that a connection cannot be told what was read.
func (l *login) markNothing(c Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn == c {
		l.marks.deaf = true
		clear(l.marks.next)
	}
}

// nextMark is what is to be told next. ok is false if there is nothing, or nobody to
// be told: then the goroutine ends.
func (l *login) nextMark(p place) (mark readMark, c Conn, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	mark, ok = l.marks.next[p]
	if !ok || l.conn == nil || l.ctx.Err() != nil {
		delete(l.marks.busy, p)
		return readMark{}, nil, false
	}
	delete(l.marks.next, p)
	return mark, l.conn, true
}

// holdMark keeps a mark for the next connection, unless a newer one is there.
func (l *login) holdMark(p place, mark readMark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, newer := l.marks.next[p]; !newer {
		l.marks.held[p] = mark
	}
}
