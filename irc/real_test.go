package irc

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
	"msnbridge/internal/testserver"
)

// Tests against real servers: one without capabilities, one with most of IRCv3.

var (
	ngircd = testserver.Share(&servers, func(t testing.TB) *testserver.NgircdServer {
		return testserver.Ngircd(t, testserver.NgircdOptions{})
	})
	inspircd = testserver.Share(&servers, func(t testing.TB) *testserver.InspIRCdServer {
		return testserver.InspIRCd(t, testserver.InspIRCdOptions{})
	})
)

// names gives every test nicks of its own.
var names atomic.Int64

func freshNick(prefix string) string { return fmt.Sprint(prefix, names.Add(1)) }

// realNetwork is a network on a real server, over TLS, whose flood control and
// rotation are too fast for the Internet.
func realNetwork(t testing.TB, addr, ca string) *Network {
	t.Helper()
	n, err := New(Config{
		Name: "real", Domain: "real.test", Server: strings.Replace(addr, "127.0.0.1", "localhost", 1), TLS: true, TLSCA: ca,
		Burst: 50, Interval: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	n.pollEvery = time.Second
	return n
}

// A harness is what bridgetest needs of a real server.
type harness struct {
	n        *Network
	addr     string // without TLS
	caps     string // that peers ask for
	features bridgetest.Features
}

func (h *harness) Network() bridge.Network       { return h.n }
func (h *harness) Features() bridgetest.Features { return h.features }

func (h *harness) Login(testing.TB) bridge.Login { return realLogin(freshNick("User")) }

func realLogin(nick string) bridge.Login {
	return bridge.Login{
		Account: nick + "@msn.local", Network: "real", Keys: map[string]string{"nick": nick},
		Initial: bridge.Presence{State: bridge.Online}, State: new(bridgetest.State),
	}
}

func (h *harness) Friend(t testing.TB, login bridge.Login) bridgetest.Friend {
	p := newPeer(t, h.n, h.addr, freshNick("Friend"), h.caps)
	p.last = login.Keys["nick"]
	return p
}

func features(n *Network) bridgetest.Features {
	return bridgetest.Features{
		Away: true, Emote: true,
		Absent:    []bridge.Addr{n.addr("nobody-here")},
		Malformed: []string{"a b", "a,b", "#", "x!y", ":x", "*"},
		Room:      newPeerRoom,
		Ask:       askPeer,
		Accept:    peerAccepts,
		IDs:       []string{"bob", "[b]\\`_^{|}-", "#room", "##x~y", "&z", "jürgen"},
	}
}

func TestNgircd(t *testing.T) {
	s := ngircd(t)
	n := realNetwork(t, s.TLSAddr, s.CAFile)
	f := features(n)
	f.Stop = func(t testing.TB) { s.Kill(t) }
	f.Start = func(t testing.TB) { s.Restart(t) }
	bridgetest.Run(t, &harness{n: n, addr: s.Addr, features: f})
}

func TestInspIRCd(t *testing.T) {
	s := inspircd(t)
	n := realNetwork(t, s.TLSAddr, s.CAFile)
	f := features(n)
	f.Typing = true
	f.Accept = nil // only operators may ask somebody into a channel
	f.Stop = func(t testing.TB) { s.Kill(t) }
	f.Start = func(t testing.TB) { s.Restart(t) }
	bridgetest.Run(t, &harness{n: n, addr: s.Addr, caps: "message-tags", features: f})
}

// onEachServer runs a test on a server without capabilities and on one with most of
// IRCv3.
func onEachServer(t *testing.T, test func(t *testing.T, n *Network, addr, caps string)) {
	t.Run("ngircd", func(t *testing.T) {
		s := ngircd(t)
		test(t, realNetwork(t, s.TLSAddr, s.CAFile), s.Addr, "")
	})
	t.Run("inspircd", func(t *testing.T) {
		s := inspircd(t)
		test(t, realNetwork(t, s.TLSAddr, s.CAFile), s.Addr, "message-tags")
	})
}

func connectReal(t *testing.T, n *Network, login bridge.Login) (bridge.Conn, *bridgetest.Tape) {
	t.Helper()
	tape := bridgetest.NewTape()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c, err := n.Connect(ctx, login, tape.Emit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, tape
}

// The account is right with its password, rejected with another, and so is a
// server that is not who it says.
func TestSASL(t *testing.T) {
	s := inspircd(t)
	nick := freshNick("Acct")
	s.RegisterAccount(t, nick, "secret123")
	n := realNetwork(t, s.TLSAddr, s.CAFile)
	login := realLogin(freshNick("Other"))
	login.Keys["sasl_user"], login.Secret = nick, "secret123"
	c, _ := connectReal(t, n, login)
	p := newPeer(t, n, s.Addr, freshNick("Peer"), "")
	p.send("WHOIS " + login.Keys["nick"])
	if m := p.await(t, func(m ircmsg.Message) bool { return m.Command == "330" || m.Command == "318" }); m.Command != "330" || m.Params[2] != nick {
		t.Errorf("not logged in: %v", m)
	}
	c.Close()
	login.Secret = "wrong"
	_, err := n.Connect(t.Context(), login, bridgetest.NewTape().Emit)
	if _, ok := errors.AsType[*bridge.RejectedError](err); !ok {
		t.Errorf("a wrong password: %v", err)
	}
	if _, err := realNetwork(t, s.TLSAddr, "").Connect(t.Context(), login, bridgetest.NewTape().Emit); err == nil {
		t.Error("an unknown certificate was accepted")
	}
}

func TestServerPassword(t *testing.T) {
	s := testserver.Ngircd(t, testserver.NgircdOptions{Password: "sesame"})
	n := realNetwork(t, s.TLSAddr, s.CAFile)
	if _, err := n.Connect(t.Context(), realLogin("one"), bridgetest.NewTape().Emit); err == nil {
		t.Error("connected without the password")
	}
	n.config.Password = "sesame"
	connectReal(t, n, realLogin("one"))
}

// The nick is in use at first, and regained when it is free.
func TestNickInUse(t *testing.T) {
	onEachServer(t, func(t *testing.T, n *Network, addr, _ string) {
		nick := freshNick("Wanted")
		p := newPeer(t, n, addr, nick, "")
		c, tape := connectReal(t, n, realLogin(nick))
		if got := c.Status(); !strings.Contains(got, nick+"_") {
			t.Errorf("status %q", got)
		}
		p.leave()
		watcher := newPeer(t, n, addr, freshNick("Watcher"), "")
		for c.Status() != "nick "+nick {
			watcher.send("PRIVMSG " + nick + "_ :ping")
			watcher.send("PRIVMSG " + nick + " :ping")
			bridgetest.Next[bridge.MessageReceived](t, tape, nil)
		}
	})
}

// A presence of ours is seen by others.
func TestAwayIsSeen(t *testing.T) {
	s := ngircd(t)
	n := realNetwork(t, s.TLSAddr, s.CAFile)
	login := realLogin(freshNick("Shy"))
	login.Initial = bridge.Presence{State: bridge.Hidden}
	c, _ := connectReal(t, n, login)
	p := newPeer(t, n, s.Addr, freshNick("Peer"), "")
	says := func(want string) {
		t.Helper()
		p.send("PRIVMSG " + login.Keys["nick"] + " :there?")
		token, got := freshNick("ping"), ""
		p.send("PING " + token)
		p.await(t, func(m ircmsg.Message) bool {
			if m.Command == "301" {
				got = m.Params[len(m.Params)-1]
			}
			return m.Command == "PONG" && m.Params[len(m.Params)-1] == token
		})
		if got != want {
			t.Errorf("away with %q, want %q", got, want)
		}
	}
	says("not signed in")
	for _, step := range []struct {
		s    bridge.State
		want string
	}{{bridge.Busy, "busy"}, {bridge.Online, ""}} {
		if err := c.SetPresence(t.Context(), bridge.Presence{State: step.s}); err != nil {
			t.Fatal(err)
		}
		if err := c.Reach(t.Context(), p.Addr()); err != nil { // AWAY has gone out before
			t.Fatal(err)
		}
		says(step.want)
	}
}

// Forty lines at once arrive in order, and none is lost.
func TestFortyLines(t *testing.T) {
	s := inspircd(t)
	n := realNetwork(t, s.TLSAddr, s.CAFile)
	login := realLogin(freshNick("Fast"))
	c, _ := connectReal(t, n, login)
	p := newPeer(t, n, s.Addr, freshNick("Peer"), "")
	p.last = login.Keys["nick"]
	errs := make(chan error, 40)
	go func() {
		for i := range 40 {
			errs <- c.Send(context.Background(), bridge.Message{Chat: p.Addr(), Text: fmt.Sprint("line ", i)})
		}
	}()
	for i := range 40 {
		if got, _ := p.Hear(t); got != fmt.Sprint("line ", i) {
			t.Fatalf("line %d is %q", i, got)
		}
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// Two on one channel see each other's NICK: the conversation goes on.
func TestRenameReal(t *testing.T) {
	s := inspircd(t)
	n := realNetwork(t, s.TLSAddr, s.CAFile)
	login := realLogin(freshNick("Me"))
	c, tape := connectReal(t, n, login)
	p := newPeer(t, n, s.Addr, freshNick("Bob"), "")
	p.last = login.Keys["nick"]
	p.Say(t, "hello", false)
	bridgetest.Next[bridge.MessageReceived](t, tape, nil)
	p.send("OPER op op")
	p.await(t, func(m ircmsg.Message) bool { return m.Command == "381" })
	p.send("JOIN #both")
	p.send("SAJOIN " + p.last + " #both")
	p.await(t, func(m ircmsg.Message) bool { return m.Command == "JOIN" && m.Nick() == p.last })
	p.send("NICK " + p.nick + "by")
	remark := bridgetest.Next[bridge.Remark](t, tape, nil)
	if remark.Chat != p.Addr() || !strings.Contains(remark.Text, "is now known as "+p.nick+"by") {
		t.Errorf("%+v", remark)
	}
	if err := c.Send(t.Context(), bridge.Message{Chat: p.Addr(), Text: "still you?"}); err != nil {
		t.Fatal(err)
	}
	if got, _ := p.Hear(t); got != "still you?" {
		t.Errorf("got %q", got)
	}
}

// A netsplit is told as people leaving, a server that hangs ends the connection.
func TestKilledServer(t *testing.T) {
	hub := testserver.Ngircd(t, testserver.NgircdOptions{Name: "hub.test", Peers: []string{"leaf.test"}})
	leaf := testserver.Ngircd(t, testserver.NgircdOptions{Name: "leaf.test", Uplink: hub})
	n := realNetwork(t, hub.TLSAddr, hub.CAFile)
	c, tape := connectReal(t, n, realLogin("me"))
	newPeer(t, n, leaf.Addr, "far", "")
	far := n.addr("far")
	if err := c.Watch(t.Context(), []bridge.Addr{far}); err != nil {
		t.Fatal(err)
	}
	is := func(s bridge.State) {
		t.Helper()
		bridgetest.Next(t, tape, func(p bridge.PresenceChanged) bool { return p.Addr == far && p.Presence.State == s })
	}
	is(bridge.Online)
	leaf.Kill(t)
	is(bridge.Offline)
}
