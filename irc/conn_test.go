package irc

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"msnbridge/bridge"
)

func TestRegister(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testNetwork(t, func(c *Config) { c.Password = "open sesame" })
		login := testLogin("me")
		login.Secret = "hunter2"
		login.Keys["sasl_user"] = "acct"
		login.Initial.State = bridge.Offline
		c, s, _, err := dialScript(t, n, login, func(s *script) {
			s.expect("CAP LS 302", "PASS :open sesame", "NICK me", "USER me 0 * :me")
			s.say(":irc.test NOTICE * :*** Looking up", "PING :cookie", ":irc.test CAP * LS * :sasl=PLAIN,EXTERNAL unknown", ":irc.test CAP * LS :server-time batch")
			s.expect("PONG cookie", "CAP REQ batch", "CAP REQ sasl", "CAP REQ server-time")
			s.say(":irc.test CAP * NAK :batch", ":irc.test CAP * ACK :sasl", ":irc.test CAP * ACK :server-time")
			s.expect("AUTHENTICATE PLAIN")
			s.say("AUTHENTICATE +")
			s.expect("AUTHENTICATE YWNjdABhY2N0AGh1bnRlcjI=")
			s.say(":irc.test 900 * * acct :You are now logged in", ":irc.test 903 * :ok")
			s.expect("CAP END")
			s.say(":irc.test 433 * me :Nickname is already in use")
			s.expect("NICK me_")
			s.say(":irc.test 001 me_ :Welcome")
			s.expect("AWAY :not signed in")
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Status(); !strings.Contains(got, "me_") {
			t.Errorf("status %q", got)
		}
		s.quiet()
	})
}

func TestRefused(t *testing.T) {
	for _, test := range []struct {
		name, line string
		final      bool
	}{
		{"password", ":irc.test 464 me :Password incorrect", true},
		{"ban", ":irc.test 465 me :You are banned from this server", true},
		{"K-line", "ERROR :Closing Link: host (K-Lined)", true},
		{"G-line", "ERROR :Closing Link: host (G-Lined: spam)", true},
		{"sasl", ":irc.test 904 me :SASL authentication failed", true},
		{"throttle", "ERROR :Closing Link: (Throttled: Reconnecting too fast, you will be banned)", false},
		{"full", "ERROR :Closing Link: host (No more connections allowed in your class)", false},
		{"temporary ban", "ERROR :Closing Link: host (K-Lined: temporary, try again later)", true},
		{"SASL only", "ERROR :Closing Link: host (SASL access only)", true},
		{"FAIL", ":irc.test FAIL * ACCOUNT_REQUIRED_TO_CONNECT :log in first", true},
		{"kill", "ERROR :Closing Link: host (Killed (NickServ (GHOST command used by eve)))", false},
		{"nick", ":irc.test 432 * me :Erroneous Nickname", false}, // others are tried first
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, _, _, err := dialScript(t, testNetwork(t, nil), testLogin("me"), func(s *script) {
					s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
					s.say(test.line)
					s.wire.Close()
				})
				_, final := errors.AsType[*bridge.RejectedError](err)
				if err == nil || final != test.final {
					t.Errorf("%v (final %v)", err, final)
				}
			})
		})
	}
}

// A server may never answer, never answer CAP, or have no nick for us.
func TestRegisterStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, _, _, err := dialScript(t, testNetwork(t, nil), testLogin("me"), func(s *script) {})
		if err == nil || time.Since(start) != registerTime {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		n := testNetwork(t, nil)
		_, _, _, err = dialScript(t, n, testLogin("me"), func(s *script) {
			s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
			s.say(":irc.test 421 * CAP :Unknown command", ":irc.test 001 me :Welcome")
		})
		if err != nil {
			t.Error(err)
		}
		_, _, _, err = dialScript(t, n, testLogin("me"), func(s *script) {
			s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
			for range 20 {
				s.wire.Write([]byte(":irc.test 433 * x :in use\r\n"))
			}
		})
		if err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("nicks without end: %v", err)
		}
	})
}

func TestConnectPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, start := testNetwork(t, nil), time.Now()
		for i := range 22 {
			_, _, _, err := dialScript(t, n, testLogin("me"), func(s *script) { welcome(s, setting{}) })
			if err != nil {
				t.Fatal(i, err)
			}
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("22 connections took %v", took)
		}
	})
}

func TestKeepAlive(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		s.expect("PING alive")
		s.say(":irc.test PONG irc.test alive")
		s.expect("PING alive")
		<-c.Done()
		if err := c.Err(); err == nil || !strings.Contains(err.Error(), "stopped answering") {
			t.Error(err)
		}
	})
}

func TestClose(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		start := time.Now()
		go c.Close()
		s.expect("QUIT :signed off")
		<-c.Done() // the server does not close
		if err := c.Err(); err != nil || time.Since(start) > quitTime {
			t.Error(err, time.Since(start))
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := c.SetPresence(t.Context(), bridge.Presence{}); !errors.Is(err, bridge.ErrClosed) {
			t.Error(err)
		}
		if err := <-send(t, c, "bob", "late"); err == nil || err.(*bridge.SendError).Unknown {
			t.Error(err)
		}
	})
}

func TestServerEnds(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		s.say(":bob!b@h PRIVMSG me :last words", "ERROR :Closing Link: me (K-Lined)")
		<-c.Done()
		r.expect(t, "msg bob <bob> last words")
		if _, ok := errors.AsType[*bridge.RejectedError](c.Err()); !ok {
			t.Error(c.Err())
		}
	})
}

