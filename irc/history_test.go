package irc

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

const historyCaps = "batch message-tags server-time draft/chathistory"

// before is up to when all was known; said makes a line of the past, so many
// seconds later.
var before = time.Date(1999, 12, 31, 23, 0, 0, 0, time.UTC)

func said(ref, id string, second int, line string) string {
	at := before.Add(time.Duration(second) * time.Second)
	return fmt.Sprintf("@batch=%s;time=%s;msgid=%s %s", ref, stamp(at), id, line)
}

// comingBack runs test with a login that was connected before.
func comingBack(t *testing.T, isupport string, rooms map[string]time.Time, test func(t *testing.T, c *Conn, s *script, r *tape, state bridge.LoginState)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		login := testLogin("me")
		login.State = new(bridgetest.State)
		value, _ := json.Marshal(known{UpTo: before, Rooms: rooms})
		if err := login.State.Put(t.Context(), toldKey, value); err != nil {
			t.Fatal(err)
		}
		c, s, r, err := dialScript(t, testNetwork(t, nil), login, func(s *script) {
			welcome(s, setting{caps: historyCaps, isupport: isupport})
		})
		if err != nil {
			t.Fatal(err)
		}
		test(t, c.(*Conn), s, r, login.State)
	})
}

func kept(t *testing.T, state bridge.LoginState) known {
	t.Helper()
	value, err := state.Get(context.Background(), toldKey)
	if err != nil || value == nil {
		t.Fatalf("%q, %v", value, err)
	}
	var k known
	if err := json.Unmarshal(value, &k); err != nil {
		t.Fatal(err)
	}
	return k
}

// What was said in the gap comes before what is said now, and once.
func TestHistory(t *testing.T) {
	comingBack(t, "CHATHISTORY=2", nil, func(t *testing.T, c *Conn, s *script, r *tape, state bridge.LoginState) {
		from := stamp(before.Add(-slack))
		s.expect("CHATHISTORY TARGETS timestamp=" + from + " timestamp=2000-01-01T00:01:00.000Z 2")
		s.say(said("x", "live1", 3599, ":bob!b@h PRIVMSG me :four"), said("x", "live2", 3600, ":bob!b@h PRIVMSG me :five"), said("x", "live3", 3600, ":amy!a@h PRIVMSG me :hello"))
		r.expect(t)
		s.say(":irc BATCH +t draft/chathistory-targets", "@batch=t CHATHISTORY TARGETS bob "+stamp(before), "@batch=t CHATHISTORY TARGETS #chan x",
			"@batch=t CHATHISTORY TARGETS eve x", "@batch=t CHATHISTORY TARGETS me x", "@batch=t CHATHISTORY", ":irc BATCH -t")
		r.expect(t, "msg amy <amy> hello")
		s.expect("CHATHISTORY AFTER bob timestamp=" + from + " 2")
		s.say(":irc BATCH +1 chathistory bob", said("1", "m0", -5, ":me!i@h PRIVMSG bob :known"), said("1", "m1", 10, ":bob!b@h PRIVMSG me :one"), "BATCH -1")
		r.expect(t, "msg bob <bob> one")
		s.expect("CHATHISTORY AFTER bob timestamp=" + stamp(before.Add(10*time.Second-time.Millisecond)) + " 2")
		s.say(":irc BATCH +2 chathistory Bob", said("2", "m1", 10, ":bob!b@h PRIVMSG me :one"), said("2", "m2", 11, ":me!i@h PRIVMSG bob :two (from my phone)"), ":irc BATCH -2")
		r.expect(t, "msg bob <me> two (from my phone) (own)")
		s.expect("CHATHISTORY AFTER bob timestamp=" + stamp(before.Add(11*time.Second-time.Millisecond)) + " 2")
		if k := kept(t, state); !k.UpTo.Equal(before) {
			t.Errorf("kept %v before all is known", k.UpTo)
		}
		s.say(":irc BATCH +3 chathistory bob", said("3", "live1", 3599, ":bob!b@h PRIVMSG me :four"), ":irc BATCH -3")
		r.expect(t, "msg bob <bob> four", "msg bob <bob> five")
		s.expect("CHATHISTORY AFTER eve timestamp=" + from + " 2")
		s.say(":irc FAIL CHATHISTORY INVALID_TARGET AFTER eve :no")
		s.say(said("x", "live4", 3601, ":eve!e@h PRIVMSG me :now"))
		r.expect(t, "msg eve <eve> now")
		go c.Close()
		s.expect("QUIT *")
		s.wire.Close()
		<-c.Done()
		if k := kept(t, state); !k.UpTo.Equal(before.Add(3601 * time.Second)) {
			t.Errorf("kept %v", k.UpTo)
		}
	})
}

