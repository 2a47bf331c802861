package bridge_test

import (
	"errors"
	"slices"
	"testing"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// neighbours are alice, who has no login, and bob, who has an account by the name that
// he has on the network.
func neighbours(t *testing.T) (m *realm, alice, b *seat) {
	m = newRealm(t, "alice@msn.test")
	m.auth(bob, sesame, nil)
	m.connected(bob)
	return m, m.signIn("alice@msn.test", bridge.Online), m.signIn(bob, bridge.Online)
}

func (s *seat) resolves(handle string, want bridge.Addr) {
	s.r.t.Helper()
	if got, err := s.Resolve(handle); err != nil || got != want {
		s.r.t.Errorf("%s is %v, %v; want %v", handle, got, err, want)
	}
}

func local(handle string) bridge.Addr { return bridge.Addr{Network: bridge.Local, ID: handle} }

// Without a login of one's own such an account is one of this service like any other.
func TestNeighbourWithoutLogin(t *testing.T) {
	m, alice, b := neighbours(t)
	if c := b.mustAdd(bridge.FL, "alice@msn.test"); c.Presence.State != bridge.Online {
		t.Errorf("alice is %v", c.Presence)
	}
	alice.wait("+RL " + bob)
	alice.resolves("Bob@out.test", local(bob))
	if c := alice.mustAdd(bridge.FL, "Bob@out.test"); c.Presence.State != bridge.Online {
		t.Errorf("bob is %v", c.Presence)
	}
	b.wait("+RL alice@msn.test")
	b.state(bridge.Busy)
	alice.wait(bob + " is busy")
	called := make(chan error, 1)
	m.Call("alice@msn.test", bob, func(_ bridge.Sink, err error) { called <- err })
	if err := <-called; err != nil {
		t.Error(err)
	}
	if _, err := alice.add(bridge.FL, "carl@out.test"); !errors.Is(err, bridge.ErrNoSuchUser) {
		t.Errorf("somebody without an account: %v", err)
	}
	m.restart()
	alice = m.signIn("alice@msn.test", bridge.Online)
	if got := alice.list(bridge.FL | bridge.RL); !slices.Contains(got, bob) {
		t.Errorf("after a restart: %q", got)
	}
	m.signIn(bob, bridge.Online)
	alice.wait(bob + " is online")
}

// Who has a login on the network finds the person there, account or not; what the two
// do on their lists here changes nothing of that.
func TestNeighbourWithLogin(t *testing.T) {
	m, alice, b := neighbours(t)
	m.set(func() { m.live["alice"] = true })
	m.net.AddPerson(bob, "Bob", bridge.Presence{State: bridge.Idle})
	if err := m.AddLogin(m.ctx, "alice@msn.test", "net", map[string]string{bridgetest.KeyUser: "alice@out.test"}, "alice"); err != nil {
		t.Fatal(err)
	}
	m.connected("alice@msn.test")
	there := bridge.Addr{Network: "net", ID: bob}
	alice.resolves(bob, there)
	alice.mustAdd(bridge.FL, bob)
	alice.wait(bob + " is idle")
	b.mustAdd(bridge.FL, "alice@msn.test")
	if _, err := b.remove(bridge.FL, "alice@msn.test"); err != nil {
		t.Fatal(err)
	}
	alice.resolves(bob, there)
	alice.turn(func() {
		for _, e := range alice.Entries(bridge.FL) {
			if e.Handle == bob && (e.Addr != there || e.Lists != bridge.FL) {
				t.Errorf("%+v", e)
			}
		}
	})
	if chat, err := alice.open(bob); err != nil || chat.Handle() != bob {
		t.Errorf("%v", err)
	}
}

// Nobody is a contact of their own, whatever the network calls them.
func TestNeighbourSelf(t *testing.T) {
	_, _, b := neighbours(t)
	b.resolves("BOB@out.test", local(bob))
	for _, l := range []bridge.List{bridge.FL, bridge.AL, bridge.BL} {
		if _, err := b.add(l, "Bob@out.test"); !errors.Is(err, bridge.ErrInvalid) {
			t.Errorf("added: %v", err)
		}
	}
	if _, err := b.open(bob); !errors.Is(err, bridge.ErrNotOnline) {
		t.Errorf("opened: %v", err)
	}
	b.resolves("alice@msn.test", local("alice@msn.test"))
	b.resolves("carl@out.test", bridge.Addr{Network: "net", ID: "carl@out.test"})
}

// An account of one's own domains is what the operator makes; those of other networks
// are not.
func TestOperatorAddsNoNeighbour(t *testing.T) {
	m, _, _ := neighbours(t)
	for _, handle := range []string{bob, "carl@out.test"} {
		err := m.AddAccounts(m.ctx, bridge.NewAccount{Handle: handle, Password: "secret"})
		if !errors.Is(err, bridge.ErrInvalid) {
			t.Errorf("%s: %v", handle, err)
		}
	}
	if ls, err := m.Logins(m.ctx, "Bob@out.test"); err != nil || len(ls) != 1 || !ls[0].Connected {
		t.Errorf("%+v, %v", ls, err)
	}
	if err := m.RemoveAccount(m.ctx, bob); err != nil {
		t.Fatal(err)
	}
	m.net.ForgetCalls()
	m.auth(bob, sesame, nil) // begins anew
	m.wants(1, 0)
}

// The service contact sets a password, with which clients of all ages sign in.
func TestPasswordCommand(t *testing.T) {
	m, _, b := neighbours(t)
	chat, err := b.open("gateway@msn.test")
	if err != nil {
		t.Fatal(err)
	}
	w := newWindow()
	chat.Attach(w)
	for i, test := range []struct{ say, want string }{
		{"password", "Say password and the new one, which is a single word."},
		{"password two words", "Say password and the new one, which is a single word."},
		{"password brief", "Not changed: a password has 6 to 100 characters."},
		{"Password nightingale", "You can sign in here as bob@out.test with your new password."},
	} {
		if err := send(m.rig, chat, test.say); err != nil {
			t.Fatal(err)
		}
		got := w.until(m.rig, func(lines []string) bool { return len(lines) > i })
		if got[i] != test.want {
			t.Errorf("%s: %q", test.say, got[i])
		}
	}
	if p, err := m.Password(m.ctx, bob); err != nil || p != "nightingale" {
		t.Errorf("%q, %v", p.Reveal(), err)
	}
	m.net.ForgetCalls()
	m.auth(bob, "nightingale", nil)
	m.wants(0, 0)
}

// A login that was lent is no reason to go by way of the network.
func TestNeighbourLent(t *testing.T) {
	m := realmThat(t, true, "alice@msn.test")
	m.auth(bob, sesame, nil)
	m.connected(bob)
	alice, b := m.signIn("alice@msn.test", bridge.Online), m.signIn(bob, bridge.Online)
	m.connected("alice@msn.test")
	alice.resolves(bob, local(bob))
	alice.mustAdd(bridge.FL, bob)
	b.wait("+RL alice@msn.test")
	alice.resolves("carl@out.test", bridge.Addr{Network: "net", ID: "carl@out.test"})
}
