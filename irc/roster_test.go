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

func TestRoster(t *testing.T) {
	playing(t, setting{caps: "multi-prefix userhost-in-names", isupport: "PREFIX=(qov)~@+"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Watch(t.Context(), c.n.who("#go")); err != nil {
			t.Fatal(err)
		}
		s.expect("JOIN #go")
		told := make(chan error, 1)
		go func() { told <- c.Roster(t.Context(), c.n.addr("#go"), 3) }()
		s.say(
			":me!i@h JOIN #go", ":irc.test 332 me #go :\x02All\x02 about Go", ":irc.test 333 me #go gopher!g@h 1700000000",
			":irc.test 353 me @ #go :me!i@h ~@Bob!b@h", ":irc.test 353 me @ #go :+eve!e@h amy!a@h ,bad!x@y", ":irc.test 366 me #go :End")
		if err := <-told; err != nil {
			t.Fatal(err)
		}
		r.expect(t, "presence #go online", "presence #go online All about Go", "roster #go whole +amy +Bob +eve",
			"remark #go Topic: All about Go (set by gopher on 14 November 2023, 22:13 UTC)")
		if got := c.channel("#go").members[c.user("bob")].ranks; got != "qo" {
			t.Errorf("ranks %q", got)
		}
		s.say(
			":amy!a@h PART #go", ":bob!b@h PART #go :off to \x0304bed", ":Cid!c@h JOIN #go cid :Real Name", ":cid!c@h NICK Sid",
			":sid!c@h NICK SID", ":eve!e@h QUIT :Quit: bye", ":dan!d@h JOIN #go", ":SID!c@h KICK #go dan :out", ":SID!c@h KICK #go nobody",
			":fay!f@h JOIN #elsewhere")
		r.expect(t,
			"roster #go -amy", "remark #go Bob has left: off to bed", "roster #go -bob", "roster #go +Cid",
			"roster #go +Sid -cid", "remark #go Cid is now known as Sid", "roster #go +SID", "remark #go Sid is now known as SID",
			"remark #go eve has quit: Quit: bye", "roster #go -eve", "roster #go +dan",
			"remark #go SID has kicked dan: out", "roster #go -dan")
		if err := c.Roster(t.Context(), c.n.addr("#go"), 0); err != nil {
			t.Fatal(err)
		}
		s.say(":dan!d@h JOIN #go", ":dan!d@h PART #go", ":SID!c@h TOPIC #go :other", ":SID!c@h MODE #go +m", ":SID!c@h NICK cid")
		r.expect(t, "presence #go online other")
		if err := c.Roster(t.Context(), c.n.addr("#go"), 3); err != nil {
			t.Fatal(err)
		}
		got := brief(r.take())
		if !strings.HasPrefix(got, "roster #go whole +cid\nremark #go Topic: other (set by SID on ") {
			t.Error(got)
		}
		if n := len(c.channels.users); n != 1 {
			t.Errorf("%d users are remembered", n)
		}
	})
}

// Of a channel with too many members only those are told of who have spoken, and the
// others as soon as there are few enough.
func TestRosterOfMany(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		open(t, c, s, r, "#go", 2, "amy", "bob", "cid")
		s.say(":dan!d@h JOIN #go", ":amy!a@h QUIT :gone", ":bob!b@h PRIVMSG #go :hi", ":bob!b@h NICK rob", ":cid!c@h NICK sid",
			":irc.test MODE #go +vv rob sid", ":rob!b@h QUIT :bye", ":eve!e@h JOIN #go", ":sid!c@h PART #go")
		r.expect(t, "msg #go <bob> hi", "roster #go +rob -bob", "remark #go bob is now known as rob",
			"remark #go irc.test has given voice to rob", "remark #go rob has quit: bye", "roster #go -rob", "roster #go +dan +sid",
			"roster #go -sid", "roster #go +eve")
		s.say(":fay!f@h PRIVMSG #go :not even here")
		r.expect(t, "msg #go <fay> not even here")
		s.say(":dan!d@h PART #go", ":gus!g@h JOIN #go")
		r.expect(t, "roster #go -dan", "roster #go +gus")
		s.say(":hal!h@h JOIN #go", ":irc.test KICK #go eve", ":ivy!i@h JOIN #go", ":gus!g@h QUIT :a.b c.d")
		r.expect(t, "remark #go irc.test has kicked eve", "roster #go -eve", "roster #go +hal", "roster #go +ivy")
	})
}

