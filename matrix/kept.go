package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// What is kept of a login besides its token.
const (
	stateOwn       = "direct"     // model.own
	stateInvites   = "invites"    // Conn.invites
	statePresence  = "presence"   // the presence put last
	stateEncrypted = "encrypted/" // prefix of events that nobody could read yet
	stateLast      = "last/"      // prefix, and a room: the last event of it that was handed over
	stateRefused   = "refused"    // the position that the homeserver refused last
)

// maxEncrypted is how many encrypted events are kept; the oldest give way.
const maxEncrypted = 1000

// recall reads what is kept.
func (c *Conn) recall(ctx context.Context) error {
	own, invites := map[string]string{}, map[string]invite{}
	if err := c.get(ctx, stateOwn, &own); err != nil {
		return err
	}
	if err := c.get(ctx, stateInvites, &invites); err != nil {
		return err
	}
	if err := c.recallOut(ctx); err != nil {
		return err
	}
	if err := c.recallSecret(ctx); err != nil {
		return err
	}
	keys, err := c.login.State.Keys(ctx, stateEncrypted)
	if err != nil {
		return err
	}
	slices.Sort(keys)
	c.mu.Lock()
	defer c.mu.Unlock()
	for room, who := range own {
		c.rooms.record(room, who)
	}
	c.invites, c.kept = invites, keys
	return nil
}

// get reads a value; one that makes no sense counts as none.
func (c *Conn) get(ctx context.Context, key string, v any) error {
	raw, err := c.login.State.Get(ctx, key)
	if err == nil && raw != nil && json.Unmarshal(raw, v) != nil {
		c.passOver("state of the login", key)
	}
	return err
}

// put keeps a value.
func (c *Conn) put(ctx context.Context, key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.login.State.Put(ctx, key, raw)
}

// keepOwn keeps our own record of direct chats.
func (c *Conn) keepOwn(ctx context.Context) error {
	c.mu.Lock()
	raw, err := json.Marshal(c.rooms.own)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	return c.login.State.Put(ctx, stateOwn, raw)
}

// keepLast keeps which events of direct chats were handed over last. The position says so too, but
// when a room is read back to it, not every homeserver stops there (Dendrite goes further).
func (c *Conn) keepLast(ctx context.Context, b *batch) error {
	for room, evs := range b.seen {
		if !c.isDirect(room) {
			continue
		}
		if err := c.login.State.Put(ctx, stateLast+room, []byte(evs[len(evs)-1].id)); err != nil {
			return err
		}
	}
	return nil
}

// isDirect tells whether a room is a direct chat, or was one when events were last handed over.
func (c *Conn) isDirect(room string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rooms.rooms[room]
	return r != nil && orSo(c.rooms.partner(r), r.who) != ""
}

// recallLast adds the event that was handed over last to what is known of a room. There is none of
// a room that we have just joined; afresh, all rooms look as if we had.
func (c *Conn) recallLast(ctx context.Context, j *joined) error {
	r := j.room
	c.mu.Lock()
	known := len(r.recent) > 0 || j.fresh && j.purpose != afresh
	c.mu.Unlock()
	if known {
		return nil
	}
	last, err := c.login.State.Get(ctx, stateLast+r.id)
	if err != nil || len(last) == 0 {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r.remember([]seenEvent{{id: string(last)}})
	return nil
}

// keepEncrypted keeps an event that cannot be read, for the day when it can.
func (c *Conn) keepEncrypted(ctx context.Context, room string, e *anEvent) error {
	key := fmt.Sprintf("%s%015d/%s", stateEncrypted, max(e.Time, 0), e.ID)
	if err := c.put(ctx, key, keptEvent{Room: room, Event: e.raw, Waits: true}); err != nil {
		return err
	}
	c.noteSession(key, e)
	for _, old := range c.countEncrypted(key) {
		if err := c.login.State.Delete(ctx, old); err != nil {
			return err
		}
	}
	return nil
}

// countEncrypted notes a key and returns those that have to give way.
func (c *Conn) countEncrypted(key string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, there := slices.BinarySearch(c.kept, key)
	if !there {
		c.kept = slices.Insert(c.kept, at, key)
	}
	over := max(len(c.kept)-maxEncrypted, 0)
	old := slices.Clone(c.kept[:over])
	for _, key := range old {
		delete(c.sessions, key)
	}
	c.kept = slices.Delete(c.kept, 0, over)
	return old
}
