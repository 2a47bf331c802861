package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"msnbridge/bridge"
)

// Leave leaves a room, and forgets what is kept of it. An invitation is declined.
func (c *Conn) Leave(ctx context.Context, room bridge.Addr) error {
	if err := c.alive(); err != nil {
		return err
	}
	if !isRoom(room) {
		return errors.ErrUnsupported
	}
	ctx, stop := c.during(ctx)
	defer stop()
	id, _ := cutVia(room.ID)
	if validRoom(id) {
		err := c.api.try(ctx, func() error { return c.api.leave(ctx, id, "") })
		if err != nil && !definite(err) { // else we were not in it
			return fmt.Errorf("the room could not be left: %s", brief(err))
		}
	}
	return c.forgetRoom(ctx, room.ID)
}

// forgetRoom forgets what is known and kept of a room.
func (c *Conn) forgetRoom(ctx context.Context, room string) error {
	b := newBatch()
	c.left(b, room)
	c.mu.Lock()
	c.setOut(b, room, "")
	c.standings.look(room)
	c.mu.Unlock()
	if err := c.login.State.Delete(ctx, stateLast+room); err != nil {
		return err
	}
	if err := c.forgetGaps(ctx, b.closed); err != nil {
		return err
	}
	return c.keepChanges(ctx, b)
}

// leftRoom takes in what /sync says about rooms that the account is not in any more, or not
// invited to.
func (c *Conn) leftRoom(b *batch, room string, raw json.RawMessage) {
	if !validRoom(room) {
		c.passOver("room", room)
		return
	}
	why, own := c.whyOut(room, raw)
	c.left(b, room)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case own && c.rooms.doubted[room]:
	case own:
		c.setOut(b, room, "")
		b.add(bridge.RoomLeft{Room: addr(room)})
	case why != "":
		c.setOut(b, room, why)
	}
	delete(c.rooms.doubted, room)
	c.standings.look(room)
}

// whyOut finds out why we are not in a room any more. own: because the user wants so.
func (c *Conn) whyOut(room string, raw json.RawMessage) (why string, own bool) {
	var data joinedRoom
	if !lenient(raw, &data) {
		c.passOver("room", room)
		return "", false
	}
	for _, raw := range append(data.State.Events, data.Timeline.Events...) {
		e, ok := parseRoomEvent(raw)
		var m memberContent
		if !ok || e.Type != typeMember || e.StateKey == nil || *e.StateKey != c.me || !lenient(e.Content, &m) {
			continue
		}
		own = m.Membership == "leave" && e.Sender == c.me
		why = c.putOut(room, &e, m)
	}
	return why, own
}

// putOut says who has put us out of a room, and why.
func (c *Conn) putOut(room string, e *anEvent, m memberContent) string {
	how := map[string]string{"leave": "you were removed by ", "ban": "you were banned by "}[m.Membership]
	if how == "" || e.Sender == c.me {
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	by := e.Sender
	if r := c.rooms.rooms[room]; r != nil {
		by = r.called(by)
	}
	why := how + by
	if reason := cleanLine(m.Reason, maxNote); reason != "" {
		why += ": " + reason
	}
	return why
}

// setOut notes why we are not in a room; empty: we are, or want to be out. Conn.mu is held.
func (c *Conn) setOut(b *batch, room, why string) {
	old, known := c.standings.out[room]
	switch {
	case why == "" && known:
		delete(c.standings.out, room)
	case why != "" && old != why && (known || len(c.standings.out) < maxOut):
		c.standings.out[room] = why
	default:
		return
	}
	b.out = append(b.out, room)
}

// keepOut keeps why we are not in rooms.
func (c *Conn) keepOut(ctx context.Context, rooms []string) error {
	for _, room := range rooms {
		c.mu.Lock()
		why := c.standings.out[room]
		c.mu.Unlock()
		var err error
		if why == "" {
			err = c.login.State.Delete(ctx, stateOut+room)
		} else {
			err = c.login.State.Put(ctx, stateOut+room, []byte(why))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// recallOut reads why we are not in rooms.
func (c *Conn) recallOut(ctx context.Context) error {
	keys, err := c.login.State.Keys(ctx, stateOut)
	if err != nil {
		return err
	}
	for _, key := range keys[:min(len(keys), maxOut)] {
		why, err := c.login.State.Get(ctx, key)
		if err != nil {
			return err
		}
		c.mu.Lock()
		c.standings.out[key[len(stateOut):]] = cleanLine(string(why), maxText)
		c.mu.Unlock()
	}
	return nil
}
