package irc

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// identifying is a connection whose password is for NickServ.
func identifying(t *testing.T, nickserv string, test func(t *testing.T, c *Conn, s *script, r *tape)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := testNetwork(t, func(c *Config) { c.NickServ, c.NickServWithoutTLS = nickserv, true })
		login := testLogin("me")
		login.Secret, login.State = "hunter2", new(bridgetest.State)
		c, s, r, err := dialScript(t, n, login, func(s *script) { welcome(s, setting{}) })
		if err != nil {
			t.Fatal(err)
		}
		test(t, c.(*Conn), s, r)
	})
}

// askedWho expects the question who NickServ is, and answers it.
func (s *script) askedWho(answers ...string) {
	s.t.Helper()
	s.expect("WHOIS NickServ")
	token := s.expect("PING errand*")
	s.say(answers...)
	s.pongs(token)
}

func nickServAt(server string) []string {
	return []string{
		":irc.test 311 me NickServ NickServ services.host * :Services",
		":irc.test 312 me NickServ " + server + " :a server",
		":irc.test 318 me NickServ :End",
	}
}

func TestNickServ(t *testing.T) {
	identifying(t, "NickServ", func(t *testing.T, c *Conn, s *script, r *tape) {
		s.askedWho(nickServAt("services.test")...)
		s.expect("PRIVMSG NickServ@services.test :IDENTIFY hunter2")
		s.ends()
		c.mu.Lock()
		left := c.identifying(time.Now())
		c.mu.Unlock()
		if left <= 0 || !strings.Contains(c.Status(), "not answered yet") {
			t.Errorf("%v, status %q", left, c.Status())
		}
		s.say(":NickServ!NickServ@services.host NOTICE me :You are now identified for \x02me\x02 (hunter2).")
		r.expect(t, "remark nickserv NickServ: You are now identified for me ((secret)).")
		if s := c.Status(); !strings.HasPrefix(s, "nick me; account me") {
			t.Errorf("status %q", s)
		}
	})
}

// Somebody who took the nick NickServ does not get the password.
func TestFalseNickServ(t *testing.T) {
	for name, answers := range map[string][]string{
		"on our server":     nickServAt("irc.test"),
		"on another server": nickServAt("leaf.test"),
		"as real name":      {":irc.test 311 me NickServ u h * :services.test is a Network Service", ":irc.test 312 me NickServ leaf.test :services"},
		"said by a user":    {":eve!e@h 312 me NickServ services.test :x"},
		"hostile server":    nickServAt("services,#x"),
	} {
		t.Run(name, func(t *testing.T) {
			identifying(t, "NickServ", func(t *testing.T, c *Conn, s *script, r *tape) {
				s.askedWho(answers...)
				if name == "said by a user" {
					s.expect("NICKSERV IDENTIFY hunter2") // nobody has the nick
					return
				}
				s.quiet()
				if s := c.Status(); !strings.Contains(s, "does not belong to the services") {
					t.Errorf("status %q", s)
				}
			})
		})
	}
}

// Nor does what such a person says, before it is known who that is, count as an answer
// of services.
func TestFalseNickServAnswers(t *testing.T) {
	for _, text := range []string{"Invalid password for me.", "You are now identified for me."} {
		identifying(t, "NickServ", func(t *testing.T, c *Conn, s *script, r *tape) {
			s.expect("WHOIS NickServ", "PING errand*")
			s.say(":NickServ!eve@evil.host NOTICE me :" + text)
			r.expect(t, "remark nickserv NickServ: "+text)
			var id identity
			if err := id.recall(t.Context(), c.login.State); err != nil || id.denied {
				t.Error(err, id.denied)
			}
			if s := c.Status(); !strings.Contains(s, "not answered yet") {
				t.Errorf("status %q", s)
			}
		})
	}
}

// Where nick@server is not known, the server's own command is; where that is not
// either, nothing is said.
func TestNickServCommand(t *testing.T) {
	identifying(t, "NickServ", func(t *testing.T, c *Conn, s *script, r *tape) {
		s.askedWho(append(nickServAt("x.test"), ":irc.test 313 me NickServ :is a Network Service")...)
		s.expect("PRIVMSG NickServ@x.test :IDENTIFY hunter2")
		token := s.expect("PING errand*")
		s.say(":irc.test 401 me NickServ@x.test :No such nick")
		s.pongs(token)
		s.expect("NICKSERV IDENTIFY hunter2")
		token = s.expect("PING errand*")
		s.say(":irc.test 421 me NICKSERV :Unknown command")
		s.pongs(token)
		s.quiet()
		if s := c.Status(); !strings.Contains(s, "cannot be reached") {
			t.Errorf("status %q", s)
		}
	})
}

// A password that was refused is not tried again.
func TestNickServRefuses(t *testing.T) {
	identifying(t, "NickServ@services.test", func(t *testing.T, c *Conn, s *script, r *tape) {
		s.expect("PRIVMSG NickServ@services.test :IDENTIFY hunter2")
		s.ends()
		s.say(":NickServ!NickServ@services.host NOTICE me :Invalid password for \x02me\x02.")
		r.expect(t, "remark nickserv NickServ: Invalid password for me.")
		if s := c.Status(); !strings.Contains(s, "NickServ says: Invalid password") {
			t.Errorf("status %q", s)
		}
		var id identity
		if err := id.recall(t.Context(), c.login.State); err != nil || !id.denied {
			t.Error(err, id.denied)
		}
	})
}

