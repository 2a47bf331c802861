package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// lent is who is lent logins.
const lent = "alice@msn.test"

// lendingRig is a rig whose network lends logins.
func lendingRig(t *testing.T) *rig {
	return (&rig{t: t, dir: t.TempDir(), at: "net.test", lends: true}).begin(lent)
}

// theLogin is the one login of alice, with the identity that it has.
func (r *rig) theLogin() (s bridge.LoginStatus, user string) {
	r.t.Helper()
	ls, err := r.Logins(r.ctx, lent)
	if err != nil || len(ls) != 1 {
		r.t.Fatalf("logins: %+v, %v", ls, err)
	}
	return ls[0], ls[0].Keys[bridgetest.KeyUser]
}

// An account is lent a login when somebody signs in, and keeps it.
func TestLentAtSignIn(t *testing.T) {
	r := lendingRig(t)
	if ls, err := r.Logins(r.ctx, lent); err != nil || len(ls) != 0 {
		t.Fatalf("before: %+v, %v", ls, err)
	}
	s := r.signIn(lent, bridge.Online)
	r.connected(lent)
	if l, user := r.theLogin(); !l.Lent || user != "ghost of "+lent {
		t.Errorf("%+v", l)
	}
	r.called("SetName", func(c bridgetest.Call) bool { return c.Name == "Alice" })
	s.turn(func() { s.Rename(lent, "Alice the First", func(uint32, error) {}) })
	r.called("SetName", func(c bridgetest.Call) bool { return c.Name == "Alice the First" })
	r.restart()
	r.connected(lent)
	r.called("SetName", func(c bridgetest.Call) bool { return c.Name == "Alice the First" })
}

// called waits for a call.
func (r *rig) called(method string, ok func(bridgetest.Call) bool) {
	r.t.Helper()
	if _, err := r.net.WaitCall(r.ctx, method, ok); err != nil {
		r.t.Fatalf("%s: %v", method, err)
	}
}

// Lend makes one login, whoever asks at the same time, and none beside another.
func TestLend(t *testing.T) {
	r := lendingRig(t)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if err := r.Lend(r.ctx, lent, "net", time.Now().Unix()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if l, _ := r.theLogin(); !l.Lent {
		t.Errorf("%+v", l)
	}
	if err := r.Lend(r.ctx, "nobody@msn.test", "net", 0); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("to nobody: %v", err)
	}
	r.own()
	if err := r.Lend(r.ctx, lent, "net", 0); !errors.Is(err, bridge.ErrExists) {
		t.Errorf("beside an own login: %v", err)
	}
}

// own gives alice a login of her own.
func (r *rig) own() {
	r.t.Helper()
	if err := r.AddLogin(r.ctx, lent, "net", map[string]string{bridgetest.KeyUser: "alice"}, "x"); err != nil {
		r.t.Fatal(err)
	}
	if s, err := r.WaitLogin(r.ctx, lent, "net"); err != nil || !s.Connected || s.Lent {
		r.t.Fatalf("%+v, %v", s, err)
	}
	if _, user := r.theLogin(); user != "alice" {
		r.t.Fatalf("the login is %q's", user)
	}
}

// A login of one's own takes the place of a lent one: the network forgets that, the people stay on
// the lists and what they have said waits, the rooms go. Removed, it makes way again.
func TestSwap(t *testing.T) {
	r := lendingRig(t)
	bob := bridge.Presence{State: bridge.Online}
	r.net.AddPerson("bob", "Bob", bob)
	r.net.AddPerson("#go", "", bob)
	s := r.signIn(lent, bridge.Hidden)
	r.connected(lent)
	s.mustAdd(bridge.FL, "bob@net.test")
	s.mustAdd(bridge.FL, room)
	s.wait(room + " is online")
	r.say(lent, "bob", "are you there?")
	r.own()
	r.called("Forget", func(c bridgetest.Call) bool { return c.Login.Keys[bridgetest.KeyUser] == "ghost of "+lent })
	if got := fmt.Sprint(s.list(bridge.FL)); got != "[gateway@msn.test bob@net.test]" {
		t.Errorf("on the list: %s", got)
	}
	r.restartWith("bob", "Bob", bob)
	r.connected(lent)
	if _, user := r.theLogin(); user != "alice" {
		t.Errorf("after a restart the login is %q's", user)
	}
	s = r.signIn(lent, bridge.Online)
	w := newWindow()
	s.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
	w.until(r, func(lines []string) bool { return len(lines) == 1 && strings.Contains(lines[0], "are you there?") })

	if err := r.RemoveLogin(r.ctx, lent, "net"); err != nil {
		t.Fatal(err)
	}
	r.called("Connect", func(c bridgetest.Call) bool { return c.Login.Keys[bridgetest.KeyUser] == "ghost of "+lent })
	if l, _ := r.theLogin(); !l.Lent {
		t.Errorf("after the removal: %+v", l)
	}
}

// A lent login that is removed comes back when it is needed, and not before.
func TestLentRemoved(t *testing.T) {
	r := lendingRig(t)
	s := r.signIn(lent, bridge.Online)
	r.connected(lent)
	if err := r.RemoveLogin(r.ctx, lent, "net"); err != nil {
		t.Fatal(err)
	}
	if ls, err := r.Logins(r.ctx, lent); err != nil || len(ls) != 0 {
		t.Errorf("%+v, %v", ls, err)
	}
	s.mustAdd(bridge.FL, "bob@net.test")
	r.connected(lent)
	if l, _ := r.theLogin(); !l.Lent {
		t.Errorf("%+v", l)
	}
}

// A login of one's own makes way for one that is lent again, and the people stay on the lists.
func TestRelend(t *testing.T) {
	r := lendingRig(t)
	r.net.AddPerson("bob", "Bob", bridge.Presence{State: bridge.Online})
	s := r.signIn(lent, bridge.Online)
	r.connected(lent)
	r.own()
	s.mustAdd(bridge.FL, "bob@net.test")
	relend := func() {
		t.Helper()
		if err := r.Relend(r.ctx, lent, "net", time.Now().Unix()); err != nil {
			t.Fatal(err)
		}
		if l, user := r.theLogin(); !l.Lent || user != "ghost of "+lent {
			t.Errorf("%+v", l)
		}
	}
	relend()
	r.called("Forget", func(c bridgetest.Call) bool { return c.Login.Keys[bridgetest.KeyUser] == "alice" })
	relend() // changes nothing
	if got := fmt.Sprint(s.list(bridge.FL)); got != "[gateway@msn.test bob@net.test]" {
		t.Errorf("on the list: %s", got)
	}
	if err := r.Relend(r.ctx, "nobody@msn.test", "net", 0); !errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("to nobody: %v", err)
	}
}

// A conversation that is opened while the login that was lent is being connected waits for it.
func TestOpenWhileLent(t *testing.T) {
	r := lendingRig(t)
	r.net.AddPerson("bob", "Bob", bridge.Presence{State: bridge.Online})
	release := make(chan struct{})
	r.net.OnConnect(func(ctx context.Context, _ bridge.Login) error {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return nil
	})
	s := r.signIn(lent, bridge.Online)
	opened := make(chan error, 1)
	s.turn(func() { s.Open("bob@net.test", func(_ *bridge.Chat, err error) { opened <- err }) })
	r.called("Connect", nil)
	close(release)
	if err := <-opened; err != nil {
		t.Error(err)
	}
}
