package bridgetest

import (
	"testing"

	"msnbridge/bridge"
)

// asked has the friend ask the login into a room, and waits until the network says
// so.
func (l *link) asked(t *testing.T, room Room) {
	t.Helper()
	ask := l.h.Features().Ask
	if ask == nil {
		t.Skip("logins cannot be asked")
	}
	ask(t, l.friend, room, l.login)
	ev := Next(t, l.tape, func(i bridge.Invited) bool { return i.Contact.Addr == room.Addr() })
	if !ev.By.IsZero() && ev.By != l.friend.Addr() {
		t.Errorf("invited by %v", ev.By)
	}
}

// testRoomInvitation: an invitation that is accepted takes the login into the room.
func testRoomInvitation(t *testing.T, l *link, room Room) {
	l.asked(t, room)
	if err := l.Answer(timeout(t), room.Addr(), true); err != nil {
		t.Fatalf("accept: %v", err)
	}
	l.awaitFound(t, room.Addr())
	if err := l.Watch(timeout(t), []bridge.Addr{room.Addr()}); err != nil {
		t.Fatal(err)
	}
	if err := l.Reach(timeout(t), room.Addr()); err != nil {
		t.Errorf("reach: %v", err)
	}
	l.hears(t, room, l.friend, "welcome")
}

// testRoomDeclined: one that is declined does not, and does not stand any more.
func testRoomDeclined(t *testing.T, l *link, room Room) {
	l.asked(t, room)
	for range 2 {
		if err := l.Answer(timeout(t), room.Addr(), false); err != nil {
			t.Fatalf("decline: %v", err)
		}
	}
	if err := l.Reach(timeout(t), room.Addr()); err == nil {
		t.Error("a room was reached though its invitation was declined")
	}
}

// testRoomLeftElsewhere: a room that the user leaves with another client is said to
// be left.
func testRoomLeftElsewhere(t *testing.T, l *link, room Room) {
	elsewhere := l.h.Features().Elsewhere
	if elsewhere == nil {
		t.Skip("there can be no other client")
	}
	l.enter(t, room)
	l.hears(t, room, l.friend, "before you go") // a server may not tell of what was over at once
	elsewhere(t, l.login).Leave(t, room.Addr())
	Next(t, l.tape, func(left bridge.RoomLeft) bool { return left.Room == room.Addr() })
	if err := l.Reach(timeout(t), room.Addr()); err == nil {
		t.Error("a room was reached that was left elsewhere")
	}
}
