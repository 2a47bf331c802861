package irc

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// A peer is another person on a real server, with a client of its own.
type peer struct {
	network *Network
	addr    string // of the server
	nick    string
	caps    string // asked for

	wire  net.Conn
	heard chan ircmsg.Message
	gone  chan struct{} // closed when the reader has ended
	last  string        // the nick of the login
}

// newPeer connects a peer for as long as the test lasts.
func newPeer(t testing.TB, n *Network, addr, nick, caps string) *peer {
	t.Helper()
	p := &peer{network: n, addr: addr, nick: nick, caps: caps}
	p.connect(t)
	t.Cleanup(p.leave)
	return p
}

func (p *peer) connect(t testing.TB) {
	t.Helper()
	var err error
	if p.wire, err = net.DialTimeout("tcp", p.addr, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	p.heard, p.gone = make(chan ircmsg.Message, 10000), make(chan struct{})
	go p.read(p.wire, p.heard, p.gone)
	if p.caps != "" {
		p.send("CAP REQ :" + p.caps)
		p.send("CAP END")
	}
	p.send("NICK " + p.nick)
	p.send("USER peer 0 * :peer")
	p.await(t, func(m ircmsg.Message) bool { return m.Command == "376" || m.Command == "422" })
}

func (p *peer) read(wire net.Conn, heard chan<- ircmsg.Message, gone chan<- struct{}) {
	defer close(gone)
	for in := bufio.NewScanner(wire); in.Scan(); {
		m, err := ircmsg.ParseLine(in.Text())
		if err == nil && m.Command == "PING" {
			fmt.Fprintf(wire, "PONG :%s\r\n", m.Params[0])
		} else if err == nil {
			heard <- m
		}
	}
}

func (p *peer) send(line string) { fmt.Fprintf(p.wire, "%s\r\n", line) }

func (p *peer) leave() {
	p.send("QUIT :bye")
	p.wire.SetReadDeadline(time.Now().Add(5 * time.Second))
	<-p.gone
	p.wire.Close()
}

// await waits for a message for which ok holds.
func (p *peer) await(t testing.TB, ok func(ircmsg.Message) bool) ircmsg.Message {
	t.Helper()
	deadline := time.After(60 * time.Second)
	for {
		select {
		case m := <-p.heard:
			if ok(m) {
				return m
			}
		case <-p.gone:
			t.Fatalf("%s is disconnected", p.nick)
		case <-deadline:
			t.Fatalf("%s waits in vain", p.nick)
		}
	}
}

// Addr implements bridgetest.Friend, as do the methods below.
func (p *peer) Addr() bridge.Addr { return p.network.addr(p.nick) }

func (p *peer) Say(t testing.TB, text string, emote bool) {
	if emote {
		text = "\x01ACTION " + text + "\x01"
	}
	p.send("PRIVMSG " + p.last + " :" + text)
}

func (p *peer) Hear(t testing.TB) (string, bool) {
	t.Helper()
	m := p.await(t, func(m ircmsg.Message) bool { return m.Command == "PRIVMSG" && m.Nick() == p.last })
	if text, ok := strings.CutPrefix(m.Params[1], "\x01ACTION "); ok {
		return strings.TrimSuffix(text, "\x01"), true
	}
	return m.Params[1], false
}

func (p *peer) Be(t testing.TB, s bridge.State) {
	t.Helper()
	switch {
	case s == bridge.Offline:
		p.leave()
	case s == bridge.Away:
		p.send("AWAY :gone fishing")
	default:
		select {
		case <-p.gone:
			p.connect(t)
		default:
			p.send("AWAY")
		}
	}
}

func (p *peer) Type(testing.TB) { p.send("@+typing=active TAGMSG " + p.last) }

func (p *peer) SeesTyping(t testing.TB) {
	t.Helper()
	p.await(t, func(m ircmsg.Message) bool {
		_, typing := m.GetTag("+typing")
		return m.Command == "TAGMSG" && typing == "active" && m.Nick() == p.last
	})
}
