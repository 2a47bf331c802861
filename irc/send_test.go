package irc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

func refusal(t *testing.T, err error) *bridge.SendError {
	t.Helper()
	failure, ok := errors.AsType[*bridge.SendError](err)
	if !ok {
		t.Fatalf("error %v is no SendError", err)
	}
	return failure
}

func TestSendFence(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		sent := send(t, c, "bob", "hello\r\n\r\n :there\x01\x00")
		s.expect("PRIVMSG bob :hello", "PRIVMSG bob : :there")
		s.fence()
		if err := <-sent; err != nil {
			t.Error(err)
		}
		sent = send(t, c, "bob", "anyone?")
		s.expect("PRIVMSG bob :anyone?", "PING *")
		s.say(":irc.test 401 me bob :No such nick/channel")
		if f := refusal(t, <-sent); f.Unknown || f.Sent != 0 || f.Reason != "No such nick/channel" {
			t.Errorf("%+v", f)
		}
	})
}

// Of three lines the last is refused: the writer is told how much arrived.
func TestSendPartly(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		sent := send(t, c, "bob", "a\nb\nc")
		s.expect("PRIVMSG bob :a", "PRIVMSG bob :b", "PRIVMSG bob :c")
		token := s.expect("PING *")
		s.say(":irc.test 401 me BOB :No such nick", ":irc.test PONG irc.test :"+token)
		if f := refusal(t, <-sent); f.Unknown || f.Sent != 2 || f.Parts != 3 {
			t.Errorf("%+v", f)
		}
	})
}

// Two messages to one person stand before one fence and one is refused: nobody
// knows which.
func TestSendAmbiguous(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		first := send(t, c, "eve", "x")
		s.expect("PRIVMSG eve :x")
		token := s.expect("PING *")
		one, two, other := send(t, c, "bob", "1"), send(t, c, "bob", "2"), send(t, c, "amy", "3")
		for range 3 {
			s.expect("PRIVMSG *")
		}
		s.say(":irc.test PONG irc.test " + token)
		if err := <-first; err != nil {
			t.Error(err)
		}
		token = s.expect("PING *")
		s.say(":irc.test 401 me bob :No such nick", "PONG "+token)
		if f := refusal(t, <-one); !f.Unknown {
			t.Errorf("%+v", f)
		}
		if f := refusal(t, <-two); !f.Unknown {
			t.Errorf("%+v", f)
		}
		if err := <-other; err != nil {
			t.Error(err)
		}
	})
}

func TestSendLabel(t *testing.T) {
	playing(t, setting{caps: "batch labeled-response echo-message message-tags"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		post := func(text string) (label string, sent <-chan error) {
			sent = send(t, c, "bob", text)
			label, rest, _ := strings.Cut(s.expect("@label=*"), " ")
			if rest != "PRIVMSG bob :"+text {
				t.Fatal(rest)
			}
			return label, sent
		}
		label, sent := post("hi")
		s.say("@label=" + label + ";msgid=1 :me!ident@host.test PRIVMSG bob :hi")
		if err := <-sent; err != nil {
			t.Error(err)
		}
		label, sent = post("away?")
		s.say("@label="+label+" :irc.test BATCH +r labeled-response", "@batch=r :irc.test 301 me bob :gone fishing", "@batch=r :me!ident@host.test PRIVMSG bob :away?", ":irc.test BATCH -r")
		if err := <-sent; err != nil {
			t.Error(err)
		}
		label, sent = post("blocked")
		s.say("@label=" + label + " :irc.test 531 me bob :You are not accepted")
		if f := refusal(t, <-sent); f.Unknown || f.Reason != "You are not accepted" {
			t.Errorf("%+v", f)
		}
		label, sent = post("quiet")
		s.say("@label=" + label + " :irc.test ACK")
		if err := <-sent; err != nil {
			t.Error(err)
		}
		s.say(":me!ident@host.test PRIVMSG bob :from my other client")
		r.expect(t, "msg bob <me> from my other client (own)")
	})
}

