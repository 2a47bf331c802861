package irc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// Channels that are named are entered, as many in a line as the server takes, and
// left when they are not named any more.
func TestWatchRooms(t *testing.T) {
	playing(t, setting{isupport: "TARGMAX=JOIN:2,PART:2 CHANTYPES=# CHANNELLEN=20"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Watch(t.Context(), c.n.who("#a", "#b", "#c", "&d", "#"+strings.Repeat("e", 30))); err != nil {
			t.Fatal(err)
		}
		s.expect("JOIN #a,#b", "JOIN #c")
		r.expect(t, "presence &d away this network has no channels of such a name",
			"presence #"+strings.Repeat("e", 30)+" away this network has no channels of such a name")
		s.say(":me!i@h JOIN #A", ":me!i@h JOIN :#b", ":me!i@h JOIN #c * :real name")
		r.expect(t, "presence #a online", "presence #b online", "presence #c online")
		if err := c.Watch(t.Context(), c.n.who("#c")); err != nil {
			t.Fatal(err)
		}
		s.expect("PART #A,#b")
		s.say(":me!i@h PART #A", ":me!i@h PART #b :bye")
		r.expect(t, "presence #a offline", "presence #b offline")
		s.quiet()
		if n := len(c.channels.all); n != 1 {
			t.Errorf("%d channels are left over", n)
		}
	})
}

// Of a channel that was not named nothing is told, and it is not left.
func TestForcedIn(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		s.say(entry("#Home", "bob")...)
		r.expect(t, "found #home #Home", "presence #home online")
		if err := c.Watch(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		s.quiet()
		if err := c.Watch(t.Context(), c.n.who("#home")); err != nil {
			t.Fatal(err)
		}
		r.expect(t, "presence #home online")
		if err := c.RemoveContact(t.Context(), c.n.addr("#home")); err != nil {
			t.Fatal(err)
		}
		s.expect("PART #Home")
	})
}

func TestRefusedEntry(t *testing.T) {
	for line, want := range map[string]string{
		"403 me #go :No such channel":                         "there is no such channel",
		"405 me #go :You have joined too many channels":       "you are in too many channels",
		"437 me #go :Nick/channel is temporarily unavailable": "the channel is unavailable just now",
		"471 me #go :Cannot join channel (+l)":                "full",
		"473 me #go :Cannot join channel (+i)":                "invite only",
		"474 me #GO :Cannot join channel (+b)":                "banned",
		"475 me #go :Cannot join channel (+k)":                "needs a key",
		"476 me #go :Bad Channel Mask":                        "the network does not accept this name",
		"477 me #go :You need a registered nick":              "only for registered nicks",
		"489 me #go :Secure connection required":              "only for encrypted connections",
		"520 me #go :Opers only":                              "only for operators of the network",
		"499 me #go :\x02Something\x02 else":                  "Something else",
		"470 me #go ##go :Forwarding to another channel":      "forwards to ##go",
		"FAIL JOIN NOPE #go :Not today":                       "Not today",
	} {
		t.Run(want, func(t *testing.T) {
			playing(t, setting{caps: "standard-replies"}, func(t *testing.T, c *Conn, s *script, r *tape) {
				if err := c.Watch(t.Context(), c.n.who("#go")); err != nil {
					t.Fatal(err)
				}
				s.expect("JOIN #go")
				s.say(":irc.test " + line)
				r.expect(t, "presence #go away "+want)
				if err := c.Reach(t.Context(), c.n.addr("#go")); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("reach: %v", err)
				}
				err := <-send(t, c, "#go", "hello")
				if f := refusal(t, err); f.Unknown || !strings.Contains(f.Reason, want) {
					t.Errorf("send: %+v", f)
				}
				s.quiet()
				start := time.Now()
				if line := s.later(); line != "JOIN #go" {
					t.Fatal(line)
				}
				if waited := time.Since(start); waited < 19*time.Second || waited > 70*time.Second {
					t.Errorf("tried again after %v", waited)
				}
			})
		})
	}
}

// The gaps grow, and an invitation ends them.
func TestRefusedAgain(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Watch(t.Context(), c.n.who("#go")); err != nil {
			t.Fatal(err)
		}
		last := time.Now()
		for _, gap := range []time.Duration{0, 1, 5, 15, 30, 60, 60} {
			if line := s.later(); line != "JOIN #go" {
				t.Fatal(line)
			}
			if waited := time.Since(last); waited < gap*time.Minute || waited > gap*time.Minute*11/10+time.Second {
				t.Errorf("tried after %v, want %v", waited, gap*time.Minute)
			}
			last = time.Now()
			s.say(":irc.test 474 me #go :Cannot join channel (+b)")
		}
		r.expect(t, "presence #go away banned")
		s.say(":op!o@h INVITE me :#go")
		s.expect("JOIN #go")
		s.say(entry("#go")...)
		r.expect(t, "presence #go online")
	})
}

