package irc

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"msnbridge/bridge"
)

func TestInbound(t *testing.T) {
	playing(t, setting{caps: "message-tags server-time"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		s.say(
			":Bob!b@h PRIVMSG ME :hello \x02bold\x02 \x0304,01red\x03 \x04ff0000hex\x0f",
			":Bob!b@h PRIVMSG me :caf\xe9 \x80",
			":Bob!b@h PRIVMSG me :\x01ACTION waves\x01",
			":Bob!b@h PRIVMSG me :\x01DCC SEND x 1 2 3\x01",
			":Bob!b@h PRIVMSG #room :not for us",
			":Bob!b@h PRIVMSG me :\x02\x02",
			":irc.test PRIVMSG me :forged",
			":irc.test NOTICE me :*** server",
			":NickServ!services@services. NOTICE me :This nick is registered",
			":Bob!b@h NOTICE me :as a notice",
			"@+typing=active :Bob!b@h TAGMSG me",
			"@+typing=done :Bob!b@h TAGMSG me",
		)
		r.expect(t,
			"msg bob <Bob> hello bold red hex",
			"msg bob <Bob> café €",
			"msg bob <Bob> waves (emote)",
			"remark nickserv NickServ: This nick is registered",
			"msg bob <Bob> as a notice",
			"typing bob")
		s.say("@time=1999-01-02T03:04:05.678Z;msgid=abc :Bob!b@h PRIVMSG me :old")
		m := r.take()[0].(bridge.MessageReceived).Message
		if m.ID != "msgid abc" || !m.Time.Equal(time.Date(1999, 1, 2, 3, 4, 5, 678e6, time.UTC)) || m.From != m.Chat {
			t.Errorf("%+v", m)
		}
	})
}

func TestCTCP(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		s.say(":bob!b@h PRIVMSG me :\x01VERSION\x01", ":bob!b@h PRIVMSG me :\x01PING 12 34\x01", ":bob!b@h PRIVMSG me :\x01TIME")
		s.expect("NOTICE bob :\x01VERSION msnbridge\x01", "NOTICE bob :\x01PING 12 34\x01", "NOTICE bob :\x01TIME *")
		for range 100 {
			s.say(":bob!b@h PRIVMSG me :\x01VERSION\x01")
		}
		s.quiet()
		r.expect(t)
	})
}

func TestMonitor(t *testing.T) {
	playing(t, setting{caps: "away-notify extended-monitor", isupport: "MONITOR=2"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Watch(t.Context(), c.n.who("bob", "eve[x]", "amy")); err != nil {
			t.Fatal(err)
		}
		s.expect("MONITOR + bob,eve[x]", "ISON amy")
		s.say(":irc.test 731 me :bob", ":irc.test 730 me :Eve{X}!e@h", ":irc.test 303 me :")
		s.expect("USERHOST eve[x]")
		s.say(":irc.test 302 me :Eve{X}=-e@h")
		r.expect(t, "presence bob offline", "presence eve[x] online", "presence amy offline", "presence eve[x] away")
		s.say(":Eve{X}!e@h AWAY :at sea", ":Eve{X}!e@h AWAY", ":irc.test 730 me bob!b@h")
		s.expect("USERHOST bob")
		s.say(":irc.test 302 me :bob*=+b@h", ":irc.test 731 me :eve[X]")
		r.expect(t, "presence eve[x] away at sea", "presence eve[x] online", "presence bob online", "presence eve[x] offline")
		// A place becomes free.
		if err := c.Watch(t.Context(), c.n.who("bob", "amy")); err != nil {
			t.Fatal(err)
		}
		s.expect("MONITOR - eve[x]", "MONITOR + amy")
		s.say(":irc.test 734 me 1 amy :Monitor list is full.")
		s.expect("ISON amy")
		s.say(":irc.test 303 me :Amy ")
		r.expect(t, "presence amy online")
	})
}

