package matrix

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

const askEncrypted = "GET /rooms/!r:x/state/m.room.encryption"

// trusting is a connection to which the homeserver has said that the chat is not encrypted, because
// the user has begun to do this, and that it will not be told again.
func trusting(t *testing.T, does func(c *Conn) error) (*script, *owner, *Conn) {
	t.Helper()
	s := newScript(t)
	o := s.owner()
	c := o.connect()
	if err := does(c); err != nil {
		t.Fatal(err)
	}
	until(t, "the homeserver's word", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		p := c.plain["!r:x"]
		if p == nil || p.at.IsZero() {
			return false
		}
		p.at = time.Now().Add(time.Hour) // however slow the machine is
		return !p.asking
	})
	s.on(askEncrypted, func(*http.Request) answer { return fail(403, "M_FORBIDDEN") })
	return s, o, c
}

func types(c *Conn) error { return c.SetTyping(c.ctx, addr("@bob:x"), true) }

// One is not asked before a text whether its room is encrypted if that was said a moment ago.
func TestPlainForeseen(t *testing.T) {
	for name, does := range map[string]func(c *Conn) error{
		"typing":  types,
		"opening": func(c *Conn) error { return c.Reach(c.ctx, addr("@bob:x")) },
		"writing": func(c *Conn) error { return c.Send(c.ctx, bobSays("zero")) },
	} {
		t.Run(name, func(t *testing.T) {
			s, _, c := trusting(t, does)
			if err := c.Send(t.Context(), bobSays("one")); err != nil {
				t.Error(err)
			}
			if sent := s.asked("PUT /rooms/!r:x/send/m.room.message/"); !strings.Contains(sent[len(sent)-1], `"one"`) {
				t.Errorf("sent %q", sent)
			}
		})
	}
}

// What was said before is not believed once there is reason for doubt.
func TestPlainDoubt(t *testing.T) {
	for name, doubt := range map[string]func(s *script, o *owner, c *Conn, m *bridge.Message){
		"it is too long ago": func(_ *script, _ *owner, c *Conn, _ *bridge.Message) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.plain["!r:x"].at = time.Now().Add(-plainTrust)
		},
		"it may have been sent": func(_ *script, _ *owner, _ *Conn, m *bridge.Message) { m.Retry = true },
		"the room is encrypted": func(s *script, o *owner, _ *Conn, _ *bridge.Message) {
			s.news <- timelineAnswer("s2", false, `{"type":"m.room.encryption","event_id":"$e","sender":"@bob:x","state_key":"",
				"content":{"algorithm":"m.megolm.v1.aes-sha2"}}`, textEvent("$1", "now in secret"))
			awaitText(o, "now in secret")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, o, c := trusting(t, types)
			m := bobSays("not in the clear")
			doubt(s, o, c, &m)
			if err := c.Send(t.Context(), m); err == nil {
				t.Error("sent")
			}
			if sent := s.asked("PUT /rooms/!r:x/send/"); len(sent) != 0 {
				t.Errorf("sent %q", sent)
			}
		})
	}
}

// An answer that was on its way when /sync told something else does not count.
func TestPlainOvertaken(t *testing.T) {
	s, _, c := trusting(t, types)
	s.on(askEncrypted, func(*http.Request) answer { return fail(404, "M_NOT_FOUND") })
	p := c.askPlain("!r:x")
	var resp syncResponse
	lenient([]byte(fmt.Sprintf(`{"rooms":{"join":{"!r:x":{"state":{"events":[{"type":%q,"state_key":""}]}}}}}`, typeEncryption)), &resp)
	c.heed(&resp)
	c.foresee(t.Context(), "!r:x", p)
	if p.at.IsZero() || c.trusts("!r:x", plainTrust) {
		t.Error("trusted")
	}
}

// Nothing is believed while /sync does not answer.
func TestPlainDeaf(t *testing.T) {
	_, _, c := trusting(t, types)
	if !c.trusts("!r:x", plainTrust) {
		t.Error("not trusted")
	}
	if c.hears(false); c.trusts("!r:x", plainTrust) {
		t.Error("trusted")
	}
}
