package matrix

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// What is said between the invitation and its acceptance is shown, and all of it once.
func TestGhostTexts(t *testing.T) {
	m := haunted(t)
	o, bob := m.ghost(t), m.person(t, "Bob")
	c := o.connect()
	room := bob.direct(o.me())
	for i := range 3 {
		bob.say(room, fmt.Sprint("before ", i))
	}
	inv := await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(bob.id()) })
	if inv.Contact.Name != "Bob" {
		t.Errorf("invited by %+v", inv)
	}
	if err := c.Answer(t.Context(), addr(bob.id()), true); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		bob.say(room, fmt.Sprint("after ", i))
	}
	awaitTexts(o, "before 0", "before 1", "before 2", "after 0", "after 1", "after 2")
	if err := c.Send(t.Context(), outgoing(bob.id(), "hello")); err != nil {
		t.Fatal(err)
	}
	if in := bob.seeText("hello"); in != room {
		t.Errorf("said in %s", in)
	}
	bob.say(room, "last")
	awaitTexts(o, "before 0", "before 1", "before 2", "after 0", "after 1", "after 2", "last")
}

// A direct chat that the ghost begins.
func TestGhostDirect(t *testing.T) {
	m := haunted(t)
	o, bob := m.ghost(t), m.person(t, "Bob")
	c := o.connect()
	contact, err := c.AddContact(t.Context(), addr(bob.id()))
	if err != nil || contact.Name != "Bob" {
		t.Fatalf("%+v, %v", contact, err)
	}
	if err := c.Send(t.Context(), outgoing(bob.id(), "first")); err != nil {
		t.Fatal(err)
	}
	room := bob.joinDirect()
	bob.say(room, "second")
	if got := awaitText(o, "second"); got.Via != room || got.Chat != addr(bob.id()) {
		t.Errorf("%+v", got)
	}
	c.Close()
	c = o.connect()
	if again, err := c.AddContact(t.Context(), addr(bob.id())); err != nil || again.Name != "Bob" {
		t.Errorf("%+v, %v", again, err)
	}
	if err := c.Send(t.Context(), outgoing(bob.id(), "third")); err != nil {
		t.Fatal(err)
	}
	if in := bob.seeText("third"); in != room {
		t.Errorf("said in another room, %s", in)
	}
	if got := bob.texts(room); fmt.Sprint(got) != "[first second third]" {
		t.Errorf("the room has %q", got)
	}
}

// What comes while there is no connection, and what the account could not take, comes with the next.
func TestGhostRestart(t *testing.T) {
	m := haunted(t)
	o, bob, c, room := haunt(t, m)
	bob.say(room, "known")
	awaitText(o, "known")
	c.Close()
	want := make([]string, 120)
	for i := range want {
		want[i] = fmt.Sprint("n", i)
		bob.say(room, want[i])
	}
	o.forget()
	o.mu.Lock()
	o.refusals = 3
	o.mu.Unlock()
	c = o.connect()
	awaitTexts(o, want...)
	bob.say(room, "live")
	awaitText(o, "live")
	c.Close()
	o.forget()
	o.connect()
	bob.say(room, "again")
	awaitTexts(o, "again")
}

// The connection ends when the ghost has been let in and before that was told.
func TestGhostRestartEntering(t *testing.T) {
	m := haunted(t)
	o, bob := m.ghost(t), m.person(t, "Bob")
	c := o.connect()
	room := bob.direct(o.me())
	bob.say(room, "before you came")
	await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(bob.id()) })
	o.mu.Lock()
	o.refusals = 1 << 30
	o.mu.Unlock()
	if err := c.Answer(t.Context(), addr(bob.id()), true); err != nil {
		t.Fatal(err)
	}
	c.Close()
	bob.say(room, "while you were away")
	o.mu.Lock()
	o.refusals = 0
	o.mu.Unlock()
	o.connect()
	awaitTexts(o, "before you came", "while you were away")
}

