package matrix

import (
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// A reply goes to the room of the message that was shown last, if that is still a direct chat with
// the person, else to the one that is most recently active.
func TestReplyRoom(t *testing.T) {
	const who = `{"summary":{"m.heroes":["@bob:x"],"m.joined_member_count":2,"m.invited_member_count":0},"timeline":{"events":[`
	s := newScript(t)
	o := s.owner()
	c := o.connect()
	s.news <- ok(`{"next_batch":"s2","account_data":{"events":[{"type":"m.direct","content":{"@bob:x":["!r:x","!q:x","!n:x"]}}]},
		"rooms":{"join":{"!q:x":` + who + at(textEvent("$q", "earlier"), time.Second) + `]}},
		"!n:x":` + who + `{"type":"m.room.name","event_id":"$n1","sender":"@bob:x","state_key":"","content":{"name":"club"}},` + textEvent("$n", "in the club") + `]}},
		"!r:x":` + who + textEvent("$r", "last") + `]}}}}}`)
	awaitText(o, "last")
	for _, test := range []struct{ via, want string }{
		{"!q:x", "!q:x"}, {"!r:x", "!r:x"}, {"", "!r:x"}, {"!n:x", "!r:x"}, {"!unheard:x", "!r:x"},
	} {
		msg := bobSays("hello")
		msg.Via = test.via
		if err := c.Send(t.Context(), msg); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		line := s.requests[len(s.requests)-1].line
		for _, r := range s.requests {
			if strings.HasSuffix(r.line, "/send/m.room.message/"+txnID(msg.ID)) {
				line = r.line
			}
		}
		s.mu.Unlock()
		if !strings.HasPrefix(line, "PUT /rooms/"+test.want+"/") {
			t.Errorf("via %q: %s; want %s", test.via, line, test.want)
		}
	}
	for _, e := range have[bridge.MessageReceived](o) {
		if e.Message.Text == "in the club" && e.Message.Chat == addr("@bob:x") {
			t.Error("a room with a name is no direct chat")
		}
	}
}
