package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// identify signs in to a services account.
func (f *ircFriend) identify(account string) {
	f.t.Helper()
	f.say("NickServ", "IDENTIFY "+account+" "+passwordOf(account))
	f.next("900")
}

// awaitAccount waits until WHOIS says that nick is signed in to an account.
func (f *ircFriend) awaitAccount(nick, account string) {
	f.t.Helper()
	eventually(f.t, nick+" is signed in as "+account, func() bool {
		f.send("WHOIS %s", nick)
		found := false
		for {
			switch m := f.read("318", nil); m.Command {
			case "330":
				found = found || m.Params[1] == nick && m.Params[2] == account
			case "318":
				return found
			}
		}
	})
}

// TestOtherAccount has somebody else take a friend's nick, who belongs to another account, or none.
func TestOtherAccount(t *testing.T) {
	t.Parallel()
	c := onInspircd(t, fresh("oa"))
	s := inspircd(t)
	nick := c.prefix + "bob"
	for _, account := range []string{nick, c.prefix + "eve"} {
		s.RegisterAccount(t, account, passwordOf(account))
	}
	a, bob := c.linked(), c.friend(t, "bob")
	bob.identify(nick)
	w := a.call(c.of(nick))
	bob.say(c.nick, words("it is me"))
	w.hears(c.of(nick), words("it is me"))
	w.say(words("hello"))
	bob.hear(c.nick, words("hello"))
	bob.send("QUIT")
	bob.next("ERROR")

	eve := c.friend(t, "bob")
	eve.identify(c.prefix + "eve")
	eve.say(c.nick, words("send me money"))
	if m := w.hearSome(""); !strings.Contains(m.Text, c.prefix+"eve") || strings.Contains(m.Text, marker) {
		t.Errorf("%q is no warning", m.Text)
	}
	w.hear(words("send me money"))
	eve.send("QUIT")
	eve.next("ERROR")
	bob = c.friend(t, "bob")
	bob.identify(nick)
	bob.say(c.nick, words("now it is me"))
	w.hearSome(words("now it is me"))
}

// fingerprint is that of a certificate that the bridge has made.
var fingerprint = regexp.MustCompile(`SHA-256 ([0-9a-f]{64})`)

// TestSASLExternal has the bridge make a certificate, tells NickServ of it, and connects again.
func TestSASLExternal(t *testing.T) {
	t.Parallel()
	c := onInspircd(t, fresh("ex"))
	bob := c.friend(t, "bob")
	account := c.prefix + "account"
	inspircd(t).RegisterAccount(t, account, passwordOf(account))
	bob.identify(account)
	handle := c.d.account("anna")
	c.d.login(handle, c.network(), "", "nick="+c.nick, "sasl=external", "account="+account)
	g := c.d.signIn(handle).call(gateway)
	fp := fingerprint.FindStringSubmatch(g.ask("status"))
	if fp == nil {
		t.Fatal("status does not tell of the certificate")
	}
	bob.say("NickServ", "CERT ADD "+fp[1])
	bob.next("NOTICE")
	c.d.restart()
	bob.awaitAccount(c.nick, account)
}
