package bridge_test

import (
	"fmt"
	"slices"
	"testing"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// awaitAnswer waits until an invitation to #go is accepted, and has the network say
// that the login is in it.
func (r *rig) awaitAnswer() {
	r.t.Helper()
	if c, err := r.net.WaitCall(r.ctx, "Answer", nil); err != nil || c.Addr != r.net.Addr("#go") || !c.On {
		r.t.Fatalf("%+v, %v", c, err)
	}
	r.emit("alice@msn.test", bridge.ContactFound{Contact: bridge.Contact{Addr: r.net.Addr("#go"), Name: "#go"}})
}

func (r *rig) invited(by string) bridge.Invited {
	return bridge.Invited{Contact: bridge.Contact{Addr: r.net.Addr("#go"), Name: "#go (invited by " + by + ")"}, By: r.net.Addr(by)}
}

// Who has left a room can be asked into it again: at once if the room is allowed,
// and else when it is.
func TestRoomInvitedAgain(t *testing.T) {
	for _, allowed := range []bool{true, false} {
		t.Run(fmt.Sprint(allowed), func(t *testing.T) {
			r, alice := inRoom(t)
			if allowed {
				alice.mustAdd(bridge.AL, room)
			}
			if _, err := alice.remove(bridge.FL, room); err != nil {
				t.Fatal(err)
			}
			r.emit("alice@msn.test", r.invited("bob"))
			if !allowed {
				alice.wait("+RL " + room)
				alice.mustAdd(bridge.AL, room)
			}
			r.awaitAnswer()
			if c := alice.wait("+FL " + room).(bridge.ListChanged).Change; c.Entry.Name != "#go" {
				t.Errorf("it is called %q", c.Entry.Name)
			}
			r.sayIn("bob", "alice: there you are", true)
			alice.wait("ring " + room)
		})
	}
}

// Somebody on the block list cannot invite anywhere.
func TestRoomInvitedByBlocked(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.BL, "eve@net.test")
	r.emit("alice@msn.test", r.invited("eve"))
	if got := alice.settled(); slices.Contains(got, "+RL "+room) {
		t.Errorf("%q", got)
	}
	r.emit("alice@msn.test", r.invited("bob"))
	alice.wait("+RL " + room)
}

// A room that the user has taken off the list is left again if the network puts the
// login into it.
func TestRoomUnwanted(t *testing.T) {
	r, alice := inRoom(t)
	if _, err := alice.remove(bridge.FL, room); err != nil {
		t.Fatal(err)
	}
	removed := func() {
		t.Helper()
		if _, err := r.net.WaitCall(r.ctx, "RemoveContact", func(c bridgetest.Call) bool { return c.Addr == r.net.Addr("#go") }); err != nil {
			t.Fatal(err)
		}
	}
	removed()
	r.net.ForgetCalls()
	r.emit("alice@msn.test", bridge.ContactFound{Contact: bridge.Contact{Addr: r.net.Addr("#go"), Name: "#go"}})
	removed()
	if got := alice.list(bridge.FL); slices.Contains(got, room) {
		t.Errorf("on the list: %q", got)
	}
}

// What names the user is not lost among all the rest that waits.
func TestRoomKeepsMentions(t *testing.T) {
	r, alice := inRoom(t)
	alice.state(bridge.Hidden)
	for i := range 60 {
		r.sayIn("bob", fmt.Sprint("alice: ", i), true)
	}
	for i := range 70 {
		r.sayIn("bob", fmt.Sprint(i), false)
	}
	alice.state(bridge.Online)
	w := newWindow()
	alice.wait("ring " + room).(bridge.Ring).Chat.Attach(w)
	got := w.until(r, func(lines []string) bool { return len(lines) > len(whole) && lines[len(lines)-1] == "late: BOB> 69" })
	got = got[len(whole):]
	if len(got) != 100 || got[0] != "late: BOB> alice: 10" || got[49] != "late: BOB> alice: 59" || got[50] != "late: BOB> 20" {
		t.Errorf("%d: %q", len(got), got)
	}
}

// What waits in rooms leaves room for strangers' messages.
func TestRoomsAreNoFlood(t *testing.T) {
	r, _ := inRoom(t)
	r.sayIn("bob", "hi", false)
	r.say("alice@msn.test", "stranger", "hello")
	if n, err := r.Waiting(r.ctx, "alice@msn.test"); err != nil || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
}

// A client that adds a room by the name that it had in the invitation does not keep
// that name.
func TestRoomNameInInvitation(t *testing.T) {
	r := bridged(t)
	r.net.AddPerson("#go", "#Go", bridge.Presence{State: bridge.Online})
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.emit("alice@msn.test", r.invited("bob"))
	alice.wait("+RL " + room)
	if _, err := change(alice, func(done func(bridge.Change, error)) {
		alice.Add(bridge.FL, room, "#go (invited by bob)", -1, done)
	}); err != nil {
		t.Fatal(err)
	}
	if ev := alice.wait(room + " is online").(bridge.PresenceChanged); ev.Name != "#Go" {
		t.Errorf("it is called %q", ev.Name)
	}
	if _, err := r.net.WaitCall(r.ctx, "AddContact", nil); err != nil {
		t.Fatal(err)
	}
	for renamed := false; !renamed; { // or the rig's time is up
		alice.turn(func() {
			renamed = slices.ContainsFunc(alice.Entries(bridge.FL), func(e *bridge.Entry) bool { return e.Name == "#Go" })
		})
	}
}
