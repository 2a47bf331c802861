package matrix

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"msnbridge/bridge"
)

// ephemerals takes in what is not kept of conversations, if it is news.
func (c *Conn) ephemerals(ctx context.Context, b *batch, chats []*joined) {
	for _, j := range chats {
		if b.purpose == news {
			c.ephemeral(ctx, b, j)
		}
	}
}

// ephemeral takes in who types and who has read what in a conversation; the latter later if it has to
// wait.
func (c *Conn) ephemeral(ctx context.Context, b *batch, j *joined) {
	for _, raw := range j.data.Ephemeral.Events {
		e, ok := parseEvent(raw)
		if !ok {
			c.passOver("ephemeral event", j.room.id)
			continue
		}
		switch {
		case e.Type == typeTyping:
			c.typingEvent(b, j, &e)
		case e.Type == typeReceipt && !j.waits:
			c.receipts(ctx, b, j, &e)
		}
	}
}

// typingEvent takes in who types now in a conversation: of a room only while a window shows it.
func (c *Conn) typingEvent(b *batch, j *joined, e *anEvent) {
	var content struct {
		Users []string `json:"user_ids"`
	}
	if !lenient(e.Content, &content) {
		c.passOver("typing", j.room.id)
	}
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.typists {
		if key.room == j.room.id && !slices.Contains(content.Users, key.who) {
			delete(c.typists, key)
		}
	}
	if j.who != "" && slices.Contains(content.Users, j.who) {
		c.people.alive(j.who, now)
		c.types(b, typistKey{j.room.id, j.who}, bridge.Typing{Chat: j.chat, From: j.chat}, now)
	}
	if j.who != "" || c.rosters[j.room.id] == nil {
		return
	}
	for _, who := range validUsers(content.Users, maxTypists) {
		if who != c.me {
			c.types(b, typistKey{j.room.id, who}, bridge.Typing{Chat: j.chat, From: addr(who), Name: j.called(who)}, now)
		}
	}
}

// types notes that somebody types, and says so. Conn.mu is held.
func (c *Conn) types(b *batch, key typistKey, ev bridge.Typing, now time.Time) {
	c.typists[key] = typist{event: ev, since: now, told: now}
	b.add(ev)
	c.rouse()
}

// A receipt says until when somebody has read (client-server API, 11.7).
type receipt struct {
	Time   int64  `json:"ts"`
	Thread string `json:"thread_id"`
}

// receipts takes in an event with receipts: by event, kind and user.
func (c *Conn) receipts(ctx context.Context, b *batch, j *joined, e *anEvent) {
	var byEvent map[string]map[string]map[string]json.RawMessage
	if !lenient(e.Content, &byEvent) {
		c.passOver("receipt", j.room.id)
		return
	}
	for event, byKind := range byEvent {
		for _, kind := range []string{"m.read", "m.read.private"} {
			var r receipt
			if lenient(byKind[kind][c.me], &r) && validEvent(event) && (r.Thread == "" || r.Thread == "main") && !c.toldRead(j.room.id, event) {
				c.weHaveRead(ctx, b, j, event, r)
			}
			if lenient(byKind[kind][j.who], &r) && r.Time > 0 {
				c.mu.Lock()
				c.people.alive(j.who, time.UnixMilli(sensibleTime(r.Time)))
				c.mu.Unlock()
			}
		}
	}
}

// weHaveRead says that another client has shown everything up to an event.
func (c *Conn) weHaveRead(ctx context.Context, b *batch, j *joined, event string, r receipt) {
	at, ok := c.timeOf(ctx, b, j, event)
	if !ok {
		at = sensibleTime(r.Time)
	}
	b.add(bridge.ReadElsewhere{Chat: j.chat, Via: j.room.id, ID: event, Time: time.UnixMilli(at)})
}

// timeOf is when an event was sent. The homeserver is asked if need be: what came after the event,
// but before the receipt, has not been read. In a room the time of the receipt is good enough.
func (c *Conn) timeOf(ctx context.Context, b *batch, j *joined, event string) (ms int64, ok bool) {
	for _, e := range b.seen[j.room.id] {
		if e.id == event {
			return e.time, true
		}
	}
	c.mu.Lock()
	seen, ok := j.room.seen(event)
	c.mu.Unlock()
	if ok && seen.time > 0 {
		return seen.time, true
	}
	if j.who == "" {
		return 0, false
	}
	e, err := c.fetch(ctx, b, j.room.id, event)
	return e.Time, err == nil
}
