package matrix

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// twoChats is what a homeserver says of direct chats with Bob, !r:x, and Al, !al:x.
func twoChats() string {
	both := strings.Replace(scriptInitial, `["!r:x"]`, `["!r:x"],"@al:x":["!al:x"]`, 1)
	return strings.TrimSuffix(strings.TrimSpace(both), "}}}") +
		`,"!al:x":{"summary":{"m.heroes":["@al:x"],"m.joined_member_count":2,"m.invited_member_count":0},` +
		stateBody(joins("@me:x", "Me"), joins("@al:x", "Al")) + "}}}}"
}

// A gate is what a homeserver answers when a room is read back: at first that it is too busy.
type gate struct {
	opened chan struct{}
	page   string
}

func (s *script) gate(what, page string) *gate {
	g := &gate{make(chan struct{}), page}
	s.on(what, func(r *http.Request) answer {
		select {
		case <-g.opened:
			return ok(strings.ReplaceAll(g.page, "FROM", r.URL.Query().Get("from")))
		default:
			return answer{status: 429, body: `{"errcode":"M_LIMIT_EXCEEDED","error":"no","retry_after_ms":20}`}
		}
	})
	return g
}

// awaitTexts waits for as many messages as there are texts, which must be these in this order.
func awaitTexts(o *owner, want ...string) {
	o.t.Helper()
	until(o.t, strings.Join(want, ", "), func() bool { return len(have[bridge.MessageReceived](o)) >= len(want) })
	var got []string
	for _, e := range have[bridge.MessageReceived](o) {
		got = append(got, e.Message.Text)
	}
	if !slices.Equal(got, want) {
		o.t.Errorf("got %q; want %q", got, want)
	}
}

// A direct chat that has to be read back while the homeserver wants us to wait holds up no other, and
// what comes there meanwhile comes after it, once.
func TestChatHeld(t *testing.T) {
	s := newScript(t)
	s.initial = twoChats()
	g := s.gate("GET /rooms/!r:x/messages", `{"chunk":[`+textEvent("$2", "two")+","+textEvent("$1", "one")+","+textEvent("$0", "zero")+`]}`)
	o := s.owner()
	o.connect()
	s.news <- timelineAnswer("s2", false, textEvent("$0", "zero"))
	awaitText(o, "zero")
	s.news <- timelineAnswer("s3", true, textEvent("$3", "three"))
	s.news <- roomAnswer("s4", "!al:x", timelineBody(textFrom("$a1", "@al:x", "I am not behind")))
	awaitText(o, "I am not behind")
	s.news <- roomAnswer("s5", "!r:x", timelineBody(textEvent("$4", "four"))+
		`,"ephemeral":{"events":[{"type":"m.receipt","content":{"$4":{"m.read":{"@me:x":{"ts":1}}}}}]}`)
	s.news <- roomAnswer("s6", "!al:x", timelineBody(textFrom("$a2", "@al:x", "nor now")))
	awaitText(o, "nor now")
	if got := have[bridge.MessageReceived](o); len(got) > 0 {
		t.Errorf("out of order: %+v", got)
	}
	close(g.opened)
	awaitTexts(o, "one", "two", "three", "four")
	await(o, func(e bridge.ReadElsewhere) bool { return e.ID == "$4" })
	o.forget()
	s.news <- timelineAnswer("s7", false, textEvent("$5", "five"))
	awaitTexts(o, "five")
	if keys, _ := o.state.Keys(t.Context(), stateGap); len(keys) > 0 {
		t.Errorf("kept %q", keys)
	}
}

// A room that could not be read back before the connection ended is read back by the next one, from
// the position, and what is new there waits for it.
func TestHeldWhenRestarted(t *testing.T) {
	s := newScript(t)
	s.initial = twoChats()
	g := s.gate("GET /rooms/!r:x/messages", `{"chunk":[`+textEvent("$3", "until FROM")+","+textEvent("$2", "two")+","+textEvent("$1", "one")+","+textEvent("$0", "zero")+`]}`)
	o := s.owner()
	c := o.connect()
	s.news <- timelineAnswer("s2", false, textEvent("$0", "zero"))
	awaitText(o, "zero")
	s.news <- timelineAnswer("s3", true, textEvent("$2", "two"))
	s.news <- timelineAnswer("s4", false, textEvent("$3", "until FROM"))
	s.news <- roomAnswer("s5", "!al:x", timelineBody(textFrom("$a1", "@al:x", "go")))
	awaitText(o, "go")
	s.hangUp(c)
	o.connect()
	s.news <- timelineAnswer("s6", false, textEvent("$4", "four"))
	s.news <- roomAnswer("s7", "!al:x", timelineBody(textFrom("$a2", "@al:x", "on")))
	awaitText(o, "on")
	close(g.opened)
	awaitTexts(o, "one", "two", "until s5", "four")
}

