package irc

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"msnbridge/bridge"
)

// handlerSeeds are lines that servers send, and some that none should.
var handlerSeeds = []string{
	":bob!b@h PRIVMSG me :hello", ":bob!b@h PRIVMSG me :\x01ACTION waves\x01", ":bob!b@h PRIVMSG me :\x01PING \x01",
	":bob!b@h NICK eve", ":eve!e@h NICK me", ":me!i@h NICK bob", ":bob!b@h QUIT", ":bob!b@h AWAY :gone", ":bob!b@h AWAY",
	":irc 005 me CASEMAPPING=ascii MONITOR=3 -MONITOR CLIENTTAGDENY=* :ok", ":irc 301 me bob :away",
	":irc 302 me :bob=+x@y eve*=-z = a= =b", ":irc 303 me :bob eve", ":irc 352 me * u h s me H :0 r", ":irc 352 me #go u h s bob G@ :0 r",
	":irc 354 me 742 bob acct", ":irc 354 me 743 u h bob G 0", ":irc 354 me 743", ":irc 330 me bob acct :is", ":irc 318 me bob :End", ":bob!b@h ACCOUNT evil", ":bob!b@h ACCOUNT *",
	"@account=evil :bob!b@h PRIVMSG me :x", ":bob!b@h JOIN #go acct :Bob", ":irc 900 me me!i@h acct :ok", ":irc 901 me me!i@h :out", ":irc 904 me :no", "AUTHENTICATE +", "CAP me ACK :sasl",
	":NickServ!s@services NOTICE me :Invalid password", ":NickServ!s@services NOTICE me :you are now identified", ":irc 482 me #go :no", ":irc 311 me NickServ s services * :x", ":irc 312 me NickServ services.test :x", ":irc 376", ":irc 396 me h",
	":irc 401 me bob :no", ":irc 421 me ISON :no", ":irc 433 * me :no", ":irc 730 me :bob!b@h,,!,@", ":irc 731 me :bob,", ":irc 734 me 1 bob :full",
	"@label=x;batch=y;time=never;msgid= :irc BATCH +y labeled-response", ":irc BATCH -y", ":irc ACK", "CAP me NEW :batch sasl", "CAP me DEL :batch",
	":irc PONG irc x", "PING", "PING :a b", ":bob CHGHOST", ":bob!b@h CHGHOST u h", ":bob!b@h TAGMSG me", "ERROR", ":irc FAIL PRIVMSG X bob :no",
	":irc BATCH +1 draft/multiline me", "@batch=1 :bob!b@h PRIVMSG me :a", "@batch=1;draft/multiline-concat :bob!b@h PRIVMSG me :b", "BATCH -1",
	":irc BATCH +2 chathistory bob", "@batch=2;time=2020-01-01T00:00:00Z;msgid=1 :bob!b@h PRIVMSG me :a", "BATCH -2",
	":irc BATCH +3 draft/chathistory-targets", "@batch=3 CHATHISTORY TARGETS bob x", "BATCH -3", ":irc FAIL CHATHISTORY X bob :no",
	":irc WARN * X bob :careful", ":irc NOTE PRIVMSG X :note", ":irc 005 me PREFIX=(ov)@+ CHANMODES=b,k,l,i LINELEN=4096 CHATHISTORY=1 :ok", ":irc 421 me CHATHISTORY :no",
	":me!i@h JOIN #go", ":irc 353 me = #go :@+bob!b@h eve me", ":irc 366 me #go :end", ":irc 332 me #go :topic", ":irc 333 me #go bob!b@h 99", ":irc 331 me #go",
	":amy!a@h JOIN #go acct :Real", ":amy!a@h JOIN :#go,#x,,", ":bob!b@h PART #go :bye", ":bob!b@h KICK #go eve :out", ":bob!b@h KICK #go me", ":me!i@h PART #go",
	":eve!e@h QUIT :a.b c.d", ":eve!e@h JOIN #go", ":bob!b@h TOPIC #go :x", ":bob!b@h MODE #go +ob-v+kl eve *!*@x amy key 5", ":bob!b@h MODE me +i",
	":bob!b@h INVITE me #new", ":bob!b@h INVITE me #go", ":bob!b@h INVITE eve #go", ":bob!b@h PRIVMSG @#go :me: hi", ":irc NOTICE #go :note", ":bob!b@h TAGMSG #go",
	":irc 470 me #go ##fwd :forward", ":me!i@h JOIN ##fwd", ":irc 475 me #go :key", ":irc 437 me #go :busy", ":irc FAIL JOIN X #go :no", ":irc 005 me CHANLIMIT=#:1,&: STATUSMSG=@ :ok",
	":me!i@h JOIN &forced", ":irc 353 me = #GO :x", ":bob!b@h NICK amy", ":irc 474 me #other :banned", ":irc 324 me #go +c",
	":me!i@h PRIVMSG bob :mine", ":me!i@h PRIVMSG me :to myself", ":bob!b@h NOTICE me :x", "", ":", "@", "@ ", ":x ", " ",
}

