package matrix

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// An alias leads to the room that it stands for, which is entered through the servers that are in it.
func TestJoinByAlias(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	c := o.connect()
	s.on("GET /directory/room/#go:y", func(*http.Request) answer { return ok(`{"room_id":"!go:y","servers":["y","z:1","not a server"]}`) })
	s.on("POST /join/!go:y", func(r *http.Request) answer {
		if q := r.URL.Query(); fmt.Sprint(q["via"], q["server_name"]) != "[y z:1] [y z:1]" {
			t.Errorf("entered through %v", q)
		}
		s.news <- roomAnswer("s2", "!go:y", stateBody(append(three(), state(typeName, "@al:x", "", `{"name":"Go"}`))...))
		return ok(`{"room_id":"!go:y"}`)
	})
	for range 2 { // the second time we are there
		contact, err := c.AddContact(t.Context(), addr("#go:y"))
		if err != nil || contact.Addr != addr("!go:y") || contact.Name != "Go" {
			t.Errorf("%+v, %v", contact, err)
		}
	}
	if n := len(s.asked("POST /join/")); n != 1 {
		t.Errorf("entered %d times", n)
	}
	found(o, "!go:y")
	s.on("POST /join/!id:y", func(r *http.Request) answer {
		if q := r.URL.Query(); fmt.Sprint(q["via"]) != "[a.org b.org]" {
			t.Errorf("entered through %v", q)
		}
		s.news <- roomAnswer("s3", "!id:y", stateBody(three()...))
		return ok(`{"room_id":"!id:y"}`)
	})
	if contact, err := c.Join(t.Context(), addr("!id:y?via=a.org,b.org"), ""); err != nil || contact.Addr != addr("!id:y") {
		t.Errorf("%+v, %v", contact, err)
	}
}

