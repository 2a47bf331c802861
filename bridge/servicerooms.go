package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// roomCommands are what the service contact understands about rooms.
func roomCommands() []command {
	return []command{
		{"rooms", "", "the rooms on your list, and how they fare", (*account).cmdRooms},
		{"join", "ROOM [key]", "enter a room (#name@domain, or NETWORK #name) and stay in it", (*account).cmdJoin},
		{"part", "ROOM", "leave a room and take it off your list", (*account).cmdPart},
		{"ring", "ROOM mentions|all|none|default", "which messages of a room open a window", (*account).cmdRing},
	}
}

// findRoom finds the room that words begin with: a handle, a network and a name, or
// a name alone where only one login can be meant. rest are the words behind it.
func (a *account) findRoom(words []string) (room Addr, rest []string, err error) {
	if len(words) == 0 {
		return Addr{}, nil, errors.New("which room? Say it as #name@domain")
	}
	word, rest := words[0], words[1:]
	switch n := a.b.handles.byName[strings.ToLower(word)]; {
	case n != nil && len(rest) > 0:
		room.Network = n.Name()
		room.ID, err = n.Join(rest[0], n.Domain())
		rest = rest[1:]
	case strings.Contains(word, "@"):
		room, err = a.parse(word)
	default:
		room, err = a.guessRoom(word)
	}
	switch {
	case err != nil:
		return Addr{}, nil, err
	case a.b.handles.kind(room) != Room:
		return Addr{}, nil, fmt.Errorf("%s is no room", word)
	case a.logins[room.Network] == nil:
		return Addr{}, nil, errors.New("you have no login there. " + a.b.networkList())
	}
	return room, rest, nil
}

// guessRoom finds the one network with a login on which name can be a room.
func (a *account) guessRoom(name string) (room Addr, err error) {
	for network := range a.logins {
		n := a.b.handles.byName[network]
		id, err := n.Join(name, n.Domain())
		if err != nil || n.Kind(id) != Room {
			continue
		}
		if room.Network != "" {
			return Addr{}, errors.New("on which network? Say it as #name@domain")
		}
		room = Addr{network, id}
	}
	if room.Network == "" {
		return Addr{}, fmt.Errorf("%s can be no room of a network that you have a login on", name)
	}
	return room, nil
}

func (a *account) cmdRooms([]string) {
	var lines []string
	for _, e := range a.entries {
		if e.Kind == Room && e.On(FL) {
			lines = append(lines, a.describeRoom(e))
		}
	}
	if len(lines) == 0 {
		a.say("There is no room on your list. Say join #name@domain to enter one.")
		return
	}
	slices.Sort(lines)
	a.say(strings.Join(lines, "\n"))
}

// describeRoom says in one line how a room fares.
func (a *account) describeRoom(e *Entry) string {
	state := "not entered"
	if l := a.logins[e.Addr.Network]; l != nil {
		switch p := l.people[e.Addr].presence; {
		case p.State == Online:
			state = "entered"
		case p.Note != "":
			state += ": " + p.Note
		}
	}
	if c := a.chats[e.Addr]; c != nil && len(c.waiting) > 0 {
		state += fmt.Sprintf(", %d messages wait", len(c.waiting))
	}
	return fmt.Sprintf("%s: %s; rings for %s", e.Spelling(), state, a.ringPolicy(e.Addr))
}

func (a *account) cmdJoin(words []string) {
	room, rest, err := a.findRoom(words)
	if err != nil {
		a.say("Not joined: " + err.Error())
		return
	}
	l, key, spelling := a.logins[room.Network], strings.Join(rest, " "), foldASCII(words[0])
	conn := l.live()
	if conn == nil {
		a.say("Not joined: you are not connected to " + l.net.Title() + ".")
		return
	}
	a.long(func(ctx context.Context) {
		_, err := conn.Join(ctx, room, key)
		a.turn.post(func() { a.joined(l, room, spelling, err) })
	})
}

// joined puts a room on the lists that the user has had the bridge enter; spelling
// is what they called it.
func (a *account) joined(l *login, room Addr, spelling string, err error) {
	handle := a.b.handles.handle(room)
	e := a.byHandle[handle]
	switch {
	case a.logins[room.Network] != l:
		return
	case err != nil:
		a.say("Not joined: " + err.Error())
		return
	case e != nil && e.On(FL):
	case a.count(FL) >= mostForward:
		a.say("Joined, but your list is full: you will not be in " + handle + " for long.")
		return
	default:
		var w batch
		e = a.makeEntry(room, "")
		e.Removed, e.Pending = false, NothingPending
		if strings.HasPrefix(spelling, escapedHash) && a.find(spelling) == e {
			e.Shown = spelling
		}
		l.inRoom(room)
		a.addAuto(&w, e, l.net.Title())
		a.commit(w, nil)
		l.watchAll()
	}
	a.say("You are in " + e.Spelling() + ".")
}

func (a *account) cmdPart(words []string) {
	room, _, err := a.findRoom(words)
	e := a.entry(room)
	if err == nil && (e == nil || !e.On(FL)) {
		err = errors.New("that room is not on your list")
	}
	if err != nil {
		a.say("Not left: " + err.Error())
		return
	}
	a.takeOff(room, func() { a.say("You have left " + e.Spelling() + ".") })
}

// takeOff takes a room off the forward list, which has the login leave it, and
// tells the client. then is called when that is stored.
func (a *account) takeOff(room Addr, then func()) {
	e := a.entry(room)
	if e == nil || !e.On(FL) {
		return
	}
	a.remove(FL, e, -1, func(c Change, err error) {
		if err == nil {
			a.emit(ListChanged{c, true})
			then()
		}
	})
}

func (a *account) cmdRing(words []string) {
	room, rest, err := a.findRoom(words)
	e := a.entry(room)
	switch {
	case err != nil:
		a.say(err.Error())
		return
	case e == nil || !e.On(FL):
		a.say("That room is not on your list.")
		return
	}
	if len(rest) > 0 {
		policy, err := ParseRingPolicy(strings.ToLower(rest[0]))
		if err != nil {
			a.say(err.Error())
			return
		}
		var w batch
		e.Ring = policy
		a.saveEntry(&w, e)
		a.commit(w, nil)
		a.ringSoon = true
	}
	a.say(fmt.Sprintf("%s rings for %s.", e.Spelling(), a.ringPolicy(room)))
}
