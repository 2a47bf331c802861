package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// What the service contact says of logins that are lent, and what it is asked while there is none.
func TestGhostWords(t *testing.T) {
	r := peopledRig(t)
	s := r.signIn(lent, bridge.Online)
	r.connected(lent)
	chat, w := s.service()
	ask := func(text string, want ...string) {
		t.Helper()
		before := len(w.all())
		r.must(text, send(r, chat, text))
		for _, what := range want {
			w.until(r, func(lines []string) bool { return strings.Contains(strings.Join(lines[before:], "\n"), what) })
		}
	}
	ask("status", "net (ghost): connected since", "To link one, say login net")
	ask("login net user=ghost", "Linked. net: connected since", "takes the place of the ghost")
	ask("status", "net: connected since")
	ask("login net user=other", "exists")
	ask("logout net", "removed. You are lent a ghost there now.")
	r.is("ghost of " + lent)
	ask("login net user=x", "takes the place of the ghost", "Linked.")
	ask("logout net", "You are lent a ghost there now.")
	r.is("ghost of " + lent)

	r.net.OnForget(func(context.Context, bridge.Login) error { return errors.New("still in 2 rooms") })
	ask("logout net", "Take note: the login is removed, but its ghost on Net could not be taken back: still in 2 rooms.")
	r.net.OnForget(nil)
	ask("status", "no logins")
	ask("logout net", "Not removed")
	ask("status", "no logins")
	ask("rooms net", "not connected to Net")
	r.is("ghost of " + lent)
	ask("logout net", "The ghost and its contacts have been removed. You are lent one again")
	ask("status", "no logins")
	ask("join #go", "not connected to Net")
	r.is("ghost of " + lent)
	ask("login net user=ghost_of", "Linked")
	ask("login net user="+"ghost", "exists")
}

// Nobody links a login that only the service lends.
func TestLentIsNotLinked(t *testing.T) {
	r := lendingRig(t)
	r.must("lent", r.lend())
	for _, who := range []string{lent, "bob@msn.test"} {
		err := r.AddLogin(r.ctx, lent, "net", map[string]string{bridgetest.KeyUser: "ghost of " + who}, "")
		if !errors.Is(err, bridge.ErrInvalid) {
			t.Errorf("%s: %v", who, err)
		}
	}
	r.is("ghost of " + lent)
}

// Names are told now and then, the last one, and again if they were not taken.
func TestNamesArePaced(t *testing.T) {
	r := (&rig{t: t, dir: t.TempDir(), at: "net.test", lends: true, names: time.Hour}).begin(lent)
	s := r.signIn(lent, bridge.Online)
	r.called("SetName", func(c bridgetest.Call) bool { return c.Name == "Alice" })
	for i := range 5 {
		s.calls(fmt.Sprint("Alice ", i))
	}
	r.net.Disconnect(lent, nil)
	r.called("SetName", func(c bridgetest.Call) bool { return c.Name == "Alice 4" })
	if n := len(r.net.Calls("SetName")); n != 2 {
		t.Errorf("named %d times", n)
	}

	r.names = time.Millisecond
	r.restart()
	r.net.Fail("SetName", errors.New("not now"))
	r.called("SetName", nil)
	s = r.signIn(lent, bridge.Online)
	s.calls("Al")
	for r.ctx.Err() == nil && len(r.net.Calls("SetName")) < 4 { // one may have been before it failed
		runtime.Gosched()
	}
	if n := len(r.net.Calls("SetName")); n < 4 {
		t.Errorf("told %d times", n)
	}
}

// calls has the user of the session go by a name.
func (s *seat) calls(name string) {
	s.r.t.Helper()
	_, err := change(s, func(done func(uint32, error)) { s.Rename(lent, name, done) })
	s.r.must("rename", err)
}

