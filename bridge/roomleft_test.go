package bridge_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// onLists says on which lists a handle stands.
func (s *seat) onLists(handle string) string {
	var on []string
	for _, l := range []bridge.List{bridge.FL, bridge.AL, bridge.BL, bridge.RL} {
		if slices.Contains(s.list(l), handle) {
			on = append(on, listName(l))
		}
	}
	return strings.Join(on, " ")
}

// A room that the user has left elsewhere goes, with its window and what waits, and
// comes back when it is found again. What the user has allowed stays allowed.
func TestRoomLeft(t *testing.T) {
	for _, own := range []bool{true, false} {
		t.Run(fmt.Sprint(own), func(t *testing.T) {
			r := bridged(t)
			r.net.AddPerson("#go", "#Go", bridge.Presence{State: bridge.Online})
			alice := r.signIn("alice@msn.test", bridge.Online)
			left := ""
			if own {
				alice.mustAdd(bridge.FL, room)
				alice.mustAdd(bridge.AL, room)
				left = "AL"
			} else {
				r.found("go")
			}
			r.sayIn("bob", "hello", false)
			_, w := alice.enter()
			w.until(r, func(lines []string) bool { return slices.Contains(lines, "BOB> hello") })
			alice.fence()
			r.net.ForgetCalls()
			for range 2 { // the second time it is on no list
				r.emit("alice@msn.test", bridge.RoomLeft{Room: r.net.Addr("#go")})
			}
			alice.wait("-FL " + room)
			w.until(r, func(lines []string) bool { return lines[len(lines)-1] == "closed" })
			if got := alice.onLists(room); got != left {
				t.Errorf("on %s", got)
			}
			if _, err := r.net.WaitCall(r.ctx, "Watch", func(c bridgetest.Call) bool { return len(c.Watched) == 0 }); err != nil {
				t.Error(err)
			}
			r.found("go")
			alice.wait("+FL " + room)
			if got := r.net.Calls("RemoveContact", "Leave"); len(got) > 0 {
				t.Errorf("the network was asked: %+v", got)
			}
		})
	}
}

// That the login is out of a room concerns no longer somebody who wants in again.
func TestRoomLeftAndWanted(t *testing.T) {
	r, alice := inRoom(t)
	alice.fence() // the room was asked for
	r.net.Fail("AddContact", errors.New("slow"))
	r.emit("alice@msn.test", bridge.RoomLeft{Room: r.net.Addr("#go")})
	alice.wait("-FL " + room)
	alice.mustAdd(bridge.FL, room)
	r.emit("alice@msn.test", bridge.RoomLeft{Room: r.net.Addr("#go")})
	if got := alice.onLists(room); got != "FL" {
		t.Errorf("on %q", got)
	}
}

// A room is left at the service contact where the network can leave it, and else by
// taking it off the list.
func TestPart(t *testing.T) {
	for _, c := range []struct {
		err          error
		says, method string
		list         string
	}{
		{nil, "You have left", "Leave", ""},
		{errors.ErrUnsupported, "You have left", "RemoveContact", ""},
		{errors.New("you are\r\nthe last"), "Not left: you arethe last", "Leave", "FL"},
	} {
		t.Run(fmt.Sprint(c.err), func(t *testing.T) {
			r, alice := inRoom(t)
			r.net.Fail("Leave", c.err)
			if got := r.command(alice, "part #go"); !strings.Contains(got, c.says) {
				t.Errorf("%q", got)
			}
			if _, err := r.net.WaitCall(r.ctx, c.method, nil); err != nil {
				t.Error(err)
			}
			if got := alice.onLists(room); got != c.list {
				t.Errorf("on %q", got)
			}
		})
	}
}

// A room that is not shown can be left too.
func TestPartHidden(t *testing.T) {
	r, alice := inRoom(t)
	if _, err := alice.remove(bridge.FL, room); err != nil {
		t.Fatal(err)
	}
	if got := r.command(alice, "part #go"); !strings.Contains(got, "not in that room") {
		t.Errorf("%q", got)
	}
	r.found("go")
	if got := r.command(alice, "part #go"); !strings.Contains(got, "You have left") {
		t.Errorf("%q", got)
	}
	r.found("go") // and entered from another client
	alice.wait("+FL " + room)
}

// A network may tell that the room was left before it has answered.
func TestPartToldFirst(t *testing.T) {
	r := bridged(t)
	r.net.AddPerson("#go", "", bridge.Presence{State: bridge.Online})
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.emit("alice@msn.test", bridge.ContactFound{Contact: bridge.Contact{Addr: r.net.Addr("#go"), Name: "Allotment"}})
	r.net.OnLeave(func(ctx context.Context, account string, room bridge.Addr) error {
		return r.net.Emit(ctx, account, nil, bridge.RoomLeft{Room: room})
	})
	if got := r.command(alice, "part allotment"); got != "You have left Allotment ("+room+")." {
		t.Errorf("%q", got)
	}
}

// Rooms that the user does not want are found at every reconnect: nothing is written
// for them.
func TestUnwantedCostNothing(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	var names []string
	for i := range 50 {
		names = append(names, fmt.Sprintf("r%d", i))
	}
	r.found(names...)
	for _, name := range names {
		if _, err := alice.remove(bridge.FL, "#"+name+"@net.test"); err != nil {
			t.Fatal(err)
		}
	}
	removed := func() {
		t.Helper()
		for _, name := range names {
			if _, err := r.net.WaitCall(r.ctx, "RemoveContact", func(c bridgetest.Call) bool { return c.Addr.ID == "#"+name }); err != nil {
				t.Fatal(err)
			}
		}
	}
	removed()
	alice.fence()
	written := func() int64 {
		if err := r.store.Do(r.ctx, func(bridge.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		return r.store.saved.Load()
	}
	before := written()
	for range 2 {
		r.net.ForgetCalls()
		r.found(names...)
		removed()
	}
	alice.fence()
	if n := written() - before; n > 0 {
		t.Errorf("%d entries written", n)
	}
}

// fence waits until the network has been told all that it was to be told before, and
// the account knows the outcome.
func (s *seat) fence() {
	s.r.t.Helper()
	for _, st := range []bridge.State{bridge.Busy, bridge.Online} { // in one round the presence comes first
		p := bridge.Presence{State: st, Note: rand.Text()}
		s.turn(func() { s.SetPresence(p) })
		if _, err := s.r.net.WaitCall(s.r.ctx, "SetPresence", func(c bridgetest.Call) bool { return c.Presence == p }); err != nil {
			s.r.t.Fatal(err)
		}
	}
	s.settled()
}
