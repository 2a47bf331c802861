package matrix

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// state is a state event as JSON.
func state(kind, sender, key, content string) string {
	return fmt.Sprintf(`{"type":%q,"event_id":"$%s%s","sender":%q,"state_key":%q,"origin_server_ts":%d,"content":%s}`,
		kind, kind, strings.Trim(key, "@!"), sender, key, time.Now().UnixMilli(), content)
}

func joins(who, name string) string {
	return state(typeMember, who, who, fmt.Sprintf(`{"membership":"join","displayname":%q}`, name))
}

// roomAnswer is an answer to /sync about one room.
func roomAnswer(next, room, body string) answer {
	return ok(fmt.Sprintf(`{"next_batch":%q,"rooms":{"join":{%q:{%s}}}}`, next, room, body))
}

func stateBody(events ...string) string {
	return `"state":{"events":[` + strings.Join(events, ",") + `]}`
}

func timelineBody(events ...string) string {
	return `"timeline":{"events":[` + strings.Join(events, ",") + `]}`
}

func found(o *owner, room string) bridge.Contact {
	o.t.Helper()
	return await(o, func(e bridge.ContactFound) bool { return e.Contact.Addr.ID == room }).Contact
}

// A homeserver may tell what a room is tagged with before it tells anything else of it.
func TestRoomTaggedFirst(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.connect()
	s.news <- roomAnswer("s2", "!a:x", `"account_data":{"events":[{"type":"m.tag","content":{"tags":{"m.favourite":{}}}}]}`)
	if c := found(o, "!a:x"); c.Name != "" || !c.Favourite {
		t.Errorf("%+v", c)
	}
	s.news <- roomAnswer("s3", "!a:x", stateBody(joins("@me:x", "Me"), state(typeName, "@bob:x", "", `{"name":"The room"}`)))
	if c := found(o, "!a:x"); c.Name != "The room" || !c.Favourite {
		t.Errorf("%+v", c)
	}
}

func TestRoomContacts(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.connect()
	s.news <- roomAnswer("s2", "!a:x", stateBody(joins("@me:x", "Me"), joins("@bob:x", "Bob"), joins("@al:x", "Alice"))+
		`,"summary":{"m.heroes":["@bob:x","@al:x"],"m.joined_member_count":3,"m.invited_member_count":0}`)
	if c := found(o, "!a:x"); c.Name != "Alice and Bob" || c.Favourite || c.Group != "" {
		t.Errorf("%+v", c)
	}
	s.news <- roomAnswer("s3", "!a:x", timelineBody(state(typeAlias, "@bob:x", "", `{"alias":"#a:x"}`)))
	if c := found(o, "!a:x"); c.Name != "#a:x" {
		t.Errorf("%+v", c)
	}
	s.news <- roomAnswer("s4", "!a:x", timelineBody(state(typeName, "@bob:x", "", `{"name":"The \u202eroom\n"}`))+
		`,"account_data":{"events":[{"type":"m.tag","content":{"tags":{"m.favourite":{"order":0.1}}}}]}`)
	if c := found(o, "!a:x"); c.Name != "The room" || !c.Favourite {
		t.Errorf("%+v", c)
	}
	s.news <- roomAnswer("s5", "!space:x", stateBody(state(typeCreate, "@me:x", "", `{"type":"m.space"}`),
		state(typeName, "@me:x", "", `{"name":"Club"}`), state(typeChild, "@me:x", "!a:x", `{"via":["x"]}`)))
	if c := found(o, "!a:x"); c.Group != "Club" {
		t.Errorf("%+v", c)
	}
	s.news <- roomAnswer("s6", "!space:x", timelineBody(state(typeName, "@me:x", "", `{"name":"Pub"}`)))
	if c := found(o, "!a:x"); c.Group != "Pub" {
		t.Errorf("%+v", c)
	}
	s.news <- roomAnswer("s7", "!space:x", timelineBody(state(typeChild, "@me:x", "!a:x", `{}`)))
	if c := found(o, "!a:x"); c.Group != "" {
		t.Errorf("%+v", c)
	}
	for _, c := range have[bridge.ContactFound](o) {
		if strings.HasPrefix(c.Contact.Addr.ID, "!") {
			t.Errorf("%+v", c.Contact)
		}
	}
}

// A room that becomes a direct chat is a contact no more, and the other way round.
func TestRoomToDirect(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.connect()
	s.news <- roomAnswer("s2", "!a:x", stateBody(joins("@me:x", "Me"), joins("@al:x", "Alice"))+
		`,"summary":{"m.heroes":["@al:x"],"m.joined_member_count":2,"m.invited_member_count":0}`)
	found(o, "!a:x")
	s.news <- ok(`{"next_batch":"s3","account_data":{"events":[{"type":"m.direct","content":{"@bob:x":["!r:x"],"@al:x":["!a:x"]}}]}}`)
	await(o, func(e bridge.RoomLeft) bool { return e.Room.ID == "!a:x" })
	found(o, "@al:x")
	s.news <- roomAnswer("s4", "!a:x", timelineBody(joins("@eve:x", "Eve"), textFrom("$1", "@eve:x", "hi")))
	if c := found(o, "!a:x"); c.Name != "Alice and Eve" {
		t.Errorf("%+v", c)
	}
	if m := awaitText(o, "hi"); m.Chat.ID != "!a:x" || m.Name != "Eve" {
		t.Errorf("%+v", m)
	}
}

