package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// marked waits until the network is told that this was read, and forgets it.
func (r *rig) marked(text string) bridge.Message {
	r.t.Helper()
	c, err := r.net.WaitCall(r.ctx, "MarkRead", func(c bridgetest.Call) bool { return c.Message.Text == text })
	if err != nil {
		r.t.Fatal(err)
	}
	return c.Message
}

func (r *rig) marks() (texts []string) {
	for _, c := range r.net.Calls("MarkRead") {
		texts = append(texts, c.Message.Text)
	}
	return texts
}

// talk opens a window for bob.
func (s *seat) talk() (*bridge.Chat, *window) {
	s.r.t.Helper()
	chat, err := s.open("bob@net.test")
	if err != nil {
		s.r.t.Fatal(err)
	}
	w := newWindow()
	chat.Attach(w)
	return chat, w
}

// The network is told what a client has got of what others have said.
func TestMarkRead(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	bob := r.net.Addr("bob")
	r.emit("alice@msn.test",
		bridge.MessageReceived{Message: bridge.Message{ID: "line", Chat: bob, Text: "a line"}},
		bridge.MessageReceived{Message: bridge.Message{Chat: bob, From: bob, Text: "no ID"}})
	r.say("alice@msn.test", "bob", "one")
	broken := newWindow()
	broken.fail = errors.New("gone")
	chat := alice.wait("ring bob@net.test").(bridge.Ring).Chat
	chat.Attach(broken)
	broken.wait(r, "a line", "no ID", "one")
	chat.Detach(broken)
	alice.settled()
	if got := r.marks(); len(got) > 0 {
		t.Errorf("marked: %q", got)
	}
	w := newWindow()
	chat.Attach(w)
	r.emit("alice@msn.test", bridge.MessageReceived{Message: bridge.Message{ID: "own", Chat: bob, Text: "hi", Own: true}})
	w.wait(r, "a line", "no ID", "one", "own: hi")
	if m := r.marked("one"); m.ID == "" || m.Chat != bob {
		t.Errorf("%+v", m)
	}
	alice.settled()
	if got := r.marks(); len(got) != 1 {
		t.Errorf("marked: %q", got)
	}
}

// What the user has read elsewhere, or what was forgotten, was not read here.
func TestDroppedIsNotMarked(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	m, err := r.net.Say(r.ctx, "alice@msn.test", "bob", "one")
	if err != nil {
		t.Fatal(err)
	}
	r.emit("alice@msn.test", bridge.ReadElsewhere{Chat: m.Chat, ID: m.ID, Time: m.Time})
	_, w := alice.talk()
	r.say("alice@msn.test", "bob", "two")
	w.wait(r, "two")
	r.marked("two")
	if got := r.marks(); len(got) != 1 {
		t.Errorf("marked: %q", got)
	}
}

// While the network is being told, what comes is told at once afterwards, the newest
// alone.
func TestMarksAreFolded(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	release := make(chan struct{})
	r.net.OnMarkRead(func(ctx context.Context, _ string, _ bridge.Message) error {
		select {
		case <-release:
		case <-ctx.Done():
		}
		return nil
	})
	_, w := alice.talk()
	var want []string
	for i := range 30 {
		want = append(want, fmt.Sprint(i))
		r.say("alice@msn.test", "bob", want[i])
		if i == 0 {
			r.marked("0") // which lasts from here on
		}
	}
	w.wait(r, want...)
	alice.settled()
	close(release)
	r.marked("29")
	if got := r.marks(); len(got) != 2 {
		t.Errorf("marked: %q", got)
	}
}

// What the network has not taken is told once more after a reconnect; what it knows
// no marks for is not.
func TestMarksThatFail(t *testing.T) {
	for _, c := range []struct {
		err   error
		again int
	}{{errors.New("busy"), 1}, {errors.ErrUnsupported, 0}} {
		t.Run(c.err.Error(), func(t *testing.T) {
			r := bridged(t)
			alice := r.signIn("alice@msn.test", bridge.Online)
			r.net.OnMarkRead(func(context.Context, string, bridge.Message) error { return c.err })
			_, w := alice.talk()
			r.say("alice@msn.test", "bob", "one")
			w.wait(r, "one")
			r.marked("one")
			if c.again == 0 {
				r.deaf("alice@msn.test") // else it may seem that the connection was lost before the answer
			}
			r.reconnect("alice@msn.test")
			for range c.again {
				r.marked("one")
			}
			r.reconnect("alice@msn.test")
			alice.settled()
			r.say("alice@msn.test", "bob", "two")
			r.marked("two")
			if got := r.marks(); len(got) != 1 {
				t.Errorf("marked: %q", got)
			}
		})
	}
}

// deaf waits until it is known that the network takes no marks.
func (r *rig) deaf(account string) {
	r.t.Helper()
	for deaf := false; !deaf; runtime.Gosched() {
		var err error
		if deaf, err = r.MarksNothing(r.ctx, account, "net"); err != nil {
			r.t.Fatal(err)
		}
	}
}

// A network that knows no marks is asked once with each connection, and not for every
// message.
func TestMarksUnsupported(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	r.net.OnMarkRead(func(context.Context, string, bridge.Message) error { return errors.ErrUnsupported })
	_, w := alice.talk()
	r.say("alice@msn.test", "bob", "one")
	w.wait(r, "one")
	r.marked("one")
	r.deaf("alice@msn.test")
	r.say("alice@msn.test", "bob", "two")
	w.wait(r, "one", "two")
	alice.settled()
	if got := r.marks(); len(got) != 1 {
		t.Errorf("marked: %q", got)
	}
	r.reconnect("alice@msn.test")
	r.say("alice@msn.test", "bob", "three")
	r.marked("three")
}

// reconnect has the network lose the connection, and forget what it was asked before
// the next.
func (r *rig) reconnect(account string) {
	r.t.Helper()
	conn := r.net.Conn(account)
	r.net.Disconnect(account, errors.New("lost"))
	<-conn.Done()
	r.net.ForgetCalls()
	r.connected(account)
}

// Who hides does not give away to have read something, until they answer.
func TestHiddenMarksNothing(t *testing.T) {
	r := bridged(t)
	alice := r.signIn("alice@msn.test", bridge.Online)
	chat, w := alice.talk()
	alice.state(bridge.Hidden)
	r.say("alice@msn.test", "bob", "one")
	r.say("alice@msn.test", "bob", "two")
	w.wait(r, "one", "two")
	alice.settled()
	if got := r.marks(); len(got) != 0 {
		t.Errorf("marked: %q", got)
	}
	if err := send(r, chat, "here I am"); err != nil {
		t.Fatal(err)
	}
	r.marked("two")
}