// A lent login that its network rejects is tried again, and nobody is told to link it; one's own
// stays, and no other is lent beside it.
func TestRejectedLogins(t *testing.T) {
	r := lendingRig(t)
	r.net.OnConnect(func(context.Context, bridge.Login) error { return &bridge.RejectedError{Reason: "no such namespace"} })
	s := r.signIn(lent, bridge.Online)
	_, w := s.service()
	st, err := r.WaitLogin(r.ctx, lent, "net")
	if err != nil || st.Reason != "no such namespace" || st.Next.IsZero() {
		t.Errorf("%+v, %v", st, err)
	}
	r.net.OnConnect(nil)
	r.is("ghost of " + lent)
	if lines := w.all(); len(lines) > 0 {
		t.Errorf("said: %q", lines)
	}

	r.net.OnConnect(func(context.Context, bridge.Login) error { return &bridge.RejectedError{Reason: "wrong password"} })
	r.must("own", r.addOwn())
	w.hears(r, "Your login on Net was not accepted: wrong password.")
	r.signIn(lent, bridge.Online).mustAdd(bridge.FL, "bob@net.test")
	if l, user := r.theLogin(); user != "alice" || l.Lent || l.Connected {
		t.Errorf("%+v", l)
	}
	r.net.OnConnect(nil)
	r.must("linked anew", r.addOwn())
	r.is("alice")
}

// Whoever signs in with the password of the network gets the own login back, which has nothing of
// the lent one.
func TestAdmittedOverLent(t *testing.T) {
	m := realmThat(t, true)
	m.auth(bob, sesame, nil)
	s := m.signIn(bob, bridge.Online)
	m.connected(bob)
	if l, err := m.Logins(m.ctx, bob); err != nil || len(l) != 1 || l[0].Lent {
		t.Fatalf("%+v, %v", l, err)
	}
	m.must("removed", m.RemoveLogin(m.ctx, bob, "net"))
	m.called("Connect", func(c bridgetest.Call) bool { return c.Login.Keys[bridgetest.KeyUser] == "ghost of "+bob })
	m.net.ForgetCalls()
	s.turn(func() {})
	m.auth(bob, "wrong", bridge.ErrWrongPassword)
	m.auth(bob, sesame, nil)
	m.wants(2, 0)
	c, err := m.net.WaitCall(m.ctx, "Connect", nil)
	if err != nil || c.Login.Keys[bridgetest.KeyUser] != bob {
		t.Errorf("%+v, %v", c, err)
	}
	if device, err := c.Login.State.Get(m.ctx, "device"); string(device) != "device" || err != nil {
		t.Errorf("goes on as device %q, %v", device, err)
	}
	m.called("Forget", func(c bridgetest.Call) bool { return c.Login.Keys[bridgetest.KeyUser] == "ghost of "+bob })
	m.net.ForgetCalls()
	m.auth(bob, sesame, nil)
	m.wants(0, 1)
}

// Where on the network somebody has spoken to the lent login is nothing to one's own.
func TestSwapForgetsWhere(t *testing.T) {
	r := peopledRig(t)
	s := r.signIn(lent, bridge.Online)
	r.connected(lent)
	s.mustAdd(bridge.FL, "bob@net.test")
	s.mustAdd(bridge.FL, room)
	s.wait(room + " is online")
	bob := r.net.Addr("bob")
	say := func(id string) {
		r.emit(lent, bridge.MessageReceived{Message: bridge.Message{ID: id, Chat: bob, From: bob, Via: "!ghosts", Text: id}})
	}
	say("one")
	w, in := newWindow(), newWindow()
	s.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
	w.wait(r, "one")
	chat, err := s.open("bob@net.test")
	r.must("open", err)
	r.must("send", send(r, chat, "before"))
	hall, err := s.open(room)
	r.must("open", err)
	hall.Attach(in)
	s.turn(func() {}) // the window is there
	s.turn(func() {})
	chat.Detach(w)
	say("two")

	r.net.ForgetCalls()
	r.own()
	r.is("alice")
	in.until(r, func(lines []string) bool { return len(lines) > 0 && lines[len(lines)-1] == "closed" })
	chat.Attach(w)
	w.wait(r, "one", "two")
	r.must("send", send(r, chat, "after"))
	ms := r.net.Sent(lent)
	if len(ms) != 1 || ms[0].Via != "" || ms[0].Text != "after" {
		t.Errorf("sent: %+v", ms)
	}
	if cs := r.net.Calls("MarkRead"); len(cs) > 0 {
		t.Errorf("marked as read: %+v", cs)
	}
	say("two") // which the own login hears too
	say("three")
	w.wait(r, "one", "two", "three")
}