// On the list a room is present while we are in it, and else says why we are not.
func TestRoomStanding(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	c := o.connect()
	s.news <- roomAnswer("s2", "!a:x", stateBody(joins("@me:x", "Me"), joins("@al:x", "Alice"), joins("@bob:x", "Bob")))
	found(o, "!a:x")
	standing := func(st bridge.State, note string) {
		t.Helper()
		p := await(o, func(p bridge.PresenceChanged) bool { return p.Addr.ID == "!a:x" })
		if p.Presence.State != st || p.Presence.Note != note {
			t.Errorf("%+v; want %v %q", p, st, note)
		}
	}
	if err := c.Watch(t.Context(), []bridge.Addr{addr("!a:x"), addr("!none:x")}); err != nil {
		t.Fatal(err)
	}
	standing(bridge.Online, "")
	if p := await(o, func(p bridge.PresenceChanged) bool { return p.Addr.ID == "!none:x" }); p.Presence.State != bridge.Away || p.Presence.Note == "" {
		t.Errorf("%+v", p)
	}
	s.news <- ok(`{"next_batch":"s3","rooms":{"leave":{"!a:x":{` +
		timelineBody(state(typeMember, "@al:x", "@me:x", `{"membership":"leave","reason":"bad\r\nmanners"}`)) + `}}}}`)
	const why = "you were removed by Alice: bad manners"
	standing(bridge.Away, why)
	if err := c.Reach(t.Context(), addr("!a:x")); err == nil {
		t.Error("a room was reached that we are not in")
	}
	s.hangUp(c)

	c = o.connect()
	if err := c.Watch(t.Context(), []bridge.Addr{addr("!a:x")}); err != nil {
		t.Fatal(err)
	}
	standing(bridge.Away, why)
	s.news <- roomAnswer("s4", "!a:x", stateBody(joins("@me:x", "Me"), joins("@bob:x", "Bob")))
	standing(bridge.Online, "")
	s.news <- ok(`{"next_batch":"s5","rooms":{"leave":{"!a:x":{` +
		timelineBody(state(typeMember, "@me:x", "@me:x", `{"membership":"leave"}`)) + `}}}}`)
	await(o, func(e bridge.RoomLeft) bool { return e.Room.ID == "!a:x" })
	standing(bridge.Away, "you are not in this room")
}

// A direct chat that another client of ours makes is no room before m.direct says so, and one that
// another client has made a room of is one.
func TestDirectMadeElsewhere(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.connect()
	s.news <- roomAnswer("s2", "!a:x", stateBody(joins("@me:x", "Me"))+","+
		timelineBody(state(typeMember, "@me:x", "@al:x", `{"membership":"invite","is_direct":true,"displayname":"Al"}`))+
		`,"summary":{"m.heroes":["@al:x"],"m.joined_member_count":1,"m.invited_member_count":1}`)
	found(o, "@al:x")
	direct := func(next, rooms string) answer {
		return ok(fmt.Sprintf(`{"next_batch":%q,"account_data":{"events":[{"type":"m.direct","content":{"@bob:x":["!r:x"],"@al:x":[%s]}}]}}`, next, rooms))
	}
	s.news <- direct("s3", `"!a:x"`)
	s.news <- timelineAnswer("s4", false, textEvent("$1", "one"))
	awaitText(o, "one")
	for _, f := range have[bridge.ContactFound](o) {
		if isRoom(f.Contact.Addr) {
			t.Errorf("%+v", f)
		}
	}
	s.news <- direct("s5", "")
	found(o, "!a:x")
}

// An account with very many rooms is told of all of them.
func TestAccountWithManyRooms(t *testing.T) {
	const rooms = 5000
	s := newScript(t)
	s.initial = `{"next_batch":"s1","rooms":{"join":{` + manyRooms(rooms, func(int) string { return stateBody(three()...) }) + `}}}`
	o := s.owner()
	c := o.connect()
	until(t, "all rooms", func() bool { return len(have[bridge.ContactFound](o)) == rooms })
	s.news <- roomAnswer("s2", "!g7:x", timelineBody(textFrom("$1", "@al:x", "hi")))
	if m := awaitText(o, "hi"); m.Chat != addr("!g7:x") {
		t.Errorf("%+v", m)
	}
	var watch []bridge.Addr
	for i := range rooms {
		watch = append(watch, addr(fmt.Sprintf("!g%d:x", i)))
	}
	if err := c.Watch(t.Context(), watch); err != nil {
		t.Fatal(err)
	}
	until(t, "all standings", func() bool { return len(have[bridge.PresenceChanged](o)) >= rooms })
}

// A homeserver that is too busy to say who is in a direct chat does not end the connection, and the
// chat is no room meanwhile.
func TestMembersLater(t *testing.T) {
	s := newScript(t)
	s.initial = `{"next_batch":"s1","account_data":{"events":[{"type":"m.direct","content":{"@bob:x":["!r:x"]}}]},"rooms":{"join":{"!r:x":{}}}}`
	busy := true
	s.on("GET /rooms/!r:x/state", func(*http.Request) answer {
		s.mu.Lock()
		defer s.mu.Unlock()
		if busy {
			return answer{status: 429, body: `{"errcode":"M_LIMIT_EXCEEDED","error":"no","retry_after_ms":100000}`}
		}
		return ok(`[` + joins("@bob:x", "Bob") + `]`)
	})
	o := s.owner()
	o.times.Request = 2 * time.Second
	o.connect()
	s.mu.Lock()
	busy = false
	s.mu.Unlock()
	s.news <- timelineAnswer("s2", false, textEvent("$1", "hello"))
	if m := awaitText(o, "hello"); m.Chat != addr("@bob:x") {
		t.Errorf("%+v", m)
	}
	for _, f := range have[bridge.ContactFound](o) {
		if isRoom(f.Contact.Addr) {
			t.Errorf("%+v", f)
		}
	}
}
