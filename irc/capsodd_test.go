package irc

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"msnbridge/bridge"
)

// A server that leaves a list unfinished, and some of what is asked for unanswered, is
// used as far as it goes. What it grants late counts.
func TestCapUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _, err := dialScript(t, testNetwork(t, nil), testLogin("me"), func(s *script) {
			s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
			s.say(":irc.test CAP * LS * :batch server-time echo-message")
			s.expect("CAP REQ batch", "CAP REQ echo-message", "CAP REQ server-time")
			s.say(":irc.test CAP * ACK :batch")
			s.expect("CAP END")
			s.say(":irc.test CAP * ACK :echo-message", ":irc.test 001 me :Welcome")
		})
		if err != nil {
			t.Fatal(err)
		}
		if caps := c.(*Conn).caps; !caps["batch"] || !caps["echo-message"] || caps["server-time"] {
			t.Errorf("%v", caps)
		}
	})
}

// A login that must not be seen without its account is not registered where SASL is
// refused, or not answered.
func TestCapSASLRefused(t *testing.T) {
	for name, answer := range map[string]string{"NAK": ":irc.test CAP * NAK :sasl", "no answer": ""} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				login := testLogin("me")
				login.Secret, login.Keys["sasl"] = "hunter2", "plain"
				_, s, _, err := dialScript(t, testNetwork(t, nil), login, func(s *script) {
					s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
					s.say(":irc.test CAP * LS :sasl")
					s.expect("CAP REQ sasl")
					if answer != "" {
						s.say(answer)
					}
				})
				if _, final := errors.AsType[*bridge.RejectedError](err); err == nil || final {
					t.Errorf("%v", err)
				}
				if line, more := <-s.lines; more {
					t.Errorf("written: %q", line)
				}
			})
		})
	}
}

// Capabilities that come and go while we register are taken as they are in the end.
func TestCapChangesEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, err := dialScript(t, testNetwork(t, nil), testLogin("me"), func(s *script) {
			s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
			s.say(":irc.test CAP * LS :batch echo-message")
			s.expect("CAP REQ batch", "CAP REQ echo-message")
			s.say(":irc.test CAP * ACK :batch", ":irc.test CAP * ACK :echo-message")
			s.expect("CAP END")
			s.say(":irc.test CAP * DEL :echo-message", ":irc.test CAP * NEW :away-notify", ":irc.test 001 me :Welcome")
		})
		if err != nil {
			t.Fatal(err)
		}
		s.expect("CAP REQ away-notify")
	})
}

// What comes and goes all the time is asked for once until that is answered.
func TestCapStorm(t *testing.T) {
	playing(t, setting{caps: "cap-notify"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		for range 200 {
			s.say(":irc.test CAP me NEW :away-notify", ":irc.test CAP me DEL :away-notify")
		}
		s.expect("CAP REQ away-notify")
		s.quiet()
		s.say(":irc.test CAP me NAK :away-notify", ":irc.test CAP me NEW :away-notify")
		s.expect("CAP REQ away-notify")
		s.say(":irc.test CAP me ACK :away-notify")
		synctest.Wait()
		if !c.caps["away-notify"] {
			t.Error("not taken")
		}
	})
}

// The outcome of lines with labels is found out by a fence when the server answers
// labels no more.
func TestLabelsWithdrawn(t *testing.T) {
	playing(t, setting{caps: "batch labeled-response cap-notify"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		one, two := send(t, c, "bob", "one"), send(t, c, "eve", "two")
		s.expect("@label=*", "@label=*")
		s.say(":irc.test CAP me DEL :labeled-response")
		token := s.expect("PING *")
		s.say(":irc.test 401 me eve :No such nick", ":irc.test PONG irc.test "+token)
		if err := <-one; err != nil {
			t.Error(err)
		}
		if f := refusal(t, <-two); f.Unknown {
			t.Errorf("%+v", f)
		}
	})
}

// A text that was to be one batch becomes lines when the server takes no batches any
// more.
func TestMultilineWithdrawn(t *testing.T) {
	caps := "batch message-tags cap-notify draft/multiline=max-bytes=4000,max-lines=3"
	playing(t, setting{caps: caps, config: func(c *Config) { c.Burst = 5 }}, func(t *testing.T, c *Conn, s *script, r *tape) {
		sent := sendLong(t, c, "bob", "1\n2\n3\n4\n\n6")
		s.expect("BATCH +*", "@batch=*", "@batch=*", "@batch=*", "BATCH -*")
		s.say(":irc.test CAP me DEL :draft/multiline")
		l := new(listener)
		if err := l.finish(t, s, sent); err != nil {
			t.Error(err)
		}
		if got := strings.Join(l.got, " "); got != "bob :4 bob :6" {
			t.Errorf("%q", got)
		}
	})
}

// A password is sent in pieces of 400 bytes, and one that fills a piece is followed by
// an empty one (https://ircv3.net/specs/extensions/sasl-3.1).
func TestSASLPieces(t *testing.T) {
	for size, pieces := range map[int]int{291: 2, 290: 2, 287: 1} {
		synctest.Test(t, func(t *testing.T) {
			login := testLogin("me")
			login.Keys["account"] = "acct"
			login.Secret = bridge.Secret(strings.Repeat("x", size))
			_, _, _, err := dialScript(t, testNetwork(t, nil), login, func(s *script) {
				s.expect("CAP LS 302", "NICK me", "USER me 0 * :me")
				s.say(":irc.test CAP * LS :sasl")
				s.expect("CAP REQ sasl")
				s.say(":irc.test CAP * ACK :sasl")
				s.expect("AUTHENTICATE PLAIN")
				s.say("AUTHENTICATE :+")
				first := s.expect("AUTHENTICATE *")
				for range pieces - 1 {
					if len(first) != 400 {
						t.Errorf("a piece of %d", len(first))
					}
					first += strings.TrimPrefix(s.expect("AUTHENTICATE *"), "+")
				}
				if raw, err := base64.StdEncoding.DecodeString(first); err != nil || string(raw) != "acct\x00acct\x00"+login.Secret.Reveal() {
					t.Errorf("%d: %q, %v", size, raw, err)
				}
				s.say(":irc.test 907 me :already")
				s.expect("CAP END")
				s.say(":irc.test 001 me :Welcome")
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
