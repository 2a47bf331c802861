package irc

import (
	"context"
	"encoding/json"
	"time"
)

// toldKey is under which a login keeps what is known; saveEvery is how often.
const (
	toldKey   = "history"
	saveEvery = 30 * time.Second
)

// A known is what a login remembers of what it has been told: all up to UpTo, but
// of channels that it was not in at the end up to the time in Rooms.
type known struct {
	UpTo  time.Time            `json:"up_to"`
	Rooms map[string]time.Time `json:"rooms,omitempty"`
}

// recallKnown reads what the last connection has left.
func (c *Conn) recallKnown(ctx context.Context) {
	if c.login.State == nil {
		return
	}
	value, err := c.login.State.Get(ctx, toldKey)
	var k known
	if err == nil && value != nil {
		err = json.Unmarshal(value, &k)
	}
	if err != nil {
		c.log.Warn("what was said last is not known", "err", err)
		return
	}
	h := &c.history
	h.since, h.upTo, h.listed = k.UpTo, k.UpTo, k.UpTo.IsZero()
	for id, at := range k.Rooms {
		if isChannel(id) && len(h.rooms) < maxRooms {
			h.rooms[id] = at
		}
	}
}

// toKeep is what is known when all events up to now are stored; nil if there is
// nothing to keep, or it is too early.
func (c *Conn) toKeep(now time.Time, last bool) *known {
	h := &c.history
	if h.upTo.IsZero() || !last && now.Sub(h.saved) < saveEvery {
		return nil
	}
	h.saved = now
	k := &known{UpTo: h.upTo, Rooms: map[string]time.Time{}}
	if !h.peopleKnown() {
		k.UpTo = h.since
	}
	for id, at := range h.rooms {
		if ch := c.channel(id); c.channels.named && (ch == nil || !ch.wanted()) {
			continue
		}
		if at.IsZero() {
			at = h.upTo
		}
		k.Rooms[id] = at
	}
	return k
}

// peopleKnown tells whether all is known that people have said to us.
func (h *history) peopleKnown() bool {
	if !h.listed || h.now != nil && !isChannel(h.now.target) {
		return false
	}
	for _, g := range h.queue {
		if !isChannel(g.target) {
			return false
		}
	}
	return true
}

// keep stores what is known.
func (c *Conn) keep(ctx context.Context, k *known) {
	if k == nil || c.login.State == nil {
		return
	}
	value, err := json.Marshal(k)
	if err == nil {
		err = c.login.State.Put(ctx, toldKey, value)
	}
	if err != nil {
		c.log.Warn("what was said last is not kept", "err", err)
	}
}

// keepLast stores what is known at the end, when no event is pending.
func (c *Conn) keepLast(ctx context.Context) {
	c.mu.Lock()
	k := c.toKeep(time.Now(), true)
	c.mu.Unlock()
	if !c.lost {
		c.keep(ctx, k)
	}
}
