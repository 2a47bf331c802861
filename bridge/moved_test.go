package bridge_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

const newRoom = "#new@net.test"

func (r *rig) moved(from, to string) bridge.Moved {
	return bridge.Moved{Old: r.net.Addr(from), New: bridge.Contact{Addr: r.net.Addr(to), Name: "New"}}
}

// saidIn is something bob says in a room.
func (r *rig) saidIn(room, text string) bridge.Event {
	return received(bridge.Message{Chat: r.net.Addr(room), From: r.net.Addr("bob"), Name: "BOB", Text: text, Time: time.Now()})
}

// entry is what the session sees of a contact on the forward list.
func (s *seat) entry(handle string) (e bridge.Entry) {
	s.r.t.Helper()
	s.turn(func() {
		for _, o := range s.Entries(bridge.FL) {
			if o.Handle == handle {
				e = *o
				e.Groups = slices.Clone(o.Groups)
			}
		}
	})
	return e
}

// A room that takes the place of another is what that was, and what waits there moves
// along; over a restart too.
func TestMoved(t *testing.T) {
	r := bridged(t)
	r.net.AddPerson("#go", "Go", bridge.Presence{State: bridge.Online})
	r.net.AddPerson("#new", "New", bridge.Presence{State: bridge.Online})
	alice := r.signIn("alice@msn.test", bridge.Online)
	group, err := change(alice, func(done func(bridge.Group, error)) {
		alice.AddGroup("Work", func(g bridge.Group, _ uint32, err error) { done(g, err) })
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := change(alice, func(done func(bridge.Change, error)) {
		alice.Add(bridge.FL, room, "Our room", group.ID, done)
	}); err != nil {
		t.Fatal(err)
	}
	alice.mustAdd(bridge.AL, room)
	r.command(alice, "ring #go all")
	alice.fence()
	alice.state(bridge.Hidden)
	r.sayIn("bob", "one", false)
	r.emit("alice@msn.test", r.saidIn("#go", "two"), r.moved("#go", "#new"),
		bridge.ContactFound{Contact: bridge.Contact{Addr: r.net.Addr("#new"), Name: "New"}},
		r.saidIn("#go", "three"), r.saidIn("#new", "four"))
	for _, ev := range []string{"-FL " + room, "-AL " + room, "+AL " + newRoom, "+FL " + newRoom} {
		alice.wait(ev)
	}
	check := func() {
		t.Helper()
		if got := alice.onLists(newRoom) + ", " + alice.onLists(room); got != "FL AL, " {
			t.Errorf("on %s", got)
		}
		e := alice.entry(newRoom)
		if e.Name != "Our room" || !slices.Equal(e.Groups, []int{group.ID}) || e.Ring != bridge.RingAll || e.Auto {
			t.Errorf("%+v", e)
		}
	}
	check()
	if _, err := r.net.WaitCall(r.ctx, "Watch", func(c bridgetest.Call) bool {
		return slices.Equal(c.Watched, []bridge.Addr{r.net.Addr("#new")})
	}); err != nil {
		t.Error(err)
	}
	if got := r.net.Calls("RemoveContact", "Leave"); len(got) > 0 {
		t.Errorf("the network was asked: %v", got)
	}
	r.restartWith("#new", "New", bridge.Presence{State: bridge.Online})
	r.connected("alice@msn.test")
	alice = r.signIn("alice@msn.test", bridge.Online)
	check()
	w := newWindow()
	alice.wait("ring " + newRoom).(bridge.Ring).Chat.Attach(w)
	w.wait(r, "members:", "late: BOB> one", "late: BOB> two", "late: BOB> three", "late: BOB> four")
}

// A window of the old room is closed when all is shown that was said there; what it
// has got and not shown waits in the new one.
func TestMovedWindow(t *testing.T) {
	r, alice := inRoom(t)
	r.net.AddPerson("#new", "", bridge.Presence{State: bridge.Online})
	chat, err := alice.open(room)
	if err != nil {
		t.Fatal(err)
	}
	w := newWindow()
	w.hold = true
	chat.Attach(w)
	r.sayIn("bob", "hello", false)
	w.wait(r, append(slices.Clone(whole), "BOB> hello")...)
	r.emit("alice@msn.test", r.saidIn("#go", "alice: one"), r.moved("#go", "#new"))
	w.wait(r, append(slices.Clone(whole), "BOB> hello", "BOB> alice: one", "closed")...)
	next, err := alice.open(newRoom)
	if err != nil {
		t.Fatal(err)
	}
	w = newWindow()
	next.Attach(w)
	w.wait(r, "members:", "BOB> hello", "BOB> alice: one")
}

// What an old window has been given, and confirms when it is closed already, is not
// shown again.
func TestMovedAndShown(t *testing.T) {
	r, alice := inRoom(t)
	r.net.AddPerson("#new", "", bridge.Presence{State: bridge.Online})
	chat, err := alice.open(room)
	if err != nil {
		t.Fatal(err)
	}
	old := newWindow()
	old.hold = true
	chat.Attach(old)
	r.sayIn("bob", "hello", false)
	old.wait(r, append(slices.Clone(whole), "BOB> hello")...)
	r.emit("alice@msn.test", r.moved("#go", "#new"))
	old.wait(r, append(slices.Clone(whole), "BOB> hello", "closed")...)
	old.confirm()
	r.emit("alice@msn.test", r.saidIn("#new", "welcome"))
	next, err := alice.open(newRoom)
	if err != nil {
		t.Fatal(err)
	}
	w := newWindow()
	next.Attach(w)
	w.wait(r, "members:", "BOB> welcome")
}

// A contact that the bridge has just put on the list takes over where the user had
// put the old one, and what it was called; a message of the same call of Emit is
// still replaced.
func TestMovedToFound(t *testing.T) {
	r, alice := inRoom(t)
	group, err := change(alice, func(done func(bridge.Group, error)) {
		alice.AddGroup("Work", func(g bridge.Group, _ uint32, err error) { done(g, err) })
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := change(alice, func(done func(bridge.Change, error)) {
		alice.Add(bridge.FL, room, "", group.ID, done)
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := change(alice, func(done func(uint32, error)) { alice.Rename(room, "Our room", done) }); err != nil {
		t.Fatal(err)
	}
	was := alice.entry(room)
	r.net.AddPerson("#new", "New", bridge.Presence{State: bridge.Online})
	r.found("new")
	alice.wait("+FL " + newRoom)
	r.emit("alice@msn.test", r.moved("#go", "#new"))
	alice.wait("-FL " + newRoom)
	alice.wait("+FL " + newRoom)
	if e := alice.entry(newRoom); e.Name != "Our room" || e.Auto || !slices.Equal(e.Groups, was.Groups) {
		t.Errorf("%+v, which was %+v", e, was)
	}
	if got := alice.onLists(newRoom) + ", " + alice.onLists(room); got != "FL AL RL, " {
		t.Errorf("on %s", got)
	}
}

// What was said before a move is found by what comes after it, in one call of Emit.
func TestMovedAndReplaced(t *testing.T) {
	r, alice := inRoom(t)
	r.net.AddPerson("#new", "", bridge.Presence{State: bridge.Online})
	said := r.saidIn("#go", "alice: helo").(bridge.MessageReceived)
	said.Message.ID, said.Message.Mention = "1", true
	better := said.Message
	better.Text = "alice: hello"
	r.emit("alice@msn.test", said, r.moved("#go", "#new"),
		bridge.MessageReplaced{Chat: said.Message.Chat, ID: "1", New: &better, Else: r.saidIn("#go", "he means hello")})
	w := newWindow()
	alice.wait("ring " + newRoom).(bridge.Ring).Chat.Attach(w)
	w.wait(r, "members:", "BOB> alice: hello")
}

// A room that is on the list already keeps what the user has made of it; one that the
// bridge has put there becomes the user's.
func TestMovedToKnown(t *testing.T) {
	for _, own := range []bool{true, false} {
		t.Run(fmt.Sprint(own), func(t *testing.T) {
			r, alice := inRoom(t)
			r.net.AddPerson("#new", "New", bridge.Presence{State: bridge.Online})
			if own {
				alice.mustAdd(bridge.FL, newRoom)
				r.command(alice, "ring #new none")
			} else {
				r.found("new")
			}
			r.command(alice, "ring #go all")
			alice.fence()
			want := bridge.RingAll
			if own {
				want = bridge.RingNone
			}
			r.emit("alice@msn.test", r.moved("#go", "#new"))
			alice.wait("-FL " + room)
			if e := alice.entry(newRoom); e.Ring != want || e.Auto {
				t.Errorf("%+v", e)
			}
		})
	}
}

// What the user has hidden or blocked stays so in its new place.
func TestMovedUnwanted(t *testing.T) {
	for _, blocked := range []bool{true, false} {
		t.Run(fmt.Sprint(blocked), func(t *testing.T) {
			r, alice := inRoom(t)
			want := ""
			if blocked {
				alice.mustAdd(bridge.BL, room)
				want = "BL"
			}
			if _, err := alice.remove(bridge.FL, room); err != nil {
				t.Fatal(err)
			}
			alice.fence()
			r.net.AddPerson("#new", "New", bridge.Presence{State: bridge.Online})
			r.emit("alice@msn.test", r.moved("#go", "#new"))
			r.found("new")
			if got := alice.onLists(newRoom) + alice.onLists(room); got != want {
				t.Errorf("on %s", got)
			}
		})
	}
}

// Nonsense moves nothing.
func TestMovedNonsense(t *testing.T) {
	r, alice := inRoom(t)
	alice.fence()
	elsewhere := r.moved("#go", "#new")
	elsewhere.New.Addr.Network = bridge.Local
	r.emit("alice@msn.test", r.moved("#go", "#go"), r.moved("#go", "bob"), r.moved("#nowhere", "#go"), elsewhere, r.moved("", ""))
	r.emit("alice@msn.test", r.moved("#x", "#y"), r.moved("#y", "#x"), r.saidIn("#x", "round"))
	if got := alice.onLists(room); got != "FL" {
		t.Errorf("on %s", got)
	}
}

// An alias that the user has put on the list makes way for its room.
func TestAliasOnTheList(t *testing.T) {
	r := bridged(t)
	r.net.AddPerson("#new", "New", bridge.Presence{State: bridge.Online})
	r.net.SetAlias("#go", "#new")
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.FL, room)
	alice.wait("-FL " + room)
	if c := alice.wait("+FL " + newRoom).(bridge.ListChanged).Change; c.Presence.State != bridge.Online {
		t.Errorf("it is %v", c.Presence.State)
	}
	if e := alice.entry(newRoom); e.Name != "New" || e.Auto || e.Pending != bridge.NothingPending {
		t.Errorf("%+v", e)
	}
}

func TestAliasJoined(t *testing.T) {
	r := bridged(t)
	r.net.AddPerson("#new", "New", bridge.Presence{State: bridge.Online})
	alice := r.signIn("alice@msn.test", bridge.Online)
	alice.mustAdd(bridge.FL, room)
	alice.wait("-FL " + room) // there was no such room
	alice.mustAdd(bridge.AL, room)
	r.net.SetAlias("#go", "#new")
	chat, w := alice.service()
	if err := send(r, chat, "join #go"); err != nil {
		t.Fatal(err)
	}
	w.hears(r, "You are in New (#new@net.test)")
	alice.wait("-AL " + room)
	if got := alice.onLists(newRoom); got != "FL AL RL" {
		t.Errorf("on %s", got)
	}
}