// A channel is asked for when it is entered again, and not the first time.
func TestHistoryOfChannel(t *testing.T) {
	rooms := map[string]time.Time{"#chan": before.Add(-time.Hour)}
	comingBack(t, "", rooms, func(t *testing.T, c *Conn, s *script, r *tape, state bridge.LoginState) {
		s.expect("CHATHISTORY TARGETS *")
		s.say(":irc BATCH +t draft/chathistory-targets", ":irc BATCH -t")
		chat, other := c.n.addr("#chan"), c.n.addr("#new")
		c.mu.Lock()
		c.enteredRoom(chat, "#Chan")
		c.enteredRoom(other, "#new")
		for _, id := range []string{"a", "b"} {
			c.tell(bridge.MessageReceived{Message: bridge.Message{ID: "msgid " + id, Chat: chat, Text: "live " + id}})
		}
		c.tell(bridge.MessageReceived{Message: bridge.Message{Chat: other, Text: "new"}})
		c.mu.Unlock()
		r.expect(t, "msg #new <> new")
		s.expect("CHATHISTORY AFTER #Chan timestamp=" + stamp(before.Add(-time.Hour-slack)) + " 100")
		s.say(":irc BATCH +1 chathistory #chan", said("1", "o", -4000, ":bob!b@h PRIVMSG #chan :told before"),
			said("1", "z", -3599, ":bob!b@h PRIVMSG #chan :me?"), said("1", "a", 0, ":eve!e@h PRIVMSG #chan :live a"), ":irc BATCH -1")
		evs := r.take()
		if got := brief(evs); got != "msg #chan <bob> told before\nmsg #chan <bob> me? (mention)\nmsg #chan <eve> live a\nmsg #chan <> live b" {
			t.Fatal(got)
		}
		if m := evs[1].(bridge.MessageReceived).Message; m.Chat != chat || m.From != c.n.addr("bob") {
			t.Errorf("%+v", m)
		}
		s.say(said("x", "live", 10, ":irc NOTICE me :hi"))
		synctest.Wait()
		c.mu.Lock()
		c.leftRoom(other, false)
		c.leftRoom(chat, true)
		c.mu.Unlock()
		s.say(said("x", "live", 20, ":irc NOTICE me :hi"))
		s.wire.Close()
		<-c.Done()
		k := kept(t, state)
		if at, ok := k.Rooms["#chan"]; !ok || !at.Equal(before.Add(10*time.Second)) || len(k.Rooms) != 1 {
			t.Errorf("%+v", k)
		}
	})
}

// A server that never answers, or tells without end, holds nothing up for long.
func TestHistoryHostile(t *testing.T) {
	comingBack(t, "", nil, func(t *testing.T, c *Conn, s *script, r *tape, state bridge.LoginState) {
		s.expect("CHATHISTORY TARGETS *")
		s.say(":bob!b@h PRIVMSG me :waits")
		r.expect(t)
		time.Sleep(historyTime) // in the bubble
		r.expect(t, "msg bob <bob> waits")
		s.say(":bob!b@h PRIVMSG me :does not")
		r.expect(t, "msg bob <bob> does not")
	})
	comingBack(t, "CHATHISTORY=1", nil, func(t *testing.T, c *Conn, s *script, r *tape, state bridge.LoginState) {
		s.expect("CHATHISTORY TARGETS *")
		s.say(":irc BATCH +t draft/chathistory-targets", "@batch=t CHATHISTORY TARGETS bob x", ":irc BATCH -t")
		for i := range 1000 {
			line := s.next()
			s.say(":irc BATCH +1 chathistory bob", said("1", fmt.Sprint(i), i, ":bob!b@h PRIVMSG me :again"), ":irc BATCH -1")
			if strings.Contains(line, "LATEST") {
				break
			}
			if i > historyPages {
				t.Fatalf("asked for %d pages", i)
			}
		}
		if got := brief(r.take()); !strings.HasSuffix(got, "only the newest is shown)") || strings.Count(got, "again") != historyPages+1 {
			t.Error(got)
		}
		s.say(":bob!b@h PRIVMSG me :now", ":irc BATCH +1 chathistory bob", said("1", "z", 99, ":bob!b@h PRIVMSG me :unasked"), ":irc BATCH -1")
		r.expect(t, "msg bob <bob> now")
		for range 2 * maxAwaiting {
			s.say(":irc BATCH +t draft/chathistory-targets", "@batch=t CHATHISTORY TARGETS bob x", ":irc BATCH -t")
		}
		s.quiet()
	})
}