// A server that says nothing is not waited for without end.
func TestEntryUnanswered(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Watch(t.Context(), c.n.who("#go")); err != nil {
			t.Fatal(err)
		}
		s.expect("JOIN #go")
		if line := s.later(); line != "JOIN #go" {
			t.Fatal(line)
		}
		r.expect(t, "presence #go away the server does not answer")
	})
}

// A forward is not followed.
func TestForward(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Watch(t.Context(), c.n.who("#go")); err != nil {
			t.Fatal(err)
		}
		s.expect("JOIN #go")
		s.say(":irc.test 470 me #go ##Overflow :Forwarding to another channel")
		s.say(entry("##Overflow", "bob")...)
		s.expect("PART ##Overflow")
		s.say(":me!i@h PART ##Overflow")
		r.expect(t, "presence #go away forwards to ##Overflow", "presence ##overflow offline")
	})
}

// Whoever kicks us has peace for a while.
func TestKicked(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		open(t, c, s, r, "#go", 20, "bob")
		s.say(":bob!b@h KICK #go me :be\x02have")
		r.expect(t, "remark #go bob has kicked you: behave", "presence #go away kicked by bob: behave")
		start := time.Now()
		if line := s.later(); line != "JOIN #go" || time.Since(start) < time.Minute {
			t.Errorf("%q after %v", line, time.Since(start))
		}
		s.say(entry("#go")...)
		s.say(":irc.test KICK #go me")
		r.expect(t, "presence #go online", "presence #go away kicked by irc.test")
		start = time.Now()
		if line := s.later(); line != "JOIN #go" || time.Since(start) < 5*time.Minute {
			t.Errorf("%q after %v", line, time.Since(start))
		}
		s.say(entry("#go")...)
		s.say(":me!i@h PART #go") // by services
		r.expect(t, "presence #go online", "presence #go away taken out of the channel")
		s.quiet()
	})
}

func join(t *testing.T, c *Conn, room, key string) <-chan error {
	t.Helper()
	got := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		_, err := c.Join(ctx, c.n.addr(room), key)
		got <- err
	}()
	return got
}

func TestJoin(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		refused := join(t, c, "#go", "")
		s.expect("JOIN #go")
		s.say(":irc.test 475 me #go :Cannot join channel (+k)")
		if err := <-refused; err == nil || err.Error() != "#go: needs a key" {
			t.Error(err)
		}
		wrong := join(t, c, "#go", "guess")
		s.expect("JOIN #go guess")
		s.say(":irc.test 475 me #go :Cannot join channel (+k)")
		if err := <-wrong; err == nil || err.Error() != "#go: wrong key" {
			t.Error(err)
		}
		right := join(t, c, "#go", "secret")
		s.expect("JOIN #go secret")
		s.say(entry("#go")...)
		if err := <-right; err != nil {
			t.Error(err)
		}
		if err := <-join(t, c, "#go", ""); err != nil {
			t.Error(err)
		}
		lost := join(t, c, "#other", "")
		s.expect("JOIN #other")
		if err := <-lost; !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		for _, key := range []string{"a b", "a,b", ":a", "a\r\nQUIT", strings.Repeat("x", 100), "a\x00"} {
			if err := <-join(t, c, "#go", key); err == nil {
				t.Errorf("%q is taken as a key", key)
			}
		}
		for _, room := range []string{"bob", "#", "#a b", "#a,#b", "0", "#a\r\nQUIT"} {
			if err := <-join(t, c, room, ""); err == nil {
				t.Errorf("%q was entered", room)
			}
		}
		s.quiet()
	})
}

// A key that was right serves the next connection, until the channel is removed or
// has another one.
func TestKeysAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, login := testNetwork(t, nil), testLogin("me")
		state := new(bridgetest.State)
		login.State = state
		connect := func() (*Conn, *script) {
			c, s, _, err := dialScript(t, n, login, func(s *script) { welcome(s, setting{isupport: "TARGMAX=JOIN:9"}) })
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			return c.(*Conn), s
		}
		c, s := connect()
		for _, room := range []string{"#a", "#b"} {
			joined := join(t, c, room, "key"+room[1:])
			s.expect("JOIN " + room + " key" + room[1:])
			s.say(entry(room)...)
			if err := <-joined; err != nil {
				t.Fatal(err)
			}
		}
		s.say(":op!o@h MODE #b +ok op other", ":op!o@h MODE #b +k *")
		synctest.Wait()
		s.wire.Close()
		<-c.Done()
		c, s = connect()
		if err := c.Watch(t.Context(), n.who("#open", "#a", "#b")); err != nil {
			t.Fatal(err)
		}
		s.expect("JOIN #a,#b,#open keya,other")
		if err := c.RemoveContact(t.Context(), n.addr("#a")); err != nil {
			t.Fatal(err)
		}
		if keys, _ := state.Keys(t.Context(), "key/"); fmt.Sprint(keys) != "[key/#b]" {
			t.Error(keys)
		}
	})
}

