package e2e

import (
	"context"
	"testing"
	"time"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// returnTime is how long sending may take to work again after a network has come back.
const returnTime = 60 * time.Second

// callAgain calls until somebody can be reached again.
func (u *user) callAgain(handle string) *window {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), returnTime)
	defer cancel()
	tick := time.NewTicker(2 * time.Second) // the service has limits
	defer tick.Stop()
	for {
		sb, err := u.Call(ctx, handle)
		if err == nil {
			return u.window(sb)
		}
		if client.Code(err) != 217 {
			u.t.Fatalf("call again: %v", err)
		}
		<-tick.C
	}
}

func TestIRCOutage(t *testing.T) {
	t.Parallel()
	s := testserver.Ngircd(t, testserver.NgircdOptions{})
	c := ircCase{start(t, ircTable("ng", s.Addr)), s.Addr, "ng.test", "oanna", "o"}
	a, bob := c.linked(), c.friend(t, "bob")
	a.befriend(c.handle(bob))
	a.awaitState(c.handle(bob), client.Online)
	w := a.call(c.handle(bob))
	w.say(words("before"))
	bob.hear(c.nick, words("before"))

	s.Kill(t)
	a.awaitState(c.handle(bob), client.Offline)
	a.callFails(c.handle(bob), 217)
	g := a.call(gateway)
	g.wantAnswer("status", "ng: not connected", "next try")

	s.Restart(t)
	bob = c.friend(t, "bob")
	w = a.callAgain(c.handle(bob))
	w.say(words("after"))
	bob.hear(c.nick, words("after"))
	bob.say(c.nick, words("welcome back"))
	w.hear(words("welcome back"))
	a.awaitState(c.handle(bob), client.Online)
	g.wantAnswer("status", "ng: connected since")
}

func TestMatrixOutage(t *testing.T) {
	t.Parallel()
	hs := testserver.Dendrite(t, testserver.DendriteOptions{})
	c := onMatrix(t, hs, "mo")
	a, room := c.linked()
	bob, me := c.bob, c.elsewhere.UserID
	w := a.call(handleOf(bob))
	w.say(words("before"))
	bob.hear(me, words("before"))
	hs.Stop(t)

	// A text of the outage is sent when the homeserver is back, once.
	result := make(chan error, 1)
	ctx, cancel := context.WithTimeout(context.Background(), returnTime)
	defer cancel()
	go func() { result <- w.SendText(ctx, words("meanwhile")) }()
	hs.Restart(t)
	if err := <-result; err != nil {
		t.Fatalf("a text of the outage: %v", err)
	}
	bob.hear(me, words("meanwhile"))
	w.say(words("after"))
	bob.hear(me, words("after"))
	bob.say(room, words("welcome back"))
	w.hear(words("welcome back"))
	if n := bob.count(room, me, words("meanwhile")); n != 1 {
		t.Errorf("the text of the outage is there %d times", n)
	}
}

// TestMatrixAbsence has the homeserver away for longer than a text is tried.
func TestMatrixAbsence(t *testing.T) {
	t.Parallel()
	hs := testserver.Dendrite(t, testserver.DendriteOptions{})
	c := onMatrix(t, hs, "ma")
	a, room := c.linked()
	bob, me := c.bob, c.elsewhere.UserID
	w := a.call(handleOf(bob))
	w.say(words("before"))
	hs.Kill(t)
	ctx, cancel := context.WithTimeout(context.Background(), 55*time.Second)
	defer cancel()
	if err := w.SendText(ctx, words("in vain")); err != client.ErrNotDelivered {
		t.Fatalf("while the homeserver is away: %v", err)
	}
	hs.Restart(t)
	w = a.callAgain(handleOf(bob))
	w.say(words("after"))
	bob.hear(me, words("before"))
	bob.hear(me, words("after"))
	if n := bob.count(room, me, words("in vain")); n != 0 {
		t.Errorf("a text that was refused is there %d times", n)
	}
	bob.say(room, words("welcome back"))
	w.hear(words("welcome back"))
}

// TestStopWhileHanging stops the daemon while a homeserver and an IRC server do not answer.
func TestStopWhileHanging(t *testing.T) {
	t.Parallel()
	hs, irc := testserver.Dendrite(t, testserver.DendriteOptions{}), testserver.Ngircd(t, testserver.NgircdOptions{})
	d := start(t, ircTable("ng", irc.Addr), matrixTable)
	c := &matrixCase{daemon: d, hs: hs, handle: d.account("anna"), elsewhere: newMatrixUser(t, hs, "shanna"), bob: newMatrixUser(t, hs, "shbob")}
	a, _ := c.linked()
	c.login(c.handle, "ng", "", "nick=shanna")
	joinIRC(t, irc.Addr, "shbob")
	v, w := a.call("shbob@ng.test"), a.call(handleOf(c.bob))
	irc.Pause(t)
	hs.Pause(t)
	for _, w := range []*window{v, w} {
		if _, err := w.Send(bounded(t), client.NegativeOnly, client.TextPayload(words("lost?"))); err != nil {
			t.Fatal(err)
		}
	}
	a.settle()
	d.stop()
}
