package e2e

import (
	"encoding/base64"
	"strings"
	"testing"

	"msnbridge/msn/client"
)

// An ircCase is one kind of server, with a daemon that has a login there.
type ircCase struct {
	d      *daemon
	addr   string // for friends
	domain string
	nick   string // of the user's login
	prefix string // of all nicks of the test
}

// onNgircd has presence by ISON and USERHOST, no capabilities and no TLS.
func onNgircd(t *testing.T, prefix string) ircCase {
	t.Helper()
	s := ngircd(t)
	return ircCase{start(t, ircTable("ng", s.Addr)), s.Addr, "ng.test", prefix + "anna", prefix}
}

// onInspircd has TLS, SASL, MONITOR and echoes.
func onInspircd(t *testing.T, prefix string) ircCase {
	t.Helper()
	s := inspircd(t)
	return ircCase{start(t, ircTLSTable("insp", s.TLSAddr, s.CAFile)), s.Addr, "insp.test", prefix + "anna", prefix}
}

func (c ircCase) network() string            { return strings.TrimSuffix(c.domain, ".test") }
func (c ircCase) handle(f *ircFriend) string { return f.nick + "@" + c.domain }

func (c ircCase) friend(t *testing.T, name string) *ircFriend {
	t.Helper()
	return joinIRC(t, c.addr, c.prefix+name)
}

// linked is a user with a login.
func (c ircCase) linked() *user {
	c.d.t.Helper()
	handle := c.d.account("anna")
	c.d.login(handle, c.network(), "", "nick="+c.nick)
	return c.d.signIn(handle)
}

func TestNgircdQuery(t *testing.T) {
	t.Parallel()
	testQuery(t, onNgircd(t, "nq"))
}

func TestInspircdQuery(t *testing.T) {
	t.Parallel()
	testQuery(t, onInspircd(t, "iq"))
}

func testQuery(t *testing.T, c ircCase) {
	a, bob, eve := c.linked(), c.friend(t, "bob"), c.friend(t, "eve")
	w := a.call(c.handle(bob))
	w.say(words("hello"))
	bob.hear(c.nick, words("hello"))
	bob.say(c.nick, words("hello yourself, caf\xc3\xa9"))
	w.hear(words("hello yourself, café"))
	bob.say(c.nick, words("latin caf\xe9"))
	w.hear(words("latin café"))
	bob.say(c.nick, "\x02"+words("bold")+"\x0f \x0304,05red\x03 \x04ff0000hex")
	w.hear(words("bold red hex"))
	bob.say(c.nick, "\x01ACTION "+words("waves")+"\x01")
	w.hear("* " + bob.nick + " " + words("waves"))
	w.say("/me " + words("waves back"))
	bob.hear(c.nick, "\x01ACTION "+words("waves back")+"\x01")
	w.say(words("two\nlines"))
	bob.hear(c.nick, words("two"))
	bob.hear(c.nick, "lines")

	eve.say(c.nick, words("who are you")) // not on any list
	v := a.answer(c.handle(eve))
	v.hear(words("who are you"))
	v.say(words("anna"))
	eve.hear(c.nick, words("anna"))

	a.callFails(c.prefix+"nobody@"+c.domain, 217)
	bob.send("QUIT")
	bob.next("ERROR")
	if err := w.SendText(bounded(t), words("are you there")); err != client.ErrNotDelivered {
		t.Errorf("to somebody who has left: %v", err)
	}
}

func TestNgircdPresence(t *testing.T) {
	t.Parallel()
	testIRCPresence(t, onNgircd(t, "np"))
}

func TestInspircdPresence(t *testing.T) {
	t.Parallel()
	testIRCPresence(t, onInspircd(t, "ip"))
}

func testIRCPresence(t *testing.T, c ircCase) {
	a, bob, eve := c.linked(), c.friend(t, "bob"), c.friend(t, "eve")
	for _, f := range []*ircFriend{bob, eve} {
		a.befriend(c.handle(f))
		a.awaitState(c.handle(f), client.Online)
	}
	bob.send("AWAY :lunch")
	eve.send("QUIT")
	eve.next("ERROR")
	a.awaitState(c.handle(bob), client.Away)
	a.awaitState(c.handle(eve), client.Offline)
	bob.send("AWAY")
	eve = c.friend(t, "eve")
	a.awaitState(c.handle(bob), client.Online)
	a.awaitState(c.handle(eve), client.Online)
}

func TestIRCOwnPresence(t *testing.T) {
	t.Parallel()
	c := onNgircd(t, "no")
	a, bob := c.linked(), c.friend(t, "bob")
	bob.awaitAway(c.nick, "")
	a.show(client.Busy)
	eventually(t, "busy is away", func() bool { return bob.away(c.nick) != "" })
	a.show(client.Online)
	bob.awaitAway(c.nick, "")
	a.show(client.Hidden)
	bob.awaitAway(c.nick, "not signed in")
	a.show(client.Online)
	bob.awaitAway(c.nick, "")
	a.Close()
	bob.awaitAway(c.nick, "not signed in")
}