// What is said while a channel is being entered waits for that.
func TestSendWaitsForEntry(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		sent := send(t, c, "#go", "hello")
		synctest.Wait()
		if err := c.Watch(t.Context(), c.n.who("#go")); err != nil {
			t.Fatal(err)
		}
		s.expect("JOIN #go")
		s.quiet()
		s.say(entry("#Go")...)
		s.expect("PRIVMSG #Go :hello")
		s.fence()
		if err := <-sent; err != nil {
			t.Error(err)
		}
		kicked := send(t, c, "#go", "more")
		s.expect("PRIVMSG #Go :more")
		s.say(":irc.test 404 me #go :Cannot send to channel")
		if f := refusal(t, <-kicked); f.Unknown || f.Reason != "Cannot send to channel" {
			t.Errorf("%+v", f)
		}
		start := time.Now()
		if f := refusal(t, <-send(t, c, "#other", "hello")); f.Unknown || time.Since(start) > 0 {
			t.Errorf("%+v after %v", f, time.Since(start))
		}
	})
}

// Many channels do not keep a message from being sent.
func TestEntryIsFair(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		var rooms []string
		for i := range 100 {
			rooms = append(rooms, fmt.Sprintf("#room%d", i))
		}
		if err := c.Watch(t.Context(), c.n.who(rooms...)); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			s.next()
		}
		start := time.Now()
		sent := send(t, c, "bob", "hello")
		for line := s.next(); line != "PRIVMSG bob :hello"; line = s.next() {
		}
		if waited := time.Since(start); waited > 5*time.Second {
			t.Errorf("waited %v", waited)
		}
		for line := s.next(); ; line = s.next() {
			if token, ok := strings.CutPrefix(line, "PING "); ok {
				s.say(":irc.test PONG irc.test " + token)
				break
			}
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
}

func TestChanLimit(t *testing.T) {
	playing(t, setting{isupport: "CHANLIMIT=#:2,&:"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Watch(t.Context(), c.n.who("#a", "#b", "#c", "&d")); err != nil {
			t.Fatal(err)
		}
		s.expect("JOIN #a", "JOIN #b", "JOIN &d")
		s.quiet()
		r.expect(t, "presence #c away you are in too many channels")
	})
}

func TestAddRoom(t *testing.T) {
	playing(t, setting{isupport: "CHANTYPES=#"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		for _, name := range []string{"&local", "#" + strings.Repeat("x", 300), "#"} {
			if _, err := c.AddContact(t.Context(), c.n.addr(name)); !errors.Is(err, bridge.ErrNoSuchPerson) {
				t.Errorf("%s: %v", name, err)
			}
		}
		got, err := c.AddContact(t.Context(), c.n.addr("#go"))
		if err != nil || got.Name != "#go" || got.Addr != c.n.addr("#go") {
			t.Error(got, err)
		}
		s.expect("JOIN #go")
	})
}

// Who has put us into a channel may take us out again.
func TestForcedOut(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		s.say(entry("#a")...)
		s.say(entry("#b")...)
		s.say(":me!i@h PART #a", ":op!o@h KICK #b me :bye")
		r.expect(t, "found #a #a", "presence #a online", "found #b #b", "presence #b online",
			"presence #a offline", "presence #b away kicked by op: bye")
		s.idle(2 * time.Hour)
		if n := len(c.channels.all); n != 0 {
			t.Errorf("%d channels are left over", n)
		}
	})
}

// A login opens the channels that were closed to those without an account.
func TestEnterAsKnown(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Watch(t.Context(), c.n.who("#go", "#other")); err != nil {
			t.Fatal(err)
		}
		s.expect("JOIN #go", "JOIN #other")
		s.say(":irc.test 477 me #go :You need a registered nick to join that channel.", ":irc.test 474 me #other :banned")
		s.say(":irc.test 900 me me!i@h acct :You are now logged in")
		s.expect("JOIN #go")
		s.quiet()
	})
}

// Whoever invites us to where we are banned cannot have us try without end.
func TestInvitedWhereRefused(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Watch(t.Context(), c.n.who("#go")); err != nil {
			t.Fatal(err)
		}
		s.expect("JOIN #go")
		tries := 0
		s.say(":irc.test 474 me #go :banned")
		for range 100 {
			s.say(":op!o@h INVITE me #go")
			synctest.Wait()
			for len(s.lines) > 0 {
				s.expect("JOIN #go")
				s.say(":irc.test 474 me #go :banned")
				tries++
			}
		}
		if tries != 5 {
			t.Errorf("tried %d times", tries)
		}
	})
}
