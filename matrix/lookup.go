package matrix

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"time"
)

// Bounds of asking for events that others refer to.
const (
	maxLookups = 20 // for one answer to /sync
	lookupTime = 3 * time.Second
	lookupsAll = 3 * time.Second // after which no more are begun for one answer
)

// referred finds an event of a room that another one refers to, and asks the homeserver for it if
// need be. It is not ok if it cannot be known whether there is such an event.
func (c *Conn) referred(ctx context.Context, b *batch, r *room, id string) (s said, ok bool) {
	if !validEvent(id) {
		return said{}, true
	}
	if s, ok := c.known(b, r.id, id); ok {
		return s, true
	}
	e, err := c.fetch(ctx, b, r.id, id)
	switch {
	case definite(err):
		s = said{id: id}
	case err != nil:
		return said{}, false
	default:
		s = c.describe(ctx, r, &e)
	}
	s.fetched = true
	b.talk.put(r.id, s)
	return s, true
}

// fetch asks for an event.
func (c *Conn) fetch(ctx context.Context, b *batch, room, id string) (anEvent, error) {
	if b.talk.lookups++; b.talk.lookups > maxLookups || b.talk.spent > lookupsAll {
		return anEvent{}, errTooMany
	}
	defer func(began time.Time) { b.talk.spent += time.Since(began) }(time.Now())
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	e, err := c.api.event(ctx, room, id)
	if err != nil {
		c.log.Debug("matrix event not found", slog.String("reason", brief(err)))
	}
	return e, err
}

// describe is what is to be remembered of an event that was asked for.
func (c *Conn) describe(ctx context.Context, r *room, e *anEvent) said {
	s := said{id: e.ID, sender: e.Sender, name: c.called(r, e.Sender), time: e.Time, kind: saidGone}
	if e.StateKey != nil || emptied(e) {
		return s
	}
	e, ok := c.readable(ctx, r.id, e)
	if !ok {
		s.kind = saidSealed
		return s
	}
	var in content
	lenient(e.Content, &in)
	s.ours, s.thread, s.ballot = in.ours(), in.RelatesTo.thread(), ballotOf(e.Type, e.Content)
	switch {
	case e.Type == typeReaction:
		s.kind, s.of = saidReaction, in.RelatesTo.EventID
	case in.corrects():
		s.kind, s.of = saidCorrection, in.RelatesTo.EventID
	default:
		c.describeText(r, e.Type, c.latest(ctx, r.id, e), &s)
	}
	return s
}

// describeText takes the text of a message.
func (c *Conn) describeText(r *room, kind string, raw json.RawMessage, s *said) {
	text, ok := render(kind, raw, c.namesIn(r))
	if !ok {
		return
	}
	s.kind, s.text, s.whole, s.emote = saidMessage, text.text, true, text.emote
}

// latest is the content of a message as it was corrected last, if the homeserver says so
// (client-server API, 11.5). What corrects an encrypted message is encrypted too.
func (c *Conn) latest(ctx context.Context, room string, e *anEvent) json.RawMessage {
	var whole struct {
		Type     string `json:"type"`
		Unsigned struct {
			Relations struct {
				Replace json.RawMessage `json:"m.replace"`
			} `json:"m.relations"`
		} `json:"unsigned"`
	}
	lenient(e.raw, &whole)
	by, ok := parseRoomEvent(whole.Unsigned.Relations.Replace)
	if !ok || by.Sender != e.Sender || by.Type != whole.Type {
		return e.Content
	}
	now, ok := c.readable(ctx, room, &by)
	var in content
	if !ok || now.Type != e.Type || !lenient(now.Content, &in) || !in.corrects() || in.RelatesTo.EventID != e.ID {
		return e.Content
	}
	return in.New
}

// readable is an event that was asked for as it was before it was encrypted.
func (c *Conn) readable(ctx context.Context, room string, e *anEvent) (*anEvent, bool) {
	if e.Type != typeEncrypted {
		return e, true
	}
	clear, err := c.unsealed(ctx, room, e)
	return &clear, err == nil
}

// emptied tells of an event that was redacted: nothing that matters is left of it.
func emptied(e *anEvent) bool {
	var left struct {
		Unsigned struct {
			Because json.RawMessage `json:"redacted_because"`
		} `json:"unsigned"`
	}
	lenient(e.raw, &left)
	return string(e.Content) == "{}" || len(left.Unsigned.Because) > 0
}

// namesIn tells what the people in a room are called.
func (c *Conn) namesIn(r *room) namer {
	return func(user string) string {
		c.mu.Lock()
		defer c.mu.Unlock()
		return r.members[user].name
	}
}

// calledIn is called for somebody who may have left since.
func (c *Conn) calledIn(j *joined, who string) string {
	if name := j.names[who]; name != "" && !c.isMember(j.room, who) {
		return name
	}
	return c.called(j.room, who)
}

// called is what we call somebody in a room when we speak of them.
func (c *Conn) called(r *room, who string) string {
	if who == c.me {
		return "You"
	}
	c.mu.Lock()
	name := r.called(who)
	c.mu.Unlock()
	if name != who {
		return name
	}
	local, _, _ := strings.Cut(strings.TrimPrefix(who, "@"), ":")
	return orSo(cleanName(local), "somebody")
}