// A server that repeats of its own what was said, to those who enter (InspIRCd's
// chanhistory), is heard by who was there before.
func TestReplay(t *testing.T) {
	playing(t, setting{caps: "batch server-time"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		replay := func() {
			s.say(":irc BATCH +1 chathistory #chan", said("1", "", -1, ":bob!b@h PRIVMSG #chan :old"), said("1", "", 1, ":bob!b@h PRIVMSG #chan :new"), ":irc BATCH -1")
		}
		c.mu.Lock()
		c.enteredRoom(c.n.addr("#chan"), "#chan")
		c.mu.Unlock()
		replay()
		r.expect(t)
		c.mu.Lock()
		c.history.upTo = before
		c.leftRoom(c.n.addr("#chan"), true)
		c.enteredRoom(c.n.addr("#chan"), "#chan")
		c.mu.Unlock()
		replay()
		r.expect(t, "msg #chan <bob> new")
		replay()
		r.expect(t)
	})
}

// A channel that is entered again: what was said meanwhile comes first, with the
// mentions marked, and one that is left for good is forgotten.
func TestHistoryAfterJoin(t *testing.T) {
	rooms := map[string]time.Time{"#go": before, "#gone": before}
	comingBack(t, "", rooms, func(t *testing.T, c *Conn, s *script, r *tape, state bridge.LoginState) {
		chat := c.n.addr("#go")
		c.Watch(t.Context(), []bridge.Addr{chat})
		s.expect("CHATHISTORY TARGETS *")
		s.say(":irc BATCH +t draft/chathistory-targets", ":irc BATCH -t")
		s.expect("JOIN #go")
		s.say(":me!i@h JOIN #Go", ":irc.test 353 me = #Go :me bob", ":irc.test 366 me #Go :End")
		s.say(said("x", "l1", 70, ":bob!b@h PRIVMSG #Go :live"))
		s.expect("CHATHISTORY AFTER #Go timestamp=" + stamp(before.Add(-slack)) + " 100")
		s.say(":irc BATCH +1 chathistory #Go", said("1", "m1", 60, ":bob!b@h PRIVMSG #Go :me: are you there?"),
			said("1", "m2", 61, ":bob!b@h BATCH +2 draft/multiline #Go"), "@batch=2 :bob!b@h PRIVMSG #Go :two", "@batch=2 :bob!b@h PRIVMSG #Go :lines", "BATCH -2",
			said("1", "m3", 62, ":me!i@h PRIVMSG #Go :mine"), said("1", "l1", 70, ":bob!b@h PRIVMSG #Go :live"), ":irc BATCH -1")
		var lines []string
		for _, ev := range r.take() {
			if ev, ok := ev.(bridge.MessageReceived); ok {
				lines = append(lines, fmt.Sprintf("%s %v %v", ev.Message.Text, ev.Message.Mention, ev.Message.Own))
			}
		}
		want := "me: are you there? true false|two\nlines false false|mine false true|live false false"
		if got := strings.Join(lines, "|"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		go c.RemoveContact(t.Context(), chat)
		s.expect("PART #Go*")
		s.say(":me!i@h PART #Go")
		synctest.Wait()
		s.wire.Close()
		<-c.Done()
		if k := kept(t, state); len(k.Rooms) != 0 {
			t.Errorf("%+v", k)
		}
	})
}
