package matrix

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

func slashJoin(c *Conn, ctx context.Context, t typed) error {
	name := t.word()
	room, err := parseReference(name)
	if err != nil {
		return bridge.Declined("%v; usage: %s", err, t.usage)
	}
	contact, err := c.Join(ctx, addr(room), "")
	if err != nil {
		return outcome(err)
	}
	if err := c.emitTurn(ctx, []bridgeEvent{bridge.ContactFound{Contact: contact, Chosen: true}}, nil); err != nil {
		return outcome(err)
	}
	return c.show(ctx, t, "you are in "+orSo(contact.Name, cleanLine(name, maxName)))
}

// slashPart leaves a room. It goes off the list when the homeserver tells that we have left.
func slashPart(c *Conn, ctx context.Context, t typed) error { return outcome(c.Leave(ctx, t.chat)) }

func slashInvite(c *Conn, ctx context.Context, t typed) error {
	who, err := c.whom(t.room, t.word())
	if err != nil {
		return err
	}
	if err := c.Invite(ctx, t.chat, addr(who)); err != nil {
		return outcome(err)
	}
	return c.show(ctx, t, who+" is invited")
}

// slashMembership changes that of somebody: kick, ban or unban.
func slashMembership(how string) func(*Conn, context.Context, typed) error {
	return func(c *Conn, ctx context.Context, t typed) error {
		who, err := c.whom(t.room, t.word())
		if err != nil {
			return err
		}
		body := map[string]string{"user_id": who}
		if t.text != "" {
			body["reason"] = t.text
		}
		if _, err := c.order(ctx, http.MethodPost, mautrix.ClientURLPath{"v3", "rooms", t.room, how}, body); err != nil {
			return err
		}
		return c.show(ctx, t, map[string]string{
			"kick": who + " is out of the room", "ban": who + " is banned", "unban": who + " is banned no more",
		}[how])
	}
}

func slashName(c *Conn, ctx context.Context, t typed) error {
	if t.text != "" {
		return c.putState(ctx, t, typeName, "name")
	}
	c.mu.Lock()
	title := ""
	if r := c.rooms.rooms[t.room]; r != nil {
		title = r.title()
	}
	c.mu.Unlock()
	return c.show(ctx, t, "the room is called "+title+" ("+t.room+")")
}

func slashTopic(c *Conn, ctx context.Context, t typed) error {
	if t.text != "" {
		return c.putState(ctx, t, "m.room.topic", "topic")
	}
	answer, err := c.api.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "rooms", t.room, "state", "m.room.topic", ""}, nil, nil)
	var state struct {
		Topic string `json:"topic"`
	}
	lenient(answer, &state)
	topic := cleanText(state.Topic)
	switch {
	case err != nil && codeOf(err) != "M_NOT_FOUND":
		return refused(err)
	case topic == "":
		return c.show(ctx, t, "the room has no topic")
	}
	return c.show(ctx, t, "Topic: "+topic)
}

// putState changes a state of the room that has one text; a hyphen alone removes it.
func (c *Conn) putState(ctx context.Context, t typed, kind, field string) error {
	if t.text == "-" {
		t.text = ""
	}
	_, err := c.order(ctx, http.MethodPut, mautrix.ClientURLPath{"v3", "rooms", t.room, "state", kind, ""}, map[string]string{field: t.text})
	return err
}

// slashNames lists who is in a room.
func slashNames(c *Conn, ctx context.Context, t typed) error {
	answer, err := c.order(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "rooms", t.room, "joined_members"}, nil)
	if err != nil {
		return err
	}
	var resp struct {
		Joined map[string]struct {
			Name string `json:"display_name"`
		} `json:"joined"`
	}
	if !lenient(answer, &resp) || len(resp.Joined) == 0 {
		return bridge.Declined("the homeserver names nobody in this room")
	}
	names := make([]string, 0, len(resp.Joined))
	for who, m := range resp.Joined {
		if validUser(who) {
			names = append(names, orSo(cleanName(m.Name), who))
		}
	}
	slices.Sort(names)
	return c.show(ctx, t, append([]string{fmt.Sprintf("%d in the room:", len(names))}, bridge.FillLines(names, ", ")...)...)
}
