package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"msnbridge/bridge"
)

const (
	textWaiting  = "(This message cannot be read yet: its key has not come. It will be shown when it has.)"
	textWithheld = "(This message cannot be read: %s.)"
	textBroken   = "(This message cannot be decrypted.)"
	textDoubtful = "(%s writes from a session that %[1]s has not verified.)"
)

// A withheldError says why the key of a message is kept from us, by a code (client-server API,
// 11.12.4.3).
type withheldError string

func (e withheldError) Error() string {
	return orSo(withheldWords[string(e)], "its writer's client does not give this gateway the key")
}

var withheldWords = map[string]string{
	"m.unverified":   "its writer's client gives keys to verified sessions only; say matrix verify to verify this gateway",
	"m.blacklisted":  "its writer's client has shut out this gateway",
	"m.unauthorised": "this gateway's session may not have the key",
	"m.unavailable":  "nobody has the key any more",
}

// keptEvent is what is kept of an encrypted event.
type keptEvent struct {
	Room  string          `json:"room_id"`
	Event json.RawMessage `json:"event"`

	// Waits says that a line with the ID waitingID stands in for the event. Before there was
	// encryption the line had the event's own.
	Waits bool `json:"waits,omitempty"`
}

// waitingID is the ID of the line that stands in for an event which cannot be read yet.
func waitingID(event string) string { return event + " waiting" }

// encryptedEvent makes events of what is in an encrypted event, or keeps it until it can be read.
func (c *Conn) encryptedEvent(ctx context.Context, b *batch, j *joined, e *anEvent) error {
	if !lenient(e.Content, &struct{}{}) || string(e.Content) == "{}" {
		return nil // redacted
	}
	inner, err := c.unsealed(ctx, j.room.id, e)
	if err == nil {
		return c.unsealedEvent(ctx, b, j, &inner)
	}
	if errors.Is(err, errStore) || ctx.Err() != nil {
		return err
	}
	if j = c.placeOf(j, e.Sender); j == nil || c.ours(e) {
		return nil
	}
	if errors.Is(err, errWaiting) {
		c.want(j.room.id, e)
		c.standIn(b, j, e, err)
		if c.ghosts != nil {
			return nil // nobody will ever read it
		}
		return c.keepEncrypted(ctx, j.room.id, e)
	}
	c.log.Debug("matrix event cannot be decrypted", slog.String("reason", brief(err)))
	c.passOver("encrypted event", e.ID)
	if !errors.Is(err, errForged) {
		c.say(b, j, e, rendering{text: textBroken})
	}
	return nil
}

// unsealed is what is in an encrypted event.
func (c *Conn) unsealed(ctx context.Context, room string, e *anEvent) (anEvent, error) {
	if c.cipher == nil {
		return anEvent{}, errWaiting
	}
	inner, err := c.cipher.open(ctx, room, e)
	if err == nil && inner.Type == typeEncrypted {
		err = errors.New("it is encrypted twice")
	}
	return inner, err
}

// unsealedEvent makes events of one that was encrypted. That somebody who was verified writes from a
// session that was not is said once.
func (c *Conn) unsealedEvent(ctx context.Context, b *batch, j *joined, e *anEvent) error {
	if e.unsigned && c.firstDoubt(e.Sender) {
		b.add(bridge.Remark{Chat: j.chat, Text: fmt.Sprintf(textDoubtful, e.Sender)})
	}
	return c.converse(ctx, b, j, e)
}

func (c *Conn) firstDoubt(who string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.doubted[who] || len(c.doubted) >= maxPeople {
		return false
	}
	c.doubted[who] = true
	return true
}

// standIn says that there is a message which cannot be read.
func (c *Conn) standIn(b *batch, j *joined, e *anEvent, why error) {
	line := *e
	line.ID = waitingID(e.ID)
	text := textWaiting
	var withheld withheldError
	if c.cipher == nil {
		text = textEncrypted
	} else if errors.As(why, &withheld) {
		text = fmt.Sprintf(textWithheld, withheld)
	}
	c.say(b, j, &line, rendering{text: text})
}

// readWaiting tries the events that could not be read, the oldest first: all of them, or those for
// which a key has come and, where rooms have been read, those that could not be placed before.
func (c *Conn) readWaiting(ctx context.Context, b *batch, all, read bool) error {
	if c.cipher == nil {
		return nil
	}
	sessions, any := c.cipher.arrived()
	if all = all || any; !all && !read && len(sessions) == 0 {
		return nil
	}
	c.mu.Lock()
	keys := slices.Clone(c.kept)
	c.mu.Unlock()
	for _, key := range keys {
		if err := c.tryKept(ctx, b, key, sessions, all); err != nil {
			return err
		}
	}
	return nil
}

