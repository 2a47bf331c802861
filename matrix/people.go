package matrix

import (
	"cmp"
	"slices"
	"time"

	"msnbridge/bridge"
)

// maxPeople is how many unwatched people's presence is remembered.
const maxPeople = 2000

// people is who is how present, ourselves included. It is guarded by Conn.mu.
type people struct {
	own    bridge.Presence // what we show
	server string          // our own server name

	// missing: the homeserver has no presence, so that it is inferred from signs of life. decided:
	// we know whether that is so.
	missing, decided bool

	hidden  func(who string) bool // who must not be seen; nil: nobody
	watched map[string]bool
	known   map[string]*person
	waiting []string // watched people whose presence has still to be asked for
	asking  int      // goroutines that do so
}

// A person is somebody who is watched, or of whom we have heard.
type person struct {
	heard    bool // the homeserver has told how present
	asked    bool
	presence bridge.Presence
	alive    time.Time // last sign of life
	told     bool
	last     bridge.Presence // what the account was told
}

func newPeople(own bridge.Presence, server string) *people {
	return &people{own: own, server: server, watched: map[string]bool{}, known: map[string]*person{}}
}

// get returns a person, unless there are too many that are not watched.
func (p *people) get(who string) *person {
	w := p.known[who]
	if w == nil {
		w = &person{}
		if p.watched[who] || len(p.known) < maxPeople {
			p.known[who] = w
		}
	}
	return w
}

// hear takes in what the homeserver tells. Of people elsewhere who have always been offline it may
// only have heard nothing.
func (p *people) hear(who string, pr bridge.Presence) {
	w := p.get(who)
	if w.heard || pr.State.Visible() || serverOf(who) == p.server {
		w.heard, w.presence = true, pr
	}
}

// alive notes a sign of life.
func (p *people) alive(who string, at time.Time) {
	if w := p.get(who); at.After(w.alive) {
		w.alive = at
	}
}

// inferred tells whether a person's presence is a guess: where the homeserver has none, and of
// people elsewhere whose homeserver has told nothing.
func (p *people) inferred(who string, w *person) bool {
	return p.missing || !w.heard && serverOf(who) != p.server
}

// now is how present a person is.
func (p *people) now(who string, w *person, at time.Time, t Times) bridge.Presence {
	if p.hidden != nil && p.hidden(who) {
		return unseen
	}
	if !p.inferred(who, w) {
		return w.presence
	}
	state := bridge.Offline
	switch age := at.Sub(w.alive); {
	case w.alive.IsZero():
	case age < t.Fresh:
		state = bridge.Online
	case age < t.Idle:
		state = bridge.Idle
	}
	return bridge.Presence{State: state}
}

// watch replaces those whose presence is wanted, and returns whether somebody has to be asked for.
func (p *people) watch(who []string) bool {
	old := p.watched
	p.watched = make(map[string]bool, len(who))
	for _, id := range who {
		p.watched[id] = true
		if w := p.get(id); !old[id] {
			w.told = false
			if !w.heard && !w.asked {
				w.asked = true
				p.waiting = append(p.waiting, id)
			}
		}
	}
	p.waiting = slices.DeleteFunc(p.waiting, func(id string) bool {
		gone := !p.watched[id]
		if gone {
			p.get(id).asked = false
		}
		return gone
	})
	return len(p.waiting) > 0
}

// changed lists the watched people whose presence is another than the account was told.
func (p *people) changed(at time.Time, t Times) []bridge.PresenceChanged {
	var changes []bridge.PresenceChanged
	for who := range p.watched {
		w := p.get(who)
		now := p.now(who, w, at, t)
		if now == w.last && w.told || now == (bridge.Presence{}) && !w.told {
			continue
		}
		changes = append(changes, bridge.PresenceChanged{Addr: addr(who), Presence: now})
	}
	slices.SortFunc(changes, func(a, b bridge.PresenceChanged) int {
		return cmp.Compare(a.Addr.ID, b.Addr.ID)
	})
	return changes
}

// wereTold notes what the account was told.
func (p *people) wereTold(changes []bridge.PresenceChanged) {
	for _, ch := range changes {
		w := p.get(ch.Addr.ID)
		w.told, w.last = true, ch.Presence
	}
}

// next is how long nothing changes by itself.
func (p *people) next(at time.Time, t Times) time.Duration {
	wait := t.Idle
	for who := range p.watched {
		w := p.get(who)
		if w.alive.IsZero() || !p.inferred(who, w) {
			continue
		}
		for _, limit := range []time.Duration{t.Fresh, t.Idle} {
			if left := limit - at.Sub(w.alive); left > 0 {
				wait = min(wait, left)
			}
		}
	}
	return wait
}