// The members of a channel from which we are away come anew, and a window that
// was asked for while it was being entered is told when it is known who is there.
func TestRosterLate(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Roster(t.Context(), c.n.addr("#go"), 5); !errors.Is(err, errNotThere) {
			t.Error(err)
		}
		if err := c.Watch(t.Context(), c.n.who("#go")); err != nil {
			t.Fatal(err)
		}
		s.expect("JOIN #go")
		go c.Roster(t.Context(), c.n.addr("#go"), 5)
		synctest.Wait()
		s.say(":me!i@h JOIN #go", ":eve!e@h JOIN #go", ":bob!b@h PART #go", ":irc.test 353 me = #go :me bob eve")
		r.expect(t, "presence #go online")
		s.say(":irc.test 366 me #go :End", ":irc.test 332 me #go :late topic", ":irc.test 353 me = #go :mallory", ":irc.test 366 me #go :End")
		r.expect(t, "roster #go whole +bob +eve", "presence #go online late topic", "remark #go Topic: late topic")
		if err := c.Roster(t.Context(), c.n.addr("bob"), 5); !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
	})
}

func TestNetsplit(t *testing.T) {
	playing(t, setting{isupport: "MONITOR=100"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Watch(t.Context(), c.n.who("bob1", "#go", "#other")); err != nil {
			t.Fatal(err)
		}
		var others []string
		for i := range 12 {
			others = append(others, fmt.Sprint("bob", i))
		}
		for range 3 {
			s.next() // JOIN #go, JOIN #other, MONITOR
		}
		s.say(entry("#go", append(others, "amy")...)...)
		s.say(entry("#other", others...)...)
		if err := c.Roster(t.Context(), c.n.addr("#go"), 20); err != nil {
			t.Fatal(err)
		}
		r.take()
		for _, nick := range others {
			s.say(":" + nick + "!b@h QUIT :hub.test leaf.test")
		}
		r.expect(t, "presence bob1 offline")
		time.Sleep(splitPause) // in the bubble
		left := " -bob0 -bob1 -bob2 -bob3 -bob4 -bob5 -bob6 -bob7 -bob8 -bob9 -bob10 -bob11"
		r.expect(t, "remark #go Netsplit: 12 people have gone: bob0, bob1, bob10 and 9 more", "roster #go"+left)
		for _, nick := range others[:11] {
			s.say(":"+nick+"!b@h JOIN #go", ":"+nick+"!b@h JOIN #other")
		}
		s.say(":amy!a@h PRIVMSG #go :that was fast", ":new!n@h JOIN #go")
		back := strings.ReplaceAll(strings.TrimSuffix(left, " -bob11"), "-", "+")
		r.expect(t, "presence bob1 online", "msg #go <amy> that was fast",
			"remark #go The netsplit is over: 11 people have come back: bob0, bob1, bob10 and 8 more", "roster #go"+back, "roster #go +new")
		s.say(":bob11!b@h JOIN #go", ":bob11!b@h QUIT :Quit: hub.test leaf.test", ":new!n@h QUIT :*.net *.split")
		r.expect(t, "remark #go The netsplit is over: 1 person has come back: bob11", "roster #go +bob11",
			"remark #go bob11 has quit: Quit: hub.test leaf.test", "roster #go -bob11")
		time.Sleep(time.Minute) // in the bubble
		r.expect(t, "remark #go Netsplit: 1 person has gone: new", "roster #go -new")
	})
}

// Servers that mark who has gone and come with a netsplit need no words for it.
func TestNetjoinBatch(t *testing.T) {
	playing(t, setting{caps: "batch"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		open(t, c, s, r, "#go", 20, "bob", "amy")
		s.say(":irc.test BATCH +a netsplit a.test b.test", "@batch=a :bob!b@h QUIT :gone", "@batch=a :amy!b@h QUIT", ":irc.test BATCH -a")
		s.say(":irc.test BATCH +b netjoin a.test b.test", "@batch=b :bob!b@h JOIN #go", "@batch=b :new!b@h JOIN #go", ":irc.test BATCH -b")
		time.Sleep(splitPause) // in the bubble
		r.expect(t, "remark #go Netsplit: 2 people have gone: amy, bob", "roster #go -bob -amy",
			"remark #go The netsplit is over: 2 people have come back: bob, new", "roster #go +bob +new")
	})
}