func TestIRCWaitingMessages(t *testing.T) {
	t.Parallel()
	c := onNgircd(t, "nw")
	handle := c.d.account("anna")
	c.d.login(handle, c.network(), "", "nick="+c.nick)
	bob, eve := c.friend(t, "bob"), c.friend(t, "eve")
	bob.awaitAway(c.nick, "not signed in")
	bob.say(c.nick, words("one"))
	bob.say(c.nick, words("two"))
	bob.fence()
	eve.say(c.nick, words("three"))

	a := c.d.dial(handle)
	a.sync()
	a.show(client.Hidden)
	if _, err := a.SetDefault(bounded(t), "BL"); err != nil { // has strangers shown on RL
		t.Fatal(err)
	}
	eve.say(c.nick, words("four"))
	a.awaitList(client.Reverse, c.handle(eve), false) // so all before it has come too
	if _, err := a.SetDefault(bounded(t), "AL"); err != nil {
		t.Fatal(err)
	}
	none[client.Ring](a.inbox, nil)
	a.show(client.Online)
	w := a.answer(c.handle(bob))
	w.hearLate(words("one"))
	w.hearLate(words("two"))
	bob.say(c.nick, words("five"))
	w.hear(words("five"))
	a.settle()
	a.Close()

	again := c.d.signIn(handle)
	bob.say(c.nick, words("six"))
	again.answer(c.handle(bob)).hear(words("six")) // and nothing of what has been shown
}

func TestIRCLongText(t *testing.T) {
	t.Parallel()
	c := onInspircd(t, "il")
	a, bob := c.linked(), c.friend(t, "bob")
	w := a.call(c.handle(bob))
	for _, text := range []string{
		words(strings.Repeat("x", 1300)),
		words(strings.Repeat("ünïcödé€", 80)),
	} {
		w.say(text)
		bob.hearAll(c.nick, text)
	}
	sentence := strings.TrimSpace(strings.Repeat(words("brown fox "), 60))
	w.say(sentence)
	var got []string
	for len(strings.Join(got, " ")) < len(sentence) {
		m := bob.next("PRIVMSG")
		got = append(got, strings.TrimSpace(m.Params[1]))
	}
	if joined := strings.Join(got, " "); joined != sentence {
		t.Errorf("heard %q, want %q", joined, sentence)
	}
}

// TestIRCHostileText sends what must not become lines or commands of their own.
func TestIRCHostileText(t *testing.T) {
	t.Parallel()
	c := onNgircd(t, "nh")
	a, bob := c.linked(), c.friend(t, "bob")
	w := a.call(c.handle(bob))
	w.say(words("a\rQUIT :gone\x00NICK evil"))
	bob.hear(c.nick, words("a"))
	bob.next("PRIVMSG")
	w.say("\x01VERSION\x01 " + marker)
	if m := bob.next("PRIVMSG"); strings.Contains(m.Params[1], "\x01") {
		t.Errorf("a text became CTCP: %q", m.Params[1])
	}
	bob.awaitAway(c.nick, "") // still there, by that name
}

func TestIRCBlocked(t *testing.T) {
	t.Parallel()
	c := onNgircd(t, "nb")
	a, bob, eve := c.linked(), c.friend(t, "bob"), c.friend(t, "eve")
	a.add(client.Block, c.handle(bob))
	a.callFails(c.handle(bob), 216)
	bob.say(c.nick, words("let me in"))
	bob.fence()
	eve.say(c.nick, words("hello"))
	a.answer(c.handle(eve)).hear(words("hello"))
	none(a.inbox, func(r client.Ring) bool { return r.Handle == c.handle(bob) })
}

func TestIRCStrangersWait(t *testing.T) {
	t.Parallel()
	c := onNgircd(t, "ns")
	a, bob := c.linked(), c.friend(t, "bob")
	if _, err := a.SetDefault(bounded(t), "BL"); err != nil {
		t.Fatal(err)
	}
	bob.say(c.nick, words("may I"))
	next(a.inbox, func(l client.ListChanged) bool { return l.List == client.Reverse && l.Entry.Handle == c.handle(bob) })
	none[client.Ring](a.inbox, nil)
	a.add(client.Allow, c.handle(bob))
	a.answer(c.handle(bob)).hearSome(words("may I"))
}

func TestIRCNick(t *testing.T) {
	t.Parallel()
	c := onInspircd(t, "in")
	a, bob := c.linked(), c.friend(t, "bob")
	w := a.call(c.handle(bob))
	w.say(words("one"))
	bob.hear(c.nick, words("one"))
	bob.send("OPER op op") // NICK is told only to those who share a channel
	bob.send("JOIN #%s", c.prefix)
	bob.send("SAJOIN %s #%s", c.nick, c.prefix)
	for range 2 { // bob, then anna
		bob.next("JOIN", "#"+c.prefix)
	}
	bob.send("NICK %srobert", c.prefix)
	bob.next("NICK")
	bob.say(c.nick, words("two")) // no window of its own
	if m := w.hearSome(c.prefix + "robert"); m.From != c.handle(bob) {
		t.Errorf("said by %s: %q", m.From, m.Text)
	}
	w.hear(words("two"))
	w.say(words("three"))
	bob.hear(c.nick, words("three"))
	none[client.Ring](a.inbox, nil)
}

func TestSASL(t *testing.T) {
	t.Parallel()
	s := inspircd(t)
	account, password := fresh("saslanna"), passwordOf("sasl")
	s.RegisterAccount(t, account, password)
	d := start(t, ircTLSTable("insp", s.TLSAddr, s.CAFile))
	anna := d.account("anna")
	d.hush(base64.StdEncoding.EncodeToString([]byte("\x00"+account+"\x00"+password)),
		base64.StdEncoding.EncodeToString([]byte(account+"\x00"+account+"\x00"+password)))
	d.login(anna, "insp", password, "nick="+account)
	bob := joinIRC(t, s.Addr, "saslbob")
	bob.send("WHOIS %s", account)
	bob.next("330", account, "is logged in as")

	out, err := d.run(passwordOf("wrong")+"\n", "login", "add", d.account("eve"), "insp", "nick=sasleve", "sasl_user="+account, "--password-stdin")
	if err == nil || !strings.Contains(err.Error(), "refuses") {
		t.Errorf("a wrong password: %q, %v", out, err)
	}
}
