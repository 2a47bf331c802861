//go:build goolm

package matrix

import (
	"encoding/json"
	"fmt"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// seal says something encrypted, whatever it is.
func (s *secretive) seal(room string, content any) string {
	s.t.Helper()
	return s.event(room, typeEncrypted, s.encrypted(room, content))
}

// comes waits for a message, at once or in the place of the line that says that its key is missing.
func comes(o *owner, id string) (m bridge.Message) {
	o.t.Helper()
	await(o, func(e bridge.Event) bool {
		switch e := e.(type) {
		case bridge.MessageReceived:
			m = e.Message
		case bridge.MessageReplaced:
			if e.New != nil {
				m = *e.New
			}
		}
		return m.ID == id
	})
	return m
}

// replacement waits for what becomes of a message.
func replacement(o *owner, id string) bridge.MessageReplaced {
	o.t.Helper()
	return await(o, func(e bridge.MessageReplaced) bool { return e.ID == id })
}

// Corrections, answers and redactions are the same where all is encrypted, both ways.
func TestSecretTalk(t *testing.T) {
	o, _, bob, c, room := secretChat(t)
	bob.sync(t.Context())
	first := bob.write(room, "helo")
	if m := comes(o, first); m.Text != "helo" {
		t.Errorf("%+v", m)
	}
	bob.seal(room, &event.MessageEventContent{
		MsgType: event.MsgText, Body: "* hello", NewContent: &event.MessageEventContent{MsgType: event.MsgText, Body: "hello"},
		RelatesTo: &event.RelatesTo{Type: event.RelReplace, EventID: id.EventID(first)},
	})
	if e := replacement(o, first); e.New == nil || e.New.Text != "hello" {
		t.Errorf("%+v", e)
	}
	// Those who know the event only from the homeserver read it there.
	c.Close()
	c = o.connect()
	answer := bob.seal(room, &event.MessageEventContent{
		MsgType: event.MsgText, Body: "an answer", RelatesTo: (&event.RelatesTo{}).SetReplyTo(id.EventID(first)),
	})
	quoted := comes(o, answer).Text
	if name := c.called(c.conversation(room).room, bob.id()); quoted != fmt.Sprintf("> %s: helo\nan answer", name) && quoted != fmt.Sprintf("> %s: hello\nan answer", name) {
		t.Errorf("%q", quoted)
	}

	send := func(command, text string) {
		t.Helper()
		m := outgoing(bob.id(), text)
		m.Via, m.Command = room, command
		if err := c.Send(t.Context(), m); err != nil {
			t.Fatalf("/%s %s: %v", command, text, err)
		}
	}
	send("", "wrold")
	bob.read("wrold")
	c.Close()
	c = o.connect()
	send("", "s/wrold/world/")
	now := bob.read("* world")
	if in := now.Content.AsMessage(); in.RelatesTo.GetReplaceID() == "" || in.NewContent == nil || in.NewContent.Body != "world" {
		t.Errorf("%+v", in)
	}
	send("reply", "my answer")
	if in := bob.read("my answer").Content.AsMessage(); in.RelatesTo.GetReplyTo() == "" {
		t.Errorf("%+v", in)
	}
	_, err := bob.RedactEvent(t.Context(), id.RoomID(room), id.EventID(first))
	bob.do("redact", err)
	if e := replacement(o, first); e.New != nil {
		t.Errorf("%+v", e)
	}
}

// A homeserver may say with a message what corrects it: both are encrypted.
func TestSecretBundled(t *testing.T) {
	o, _, bob, c, room := secretChat(t)
	bob.sync(t.Context())
	first := bob.write(room, "helo")
	comes(o, first)
	second := bob.seal(room, &event.MessageEventContent{
		MsgType: event.MsgText, Body: "* hello", NewContent: &event.MessageEventContent{MsgType: event.MsgText, Body: "hello"},
		RelatesTo: &event.RelatesTo{Type: event.RelReplace, EventID: id.EventID(first)},
	})
	replacement(o, first)
	e, err := c.api.event(t.Context(), room, first)
	bob.do("first", err)
	by, err := c.api.event(t.Context(), room, second)
	bob.do("second", err)
	var whole map[string]any
	lenient(e.raw, &whole)
	whole["unsigned"] = map[string]any{"m.relations": map[string]any{"m.replace": by.raw}}
	e.raw, err = json.Marshal(whole)
	bob.do("bundle", err)
	if s := c.describe(t.Context(), c.conversation(room).room, &e); s.text != "hello" || s.kind != saidMessage {
		t.Errorf("%+v", s)
	}
}
