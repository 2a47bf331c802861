package matrix

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"msnbridge/bridge"
)

// A homeserver that tells of all the members of a huge room, though it is asked for few: those who
// speak have names, and memory stays small.
func TestHugeRoom(t *testing.T) {
	people := 100_000
	if underRace {
		people = 10_000
	}
	s := newScript(t)
	o := s.owner()
	c := o.connect()
	var b strings.Builder
	fmt.Fprintf(&b, `{"next_batch":"s2","rooms":{"join":{"!big:x":{"summary":{"m.joined_member_count":%d},`, people)
	fmt.Fprintf(&b, `%s,"state":{"events":[%s`, timelineBody(textFrom("$1", "@u7:x", "hello")), state(typeName, "@u1:x", "", `{"name":"Big"}`))
	for i := range people {
		fmt.Fprintf(&b, `,{"type":"m.room.member","event_id":"$m%d","sender":"@u%[1]d:x","state_key":"@u%[1]d:x","content":{"membership":"join","displayname":"User %[1]d"}}`, i)
	}
	b.WriteString(`]}}}}}`)
	s.news <- ok(b.String())
	b.Reset()
	if m := awaitText(o, "hello"); m.Name != "User 7" || m.Chat != addr("!big:x") {
		t.Errorf("%+v", m)
	}
	c.mu.Lock()
	known := len(c.rooms.rooms["!big:x"].members)
	c.mu.Unlock()
	if known > maxNames {
		t.Errorf("%d members are remembered", known)
	}
	if err := c.Watch(t.Context(), []bridge.Addr{addr("!big:x")}); err != nil {
		t.Fatal(err)
	}
	if err := c.Roster(t.Context(), addr("!big:x"), 20); err != nil {
		t.Fatal(err)
	}
	if r := await[bridge.RosterChanged](o, nil); !r.Whole || len(r.Joined) > 0 {
		t.Errorf("%+v", r)
	}
	if n := len(s.asked("GET /rooms/!big:x/joined_members")); n != 0 {
		t.Errorf("the members were asked for %d times", n)
	}
	for i := range 3 * maxNames / 50 { // more than are remembered speak and rename themselves
		var evs []string
		for n := range 50 {
			who := fmt.Sprintf("@u%d:x", 50*i+n)
			evs = append(evs, joins(who, fmt.Sprintf("Nick %d.%d", i, n)), textFrom(fmt.Sprintf("$s%d.%d", i, n), who, fmt.Sprintf("I am %d.%d", i, n)))
		}
		s.news <- roomAnswer(fmt.Sprint("n", i), "!big:x", timelineBody(evs...))
		if m := awaitText(o, fmt.Sprintf("I am %d.49", i)); m.Name != fmt.Sprintf("Nick %d.49", i) {
			t.Errorf("%+v", m)
		}
	}
}

// The model of a very large account is small.
func TestManyRooms(t *testing.T) {
	const rooms = 5000
	before := heap()
	m := newModel("@me:example.org")
	for i := range rooms {
		r := m.join(fmt.Sprintf("!%018d:example.org", i))
		for _, e := range []*anEvent{
			stateEvent(typeCreate, "", `{"room_version":"11"}`),
			stateEvent(typeName, "", fmt.Sprintf(`{"name":"Room number %d"}`, i)),
			stateEvent(typePower, "", `{"users":{"@bob:x":100,"@al:x":50}}`),
			stateEvent(typeMember, "@me:example.org", `{"membership":"join","displayname":"My own name"}`),
			stateEvent(typeMember, "@bob:x", `{"membership":"join","displayname":"Bob"}`),
		} {
			m.apply(r, e, false)
		}
	}
	each := (heap() - before) / rooms
	if t.Logf("%d bytes for a room", each); each > 4096 {
		t.Error("too many")
	}
	if len(m.rooms) != rooms {
		t.Error(len(m.rooms))
	}
}

