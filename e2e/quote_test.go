package e2e

import "testing"

func TestQuote(t *testing.T) {
	t.Parallel()
	s := ngircd(t)
	nick := fresh("quanna")
	c := ircCase{start(t, ircTable("ng", s.Addr)+"allow_quote = true\n"), s.Addr, "ng.test", nick, nick}
	a, bob := c.linked(), c.friend(t, "bob")
	w := a.call(c.handle(bob))
	w.say("/quote NOTICE " + bob.nick + " :" + words("raw"))
	if m := bob.next("NOTICE", bob.nick, words("raw")); m.Nick() != c.nick {
		t.Errorf("raw line: %v", m)
	}
	w.fails("/quote NOTICE " + bob.nick + " :" + words("one") + "\r\nQUIT :two")
	bob.awaitAway(c.nick, "") // still there
}
