package e2e

import (
	"fmt"
	"strings"
	"testing"

	"msnbridge/msn/client"
)

// onBoth runs a test on ngIRCd and on InspIRCd, each with a daemon of its own.
func onBoth(t *testing.T, prefix string, f func(*testing.T, ircCase)) {
	t.Parallel()
	for name, on := range map[string]func(*testing.T, string) ircCase{"ngircd": onNgircd, "inspircd": onInspircd} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, on(t, fresh(prefix)))
		})
	}
}

func TestChannelTalk(t *testing.T) { onBoth(t, "ct", testChannelTalk) }

func testChannelTalk(t *testing.T, c ircCase) {
	ch, a := c.channel(t), c.linked()
	ch.hostDoes("/topic tea at five")
	bob := ch.join(t, "bob")
	w := ch.open(a)
	w.await(c.handle(bob))
	w.line(ch.handle(), "tea at five")

	w.say(words("hello"))
	ch.waitHost(c.nick+"\t", words("hello"))
	ch.hostSays(words("hello yourself"))
	w.hears(ch.host(), words("hello yourself"))
	bob.say(ch.name, words("café, na\u00efve, \u4f60\u597d"))
	w.hears(c.handle(bob), words("café, na\u00efve, \u4f60\u597d"))
	w.say("/me " + words("waves"))
	ch.waitHost(" *\t", c.nick+" "+words("waves"))
	ch.hostDoes("/me " + words("waves back"))
	w.line(ch.host(), ch.wee.Nick, words("waves back"))

	ch.hostDoes("/topic coffee")
	ch.waitHost("coffee")
	w.line(ch.handle(), ch.wee.Nick, "coffee")
	bob.send("NICK %srobert", c.prefix)
	robert := c.of(c.prefix + "robert")
	w.joins(robert)
	w.leaves(c.handle(bob))
	w.line(ch.handle(), bob.nick, c.prefix+"robert")
	bob.say(ch.name, words("still me"))
	w.hears(robert, words("still me"))
	bob.send("PART %s", ch.name)
	w.leaves(robert)
	bob.join(ch.name)
	w.joins(robert)
	ch.hostDoes("/kick " + c.prefix + "robert out of it")
	w.leaves(robert)
	w.line(ch.handle(), c.prefix+"robert", ch.wee.Nick, "out of it")
	bob.join(ch.name)
	w.joins(robert)
	bob.send("QUIT")
	w.leaves(robert)

	w.Close()
	a.remove(client.Forward, ch.handle())
	ch.waitHost("<--", c.nick, "has left")
	a.callFails(ch.handle(), 217)
}

func TestChannelRefused(t *testing.T) { onBoth(t, "cr", testChannelRefused) }

func testChannelRefused(t *testing.T, c ircCase) {
	ch, a := c.channel(t), c.linked()
	made := func(name, modes string) string { // makes a channel that does not let everybody in
		name = "#" + c.prefix + name
		ch.wee.Join(t, name)
		ch.wee.Type(t, "", "/mode "+name+" "+modes)
		ch.wee.WaitLine(t, name, "Mode "+name, strings.Fields(modes)[0])
		return c.of(name)
	}
	a.refused(made("banned", "+b "+c.nick+"!*@*"), "banned")
	a.refused(made("full", "+l 1"), "full")
	a.refused(made("closed", "+i"), "invite")
	keyed := made("keyed", "+k open-"+marker)
	a.refused(keyed, "key")

	g := a.call(gateway)
	g.wantAnswer("join "+keyed+" open-"+marker, "You are in")
	a.awaitState(keyed, client.Online)
	ch.wee.Type(t, "", "/invite "+c.nick+" #"+c.prefix+"closed") // on FL: accepted at once
	a.awaitState(c.of("#"+c.prefix+"closed"), client.Online)
	invited := made("invited", "+i")
	ch.wee.Type(t, "", "/invite "+c.nick+" #"+c.prefix+"invited")
	a.lists(client.Reverse, invited)
	a.add(client.Allow, invited)
	a.lists(client.Forward, invited)
	a.call(invited).await(ch.host())

	w := ch.open(a)
	ch.hostDoes("/kick " + c.nick + " enough of it")
	a.awaitRefused(ch.handle(), "enough of it")
	w.fails(words("am I there?"))
	a.callFails(ch.handle(), 217)

	eve := c.d.signIn(c.d.account("eve"))
	_, err := eve.Add(bounded(t), client.Forward, ch.handle(), "", client.AnyGroup)
	eve.wantCode("a channel without a login", err, 205)
}