func heap() int64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// A space may list any number of rooms, a room may have any number of people with power.
func TestBoundedState(t *testing.T) {
	m := newModel("@me:x")
	r := m.join("!r:x")
	m.apply(r, stateEvent(typeCreate, "", `{"type":"m.space"}`), false)
	users := map[string]int{}
	for i := range 3 * maxChildren {
		m.apply(r, stateEvent(typeChild, fmt.Sprintf("!c%d:x", i), `{"via":["x"]}`), false)
		users[fmt.Sprintf("@u%d:x", i)] = 100
	}
	raw, _ := json.Marshal(map[string]any{"users": users})
	m.apply(r, stateEvent(typePower, "", string(raw)), false)
	for n := range 20 {
		other := m.join(fmt.Sprintf("!s%d:x", n))
		for i := range maxChildren {
			m.apply(other, stateEvent(typeChild, fmt.Sprintf("!c%d:x", i), `{"via":["x"]}`), false)
		}
	}
	if m.children != maxAllChildren {
		t.Errorf("%d children in all", m.children)
	}
	m.apply(r, stateEvent(typeChild, "!c1:x", `{}`), false)
	m.leave("!s0:x")
	if m.children != maxAllChildren-maxChildren-1 {
		t.Errorf("%d children are left", m.children)
	}
	if len(r.children) > maxChildren || len(r.powers.except) > maxExcept {
		t.Errorf("%d children, %d with power", len(r.children), len(r.powers.except))
	}
}

// State that makes no sense, or is forged, spoils nothing but itself.
func TestHostileState(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	c := o.connect()
	long := strings.Repeat("x", 1000)
	s.news <- roomAnswer("s2", "!a:x", stateBody(append(three(),
		state(typeMember, "@eve:x", "nonsense", `{"membership":"join","displayname":"No ID"}`),
		state(typeMember, "@eve:x", "@"+long+":x", `{"membership":"join"}`),
		state(typeMember, "@eve:x", "@eve:x", `{"membership":7,"displayname":{}}`),
		state(typeName, "@eve:x", "", `{"name":["x"]}`),
		state(typeAlias, "@eve:x", "", `{"alias":"no alias\r\nQUIT"}`),
		state(typeCreate, "@eve:x", "", `{"type":null,"room_version":12,"predecessor":"x","additional_creators":"y"}`),
		state(typePower, "@eve:x", "", `{"users":{"@eve:x":"100","@al:x":1e99,"@bob:x":null},"users_default":"x","notifications":[]}`),
		state(typeChild, "@eve:x", "!b:x", `{"via":"x"}`),
		state(typeTombstone, "@eve:x", "", `{"replacement_room":"not a room"}`),
		state(typeTopic, "@eve:x", "", `{"topic":{}}`),
		`{"type":"m.room.member"}`, `[]`, `7`, `"x"`, `null`)...)+
		`,"account_data":{"events":[7,{"type":"m.tag","content":{"tags":[]}},{"type":"m.tag"}]}`+
		`,"summary":{"m.heroes":["nonsense","@al:x","@bob:x"],"m.joined_member_count":-5}`)
	if f := found(o, "!a:x"); f.Name != "Al and Bob" || f.Favourite {
		t.Errorf("%+v", f)
	}
	s.news <- ok(`{"next_batch":"s3","rooms":{"join":{"nonsense":{},"!` + long + `:x":{},"!c:x":[]},"leave":{"nonsense":{},"!a:y":7},"invite":{"x":{},"!i:x":{"invite_state":[]}}}}`)
	s.news <- ok(`{"next_batch":"s4","account_data":{"events":[{"type":"m.ignored_user_list","content":[]},{"type":"m.direct","content":"x"}]}}`)
	s.news <- roomAnswer("s5", "!a:x", timelineBody(textFrom("$1", "@al:x", "all is well")))
	awaitText(o, "all is well")
	if c.odd.Load() == 0 {
		t.Error("nothing was counted")
	}
	if err := c.Block(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
