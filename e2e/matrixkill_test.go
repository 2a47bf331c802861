package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// How much is said, each way, while the daemon is killed again and again.
const (
	killTexts = 250
	kills     = 4
)

// A killing is such a run.
type killing struct {
	*matrixCase
	talk func(text string) error // of the friend
	w    *window                 // the open one
	sent int                     // texts of the MSN user
	sure []string                // those of them that were acknowledged

	mu    sync.Mutex // guards heard
	heard []string   // the friend's texts as they were shown, since the beginning
}

// TestKillMatrix kills the daemon at random moments while texts go both ways in a direct chat. All
// that somebody on Matrix says is shown, in order. What the MSN user was told is delivered is in the
// room, in order, and nothing is there twice.
func TestKillMatrix(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "kl")
	_, room := c.linked()
	read := c.bob.reading(room)
	k := &killing{matrixCase: c, talk: c.bob.saying(room)}
	k.run(handleOf(c.bob))
	k.checkHeard()
	k.w.say(words("the end"))
	var there []string
	for {
		text, err := read()
		if err != nil {
			t.Fatal(err)
		}
		if text == words("the end") {
			break
		}
		there = append(there, text)
	}
	k.checkSaid(there)
}

// TestKillEncrypted is the same in an encrypted direct chat, with a client whose encryption is libolm.
func TestKillEncrypted(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "ke")
	nio, handle, room := c.nio("ke")
	k := &killing{matrixCase: c, talk: func(text string) error { nio.Say(t, room, text); return nil }}
	k.run(handle)
	k.checkHeard()
	k.w.say(words("the end"))
	k.checkSaid(saidTo(t, nio, string(c.elsewhere.UserID), words("the end")))
}

// saidTo is what somebody has said to a matrix-nio, up to a last text; empty is what it could not
// read: it does not try again when a key comes after the message, as it may on Dendrite.
func saidTo(t testing.TB, nio *testserver.NioClient, from, last string) (texts []string) {
	for {
		e := nio.Wait(t, func(e testserver.NioEvent) bool {
			return (e.Kind == "text" || e.Kind == "unreadable") && e.Sender == from
		})
		if e.Kind == "text" && !e.Encrypted {
			t.Errorf("%q went in the clear", e.Text)
		}
		if e.Text == last {
			return texts
		}
		texts = append(texts, e.Text)
	}
}

// nio links anna's account, and gives her an encrypted direct chat with somebody at a matrix-nio.
func (c *matrixCase) nio(prefix string) (nio *testserver.NioClient, handle, room string) {
	c.t.Helper()
	name := fresh(prefix + "nio")
	userID, _ := c.hs.CreateUser(c.t, name, passwordOf(name))
	nio = testserver.Nio(c.t, c.hs, userID, passwordOf(name))
	handle = name + "@localhost"
	a := c.signIn(c.handle)
	c.link()
	room = nio.Make(c.t, true, string(c.elsewhere.UserID))
	a.awaitList(client.Reverse, handle, false)
	a.add(client.Allow, handle)
	c.elsewhere.joined(id.RoomID(room), c.elsewhere.UserID)
	return nio, handle, room
}

func (k *killing) run(handle string) {
	k.t.Helper()
	said := make(chan error, 1)
	go func() { said <- k.friendTalks() }()
	for round := 1; round <= kills; round++ {
		k.open(handle)
		k.speak(killTexts*round/(kills+1) - rand.N(20))
		k.kill()
		k.start()
	}
	k.open(handle)
	k.speak(killTexts)
	until(k.t, "the friend's last text", func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		return slices.ContainsFunc(k.heard, func(s string) bool { return undated(s) == killText("in", killTexts-1) })
	})
	if err := <-said; err != nil {
		k.t.Error(err)
	}
}

func killText(way string, i int) string { return words(fmt.Sprintf("%s %d", way, i)) }

// friendTalks says all that the friend has to say, at the pace of a fast talker.
func (k *killing) friendTalks() error {
	pace := time.NewTicker(30 * time.Millisecond)
	defer pace.Stop()
	for i := range killTexts {
		<-pace.C
		if err := k.talk(killText("in", i)); err != nil {
			return err
		}
	}
	return nil
}

// open signs in and opens the conversation, to which somebody listens until the daemon dies.
func (k *killing) open(handle string) {
	k.t.Helper()
	k.w = k.signIn(k.handle).callAgain(handle)
	go func(events <-chan client.Event) {
		for ev := range events {
			m, ok := ev.(client.Message)
			if ok && m.IsText && !strings.Contains(m.Text, "cannot be read yet") {
				k.mu.Lock()
				k.heard = append(k.heard, m.Text)
				k.mu.Unlock()
			}
		}
	}(k.w.events)
}

// speak says texts until there are so many, and one more whose outcome is left open.
func (k *killing) speak(most int) {
	k.t.Helper()
	for ; k.sent < most; k.sent++ {
		text := killText("out", k.sent)
		if err := k.w.SendText(bounded(k.t), text); err != nil {
			k.t.Fatalf("%s: %v", text, err)
		}
		k.sure = append(k.sure, text)
	}
	if _, err := k.w.Send(bounded(k.t), client.NegativeOnly, client.TextPayload(killText("out", k.sent))); err != nil {
		k.t.Fatal(err)
	}
	k.sent++
}

// checkHeard wants all of the friend's texts, in order. What was being shown when the daemon died may
// be shown again, with its time.
func (k *killing) checkHeard() {
	k.t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	known := map[string]bool{}
	for _, text := range k.heard {
		plain := undated(text)
		switch {
		case known[plain] && plain == text:
			k.t.Errorf("%q was shown twice", text)
		case !known[plain] && plain != killText("in", len(known)):
			k.t.Errorf("%q was shown where %q belongs", text, killText("in", len(known)))
		}
		known[plain] = true
	}
	if len(known) != killTexts {
		k.t.Errorf("%d texts were shown, of %d", len(known), killTexts)
	}
}

// checkSaid wants what was acknowledged, in order and once, and of all else nothing twice. An empty
// text may be any one.
func (k *killing) checkSaid(there []string) {
	k.t.Helper()
	number := map[string]int{}
	for i := range k.sent {
		number[killText("out", i)] = i
	}
	last, unread := -1, 0
	for _, text := range there {
		n, known := number[text]
		switch {
		case text == "":
			unread++
			continue
		case !known || n <= last:
			k.t.Errorf("%q is there after %q", text, killText("out", last))
		case k.surely(last, n) > unread || n-last-1 < unread:
			k.t.Errorf("between %q and %q are %d texts that could not be read, of %d that were acknowledged", killText("out", last), text, unread, k.surely(last, n))
			k.t.Logf("%q", there[max(0, last-5):min(len(there), last+8)])
		}
		last, unread = n, 0
	}
	if k.surely(last, k.sent) > unread {
		k.t.Errorf("nothing is there after %q", killText("out", last))
	}
}

// surely is how many of the texts between two were acknowledged.
func (k *killing) surely(after, before int) (n int) {
	for i := after + 1; i < before; i++ {
		if slices.Contains(k.sure, killText("out", i)) {
			n++
		}
	}
	return n
}

// until waits until ok holds.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	untilWithin(t, 2*patience, what, ok)
}

func untilWithin(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not in time", what)
		}
	}
}
