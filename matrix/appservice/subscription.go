package appservice

import (
	"context"
	"encoding/json"
	"time"
)

// maxWaiting bounds what waits for a subscription without being kept; the oldest goes first.
const maxWaiting = 200

// staleAfter is how long a Next waits before it returns to tell where the log ends by now. What was
// forgotten meanwhile would otherwise seem to be lost.
const staleAfter = 24 * time.Hour

// News are what the homeserver has pushed that concerns one user.
type News struct {
	// Position is where the next news begin. It is kept with what has become of these.
	Position string

	// Events are those of rooms, as they were pushed, each once and in the order in which they came:
	// those of the rooms that are followed, and the user's own changes of membership elsewhere. One
	// of those is the last event, so that its room can be followed from there on.
	Events []json.RawMessage

	// Ephemeral are typing notices and receipts of the rooms that are followed, and the presence of
	// the people who are watched, as far as the homeserver pushes such things. They are not kept.
	Ephemeral []json.RawMessage

	// Lost says that something after the position asked for is not in the log any more.
	Lost bool
}

// A Subscription is one user's view of the log. Its methods may be called from several goroutines.
type Subscription struct {
	service *Service
	user    string
	stale   time.Duration
	all     bool // all that comes is wanted

	// Guarded by the service's mutex.
	rooms, people map[string]bool // replaced, never changed
	waiting       []json.RawMessage
	changed       chan struct{} // closed when there may be news; nil: nobody waits for that
	awake, closed bool
}

// everyRoom is followed by whoever wants all that comes.
const everyRoom = ""

// Subscribe begins a view of what concerns a user, who is in our namespace.
func (s *Service) Subscribe(user string) *Subscription {
	sub := &Subscription{service: s, user: user, stale: staleAfter}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bySubject.add(user, sub)
	return sub
}

// subscribeAll begins a view of all that comes.
func (s *Service) subscribeAll() *Subscription {
	sub := &Subscription{service: s, stale: staleAfter, all: true, rooms: map[string]bool{everyRoom: true}}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byRoom.add(everyRoom, sub)
	return sub
}

// End is the position after all that is in the log now.
func (s *Subscription) End(ctx context.Context) (string, error) {
	j, err := s.service.journal(ctx)
	if err != nil {
		return "", err
	}
	return j.position(j.end()), nil
}

// Follow names the rooms whose events are wanted, replacing those named before, from the next call of
// Next on, from whatever position.
func (s *Subscription) Follow(rooms []string) {
	s.replace(&s.rooms, s.service.byRoom, rooms)
}

// Watch names the people whose presence is wanted, replacing those named before. What was pushed
// lately of those who are new comes with the next news.
func (s *Subscription) Watch(people []string) {
	for _, person := range s.replace(&s.people, s.service.byPerson, people) {
		s.service.mu.Lock()
		if raw, ok := s.service.presences[person]; ok {
			s.hear(raw)
		}
		s.service.mu.Unlock()
	}
}

// replace changes what leads to the subscription in an index, and returns what is new.
func (s *Subscription) replace(now *map[string]bool, x index, names []string) (added []string) {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	delete(set, everyRoom)
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	if s.closed {
		return nil
	}
	for name := range set {
		if !(*now)[name] {
			added = append(added, name)
		}
	}
	x.change(s, *now, set)
	*now = set
	return added
}

// change is closed at the next change.
func (s *Subscription) change() <-chan struct{} {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

// rouse has all that wait look again. The service's mutex is held.
func (s *Subscription) rouse() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// hear takes in something that is not kept. The service's mutex is held.
func (s *Subscription) hear(raw json.RawMessage) {
	if len(s.waiting) >= maxWaiting {
		s.waiting = s.waiting[1:]
	}
	s.waiting = append(s.waiting, raw)
	s.rouse()
}

// Wake has a Next that waits return with no news, now or at the next call.
func (s *Subscription) Wake() {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	s.awake = true
	s.rouse()
}

// Close ends the view, and a Next that waits.
func (s *Subscription) Close() {
	s.service.mu.Lock()
	defer s.service.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	s.service.bySubject.remove(s.user, s)
	s.service.byRoom.change(s, s.rooms, nil)
	s.service.byPerson.change(s, s.people, nil)
	s.waiting = nil
	s.rouse()
}

// followed tells whether anybody follows a room.
func (s *Service) followed(room string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byRoom[room]) > 0
}
