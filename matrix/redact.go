package matrix

import (
	"context"
	"strings"

	"msnbridge/bridge"
)

// redaction makes events of one: what waits is not shown, and what was shown is followed by a quiet
// line. That of a reaction or of a correction is not told.
func (c *Conn) redaction(ctx context.Context, b *batch, j *joined, e *anEvent) error {
	target, ok := c.redacted(ctx, b, j.room.id, e)
	if !ok {
		c.passOver("redaction", e.ID)
		return nil
	}
	s, there := c.known(b, j.room.id, target)
	if !there {
		s = c.leftOf(ctx, b, j.room, target)
	}
	gone := s
	gone.id, gone.kind, gone.text, gone.fetched = target, saidGone, "", gone.fetched || !there
	b.talk.put(j.room.id, gone)
	b.talk.undo(target)
	c.mu.Lock()
	c.unreact(j.room.id, target)
	c.mu.Unlock()
	if place := c.placeOf(j, s.sender); s.sender != "" && place != nil {
		j = place
	}
	c.dropWaiting(b, j, target)
	ev := bridge.MessageReplaced{Chat: j.chat, ID: target}
	if (s.kind == saidMessage || s.kind == saidSealed) && !c.ignores(s.sender) && !c.ignores(e.Sender) {
		ev.Else = c.redactionLine(b, j, e.Sender, s)
	}
	b.add(ev)
	return nil
}

// dropWaiting forgets an encrypted event that could not be read yet, and the line in its place.
func (c *Conn) dropWaiting(b *batch, j *joined, event string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range c.kept {
		if strings.HasSuffix(key, "/"+event) {
			b.read = append(b.read, key)
			b.add(bridge.MessageReplaced{Chat: j.chat, ID: waitingID(event)})
		}
	}
}

// redacted is the event that a redaction is about. Up to version 10 of rooms the event itself says
// so, later its content does, and homeservers should write both for clients (client-server API,
// 11.8.1). Where only the content says so, or something else, the sender may have made it up for a
// room in which it means nothing: then the homeserver is asked.
func (c *Conn) redacted(ctx context.Context, b *batch, room string, e *anEvent) (id string, ok bool) {
	var in struct {
		Redacts string `json:"redacts"`
	}
	lenient(e.Content, &in)
	switch {
	case e.Redacts == in.Redacts || in.Redacts == "":
		return e.Redacts, validEvent(e.Redacts)
	case !validEvent(in.Redacts):
		return e.Redacts, validEvent(e.Redacts)
	}
	for _, id := range []string{in.Redacts, e.Redacts} {
		if !validEvent(id) {
			continue
		}
		if target, err := c.fetch(ctx, b, room, id); err != nil || emptied(&target) {
			return id, true
		}
	}
	return "", false
}

// leftOf is what can still be known of an event that was redacted.
func (c *Conn) leftOf(ctx context.Context, b *batch, r *room, id string) said {
	e, err := c.fetch(ctx, b, r.id, id)
	if err != nil || e.StateKey != nil {
		return said{}
	}
	s := said{sender: e.Sender, name: c.called(r, e.Sender), fetched: true}
	if renderers[e.Type] != nil || e.Type == typeEncrypted {
		s.kind = saidMessage
	}
	return s
}

// redactionLine says who has taken back what.
func (c *Conn) redactionLine(b *batch, j *joined, by string, s said) bridge.Event {
	done, what := c.calledIn(j, by)+" has", " a message"
	if by == c.me {
		done = "You have"
	}
	if by == s.sender {
		done += " taken back"
	} else {
		author := orSo(s.name, "somebody")
		if s.sender == c.me {
			author = "yours"
		}
		done, what = done+" removed", what+" of "+author
	}
	if s.text != "" {
		what += ": " + quoted(s.text)
	}
	return c.removed(b, removal{j.chat, done}, "("+done+what+")")
}
