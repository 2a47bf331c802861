package matrix

import (
	"slices"
	"time"

	"msnbridge/bridge"
)

// Limits of what is remembered of conversations.
const (
	maxSaidRooms = 200 // rooms; the one in which nothing was said for longest goes
	maxSaid      = 50  // events of a room
	maxSaidText  = 512 // bytes of a text
)

// A said is what is remembered of an event: enough to quote it, and to tell what may be done to it.
type said struct {
	id, sender string
	name       string // of the sender, for people
	kind       saidKind
	text       string // cut
	whole      bool   // that is all of it
	emote      bool
	lead       string  // what was put in front of it
	of         string  // the event that a correction or a reaction is about
	thread     string  // the event that begins the thread it is in
	ballot     *ballot // of a poll
	ours       bool    // sent through us
	taken      bool    // we have asked the homeserver to redact it
	fetched    bool    // asked for, so that its place among the others says nothing
	time       int64   // milliseconds
}

type saidKind uint8

const (
	saidNothing saidKind = iota // it is not there, or no message
	saidMessage
	saidCorrection
	saidReaction
	saidGone // redacted
	saidSealed
)

// Sayings are what was said lately, by room, the newest last. The zero value is ready.
type sayings struct {
	rooms map[string][]said
	order []string // of the rooms, the one in which something was said last at the end
}

// put adds an event, or replaces what was known of it.
func (m *sayings) put(room string, s said) {
	if m.rooms == nil {
		m.rooms = map[string][]said{}
	}
	if len(s.text) > maxSaidText {
		s.text, s.whole = cut(s.text, maxSaidText), false
	}
	m.touch(room)
	line := m.rooms[room]
	if i := slices.IndexFunc(line, func(o said) bool { return o.id == s.id }); i >= 0 {
		line[i] = s
		return
	}
	if len(line) >= maxSaid {
		line = slices.Delete(line, 0, len(line)-maxSaid+1)
	}
	m.rooms[room] = append(line, s)
}

// touch makes a room the one in which something was said last.
func (m *sayings) touch(room string) {
	if n := len(m.order); n > 0 && m.order[n-1] == room {
		return
	}
	m.order = slices.DeleteFunc(m.order, func(o string) bool { return o == room })
	m.order = append(m.order, room)
	if len(m.order) > maxSaidRooms {
		delete(m.rooms, m.order[0])
		m.order = slices.Delete(m.order, 0, 1)
	}
}

func (m *sayings) get(room, id string) (said, bool) {
	for _, s := range m.rooms[room] {
		if s.id == id {
			return s, true
		}
	}
	return said{}, false
}

// last is the newest message in a room for which ok holds.
func (m *sayings) last(room string, ok func(said) bool) (said, bool) {
	line := m.rooms[room]
	for i := len(line) - 1; i >= 0; i-- {
		if line[i].kind == saidMessage && !line[i].fetched && ok(line[i]) {
			return line[i], true
		}
	}
	return said{}, false
}

// talk is what the events of a batch say of messages, which is remembered once the account has
// taken them.
type talk struct {
	sayings
	lookups   int           // events that the homeserver was asked for
	spent     time.Duration // on that
	reactions []reaction
	removals  []removal
}

// takeTalk remembers. Conn.mu is held.
func (c *Conn) takeTalk(t *talk) {
	for _, room := range t.order {
		for _, s := range t.rooms[room] {
			c.sayings.put(room, s)
		}
	}
	c.react(t.reactions)
	c.clear(t.removals)
}

// known finds an event of a room in the batch, and else in what is remembered.
func (c *Conn) known(b *batch, room, id string) (said, bool) {
	if b != nil {
		if s, ok := b.talk.get(room, id); ok {
			return s, true
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sayings.get(room, id)
}

// saidOf is what is to be remembered of a message.
func saidOf(e *anEvent, m bridge.Message, rel relation) said {
	return said{
		id: e.ID, sender: e.Sender, name: m.Name, kind: saidMessage,
		text: m.Text, whole: true, emote: m.Emote, time: e.Time, thread: rel.thread(),
		ballot: ballotOf(e.Type, e.Content),
	}
}
