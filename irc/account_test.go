package irc

import (
	"strings"
	"testing"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge/bridgetest"
)

const careful = "Careful: bob is "

func warning(now string) string {
	return "msg bob <> Careful: bob is " + now + " now, and was bobacct before. This may be another person. /trust takes them for your contact."
}

// knowing is a connection whose login knows bob's account.
func knowing(t *testing.T, caps, isupport string, test func(t *testing.T, c *Conn, s *script, r *tape)) {
	t.Helper()
	playing(t, setting{caps: caps, isupport: isupport}, func(t *testing.T, c *Conn, s *script, r *tape) {
		c.mu.Lock()
		c.login.State = new(bridgetest.State)
		c.accounts.keep("bob", "bobacct")
		c.mu.Unlock()
		test(t, c, s, r)
	})
}

// Somebody with another account, or none, is not the old friend; it is said once.
func TestAccountTag(t *testing.T) {
	knowing(t, "account-tag", "", func(t *testing.T, c *Conn, s *script, r *tape) {
		s.say("@account=bobacct :bob!b@h PRIVMSG me :it is me", "@account=evil :bob!b@h PRIVMSG me :hello", "@account=evil :bob!b@h PRIVMSG me :again",
			":bob!b@h PRIVMSG me :and now?", "@account=BobAcct :bob!b@h PRIVMSG me :back")
		r.expect(t, "msg bob <bob> it is me",
			warning("logged in as evil"), "msg bob <bob (another person)> hello", "msg bob <bob (another person)> again",
			warning("not logged in"), "msg bob <bob (another person)> and now?",
			"remark bob bob is logged in as bobacct again", "msg bob <bob> back")
	})
}

// The account is learned when it is first seen, and kept for the next connection.
// Somebody who logs in later is no other person.
func TestAccountLearned(t *testing.T) {
	playing(t, setting{caps: "account-tag account-notify"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		state := new(bridgetest.State)
		c.mu.Lock()
		c.login.State = state
		c.mu.Unlock()
		s.say(":bob!b@h PRIVMSG me :hello", ":bob!b@h ACCOUNT bobacct", "@account=bobacct :bob!b@h PRIVMSG me :me", ":bob!b@h ACCOUNT *")
		r.expect(t, "msg bob <bob> hello", "msg bob <bob> me", warning("not logged in"))
		if kept, _ := state.Get(t.Context(), accountsKey); string(kept) != "bob bobacct\n" {
			t.Errorf("kept %q", kept)
		}
	})
}

// Without accounts nothing is doubted.
func TestNoAccounts(t *testing.T) {
	knowing(t, "server-time", "MONITOR=10", func(t *testing.T, c *Conn, s *script, r *tape) {
		c.Watch(t.Context(), c.n.who("bob"))
		s.expect("MONITOR + bob")
		s.say(":irc.test 730 me bob!b@h", ":bob!b@h PRIVMSG me :hello")
		s.expect("USERHOST bob")
		r.expect(t, "presence bob online", "msg bob <bob> hello")
	})
}