// Without MONITOR every contact is asked for within a minute, whatever is typed.
func TestRotation(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		var ids, all []string
		for i := range 100 {
			ids = append(ids, fmt.Sprintf("contact%03d", i))
		}
		if err := c.Watch(t.Context(), c.n.who(ids...)); err != nil {
			t.Fatal(err)
		}
		asked := map[string]time.Time{}
		start := time.Now()
		for time.Since(start) < 5*time.Minute {
			line := s.next()
			here := ""
			for nick := range strings.FieldsSeq(strings.ReplaceAll(line, ":", "")) {
				if before, ok := asked[nick]; ok && time.Since(before) > time.Minute {
					t.Fatalf("%s was not asked for in %v", nick, time.Since(before))
				}
				asked[nick] = time.Now()
				if strings.HasSuffix(nick, "5") && strings.HasPrefix(line, "ISON") {
					here += nick + " "
				} else if strings.HasPrefix(line, "USERHOST") && nick != "USERHOST" {
					here += nick + "=-u@h "
				}
			}
			all = append(all, line)
			number := "303"
			if strings.HasPrefix(line, "USERHOST") {
				number = "302"
			}
			if len("PRIVMSG"+here) > 450 {
				t.Fatal("the answer does not fit a line")
			}
			s.say(":irc.test " + number + " me :" + here)
		}
		if n := len(asked); n != 102 {
			t.Errorf("%d names asked for in %d lines", n, len(all))
		}
		got := brief(r.take())
		if n := strings.Count(got, "away"); n != 10 {
			t.Errorf("%d are away:\n%s", n, got)
		}
	})
}

func TestIsonLeaves(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Watch(t.Context(), c.n.who("bob")); err != nil {
			t.Fatal(err)
		}
		s.expect("ISON bob")
		s.say(":irc.test 303 me :Bob")
		s.expect("USERHOST bob")
		s.say(":irc.test 302 me :Bob=+b@h")
		s.expect("USERHOST bob")
		s.say(":irc.test 302 me :")
		s.expect("ISON bob")
		s.say(":irc.test 303 me :bob")
		r.expect(t, "presence bob online", "presence bob offline", "presence bob online")
		s.say(":bob!b@h QUIT :irc.a irc.b")
		r.expect(t, "presence bob offline")
	})
}

func TestReach(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		reach := func(id string) <-chan error {
			got := make(chan error, 1)
			go func() { got <- c.Reach(t.Context(), c.n.addr(id)) }()
			return got
		}
		here := reach("bob")
		s.expect("ISON bob")
		s.say(":irc.test 303 me :BOB")
		if err := <-here; err != nil {
			t.Error(err)
		}
		absent := reach("eve")
		s.expect("ISON eve")
		s.say(":irc.test 303 me :")
		if err := <-absent; !errors.Is(err, bridge.ErrNoSuchPerson) {
			t.Error(err)
		}
		start := time.Now()
		if err := <-reach("amy"); err == nil || time.Since(start) != reachTime {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if err := <-reach("a b"); !errors.Is(err, bridge.ErrNoSuchPerson) {
			t.Error(err)
		}
	})
}

// Whoever opens a window does not wait for what is being sent elsewhere.
func TestReachInFlood(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		for _, nick := range []string{"amy", "bob", "cid"} {
			send(t, c, nick, strings.Repeat("a line\n", 6))
		}
		synctest.Wait()
		for len(s.lines) > 0 {
			s.next() // what goes at once
		}
		found := make(chan error, 1)
		go func() { found <- c.Reach(t.Context(), c.n.addr("eve")) }()
		s.expect("ISON eve")
		s.say(":irc.test 303 me :eve")
		if err := <-found; err != nil {
			t.Error(err)
		}
	})
}