// Who is not let in is told why, in words, and on the list.
func TestNotLetIn(t *testing.T) {
	s := newScript(t)
	s.on("POST /join/!no:x", func(*http.Request) answer { return fail(403, "M_FORBIDDEN") })
	s.on("POST /join/!knock:x", func(*http.Request) answer { return fail(403, "M_FORBIDDEN") })
	s.on("POST /knock/!knock:x", func(*http.Request) answer { return ok(`{"room_id":"!knock:x"}`) })
	s.on("POST /join/!old:x", func(*http.Request) answer { return fail(400, "M_INCOMPATIBLE_ROOM_VERSION") })
	s.on("POST /join/!none:x", func(*http.Request) answer { return fail(404, "M_NOT_FOUND") })
	s.on("POST /join/!odd:x", func(*http.Request) answer { return fail(400, "M_ODD\u0000\r\nx") })
	o := s.owner()
	c := o.connect()
	for id, want := range map[string]string{
		"!no:x": "by invitation only", "!knock:x": "asked to be let in", "!old:x": "rooms of this kind",
		"!odd:x": "cannot be entered", "!none:x": "", "#none:x": "",
	} {
		if err := c.Watch(t.Context(), []bridge.Addr{addr(id)}); err != nil {
			t.Fatal(err)
		}
		_, err := c.AddContact(t.Context(), addr(id))
		if want == "" {
			if !errors.Is(err, bridge.ErrNoSuchPerson) {
				t.Errorf("%s: %v", id, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\r\n\x00") {
			t.Errorf("%s: %v; want %q", id, err, want)
		}
		await(o, func(p bridge.PresenceChanged) bool {
			return p.Addr.ID == id && p.Presence.State == bridge.Away && strings.Contains(p.Presence.Note, want)
		})
		if c.Reach(t.Context(), addr(id)) == nil {
			t.Errorf("%s can be reached", id)
		}
	}
}

func roomInvite(from, stripped string) string {
	return fmt.Sprintf(`{"invite_state":{"events":[{"type":"m.room.member","sender":%q,"state_key":"@me:x","content":{"membership":"invite"}},
		{"type":"m.room.member","sender":%[1]q,"state_key":%[1]q,"content":{"membership":"join","displayname":"Eve"}}%s]}}`, from, stripped)
}

func TestRoomInvitations(t *testing.T) {
	s := newScript(t)
	s.initial = strings.Replace(scriptInitial, `"events":[`, `"events":[{"type":"m.ignored_user_list","content":{"ignored_users":{"@bad:x":{}}}},`, 1)
	o := s.owner()
	c := o.connect()
	stripped := func(kind, content string) string {
		return fmt.Sprintf(`,{"type":%q,"sender":"@eve:x","state_key":"","content":%s}`, kind, content)
	}
	s.news <- ok(`{"next_batch":"s2","rooms":{"invite":{
		"!a:x":` + roomInvite("@eve:x", stripped(typeName, `{"name":"A\n room"}`)) + `,
		"!b:x":` + roomInvite("@eve:x", "") + `,
		"!bad:x":` + roomInvite("@bad:x", "") + `,
		"!space:x":` + roomInvite("@eve:x", stripped(typeCreate, `{"type":"m.space"}`)) + `}}}`)
	for id, name := range map[string]string{"!a:x": "A room", "!b:x": "Room of Eve"} {
		e := await(o, func(e bridge.Invited) bool { return e.Contact.Addr.ID == id })
		if e.Contact.Name != name || e.By != addr("@eve:x") {
			t.Errorf("%+v", e)
		}
	}
	if more := have[bridge.Invited](o); len(more) > 0 {
		t.Errorf("%+v", more)
	}
	s.on("POST /join/!a:x", func(r *http.Request) answer {
		s.news <- roomAnswer("s3", "!a:x", stateBody(three()...))
		return ok(`{"room_id":"!a:x"}`)
	})
	if err := c.Answer(t.Context(), addr("!a:x"), true); err != nil {
		t.Fatal(err)
	}
	found(o, "!a:x")
	s.on("POST /rooms/!b:x/leave", func(*http.Request) answer { return ok(`{}`) })
	for range 2 {
		if err := c.Answer(t.Context(), addr("!b:x"), false); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.asked("POST /rooms/!b:x/leave")); n != 1 {
		t.Errorf("declined %d times", n)
	}
}

func TestManyInvitations(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	c := o.connect()
	var invites []string
	for i := range 3 * maxInvites {
		invites = append(invites, fmt.Sprintf(`"!i%d:x":%s`, i, roomInvite("@eve:x", "")))
	}
	s.news <- ok(`{"next_batch":"s2","rooms":{"invite":{` + strings.Join(invites, ",") + `}}}`)
	s.news <- timelineAnswer("s3", false, textEvent("$1", "done"))
	awaitText(o, "done")
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.invites) != maxInvites {
		t.Errorf("%d invitations", len(c.invites))
	}
}

func TestInviteAnswers(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	c := o.connect()
	s.news <- roomAnswer("s2", "!a:x", stateBody(three()...))
	found(o, "!a:x")
	s.on("GET /rooms/!a:x/state/m.room.member/@al:x", func(*http.Request) answer { return ok(`{"membership":"join"}`) })
	s.on("GET /profile/@known:x", func(*http.Request) answer { return ok(`{}`) })
	s.on("POST /rooms/!a:x/invite", func(*http.Request) answer { return fail(403, "M_FORBIDDEN") })
	for who, want := range map[string]error{"@al:x": bridge.ErrAlreadyThere, "@me:x": bridge.ErrAlreadyThere, "@nobody:x": bridge.ErrNoSuchPerson} {
		if err := c.Invite(t.Context(), addr("!a:x"), addr(who)); !errors.Is(err, want) {
			t.Errorf("%s: %v", who, err)
		}
	}
	if err := c.Invite(t.Context(), addr("!a:x"), addr("@known:x")); err == nil || err.Error() != "you may not invite people into this room" {
		t.Error(err)
	}
	if err := c.Invite(t.Context(), addr("!elsewhere:x"), addr("@known:x")); !errors.Is(err, errNotIn) {
		t.Error(err)
	}
}

// A room is made once, even if nobody can say whether it was.
func TestGatherOnce(t *testing.T) {
	s := newScript(t)
	s.on("POST /createRoom", func(*http.Request) answer { return answer{status: 502} })
	c := s.owner().connect()
	if _, err := c.Gather(t.Context(), []bridge.Addr{addr("@al:x"), addr("@bob:x")}); err == nil {
		t.Error("made")
	}
	if n := len(s.asked("POST /createRoom")); n != 1 {
		t.Errorf("asked for %d times", n)
	}
	if _, err := c.Gather(t.Context(), []bridge.Addr{addr("nobody")}); !errors.Is(err, bridge.ErrNoSuchPerson) {
		t.Error(err)
	}
}

func TestDendriteRooms(t *testing.T) {
	o, own, bob := users(t, homeserver(t))
	c := o.connect()
	made, err := bob.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{
		Preset: "public_chat", Name: "Club", RoomAliasName: strings.Trim(bob.id()[1:4], ":") + "-club", Topic: "tea",
	})
	bob.do("create", err)
	id1 := made.RoomID.String()
	alias := "#" + strings.Trim(bob.id()[1:4], ":") + "-club:localhost"
	contact, err := c.AddContact(t.Context(), addr(alias))
	if err != nil || contact.Addr != addr(id1) || contact.Name != "Club" {
		t.Fatalf("%+v, %v", contact, err)
	}
	if _, err := c.AddContact(t.Context(), addr("#nothing-there:localhost")); !errors.Is(err, bridge.ErrNoSuchPerson) {
		t.Errorf("no alias: %v", err)
	}
	if err := c.Roster(t.Context(), addr(id1), 20); err != nil {
		t.Fatal(err)
	}
	await(o, func(r bridge.Remark) bool { return r.Chat == addr(id1) && r.Text == "Topic: tea" })
	r := await(o, func(r bridge.RosterChanged) bool { return r.Whole })
	if len(r.Joined) != 1 || r.Joined[0].Addr != addr(bob.id()) {
		t.Errorf("%+v", r)
	}
	remark := func(want string) {
		t.Helper()
		await(o, func(r bridge.Remark) bool { return r.Chat == addr(id1) && strings.Contains(r.Text, want) })
	}
	_, err = bob.SendStateEvent(t.Context(), made.RoomID, stateType(typeTopic), "", map[string]any{"topic": "coffee"})
	bob.do("topic", err)
	remark("has changed the topic to: coffee")
	_, err = bob.SendStateEvent(t.Context(), made.RoomID, stateType(typeName), "", map[string]any{"name": "Pub"})
	bob.do("name", err)
	remark("has called the room: Pub")
	if f := found(o, id1); f.Name != "Club" && f.Name != "Pub" {
		t.Errorf("%+v", f)
	}
	bob.do("name", bob.SetDisplayName(t.Context(), "Robert"))
	remark("is now known as Robert")
	_, err = bob.KickUser(t.Context(), made.RoomID, &mautrix.ReqKickUser{UserID: own.UserID, Reason: "closing time"})
	bob.do("kick", err)
	if err := c.Watch(t.Context(), []bridge.Addr{addr(id1)}); err != nil {
		t.Fatal(err)
	}
	await(o, func(p bridge.PresenceChanged) bool {
		return p.Presence.State == bridge.Away && p.Presence.Note == "you were removed by Robert: closing time"
	})
	_, err = bob.BanUser(t.Context(), made.RoomID, &mautrix.ReqBanUser{UserID: own.UserID})
	bob.do("ban", err)
	if _, err := c.Join(t.Context(), addr(id1), ""); err == nil {
		t.Error("entered though banned")
	}
	_, err = own.JoinRoomByID(t.Context(), id.RoomID(id1))
	if err == nil {
		t.Error("not banned")
	}
}
