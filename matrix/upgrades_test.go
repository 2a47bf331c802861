package matrix

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

func tombstone(to string) string {
	return state(typeTombstone, "@al:x", "", fmt.Sprintf(`{"body":"moved","replacement_room":%q}`, to))
}

func created(predecessor string) string {
	return state(typeCreate, "@al:x", "", fmt.Sprintf(`{"room_version":"11","predecessor":{"room_id":%q}}`, predecessor))
}

// three are the members of a room with three people.
func three() []string {
	return []string{joins("@me:x", "Me"), joins("@al:x", "Al"), joins("@bob:x", "Bob")}
}

// upgradable is a script with a room !old:x on the list, of which the test says what it is replaced by.
func upgradable(t *testing.T) (*script, *owner, *Conn) {
	s := newScript(t)
	o := s.owner()
	c := o.connect()
	s.news <- roomAnswer("s2", "!old:x", stateBody(append(three(), created(""))...))
	found(o, "!old:x")
	if err := c.Watch(t.Context(), []bridge.Addr{addr("!old:x")}); err != nil {
		t.Fatal(err)
	}
	return s, o, c
}

func TestUpgradeFollowed(t *testing.T) {
	s, o, c := upgradable(t)
	s.on("GET /rooms/!new:x/state/m.room.create", func(*http.Request) answer {
		return ok(`{"predecessor":{"room_id":"!old:x"}}`)
	})
	via := make(chan string, 10)
	s.on("POST /join/!new:x", func(r *http.Request) answer {
		via <- r.URL.Query().Get("via")
		s.news <- roomAnswer("s4", "!new:x", stateBody(append(three(), created("!old:x"))...))
		return ok(`{"room_id":"!new:x"}`)
	})
	s.news <- roomAnswer("s3", "!old:x", timelineBody(tombstone("!new:x")))
	m := await(o, func(m bridge.Moved) bool { return m.Old == addr("!old:x") })
	if m.New.Addr != addr("!new:x") || m.New.Name != "Al and Bob" {
		t.Errorf("%+v", m)
	}
	if err := c.Reach(t.Context(), m.Old); !errors.Is(err, errReplaced) {
		t.Errorf("the old room: %v", err)
	}
	if err := c.Reach(t.Context(), m.New.Addr); err != nil {
		t.Errorf("the new room: %v", err)
	}
	if v := <-via; v != "x" {
		t.Errorf("joined through %q", v)
	}
	s.news <- roomAnswer("s5", "!new:x", timelineBody(textFrom("$1", "@al:x", "here")))
	if m := awaitText(o, "here"); m.Chat != addr("!new:x") {
		t.Errorf("%+v", m)
	}
	s.hangUp(c)

	// One that was down meanwhile is told when it is back.
	s.mu.Lock()
	s.initial = fmt.Sprintf(`{"next_batch":"s6","rooms":{"join":{"!old:x":{%s},"!new:x":{%s}}}}`,
		stateBody(append(three(), tombstone("!new:x"))...), stateBody(append(three(), created("!old:x"))...))
	s.mu.Unlock()
	o.forget()
	c = o.connect()
	if err := c.Watch(t.Context(), []bridge.Addr{addr("!old:x")}); err != nil {
		t.Fatal(err)
	}
	await(o, func(m bridge.Moved) bool { return m.Old == addr("!old:x") && m.New.Addr == addr("!new:x") })
}

// A direct chat goes on in the room that replaces it.
func TestUpgradeDirect(t *testing.T) {
	s := newScript(t)
	s.on("GET /rooms/!new:x/state/m.room.create", func(*http.Request) answer {
		return ok(`{"predecessor":{"room_id":"!r:x"}}`)
	})
	s.on("POST /join/!new:x", func(*http.Request) answer {
		s.news <- roomAnswer("s3", "!new:x", stateBody(joins("@me:x", "Me"), joins("@bob:x", "Bob"), created("!r:x"))+
			`,"summary":{"m.heroes":["@bob:x"],"m.joined_member_count":2,"m.invited_member_count":0}`)
		return ok(`{"room_id":"!new:x"}`)
	})
	o := s.owner()
	c := o.connect()
	s.news <- roomAnswer("s2", "!r:x", timelineBody(state(typeTombstone, "@bob:x", "", `{"replacement_room":"!new:x"}`)))
	until(t, "m.direct", func() bool {
		puts := s.asked("PUT /user/@me:x/account_data/m.direct")
		return len(puts) > 0 && strings.Contains(puts[0], `"!new:x"`)
	})
	s.news <- roomAnswer("s4", "!new:x", timelineBody(textFrom("$1", "@bob:x", "here")))
	if m := awaitText(o, "here"); m.Chat != addr("@bob:x") || m.Via != "!new:x" {
		t.Errorf("%+v", m)
	}
	if err := c.Send(t.Context(), bobSays("hello")); err != nil { // via the old room
		t.Fatal(err)
	}
	if n := len(s.asked("PUT /rooms/!new:x/send/")); n != 1 {
		t.Errorf("%d messages in the new room", n)
	}
	for _, f := range have[bridge.ContactFound](o) {
		if isRoom(f.Contact.Addr) {
			t.Errorf("%+v", f)
		}
	}
}