// FuzzHandle: whatever the server says, nothing panics, and nothing that we then
// write is anything but whole lines.
func FuzzHandle(f *testing.F) {
	for _, caps := range []string{"", "batch labeled-response echo-message message-tags away-notify extended-monitor",
		"batch server-time message-tags draft/chathistory draft/multiline"} {
		f.Add(caps, strings.Join(handlerSeeds, "\n"))
		f.Add(caps+" account-tag account-notify extended-join", strings.Join(handlerSeeds, "\n"))
	}
	n, err := New(Config{Name: "test", Domain: "irc.test", Server: "irc.test", Burst: 1000})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, caps, text string) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		defer theirs.Close()
		login := testLogin("me")
		login.Log = slog.New(slog.DiscardHandler)
		id, err := n.identify(login)
		if err != nil {
			t.Fatal(err)
		}
		c := newConn(n, id, login, nil, ours)
		for _, name := range strings.Fields(caps) {
			c.caps[name] = true
		}
		c.multiline = multiline{100, 3}
		c.history.since, c.history.listed = time.Unix(1e9, 0), false
		c.Watch(t.Context(), n.who("bob", "eve", "#go", "#other"))
		c.channel("#go").most = 2
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		now := time.Now()
		for line := range strings.SplitSeq(text, "\n") {
			c.queue(ctx, bridge.Message{Chat: n.addr("bob"), Text: line + "\n" + line, Format: bridge.Format{Bold: true}})
			c.handleLine([]byte(strings.TrimSuffix(line, "\r")))
			now = now.Add(10 * time.Second)
			checkWritten(t, c, now)
		}
		checkChannels(t, c)
		c.loseAll()
		if len(c.answer.under) > 0 || len(c.answer.labels) > 0 {
			t.Fatal("messages are left over")
		}
		if c.batches.held > maxHeld || len(c.batches.order) != len(c.batches.byRef) || len(c.history.queue) > maxGaps {
			t.Fatalf("%+v", c.batches)
		}
	})
}

func checkWritten(t *testing.T, c *Conn, now time.Time) {
	out, _ := c.take(now)
	if out == "" {
		return
	}
	if !strings.HasSuffix(out, "\r\n") || strings.ContainsAny(out, "\x00") {
		t.Fatalf("wrote %q", out)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(out, "\r\n"), "\r\n") {
		if _, rest, ok := strings.Cut(line, " "); ok && line[0] == '@' {
			line = rest
		}
		if line == "" || len(line) > 510 || strings.ContainsAny(line, "\r\n") {
			t.Fatalf("wrote the line %q", line)
		}
	}
}

// checkChannels: whoever is in a channel is a user that knows it, and the other way
// round, and what is told at once is bounded.
func checkChannels(t *testing.T, c *Conn) {
	if len(c.channels.all) != len(c.channels.byName) {
		t.Fatalf("%d channels, %d names", len(c.channels.all), len(c.channels.byName))
	}
	members, total := 0, c.channels.members
	for _, ch := range c.channels.all {
		total -= len(ch.members)
		if members += len(ch.members); c.channel(ch.name) != ch || ch.standing != inside && len(ch.members) > 0 {
			t.Fatalf("%s: %+v", ch.name, ch)
		}
	}
	for key, u := range c.channels.users {
		if c.user(u.nick) != u || c.isMe(u.nick) || len(u.in) == 0 {
			t.Fatalf("%q: %+v", key, u)
		}
		members -= len(u.in)
	}
	if members != 0 || total != 0 {
		t.Fatalf("%d members are nowhere", members)
	}
}
