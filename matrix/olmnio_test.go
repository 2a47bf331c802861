//go:build goolm

package matrix

import (
	"strings"
	"testing"

	"msnbridge/bridge"
	"msnbridge/internal/testserver"
)

// withNio links an account that has an encrypted direct chat with somebody at another client, whose
// encryption is libolm.
func withNio(t *testing.T) (o *owner, own *friend, c *Conn, nio *testserver.NioClient, room string) {
	o, own, bob := users(t, homeserver(t))
	nio = testserver.Nio(t, homeserver(t), bob.id(), "a good password")
	c = o.connect()
	room = nio.Make(t, true, own.id())
	await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(bob.id()) })
	if err := c.Answer(t.Context(), addr(bob.id()), true); err != nil {
		t.Fatal(err)
	}
	await(o, func(e bridge.ContactFound) bool { return e.Contact.Addr == addr(bob.id()) })
	return o, own, c, nio, room
}

func TestNioTalk(t *testing.T) {
	o, own, c, nio, room := withNio(t)
	event := nio.Say(t, room, "by libolm")
	if m := awaitText(o, "by libolm"); m.ID != event || m.Via != room || m.From != addr(nio.UserID) {
		t.Errorf("%+v", m)
	}
	for _, text := range []string{"by goolm", "and again"} {
		if err := c.Send(t.Context(), outgoing(nio.UserID, text)); err != nil {
			t.Fatal(err)
		}
		if e := nio.WaitText(t, text); !e.Encrypted || e.Sender != own.id() || e.Room != room {
			t.Errorf("%+v", e)
		}
	}

	// While the gateway is away, and after both have been started again.
	c.Close()
	nio.Say(t, room, "while you were away")
	nio.Restart(t)
	c = o.connect()
	awaitText(o, "while you were away")
	nio.Say(t, room, "still the same")
	awaitText(o, "still the same")
	if err := c.Send(t.Context(), outgoing(nio.UserID, "here too")); err != nil {
		t.Fatal(err)
	}
	if e := nio.WaitText(t, "here too"); !e.Encrypted {
		t.Errorf("%+v", e)
	}
}

// A room of three, with the gateway, libolm, and mautrix.
func TestNioRoom(t *testing.T) {
	o, own, friend := users(t, homeserver(t))
	_, _, other := users(t, homeserver(t))
	eve := other.secretive()
	nio := testserver.Nio(t, homeserver(t), friend.id(), "a good password")
	c := o.connect()
	room := nio.Make(t, false, own.id(), eve.id())
	await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(room) })
	if err := c.Answer(t.Context(), addr(room), true); err != nil {
		t.Fatal(err)
	}
	await(o, func(e bridge.ContactFound) bool { return e.Contact.Addr == addr(room) })
	eve.join(room)
	until(t, "all are in", func() bool {
		who, err := c.api.members(t.Context(), room)
		return err == nil && len(who) == 3
	})
	if err := c.Send(t.Context(), outgoing(room, "to both of you")); err != nil {
		t.Fatal(err)
	}
	eve.read("to both of you")
	if e := nio.WaitText(t, "to both of you"); !e.Encrypted {
		t.Errorf("%+v", e)
	}
	nio.Say(t, room, "and back")
	awaitText(o, "and back")
}

// Emoji are compared with a session of the user's own that begins without a request, as older
// clients do, and that proves its keys as libolm does.
func TestNioVerify(t *testing.T) {
	o, own, _ := users(t, homeserver(t))
	c := o.connect()
	nio := testserver.Nio(t, homeserver(t), own.id(), "a good password")
	// It learns of our device when it meets us in an encrypted room.
	room := nio.Make(t, false)
	nio.Say(t, room, "a note to myself")
	nio.Do(t, map[string]any{"do": "verify", "device": string(c.api.client.DeviceID)})
	awaitSaid(o, "wants to verify this gateway")
	if got := o.command(c, "verify"); !strings.Contains(got, "in a moment") {
		t.Fatal(got)
	}
	key := nio.Wait(t, func(e testserver.NioEvent) bool { return e.Kind == "verification" && e.Step == "key" })
	text := awaitSaid(o, "Compare these emoji")
	for i, name := range key.Names {
		if other := otherNames[name]; !strings.Contains(text, name) && !strings.Contains(text, other) || i > 6 {
			t.Errorf("%q is not in %s", name, text)
		}
	}
	if len(key.Names) != 7 {
		t.Errorf("it shows %q", key.Names)
	}
	nio.Do(t, map[string]any{"do": "match", "txn": key.Txn})
	o.command(c, "match")
	nio.Wait(t, func(e testserver.NioEvent) bool { return e.Kind == "verified" })
	awaitSaid(o, "have verified each other")
}

// otherNames are those that matrix-nio has of its own for emoji.
var otherNames = map[string]string{"Wrench": "Spanner", "Thumbs up": "Thumbs Up", "Airplane": "Aeroplane"}
