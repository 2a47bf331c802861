package bridgetest

import (
	"errors"
	"slices"
	"testing"

	"msnbridge/bridge"
)

// A Room is one that a friend is in and that the login may enter; what is said and
// done in it is the friend's. Its methods end the test if they fail.
type Room interface {
	Addr() bridge.Addr

	// Say says a text; Hear waits for the next text that the login says there.
	Say(t testing.TB, text string)
	Hear(t testing.TB) string

	// Leave takes the friend out of the room, and Enter brings the friend back.
	Leave(t testing.TB)
	Enter(t testing.TB)
}

// roomTests are about rooms.
var roomTests = []struct {
	name string
	run  func(*testing.T, *link, Room)
}{
	{"enter and leave", testRoomEnter},
	{"roster", testRoomRoster},
	{"talk", testRoomTalk},
	{"refusals", testRoomRefusals},
	{"invitation", testRoomInvitation},
	{"declined", testRoomDeclined},
	{"left elsewhere", testRoomLeftElsewhere},
	{"asked", testRoomAsk},
}

func testRooms(t *testing.T, h Harness) {
	makeRoom := h.Features().Room
	if makeRoom == nil {
		t.Skip("the network has none")
	}
	for _, test := range roomTests {
		t.Run(test.name, func(t *testing.T) {
			l := connected(t, h)
			room := makeRoom(t, l.friend)
			if kind := h.Network().Kind(room.Addr().ID); kind != bridge.Room {
				t.Errorf("%v is of kind %v", room.Addr(), kind)
			}
			test.run(t, l, room)
		})
	}
}

// enter has the login enter a room, as when it is put on the forward list.
func (l *link) enter(t *testing.T, room Room) {
	t.Helper()
	if err := l.Watch(timeout(t), []bridge.Addr{room.Addr()}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.AddContact(timeout(t), room.Addr()); err != nil {
		t.Fatal(err)
	}
	l.awaitRoom(t, room, bridge.Online)
	if err := l.Reach(timeout(t), room.Addr()); err != nil {
		t.Errorf("reach a room that the login is in: %v", err)
	}
}

// depart has the login leave a room, as when it is parted with.
func (l *link) depart(t *testing.T, room Room) {
	t.Helper()
	if err := l.Watch(timeout(t), nil); err != nil {
		t.Fatal(err)
	}
	if err := l.RemoveContact(timeout(t), room.Addr()); err != nil {
		t.Fatal(err)
	}
	err := l.Leave(timeout(t), room.Addr())
	switch {
	case l.h.Features().Leave && err != nil:
		t.Fatalf("leave: %v", err)
	case !l.h.Features().Leave:
		l.awaitRoom(t, room, bridge.Offline)
	}
}

func (l *link) awaitRoom(t *testing.T, room Room, s bridge.State) {
	t.Helper()
	Next(t, l.tape, func(p bridge.PresenceChanged) bool { return p.Addr == room.Addr() && p.Presence.State == s })
}

// testRoomEnter: a room is entered, cannot be reached after it was left, and can
// be entered again.
func testRoomEnter(t *testing.T, l *link, room Room) {
	l.enter(t, room)
	l.depart(t, room)
	if err := l.Reach(timeout(t), room.Addr()); err == nil {
		t.Error("a room was reached that the login has left")
	}
	if _, err := l.Join(timeout(t), room.Addr(), ""); err != nil {
		t.Fatal(err)
	}
	if err := l.Reach(timeout(t), room.Addr()); err != nil {
		t.Errorf("reach a room that was entered again: %v", err)
	}
}

// testRoomRoster: the members are told, whole at first, none if there are too
// many, and nobody's coming and going when it is not asked for any more.
func testRoomRoster(t *testing.T, l *link, room Room) {
	l.enter(t, room)
	l.roster(t, room, 20)
	whole := Next(t, l.tape, func(r bridge.RosterChanged) bool { return r.Whole && r.Room == room.Addr() })
	friend := l.friend.Addr()
	isFriend := func(c bridge.Contact) bool { return c.Addr == friend }
	if !slices.ContainsFunc(whole.Joined, isFriend) || slices.ContainsFunc(whole.Joined, func(c bridge.Contact) bool { return c.Addr == l.Self().Addr }) {
		t.Errorf("members: %+v", whole.Joined)
	}
	room.Leave(t)
	Next(t, l.tape, func(r bridge.RosterChanged) bool { return slices.Contains(r.Left, friend) })
	room.Enter(t)
	Next(t, l.tape, func(r bridge.RosterChanged) bool { return slices.ContainsFunc(r.Joined, isFriend) })
	l.roster(t, room, 0)
	room.Leave(t)
	room.Enter(t)
	room.Say(t, "back")
	Next(t, l.tape, func(ev bridge.Event) bool {
		if _, told := ev.(bridge.RosterChanged); told {
			t.Errorf("told though it was not asked for: %+v", ev)
		}
		m, ok := ev.(bridge.MessageReceived)
		return ok && m.Message.Text == "back"
	})
}

func (l *link) roster(t *testing.T, room Room, most int) {
	t.Helper()
	if err := l.Roster(timeout(t), room.Addr(), most); err != nil {
		t.Fatal(err)
	}
}

// testRoomTalk: texts go both ways, in order, from the right person; one that
// names the login says so.
func testRoomTalk(t *testing.T, l *link, room Room) {
	l.enter(t, room)
	for _, c := range []struct {
		text    string
		mention bool
	}{{"hello all", false}, {l.Self().Name + ": hello", true}, {"again", false}} {
		room.Say(t, c.text)
		m := Next[bridge.MessageReceived](t, l.tape, nil).Message
		if m.Text != c.text || m.Chat != room.Addr() || m.From != l.friend.Addr() || m.Name == "" || m.Mention != c.mention || m.Own {
			t.Errorf("%q came as %+v", c.text, m)
		}
	}
	for i, text := range []string{"one", "two", "three: ä😀"} {
		if err := l.Send(timeout(t), bridge.Message{ID: key(i), Chat: room.Addr(), Text: text}); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got := room.Hear(t); got != text {
			t.Errorf("%q arrived as %q", text, got)
		}
	}
}

// testRoomRefusals: what cannot be is refused, in words or by name.
func testRoomRefusals(t *testing.T, l *link, room Room) {
	if err := l.Reach(timeout(t), room.Addr()); err == nil {
		t.Error("a room was reached that the login is not in")
	}
	err := l.Send(timeout(t), bridge.Message{ID: key(0), Chat: room.Addr(), Text: "anybody?"})
	if failure, ok := errors.AsType[*bridge.SendError](err); !ok || failure.Unknown {
		t.Errorf("sent to a room that the login is not in: %v", err)
	}
	l.enter(t, room)
	if err := l.Invite(timeout(t), room.Addr(), l.friend.Addr()); !errors.Is(err, bridge.ErrAlreadyThere) {
		t.Errorf("a member was invited: %v", err)
	}
	err = l.Send(timeout(t), bridge.Message{ID: key(1), Chat: room.Addr(), Command: "nosuchcommand"})
	if failure, ok := errors.AsType[*bridge.SendError](err); !ok || failure.Unknown || failure.Reason == "" {
		t.Errorf("an unknown command: %v", err)
	}
}
