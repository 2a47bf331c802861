package irc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
	"msnbridge/internal/testserver"
)

// awaitStatus waits until the status of a login says something.
func awaitStatus(t *testing.T, c bridge.Conn, want string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !strings.Contains(c.Status(), want) {
		if time.Now().After(deadline) {
			t.Fatalf("status %q, want %q", c.Status(), want)
		}
		// Asking for somebody is a round trip to the server.
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		c.Reach(ctx, bridge.Addr{Network: "real", ID: "nobody-at-all"})
		cancel()
	}
}

// The certificate that the gateway makes is told to services by its owner, and is
// good from then on; another one is not.
func TestExternalReal(t *testing.T) {
	s := inspircd(t)
	acct := freshNick("Cert")
	s.RegisterAccount(t, acct, "secret123")
	n := realNetwork(t, s.TLSAddr, s.CAFile)
	login := realLogin(freshNick("Ext"))
	login.Keys["sasl"] = "external"
	c, _ := connectReal(t, n, login)
	status := c.Status()
	_, rest, ok := strings.Cut(status, "SHA-256 ")
	if !ok || !strings.Contains(status, "CERT ADD") {
		t.Fatalf("status %q", status)
	}
	print, _, _ := strings.Cut(rest, ",")
	c.Close()

	owner := newPeer(t, n, s.Addr, acct, "")
	said := func(words string) {
		t.Helper()
		owner.await(t, func(m ircmsg.Message) bool {
			return m.Command == "NOTICE" && m.Nick() == "NickServ" && strings.Contains(m.Params[1], words)
		})
	}
	owner.send("PRIVMSG NickServ :IDENTIFY secret123")
	said("identified")
	owner.send("PRIVMSG NickServ :CERT ADD " + print)
	said("Added fingerprint")
	c, _ = connectReal(t, n, login)
	if got := c.Status(); !strings.Contains(got, "account "+acct) {
		t.Errorf("status %q", got)
	}
	c.Close()

	other, err := makeCertificate("other")
	if err != nil {
		t.Fatal(err)
	}
	given := realLogin(freshNick("Given"))
	given.Keys["sasl"], given.Secret = "external", bridge.Secret(other)
	_, err = n.Connect(t.Context(), given, bridgetest.NewTape().Emit)
	block, _ := pem.Decode(other)
	digest := sha256.Sum256(block.Bytes)
	if _, final := errors.AsType[*bridge.RejectedError](err); !final || !strings.Contains(err.Error(), hex.EncodeToString(digest[:])) {
		t.Errorf("an unknown certificate: %v", err)
	}
}

// On a server without SASL the password goes to NickServ, and a nick that somebody
// else has is taken back.
func TestNickServReal(t *testing.T) {
	s := testserver.InspIRCd(t, testserver.InspIRCdOptions{NoSASL: true})
	nick := freshNick("Owner")
	s.RegisterAccount(t, nick, "secret123")
	n := realNetwork(t, s.TLSAddr, s.CAFile)
	n.config.NickServ = "NickServ"
	thief := newPeer(t, n, s.Addr, nick, "")
	login := realLogin(nick)
	login.Keys["nicks"], login.Secret = nick+"-away", "secret123"
	c, _ := connectReal(t, n, login)
	awaitStatus(t, c, "account "+nick)
	awaitStatus(t, c, "nick "+nick+";")
	select {
	case <-thief.gone:
	case <-time.After(time.Minute):
		t.Error("the thief is still there")
	}
	c.Close()
	login.Secret = "wrong-password"
	wrong, _ := connectReal(t, n, login)
	awaitStatus(t, wrong, "NickServ says: Invalid password")
	wrong.Close()
	again, _ := connectReal(t, n, login)
	awaitStatus(t, again, "has refused the password before")
}

// Where there are no services, somebody who calls himself NickServ hears nothing.
func TestFalseNickServReal(t *testing.T) {
	s := ngircd(t)
	n := realNetwork(t, s.TLSAddr, s.CAFile)
	n.config.NickServ = "NickServ"
	thief := newPeer(t, n, s.Addr, "NickServ", "")
	login := realLogin(freshNick("Owner"))
	login.Secret = "hunter2"
	c, _ := connectReal(t, n, login)
	awaitStatus(t, c, "does not belong to the services")
	if err := c.Send(t.Context(), bridge.Message{Chat: n.addr("NickServ"), Text: "the end"}); err != nil {
		t.Fatal(err)
	}
	thief.last = login.Keys["nick"]
	if text, _ := thief.Hear(t); text != "the end" {
		t.Errorf("heard %q", text)
	}
}

