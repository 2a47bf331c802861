package matrix

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// desk is somebody's chat with the service's own user.
func (f *friend) desk() string {
	f.t.Helper()
	room := f.direct("@msnbot:localhost")
	f.seePart(room, "Say help")
	return room
}

// seePart waits for a notice of the service's own user with these words, and returns it.
func (f *friend) seePart(room, words string) (text string) {
	f.t.Helper()
	f.see(words, func(in string, e *event.Event) bool {
		body, _ := e.Content.Raw["body"].(string)
		found := in == room && e.Sender == "@msnbot:localhost" && strings.Contains(body, words)
		if found {
			text = body
		}
		return found
	})
	return text
}

// Who blocks an account hears nothing from its ghost, and is not seen by it.
func TestGhostBlocked(t *testing.T) {
	m := haunted(t)
	o, bob, c, room := haunt(t, m)
	carol := m.person(t, "Carol")
	ctx := t.Context()
	if err := c.Watch(ctx, []bridge.Addr{addr(bob.id())}); err != nil {
		t.Fatal(err)
	}
	made, err := bob.CreateRoom(ctx, &mautrix.ReqCreateRoom{Name: "Den", Invite: []id.UserID{id.UserID(o.me())}})
	bob.do("create room", err)
	den := made.RoomID.String()
	await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(den) })
	if _, err := c.Join(ctx, addr(den), ""); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(ctx, outgoing(den, "in the den")); err != nil {
		t.Fatal(err)
	}
	desk := bob.desk()
	online := func() {
		t.Helper()
		bob.do("presence", bob.SetPresence(ctx, mautrix.ReqPresence{Presence: event.PresenceOnline}))
	}
	online()
	await(o, func(p bridge.PresenceChanged) bool { return p.Addr.ID == bob.id() && p.Presence.State == bridge.Online })
	bob.say(desk, "block "+o.login.Account) // without a /sync, which would put them off line
	await(o, func(p bridge.PresenceChanged) bool {
		return p.Addr.ID == bob.id() && p.Presence.State == bridge.Offline
	})

	bob.seePart(desk, "can no longer write to you")

	var failed *bridge.SendError
	if err := c.Send(ctx, outgoing(bob.id(), "unheard")); !errors.As(err, &failed) || failed.Unknown || !strings.Contains(failed.Reason, "does not want") {
		t.Errorf("sent: %v", err)
	}
	if err := c.Send(ctx, outgoing(den, "unheard")); !errors.As(err, &failed) {
		t.Errorf("sent into a room of the two: %v", err)
	}
	for what, err := range map[string]error{
		"reach": c.Reach(ctx, addr(bob.id())), "typing": c.SetTyping(ctx, addr(bob.id()), true),
	} {
		if (what == "typing") != (err == nil) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := c.AddContact(ctx, addr(bob.id())); !errors.Is(err, errUnwanted) {
		t.Errorf("a direct chat: %v", err)
	}
	if _, err := c.Gather(ctx, []bridge.Addr{addr(carol.id()), addr(bob.id())}); !errors.Is(err, errUnwanted) {
		t.Errorf("a room: %v", err)
	}
	group, err := c.Gather(ctx, []bridge.Addr{addr(carol.id())})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Invite(ctx, group.Addr, addr(bob.id())); !errors.Is(err, errUnwanted) {
		t.Errorf("invited: %v", err)
	}
	if err := c.Send(ctx, outgoing(carol.id(), "to somebody else")); err != nil {
		t.Errorf("to somebody else: %v", err)
	}
	bob.say(desk, "unblock "+o.login.Account)
	bob.seePart(desk, "is not blocked any more")
	online()
	await(o, func(p bridge.PresenceChanged) bool { return p.Addr.ID == bob.id() && p.Presence.State == bridge.Online })
	if err := c.Send(ctx, outgoing(bob.id(), "heard")); err != nil {
		t.Error(err)
	}
	bob.seeText("heard")
	if got := bob.texts(room); len(got) != 1 {
		t.Errorf("the room has %q", got)
	}
}

// The owner of an account confirms a link, by a ghost or by an account of their own.
func TestLinkCommand(t *testing.T) {
	m := haunted(t)
	o, bob := m.ghost(t), m.person(t, "Bob")
	c := o.connect()
	ask := func(want string, words ...string) {
		t.Helper()
		text, err := c.Command(t.Context(), words)
		if err != nil {
			text = err.Error()
		}
		if !strings.Contains(text, want) {
			t.Errorf("%q: %s", words, text)
		}
	}
	ask("link which code?", "link")
	ask("no code", "link", "12345678")
	ask("not linked", "unlink")
	ask("ghost", "encryption")
	desk := bob.desk()
	bob.say(desk, "link "+o.login.Account)
	code := regexp.MustCompile(`\b[0-9]{8}\b`).FindString(bob.seePart(desk, "Your code is"))
	ask("linked with "+bob.id(), "link", code[:4], code[4:])
	bob.seePart(desk, "login matrix user="+bob.id()+" homeserver="+m.BaseURL+" password=...")
	ask("not linked with "+bob.id()+" any more", "unlink")
	names := map[string]bool{}
	for _, cmd := range c.net.Commands() {
		names[cmd.Name] = true
	}
	if !names["link"] || !names["unlink"] || !names["verify"] {
		t.Errorf("%v", names)
	}
}

// WaitLogin implements appservice.House: nobody has a login of their own.
func (fullHouse) WaitLogin(context.Context, string, string) (bridge.LoginStatus, error) {
	return bridge.LoginStatus{}, bridge.ErrNotFound
}