// Two nicks that turn out to be one are one person, watched and asked for once.
func TestFoldedIntoOne(t *testing.T) {
	people := newPeople()
	people.index(foldings["ascii"])
	talked, watched := &person{}, &person{}
	for nick, p := range map[string]*person{"a{": talked, "a[": watched} {
		p.chat.ID = nick
		people.put(p)
	}
	talked.talked = time.Now()
	watched.watched, watched.regain = append(watched.watched, watched.chat), true
	people.watch = []*person{watched}
	people.index(foldings["rfc1459"])
	if len(people.byNick) != 1 || len(people.watch) != 1 {
		t.Fatalf("%d people, %d watched", len(people.byNick), len(people.watch))
	}
	one := people.byNick["a{"]
	if people.watch[0] != one || len(one.watched) != 1 || !one.regain || !one.open() {
		t.Errorf("%+v", one)
	}
}

func TestAddContact(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		got, err := c.AddContact(t.Context(), c.n.addr("bob"))
		if err != nil || got.Name != "bob" {
			t.Error(got, err)
		}
		if _, err := c.AddContact(t.Context(), c.n.addr("b,b")); !errors.Is(err, bridge.ErrNoSuchPerson) {
			t.Error(err)
		}
	})
}

func TestRename(t *testing.T) {
	playing(t, setting{isupport: "MONITOR=10"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Watch(t.Context(), c.n.who("bob")); err != nil {
			t.Fatal(err)
		}
		s.expect("MONITOR + bob")
		s.say(":irc.test 730 me :bob!b@h")
		s.expect("USERHOST bob")
		s.say(":irc.test 302 me :bob=+b@h", ":bob!b@h PRIVMSG me :hi", ":bob!b@h NICK Bobby", ":irc.test 731 me :bob", ":Bobby!b@h PRIVMSG me :it is me")
		r.expect(t, "presence bob online", "msg bob <bob> hi", "remark bob bob is now known as Bobby", "presence bob offline", "msg bob <Bobby> it is me")
		sent := send(t, c, "bob", "welcome")
		s.expect("PRIVMSG Bobby :welcome")
		s.fence()
		if err := <-sent; err != nil {
			t.Error(err)
		}
		// Another person takes the old nick, and is told apart.
		s.say(":irc.test 730 me :bob!other@elsewhere")
		s.expect("USERHOST bob")
		s.say(":irc.test 302 me :bob=+other@elsewhere", ":bob!other@elsewhere PRIVMSG me :hello")
		r.expect(t, "remark bob another person now uses the nick bob; what you write here still goes to Bobby",
			"presence bob online", "msg bob <bob (another person)> hello")
		sent = send(t, c, "bob", "who was that")
		s.expect("PRIVMSG Bobby :who was that")
		s.fence()
		<-sent
		// The conversation is opened anew, with whoever has the nick now.
		reached := make(chan error, 1)
		go func() { reached <- c.Reach(t.Context(), c.n.addr("bob")) }()
		s.expect("ISON :bob Bobby")
		s.say(":irc.test 303 me :bob Bobby")
		if err := <-reached; err != nil {
			t.Error(err)
		}
		r.expect(t, "remark bob this conversation is with bob now, not with Bobby")
		send(t, c, "bob", "hello bob")
		s.expect("PRIVMSG bob :hello bob")
	})
}

func TestRenameEnds(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		s.say(":bob!b@h PRIVMSG me :hi", ":bob!b@h NICK x", ":x!b@h NICK BOB", ":BOB!b@h PRIVMSG me :back")
		r.expect(t, "msg bob <bob> hi", "remark bob bob is now known as x", "remark bob x is called BOB again", "msg bob <BOB> back")
		s.say(":BOB!b@h NICK y", ":y!b@h QUIT :bye", ":bob!z@z PRIVMSG me :new here")
		r.expect(t, "remark bob BOB is now known as y", "remark bob y has left IRC", "msg bob <bob> new here")
		s.say(":bob!z@z NICK w", ":bob!z@z PRIVMSG me :came back unseen")
		r.expect(t, "remark bob bob is now known as w", "remark bob w is called bob again", "msg bob <bob> came back unseen")
		s.say(":stranger!s@h NICK somebody", ":bob!z@z NICK v")
		synctest.Wait()
		sent := send(t, c, "bob", "there?")
		s.expect("PRIVMSG v :there?", "PING *")
		s.say(":irc.test 401 me v :No such nick")
		refusal(t, <-sent)
		r.expect(t, "remark bob bob is now known as v", "remark bob v has left IRC")
	})
}

