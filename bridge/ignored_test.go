package bridge_test

import (
	"fmt"
	"slices"
	"testing"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

func (r *rig) ignore(who string, on bool) {
	r.t.Helper()
	r.emit("alice@msn.test", bridge.Ignored{Who: r.net.Addr(who), Ignored: on})
}

// blocked waits until the network is told who is on the block list.
func (r *rig) blocked(who ...string) {
	r.t.Helper()
	want := []bridge.Addr{}
	for _, id := range who {
		want = append(want, r.net.Addr(id))
	}
	if _, err := r.net.WaitCall(r.ctx, "Block", func(c bridgetest.Call) bool {
		return fmt.Sprint(c.Watched) == fmt.Sprint(want)
	}); err != nil {
		r.t.Fatalf("%q are not blocked: %v", who, err)
	}
}

// What the user does to somebody from another client is done here, and the network is
// told the list once, not again for what it has told itself.
func TestIgnored(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.emit("alice@msn.test", bridge.ContactFound{Contact: r.contact("bob")})
	alice.wait("bob@net.test is online")
	alice.fence()
	r.net.ForgetCalls()
	r.ignore("bob", true)
	alice.wait("-AL bob@net.test")
	alice.wait("+BL bob@net.test")
	alice.wait("bob@net.test is offline")
	r.blocked("bob")
	r.ignore("bob", true)
	r.say("alice@msn.test", "bob", "unheard")
	alice.fence()
	if got := r.net.Calls("Block"); len(got) != 1 {
		t.Errorf("told %d times", len(got))
	}
	if got := alice.onLists("bob@net.test"); got != "FL BL RL" {
		t.Errorf("on %s", got)
	}
	r.ignore("bob", false)
	alice.wait("-BL bob@net.test")
	alice.wait("+AL bob@net.test")
	alice.wait("bob@net.test is online")
	r.blocked()
	if got := alice.settled(); slices.Contains(got, "ring bob@net.test") {
		t.Errorf("rang: %q", got)
	}
}

// The lists, and their version, survive; who is on no other list is forgotten.
func TestIgnoredStranger(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	before := uint32(0)
	alice.turn(func() { before = alice.Version() })
	r.ignore("eve", true)
	alice.wait("+BL eve@net.test")
	r.restart()
	r.connected("alice@msn.test")
	r.blocked("eve")
	alice = r.signIn("alice@msn.test", bridge.Online)
	alice.turn(func() {
		if v := alice.Version(); v <= before {
			t.Errorf("version %d, before %d", v, before)
		}
	})
	if got := alice.onLists("eve@net.test"); got != "BL" {
		t.Errorf("on %s", got)
	}
	r.ignore("eve", false)
	alice.wait("-BL eve@net.test")
	if got := alice.onLists("eve@net.test"); got != "" {
		t.Errorf("on %s", got)
	}
}

// Only people of the login's own network can be blocked from there, and no more than
// the list holds.
func TestIgnoredNonsense(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test")
	r.login("alice@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.ignore("#go", true)
	r.ignore("nobody", false)
	r.emit("alice@msn.test", bridge.Ignored{Who: bridge.Addr{Network: bridge.Local, ID: "bob@msn.test"}, Ignored: true},
		bridge.Ignored{Who: bridge.Addr{Network: bridge.Service, ID: "gateway@msn.test"}, Ignored: true})
	if got := alice.list(bridge.BL); len(got) > 0 {
		t.Errorf("blocked: %q", got)
	}
	var evs []bridge.Event
	for i := range bridge.MostBlock + 10 {
		evs = append(evs, bridge.Ignored{Who: r.net.Addr(fmt.Sprint("p", i)), Ignored: true})
	}
	r.emit("alice@msn.test", evs...)
	if got := alice.list(bridge.BL); len(got) != bridge.MostBlock {
		t.Errorf("%d are blocked", len(got))
	}
}
