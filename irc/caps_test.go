package irc

import (
	"strings"
	"testing"
	"testing/synctest"

	"msnbridge/bridge"
)

// All that is wanted is asked for, a few at a time, and one that is refused costs
// nothing else.
func TestCapsOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _, err := dialScript(t, testNetwork(t, nil), testLogin("me"), func(s *script) {
			s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
			s.say(":irc.test CAP * LS * :"+strings.Join(wantedCaps[:10], " "), ":irc.test CAP * LS :unwanted=x "+strings.Join(wantedCaps[10:], "=y ")+"=max-bytes=9")
			for range askedAtOnce {
				s.expect("CAP REQ *")
			}
			s.quiet()
			s.say(":irc.test CAP * ACK :nothing", ":irc.test CAP * NAK :account-notify")
			for i := range wantedCaps {
				verb := "ACK"
				if wantedCaps[i] == "setname" {
					verb = "NAK"
				}
				s.say(":irc.test CAP * " + verb + " :" + wantedCaps[i])
			}
			for range len(wantedCaps) - askedAtOnce {
				s.expect("CAP REQ *")
			}
			s.expect("CAP END")
			s.say(":irc.test 001 me :Welcome")
		})
		if err != nil {
			t.Fatal(err)
		}
		caps := c.(*Conn).caps
		if len(caps) != len(wantedCaps)-2 || caps["account-notify"] || caps["setname"] || !caps["batch"] {
			t.Errorf("%v", caps)
		}
	})
}

// What the server offers later is asked for then, and what it takes back is not
// used any more.
func TestCapNotify(t *testing.T) {
	playing(t, setting{caps: "cap-notify"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		s.say(":irc.test CAP me NEW :batch unknown draft/multiline=max-bytes=100,max-lines=3 echo-message")
		s.expect("CAP REQ batch", "CAP REQ draft/multiline", "CAP REQ echo-message")
		s.say(":irc.test CAP me ACK :batch", ":irc.test CAP me ACK :draft/multiline", ":irc.test CAP me NAK :echo-message", ":irc.test CAP me ACK :unknown")
		synctest.Wait()
		sent := sendLong(t, c, "bob", "a\nb")
		s.expect("BATCH +*", "@batch=*", "@batch=*", "BATCH -*")
		s.fence()
		if err := <-sent; err != nil {
			t.Error(err)
		}
		s.say(":irc.test CAP me DEL :draft/multiline", ":irc.test CAP me ACK :-batch")
		synctest.Wait()
		sent = sendLong(t, c, "bob", "a\nb")
		s.expect("PRIVMSG bob :a", "PRIVMSG bob :b")
		s.fence()
		if err := <-sent; err != nil {
			t.Error(err)
		}
		if c.caps["unknown"] {
			t.Error("a capability that was not asked for is used")
		}
	})
}

func TestStandardReplies(t *testing.T) {
	playing(t, setting{caps: "standard-replies setname"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		sent := send(t, c, "bob", "hi")
		s.expect("PRIVMSG bob :hi", "PING *")
		s.say(":irc.test FAIL PRIVMSG CANNOT_SEND BOB :not now")
		if f := refusal(t, <-sent); f.Unknown || f.Reason != "not now" {
			t.Errorf("%+v", f)
		}
		s.say(":irc.test FAIL * X :y", ":irc.test WARN PRIVMSG SLOW bob :you are \x02loud", ":irc.test NOTE * X nobody :for the log", ":irc.test WARN * X :y",
			":bob!b@h SETNAME :Robert \x02B\x02.", ":eve!e@h SETNAME :Eve", ":bob!b@h SETNAME :")
		r.expect(t, "remark bob you are loud", "remark bob bob now has the name \"Robert B.\"")
	})
}

// A server that takes longer lines is sent longer ones.
func TestLineLen(t *testing.T) {
	playing(t, setting{isupport: "LINELEN=2048"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		text := strings.Repeat("x", 1900)
		sent := send(t, c, "bob", text)
		s.expect("PRIVMSG bob :" + text)
		s.fence()
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
}

// A QUIT in a netsplit batch is one of a netsplit whatever its reason says.
func TestNetsplitBatch(t *testing.T) {
	playing(t, setting{caps: "batch"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		chat := c.n.addr("#go")
		c.Watch(t.Context(), []bridge.Addr{chat})
		s.expect("JOIN #go")
		s.say(":me!ident@host.test JOIN #go", ":irc.test 353 me = #go :me bob eve", ":irc.test 366 me #go :End")
		if err := c.Roster(t.Context(), chat, 20); err != nil {
			t.Fatal(err)
		}
		r.take()
		s.say(":irc.test BATCH +n netsplit hub.test leaf.test", "@batch=n :bob!b@h QUIT :gone", "@batch=n :eve!e@h QUIT :gone", ":irc.test BATCH -n", ":zoe!z@h JOIN #go")
		if got := brief(r.take()); !strings.Contains(got, "Netsplit: 2 people have gone: bob, eve") {
			t.Error(got)
		}
	})
}