func TestGhostName(t *testing.T) {
	m := haunted(t)
	o, bob, c, room := haunt(t, m)
	for _, name := range []string{"Alice\r\nthe First", "Alice", "Alice"} {
		if err := c.SetName(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if self := c.Self(); self.Name != "Alice" {
		t.Errorf("we are %+v", self)
	}
	bob.see("the name", func(in string, e *event.Event) bool {
		return in == room && e.Type.Type == typeMember && e.GetStateKey() == o.me() && e.Content.Raw["displayname"] == "Alice"
	})
	profile, err := bob.GetProfile(t.Context(), id.UserID(o.me()))
	if err != nil || profile.DisplayName != "Alice" {
		t.Errorf("%+v, %v", profile, err)
	}
	c.Close()
	if self := o.connect().Self(); self.Name != "Alice" {
		t.Errorf("after a restart we are %+v", self)
	}
}

// In an encrypted room the ghost says once that it cannot read there, and both sides are told.
func TestGhostEncrypted(t *testing.T) {
	m := haunted(t)
	o, bob := m.ghost(t), m.person(t, "Bob")
	c := o.connect()
	resp, err := bob.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{
		Preset: "trusted_private_chat", IsDirect: true, Invite: []id.UserID{id.UserID(o.me())},
		InitialState: []*event.Event{{
			Type: event.StateEncryption, StateKey: new(string),
			Content: event.Content{Raw: map[string]any{"algorithm": "m.megolm.v1.aes-sha2"}},
		}},
	})
	bob.do("create", err)
	room := resp.RoomID.String()
	await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(bob.id()) })
	if err := c.Answer(t.Context(), addr(bob.id()), true); err != nil {
		t.Fatal(err)
	}
	bob.seeText(textNoKeys)
	bob.event(room, typeEncrypted, map[string]any{"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x", "session_id": "s"})
	awaitText(o, textEncrypted)
	err = c.Send(t.Context(), outgoing(bob.id(), "secret"))
	var failed *bridge.SendError
	if !errors.As(err, &failed) || !strings.Contains(failed.Reason, "encrypted") {
		t.Errorf("sent: %v", err)
	}
	if s := c.Status(); !strings.Contains(s, noteGhost) {
		t.Errorf("status %q", s)
	}
	until(t, "the note of the notice", func() bool {
		kept, _ := o.state.Get(t.Context(), stateWarned)
		return strings.Contains(string(kept), room)
	})
	c.Close()
	o.connect()
	bob.event(room, typeEncrypted, map[string]any{"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "y", "session_id": "s"})
	awaitText(o, textEncrypted)
	if got := bob.texts(room); len(got) != 1 || got[0] != textNoKeys {
		t.Errorf("the room has %q", got)
	}
}

// A ghost that is forgotten leaves its rooms, declines its invitations and is offline.
func TestGhostForget(t *testing.T) {
	m := haunted(t)
	o, bob, c, room := haunt(t, m)
	carol := m.person(t, "Carol")
	invited := carol.direct(o.me())
	await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(carol.id()) })
	c.Close()
	if err := o.newNetwork().Forget(t.Context(), o.login); err != nil {
		t.Fatal(err)
	}
	gone := func(in string) func(string, *event.Event) bool {
		return func(room string, e *event.Event) bool {
			return room == in && e.Type.Type == typeMember && e.GetStateKey() == o.me() &&
				e.Content.Raw["membership"] == "leave"
		}
	}
	bob.see("the departure", gone(room))
	carol.see("the refusal", gone(invited))
	p, err := bob.GetPresence(t.Context(), id.UserID(o.me()))
	if err != nil || p.Presence != event.PresenceOffline {
		t.Errorf("%+v, %v", p, err)
	}
	if err := o.newNetwork().Forget(t.Context(), m.ghost(t).login); err != nil {
		t.Errorf("one that there never was: %v", err)
	}
}

