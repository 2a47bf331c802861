package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"maunium.net/go/mautrix/event"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// settle returns when the daemon has stored all that the user's session has led to so far.
func (u *user) settle() {
	u.t.Helper()
	for _, value := range []string{"1", "2"} { // the store writes in order
		if _, err := u.SetProperty(bounded(u.t), "PHW", value); err != nil {
			u.t.Fatal(err)
		}
	}
}

// restart kills the daemon and starts it again.
func (d *daemon) restart() {
	d.t.Helper()
	d.kill()
	d.start()
}

func TestCrashKeepsLists(t *testing.T) {
	t.Parallel()
	d := start(t)
	testCrashKeepsLists(t, d)
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	d := start(t, fmt.Sprintf("[database]\nurl = %q\n", postgres(t).NewDatabase(t)))
	testCrashKeepsLists(t, d)
}

func testCrashKeepsLists(t *testing.T, d *daemon) {
	a, bob, carol := d.signIn(d.account("anna")), d.account("bob"), d.account("carol")
	a.befriend(bob)
	g, _, err := a.AddGroup(bounded(t), "Friends & Co")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Add(bounded(t), client.Forward, bob, "", g.ID); err != nil {
		t.Fatal(err)
	}
	a.add(client.Block, carol)
	for what, change := range map[string]func() (int, error){
		"BLP": func() (int, error) { return a.SetDefault(bounded(t), "BL") },
		"GTC": func() (int, error) { return a.SetPrompt(bounded(t), "N") },
		"REA": func() (int, error) { return a.Rename(bounded(t), a.Handle(), "Änna 100%") },
		"PRP": func() (int, error) { return a.SetProperty(bounded(t), "PHH", "555 1234") },
	} {
		if _, err := change(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	before := d.dial(a.Handle())
	before.sync()
	d.restart()
	after := d.dial(a.Handle())
	after.sync()
	if after.Name() != "Änna 100%" {
		t.Errorf("name %q", after.Name())
	}
	if got, want := fmt.Sprintf("%+v", *after.roster), fmt.Sprintf("%+v", *before.roster); got != want {
		t.Errorf("after the crash\n%s, before it\n%s", got, want)
	}
	b := d.signIn(bob)
	if !b.has(client.Reverse, a.Handle()) {
		t.Errorf("bob's lists: %+v", b.roster)
	}
}

// TestCrashKeepsQueue has a text wait that rang before the crash, and another that was shown.
func TestCrashKeepsQueue(t *testing.T) {
	t.Parallel()
	c := onNgircd(t, "cq")
	a, bob := c.linked(), c.friend(t, "bob")
	bob.say(c.nick, words("shown"))
	w := a.answer(c.handle(bob))
	w.hear(words("shown"))
	w.Close()
	a.settle()
	bob.say(c.nick, words("waits"))
	next(a.inbox, func(r client.Ring) bool { return r.Handle == c.handle(bob) })
	a.settle() // it rings before the store has it
	c.d.restart()
	a = c.d.signIn(a.Handle())
	a.answer(c.handle(bob)).hearLate(words("waits"))
}

// TestCrashMatrix kills the daemon while texts go both ways. What was acknowledged is there once;
// nothing is lost, and nothing comes twice but what was being shown at that moment.
func TestCrashMatrix(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "cr")
	a, room := c.linked()
	c.bob.say(room, words("in 0"))
	w := a.answer(handleOf(c.bob))
	w.hear(words("in 0"))
	a.settle()

	acked := c.sendUntilKilled(w)
	c.start()
	for i := 1; i <= 10; i++ {
		c.bob.say(room, words(fmt.Sprintf("in %d", i)))
	}
	a = c.signIn(c.handle)
	w = a.answer(handleOf(c.bob))
	for i := 1; i <= 10; i++ {
		m := next(w.inbox, func(m client.Message) bool { return m.IsText })
		if undated(m.Text) != words(fmt.Sprintf("in %d", i)) {
			t.Errorf("text %d is %q", i, m.Text)
		}
	}
	w.say(words("last"))
	c.bob.next("the last text", func(ev *event.Event) bool { return textOf(ev, c.elsewhere.UserID) == words("last") })
	for i := range acked + 1 {
		n := c.bob.count(room, c.elsewhere.UserID, words(fmt.Sprintf("out %d", i)))
		if i < acked && n != 1 || n > 1 {
			t.Errorf("out %d (of %d that were acknowledged) is there %d times", i, acked, n)
		}
	}
}

// sendUntilKilled sends texts while the daemon is killed, and returns how many were acknowledged.
// The next one may have arrived or not.
func (c *matrixCase) sendUntilKilled(w *window) (acked int) {
	c.t.Helper()
	const before = 5
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ready, result := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for ; ; n++ {
			if w.SendText(ctx, words(fmt.Sprintf("out %d", n))) != nil {
				break
			}
			if n == before {
				close(ready)
			}
		}
		result <- n
	}()
	select {
	case <-ready:
	case n := <-result:
		c.t.Fatalf("text %d was not acknowledged", n)
	}
	c.kill()
	return <-result
}

// TestCrashWhileSending kills the daemon while the homeserver hangs with a text. It is finished
// after the restart, and is in the room once.
func TestCrashWhileSending(t *testing.T) {
	t.Parallel()
	hs := testserver.Dendrite(t, testserver.DendriteOptions{})
	c := onMatrix(t, hs, "cw")
	a, room := c.linked()
	w := a.call(handleOf(c.bob))
	w.say(words("before"))
	hs.Pause(t)
	if _, err := w.Send(bounded(t), client.NegativeOnly, client.TextPayload(words("in between"))); err != nil {
		t.Fatal(err)
	}
	w.Invite(bounded(t), "no handle") // answered after the text was taken
	a.settle()
	c.kill()
	hs.Resume(t)
	c.start()
	c.bob.hear(c.elsewhere.UserID, words("before"))
	c.bob.hear(c.elsewhere.UserID, words("in between"))
	a = c.signIn(c.handle)
	a.callAgain(handleOf(c.bob)).say(words("after"))
	c.bob.hear(c.elsewhere.UserID, words("after"))
	if n := c.bob.count(room, c.elsewhere.UserID, words("in between")); n != 1 {
		t.Errorf("the text is there %d times", n)
	}
}

// TestCrashPosition has texts come while the daemon is down: all are delivered, and none of those
// that were delivered before.
func TestCrashPosition(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "cp")
	a, room := c.linked()
	c.bob.say(room, words("old"))
	w := a.answer(handleOf(c.bob))
	w.hear(words("old"))
	a.settle()
	c.kill()
	var want []string
	for i := range 40 { // more than a timeline of /sync holds
		want = append(want, words(fmt.Sprintf("new %d", i)))
		c.bob.say(room, want[i])
	}
	eve := newMatrixUser(t, c.hs, "cpeve")
	eve.direct(c.elsewhere.UserID)
	c.start()
	a = c.dial(c.handle)
	a.sync()
	if !a.has(client.Forward, handleOf(c.bob)) {
		t.Errorf("lists: %+v", a.roster)
	}
	a.show(client.Online)
	w = a.answer(handleOf(c.bob))
	var got []string
	for range want {
		m := next(w.inbox, func(m client.Message) bool { return m.IsText })
		got = append(got, undated(m.Text))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	w.say(words("thanks"))
	none(w.inbox, func(m client.Message) bool { return m.IsText })
	c.bob.hear(c.elsewhere.UserID, words("thanks"))
	if n := c.bob.count(room, c.elsewhere.UserID, words("thanks")); n != 1 {
		t.Errorf("there %d times", n)
	}
}