// The password is not sent in the clear, unless that is allowed; then there is no
// connection without SASL.
func TestNickServInClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testNetwork(t, func(c *Config) { c.NickServ = "NickServ" })
		login := testLogin("me")
		login.Secret = "hunter2"
		_, _, _, err := dialScript(t, n, login, func(s *script) {
			s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
			s.say(":irc.test CAP * LS :batch")
		})
		if err == nil || !strings.Contains(err.Error(), "does not offer SASL") {
			t.Error(err)
		}
	})
}

// Services take the nick from whoever has it, once.
func TestGhost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testNetwork(t, func(c *Config) { c.NickServ, c.NickServWithoutTLS = "NickServ@services.test", true })
		login := testLogin("me")
		login.Secret = "hunter2"
		login.Keys["nicks"] = "myself"
		c, s, _, err := dialScript(t, n, login, func(s *script) {
			s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
			s.say(":irc.test CAP * LS :sasl=PLAIN")
			s.expect("CAP REQ sasl")
			s.say(":irc.test CAP * ACK :sasl")
			s.expect("AUTHENTICATE PLAIN")
			s.say("AUTHENTICATE +")
			s.expect("AUTHENTICATE *")
			s.say(":irc.test 903 * :ok", ":irc.test 433 * me :Nickname is already in use")
			s.expect("CAP END", "NICK myself")
			s.say(":irc.test 001 myself :Welcome")
			s.say(":irc.test 376 myself :End of MOTD")
		})
		if err != nil {
			t.Fatal(err)
		}
		s.expect("PRIVMSG NickServ@services.test :GHOST me")
		token := s.expect("PING errand*")
		s.pongs(token)
		s.say(":NickServ!NickServ@services.host NOTICE myself :\x02me\x02 has been ghosted.")
		for line := s.next(); line != "NICK me"; line = s.next() {
		}
		s.say(":myself!i@h NICK me")
		synctest.Wait()
		if got := c.Status(); !strings.HasPrefix(got, "nick me; account me") {
			t.Errorf("status %q", got)
		}
	})
}

// Services are back: what SASL could not do at the beginning, it does now.
func TestLateSASL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testNetwork(t, func(c *Config) { c.NickServ, c.NickServWithoutTLS = "NickServ", true })
		login := testLogin("me")
		login.Secret = "hunter2"
		c, s, _, err := dialScript(t, n, login, func(s *script) { welcome(s, setting{caps: "cap-notify"}) })
		if err != nil {
			t.Fatal(err)
		}
		s.askedWho(":irc.test 401 me NickServ :No such nick")
		s.expect("NICKSERV IDENTIFY hunter2")
		token := s.expect("PING errand*")
		s.say(":irc.test 421 me NICKSERV :Unknown command")
		s.pongs(token)
		s.say(":irc.test CAP me NEW :sasl=PLAIN")
		s.expect("CAP REQ sasl")
		s.say(":irc.test CAP me ACK :sasl")
		s.expect("AUTHENTICATE PLAIN")
		s.say("AUTHENTICATE +")
		s.expect("AUTHENTICATE bWUAbWUAaHVudGVyMg==")
		s.say(":irc.test 900 me me!i@h me :You are now logged in as me", ":irc.test 903 me :ok")
		synctest.Wait()
		if got := c.Status(); !strings.HasPrefix(got, "nick me; account me") {
			t.Errorf("status %q", got)
		}
		s.quiet()
	})
}

// The nick, the text of AWAY and the modes are those of the login.
func TestIdentityKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		login := testLogin("me")
		login.Keys["away"], login.Keys["modes"], login.Keys["realname"], login.Keys["username"] = "at sea", "+ix", "Me Myself", "user"
		login.Initial.State = bridge.Busy
		c, s, r, err := dialScript(t, testNetwork(t, func(c *Config) { c.QuitMessage = "so long" }), login, func(s *script) {
			s.expect("CAP LS 302", "NICK me", "USER user 0 * :Me Myself")
			s.say(":irc.test 001 me :Welcome")
			s.expect("AWAY :at sea", "MODE me +ix")
			s.say(":irc.test 376 me :End of MOTD")
		})
		if err != nil {
			t.Fatal(err)
		}
		// Services rename us: open conversations say so.
		s.say(":bob!b@h PRIVMSG me :hello", ":me!i@h NICK Guest123")
		r.expect(t, "msg bob <bob> hello", "remark bob you are now known as Guest123")
		go c.Close()
		for line := s.next(); line != "QUIT :so long"; line = s.next() {
		}
	})
}

// Channels are entered when services know us, or have not answered for a while.
func TestChannelsWait(t *testing.T) {
	for _, answers := range []bool{true, false} {
		identifying(t, "NickServ@services.test", func(t *testing.T, c *Conn, s *script, r *tape) {
			start := time.Now()
			c.Watch(t.Context(), c.n.who("#go"))
			s.expect("PRIVMSG NickServ@services.test :IDENTIFY hunter2")
			s.ends()
			s.quiet()
			if answers {
				s.say(":irc.test 900 me me!i@h me :You are now logged in as me")
			}
			s.expect("JOIN #go")
			if took := time.Since(start); answers != (took == 0) || took > identifyTime {
				t.Errorf("waited %v", took)
			}
		})
	}
}

// Who throttles is left alone.
func TestLater(t *testing.T) {
	for text, want := range map[string]bool{
		"Closing Link: (Throttled: Reconnecting too fast)": true,
		"Too many host connections (local)":                true,
		"Closing Link: (Killed (oper (bye)))":              true,
		"Closing Link: (Excess Flood)":                     false,
		"Closing Link: (Server shutdown)":                  false,
	} {
		later, ok := errors.AsType[*bridge.LaterError](closedBy(text))
		if ok != want || ok && later.Wait < time.Minute {
			t.Errorf("%s: %v", text, closedBy(text))
		}
	}
}
