package bridge_test

import (
	"errors"
	"testing"

	"msnbridge/bridge"
)

// Others see of an account what they could see anyway: who blocks them, or hides, is not there.
func TestHaving(t *testing.T) {
	r := newRig(t, "alice@msn.test", "carol@msn.test", "dave@msn.test")
	r.net.AddPerson("bob", "Bob", bridge.Presence{State: bridge.Online})
	who := r.net.Addr("bob")
	r.login("alice@msn.test")
	for _, handle := range []string{"carol@msn.test", "dave@msn.test"} {
		r.login(handle)
	}
	alice := r.signIn("alice@msn.test", bridge.Busy)
	for _, handle := range []string{"alice@msn.test", "carol@msn.test", "dave@msn.test"} {
		r.emit(handle, bridge.ContactFound{Contact: r.contact("bob")})
	}
	if err := r.SetBlocked(r.ctx, "dave@msn.test", who, true); err != nil {
		t.Fatal(err)
	}
	got, err := r.Having(r.ctx, who)
	if err != nil || len(got) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got[0].Handle != "alice@msn.test" || got[0].Name != "Alice" || got[0].Presence.State != bridge.Busy {
		t.Errorf("%+v", got[0])
	}
	if got[1].Handle != "carol@msn.test" || got[1].Presence.State != bridge.Offline {
		t.Errorf("%+v", got[1])
	}
	alice.state(bridge.Hidden)
	if got, err := r.Having(r.ctx, who); err != nil || got[0].Presence.State != bridge.Offline {
		t.Errorf("hidden: %+v, %v", got, err)
	}
}

func TestContacts(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.emit("alice@msn.test", bridge.ContactFound{Contact: r.contact("bob")})
	alice.wait("bob@net.test is online")
	got, err := r.Contacts(r.ctx, "alice@msn.test", "net")
	if err != nil || len(got) != 1 || got[0].Handle != "bob@net.test" || got[0].Presence.State != bridge.Online || got[0].Blocked {
		t.Fatalf("%+v, %v", got, err)
	}
	if err := r.SetBlocked(r.ctx, "alice@msn.test", r.net.Addr("bob"), true); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Contacts(r.ctx, "alice@msn.test", "net"); err != nil || !got[0].Blocked {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := r.Contacts(r.ctx, "nobody@msn.test", "net"); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
}

// A block from outside is one by the user: the client and the network are told, once.
func TestSetBlocked(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.emit("alice@msn.test", bridge.ContactFound{Contact: r.contact("bob")})
	alice.wait("bob@net.test is online")
	alice.fence()
	block := func(blocked bool) {
		t.Helper()
		if err := r.SetBlocked(r.ctx, "alice@msn.test", r.net.Addr("bob"), blocked); err != nil {
			t.Fatal(err)
		}
	}
	block(true)
	alice.wait("-AL bob@net.test")
	alice.wait("+BL bob@net.test")
	alice.wait("bob@net.test is offline")
	r.blocked("bob")
	r.net.ForgetCalls()
	block(true)
	alice.fence()
	if got := r.net.Calls("Block"); len(got) != 0 {
		t.Errorf("told again %d times", len(got))
	}
	block(false)
	alice.wait("-BL bob@net.test")
	alice.wait("+AL bob@net.test")
	r.blocked()
}

func TestSetBlockedRefused(t *testing.T) {
	r := newRig(t, "carol@msn.test")
	err := r.SetBlocked(r.ctx, "carol@msn.test", r.net.Addr("bob"), true)
	if !errors.Is(err, bridge.ErrNoSuchUser) {
		t.Errorf("without a login: %v", err)
	}
	if err := r.SetBlocked(r.ctx, "nobody@msn.test", r.net.Addr("bob"), true); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
}
