package matrix

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// A place is a room that a friend is in.
type place struct {
	p    *player
	room string
	seen map[id.EventID]bool
}

func makeRoom(t testing.TB, f bridgetest.Friend) bridgetest.Room {
	p := f.(*player)
	resp, err := p.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Preset: "public_chat", Name: "The room"})
	p.do("create", err)
	return &place{p: p, room: resp.RoomID.String()}
}

func ask(t testing.TB, f bridgetest.Friend, room bridgetest.Room, login bridge.Login) {
	p := f.(*player)
	_, err := p.InviteUser(t.Context(), id.RoomID(room.Addr().ID), &mautrix.ReqInviteUser{UserID: id.UserID(login.Keys["user"])})
	p.do("invite", err)
}

func accept(_ testing.TB, f bridgetest.Friend, room bridge.Addr) bridgetest.Room {
	p := f.(*player)
	p.see("invitation", func(in string, e *event.Event) bool {
		return in == room.ID && e.Type.Type == typeMember && e.GetStateKey() == p.id() && e.Content.Raw["membership"] == "invite"
	})
	p.join(room.ID)
	return &place{p: p, room: room.ID}
}

func (r *place) Addr() bridge.Addr { return addr(r.room) }

func (r *place) Say(_ testing.TB, text string) { r.p.say(r.room, text) }

// Hear reads the room itself: what was said before the friend asks is not in /sync any more.
func (r *place) Hear(t testing.TB) (text string) {
	t.Helper()
	until(t, "a text", func() bool {
		resp, err := r.p.Messages(t.Context(), id.RoomID(r.room), "", "", mautrix.DirectionBackward, nil, 100)
		r.p.do("messages", err)
		for i := len(resp.Chunk) - 1; i >= 0 && text == ""; i-- {
			e := resp.Chunk[i]
			var c content
			if e.Type.Type != typeMessage || e.Sender != id.UserID(r.p.me) || r.seen[e.ID] {
				continue
			}
			if json.Unmarshal(e.Content.VeryRaw, &c) == nil {
				r.note(e.ID)
				text = c.Body
			}
		}
		return text != ""
	})
	return text
}

func (r *place) note(e id.EventID) {
	if r.seen == nil {
		r.seen = map[id.EventID]bool{}
	}
	r.seen[e] = true
}

func (r *place) Leave(t testing.TB) {
	_, err := r.p.LeaveRoom(t.Context(), id.RoomID(r.room))
	r.p.do("leave", err)
}

func (r *place) Enter(testing.TB) { r.p.join(r.room) }

// elsewhere is another client of the login's own.
type elsewhere struct{ *friend }

func (e elsewhere) Leave(t testing.TB, room bridge.Addr) {
	_, err := e.LeaveRoom(t.Context(), id.RoomID(room.ID))
	e.do("leave", err)
}

func (e elsewhere) Block(_ testing.TB, who bridge.Addr, blocked bool) {
	users := map[string]any{}
	if blocked {
		users[who.ID] = struct{}{}
	}
	e.do("ignore", e.SetAccountData(context.Background(), typeIgnored, map[string]any{"ignored_users": users}))
}

func (e elsewhere) SeesBlocked(t testing.TB, who bridge.Addr, blocked bool) {
	until(t, "block list", func() bool {
		var list json.RawMessage
		e.do("ignored", e.GetAccountData(t.Context(), typeIgnored, &list))
		return strings.Contains(string(list), `"`+who.ID+`"`) == blocked
	})
}
