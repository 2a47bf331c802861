package irc

import (
	"testing"

	"msnbridge/bridge"
)

// WHOX, once after joining, says who is away and with what accounts.
func TestWhoAfterJoin(t *testing.T) {
	playing(t, setting{caps: "account-tag", isupport: "WHOX MONITOR=10"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		c.Watch(t.Context(), c.n.who("#go", "bob", "amy"))
		s.expect("JOIN #go", "MONITOR + bob,amy")
		c.mu.Lock()
		c.accounts.keep("amy", "amyacct")
		c.mu.Unlock()
		s.say(":me!ident@host.test JOIN #go", ":irc.test 353 me = #go :me bob amy", ":irc.test 366 me #go :End")
		for line := s.next(); line != "WHO #go %tuhnfa,743"; line = s.next() {
		}
		s.say(":irc.test 354 me 743 b host.b bob G@ bobacct", ":irc.test 354 me 743 a host.a amy H evil", ":irc.test 354 me 743 ident host.test me H 0",
			":irc.test 315 me #go :End")
		got := r.take()
		state := map[string]bridge.State{}
		for _, ev := range got {
			if p, ok := ev.(bridge.PresenceChanged); ok {
				state[p.Addr.ID] = p.Presence.State
			}
		}
		if state["bob"] != bridge.Away || state["amy"] != bridge.Offline || state["#go"] != bridge.Online {
			t.Errorf("%v", state)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.accounts.of("bob") != "bobacct" || c.user("bob").mask != "b@host.b" {
			t.Errorf("%+v, %q", c.accounts, c.user("bob").mask)
		}
	})
}
