package matrix

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxHeroes is how many people a room is named for at most; homeservers tell five.
const maxHeroes = 5

// A member is somebody in a room.
type member struct {
	name    string // display name; empty: none, or not known
	said    int64  // when they last said something, in milliseconds
	invited bool   // and not joined
}

func (r *room) knows(who string) bool {
	_, ok := r.members[who]
	return ok
}

// setName notes what somebody is called. Of too many people those are kept who spoke last.
func (r *room) setName(who, name string) {
	old, known := r.members[who]
	if !known && len(r.members) >= maxNames {
		r.forgetSilent()
	}
	r.members[who] = member{name: name, said: old.said}
}

// forgetSilent forgets the half of the members who have been silent for longest.
func (r *room) forgetSilent() {
	order := slices.SortedFunc(maps.Keys(r.members), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.members[a].said, r.members[b].said), cmp.Compare(a, b))
	})
	for _, who := range order[:len(order)/2] {
		delete(r.members, who)
	}
}

// heard notes that a member said something.
func (r *room) heard(who string, at int64) {
	if m, known := r.members[who]; known {
		m.said = max(m.said, at)
		r.members[who] = m
	}
}

// called is how a member is shown.
func (r *room) called(who string) string {
	name := r.members[who].name
	for other, m := range r.members {
		if other != who && m.name == name {
			return display(who, name, true)
		}
	}
	return display(who, name, false)
}

// display is a member's display name, with the ID behind it if another has the same, or the ID if
// there is none (client-server API, 13.4: calculating the display name for a user).
func display(who, name string, shared bool) string {
	switch {
	case name == "":
		return who
	case shared:
		return name + " (" + who + ")"
	}
	return name
}

// title is what the room is called (client-server API, 13.5: calculating the display name for a
// room).
func (r *room) title() string {
	return orSo(r.name, orSo(r.alias, r.byPeople()))
}

// byPeople names a room for the people in it, or who were in it.
func (r *room) byPeople() string {
	heroes := r.heroes
	if len(heroes) < len(r.members) && len(r.members) <= maxHeroes {
		heroes = slices.Sorted(maps.Keys(r.members))
	}
	names := make([]string, 0, maxHeroes)
	for _, who := range heroes[:min(len(heroes), maxHeroes)] {
		names = append(names, r.called(who))
	}
	slices.Sort(names)
	others := r.count - 1 - len(names)
	if r.count < 0 {
		others = len(r.members) - len(names)
	}
	switch {
	case r.count >= 0 && r.count <= 1 && len(names) > 0:
		return cleanLine("Empty room (was "+listing(names, 0)+")", maxName)
	case len(names) == 0 && others <= 0:
		return "Empty room"
	}
	return cleanLine(listing(names, max(others, 0)), maxName)
}

// listing is "a, b and c", or "a, b and 3 others".
func listing(names []string, others int) string {
	switch {
	case others == 1:
		names = append(names, "1 other")
	case others > 1:
		names = append(names, fmt.Sprintf("%d others", others))
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// validUsers are the first few of IDs that can be users.
func validUsers(ids []string, most int) []string {
	var users []string
	for _, who := range ids {
		if len(users) < most && validUser(who) {
			users = append(users, who)
		}
	}
	return users
}
