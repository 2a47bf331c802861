package bridge

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// findRoom finds the room that words begin with: its number in the last list, its
// address (see roomAt), or its name, perhaps after its network. rest are the words
// behind it. An address comes before a name: anybody can call a room anything.
func (a *account) findRoom(words []string) (room Addr, rest []string, err error) {
	if len(words) == 0 {
		return Addr{}, nil, errors.New("which room? Say it as #name@domain, or by its number in rooms")
	}
	if room, ok := a.roomNumbered(words[0]); ok {
		return room, words[1:], nil
	}
	if room, rest, err = a.roomAt(words); err == nil {
		return room, rest, nil
	}
	if room, rest, named := a.roomNamed(words); named != nil {
		return Addr{}, nil, named
	} else if !room.IsZero() {
		return room, rest, nil
	}
	return Addr{}, nil, err
}

// roomNumbered finds a room by its number in the list that was said last.
func (a *account) roomNumbered(word string) (Addr, bool) {
	n, err := strconv.Atoi(strings.TrimSuffix(word, "."))
	if err != nil || n < 1 || n > len(a.listed) || a.logins[a.listed[n-1].Network] == nil {
		return Addr{}, false
	}
	return a.listed[n-1], true
}

// roomNamed finds a room by its name, as many of the words as it takes; zero if there
// is none, an error if there are several.
func (a *account) roomNamed(words []string) (room Addr, rest []string, err error) {
	known := a.knownRooms("")
	if n := a.b.handles.byName[strings.ToLower(words[0])]; n != nil && len(words) > 1 {
		known, words = a.knownRooms(n.Name()), words[1:]
	}
	for i := len(words); i > 0; i-- {
		name := strings.Join(words[:i], " ")
		var hits []Addr
		for _, c := range known {
			if strings.EqualFold(strings.Join(strings.Fields(c.Name), " "), name) {
				hits = append(hits, c.Addr)
			}
		}
		switch {
		case len(hits) == 1:
			return hits[0], words[i:], nil
		case len(hits) > 1:
			return Addr{}, nil, fmt.Errorf("%d rooms are called %s; say rooms NETWORK %s, and then the number", len(hits), name, words[0])
		}
	}
	return Addr{}, nil, nil
}

// knownRooms are the rooms that the logins are in, or that one login is in, and those
// on the list, by name.
func (a *account) knownRooms(network string) (rooms []Contact) {
	for name, l := range a.logins {
		if network != "" && name != network {
			continue
		}
		for _, c := range l.found {
			rooms = append(rooms, c)
		}
		for _, e := range l.shown() {
			if _, found := l.found[e.Addr]; !found {
				rooms = append(rooms, Contact{Addr: e.Addr, Name: e.Name})
			}
		}
	}
	slices.SortFunc(rooms, func(x, y Contact) int {
		return strings.Compare(strings.ToLower(x.Name)+"\x00"+x.Addr.ID, strings.ToLower(y.Name)+"\x00"+y.Addr.ID)
	})
	return rooms
}
