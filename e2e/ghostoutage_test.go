package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"msnbridge/msn/client"
)

// outageTexts is how much is said to a ghost while the daemon is away.
const outageTexts = 200

// returned is how long the homeserver may take to push again what it could not: Dendrite waits up to
// 64 s between two attempts.
const returned = 3 * time.Minute

// TestGhostOutage has the daemon be away for so long that everything is said meanwhile. All of it is
// delivered, once and in order, and so is what is said afterwards. The homeserver tries again ever less often.
func TestGhostOutage(t *testing.T) {
	t.Parallel()
	for name, pause := range map[string]time.Duration{"seconds": 5 * time.Millisecond, "minute": 270 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := haunt(t)
			a, bob, room := c.friends("bob")
			bob.say(room, words("before"))
			w := a.answer(handleOf(bob))
			w.hear(words("before"))
			a.settle()
			if name == "minute" {
				c.kill()
			} else {
				c.stop()
			}
			bob.saysAll(room, pause)
			c.start()
			w = c.signIn(a.Handle()).answerWithin(returned, handleOf(bob))
			w.hearsAll(outageTexts)
			bob.say(room, words("after"))
			w.hearOnce(words("after"))
			w.say(words("thanks"))
			bob.hear(ghostOf(a.Handle()), words("thanks"))
			none(w.inbox, func(m client.Message) bool { return m.IsText })
		})
	}
}

// friends are an MSN user and somebody on Matrix, who have a direct chat.
func (c *ghostCase) friends(name string) (a *user, bob *matrixUser, room id.RoomID) {
	c.t.Helper()
	a = c.signIn(c.account("anna"))
	bob = newMatrixUser(c.t, c.hs, name)
	return a, bob, c.befriends(a, bob)
}

// befriends gives them a direct chat.
func (c *ghostCase) befriends(a *user, bob *matrixUser) id.RoomID {
	c.t.Helper()
	a.befriend(handleOf(bob))
	room := bob.invited(ghostOf(a.Handle()))
	bob.join(room)
	return room
}

// saysAll says outageTexts texts, one in each interval.
func (u *matrixUser) saysAll(room id.RoomID, interval time.Duration) {
	u.t.Helper()
	pace := time.NewTicker(interval)
	defer pace.Stop()
	for i := range outageTexts {
		<-pace.C
		u.say(room, killText("in", i))
	}
}

// answerWithin is answer for a call that may take a while.
func (u *user) answerWithin(limit time.Duration, handle string) *window {
	u.t.Helper()
	ring := nextWithin(u.inbox, limit, func(r client.Ring) bool { return r.Handle == handle })
	sb, err := u.Answer(bounded(u.t), ring)
	if err != nil {
		u.t.Fatal(err)
	}
	return u.window(sb)
}

// hearsAll waits for so many texts, each once and in order.
func (w *window) hearsAll(n int) {
	w.t.Helper()
	var got, want []string
	for i := range n {
		m := nextWithin(w.inbox, returned, func(m client.Message) bool { return m.IsText })
		got, want = append(got, undated(m.Text)), append(want, killText("in", i))
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("%s: got %q", w.whose, got)
	}
}

// TestGhostHomeserver has the homeserver be killed and come back, while a text waits on each side.
func TestGhostHomeserver(t *testing.T) {
	t.Parallel()
	c := haunt(t)
	a, bob, room := c.friends("bob")
	ghost := ghostOf(a.Handle())
	w := a.call(handleOf(bob))
	w.say(words("before"))
	bob.hear(ghost, words("before"))
	c.hs.Kill(t)
	result := make(chan error, 1)
	go func() { result <- w.SendText(bounded(t), words("meanwhile")) }()
	c.hs.Restart(t)
	if err := <-result; err != nil {
		t.Fatalf("a text of the outage: %v", err)
	}
	bob.hear(ghost, words("meanwhile"))
	for i := range 5 {
		bob.say(room, words(fmt.Sprint("back ", i)))
	}
	for i := range 5 {
		w.hear(words(fmt.Sprint("back ", i)))
	}
	if n := bob.count(room, ghost, words("meanwhile")); n != 1 {
		t.Errorf("the text of the outage is there %d times", n)
	}
}

// TestKillGhost kills the daemon at random moments while texts go both ways between a ghost and
// somebody on Matrix: see TestKillMatrix.
func TestKillGhost(t *testing.T) {
	t.Parallel()
	c := haunt(t)
	a, bob, room := c.friends("bob")
	read := bob.reading(room)
	k := &killing{matrixCase: &matrixCase{daemon: c.daemon, hs: c.hs, handle: a.Handle(), bob: bob}, talk: bob.saying(room)}
	k.run(handleOf(bob))
	k.checkHeard()
	k.w.say(words("the end"))
	var there []string
	for text := ""; text != words("the end"); there = append(there, text) {
		var err error
		if text, err = read(); err != nil {
			t.Fatal(err)
		}
	}
	k.checkSaid(there[:len(there)-1])
}
