package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"msnbridge/msn/client"
)

func TestChannelWhileAway(t *testing.T) { onBoth(t, "cw", testChannelWhileAway) }

// testChannelWhileAway has the account kicked and banned while no client is signed
// in, and the daemon killed: the next sign-in says so, and a key is not forgotten.
func testChannelWhileAway(t *testing.T, c ircCase) {
	ch, a := c.channel(t), c.linked()
	key := "open-" + marker
	keyed := "#" + c.prefix + "Keyed"
	ch.wee.Join(t, keyed)
	ch.wee.Type(t, "", "/mode "+keyed+" +k "+key)
	ch.wee.WaitLine(t, keyed, "Mode "+keyed, "+k")
	a.call(gateway).wantAnswer("join "+c.of(keyed)+" "+key, "You are in")
	a.awaitState(c.of(keyed), client.Online)
	ch.enter(a)
	ch.waitHost("-->", c.nick, "has joined")
	a.Close()

	ch.hostDoes("/ban " + c.nick)
	ch.hostDoes("/kick " + c.nick + " so there")
	ch.waitHost("<--", c.nick, "so there")
	a = c.d.dial(a.Handle())
	a.sync()
	a.show(client.Online)
	a.awaitRefused(ch.handle(), "so there")
	a.callFails(ch.handle(), 217)

	c.d.kill()
	c.d.start()
	a = c.d.signIn(a.Handle())
	a.awaitRefused(ch.handle(), "banned")
	a.awaitState(c.of(keyed), client.Online)
	w := a.call(c.of(keyed))
	w.await(ch.host())
	for _, e := range a.roster.Lists[client.Forward] {
		if strings.EqualFold(e.Handle, ch.handle()) && !strings.EqualFold(e.Name, ch.name) && !strings.EqualFold(e.Name, ch.handle()) {
			t.Errorf("on the list it is called %q", e.Name)
		}
	}
	c.d.stop()
	err := filepath.WalkDir(c.d.data, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if b, err := os.ReadFile(path); err == nil && strings.Contains(string(b), key) {
			t.Errorf("the key is in clear in %s", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
