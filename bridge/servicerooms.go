package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// roomCommands are what the service contact understands about rooms.
func roomCommands() []command {
	return []command{
		{"rooms", "[NETWORK [WORD]]", "the rooms on your list, or all you are in on a network, with WORD in their name", (*account).cmdRooms},
		{"join", "ROOM [key]", "enter a room and stay in it: #name@domain, NETWORK #name, or what rooms lists by its number or name", (*account).cmdJoin},
		{"part", "ROOM", "leave a room and take it off your list", (*account).cmdPart},
		{"hide", "ROOM", "take a room off your list without leaving it, where the network knows the difference", (*account).cmdHide},
		{"show", "NETWORK all|favourites|chosen", "which rooms of a network are put on your list", (*account).cmdShow},
		{"ring", "ROOM mentions|all|none|default", "which messages of a room open a window", (*account).cmdRing},
	}
}

// roomAt finds the room that words begin with: a handle, a network and a name, or
// a name alone where only one login can be meant. rest are the words behind it.
func (a *account) roomAt(words []string) (room Addr, rest []string, err error) {
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
	case !a.reaches(room.Network):
		return Addr{}, nil, errors.New("you have no login there. " + a.b.networkList())
	}
	return room, rest, nil
}

// guessRoom finds the one network with a login on which name can be a room.
func (a *account) guessRoom(name string) (room Addr, err error) {
	a.borrow()
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
	return fmt.Sprintf("%s: %s; rings for %s", a.called(e), state, a.ringPolicy(e.Addr))
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
		c, err := conn.Join(ctx, room, key)
		if c.Addr.IsZero() {
			c.Addr = room
		}
		a.turn.post(func() { a.joined(l, room, c, spelling, err) })
	})
}

// joined puts a room on the lists that the user has had the bridge enter; asked is
// what was asked for, which may be an alias of it, and spelling what they called it.
func (a *account) joined(l *login, asked Addr, room Contact, spelling string, err error) {
	if a.logins[room.Addr.Network] != l {
		return
	}
	if err != nil {
		a.say("Not joined: " + err.Error())
		return
	}
	if e := a.entry(asked); e != nil {
		l.relocate(asked, room)
	}
	var w batch
	e, ok := l.entered(&w, room, spelling)
	a.commit(w, nil)
	l.watchAll()
	if !ok {
		a.say("You are in " + a.b.handles.remember(room.Addr) + ", but your list is full: make room on it.")
		return
	}
	a.say("You are in " + a.called(e) + ".")
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
	a.say(fmt.Sprintf("%s rings for %s.", a.called(e), a.ringPolicy(room)))
}