func TestEndlessLine(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		go s.wire.Write(make([]byte, 100_000))
		<-c.Done()
		if c.Err() == nil {
			t.Error("no error")
		}
	})
}

// What could not be stored is handed over again.
func TestEmitFails(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		r.mu.Lock()
		r.fail = 3
		r.mu.Unlock()
		s.say(":bob!b@h PRIVMSG me :one", ":bob!b@h PRIVMSG me :two")
		time.Sleep(10 * time.Second) // in the bubble
		r.expect(t, "msg bob <bob> one", "msg bob <bob> two")
	})
}

func TestPresenceOut(t *testing.T) {
	playing(t, setting{initial: bridge.Away, away: "away"}, func(t *testing.T, c *Conn, s *script, r *tape) { s.quiet() })
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		for _, step := range []struct {
			p    bridge.Presence
			want string
		}{
			{bridge.Presence{State: bridge.Busy}, "AWAY :busy"},
			{bridge.Presence{State: bridge.BeRightBack}, "AWAY :be right back"},
			{bridge.Presence{State: bridge.Away, Note: "at lunch\r\nQUIT"}, "AWAY :at lunchQUIT"},
			{bridge.Presence{State: bridge.OnPhone, Note: "my mother"}, "AWAY :on the phone: my mother"},
			{bridge.Presence{State: bridge.OnPhone, Note: "my mother", Playing: "♫ Song"}, ""},
			{bridge.Presence{State: bridge.Idle, Playing: "♫ Song\r\n - Singer"}, "AWAY :idle: ♫ Song - Singer"},
			{bridge.Presence{State: bridge.Hidden, Note: "hush", Playing: "♫ Hush"}, "AWAY :not signed in"},
			{bridge.Presence{State: bridge.Online}, "AWAY"},
			{bridge.Presence{State: bridge.Online, Note: "hello", Playing: "♫ Hello"}, ""},
			{bridge.Presence{State: bridge.Offline}, "AWAY :not signed in"},
		} {
			if err := c.SetPresence(t.Context(), step.p); err != nil {
				t.Fatal(err)
			}
			if step.want == "" {
				s.quiet()
				continue
			}
			s.expect(step.want)
		}
		if err := c.SetPresence(t.Context(), bridge.Presence{}); err != nil {
			t.Fatal(err)
		}
		s.quiet()
	})
}

// A nick that the server has cut is the wanted one from then on.
func TestNickCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s, _, err := dialScript(t, testNetwork(t, nil), testLogin("Abcdefghijkl"), func(s *script) {
			s.expect("CAP LS 302", "NICK Abcdefghijkl", "USER me 0 * :Abcdefghijkl")
			s.say(":irc.test 001 Abcdefghi :Welcome")
			s.say(":irc.test 422 Abcdefghi :no MOTD")
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Status(); got != "nick Abcdefghi" {
			t.Error(got)
		}
		time.Sleep(time.Minute) // in the bubble
		s.quiet()
	})
}

// No nick that is tried is accepted: that is for good.
func TestNickNeverAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, _, err := dialScript(t, testNetwork(t, nil), testLogin("me"), func(s *script) {
			s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
			for range 1 + len((&identity{nick: "me"}).alternatives()) {
				s.wire.Write([]byte(":irc.test 432 * x :Erroneous Nickname\r\n"))
			}
		})
		if _, ok := errors.AsType[*bridge.RejectedError](err); !ok {
			t.Error(err)
		}
	})
}

// What a bouncer plays back from before the login is not delivered.
func TestOldMessages(t *testing.T) {
	playing(t, setting{caps: "server-time"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		c.mu.Lock()
		c.login.Since = time.Now().Unix()
		c.mu.Unlock()
		early := func(d time.Duration) string {
			return "@time=" + time.Now().Add(-d).UTC().Format("2006-01-02T15:04:05.000Z") + " :bob!b@h PRIVMSG me :"
		}
		s.say(early(time.Hour)+"old", early(time.Minute)+"the clock is slow")
		r.expect(t, "msg bob <bob> the clock is slow")
	})
}

// Services that insist on another nick have their way in the end.
func TestForcedNick(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		for range maxForced - 1 {
			s.say(":me!ident@host.test NICK Guest1")
			for line := s.next(); line != "NICK me"; line = s.next() {
				s.say(":irc.test 303 Guest1 :")
			}
			s.say(":Guest1!ident@host.test NICK me")
		}
		s.say(":me!ident@host.test NICK Guest1")
		time.Sleep(time.Minute) // in the bubble
		s.quiet()
	})
}

// A password is for SASL. Without that we are not seen on the network at all; it
// may come back with the services.
func TestSASLMissing(t *testing.T) {
	for _, caps := range []string{"server-time", "sasl=EXTERNAL server-time"} {
		synctest.Test(t, func(t *testing.T) {
			login := testLogin("me")
			login.Secret = "hunter2"
			_, s, _, err := dialScript(t, testNetwork(t, nil), login, func(s *script) {
				s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
				s.say(":irc.test CAP * LS :" + caps)
			})
			_, final := errors.AsType[*bridge.RejectedError](err)
			if err == nil || !strings.Contains(err.Error(), "does not offer SASL") || final || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v (final %v)", err, final)
			}
			if line, ok := <-s.lines; ok {
				t.Errorf("went on with %q", line)
			}
		})
	}
}