// A room that does not say itself that it replaces another is left again, and not tried a second time.
func TestUpgradeForged(t *testing.T) {
	s, o, c := upgradable(t)
	s.on("GET /rooms/!new:x/state/m.room.create", func(*http.Request) answer {
		return ok(`{"predecessor":{"room_id":"!other:x"}}`)
	})
	s.on("POST /join/!new:x", func(*http.Request) answer {
		s.news <- roomAnswer("s4", "!new:x", stateBody(append(three(), created("!other:x"))...))
		return ok(`{"room_id":"!new:x"}`)
	})
	left := make(chan bool, 10)
	s.on("POST /rooms/!new:x/leave", func(*http.Request) answer { left <- true; return ok(`{}`) })
	if err := c.Roster(t.Context(), addr("!old:x"), 1); err != nil {
		t.Fatal(err)
	}
	s.news <- roomAnswer("s3", "!old:x", timelineBody(tombstone("!new:x")))
	await(o, func(r bridge.Remark) bool { return strings.Contains(r.Text, "closed this room") })
	<-left
	until(t, "the note", func() bool {
		v, _ := o.state.Get(t.Context(), stateMoved+"!old:x")
		return string(v) == "!new:x"
	})
	s.hangUp(c)
	if n := len(have[bridge.Moved](o)); n > 0 {
		t.Errorf("%d moves", n)
	}
	s.mu.Lock()
	s.initial = fmt.Sprintf(`{"next_batch":"s6","rooms":{"join":{"!old:x":{%s}}}}`, stateBody(append(three(), tombstone("!new:x"))...))
	s.mu.Unlock()
	c = o.connect()
	if err := c.Watch(t.Context(), []bridge.Addr{addr("!old:x")}); err != nil {
		t.Fatal(err)
	}
	s.news <- roomAnswer("s7", "!old:x", timelineBody(textFrom("$1", "@al:x", "still here")))
	awaitText(o, "still here")
	s.hangUp(c)
	if n := len(s.asked("POST /join/!new:x")); n != 1 {
		t.Errorf("joined %d times", n)
	}
}

// A room that cannot be entered holds up no other that is to be followed.
func TestUpgradeSlow(t *testing.T) {
	s, o, c := upgradable(t)
	s.news <- roomAnswer("s3", "!too:x", stateBody(append(three(), created(""))...))
	found(o, "!too:x")
	if err := c.Watch(t.Context(), []bridge.Addr{addr("!old:x"), addr("!too:x")}); err != nil {
		t.Fatal(err)
	}
	s.on("POST /join/!new:x", func(*http.Request) answer { return fail(502, "M_UNKNOWN") })
	s.on("GET /rooms/!late:x/state/m.room.create", func(*http.Request) answer {
		return ok(`{"predecessor":{"room_id":"!too:x"}}`)
	})
	s.on("POST /join/!late:x", func(*http.Request) answer {
		s.news <- roomAnswer("s6", "!late:x", stateBody(append(three(), created("!too:x"))...))
		return ok(`{"room_id":"!late:x"}`)
	})
	s.news <- roomAnswer("s4", "!old:x", timelineBody(tombstone("!new:x")))
	s.news <- roomAnswer("s5", "!too:x", timelineBody(tombstone("!late:x")))
	await(o, func(m bridge.Moved) bool { return m.Old == addr("!too:x") && m.New.Addr == addr("!late:x") })
}

// Who is in the new room already, and hears of both at once, is not made to leave it whatever it is.
func TestUpgradeJoinedAlready(t *testing.T) {
	s, o, _ := upgradable(t)
	s.news <- ok(fmt.Sprintf(`{"next_batch":"s3","rooms":{"join":{"!old:x":{%s},"!own:x":{%s}}}}`,
		timelineBody(tombstone("!own:x")), stateBody(append(three(), created("!other:x"))...)))
	found(o, "!own:x")
	s.news <- roomAnswer("s4", "!own:x", timelineBody(textFrom("$1", "@al:x", "here")))
	awaitText(o, "here")
	if n := len(s.asked("POST /join/!own:x")) + len(s.asked("POST /rooms/!own:x/leave")); n > 0 {
		t.Errorf("%d requests", n)
	}
}