func TestRegain(t *testing.T) {
	playing(t, setting{isupport: "MONITOR=5"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		s.say(":me!ident@host.test NICK me_") // services took it
		s.expect("MONITOR + me")
		if got := c.Status(); !strings.Contains(got, "me_") {
			t.Error(got)
		}
		s.say(":irc.test 730 me_ :me!x@y")
		s.expect("USERHOST me")
		s.say(":irc.test 302 me_ :me=+x@y", ":irc.test 731 me_ :me")
		s.expect("NICK me")
		s.say(":irc.test 437 me_ me :Nick/channel is temporarily unavailable")
		s.expect("MONITOR - me", "ISON me")
		time.Sleep(time.Minute) // in the bubble: the answer is late
		s.say(":irc.test 303 me_ :")
		for line := s.next(); line != "NICK me"; line = s.next() {
			if line == "ISON me" {
				s.say(":irc.test 303 me_ :")
			}
		}
		s.say(":me_!ident@host.test NICK me")
		r.expect(t)
		if got := c.Status(); got != "nick me" {
			t.Error(got)
		}
	})
}

func TestTyping(t *testing.T) {
	playing(t, setting{caps: "message-tags"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		typing := func(on bool) {
			if err := c.SetTyping(t.Context(), c.n.addr("bob"), on); err != nil {
				t.Fatal(err)
			}
		}
		typing(false)
		typing(true)
		s.expect("@+typing=active TAGMSG bob")
		typing(false)
		s.expect("@+typing=done TAGMSG bob")
		c.SetPresence(t.Context(), bridge.Presence{State: bridge.Hidden})
		s.expect("AWAY *")
		typing(true)
		s.quiet()
		s.say(":irc.test 005 me CLIENTTAGDENY=*,-draft/react :are supported")
		c.SetPresence(t.Context(), bridge.Presence{State: bridge.Online})
		s.expect("AWAY")
		typing(true)
		s.quiet()
	})
}

// A hundred who are there, on a server that tells nothing by itself, are each
// asked for within a minute, also by somebody who talks all the time.
func TestRotationOfPresent(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		var ids []string
		asked := map[string]time.Time{}
		for i := range 100 {
			ids = append(ids, fmt.Sprintf("contact%03d", i))
			asked[ids[i]] = time.Now()
		}
		if err := c.Watch(t.Context(), c.n.who(ids...)); err != nil {
			t.Fatal(err)
		}
		said := time.Now()
		for start := said; time.Since(start) < 5*time.Minute; {
			if time.Since(said) >= 8*time.Second {
				said = time.Now()
				send(t, c, "friend", "hello")
			}
			s.present(asked)
			for nick, at := range asked {
				if time.Since(at) > time.Minute {
					t.Fatalf("%s was not asked for in %v", nick, time.Since(at))
				}
			}
		}
	})
}

// present answers the next line as if everybody were there, and notes who was asked for.
func (s *script) present(asked map[string]time.Time) {
	command, rest, _ := strings.Cut(strings.ReplaceAll(s.next(), ":", ""), " ")
	here := ""
	switch command {
	case "PING":
		s.say(":irc.test PONG irc.test " + rest)
		return
	case "ISON":
		s.say(":irc.test 303 me :" + rest)
	case "USERHOST":
		for nick := range strings.FieldsSeq(rest) {
			here += nick + "=+u@h "
		}
		s.say(":irc.test 302 me :" + here)
	default:
		return
	}
	for nick := range strings.FieldsSeq(rest) {
		asked[nick] = time.Now()
	}
}