// Two ghosts and an account of a person's own in one room: all hear each other, by name, once.
func TestGhostsInRoom(t *testing.T) {
	m := haunted(t)
	bob := m.person(t, "Bob")
	network := m.ghost(t).newNetwork()
	resp, err := bob.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Preset: "public_chat", Name: "The room"})
	bob.do("create", err)
	room := addr(resp.RoomID.String())
	user, _ := m.CreateUser(t, fmt.Sprintf("p%d-own", userNumber.Add(1)), "a good password")
	own := newOwner(t, map[string]string{"user": user, "homeserver": m.BaseURL}, "a good password")
	own.service = m.service
	owners := []*owner{m.ghost(t), m.ghost(t), own}
	var conns []*Conn
	for i, o := range owners {
		if i < 2 {
			o.network = network
		}
		c := o.connect()
		if err := c.SetName(t.Context(), fmt.Sprint("Ghost ", i)); err != nil {
			t.Fatal(err)
		}
		if contact, err := c.Join(t.Context(), room, ""); err != nil || contact.Name != "The room" {
			t.Fatalf("%+v, %v", contact, err)
		}
		conns = append(conns, c)
	}
	say := func(c *Conn, text string) {
		t.Helper()
		msg := outgoing(bob.id(), text)
		msg.Chat, msg.Via = room, room.ID
		if err := c.Send(t.Context(), msg); err != nil {
			t.Fatal(err)
		}
	}
	say(conns[0], "from 0")
	say(conns[2], "from 2")
	bob.say(room.ID, "from bob")
	for i, want := range [][]string{{"from 2", "from bob"}, {"from 0", "from 2", "from bob"}, {"from 0", "from bob"}} {
		awaitTexts(owners[i], want...)
	}
	got := awaitText(owners[2], "from 0")
	if got.From != addr(owners[0].me()) || got.Name != "Ghost 0" || got.Chat != room {
		t.Errorf("%+v", got)
	}
	for _, c := range []*Conn{conns[0], conns[2]} {
		_, err := c.AddContact(t.Context(), addr(owners[1].me()))
		if !errors.Is(err, bridge.ErrNoSuchPerson) || !strings.Contains(err.Error(), owners[1].login.Account) {
			t.Errorf("another ghost was added: %v", err)
		}
	}
	if err := conns[0].Send(t.Context(), outgoing(owners[1].me(), "psst")); err == nil {
		t.Error("one ghost has written to another")
	}
}

// Who types, reads and is there is seen both ways, though the homeserver pushes none of it.
func TestGhostPeeks(t *testing.T) {
	m := haunted(t)
	o, bob, c, room := haunt(t, m)
	if err := c.Watch(t.Context(), []bridge.Addr{addr(bob.id())}); err != nil {
		t.Fatal(err)
	}
	put := func(state event.Presence, status string) {
		bob.do("presence", bob.SetPresence(t.Context(), mautrix.ReqPresence{Presence: state, StatusMsg: status}))
	}
	is := func(state bridge.State) {
		t.Helper()
		await(o, func(e bridge.PresenceChanged) bool { return e.Addr == addr(bob.id()) && e.Presence.State == state })
	}
	put("online", "")
	is(bridge.Online)
	put("unavailable", "gone fishing")
	is(bridge.Idle)
	_, err := bob.UserTyping(t.Context(), id.RoomID(room), true, 20*time.Second)
	bob.do("typing", err)
	await(o, func(e bridge.Typing) bool { return e.From == addr(bob.id()) && e.Chat == addr(bob.id()) })

	said := bob.say(room, "read this")
	msg := awaitText(o, "read this")
	if err := c.MarkRead(t.Context(), msg); err != nil {
		t.Fatal(err)
	}
	bob.see("a receipt", seesReceipt(room, said, o.me()))
	for _, p := range []struct {
		p     bridge.Presence
		state string
	}{
		{bridge.Presence{State: bridge.Away}, "unavailable"}, {bridge.Presence{State: bridge.Online}, "online"},
		{bridge.Presence{State: bridge.Hidden}, "offline"},
	} {
		if err := c.SetPresence(t.Context(), p.p); err != nil {
			t.Fatal(err)
		}
		bob.see("presence "+p.state, seesPresence(o.me(), p.state))
	}
	if s := c.Status(); strings.Contains(s, "inferred") {
		t.Errorf("status %q", s)
	}
}

func seesReceipt(room, of, user string) func(string, *event.Event) bool {
	return func(in string, e *event.Event) bool {
		content := string(e.Content.VeryRaw)
		return in == room && e.Type.Type == typeReceipt && strings.Contains(content, of) && strings.Contains(content, user)
	}
}

func seesPresence(user, state string) func(string, *event.Event) bool {
	return func(_ string, e *event.Event) bool {
		var p presenceContent
		return e.Type.Type == typePresence && e.Sender.String() == user && lenient(e.Content.VeryRaw, &p) && p.Presence == state
	}
}
