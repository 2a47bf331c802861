package matrix

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// Bounds of telling what was read.
const (
	maxReadings = 1000 // rooms of which it is remembered
	maxReadIDs  = 16   // receipts of a room that may come back
	readTries   = 3
)

// A reading is until where a room was shown.
type reading struct {
	event string
	time  time.Time
	told  []string // to the homeserver, the newest last
	busy  bool     // a goroutine tells it
}

// MarkRead tells the homeserver that a message was shown, in the room where it was said. It does not
// wait: of several only the last is told, and never an earlier one.
func (c *Conn) MarkRead(_ context.Context, m bridge.Message) error {
	if err := c.alive(); err != nil {
		return err
	}
	if validEvent(m.ID) && c.noteRead(m) && !c.unheard(m.Chat) {
		room := m.Via
		c.spawn(func(ctx context.Context) { c.tellRead(ctx, room) })
	}
	return nil
}

// noteRead takes note of a message that was shown, and returns whether that has to be told.
func (c *Conn) noteRead(m bridge.Message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms.rooms[m.Via]
	if r == nil || c.ended || isRoom(m.Chat) && m.Chat.ID != r.id || !isRoom(m.Chat) && c.rooms.partner(r) != m.Chat.ID {
		return false
	}
	at := c.readings[r.id]
	switch {
	case at == nil:
		c.shedReadings()
		at = &reading{}
		c.readings[r.id] = at
	case !r.later(m, at):
		return false
	}
	at.event, at.time = m.ID, m.Time
	start := !at.busy
	at.busy = true
	return start
}

// later tells whether a message comes after what was read: in the order of the homeserver, if that
// is remembered of both.
func (r *room) later(m bridge.Message, at *reading) bool {
	place := func(id string) int {
		return slices.IndexFunc(r.recent, func(e seenEvent) bool { return e.id == id })
	}
	now, before := place(m.ID), place(at.event)
	if now >= 0 && before >= 0 {
		return now > before
	}
	return m.ID != at.event && !m.Time.Before(at.time)
}

// shedReadings forgets rooms in which nothing has to be told, if there are too many. Conn.mu is
// held.
func (c *Conn) shedReadings() {
	if c.readings == nil {
		c.readings = map[string]*reading{}
	}
	for room, at := range c.readings {
		if len(c.readings) < maxReadings {
			return
		}
		if !at.busy {
			delete(c.readings, room)
		}
	}
}

// tellRead tells until where a room was read, until that is known.
func (c *Conn) tellRead(ctx context.Context, room string) {
	for tries := 0; ; {
		event, private := c.nextRead(room)
		if event == "" {
			return
		}
		err := c.putRead(ctx, room, event, private)
		wait := retryAfter(err)
		switch {
		case err == nil:
			tries = 0
			continue
		case ctx.Err() != nil:
		case wait > 0:
		default:
			c.log.Debug("matrix receipt not sent", slog.String("reason", brief(err)))
			if tries++; definite(err) || tries >= readTries {
				tries = 0
				continue
			}
		}
		c.tellAgain(room, event)
		if pause(ctx, max(wait, c.times.Retry)) != nil {
			c.restRead(room)
			return
		}
	}
}

// nextRead is what is to be told of a room, and notes that it was; empty if there is nothing.
func (c *Conn) nextRead(room string) (event string, private bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.readings[room]
	if n := len(at.told); n > 0 && at.told[n-1] == at.event || c.rooms.rooms[room] == nil {
		at.busy = false
		return "", false
	}
	at.told = append(at.told, at.event)
	at.told = at.told[max(0, len(at.told)-maxReadIDs):]
	return at.event, !c.people.own.State.Visible()
}

// tellAgain has an event told again.
func (c *Conn) tellAgain(room, event string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.readings[room]
	at.told = slices.DeleteFunc(at.told, func(id string) bool { return id == event })
}

func (c *Conn) restRead(room string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readings[room].busy = false
}

// putRead tells that an event was read, and nobody else of it if private (client-server API, 11.7).
func (c *Conn) putRead(ctx context.Context, room, event string, private bool) error {
	kind := "m.read"
	if private {
		kind = "m.read.private"
	}
	path := mautrix.ClientURLPath{"v3", "rooms", room, "read_markers"}
	_, err := c.api.request(ctx, http.MethodPost, path, nil, map[string]string{"m.fully_read": event, kind: event})
	return err
}

// toldRead tells whether a receipt of ours is one that we have sent ourselves.
func (c *Conn) toldRead(room, event string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := c.readings[room]
	return at != nil && slices.Contains(at.told, event)
}