// What has come to be too much to be held is read back too.
func TestHeldTooMuch(t *testing.T) {
	s := newScript(t)
	s.initial = twoChats()
	g := s.gate("GET /rooms/!r:x/messages", `{"chunk":[`+textEvent("$9", "until FROM")+","+textEvent("$0", "zero")+`]}`)
	o := s.owner()
	c := o.connect()
	s.news <- timelineAnswer("s2", false, textEvent("$0", "zero"))
	awaitText(o, "zero")
	s.news <- timelineAnswer("s3", true, textEvent("$1", "one"))
	long := strings.Repeat("x", 40<<10)
	for i := range 2 * maxHeldRoom / len(long) {
		s.news <- timelineAnswer(fmt.Sprint("long", i), false, textEvent(fmt.Sprint("$l", i), long))
	}
	s.news <- roomAnswer("s4", "!al:x", timelineBody(textFrom("$a1", "@al:x", "on")))
	awaitText(o, "on")
	c.mu.Lock()
	held, from := c.heldSize(), c.gaps["!r:x"].from
	c.mu.Unlock()
	if held > maxHeldRoom || !strings.HasPrefix(from, "long") {
		t.Errorf("%d bytes are held after %q", held, from)
	}
	o.forget()
	close(g.opened)
	awaitText(o, "until "+from)
}

// Rooms of people whom the homeserver does not name hold up nobody while it is asked for them.
func TestMembersHeld(t *testing.T) {
	s := newScript(t)
	s.initial = strings.Replace(twoChats(), `"m.heroes":["@bob:x"],"m.joined_member_count":2,"m.invited_member_count":0`, "", 1)
	from, to := strings.Index(s.initial, `"state"`), strings.Index(s.initial, `"timeline"`)
	s.initial = s.initial[:from] + s.initial[to:]
	g := s.gate("GET /rooms/!r:x/state", `[`+joins("@bob:x", "Bob")+`]`)
	o := s.owner()
	o.connect()
	s.news <- timelineAnswer("s2", false, textEvent("$1", "one"))
	s.news <- roomAnswer("s3", "!al:x", timelineBody(textFrom("$a1", "@al:x", "on")))
	awaitText(o, "on")
	s.news <- timelineAnswer("s4", false, textEvent("$2", "two"))
	close(g.opened)
	await(o, func(e bridge.ContactFound) bool { return e.Contact.Addr == addr("@bob:x") && e.Contact.Name == "Bob" })
	awaitText(o, "one")
	if m := awaitText(o, "two"); m.Chat != addr("@bob:x") {
		t.Errorf("%+v", m)
	}
}

// While the account does not take what was read back, it stays where it is.
func TestHeldNotTaken(t *testing.T) {
	s := newScript(t)
	g := s.gate("GET /rooms/!r:x/messages", `{"chunk":[`+textEvent("$1", "one")+`]}`)
	o := s.owner()
	o.times.Retry = time.Millisecond
	o.connect()
	s.news <- timelineAnswer("s2", true, textEvent("$2", "two"))
	until(t, "the gap", func() bool { return len(s.asked("GET /rooms/!r:x/messages")) > 0 })
	o.mu.Lock()
	o.refusals = 3
	o.mu.Unlock()
	close(g.opened)
	s.news <- timelineAnswer("s3", false, textEvent("$3", "three"))
	awaitTexts(o, "one", "two", "three")
}

// Who leaves a room that is behind does not hear of it any more.
func TestHeldAndLeft(t *testing.T) {
	s := newScript(t)
	s.initial = twoChats()
	g := s.gate("GET /rooms/!r:x/messages", `{"chunk":[`+textEvent("$1", "one")+`]}`)
	o := s.owner()
	o.connect()
	s.news <- timelineAnswer("s2", true, textEvent("$2", "two"))
	s.news <- ok(`{"next_batch":"s3","rooms":{"leave":{"!r:x":{}}}}`)
	s.news <- roomAnswer("s4", "!al:x", timelineBody(textFrom("$a1", "@al:x", "on")))
	awaitText(o, "on")
	close(g.opened)
	s.news <- roomAnswer("s5", "!al:x", timelineBody(textFrom("$a2", "@al:x", "and on")))
	awaitTexts(o, "and on")
	until(t, "no note", func() bool { keys, _ := o.state.Keys(t.Context(), stateGap); return len(keys) == 0 })
}

// A homeserver that has left something out of a chat, but does not say where to go on, is asked from
// the end of its answer.
func TestHeldWithoutPlace(t *testing.T) {
	s := newScript(t)
	g := s.gate("GET /rooms/!r:x/messages", `{"chunk":[`+textEvent("$2", "until FROM")+","+textEvent("$1", "one")+","+textEvent("$0", "zero")+`]}`)
	close(g.opened)
	o := s.owner()
	o.connect()
	s.news <- timelineAnswer("s2", false, textEvent("$0", "zero"))
	awaitText(o, "zero")
	s.news <- roomAnswer("s3", "!r:x", `"timeline":{"limited":true,"events":[`+textEvent("$2", "until FROM")+`]}`)
	awaitTexts(o, "one", "until s3")
}