func TestSendEcho(t *testing.T) {
	playing(t, setting{caps: "echo-message"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		first, second := send(t, c, "bob", "same"), send(t, c, "eve", "same")
		s.expect("PRIVMSG *", "PRIVMSG *")
		s.say(":me!ident@host.test PRIVMSG bob :same", ":irc.test 401 me eve :No such nick")
		if err := <-first; err != nil {
			t.Error(err)
		}
		if f := refusal(t, <-second); f.Unknown {
			t.Errorf("%+v", f)
		}
		third := send(t, c, "bob", "censored")
		s.expect("PRIVMSG bob :censored")
		s.fence() // the echo stays out
		if err := <-third; err != nil {
			t.Error(err)
		}
		r.expect(t)
	})
}

// A server may change what is said; what comes back is still ours, and is not shown
// as said by another client.
func TestSendEchoChanged(t *testing.T) {
	long := strings.Repeat("long ", 60)
	for text, echo := range map[string]string{
		"a damn fine text ":     "a **** fine text",
		"\x02plain\x02  again":  "plain again",
		long:                    long[:250],
		"trailing             ": "trailing",
	} {
		playing(t, setting{caps: "echo-message"}, func(t *testing.T, c *Conn, s *script, r *tape) {
			sent := send(t, c, "bob", text)
			s.expect("PRIVMSG bob :*")
			s.say(":me!ident@host.test PRIVMSG BOB :other words of another client", ":me!ident@host.test PRIVMSG bob :"+echo)
			if err := <-sent; err != nil {
				t.Error(err)
			}
			r.expect(t, "msg bob <me> other words of another client (own)")
		})
	}
}

func TestSendUnknown(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		silent := send(t, c, "bob", "hello?")
		s.expect("PRIVMSG bob :hello?", "PING *")
		if f := refusal(t, <-silent); !f.Unknown || f.Sent != 0 {
			t.Errorf("%+v", f)
		}
		err := c.Send(t.Context(), bridge.Message{Chat: c.n.addr("bob"), Text: "again", Retry: true})
		if f := refusal(t, err); !f.Unknown {
			t.Errorf("%+v", f)
		}
		s.quiet()
		lost := send(t, c, "bob", strings.Repeat("a line\n", 12))
		for range 10 {
			s.expect("PRIVMSG bob :a line")
		}
		s.wire.Close()
		if f := refusal(t, <-lost); !f.Unknown || f.Sent != 10 || f.Parts != 12 {
			t.Errorf("%+v", f)
		}
	})
}

func TestSendNowhere(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		for _, to := range []bridge.Addr{
			c.n.addr("#room"), c.n.addr("a b"), c.n.addr("bob,eve"), c.n.addr(""), c.n.addr(":x"),
			c.n.addr("bob\r\nQUIT"), c.n.addr("$*"), {Network: "other", ID: "bob"},
		} {
			err := c.Send(t.Context(), bridge.Message{Chat: to, Text: "hi"})
			if f := refusal(t, err); f.Unknown {
				t.Errorf("%v: %+v", to, f)
			}
		}
		err := c.Send(t.Context(), bridge.Message{Chat: c.n.addr("bob"), Text: "\n \n"})
		if f := refusal(t, err); f.Unknown {
			t.Errorf("%+v", f)
		}
		s.quiet()
	})
}

// A refused part ends the rest.
func TestFloodStops(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		sent := send(t, c, "bob", strings.Repeat("x\n", 20))
		for range 10 {
			s.expect("PRIVMSG bob :x")
		}
		token := s.expect("PING *")
		for range 10 {
			s.say(":irc.test 401 me bob :No such nick")
		}
		s.say("PONG " + token)
		if f := refusal(t, <-sent); f.Unknown || f.Sent != 0 || f.Parts != 20 {
			t.Errorf("%+v", f)
		}
		time.Sleep(time.Minute) // in the bubble
		s.quiet()
	})
}

