package bridge_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"msnbridge/bridge"
)

// from is something bob says.
func (r *rig) from(id, text string) bridge.Message {
	return bridge.Message{ID: id, Chat: r.net.Addr("bob"), From: r.net.Addr("bob"), Name: "Bob", Text: text, Time: time.Now()}
}

func received(m bridge.Message) bridge.Event { return bridge.MessageReceived{Message: m} }

// instead is the event that text takes the place of a message, or if that was shown
// that it is followed by line.
func (r *rig) instead(id, text, line string) bridge.MessageReplaced {
	ev := bridge.MessageReplaced{Chat: r.net.Addr("bob"), ID: id}
	if text != "" {
		m := r.from(id, text)
		ev.New = &m
	}
	if line != "" {
		ev.Else = received(r.from("after "+id+" "+line, line))
	}
	return ev
}

// Whatever waits is replaced in its place, also over a restart.
func TestReplacedWhileWaiting(t *testing.T) {
	r := bridged(t)
	alice := "alice@msn.test"
	r.emit(alice, received(r.from("a", "one")), received(r.from("b", "two")), received(r.from("c", "three")), received(r.from("d", "four")))
	r.emit(alice, r.instead("a", "ONE", "not this"), r.instead("c", "", "nor this"))
	r.restart()
	r.connected(alice)
	r.emit(alice, r.instead("d", "FOUR", "nor that"))
	r.emit(alice, r.instead("d", "FOUR!", "nor that"))
	r.restart()
	r.connected(alice)
	s := r.signIn(alice, bridge.Online)
	w := newWindow()
	s.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
	w.wait(r, "late: ONE", "late: two", "late: FOUR!")
}

// The original and what replaces it may come together.
func TestReplacedAtOnce(t *testing.T) {
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprint(restart), func(t *testing.T) {
			r := bridged(t)
			alice := "alice@msn.test"
			r.emit(alice, received(r.from("a", "one")), r.instead("a", "two", "no"), received(r.from("b", "gone")),
				r.instead("b", "", "no"), r.instead("a", "three", "no"), received(r.from("c", "four")))
			if restart {
				r.restart()
				r.connected(alice)
			}
			s := r.signIn(alice, bridge.Online)
			w := newWindow()
			s.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
			w.wait(r, "late: three", "late: four")
			r.emit(alice, received(r.from("a", "one")), r.instead("a", "", "told twice")) // was shown
			w.wait(r, "late: three", "late: four", "told twice")
		})
	}
}

// What was shown, or is on its way to a window, or is not known, is followed by
// something else.
func TestReplacedTooLate(t *testing.T) {
	r := bridged(t)
	alice := "alice@msn.test"
	s := r.signIn(alice, bridge.Online)
	_, w := s.talk()
	r.emit(alice, received(r.from("a", "one")))
	w.wait(r, "one")
	s.settled()
	r.emit(alice, r.instead("a", "no", "* one"), r.instead("unknown", "no", "* unknown"), r.instead("unknown", "no", ""))
	r.emit(alice, bridge.MessageReplaced{Chat: r.net.Addr("bob"), ID: "a", Else: bridge.Remark{Chat: r.net.Addr("bob"), Text: "taken back"}})
	r.emit(alice, r.instead("a", "no", "* one")) // told twice
	r.emit(alice, bridge.MessageReplaced{Chat: r.net.Addr("bob"), Else: r.instead("a", "no", "deep")})
	w.wait(r, "one", "* one", "* unknown", "taken back")
}

// A message that a window has got, and gives back, is as it was, unless it was taken
// back meanwhile.
func TestReplacedOnItsWay(t *testing.T) {
	r := bridged(t)
	alice := "alice@msn.test"
	s := r.signIn(alice, bridge.Online)
	chat, err := s.open("bob@net.test")
	if err != nil {
		t.Fatal(err)
	}
	slow := newWindow()
	slow.hold = true
	chat.Attach(slow)
	r.emit(alice, received(r.from("a", "one")), received(r.from("b", "two")))
	slow.wait(r, "one", "two")
	r.emit(alice, r.instead("a", "ONE", "* ONE"), r.instead("b", "", "two was taken back"))
	slow.wait(r, "one", "two", "* ONE", "two was taken back")
	chat.Detach(slow)
	w := newWindow()
	chat.Attach(w)
	w.wait(r, "one", "* ONE", "two was taken back")
}

// The placeholder of a message that could not be read makes way for the message, once.
func TestReplacedByAnother(t *testing.T) {
	r := bridged(t)
	alice := "alice@msn.test"
	clear := func(id, text string) bridge.MessageReplaced {
		m := r.from(id, text)
		return bridge.MessageReplaced{Chat: m.Chat, ID: "sealed " + id, New: &m, Else: received(m)}
	}
	r.emit(alice, received(r.from("sealed a", "waiting for the key")), received(r.from("sealed b", "waiting too")), received(r.from("c", "hello")))
	for range 2 {
		r.emit(alice, clear("a", "one"))
	}
	r.emit(alice, received(r.from("b", "two")), clear("b", "two again"))
	s := r.signIn(alice, bridge.Online)
	w := newWindow()
	s.wait("ring bob@net.test").(bridge.Ring).Chat.Attach(w)
	w.wait(r, "late: one", "late: hello", "late: two")
	r.emit(alice, clear("a", "one"), received(r.from("a", "one")))
	r.emit(alice, received(r.from("d", "done")))
	w.wait(r, "late: one", "late: hello", "late: two", "done")
}

// What can be read at last may turn out to be meant for the user.
func TestReplacedByMention(t *testing.T) {
	r, alice := inRoom(t)
	m := bridge.Message{ID: "a", Chat: r.net.Addr("#go"), From: r.net.Addr("bob"), Name: "BOB", Text: "?", Time: time.Now()}
	r.emit("alice@msn.test", received(m))
	if got := alice.settled(); slices.Contains(got, "ring "+room) {
		t.Fatalf("rang: %q", got)
	}
	m.Text, m.Mention = "alice: hi", true
	r.emit("alice@msn.test", bridge.MessageReplaced{Chat: m.Chat, ID: "a", New: &m})
	w := newWindow()
	alice.wait("ring " + room).(bridge.Ring).Chat.Attach(w)
	w.wait(r, append(slices.Clone(whole), "BOB> alice: hi")...)
}
