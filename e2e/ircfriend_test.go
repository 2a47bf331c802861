package e2e

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ergochat/irc-go/ircmsg"
)

// An ircFriend is somebody on an IRC network who has no capabilities and a plain connection. Lines
// are read when a test waits for one.
type ircFriend struct {
	t    testing.TB
	nick string
	conn net.Conn
	in   *bufio.Reader
	kept []ircmsg.Message // not asked for yet
}

// joinIRC connects and registers.
func joinIRC(t testing.TB, addr, nick string) *ircFriend {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	f := &ircFriend{t: t, nick: nick, conn: conn, in: bufio.NewReader(conn)}
	f.send("NICK %s", nick)
	f.send("USER %s 0 * :%s", nick, nick)
	f.next("001")
	return f
}

func (f *ircFriend) send(format string, args ...any) {
	f.t.Helper()
	f.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := fmt.Fprintf(f.conn, format+"\r\n", args...); err != nil {
		f.t.Fatalf("%s: %v", f.nick, err)
	}
}

// next waits for a line with this command, some of whose parameters are these. Lines before it
// are kept for later.
func (f *ircFriend) next(command string, params ...string) ircmsg.Message {
	f.t.Helper()
	for i, m := range f.kept {
		if matches(m, command, params) {
			f.kept = append(f.kept[:i:i], f.kept[i+1:]...)
			return m
		}
	}
	for {
		m := f.read(command, params)
		if matches(m, command, params) {
			return m
		}
		f.kept = append(f.kept, m)
	}
}

// read reads the next line, while this one is awaited.
func (f *ircFriend) read(command string, params []string) ircmsg.Message {
	f.t.Helper()
	return f.readWithin(patience, command, params)
}

func (f *ircFriend) readWithin(limit time.Duration, command string, params []string) ircmsg.Message {
	f.t.Helper()
	f.conn.SetReadDeadline(time.Now().Add(limit))
	line, err := f.in.ReadString('\n')
	if err != nil {
		f.t.Fatalf("%s waits for %s %q: %v; got %v", f.nick, command, params, err, f.kept)
	}
	m, err := ircmsg.ParseLine(line)
	if err != nil {
		f.t.Fatalf("%s: %q: %v", f.nick, line, err)
	}
	if m.Command == "PING" {
		f.send("PONG :%s", m.Params[0])
	}
	return m
}

// matches tells whether a message is of this command and ends in these parameters.
func matches(m ircmsg.Message, command string, params []string) bool {
	if m.Command != command || len(m.Params) < len(params) {
		return false
	}
	for i, want := range params {
		if m.Params[len(m.Params)-len(params)+i] != want {
			return false
		}
	}
	return true
}

// say sends a text.
func (f *ircFriend) say(to, text string) { f.t.Helper(); f.send("PRIVMSG %s :%s", to, text) }

// hear waits for the next text, which must be this one, from this nick.
func (f *ircFriend) hear(from, text string) {
	f.t.Helper()
	m := f.next("PRIVMSG")
	if m.Nick() != from || m.Params[1] != text {
		f.t.Fatalf("%s heard %q of %q, want %q of %q", f.nick, m.Params[1], m.Nick(), text, from)
	}
}

// hearAll joins the texts that come until they are as long as want.
func (f *ircFriend) hearAll(from, want string) {
	f.t.Helper()
	var got strings.Builder
	for got.Len() < len(want) {
		m := f.next("PRIVMSG")
		if m.Nick() == from {
			got.WriteString(m.Params[1])
		}
	}
	if got.String() != want {
		f.t.Fatalf("%s heard %q, want %q", f.nick, got.String(), want)
	}
}

// fence returns when the server has done all that it was sent.
func (f *ircFriend) fence() {
	f.t.Helper()
	f.send("PING fence")
	f.next("PONG", "fence")
}

// away asks what WHOIS says about nick: the text of AWAY, empty if it is here.
func (f *ircFriend) away(nick string) (text string) {
	f.t.Helper()
	f.send("WHOIS %s", nick)
	for {
		m := f.read("318", nil)
		switch m.Command {
		case "301":
			text = m.Params[2]
		case "401":
			text = "(no such nick)"
		case "318":
			return text
		default:
			f.kept = append(f.kept, m)
		}
	}
}

// awaitAway asks until nick is away with this text, or, if it is empty, here.
func (f *ircFriend) awaitAway(nick, text string) {
	f.t.Helper()
	eventually(f.t, fmt.Sprintf("%s is away: %q", nick, text), func() bool { return f.away(nick) == text })
}

// eventually asks until the answer is yes.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		<-tick.C
	}
}
