package bridge

import (
	"context"
	"errors"
	"strings"
	"time"
)

// sendTime is how long a message may take until its writer has an answer.
const sendTime = 45 * time.Second

// mostOutgoing bounds what is on its way out of one conversation; more is refused.
const mostOutgoing = 1000

// An outgoing is a message on its way to a network.
type outgoing struct {
	msg   Message
	typed time.Time
	done  func(error) (told bool)
}

// An outbox holds what waits to be sent in one conversation, in order. A
// goroutine of the login lives while there is something in it.
type outbox struct {
	queue   []*outgoing
	running bool
	moved   time.Time // when the network last took a message
}

func (c *Chat) send(o *outgoing) {
	a := c.a
	switch {
	case c.addr.Network == Service:
		o.done(nil)
		a.command(o.msg.Text)
		return
	case o.msg.Command != "" && strings.Contains(strings.TrimSpace(o.msg.Text), "\n"):
		o.done(&SendError{Reason: "a command is one line"})
		return
	}
	if !a.reaches(c.addr.Network) {
		o.done(&SendError{Reason: "you have no login on that network"})
		return
	}
	l := a.logins[c.addr.Network]
	if l.over != nil {
		o.done(&SendError{Reason: "your login on that network is just being removed or replaced"})
		return
	}
	c = c.now()
	if c.underway >= mostOutgoing {
		o.done(&SendError{Reason: "too many messages are waiting"})
		return
	}
	c.answered()
	c.underway++
	o.msg.Via = c.via
	keep := func(tx Tx) error { return tx.AddOutgoing(a.handle, o.msg) }
	if o.msg.Command != "" {
		keep = func(Tx) error { return nil } // but it waits for the texts before it
	}
	a.b.update(keep, func(err error) {
		if err != nil {
			o.done(&SendError{Err: ErrStore})
			a.turn.settle(func() { a.leftBox(o.msg) })
			return
		}
		l.send(o)
	})
}

// leftBox notes that a message is no longer on its way.
func (a *account) leftBox(m Message) {
	if c := a.chats[m.Chat]; c != nil && c.underway > 0 {
		c.underway--
	}
}

// send puts a message that the store has into its outbox. It does not wait.
func (l *login) send(o *outgoing) {
	l.mu.Lock()
	box := l.boxes[o.msg.Chat]
	if box == nil {
		box = &outbox{}
		l.boxes[o.msg.Chat] = box
	}
	box.queue = append(box.queue, o)
	start := !box.running
	box.running = true
	l.mu.Unlock()
	if start && !l.a.b.spawn(func(context.Context) { l.drain(o.msg.Chat, box) }) {
		l.abandon(o.msg.Chat, box)
	}
}

// drain sends what is in an outbox, one after another, until it is empty.
func (l *login) drain(chat Addr, box *outbox) {
	for l.ctx.Err() == nil {
		l.mu.Lock()
		if len(box.queue) == 0 {
			box.running = false
			delete(l.boxes, chat)
			l.mu.Unlock()
			return
		}
		o := box.queue[0]
		box.queue = box.queue[1:]
		l.mu.Unlock()
		err := l.deliver(o, box.moved)
		if l.ctx.Err() != nil && err != nil {
			l.leaveForLater(o)
			break
		}
		if err == nil {
			box.moved = time.Now()
		}
		l.finish(o, err)
	}
	l.abandon(chat, box)
}

// deliver has the network send a message, and waits for the outcome. If the
// connection ends before that is known, the next one is asked, as after a restart.
// Its time begins when it was typed, or when the one before it moved.
func (l *login) deliver(o *outgoing, moved time.Time) error {
	began := o.typed
	if moved.After(began) {
		began = moved
	}
	ctx, cancel := withPatience(l.ctx, time.Until(began.Add(sendTime)))
	defer cancel()
	outcome := &SendError{Unknown: o.msg.Retry, Reason: "not connected to " + l.net.Title()}
	for {
		c := l.waitLive(ctx)
		if c == nil {
			return outcome // the time is over: it has not been handed to this connection
		}
		err := c.Send(ctx, o.msg)
		if err == nil {
			return nil
		}
		before := outcome
		if !errors.As(err, &outcome) {
			outcome = &SendError{Unknown: true, Err: err}
		}
		if o.msg.Retry && outcome.Unknown && outcome.Parts == 0 { // nothing new is known
			outcome.Sent, outcome.Parts = before.Sent, before.Parts
		}
		switch {
		case !outcome.Unknown && lostWith(ctx, c, outcome): // the next one may send it as if it were new
		case !outcome.Unknown || o.msg.Retry || o.msg.Command != "" || !ending(ctx, c, outcome):
			return outcome
		default:
			o.msg.Retry = true
		}
	}
}

// lostWith tells whether a message was not refused but only not sent, because its
// connection has ended.
func lostWith(ctx context.Context, c Conn, failure *SendError) bool {
	switch {
	case failure.Sent > 0:
		return false
	case failure.Reason != "" && !errors.Is(failure, ErrClosed):
		return over(c)
	}
	return ending(ctx, c, failure)
}

// ending tells whether a connection on which a message got lost is ending. One that
// says so may take a while for what it still has to hand over.
func ending(ctx context.Context, c Conn, failure *SendError) bool {
	if !errors.Is(failure, ErrClosed) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Second)
		defer cancel()
	}
	select {
	case <-c.Done():
		return true
	case <-ctx.Done():
		return false
	}
}

// abandon leaves what is in an outbox to the next start of the service.
func (l *login) abandon(chat Addr, box *outbox) {
	l.mu.Lock()
	rest := box.queue
	box.queue, box.running = nil, false
	delete(l.boxes, chat)
	l.mu.Unlock()
	for _, o := range rest {
		l.leaveForLater(o)
	}
}

// leaveForLater tells the writer of a message that stays in the store that it is
// not known what will become of it. If the login was removed, the store has
// forgotten the message as well.
func (l *login) leaveForLater(o *outgoing) {
	o.done(&SendError{Unknown: true, Err: ErrClosed})
	l.a.turn.settle(func() { l.a.leftBox(o.msg) })
}

// resume sends again what was under way when the service ended.
func (a *account) resume(ms []Message) {
	for _, m := range ms {
		m.Retry = true
		o := &outgoing{m, time.Now(), func(error) bool { return false }}
		if l := a.logins[m.Chat.Network]; l != nil {
			l.send(o)
		} else {
			a.finished(m, &SendError{Unknown: true}, false)
		}
	}
}
