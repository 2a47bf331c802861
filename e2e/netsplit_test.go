package e2e

import (
	"testing"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// TestNetsplit has two linked servers lose each other, find each other again, and lose each other
// for good.
func TestNetsplit(t *testing.T) {
	t.Parallel()
	near := testserver.Ngircd(t, testserver.NgircdOptions{Name: "near.test", Peers: []string{"far.test"}})
	far := testserver.Ngircd(t, testserver.NgircdOptions{Name: "far.test", Uplink: near})
	c := ircCase{start(t, ircTable("ng", near.Addr)), near.Addr, "ng.test", "anna", ""}
	ch, a := c.channel(t), c.linked()
	w := ch.open(a)
	c.addr = far.Addr
	bob, eve := c.friend(t, "bob"), c.friend(t, "eve")
	for _, f := range []*ircFriend{bob, eve} {
		f.awaitMember(ch.wee.Nick) // their server may not know of the channel yet
		f.join(ch.name)
		w.joins(c.handle(f))
	}

	op := joinIRC(t, near.Addr, "oper")
	op.send("OPER op op")
	op.next("381")
	op.send("SQUIT far.test :maintenance")
	w.leaves(c.handle(bob))
	w.leaves(c.handle(eve))
	w.line(ch.handle(), "plit", "bob", "eve")
	w.joins(c.handle(bob)) // the servers link again by themselves
	w.joins(c.handle(eve))
	bob.say(ch.name, words("back"))
	w.hearSome(words("back"))
	w.say(words("welcome back"))
	eve.next("PRIVMSG", ch.name, words("welcome back"))

	far.Kill(t)
	w.leaves(c.handle(bob))
	w.leaves(c.handle(eve))
	ch.hostSays(words("they are gone"))
	w.hearSome(words("they are gone"))
	lines := 0
	for _, ev := range w.kept {
		if m, ok := ev.(client.Message); ok && m.From == ch.handle() {
			lines++
		}
	}
	if lines > 2 { // back, and gone again
		t.Errorf("%d lines tell of the netsplits: %+v", lines, w.kept)
	}
}

// awaitMember waits until the server of f knows somebody.
func (f *ircFriend) awaitMember(nick string) {
	f.t.Helper()
	eventually(f.t, nick+" is known", func() bool { return f.away(nick) == "" })
}
