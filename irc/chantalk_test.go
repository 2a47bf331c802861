package irc

import (
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

func TestTalkInChannel(t *testing.T) {
	playing(t, setting{caps: "message-tags server-time", isupport: "STATUSMSG=@+ PREFIX=(ov)@+"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		open(t, c, s, r, "#Go", 20, "@Bob", "eve")
		s.say(
			":Bob!b@h PRIVMSG #GO :hello", ":Bob!b@h PRIVMSG #go :\x01ACTION waves at Me\x01", ":Bob!b@h PRIVMSG @#go :ops only",
			":Bob!b@h PRIVMSG #go :\x01VERSION\x01", ":Bob!b@h NOTICE #go :a bot speaks", ":Bob!b@h PRIVMSG #elsewhere :lost",
			":ChanServ!s@services. NOTICE #go :[#go] welcome", ":irc.test NOTICE #go :*** maintenance", ":irc.test NOTICE @#go :*** ops",
			":irc.test PRIVMSG #go :forged", ":me!i@h PRIVMSG #go :me, from elsewhere", ":Bob!b@h NOTICE #go :\x01VERSION x\x01",
			"@+typing=active :Bob!b@h TAGMSG #go", "@+typing=active :mallory!b@h TAGMSG #go", "@+typing=active :Bob!b@h TAGMSG #else")
		r.expect(t,
			"msg #go <Bob> hello", "msg #go <Bob> waves at Me (emote) (mention)", "msg #go <Bob> ops only", "msg #go <Bob> a bot speaks",
			"remark #go ChanServ: [#go] welcome", "remark #go irc.test: *** maintenance", "remark #go irc.test: *** ops",
			"msg #go <me> me, from elsewhere (own)", "typing #go Bob")
		s.quiet()
		s.say("@time=1999-01-02T03:04:05.678Z;msgid=abc :Bob!b@h PRIVMSG #go :old")
		m := r.take()[0].(bridge.MessageReceived).Message
		if !strings.HasSuffix(m.ID, "abc") || !m.Time.Equal(time.Date(1999, 1, 2, 3, 4, 5, 678e6, time.UTC)) || m.From != c.n.addr("bob") || m.Chat != c.n.addr("#go") {
			t.Errorf("%+v", m)
		}
	})
}

func TestMention(t *testing.T) {
	playing(t, setting{isupport: "CASEMAPPING=rfc1459"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		c.mu.Lock()
		defer c.mu.Unlock()
		for nick, texts := range map[string]map[string]bool{
			"me": {
				"me": true, "ME: hi": true, "@me hi": true, "it is me!": true, "hi, me, hi": true, "(me)": true, "some men, me": true, "[me]": true,
				"some": false, "men": false, "me_": false, "me2": false, "mé": false, "éme": false, "me|away": false, "": false, "not-me": false, "m e": false,
			},
			"a[b]":   {"A{B}: hi": true, "a[b]": true, "xa[b]": false},
			"jürgen": {"jürgen?": true, "jürgens": false},
		} {
			c.self.nick = nick
			for text, want := range texts {
				if c.names(text) != want {
					t.Errorf("%s in %q: %v", nick, text, !want)
				}
			}
		}
	})
}

func TestTypingInChannel(t *testing.T) {
	playing(t, setting{caps: "message-tags"}, func(t *testing.T, c *Conn, s *script, r *tape) {
		if err := c.SetTyping(t.Context(), c.n.addr("#go"), true); err == nil {
			t.Error("typed in a channel that we are not in")
		}
		open(t, c, s, r, "#Go", 20, "bob")
		if err := c.SetTyping(t.Context(), c.n.addr("#go"), true); err != nil {
			t.Fatal(err)
		}
		s.expect("@+typing=active TAGMSG #Go")
	})
}
