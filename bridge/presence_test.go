package bridge_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"msnbridge/bridge"
)

// Who is told what: doc/protocol, 02 section 6.
func TestPresenceBetweenAccounts(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test")
	alice := r.signIn("alice@msn.test", bridge.Online)
	bob := r.signIn("bob@msn.test", bridge.Offline)
	if c := bob.mustAdd(bridge.FL, "alice@msn.test"); c.Presence.State != bridge.Offline {
		t.Errorf("before its first state a session is told %v", c.Presence)
	}
	if e := alice.wait("+RL bob@msn.test").(bridge.ListChanged).Change.Entry; e.Name != "Bob" {
		t.Errorf("bob is called %q", e.Name)
	}
	if c := alice.mustAdd(bridge.FL, "bob@msn.test"); c.Name != "Bob" {
		t.Errorf("bob is called %q when he is added", c.Name)
	}
	bob.wait("+RL alice@msn.test")
	want := []string{"alice@msn.test online", "gateway@msn.test online"}
	if got := bob.state(bridge.Online); !slices.Equal(got, want) {
		t.Errorf("at first: %q, want %q", got, want)
	}
	alice.state(bridge.Busy)
	bob.wait("alice@msn.test is busy")
	alice.state(bridge.Hidden)
	bob.wait("alice@msn.test is offline")
	alice.state(bridge.Away)
	bob.wait("alice@msn.test is away")
	alice.mustAdd(bridge.BL, "bob@msn.test")
	bob.wait("alice@msn.test is offline")
	alice.state(bridge.Online)
	alice.remove(bridge.BL, "bob@msn.test")
	bob.wait("alice@msn.test is online")
	change(alice, func(done func(uint32, error)) { alice.SetAllowedOnly(true, done) })
	bob.wait("alice@msn.test is offline")
	alice.mustAdd(bridge.AL, "bob@msn.test")
	bob.wait("alice@msn.test is online")
	alice.Close()
	bob.wait("alice@msn.test is offline")
	if got := bob.settled(); len(got) > 0 {
		t.Errorf("bob is also told %q", got)
	}
}

func TestRenameTellsWatchers(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test")
	alice, bob := r.signIn("alice@msn.test", bridge.Online), r.signIn("bob@msn.test", bridge.Online)
	bob.mustAdd(bridge.FL, "alice@msn.test")
	change(alice, func(done func(uint32, error)) { alice.Rename("ALICE@msn.test", "Alice\r\n in W.", done) })
	ev := bob.wait("alice@msn.test is online").(bridge.PresenceChanged)
	if ev.Name != "Alice in W." {
		t.Errorf("name %q", ev.Name)
	}
	change(alice, func(done func(uint32, error)) { alice.SetProperty("PHH", "1 22", done) })
	bob.wait("properties alice@msn.test")
	bob.turn(func() {
		e := bob.Entries(bridge.FL)[1]
		if got := bob.Properties(e); !reflect.DeepEqual(got, map[string]string{"PHH": "1 22"}) {
			t.Errorf("properties %v", got)
		}
	})
}

func TestOfflineStateStopsTelling(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test")
	alice, bob := r.signIn("alice@msn.test", bridge.Online), r.signIn("bob@msn.test", bridge.Online)
	bob.mustAdd(bridge.FL, "alice@msn.test")
	bob.state(bridge.Offline)
	alice.state(bridge.Busy)
	if got := bob.settled(); len(got) > 0 {
		t.Errorf("told while offline: %q", got)
	}
	want := []string{"alice@msn.test busy", "gateway@msn.test online"}
	if got := bob.state(bridge.Online); !slices.Equal(got, want) {
		t.Errorf("back: %q, want %q", got, want)
	}
}

func TestSecondSignInEndsTheFirst(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	first := r.signIn("alice@msn.test", bridge.Online)
	second := r.signIn("Alice@MSN.test", bridge.Online)
	first.wait("ended elsewhere")
	first.Close()
	if got := second.settled(); len(got) > 0 {
		t.Errorf("the second session is told %q", got)
	}
	if _, err := r.SignIn(r.ctx, "nobody@msn.test", first); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("unknown account: %v", err)
	}
	r.stop()
	second.wait("ended shutting down")
}

func TestCall(t *testing.T) {
	r := newRig(t, "alice@msn.test", "bob@msn.test")
	call := func() error {
		got := make(chan error, 1)
		r.Call("alice@msn.test", "bob@msn.test", func(_ bridge.Sink, err error) { got <- err })
		return <-got
	}
	if err := call(); err != bridge.ErrNotOnline {
		t.Errorf("not in memory: %v", err)
	}
	bob := r.signIn("bob@msn.test", bridge.Hidden)
	if err := call(); err != bridge.ErrNotOnline {
		t.Errorf("hidden: %v", err)
	}
	bob.state(bridge.Busy)
	if err := call(); err != nil {
		t.Errorf("busy: %v", err)
	}
	bob.mustAdd(bridge.BL, "alice@msn.test")
	if err := call(); err != bridge.ErrBlocked {
		t.Errorf("blocked: %v", err)
	}
}

// Presence of bridged people: true while the login is up, offline else.
func TestBridgedPresence(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.login("alice@msn.test")
	r.net.AddPerson("bob", "Bob", bridge.Presence{State: bridge.Away, Note: "tea"})
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.FL, "bob@net.test")
	alice.wait("bob@net.test is away")
	r.net.SetPresence("bob", bridge.Presence{State: bridge.Online})
	if ev := alice.wait("bob@net.test is online").(bridge.PresenceChanged); ev.Name != "Bob" {
		t.Errorf("name %q", ev.Name)
	}
	alice.mustAdd(bridge.BL, "bob@net.test")
	alice.wait("bob@net.test is offline")
	alice.remove(bridge.BL, "bob@net.test")
	alice.wait("bob@net.test is online")
	r.net.Disconnect("alice@msn.test", errors.New("cable cut"))
	alice.wait("bob@net.test is offline")
	r.connected("alice@msn.test")
	alice.wait("bob@net.test is online")
}

// What the network is shown follows the session's state.
func TestOutwardPresence(t *testing.T) {
	r := newRig(t, "alice@msn.test")
	r.login("alice@msn.test")
	last := func(want bridge.State) {
		t.Helper()
		for {
			c := r.net.Calls("SetPresence")
			if len(c) > 0 && c[len(c)-1].Presence.State == want {
				r.net.ForgetCalls()
				return
			}
			if r.ctx.Err() != nil {
				t.Fatalf("the network is shown %v, want %v", c, want)
			}
			r.net.WaitCall(r.ctx, "SetPresence", nil)
		}
	}
	last(bridge.Offline)
	alice := r.signIn("alice@msn.test", bridge.Away)
	last(bridge.Away)
	alice.state(bridge.Hidden)
	last(bridge.Offline)
	alice.state(bridge.Online)
	last(bridge.Online)
	alice.Close()
	last(bridge.Offline)
}

// Somebody who is taken off the list and put on it again at once is told of anew, also
// if the network has not heard of that in between.
func TestPresenceAfterAddingAgain(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.FL, "bob@net.test")
	alice.wait("bob@net.test is online")
	for range 100 {
		if _, err := alice.remove(bridge.FL, "bob@net.test"); err != nil {
			t.Fatal(err)
		}
		if c := alice.mustAdd(bridge.FL, "bob@net.test"); c.Presence.State != bridge.Online {
			alice.wait("bob@net.test is online")
		}
	}
}