// tryKept reads one kept event if its key may have come.
func (c *Conn) tryKept(ctx context.Context, b *batch, key string, sessions map[string]bool, all bool) error {
	c.mu.Lock()
	session := c.sessions[key]
	c.mu.Unlock()
	if session != "" && !all && !sessions[session] {
		return nil
	}
	kept, e, ok, err := c.keptAt(ctx, key)
	if err != nil {
		return err
	}
	j := c.conversation(kept.Room)
	if ok && j == nil && c.unsettled(kept.Room) {
		return nil
	}
	c.noteSession(key, &e)
	if !ok || j == nil {
		b.read = append(b.read, key) // nobody will ever read it
		return nil
	}
	inner, err := c.unsealed(ctx, kept.Room, &e)
	switch {
	case errors.Is(err, errWaiting):
		if time.Since(time.UnixMilli(e.Time)) < stillNew {
			c.want(kept.Room, &e)
		}
		return nil
	case errors.Is(err, errStore) || err != nil && ctx.Err() != nil:
		return err
	}
	b.read = append(b.read, key)
	if j = c.placeOf(j, e.Sender); j == nil {
		return nil
	}
	if err == nil {
		return c.inItsPlace(ctx, b, j, kept, &inner)
	}
	c.passOver("encrypted event", e.ID)
	b.add(bridge.MessageReplaced{Chat: j.chat, ID: kept.line(e.ID)})
	return nil
}

// keptAt reads what is kept under a key; ok is false if it makes no sense.
func (c *Conn) keptAt(ctx context.Context, key string) (kept keptEvent, e anEvent, ok bool, err error) {
	if err := c.get(ctx, key, &kept); err != nil {
		return kept, e, false, err
	}
	e, ok = parseRoomEvent(kept.Event)
	e.Time = sensibleTime(e.Time)
	return kept, e, ok, nil
}

// stillNew is how old an event may be for its key to be looked for once more by a new connection.
const stillNew = time.Hour

// want has the key of an event looked for.
func (c *Conn) want(room string, e *anEvent) {
	if c.cipher != nil {
		c.cipher.want(room, e)
	}
}

// noteSession remembers which key a kept event waits for.
func (c *Conn) noteSession(key string, e *anEvent) {
	var content struct {
		Session string `json:"session_id"`
	}
	lenient(e.Content, &content)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sessions[key] = content.Session
}

// line is the ID of the line that stands in for the event.
func (k *keptEvent) line(event string) string {
	if k.Waits {
		return waitingID(event)
	}
	return event
}

// inItsPlace puts a message in the place of the line that has stood in for it.
func (c *Conn) inItsPlace(ctx context.Context, b *batch, j *joined, kept keptEvent, e *anEvent) error {
	before := len(b.evs)
	if err := c.unsealedEvent(ctx, b, j, e); err != nil {
		return err
	}
	made := slices.Clone(b.evs[before:])
	b.evs = b.evs[:before]
	replaced := bridge.MessageReplaced{Chat: j.chat, ID: kept.line(e.ID)}
	at := slices.IndexFunc(made, func(ev bridge.Event) bool {
		m, ok := ev.(bridge.MessageReceived)
		return ok && m.Message.ID == e.ID
	})
	if at >= 0 {
		m := made[at].(bridge.MessageReceived).Message
		if !kept.Waits {
			m.ID += " read" // the event's own ID counts as received
		}
		replaced.New, replaced.Else = &m, bridge.MessageReceived{Message: m}
		made = slices.Delete(made, at, at+1)
	}
	b.add(replaced)
	b.add(made...)
	return nil
}

// conversation is a room as it is now, on its way through digest; nil if it is none or we are not in
// it.
func (c *Conn) conversation(id string) *joined {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms.rooms[id]
	if r == nil {
		return nil
	}
	j := &joined{room: r, data: &joinedRoom{}, who: orSo(c.rooms.partner(r), r.who)}
	j.chat, j.grown = addr(orSo(j.who, id)), c.rooms.isContact(r)
	if j.who == "" && !j.grown {
		return nil
	}
	return j
}

// unsettled tells whether a room has to be read before it is known what conversation it is.
func (c *Conn) unsettled(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms.rooms[id]
	return r != nil && (c.gaps[id] != nil || c.rooms.lacks(r))
}

// dropRead forgets the events that have been read.
func (c *Conn) dropRead(ctx context.Context, b *batch) error {
	for _, key := range b.read {
		if err := c.login.State.Delete(ctx, key); err != nil {
			return err
		}
	}
	if len(b.read) == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range b.read {
		delete(c.sessions, key)
	}
	c.kept = slices.DeleteFunc(c.kept, func(key string) bool { return slices.Contains(b.read, key) })
	return nil
}

// membersChanged tells the cipher of the rooms whose members have changed.
func (c *Conn) membersChanged(ctx context.Context, rooms []*joined) error {
	if c.cipher == nil {
		return nil
	}
	for _, j := range rooms {
		if !c.knownEncrypted(j.room.id) || !j.data.Timeline.Limited && !slices.ContainsFunc(j.events, changesAudience) {
			continue
		}
		if err := c.cipher.stale(ctx, j.room.id); err != nil {
			return err
		}
	}
	return nil
}

// changesAudience tells whether other people may read what is said, or others come in other ways.
func changesAudience(e anEvent) bool {
	if e.StateKey == nil {
		return false
	}
	if e.Type != typeMember {
		return e.Type == typeEncryption
	}
	return membershipOf(e.Unsigned.PrevContent) != membershipOf(e.Content)
}
