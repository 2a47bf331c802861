package irc

import (
	"context"
	"strings"
	"testing"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
)

// The look of a text passes a real server both ways.
func TestFormatReal(t *testing.T) {
	onEachServer(t, func(t *testing.T, n *Network, addr, _ string) {
		login := realLogin(freshNick("Look"))
		c, tape := connectReal(t, n, login)
		p := newPeer(t, n, addr, freshNick("Peer"), "")
		p.last = login.Keys["nick"]
		look := bridge.Format{Italic: true, Strike: true, Color: bridge.RGB(0x0000fc)}
		if err := c.Send(context.Background(), bridge.Message{Chat: p.Addr(), Text: "7 up\n,5", Format: look}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"7 up", ",5"} {
			heard, _ := p.Hear(t)
			if text, f := unformat(heard); text != want || f != look {
				t.Errorf("%q is %q in %q", heard, text, f)
			}
		}
		for line, want := range map[string]bridge.Format{
			"\x02\x0304both\x0f":  {Bold: true, Color: bridge.RGB(0xff0000)},
			"\x04123456hex":       {Color: bridge.RGB(0x123456)},
			"one \x1fword\x1f in": {},
		} {
			p.Say(t, line, false)
			got := bridgetest.Next[bridge.MessageReceived](t, tape, nil).Message
			if got.Format != want || strings.ContainsAny(got.Text, "\x02\x03\x04\x0f\x1f") {
				t.Errorf("%q: %q in %q", line, got.Text, got.Format)
			}
		}
	})
}

// Every capability that the server has and we want is on.
func TestCapsReal(t *testing.T) {
	s := inspircd(t)
	n := realNetwork(t, s.TLSAddr, s.CAFile)
	c, tape := connectReal(t, n, realLogin(freshNick("Caps")))
	has := func(name string) bool {
		c := c.(*Conn)
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.caps[name]
	}
	for _, name := range strings.Fields("account-notify account-tag away-notify batch cap-notify chghost echo-message extended-join extended-monitor invite-notify labeled-response message-tags multi-prefix server-time setname userhost-in-names") {
		if !has(name) {
			t.Errorf("%s is off", name)
		}
	}
	// A message has an ID and a time.
	p := newPeer(t, n, s.Addr, freshNick("Peer"), "")
	p.last = c.Self().Name
	p.Say(t, "hello", false)
	if m := bridgetest.Next[bridge.MessageReceived](t, tape, nil).Message; !strings.HasPrefix(m.ID, "msgid ") || m.Time.IsZero() {
		t.Errorf("%+v", m)
	}
}
