package matrix

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// club links an account that is in a room with bob.
func club(t testing.TB) (o *owner, own, bob *friend, c *Conn, room string) {
	o, own, bob = users(t, homeserver(t))
	bob.do("name", bob.SetDisplayName(t.Context(), "Bob"))
	resp, err := bob.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Preset: "trusted_private_chat", Name: "Club", Invite: []id.UserID{own.UserID}})
	bob.do("create", err)
	room = resp.RoomID.String()
	own.join(room)
	o.times.Fold = 200 * time.Millisecond
	c = o.connect()
	await(o, func(e bridge.ContactFound) bool { return e.Contact.Addr.ID == room })
	return o, own, bob, c, room
}

func (f *friend) message(room string, content map[string]any) string {
	f.t.Helper()
	return f.event(room, typeMessage, content)
}

func relates(kind, to string) map[string]any { return map[string]any{"rel_type": kind, "event_id": to} }

func answersTo(event string) map[string]any {
	return map[string]any{"m.in_reply_to": map[string]any{"event_id": event}}
}

// What bob does in a room is told, whatever Dendrite makes of it.
func TestDendriteTalk(t *testing.T) {
	o, _, bob, _, room := club(t)
	first := bob.message(room, map[string]any{"msgtype": "m.text", "body": "**first** words", "format": formatHTML, "formatted_body": "<b>first words</b>"})
	if m := awaitText(o, "first words"); !m.Format.Bold || m.Chat.ID != room || m.Name != "Bob" {
		t.Errorf("%+v", m)
	}
	bob.message(room, map[string]any{"msgtype": "m.text", "body": "an answer", "m.relates_to": answersTo(first)})
	awaitText(o, "> Bob: first words\nan answer")
	bob.message(room, map[string]any{
		"msgtype": "m.text", "body": "* last words", "m.new_content": map[string]any{"msgtype": "m.text", "body": "last words"}, "m.relates_to": relates(relReplace, first),
	})
	e := await[bridge.MessageReplaced](o, nil)
	line, _ := e.Else.(bridge.MessageReceived)
	if e.ID != first || e.New == nil || e.New.Text != "last words" || line.Message.Text != "* last words" {
		t.Errorf("%+v", e)
	}
	like := map[string]any{"m.relates_to": relates(relAnnotation, first)}
	like["m.relates_to"].(map[string]any)["key"] = "👍"
	bob.event(room, typeReaction, like)
	remark(o, func(s string) bool { return s == "(Bob: 👍 to \u201clast words\u201d)" })
	_, err := bob.RedactEvent(t.Context(), id.RoomID(room), id.EventID(first))
	bob.do("redact", err)
	e = await[bridge.MessageReplaced](o, nil)
	if gone, _ := e.Else.(bridge.Remark); e.ID != first || e.New != nil || gone.Text != "(Bob has taken back a message: \u201clast words\u201d)" {
		t.Errorf("%+v", e)
	}
}

// latestOf is the text of an event of the room, as it was corrected last.
func (f *friend) latestOf(room string) map[string]string {
	resp, err := f.Messages(f.t.Context(), id.RoomID(room), "", "", mautrix.DirectionBackward, nil, 100)
	f.do("messages", err)
	now := map[string]string{}
	for i := len(resp.Chunk) - 1; i >= 0; i-- {
		var in, made content
		e := resp.Chunk[i]
		if e.Type.Type != typeMessage || json.Unmarshal(e.Content.VeryRaw, &in) != nil {
			continue
		}
		if in.corrects() && json.Unmarshal(in.New, &made) == nil {
			now[in.RelatesTo.EventID] = made.Body
		} else {
			now[e.ID.String()] = in.Body
		}
	}
	return now
}

// What the user types is done, also with another connection.
func TestDendriteTyped(t *testing.T) {
	o, _, bob, c, room := club(t)
	send := func(command, text string) {
		t.Helper()
		m := outgoing(room, text)
		m.Via, m.Command = room, command
		if err := c.Send(t.Context(), m); err != nil {
			t.Fatalf("/%s %s: %v", command, text, err)
		}
	}
	// seen waits for an event of a type that a check accepts.
	seen := func(what, kind string, ok func(e *event.Event) bool) {
		t.Helper()
		bob.see(what, func(in string, e *event.Event) bool { return in == room && e.Type.Type == kind && ok(e) })
	}
	send("", "helo Bob")
	bob.seeText("helo Bob")
	send("", "s/helo/hello/")
	bob.seeText("* hello Bob")
	c.Close()
	c = o.connect()
	send("", "s/hello/bye/")
	bob.seeText("* bye Bob")
	if now := bob.latestOf(room); len(now) != 1 || !strings.Contains(fmt.Sprint(now), ":bye Bob") {
		t.Errorf("%v", now)
	}
	first := bob.say(room, "first words")
	awaitText(o, "first words")
	send("react", "👍")
	relation := func(e *event.Event) relation {
		var in content
		lenient(e.Content.VeryRaw, &in)
		return in.RelatesTo
	}
	seen("a reaction", typeReaction, func(e *event.Event) bool {
		return relation(e).EventID == first && relation(e).Key == "👍"
	})
	send("reply", "an answer")
	seen("an answer", typeMessage, func(e *event.Event) bool { return relation(e).ReplyTo.EventID == first })
	send("redact", "")
	seen("a redaction", typeRedaction, func(*event.Event) bool { return true })
	await(o, func(e bridge.MessageReplaced) bool {
		gone, _ := e.Else.(bridge.Remark)
		return gone.Text == "(You have taken back a message: \u201can answer\u201d)"
	})
	send("topic", "what it is about")
	seen("the topic", "m.room.topic", func(e *event.Event) bool { return e.Content.Raw["topic"] == "what it is about" })
	send("topic", "")
	remark(o, func(s string) bool { return s == "Topic: what it is about" })
	send("roomnick", "Me Here")
	seen("the nick", typeMember, func(e *event.Event) bool { return e.Content.Raw["displayname"] == "Me Here" })
	send("names", "")
	remark(o, func(s string) bool { return s == "Bob, Me Here" })
	send("part", "")
	seen("the parting", typeMember, func(e *event.Event) bool { return e.Content.Raw["membership"] == "leave" })
	await(o, func(e bridge.RoomLeft) bool { return e.Room.ID == room })
}

// What a window has shown, the homeserver learns; hidden, bob does not.
func TestDendriteMarkRead(t *testing.T) {
	o, own, bob, c, room := club(t)
	shown := func(text string) bridge.Message {
		event := bob.say(room, text)
		m := awaitText(o, text)
		if m.ID != event {
			t.Errorf("%+v", m)
		}
		if err := c.MarkRead(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	one := shown("one")
	bob.see("a receipt", func(_ string, e *event.Event) bool {
		return e.Type.Type == typeReceipt && strings.Contains(string(e.Content.VeryRaw), one.ID)
	})
	if err := c.SetPresence(t.Context(), bridge.Presence{State: bridge.Hidden}); err != nil {
		t.Fatal(err)
	}
	two := shown("two")
	until(t, "the marker", func() bool {
		var marker struct {
			Event string `json:"event_id"`
		}
		err := own.GetRoomAccountData(t.Context(), id.RoomID(room), "m.fully_read", &marker)
		return err == nil && marker.Event == two.ID
	})
	if n := len(have[bridge.ReadElsewhere](o)); n != 0 {
		t.Errorf("%d of our own receipts came back", n)
	}
}
