package matrix

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"msnbridge/bridge"
)

// limited is the timeline of a room of which /sync has left something out.
func limited(events ...string) string {
	return `"timeline":{"limited":true,"prev_batch":"back","events":[` + strings.Join(events, ",") + `]}`
}

// manyRooms is the part "join" of an answer to /sync with n rooms of three.
func manyRooms(n int, body func(i int) string) string {
	var rooms []string
	for i := range n {
		rooms = append(rooms, fmt.Sprintf(`"!g%d:x":{%s}`, i, body(i)))
	}
	return strings.Join(rooms, ",")
}

// What is said in a direct chat does not wait for rooms that have to be read back, though their
// homeserver takes its time. They are read back by one page, without a line about the rest, and by
// then what came there was held.
func TestRoomsReadBack(t *testing.T) {
	s := newScript(t)
	direct := strings.TrimSuffix(strings.TrimSpace(scriptInitial), "}}}")
	s.initial = direct + "," + manyRooms(100, func(int) string { return stateBody(three()...) }) + "}}}"
	release, busy := make(chan struct{}), make(chan struct{})
	s.on("GET /rooms/!g", func(r *http.Request) answer {
		if !strings.HasSuffix(r.URL.Path, "/messages") {
			return fail(404, "M_NOT_FOUND")
		}
		<-release
		room := strings.Split(r.URL.Path, "/")[5]
		select {
		case <-busy:
		default:
			if room == "!g7:x" {
				return answer{status: 429, body: `{"errcode":"M_LIMIT_EXCEEDED","error":"no","retry_after_ms":10}`}
			}
		}
		return ok(fmt.Sprintf(`{"end":"more","chunk":[%s],"state":[%s]}`,
			textFrom("$2"+room, "@gone:x", "older in "+room), joins("@gone:x", "Gone")))
	})
	o := s.owner()
	c := o.connect()
	var rooms []bridge.Addr
	for i := range 50 { // the others are on no list
		rooms = append(rooms, addr(fmt.Sprintf("!g%d:x", i)))
	}
	if err := c.Watch(t.Context(), rooms); err != nil {
		t.Fatal(err)
	}
	s.news <- ok(`{"next_batch":"s2","rooms":{"join":{"!r:x":{` + timelineBody(textEvent("$1", "hello")) + `},` +
		manyRooms(100, func(i int) string {
			return limited(textFrom(fmt.Sprintf("$3%d", i), "@bob:x", fmt.Sprintf("newer in !g%d:x", i)))
		}) + `}}}`)
	awaitText(o, "hello")
	close(release)
	until(t, "all the others", func() bool { return len(have[bridge.MessageReceived](o)) == 50+2*49 })
	if m := awaitText(o, "older in !g49:x"); m.Name != "Gone" || m.Chat != addr("!g49:x") {
		t.Errorf("%+v", m)
	}
	s.news <- timelineAnswer("s3", false, textEvent("$4", "done"))
	awaitText(o, "done")
	close(busy)
	awaitText(o, "older in !g7:x")
	awaitText(o, "newer in !g7:x")
	texts := map[string]int{}
	for _, m := range have[bridge.MessageReceived](o) {
		texts[strings.SplitN(m.Message.Text, " in ", 2)[0]]++
	}
	if texts["older"] != 48 || texts["newer"] != 99 || len(texts) != 2 {
		t.Errorf("%v", texts)
	}
	for i := range 100 {
		asked := len(s.asked(fmt.Sprintf("GET /rooms/!g%d:x/messages", i)))
		if i != 7 && asked != map[bool]int{true: 1}[i < 50] {
			t.Errorf("%d requests about %d", asked, i)
		}
	}
}

// Nothing is told of what was said before we came.
func TestRoomJustEntered(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	o.connect()
	s.news <- roomAnswer("s2", "!a:x", stateBody(three()...)+","+
		limited(textFrom("$1", "@bob:x", "before"), joins("@me:x", "Me"), textFrom("$2", "@bob:x", "after")))
	awaitText(o, "after")
	for _, m := range have[bridge.MessageReceived](o) {
		t.Errorf("%+v", m)
	}
}

func TestTypingInRooms(t *testing.T) {
	s := newScript(t)
	o := s.owner()
	c := o.connect()
	typing := func(next, room string, who ...string) answer {
		users := `"` + strings.Join(who, `","`) + `"`
		return roomAnswer(next, room, `"ephemeral":{"events":[{"type":"m.typing","content":{"user_ids":[`+users+`]}}]}`)
	}
	s.news <- roomAnswer("s2", "!a:x", stateBody(three()...))
	found(o, "!a:x")
	s.news <- typing("s3", "!a:x", "@al:x") // nobody looks
	s.news <- roomAnswer("s4", "!a:x", timelineBody(textFrom("$1", "@al:x", "one")))
	awaitText(o, "one")
	if len(have[bridge.Typing](o)) > 0 {
		t.Error("told though no window is open")
	}
	s.on("GET /rooms/!a:x/joined_members", func(*http.Request) answer { return ok(`{"joined":{}}`) })
	if err := c.Roster(t.Context(), addr("!a:x"), 20); err != nil {
		t.Fatal(err)
	}
	s.news <- typing("s5", "!a:x", "@me:x", "nonsense", "@al:x")
	if e := await[bridge.Typing](o, nil); e.Chat != addr("!a:x") || e.From != addr("@al:x") || e.Name != "Al" {
		t.Errorf("%+v", e)
	}
	if err := c.SetTyping(t.Context(), addr("!a:x"), true); err != nil {
		t.Fatal(err)
	}
	if len(s.asked("PUT /rooms/!a:x/typing/@me:x")) != 1 {
		t.Error("the room was not told that we type")
	}
}

// With two direct chats, we type where the conversation is going on.
func TestTypingWhereOneTalks(t *testing.T) {
	s := newScript(t)
	s.initial = strings.Replace(scriptInitial, `["!r:x"]`, `["!r:x","!two:x"]`, 1)
	s.initial = strings.TrimSuffix(strings.TrimSpace(s.initial), "}}}") + `,"!two:x":{"summary":{"m.heroes":["@bob:x"],"m.joined_member_count":2,"m.invited_member_count":0},` +
		stateBody(joins("@me:x", "Me"), joins("@bob:x", "Bob")) + "}}}}"
	o := s.owner()
	c := o.connect()
	s.news <- roomAnswer("s2", "!two:x", timelineBody(textFrom("$1", "@bob:x", "here")))
	awaitText(o, "here")
	msg := bobSays("I answer there")
	if err := c.Send(t.Context(), msg); err != nil {
		t.Fatal(err)
	}
	if err := c.SetTyping(t.Context(), addr("@bob:x"), true); err != nil {
		t.Fatal(err)
	}
	if len(s.asked("PUT /rooms/!r:x/typing/@me:x")) != 1 {
		t.Error("typed elsewhere")
	}
}
