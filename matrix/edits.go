package matrix

import (
	"context"
	"time"

	"msnbridge/bridge"
)

const relReplace = "m.replace"

// corrects tells of a message that takes the place of another (client-server API, 11.5).
func (c *content) corrects() bool {
	return c.RelatesTo.Type == relReplace && validEvent(c.RelatesTo.EventID) && lenient(c.New, &struct{}{})
}

// correction makes events of a correction: while the message waits it is replaced, and one that was
// shown is followed by a line. Only its sender may correct a message.
func (c *Conn) correction(ctx context.Context, b *batch, j *joined, e *anEvent, in *content) error {
	old, ok := c.original(ctx, b, j.room, in.RelatesTo.EventID)
	if old.kind == saidGone || old.kind == saidReaction || old.sender != "" && old.sender != e.Sender {
		c.passOver("correction", e.ID)
		return nil
	}
	r, there := render(e.Type, in.New, c.namesIn(j.room))
	if !there {
		c.passOver("correction", e.ID)
		return nil
	}
	if !ok || old.sender == "" { // nobody knows what it corrects
		old = said{id: in.RelatesTo.EventID, time: e.Time}
	}
	b.add(c.replaced(j, e, old, r))
	c.noteCorrection(b, j.room.id, e, old, r)
	return nil
}

// original finds the message that a correction is about; one that corrects a correction is taken
// for one of the message itself.
func (c *Conn) original(ctx context.Context, b *batch, r *room, id string) (said, bool) {
	s, ok := c.referred(ctx, b, r, id)
	if s.kind == saidCorrection {
		by := s.sender
		if s, ok = c.referred(ctx, b, r, s.of); s.sender != by {
			return said{kind: saidGone}, true
		}
	}
	if s.kind == saidCorrection {
		s.kind = saidGone
	}
	return s, ok
}

// replaced is what a correction does in the conversation.
func (c *Conn) replaced(j *joined, e *anEvent, old said, r rendering) bridge.Event {
	line := r
	line.format, line.text = bridge.Format{}, correctionLine(old, r)
	shown := bridge.MessageReceived{Message: c.compose(j, e, line)}
	if shown.Message.Own {
		return shown // nothing of our own waits
	}
	r.text = placed(old.lead, r)
	waiting := c.compose(j, inner(e), r)
	waiting.ID, waiting.Time = old.id, time.UnixMilli(old.time)
	ev := bridge.MessageReplaced{Chat: j.chat, ID: old.id, New: &waiting, Else: shown}
	if line.text == "" {
		ev.Else = nil
	}
	return ev
}

// inner is a correction as if it were the message that it makes.
func inner(e *anEvent) *anEvent {
	var in content
	now := *e
	if lenient(e.Content, &in) {
		now.Content = in.New
	}
	return &now
}

func (c *Conn) noteCorrection(b *batch, room string, e *anEvent, old said, r rendering) {
	b.talk.put(room, said{id: e.ID, sender: e.Sender, kind: saidCorrection, of: old.id, fetched: true, time: e.Time})
	if old.kind == saidMessage || old.kind == saidSealed {
		old.kind, old.text, old.whole, old.emote = saidMessage, r.text, true, r.emote
		b.talk.put(room, old)
	}
}

// noteOurs remembers what was sent through us, unless that is known already.
func (c *Conn) noteOurs(b *batch, j *joined, e *anEvent) {
	s, ok := ownWords(e)
	if !ok {
		return
	}
	if old, known := c.known(b, j.room.id, e.ID); known && !old.fetched || known && s.kind == saidCorrection {
		return
	}
	if s.kind == saidCorrection {
		id, text, emote := s.of, s.text, s.emote
		b.talk.put(j.room.id, said{id: e.ID, sender: e.Sender, kind: saidCorrection, of: id, fetched: true})
		old, known := c.known(b, j.room.id, id)
		if !known || old.kind != saidMessage {
			return
		}
		s = old
		s.text, s.emote, s.whole = text, emote, true
	}
	b.talk.put(j.room.id, s)
}
