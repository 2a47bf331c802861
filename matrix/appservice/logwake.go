package appservice

import (
	"encoding/json"
	"maps"
)

// maxPresences bounds how many people's presence is remembered.
const maxPresences = 10000

type subscribers map[*Subscription]struct{}

// An index finds the subscriptions that something concerns.
type index map[string]subscribers

func (x index) add(key string, s *Subscription) {
	if x[key] == nil {
		x[key] = subscribers{}
	}
	x[key][s] = struct{}{}
}

func (x index) remove(key string, s *Subscription) {
	delete(x[key], s)
	if len(x[key]) == 0 {
		delete(x, key)
	}
}

// change replaces the keys of a subscription.
func (x index) change(s *Subscription, from, to map[string]bool) {
	for key := range from {
		if !to[key] {
			x.remove(key, s)
		}
	}
	for key := range to {
		if !from[key] {
			x.add(key, s)
		}
	}
}

// entriesCame wakes whom new entries concern.
func (s *Service) entriesCame(entries []entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	concerned := subscribers{}
	for i := range entries {
		maps.Copy(concerned, s.byRoom[entries[i].room])
		if subject := entries[i].subject; subject != "" {
			maps.Copy(concerned, s.bySubject[subject])
		}
	}
	maps.Copy(concerned, s.byRoom[everyRoom])
	concerned.wake()
}

// logGrew wakes all, because nobody knows what has come.
func (s *Service) logGrew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, concerned := range s.bySubject {
		concerned.wake()
	}
	s.byRoom[everyRoom].wake()
}

// wake has them look into the log. The service's mutex is held.
func (concerned subscribers) wake() {
	for sub := range concerned {
		sub.rouse()
	}
}

// An ephemeral is something that is pushed and not kept: m.typing and m.receipt of a room, or
// m.presence of a person.
type ephemeral struct {
	room, person string
	raw          json.RawMessage
}

// ephemeralCame hands such things to whom they concern.
func (s *Service) ephemeralCame(all []ephemeral) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range all {
		concerned := s.byRoom[e.room]
		if e.person != "" {
			s.remember(e)
			concerned = s.byPerson[e.person]
		}
		for sub := range concerned {
			sub.hear(e.raw)
		}
	}
}

// remember keeps somebody's presence for those who will want to know it; when there are too many,
// that of anybody goes.
func (s *Service) remember(e ephemeral) {
	if _, known := s.presences[e.person]; !known && len(s.presences) >= maxPresences {
		for person := range s.presences {
			delete(s.presences, person)
			break
		}
	}
	s.presences[e.person] = e.raw
}
