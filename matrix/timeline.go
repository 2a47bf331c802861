package matrix

import (
	"context"
	"time"

	"msnbridge/bridge"
)

const (
	textEncrypted = "(This message is encrypted, and the gateway cannot read encrypted messages yet.)"
	textLeftOut   = "(Older messages were left out: there were too many.)"
	textMissing   = "(Older messages could not be had from the homeserver.)"
)

// timeline makes messages of the events of a direct chat.
func (c *Conn) timeline(ctx context.Context, b *batch, j *joined, p purpose, since string) error {
	evs := j.events
	if j.data.Timeline.Limited && c.reachesBack(j, p) {
		older, note, err := c.gap(ctx, j, p, since)
		if err != nil {
			return err
		}
		evs = append(older, evs...)
		if note != "" {
			b.add(c.networkLine(j, note, evs))
		}
	}
	if j.room.fresh {
		evs = sinceInvited(evs, c.me)
	}
	for i := range evs {
		if evs[i].Time < c.earliest(p) {
			continue
		}
		if err := c.message(ctx, b, j, &evs[i]); err != nil {
			return err
		}
	}
	return nil
}

// earliest is the time, in milliseconds, before which nothing is delivered. At the beginning of a
// login what came in the same second counts as older than it.
func (c *Conn) earliest(p purpose) int64 {
	s := c.login.Since
	if p == beginning {
		s++
	}
	return s * 1000
}

// reachesBack tells whether there may be events before those of the timeline that are wanted.
func (c *Conn) reachesBack(j *joined, p purpose) bool {
	if len(j.events) == 0 {
		return p == news
	}
	return j.events[0].Time >= c.earliest(p)
}

// sinceInvited leaves out what was said in a room before we were invited to it.
func sinceInvited(evs []anEvent, me string) []anEvent {
	for i := len(evs) - 1; i >= 0; i-- {
		if isInvite(&evs[i], me) {
			return evs[i+1:]
		}
	}
	return evs
}

func isInvite(e *anEvent, me string) bool {
	return e.Type == typeMember && e.StateKey != nil && *e.StateKey == me && membershipOf(e.Content) == "invite"
}

// networkLine is a line of the gateway itself in a conversation, before evs.
func (c *Conn) networkLine(j *joined, text string, evs []anEvent) bridge.Event {
	m := bridge.Message{Chat: addr(j.who), Via: j.room.id, Text: text, Time: time.Now()}
	if len(evs) > 0 {
		m.ID = "before " + evs[0].ID
		m.Time = time.UnixMilli(evs[0].Time)
	}
	return bridge.MessageReceived{Message: m}
}

// message makes events for the account of one event of a direct chat.
func (c *Conn) message(ctx context.Context, b *batch, j *joined, e *anEvent) error {
	b.seen[j.room.id] = append(b.seen[j.room.id], seenEvent{e.ID, e.Time})
	r, ok, err := c.read(ctx, j, e)
	if !ok || err != nil {
		return err
	}
	own := e.Sender == c.me
	c.mu.Lock()
	name := j.room.members[e.Sender]
	if !own {
		c.people.alive(j.who, time.UnixMilli(e.Time))
		delete(c.typists, j.who)
	}
	c.mu.Unlock()
	b.add(bridge.MessageReceived{Message: bridge.Message{
		ID: e.ID, Chat: addr(j.who), Via: j.room.id, From: addr(e.Sender), Name: name,
		Text: r.text, Emote: r.emote, Time: time.UnixMilli(e.Time), Own: own,
	}})
	if own {
		b.add(bridge.ReadElsewhere{Chat: addr(j.who), Via: j.room.id, ID: e.ID, Time: time.UnixMilli(e.Time)})
	}
	return nil
}

// read renders an event that the other person has sent, or we from another client. An encrypted
// one is kept.
func (c *Conn) read(ctx context.Context, j *joined, e *anEvent) (r rendering, ok bool, err error) {
	if e.StateKey != nil || e.Sender != j.who && e.Sender != c.me || c.ours(e) {
		return rendering{}, false, nil
	}
	switch e.Type {
	case typeEncrypted:
		if !lenient(e.Content, &struct{}{}) || string(e.Content) == "{}" {
			return rendering{}, false, nil // redacted
		}
		return rendering{text: textEncrypted}, true, c.keepEncrypted(ctx, j.room.id, e)
	case typeMessage, typeSticker:
		r, ok = render(e.Type, e.Content)
		if !ok && string(e.Content) != "{}" {
			c.passOver("message", e.ID)
		}
	}
	return r, ok, nil
}

// ours tells whether we have sent an event ourselves: the homeserver says so to the device that
// has, and our key is in what we write.
func (c *Conn) ours(e *anEvent) bool {
	if e.Sender != c.me {
		return false
	}
	return e.Unsigned.TransactionID != "" || keyOf(e) != ""
}

// keyOf is our own key in an event, which is the ID of the message that we were given to send.
func keyOf(e *anEvent) string {
	var in content
	lenient(e.Content, &in)
	return in.Key
}