// What is written to a stranger is held back once.
func TestAccountOnSend(t *testing.T) {
	knowing(t, "account-tag account-notify", "", func(t *testing.T, c *Conn, s *script, r *tape) {
		c.mu.Lock()
		c.meet("bob")
		c.mu.Unlock()
		s.say(":bob!b@h ACCOUNT evil")
		r.expect(t)
		if err := <-send(t, c, "bob", "secret"); !strings.Contains(reasonOf(err), careful+"logged in as evil") {
			t.Fatal(err)
		}
		sent := send(t, c, "bob", "anyway")
		s.expect("PRIVMSG bob :anyway")
		s.fence()
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		if err := <-typeIn(t, c, "bob", "/trust"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.AddContact(t.Context(), c.n.addr("bob")); err != nil { // the same, by a client
			t.Fatal(err)
		}
		s.say("@account=evil :bob!b@h PRIVMSG me :thanks")
		r.expect(t, "remark bob bob is logged in as evil again", "msg bob <bob> thanks")
	})
}

// A contact is not present because somebody else has the nick.
func TestPresenceOfStranger(t *testing.T) {
	knowing(t, "account-tag account-notify", "MONITOR=10 WHOX", func(t *testing.T, c *Conn, s *script, r *tape) {
		c.Watch(t.Context(), c.n.who("bob"))
		s.expect("MONITOR + bob")
		s.say(":irc.test 730 me bob!b@h")
		asked := map[string]bool{s.next(): true, s.next(): true}
		if !asked["USERHOST bob"] || !asked["WHO bob %tna,742"] {
			t.Fatalf("asked %v", asked)
		}
		s.say(":irc.test 302 me :bob=+b@h", ":irc.test 354 me 742 bob evil", ":bob!b@h AWAY :gone")
		r.expect(t, "presence bob offline")
		s.say(":irc.test 731 me :bob", ":irc.test 730 me bob!b@h2")
		for line := s.next(); line != "WHO bob %tna,742"; line = s.next() {
			s.say(":irc.test 302 me :bob=+b@h2")
		}
		s.say(":irc.test 354 me 742 bob bobacct")
		r.expect(t, "presence bob online")
	})
}

// Somebody who logs in a little after coming is the friend.
func TestLateLogin(t *testing.T) {
	knowing(t, "account-tag extended-join", "MONITOR=10", func(t *testing.T, c *Conn, s *script, r *tape) {
		c.Watch(t.Context(), c.n.who("bob"))
		s.expect("MONITOR + bob")
		answer := func(account string) {
			for line := s.next(); line != "WHOIS bob"; line = s.next() {
				if strings.HasPrefix(line, "USERHOST") {
					s.say(":irc.test 302 me :bob=+b@h")
				}
			}
			if account != "" {
				s.say(":irc.test 330 me bob " + account + " :is logged in as")
			}
			s.say(":irc.test 318 me bob :End")
		}
		s.say(":irc.test 730 me bob!b@h")
		answer("")
		r.expect(t, "presence bob offline")
		answer("bobacct")
		r.expect(t, "presence bob online")
		// And somebody who never does is not.
		s.say(":irc.test 731 me :bob", ":irc.test 730 me bob!b@h")
		for range maxDoubts {
			answer("")
		}
		time.Sleep(2 * graceTime) // in the bubble
		r.expect(t, "presence bob offline")
		c.mu.Lock()
		defer c.mu.Unlock()
		if p := c.find("bob"); p.proof != stranger {
			t.Errorf("%+v", p)
		}
	})
}

func TestAccountsBound(t *testing.T) {
	var a accounts
	for i := range maxAccounts + 10 {
		a.keep(string(rune('a'+i%26))+strings.Repeat("x", i/26), "acct")
	}
	if len(a.last) != maxAccounts || len(a.order) != maxAccounts {
		t.Errorf("%d, %d", len(a.last), len(a.order))
	}
}

func FuzzReadAccounts(f *testing.F) {
	f.Add("bob bobacct\neve *\nx\n")
	f.Fuzz(func(t *testing.T, text string) {
		a := readAccounts(text)
		again := readAccounts(a.String())
		if again.String() != a.String() {
			t.Errorf("%q, then %q", a.String(), again.String())
		}
	})
}

// What a stranger said in the past is not the friend's either.
func TestNameThen(t *testing.T) {
	knowing(t, "", "", func(t *testing.T, c *Conn, s *script, r *tape) {
		c.mu.Lock()
		defer c.mu.Unlock()
		for line, want := range map[string]string{
			"@account=bobacct :bob!b@h PRIVMSG me :x": "bob",
			"@account=evil :bob!b@h PRIVMSG me :x":    "bob (another person)",
			":bob!b@h PRIVMSG me :x":                  "bob",
		} {
			m, err := ircmsg.ParseLine(line)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.nameThen(&m, "bob", c.n.addr("bob")); got != want {
				t.Errorf("%s: %q", line, got)
			}
		}
	})
}