// A room that is entered is left again if it cannot be known what it replaces.
func TestUpgradeUnknown(t *testing.T) {
	s, o, _ := upgradable(t)
	s.on("POST /join/!new:x", func(*http.Request) answer {
		s.news <- roomAnswer("s4", "!new:x", stateBody(three()...))
		return ok(`{"room_id":"!new:x"}`)
	})
	s.news <- roomAnswer("s3", "!old:x", timelineBody(tombstone("!new:x")))
	until(t, "the room left", func() bool { return len(s.asked("POST /rooms/!new:x/leave")) == 1 })
	for _, e := range have[bridge.ContactFound](o) {
		if e.Contact.Addr == addr("!new:x") {
			t.Errorf("%+v", e)
		}
	}
}

// Rooms that replace each other in a circle, or themselves, stay as they are.
func TestUpgradeLoop(t *testing.T) {
	s, o, _ := upgradable(t)
	s.news <- ok(fmt.Sprintf(`{"next_batch":"s3","rooms":{"join":{"!a:x":{%s},"!b:x":{%s},"!self:x":{%s}}}}`,
		stateBody(append(three(), created("!b:x"), tombstone("!b:x"))...),
		stateBody(append(three(), created("!a:x"), tombstone("!a:x"))...),
		stateBody(append(three(), created("!self:x"), tombstone("!self:x"))...)))
	for _, room := range []string{"!a:x", "!b:x", "!self:x"} {
		found(o, room)
	}
	s.news <- roomAnswer("s4", "!a:x", timelineBody(textFrom("$1", "@al:x", "round and round")))
	if m := awaitText(o, "round and round"); m.Chat != addr("!a:x") {
		t.Errorf("%+v", m)
	}
	if moved := have[bridge.Moved](o); len(moved) > 0 {
		t.Errorf("%+v", moved)
	}
}

// Of rooms that are replaced for ever, only so many are entered.
func TestUpgradeEndless(t *testing.T) {
	s, o, c := upgradable(t)
	next := func(path string) (room, after string) {
		var n int
		fmt.Sscanf(path[strings.LastIndex(path, "!n")+2:], "%d", &n)
		return fmt.Sprintf("!n%d:x", n), fmt.Sprintf("!n%d:x", n+1)
	}
	s.on("GET /rooms/!n", func(r *http.Request) answer {
		room, _ := next(strings.Split(r.URL.Path, "/state")[0])
		before := "!old:x"
		if room != "!n0:x" {
			var n int
			fmt.Sscanf(room, "!n%d:x", &n)
			before = fmt.Sprintf("!n%d:x", n-1)
		}
		return ok(fmt.Sprintf(`{"predecessor":{"room_id":%q}}`, before))
	})
	s.on("POST /join/!n", func(r *http.Request) answer {
		room, after := next(r.URL.Path)
		var n int
		fmt.Sscanf(room, "!n%d:x", &n)
		before := "!old:x"
		if n > 0 {
			before = fmt.Sprintf("!n%d:x", n-1)
		}
		s.news <- roomAnswer("n"+room, room, stateBody(append(three(), created(before), tombstone(after))...))
		return ok(fmt.Sprintf(`{"room_id":%q}`, room))
	})
	s.news <- roomAnswer("s3", "!old:x", timelineBody(tombstone("!n0:x")))
	last := fmt.Sprintf("!n%d:x", maxUpgrades-1)
	await(o, func(m bridge.Moved) bool { return m.New.Addr == addr(last) })
	s.hangUp(c)
	if n := len(s.asked("POST /join/!n")); n != maxUpgrades {
		t.Errorf("%d rooms were entered", n)
	}
}

func TestDendriteUpgrade(t *testing.T) {
	o, own, bob := users(t, homeserver(t))
	c := o.connect()
	made, err := bob.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Preset: "public_chat", Name: "Old"})
	bob.do("create", err)
	old := made.RoomID.String()
	if _, err := c.Join(t.Context(), addr(old), ""); err != nil {
		t.Fatal(err)
	}
	if err := c.Watch(t.Context(), []bridge.Addr{addr(old)}); err != nil {
		t.Fatal(err)
	}
	resp, err := bob.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Preset: "public_chat", Name: "New",
		CreationContent: map[string]any{"predecessor": map[string]any{"room_id": old, "event_id": "$x"}}})
	bob.do("create", err)
	_, err = bob.SendStateEvent(t.Context(), id.RoomID(old), event.StateTombstone, "",
		map[string]any{"body": "moved", "replacement_room": resp.RoomID})
	bob.do("tombstone", err)
	m := await(o, func(m bridge.Moved) bool { return m.Old == addr(old) })
	if m.New.Addr.ID != resp.RoomID.String() || m.New.Name != "New" {
		t.Errorf("%+v", m)
	}
	if joined, err := own.JoinedRooms(t.Context()); err != nil || len(joined.JoinedRooms) != 2 {
		t.Errorf("%+v, %v", joined, err)
	}
}
