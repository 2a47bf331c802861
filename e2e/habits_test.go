package e2e

import (
	"fmt"
	"strings"
	"testing"

	"msnbridge/msn/client"
)

// TestTyping goes both ways where the server passes on message tags.
func TestTyping(t *testing.T) {
	t.Parallel()
	c := onInspircd(t, fresh("ty"))
	a, bob := c.linked(), c.friend(t, "bob")
	bob.send("CAP REQ :message-tags")
	bob.next("CAP")
	w := a.call(c.handle(bob))
	if err := w.SendTyping(bounded(t)); err != nil {
		t.Fatal(err)
	}
	m := bob.next("TAGMSG", bob.nick)
	if _, typing := m.GetTag("+typing"); typing != "active" || m.Nick() != c.nick {
		t.Errorf("anna's typing: %v", m)
	}
	bob.send("@+typing=active TAGMSG %s", c.nick)
	next(w.inbox, func(ty client.Typing) bool { return strings.EqualFold(ty.Handle, c.handle(bob)) })
}

// TestEmoji has the codes of MSN on one side and emoji on the other.
func TestEmoji(t *testing.T) {
	t.Parallel()
	c := onNgircd(t, fresh("em"))
	a, bob := c.linked(), c.friend(t, "bob")
	w := a.call(c.handle(bob))
	w.say(words("coffee (c)? :-) http://example.test/a:)b"))
	bob.hear(c.nick, words("coffee \u2615? \U0001F642 http://example.test/a:)b"))
	bob.say(c.nick, words("yes \U0001F642 \u2615"))
	if m := w.hearSome(words("yes ")); strings.ContainsFunc(m.Text, func(r rune) bool { return r > 0x2000 }) {
		t.Errorf("a client of 1999 is shown %q", m.Text)
	}
}

// TestRosterLimit has more members in a channel than are shown.
func TestRosterLimit(t *testing.T) {
	t.Parallel()
	s := ngircd(t)
	prefix := fresh("ro")
	c := ircCase{start(t, ircTable("ng", s.Addr)+"roster_limit = 3\n"), s.Addr, "ng.test", prefix + "anna", prefix}
	a, room := c.linked(), "#"+prefix
	var members []*ircFriend
	for i := range 5 {
		members = append(members, c.friend(t, fmt.Sprint("m", i)))
		members[i].join(room)
	}
	a.add(client.Forward, c.of(room))
	a.awaitState(c.of(room), client.Online)
	w := a.call(c.of(room))
	members[3].say(room, words("hello"))
	w.hears(c.handle(members[3]), words("hello"))
	for _, p := range w.Participants() { // the channel, and who has spoken
		if p.Handle != c.of(room) && p.Handle != c.handle(members[3]) {
			t.Errorf("shown: %v", w.Participants())
		}
	}
	members[4].send("PART %s", room)
	members[3].send("PART %s", room)
	w.leaves(c.handle(members[3]))
	none(w.inbox, func(l client.Left) bool { return l.Handle == c.handle(members[4]) })
}

func TestWeechatQuery(t *testing.T) { onBoth(t, "wq", testWeechatQuery) }

// testWeechatQuery is a conversation between two real clients.
func testWeechatQuery(t *testing.T, c ircCase) {
	a, wee := c.linked(), c.wee(t, "wee")
	a.befriend(c.of(wee.Nick))
	a.awaitState(c.of(wee.Nick), client.Online)
	wee.Say(t, c.nick, words("hello"))
	w := a.answer(c.of(wee.Nick))
	w.hear(words("hello"))
	w.say(words("hello yourself"))
	wee.WaitLine(t, c.nick, c.nick+"\t", words("hello yourself"))
	wee.Type(t, c.nick, "/me "+words("waves"))
	w.hearSome(words("waves"))
	w.say("/me " + words("waves back"))
	wee.WaitLine(t, c.nick, " *\t", c.nick+" "+words("waves back"))
	wee.Type(t, c.nick, "\x02"+words("bold"))
	if m := w.hear(words("bold")); !strings.Contains(string(m.Raw), "EF=B") {
		t.Errorf("bold came as %q", m.Raw)
	}
	w.say(words("one\ntwo"))
	wee.WaitLine(t, c.nick, c.nick+"\t", words("one"))
	wee.WaitLine(t, c.nick, c.nick+"\t", "two")
}

// TestChannelHistory has a server repeat what was said in a channel while the daemon was down.
func TestChannelHistory(t *testing.T) {
	t.Parallel()
	c := onInspircd(t, fresh("ch"))
	ch, a := c.channel(t), c.linked()
	ch.hostDoes("/mode +H 50:1h")
	ch.waitHost("Mode "+ch.name, "+H")
	bob := ch.join(t, "bob")
	w := ch.open(a)
	bob.say(ch.name, words("before"))
	w.hears(c.handle(bob), words("before"))
	a.settle()
	c.d.kill()
	ch.waitHost("<--", c.nick)
	for i := range 5 {
		bob.say(ch.name, words(fmt.Sprint("meanwhile ", i)))
	}
	c.d.start()
	a = c.d.signIn(a.Handle())
	a.awaitState(ch.handle(), client.Online)
	bob.say(ch.name, c.nick+": "+words("after"))
	w = a.answer(ch.handle())
	for i := range 5 {
		m := next(w.inbox, func(m client.Message) bool {
			// What was being shown when the daemon was killed comes again, late.
			again := dated.MatchString(m.Text) && undated(m.Text) == words("before")
			return m.IsText && m.From == c.handle(bob) && !again
		})
		if undated(m.Text) != words(fmt.Sprint("meanwhile ", i)) {
			t.Errorf("text %d is %q", i, m.Text)
		}
	}
	w.hearSome(c.nick + ": " + words("after"))
}