// What others receive must fit 512 bytes, whatever our prefix is.
func TestSendLong(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		for _, host := range []string{"h", strings.Repeat("h", 63)} {
			s.say(":irc.test 396 me " + host + " :is now your displayed host")
			text := strings.TrimSpace(strings.Repeat("wörld ", 300))
			sent := send(t, c, "bob", text)
			prefix, got := ":me!ident@"+host+" ", ""
			for {
				line := s.next()
				if token, ok := strings.CutPrefix(line, "PING "); ok {
					s.say("PONG " + token)
					break
				}
				if n := len(prefix + line + "\r\n"); n > 512 || n < 480 && len(got)+len(line) < len(text) {
					t.Errorf("line of %d bytes", n)
				}
				got += strings.TrimPrefix(line, "PRIVMSG bob :")
			}
			if got != text {
				t.Errorf("got %q", got)
			}
			if err := <-sent; err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute) // in the bubble: the bucket fills up
		}
	})
}

func TestEmote(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		sent := make(chan error, 1)
		go func() {
			sent <- c.Send(context.Background(), bridge.Message{Chat: c.n.addr("bob"), Text: "waves\nsmiles", Emote: true})
		}()
		s.expect("PRIVMSG bob :\x01ACTION waves\x01", "PRIVMSG bob :\x01ACTION smiles\x01")
		s.fence()
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
}

// Many messages from many goroutines: all arrive, those to one person in order.
func TestSendMany(t *testing.T) {
	fast := func(c *Config) { c.Interval = time.Millisecond }
	playing(t, setting{config: fast}, func(t *testing.T, c *Conn, s *script, r *tape) {
		const people, each = 5, 40
		results := make(chan error, people)
		for p := range people {
			go func() {
				for i := range each {
					err := c.Send(t.Context(), bridge.Message{Chat: c.n.addr(fmt.Sprint("p", p)), Text: fmt.Sprint(i)})
					if err != nil {
						results <- err
						return
					}
				}
				results <- nil
			}()
		}
		next := map[string]int{}
		for got := 0; got < people*each; {
			line := s.next()
			if token, ok := strings.CutPrefix(line, "PING "); ok {
				s.say("PONG " + token)
				continue
			}
			to, n, _ := strings.Cut(strings.TrimPrefix(line, "PRIVMSG "), " :")
			if n != fmt.Sprint(next[to]) {
				t.Fatalf("%s got %s after %d", to, n, next[to])
			}
			next[to]++
			got++
		}
		for done := 0; done < people; {
			select {
			case err := <-results:
				done++
				if err != nil {
					t.Error(err)
				}
			case line := <-s.lines:
				s.say("PONG " + strings.TrimPrefix(line, "PING "))
			}
		}
	})
}

// How others see us is asked when that decides how a text is divided, once.
func TestAsksHowOthersSeeUs(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		c.mu.Lock()
		c.self.user, c.self.host = "", ""
		c.mu.Unlock()
		sent := make(chan error, 1)
		for _, text := range []string{"short", strings.Repeat("x", 440), strings.Repeat("y", 440)} {
			go func() { sent <- c.Send(t.Context(), bridge.Message{Chat: c.n.addr("bob"), Text: text}) }()
			asked, whole := 0, ""
			for line := s.later(); ; line = s.later() {
				if token, ok := strings.CutPrefix(line, "PING "); ok {
					s.say(":irc.test PONG irc.test " + token)
					break
				}
				if line == "WHO me" {
					asked++
				}
				_, part, _ := strings.Cut(line, "PRIVMSG bob :")
				whole += part
			}
			if err := <-sent; err != nil || whole != text {
				t.Errorf("%d bytes arrived as %d: %v", len(text), len(whole), err)
			}
			if line := text[0] == 'x'; line != (asked == 1) {
				t.Errorf("%.3s: asked %d times", text, asked)
			}
		}
	})
}
