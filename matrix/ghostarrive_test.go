package matrix

import (
	"net/http"
	"strings"
	"testing"

	"msnbridge/bridge"
)

// invited is a ghost that is asked into !q:x by Carol, where carol has said "hello" since.
func (p *pusher) invited(o *owner) *Conn {
	p.t.Helper()
	c := o.connect()
	p.on("POST /rooms/!q:x/join", func(*http.Request) answer { return ok(`{"room_id":"!q:x"}`) })
	p.on("GET /rooms/!q:x/state", func(*http.Request) answer {
		return ok(`[` + memberEvent("$j", aliceGhost, aliceGhost, "join", "") + `,` +
			memberEvent("$c", "@carol:x", "@carol:x", "join", `,"displayname":"Carol"`) + `]`)
	})
	p.on("GET /rooms/!q:x/state/", func(*http.Request) answer { return fail(404, "M_NOT_FOUND") })
	p.on("GET /rooms/!q:x/messages", func(*http.Request) answer {
		return ok(`{"chunk":[` + memberEvent("$j", aliceGhost, aliceGhost, "join", "") + `,` + textFrom("$h", "@carol:x", "hello") + `,` +
			memberEvent("$i", "@carol:x", aliceGhost, "invite", `,"is_direct":true`) + `,` + textFrom("$b", "@carol:x", "before") + `]}`)
	})
	p.push("", in("!q:x", memberEvent("$i", "@carol:x", aliceGhost, "invite", `,"is_direct":true`)))
	await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr("@carol:x") })
	return c
}

// The homeserver lets the ghost in, and pushes that later: meanwhile all that was said is told, and
// then nothing of it again.
func TestGhostEarly(t *testing.T) {
	p := newPusher(t)
	o := p.ghost()
	c := p.invited(o)
	if err := c.Answer(t.Context(), addr("@carol:x"), true); err != nil {
		t.Fatal(err)
	}
	awaitTexts(o, "hello")
	await(o, func(e bridge.ContactFound) bool {
		return e.Contact.Addr == addr("@carol:x") && e.Contact.Name == "Carol"
	})
	p.push("", in("!q:x", textFrom("$o", "@carol:x", "older, of another ghost's time")), in("!q:x", textFrom("$h", "@carol:x", "hello")),
		in("!q:x", memberEvent("$j", aliceGhost, aliceGhost, "join", "")), in("!q:x", textFrom("$n", "@carol:x", "news")))
	awaitTexts(o, "hello", "news")
	p.push("", in("!q:x", memberEvent("$l", "@carol:x", aliceGhost, "leave", `,"reason":"enough"`)))
	until(t, "the departure", func() bool { return !c.isIn("!q:x") })
	until(t, "the end of the note", func() bool {
		keys, err := o.state.Keys(t.Context(), stateEntering)
		return err == nil && len(keys) == 0
	})
}

// A homeserver may not push that somebody elsewhere invites the ghost; a /sync tells so.
func TestGhostInvitedElsewhere(t *testing.T) {
	p := newPusher(t)
	o := p.ghost()
	o.connect()
	invite := func(room, by string) string {
		return `"` + room + `":{"invite_state":{"events":[` + memberEvent("$i", by, aliceGhost, "invite", `,"is_direct":true`) + `]}}`
	}
	p.news <- ok(`{"next_batch":"s2","rooms":{"invite":{` + invite("!near:x", "@carol:x") + `,` + invite("!far:y", "@dave:y") + `,` +
		invite("!r:x", "@erin:y") + `}}}`)
	await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr("@dave:y") })
	if more := have[bridge.Invited](o); len(more) > 0 {
		t.Errorf("also %+v", more)
	}
}

// What the homeserver cannot do for one ghost keeps no other one.
func TestGhostAlone(t *testing.T) {
	p := newPusher(t)
	o, other := p.ghost(), p.ghost()
	other.login.Account = "bert@msn.local"
	other.login.Keys = map[string]string{"user": "@_msn_bert_msn.local:x", "auth": "appservice"}
	o.network = o.newNetwork()
	other.network = o.network
	p.mu.Lock()
	p.guard = func(r *http.Request) (answer, bool) {
		return fail(500, "M_UNKNOWN"), r.URL.Query().Get("user_id") == aliceGhost && strings.HasSuffix(r.URL.Path, "/sync")
	}
	p.mu.Unlock()
	for range 3 {
		if _, err := o.tryConnect(); err == nil {
			t.Fatal("connected")
		}
		other.connect().Close()
	}
}