// A friend's nick in other hands is not the friend.
func TestAccountReal(t *testing.T) {
	s := inspircd(t)
	n := realNetwork(t, s.TLSAddr, s.CAFile)
	acct, evil := freshNick("Friend"), freshNick("Evil")
	s.RegisterAccount(t, acct, "secret123")
	s.RegisterAccount(t, evil, "secret123")
	login := realLogin(freshNick("Me"))
	c, tape := connectReal(t, n, login)
	friend := n.addr(acct)
	if err := c.Watch(t.Context(), []bridge.Addr{friend}); err != nil {
		t.Fatal(err)
	}
	come := func(as string) *peer {
		t.Helper()
		p := newPeer(t, n, s.Addr, acct, "")
		p.last = login.Keys["nick"]
		if as != "" {
			p.send("PRIVMSG NickServ :IDENTIFY " + as + " secret123")
			p.await(t, func(m ircmsg.Message) bool { return m.Command == "900" })
		}
		return p
	}
	hears := func(words string) bridge.Message {
		t.Helper()
		return bridgetest.Next(t, tape, func(m bridge.MessageReceived) bool { return strings.Contains(m.Message.Text, words) }).Message
	}
	p := come(acct)
	p.Say(t, "it is me", false)
	if m := hears("it is me"); m.Name != acct {
		t.Errorf("%+v", m)
	}
	p.leave()
	bridgetest.Next(t, tape, func(p bridge.PresenceChanged) bool { return p.Addr == friend && p.Presence.State == bridge.Offline })
	p = come(evil)
	p.Say(t, "hello", false)
	hears("logged in as " + evil)
	if m := hears("hello"); m.Name != acct+" (another person)" || m.Chat != friend {
		t.Errorf("%+v", m)
	}
	p.leave()
	p = come(acct)
	p.Say(t, "back again", false)
	bridgetest.Next(t, tape, func(p bridge.PresenceChanged) bool { return p.Addr == friend && p.Presence.State == bridge.Online })
	if m := hears("back again"); m.Name != acct {
		t.Errorf("%+v", m)
	}
}

// What is typed after a slash, on both kinds of servers.
func TestSlashReal(t *testing.T) {
	onEachServer(t, func(t *testing.T, n *Network, addr, _ string) {
		c, tape := connectReal(t, n, realLogin(freshNick("Me")))
		p := newPeer(t, n, addr, freshNick("Peer"), "")
		room := "#" + freshNick("slash")
		p.send("JOIN " + room)
		p.await(t, func(m ircmsg.Message) bool { return m.Command == "366" })
		do := func(command, text string) error {
			t.Helper()
			return c.Send(t.Context(), bridge.Message{Chat: n.addr(room), Command: command, Text: text})
		}
		shows := func(words string) {
			t.Helper()
			bridgetest.Next(t, tape, func(r bridge.Remark) bool { return r.Chat == n.addr(room) && strings.Contains(r.Text, words) })
		}
		if err := do("whois", p.nick); err != nil {
			t.Fatal(err)
		}
		shows(p.nick + " is ")
		if err := do("join", room); err != nil {
			t.Fatal(err)
		}
		bridgetest.Next(t, tape, func(f bridge.ContactFound) bool { return f.Contact.Addr == n.addr(room) })
		if err := do("names", ""); err != nil {
			t.Fatal(err)
		}
		shows("@" + p.nick)
		if err := do("kick", p.nick+" out"); err == nil || reasonOf(err) == "" {
			t.Errorf("kicked without being an operator: %v", err)
		}
		p.send("MODE " + room + " +o " + c.Self().Name)
		p.await(t, func(m ircmsg.Message) bool { return m.Command == "MODE" && len(m.Params) > 2 && m.Params[1] == "+o" })
		for _, step := range [][2]string{{"topic", "a new topic"}, {"ban", "eve!*@*"}, {"unban", "eve!*@*"}, {"mode", "+m"}, {"voice", p.nick}, {"ban", p.nick}, {"kick", p.nick + " enough of it"}} {
			if err := do(step[0], step[1]); err != nil {
				t.Fatalf("%v: %v", step, err)
			}
		}
		if m := p.await(t, func(m ircmsg.Message) bool { return m.Command == "KICK" }); m.Params[1] != p.nick || m.Params[2] != "enough of it" {
			t.Errorf("%v", m)
		}
		if err := do("ban", ""); err != nil {
			t.Fatal(err)
		}
		shows("*!*@")
		if err := do("unban", p.nick); err != nil {
			t.Fatal(err)
		}
		p.send("JOIN " + room)
		p.await(t, func(m ircmsg.Message) bool { return m.Command == "JOIN" && m.Nick() == p.nick })
		if err := do("nick", p.nick); reasonOf(err) == "" {
			t.Errorf("took a nick that is in use: %v", err)
		}
		if err := do("nick", c.Self().Name+"x"); err != nil || !strings.HasSuffix(c.Self().Name, "x") {
			t.Errorf("%v, %+v", err, c.Self())
		}
	})
}
