package bridgetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"msnbridge/bridge"
)

// testGather: a room is made with two friends, and once they have come all hear each
// other.
func testGather(t *testing.T, h Harness) {
	login := h.Login(t)
	friends := []Friend{h.Friend(t, login), h.Friend(t, login)}
	l := connectLogin(t, h, login, friends[0])
	made, err := l.Gather(timeout(t), []bridge.Addr{friends[0].Addr(), friends[1].Addr()})
	if !h.Features().Gather {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("gather: %v", err)
		}
		t.Skip("the network has none")
	}
	if err != nil {
		t.Fatalf("gather: %v", err)
	}
	if h.Network().Kind(made.Addr.ID) != bridge.Room {
		t.Errorf("%v is no room", made.Addr)
	}
	l.awaitFound(t, made.Addr)
	var rooms []Room
	for _, f := range friends {
		rooms = append(rooms, h.Features().Accept(t, f, made.Addr))
	}
	if err := l.Watch(timeout(t), []bridge.Addr{made.Addr}); err != nil {
		t.Fatal(err)
	}
	for i, room := range rooms {
		l.hears(t, room, friends[i], fmt.Sprint("hello from ", i))
	}
	l.toldOf(t, rooms[0], friends...)
	if err := l.Send(timeout(t), bridge.Message{ID: key(0), Chat: made.Addr, Text: "welcome"}); err != nil {
		t.Fatal(err)
	}
	for _, room := range rooms {
		if got := room.Hear(t); got != "welcome" {
			t.Errorf("arrived as %q", got)
		}
	}
}

// awaitFound waits until the network says that the login is in a room.
func (l *link) awaitFound(t *testing.T, room bridge.Addr) {
	t.Helper()
	Next(t, l.tape, func(f bridge.ContactFound) bool { return f.Contact.Addr == room })
}

// hears has a friend say something in a room that the login must hear.
func (l *link) hears(t *testing.T, room Room, friend Friend, text string) {
	t.Helper()
	room.Say(t, text)
	m := Next(t, l.tape, func(m bridge.MessageReceived) bool { return m.Message.Text == text }).Message
	if m.Chat != room.Addr() || m.From != friend.Addr() || m.Own {
		t.Errorf("%q came as %+v", text, m)
	}
}

// toldOf asks for the members of a room, among whom friends must be, or come.
func (l *link) toldOf(t *testing.T, room Room, friends ...Friend) {
	t.Helper()
	l.roster(t, room, 20)
	missing := map[bridge.Addr]bool{}
	for _, f := range friends {
		missing[f.Addr()] = true
	}
	for len(missing) > 0 {
		r := Next(t, l.tape, func(r bridge.RosterChanged) bool { return r.Room == room.Addr() })
		for _, who := range r.Joined {
			delete(missing, who.Addr)
		}
		for _, who := range r.Left {
			if slices.ContainsFunc(friends, func(f Friend) bool { return f.Addr() == who }) {
				t.Errorf("%v has left", who)
			}
		}
	}
	l.roster(t, room, 0)
}

// friendIn tells whether the friend is one of these.
func (l *link) friendIn(who []bridge.Contact) bool {
	return slices.ContainsFunc(who, func(c bridge.Contact) bool { return c.Addr == l.friend.Addr() })
}

// testRoomAsk: a friend whom the login asks into a room comes.
func testRoomAsk(t *testing.T, l *link, room Room) {
	accept := l.h.Features().Accept
	if accept == nil {
		t.Skip("friends cannot be asked")
	}
	l.enter(t, room)
	l.roster(t, room, 20)
	room.Leave(t)
	Next(t, l.tape, func(r bridge.RosterChanged) bool {
		return r.Room == room.Addr() && (slices.Contains(r.Left, l.friend.Addr()) || r.Whole && !l.friendIn(r.Joined))
	})
	l.roster(t, room, 0)
	if err := l.Invite(timeout(t), room.Addr(), l.friend.Addr()); err != nil {
		t.Fatalf("invite: %v", err)
	}
	again := accept(t, l.friend, room.Addr())
	l.hears(t, again, l.friend, "here I am")
	l.toldOf(t, again, l.friend)
}
