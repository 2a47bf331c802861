package matrix

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
)

const (
	maxHeld     = 4 << 20   // bytes of events that are held, of all rooms
	maxHeldRoom = 256 << 10 // and of one
	maxHeldRead = 20        // receipts of one
)

// A gap is in a room of which something has to be read before more can be told: what /sync has left
// out, or who is in it. Until then what comes there is held in its order, so that no other room waits.
// If that becomes too much it is read back too.
type gap struct {
	room    *room
	from    string // where reading begins, backwards; empty: there is nothing to read
	to      string // and where it ends
	who     string // see joined
	purpose purpose
	fresh   bool

	// The fields below are guarded by Conn.mu.
	noted    bool               // it is kept with the login
	stop     context.CancelFunc // ends the reader; nil: there is none
	held     []anEvent
	size     int // of held, in bytes
	receipts []json.RawMessage
	names    map[string]string // see joined

	ready bool // it has been read
	older []anEvent
	note  string // what is to be said of it
}

// setAside takes out the conversations that have to wait, and returns the others. They are noted before
// the position is taken, and held once it has been.
func (c *Conn) setAside(ctx context.Context, b *batch, chats []*joined) (now []*joined, err error) {
	for _, j := range chats {
		waits, err := c.mustWait(ctx, j)
		if err != nil {
			return nil, err
		}
		if !waits {
			now = append(now, j)
			continue
		}
		j.waits = true
		b.held = append(b.held, j)
		if err := c.keepGap(ctx, b, j); err != nil {
			return nil, err
		}
	}
	return now, nil
}

// mustWait tells whether a room has to be read before what is new there can be told.
func (c *Conn) mustWait(ctx context.Context, j *joined) (bool, error) {
	if j.gap != nil {
		return false, nil // it has been
	}
	cut, err := c.isCut(ctx, j)
	if err != nil {
		return false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	j.cut = cut
	return cut || c.gaps[j.room.id] != nil || c.rooms.lacks(j.room), nil
}

// holdBack holds what has come in a room, and has it read. Conn.mu is held.
func (c *Conn) holdBack(b *batch, j *joined) {
	id := j.room.id
	g := c.gaps[id]
	switch {
	case g == nil:
		g = c.openGap(&gap{room: j.room, to: c.feed.mark(b.since), who: j.who, purpose: j.purpose, fresh: j.fresh}, j.data.Timeline.PrevBatch)
	case j.cut:
		g = c.openGap(g, j.data.Timeline.PrevBatch)
	}
	g.noted = g.noted || j.noted
	g.hold(j)
	switch {
	case g.ready || g.size <= maxHeldRoom && c.heldSize() <= maxHeld && (!j.cut || g.from != ""):
	case g.who == "" && !c.rooms.lacks(g.room):
		g.close()
		g.ready = true
	default:
		last, size := c.mayBeAhead(g.held)
		g = c.openGap(g, c.feed.mark(string(b.position)))
		g.held, g.size = last, size
	}
	c.startReader(g)
}

// openGap has a room read from another place, up to where it was to be read before. Nothing is held
// any more. Conn.mu is held.
func (c *Conn) openGap(old *gap, from string) *gap {
	old.close()
	g := &gap{
		room: old.room, from: from, to: old.to, who: old.who, purpose: old.purpose, fresh: old.fresh,
		noted: old.noted, receipts: old.receipts, names: old.names,
	}
	c.gaps[g.room.id] = g
	return g
}

// close ends the reader.
func (g *gap) close() {
	if g.stop != nil {
		g.stop()
	}
}

// hold adds what has come.
func (g *gap) hold(j *joined) {
	for i := range j.events {
		g.size += len(j.events[i].raw)
	}
	g.held = append(g.held, j.events...)
	for _, raw := range j.data.Ephemeral.Events {
		if e, ok := parseEvent(raw); ok && e.Type == typeReceipt {
			g.receipts = append(g.receipts, raw)
		}
	}
	g.receipts = g.receipts[max(0, len(g.receipts)-maxHeldRead):]
	g.called(j.names)
}

// called takes in names of people who may have left.
func (g *gap) called(names map[string]string) {
	if g.names == nil {
		g.names = map[string]string{}
	}
	if len(g.names) < maxNames {
		maps.Copy(g.names, names)
	}
}

// heldSize is how much is held of all rooms. Conn.mu is held.
func (c *Conn) heldSize() int {
	size := 0
	for _, g := range c.gaps {
		size += g.size
	}
	return size
}

// gapsRead tells whether there are gaps that have been read.
func (c *Conn) gapsRead() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range c.gaps {
		if g.ready {
			return true
		}
	}
	return false
}

// readRooms are the rooms whose gaps have been read, as if an answer to /sync had told of them.
func (c *Conn) readRooms(b *batch) []*joined {
	c.mu.Lock()
	defer c.mu.Unlock()
	var rooms []*joined
	for _, id := range slices.Sorted(maps.Keys(c.gaps)) {
		g := c.gaps[id]
		if !g.ready {
			continue
		}
		j := &joined{
			room: g.room, data: &joinedRoom{}, gap: g, older: g.older, events: g.held, note: g.note,
			purpose: g.purpose, fresh: g.fresh, names: g.names,
		}
		j.data.Ephemeral.Events = g.receipts
		rooms = append(rooms, j)
		b.closed = append(b.closed, id)
	}
	return rooms
}

// dropGap forgets the gap in a room, and has the note of it deleted. Conn.mu is held.
func (c *Conn) dropGap(b *batch, room string) {
	if g := c.gaps[room]; g != nil {
		g.close()
		delete(c.gaps, room)
		b.closed = append(b.closed, room)
	}
}
