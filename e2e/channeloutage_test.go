package e2e

import (
	"fmt"
	"testing"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// TestChannelOutage kills the server while a channel is open.
func TestChannelOutage(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(*testing.T) (outageCase, *testserver.Server){
		"ngircd": onOwnNgircd, "inspircd": onOwnInspircd,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := start(t)
			testChannelOutage(t, c, s)
		})
	}
}

type outageCase struct {
	ircCase
	restart func(testing.TB)
}

func onOwnNgircd(t *testing.T) (outageCase, *testserver.Server) {
	s := testserver.Ngircd(t, testserver.NgircdOptions{})
	return outageCase{ircCase{start(t, ircTable("ng", s.Addr)), s.Addr, "ng.test", "anna", ""}, s.Restart}, s.Server
}

func onOwnInspircd(t *testing.T) (outageCase, *testserver.Server) {
	s := testserver.InspIRCd(t, testserver.InspIRCdOptions{NoServices: true})
	return outageCase{ircCase{start(t, ircTLSTable("insp", s.TLSAddr, s.CAFile)), s.Addr, "insp.test", "anna", ""}, s.Restart}, s.Server
}

func testChannelOutage(t *testing.T, c outageCase, s *testserver.Server) {
	ch, a := c.channel(t), c.linked()
	w := ch.open(a)
	w.say(words("before"))
	ch.waitHost(c.nick+"\t", words("before"))

	s.Kill(t)
	a.awaitState(ch.handle(), client.Offline)
	a.callFails(ch.handle(), 217)
	c.restart(t)
	a.awaitState(ch.handle(), client.Online)
	bob := c.friend(t, "bob")
	bob.join(ch.name)
	w.await(c.handle(bob)) // it is the same window
	for i := range 5 {
		bob.say(ch.name, words(fmt.Sprint("after ", i)))
	}
	for i := range 5 {
		w.hears(c.handle(bob), words(fmt.Sprint("after ", i)))
	}
	w.say(words("welcome back"))
	bob.hear(c.nick, words("welcome back"))
	ch.wee.Join(t, ch.name)
	w.await(ch.host())
	if n := len(w.Participants()); n != 3 {
		t.Errorf("there are %v", w.Participants())
	}
}
