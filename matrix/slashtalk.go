package matrix

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

const reasonNobody = "nobody else has said anything here yet"

func slashNudge(c *Conn, ctx context.Context, t typed) error {
	msg := bridge.Message{ID: t.key, Chat: t.chat, Via: t.room, Text: "sends a nudge", Emote: true, Time: time.Now()}
	return c.transmit(ctx, msg)
}

// slashMsg says something to somebody, in the conversation with them.
func slashMsg(c *Conn, ctx context.Context, t typed) error {
	who, err := c.whom(t.room, t.word())
	if err != nil {
		return err
	}
	if t.text == "" {
		return t.misused()
	}
	msg := bridge.Message{ID: rand.Text(), Chat: addr(who), Text: t.text, Time: time.Now()}
	if err := c.Send(ctx, msg); err != nil {
		return err
	}
	msg.ID, msg.From, msg.Own = "", addr(c.me), true
	if err := c.emitTurn(ctx, []bridgeEvent{bridge.MessageReceived{Message: msg}}, nil); err != nil || msg.Chat == t.chat {
		return nil
	}
	return c.show(ctx, t, "to "+who+": "+t.text)
}

func slashReply(c *Conn, ctx context.Context, t typed) error {
	last, err := c.lastOfOthers(ctx, t)
	if err != nil {
		return err
	}
	if err := c.plainAllowed(ctx, t.room, false); err != nil {
		return err
	}
	msg := bridge.Message{ID: t.key, Chat: t.chat, Via: t.room, Text: t.text, Time: time.Now()}
	answer := &transmission{conn: c, room: t.room, msg: msg, answers: &last}
	if err := answer.deliver(ctx); err != nil {
		return err
	}
	return c.show(ctx, t, "(your answer is to "+last.name+": "+quoted(last.text)+")")
}

// slashReact sends a reaction. It is never encrypted, as the homeserver has to count it
// (client-server API, 11.6 of version 1.7).
func slashReact(c *Conn, ctx context.Context, t typed) error {
	key := cleanLine(t.text, maxReaction)
	if strings.Contains(key, " ") {
		return t.misused()
	}
	last, err := c.lastOfOthers(ctx, t)
	if err != nil {
		return err
	}
	path := mautrix.ClientURLPath{"v3", "rooms", t.room, "send", typeReaction, txnID(t.key)}
	content := map[string]any{"m.relates_to": map[string]any{"rel_type": relAnnotation, "event_id": last.id, "key": key}}
	if _, err = c.order(ctx, http.MethodPut, path, content); err != nil {
		return err
	}
	return c.show(ctx, t, "(You: "+key+" to "+quoted(last.text)+")")
}

// slashRedact takes back the last message that was sent through us. The homeserver's news say that
// it is done.
func slashRedact(c *Conn, ctx context.Context, t typed) error {
	last, ok, err := said{}, false, error(nil)
	if t.room != "" {
		last, ok, err = c.lastOurs(ctx, t.room)
	}
	if err != nil {
		return refused(err)
	}
	if !ok {
		return bridge.Declined("there is no message of yours here that could be taken back")
	}
	body := map[string]string{}
	if t.text != "" {
		body["reason"] = t.text
	}
	path := mautrix.ClientURLPath{"v3", "rooms", t.room, "redact", last.id, txnID(t.key)}
	if _, err := c.order(ctx, http.MethodPut, path, body); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now, known := c.sayings.get(t.room, last.id); !known || now.kind == saidMessage {
		last.taken = true
		c.sayings.put(t.room, last)
	}
	return nil
}

// lastOfOthers finds the last message in a room that somebody else has said.
func (c *Conn) lastOfOthers(ctx context.Context, t typed) (said, error) {
	others := func(s said) bool { return s.sender != c.me }
	c.mu.Lock()
	last, ok := c.sayings.last(t.room, others)
	r := c.rooms.rooms[t.room]
	c.mu.Unlock()
	if ok {
		return last, nil
	}
	if r == nil {
		return said{}, bridge.Declined(reasonNobody)
	}
	types := append([]string{typeMessage, typeSticker, typeEncrypted}, wordyTypes...)
	err := c.pastEvents(ctx, t.room, messagesFilter("", types...), func(e *anEvent) bool {
		s := c.describe(ctx, r, e)
		if s.kind == saidMessage && others(s) {
			last, ok = s, true
		}
		return ok
	})
	switch {
	case err != nil:
		return said{}, refused(err)
	case !ok:
		return said{}, bridge.Declined(reasonNobody)
	}
	return last, nil
}
