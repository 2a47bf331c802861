package matrix

import (
	"context"
	"encoding/json"
	"net/http"

	"maunium.net/go/mautrix"

	"msnbridge/bridge"
)

// slashNick changes the display name, in all rooms.
func slashNick(c *Conn, ctx context.Context, t typed) error {
	path := mautrix.ClientURLPath{"v3", "profile", c.me, "displayname"}
	if _, err := c.order(ctx, http.MethodPut, path, map[string]string{"displayname": t.text}); err != nil {
		return err
	}
	return c.show(ctx, t, "you are called "+t.text+" now, in all rooms")
}

// slashRoomNick changes the display name in one room. All else of the membership stays (an avatar).
func slashRoomNick(c *Conn, ctx context.Context, t typed) error {
	path := mautrix.ClientURLPath{"v3", "rooms", t.room, "state", typeMember, c.me}
	answer, err := c.order(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	var content map[string]json.RawMessage
	if json.Unmarshal(answer, &content) != nil || content == nil {
		return bridge.Declined("the homeserver does not say that you are in this room")
	}
	content["displayname"], _ = json.Marshal(t.text)
	if _, err := c.order(ctx, http.MethodPut, path, content); err != nil {
		return err
	}
	return c.show(ctx, t, "you are called "+t.text+" now, in this room")
}

// slashWhois says who somebody is; in a chat with one person, without a name, that person.
func slashWhois(c *Conn, ctx context.Context, t typed) error {
	who := t.chat.ID
	if t.text != "" || isRoom(t.chat) {
		if t.text == "" {
			return t.misused()
		}
		var err error
		if who, err = c.whom(t.room, t.word()); err != nil {
			return err
		}
	}
	name, err := c.lookUp(ctx, who)
	if err != nil {
		return outcome(err)
	}
	line := who
	if name != "" {
		line = name + " is " + who
	}
	if p := c.howPresent(ctx, who); p.State != bridge.Offline {
		line += ", " + p.State.String()
		if p.Note != "" {
			line += ": " + p.Note
		}
	}
	return c.show(ctx, t, line)
}

// howPresent asks how present somebody is; who cannot be asked for is offline.
func (c *Conn) howPresent(ctx context.Context, who string) bridge.Presence {
	content, err := c.askPresence(ctx, who)
	if err != nil || c.unwanted(who) {
		return bridge.Presence{}
	}
	p, _ := content.plain()
	return p
}
