package e2e

import (
	"testing"
)

func TestNickCollision(t *testing.T) { onBoth(t, "nc", testNickCollision) }

// testNickCollision has somebody else use the nick of a login, which takes another one meanwhile.
func testNickCollision(t *testing.T, c ircCase) {
	thief := joinIRC(t, c.addr, c.nick)
	handle := c.d.account("anna")
	c.d.login(handle, c.network(), "", "nick="+c.nick, "nicks="+c.prefix+"annette")
	a, bob := c.d.signIn(handle), c.friend(t, "bob")
	ch := c.channel(t)
	ch.enter(a)
	ch.waitHost("-->", c.prefix+"annette", "has joined")
	w := a.call(c.handle(bob))
	w.say(words("by another name"))
	bob.hear(c.prefix+"annette", words("by another name"))
	bob.say(c.prefix+"annette", words("hello"))
	w.hear(words("hello"))

	thief.send("QUIT")
	ch.waitHost(c.prefix+"annette", "is now known as", c.nick)
	w.say(words("as myself"))
	bob.hear(c.nick, words("as myself"))

	late := c.friend(t, "late") // whoever has the nick keeps it
	late.send("NICK %s", c.nick)
	late.next("433")
}