// TestChannelByServiceContact also has the spelling for clients that refuse a #.
func TestChannelByServiceContact(t *testing.T) {
	t.Parallel()
	c := onNgircd(t, fresh("cs"))
	ch, a := c.channel(t), c.linked()
	g := a.call(gateway)
	g.wantAnswer("join "+ch.handle(), "You are in")
	a.lists(client.Forward, ch.handle())
	ch.waitHost("-->", c.nick, "has joined")
	g.wantAnswer("rooms", ch.handle())
	g.wantAnswer("part " + ch.handle())
	next(a.inbox, func(l client.ListChanged) bool {
		return l.Removed && l.List == client.Forward && l.Entry.Handle == ch.handle()
	})
	ch.waitHost("<--", c.nick, "has left")

	spelling := "~23" + strings.TrimPrefix(ch.handle(), "#")
	a.add(client.Forward, spelling)
	a.awaitState(spelling, client.Online)
	w := a.call(spelling)
	w.await(ch.host())
	ch.hostSays(words("hello"))
	w.hears(ch.host(), words("hello"))
	w.say(words("hello yourself"))
	ch.waitHost(c.nick+"\t", words("hello yourself"))
	a.Close()
	if again := c.d.signIn(a.Handle()); !again.has(client.Forward, spelling) {
		t.Errorf("lists: %+v", again.roster)
	}
}

func TestChannelRings(t *testing.T) { onBoth(t, "cg", testChannelRings) }

func testChannelRings(t *testing.T, c ircCase) {
	ch, a := c.channel(t), c.linked()
	ch.enter(a)
	bob := ch.join(t, "bob")
	q := a.call(c.handle(bob))
	caught := func() { // returns when all that was said before has come
		bob.say(c.nick, words("psst"))
		q.hear(words("psst"))
	}
	for i := range 60 {
		bob.say(ch.name, words(fmt.Sprint("line ", i)))
	}
	caught()
	none(a.inbox, func(r client.Ring) bool { return r.Handle == ch.handle() })
	bob.say(ch.name, c.nick+": "+words("are you there?"))
	w := a.answer(ch.handle())
	for i := 11; i < 60; i++ { // the newest 50
		m := next(w.inbox, func(m client.Message) bool { return m.IsText && m.From != ch.handle() })
		if undated(m.Text) != words(fmt.Sprint("line ", i)) {
			t.Fatalf("text %d is %q", i, m.Text)
		}
	}
	w.hears(c.handle(bob), c.nick+": "+words("are you there?"))
	w.Close()

	g := a.call(gateway)
	g.wantAnswer("ring "+ch.handle()+" all", "all")
	bob.say(ch.name, words("whatever"))
	a.answer(ch.handle()).hearSome(words("whatever"))

	other := c.of("#" + c.prefix + "other")
	bob.join("#" + c.prefix + "other")
	a.add(client.Forward, other)
	a.awaitState(other, client.Online)
	g.wantAnswer("ring "+other+" none", "none")
	bob.say("#"+c.prefix+"other", c.nick+": "+words("hello"))
	caught()
	none(a.inbox, func(r client.Ring) bool { return r.Handle == other })
	a.call(other).hearSome(c.nick + ": " + words("hello"))
}