// The ranks that a server gives back after a netsplit are not worth a line each.
func TestNetsplitRanks(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		open(t, c, s, r, "#go", 20, "@amy", "+bob", "cid")
		s.say(":amy!a@h QUIT :a.b c.d", ":bob!b@h QUIT :a.b c.d")
		s.say(":amy!a@h JOIN #go", ":hub.test MODE #go +o amy", ":bob!b@h JOIN #go", ":hub.test MODE #go +v bob", ":hub.test MODE #go +v cid")
		time.Sleep(splitPause) // in the bubble
		r.expect(t, "remark #go Netsplit: 2 people have gone: amy, bob", "roster #go -amy -bob", "remark #go hub.test has given voice to cid",
			"remark #go The netsplit is over: 2 people have come back: amy, bob", "roster #go +amy +bob")
		s.say(":cid!c@h MODE #go -o amy")
		r.expect(t, "remark #go cid has taken operator status from amy")
	})
}

func TestSplitWords(t *testing.T) {
	for reason, want := range map[string]bool{
		"a.b c.d": true, "*.net *.split": true, "irc-1.example.org hub.example.org": true,
		"": false, "bye": false, "see example.org": false, "http://a.b c.d": false, "a.b c.d e.f": false, "a. .b": false, "a.b  c.d": false,
	} {
		if isSplit(reason) != want {
			t.Errorf("%q: %v", reason, !want)
		}
	}
}

func TestChannelModes(t *testing.T) {
	playing(t, setting{isupport: "PREFIX=(ohv)@%+ CHANMODES=beI,k,l,imnpstC"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		open(t, c, s, r, "#go", 20, "@op", "bob")
		for line, want := range map[string]string{
			"+o bob":            "op has made bob an operator",
			"-o BOB":            "op has taken operator status from bob",
			"+v me":             "op has given voice to you",
			"+h nobody":         "",
			"+b *!*@bad.host":   "op has banned *!*@bad.host",
			"-b *!*@bad.host":   "op has taken back the ban of *!*@bad.host",
			"+b":                "",
			"+k secret":         "op has set a key for the channel",
			"-k *":              "op has taken the key off the channel",
			"+l 30":             "op has limited the channel to 30 people",
			"-l":                "op has taken the limit of people off the channel",
			"+m":                "op has made the channel moderated: only those with a voice may speak",
			"-m":                "op lets everybody speak again",
			"+C":                "op has set the mode +C",
			"-Q":                "op has set the mode -Q",
			"+t-i":              "op lets only operators change the topic\nop has opened the channel to all",
			"+l-s+b 9 x!y@z":    "op has limited the channel to 9 people\nop has made the channel visible to all\nop has banned x!y@z",
			"+\x02\xff+;":       "",
			"+b \x0304red\x03 ": "op has banned red",
		} {
			s.say(":op!o@h MODE #go " + line)
			var got []string
			for _, ev := range r.take() {
				got = append(got, ev.(bridge.Remark).Text)
			}
			if text := strings.Join(got, "\n"); text != want {
				t.Errorf("%q: %q, want %q", line, text, want)
			}
		}
		if got := c.channel("#go").members[c.user("op")].ranks; got != "o" {
			t.Errorf("op has %q", got)
		}
		s.say(":me MODE me +i", ":op!o@h MODE #other +m")
		r.expect(t)
	})
}

func TestTopic(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		open(t, c, s, r, "#go", 20, "@op")
		s.say(":op!o@h TOPIC #go :\x1fNew\x1f one", ":op!o@h TOPIC #go :", ":irc.test TOPIC #go :x", ":irc.test 331 me #go :none",
			":op!o@h TOPIC #other :y", ":irc.test 333 me #go op notatime", ":irc.test 332 me #other :z")
		r.expect(t, "presence #go online New one", "remark #go op has changed the topic to: New one",
			"presence #go online", "remark #go op has removed the topic",
			"presence #go online x", "remark #go irc.test has changed the topic to: x", "presence #go online")
	})
}

