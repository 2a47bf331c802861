package matrix

import (
	"maps"
	"slices"

	"msnbridge/bridge"
)

const (
	stateOut = "out/" // prefix, and a room: why we are not in it any more
	maxOut   = 500    // of which that is kept
)

// standings is which rooms the account has on its list, and how we stand with them. It is guarded by
// Conn.mu.
type standings struct {
	watched map[string]*standing
	named   bool              // the list is known
	stale   map[string]bool   // watched rooms to be looked at anew
	out     map[string]string // rooms that we are not in any more against our will, and why
}

// A standing is what the account was told of a room.
type standing struct {
	told bool
	last bridge.Presence
}

func newStandings() *standings {
	return &standings{watched: map[string]*standing{}, stale: map[string]bool{}, out: map[string]string{}}
}

// watch replaces the rooms that are on the list. Those that are new there are told of.
func (s *standings) watch(rooms []string) {
	old := s.watched
	s.named = true
	s.watched = make(map[string]*standing, len(rooms))
	for _, id := range rooms {
		if s.watched[id] = old[id]; s.watched[id] == nil {
			s.watched[id] = &standing{}
			s.stale[id] = true
		}
	}
	maps.DeleteFunc(s.stale, func(id string, _ bool) bool { return s.watched[id] == nil })
}

// look has a room looked at before the next events are handed over.
func (s *standings) look(room string) {
	if s.watched[room] != nil {
		s.stale[room] = true
	}
}

// note is why we are not in a room.
func (s *standings) note(room string) string { return orSo(s.out[room], "you are not in this room") }

// takeStale returns the rooms to be looked at anew, in order. They are put back if the account cannot
// be told.
func (s *standings) takeStale() []string {
	rooms := slices.Sorted(maps.Keys(s.stale))
	clear(s.stale)
	return rooms
}

// roomChanges are events about those of the rooms with which we stand otherwise than was told.
// Conn.mu is held.
func (c *Conn) roomChanges(rooms []string) []bridge.Event {
	var evs []bridge.Event
	for _, id := range rooms {
		r := c.rooms.rooms[id]
		w := c.standings.watched[id]
		if r != nil && !c.rooms.isContact(r) {
			if !c.rooms.doubted[id] && !r.unread {
				evs = append(evs, c.rooms.away(r))
			}
			continue
		}
		p := bridge.PresenceChanged{Addr: addr(id), Presence: bridge.Presence{State: bridge.Online}}
		if r != nil {
			p.Name, p.Presence.Note = r.title(), r.topic
		} else {
			p.Presence = bridge.Presence{State: bridge.Away, Note: c.standings.note(id)}
		}
		if !w.told || w.last != p.Presence {
			evs = append(evs, p)
		}
	}
	return evs
}

// wereTold notes what the account was told.
func (s *standings) wereTold(evs []bridge.Event) {
	for _, ev := range evs {
		if p, ok := ev.(bridge.PresenceChanged); ok {
			if w := s.watched[p.Addr.ID]; w != nil {
				w.told, w.last = true, p.Presence
			}
		}
	}
}