// Our own nick is told in every window, and a query goes on with a person who takes
// another nick.
func TestNicksInChannels(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		open(t, c, s, r, "#go", 20, "bob")
		s.say(":bob!b@h PRIVMSG me :psst", ":bob!b@h NICK eve", ":eve!b@h PRIVMSG #go :hello", ":eve!b@h PRIVMSG me :psst")
		r.expect(t, "msg bob <bob> psst", "roster #go +eve -bob", "remark #go bob is now known as eve",
			"remark bob bob is now known as eve", "msg #go <eve> hello", "msg bob <eve> psst")
		s.say(":me!i@h NICK other")
		r.expect(t, "remark bob you are now known as other", "remark #go you are now known as other")
		s.say(":eve!b@h PRIVMSG #go :other: hi", ":eve!b@h PRIVMSG #go :me: hi")
		r.expect(t, "msg #go <eve> other: hi (mention)", "msg #go <eve> me: hi")
	})
}

// Channels show whether people are there.
func TestPresenceByChannel(t *testing.T) {
	playing(t, setting{isupport: "MONITOR=100"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.Watch(t.Context(), c.n.who("#go", "bob", "eve")); err != nil {
			t.Fatal(err)
		}
		s.say(":irc.test 731 me :bob,eve")
		r.expect(t, "presence bob offline", "presence eve offline")
		s.say(entry("#go", "@Bob")...)
		s.say(":eve!e@h JOIN #go")
		r.expect(t, "presence #go online", "presence bob online", "presence eve online")
		s.say(":eve!e@h PART #go", ":Bob!b@h QUIT")
		r.expect(t, "presence bob offline")
	})
}

// A channel that is on the list in two spellings is one: the window may be that of
// either, and the channel is left when both are off the list.
func TestTwoSpellings(t *testing.T) {
	playing(t, setting{}, func(t *testing.T, c *Conn, s *script, r *tape) {
		watch := func(ids ...string) {
			t.Helper()
			if err := c.Watch(t.Context(), c.n.who(ids...)); err != nil {
				t.Fatal(err)
			}
		}
		watch("#a[b]", "#a{b}")
		s.expect("JOIN #a[b]")
		s.say(entry("#A{b]", "bob")...)
		r.expect(t, "presence #a[b] online", "presence #a{b} online")
		s.say(":bob!b@h PRIVMSG #A{b] :hi")
		r.expect(t, "msg #a[b] <bob> hi")
		if err := c.Roster(t.Context(), c.n.addr("#a{b}"), 5); err != nil {
			t.Fatal(err)
		}
		s.say(":bob!b@h PRIVMSG #A{b] :hi")
		r.expect(t, "roster #a{b} whole +bob", "msg #a{b} <bob> hi")
		watch("#a[b]")
		if err := c.RemoveContact(t.Context(), c.n.addr("#a{b}")); err != nil {
			t.Fatal(err)
		}
		s.say(":bob!b@h PRIVMSG #A{b] :hi")
		r.expect(t, "msg #a[b] <bob> hi")
		s.quiet()
		watch()
		if err := c.RemoveContact(t.Context(), c.n.addr("#a[b]")); err != nil {
			t.Fatal(err)
		}
		s.expect("PART #A{b]")
	})
}

// Names that turn out to be one are one.
func TestChannelsFolded(t *testing.T) {
	playing(t, setting{isupport: "CASEMAPPING=ascii"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		open(t, c, s, r, "#a[", 20, "bob[", "bob{", "eve")
		s.say(entry("#a{", "bob[", "eve")...)
		s.say(":irc.test 005 me CASEMAPPING=rfc1459 :are supported")
		r.take()
		s.say(":bob{!b@h QUIT :bye", ":EVE!e@h PART #A{ :bye")
		synctest.Wait()
		if len(c.channels.all) != 1 || len(c.channels.users) != 0 || len(c.channel("#a[").members) != 0 {
			t.Errorf("%d channels, %d users, %d members", len(c.channels.all), len(c.channels.users), len(c.channel("#a[").members))
		}
		s.quiet()
	})
}
