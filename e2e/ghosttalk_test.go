package e2e

import (
	"fmt"
	"slices"
	"testing"

	"maunium.net/go/mautrix/id"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// Somebody on Matrix finds an MSN user who has never signed in, opens a direct chat with their ghost
// and says what there is to say. The user who comes later is asked, and reads all of it.
func TestGhostIsFound(t *testing.T) {
	t.Parallel()
	c := haunt(t)
	carol := c.account("carol")
	ghost := ghostOf(carol)
	nio := c.nio("gfnio")
	if e := nio.Do(t, map[string]any{"do": "profile", "user": string(ghost)}); e.Text != "carol" {
		t.Errorf("%s is called %q", ghost, e.Text)
	}
	room := nio.MakePlain(t, true, string(ghost))
	for i := range 3 {
		nio.SayPlain(t, room, words(fmt.Sprint("early ", i)))
	}
	a := c.dial(carol)
	if a.sync(); !a.has(client.Reverse, nio.handle) {
		a.awaitRequest(nio.handle)
	}
	a.show(client.Online)
	nio.SayPlain(t, room, words("early 3"))
	a.befriend(nio.handle)
	nio.finds(ghost, room, "join")
	w := a.answer(nio.handle)
	for i := range 4 {
		if m := w.hearOnce(words(fmt.Sprint("early ", i))); m.Name != "gfnio" {
			t.Errorf("%s is called %q", nio.UserID, m.Name)
		}
	}
	c.converse(a, w, nio, room)
}

// converse has both sides say, type and read something, and the person on Matrix come and go.
func (c *ghostCase) converse(a *user, w *window, nio *nioUser, room string) {
	t, ghost := c.t, ghostOf(a.Handle())
	t.Helper()
	w.say(words("hello nio"))
	nio.hears(ghost, room, words("hello nio"))
	said := nio.SayPlain(t, room, words("hello msn"))
	w.hear(words("hello msn"))
	nio.Wait(t, func(e testserver.NioEvent) bool {
		return e.Kind == "receipt" && e.Room == room && e.Sender == string(ghost) && e.Event == said
	})
	if err := w.SendTyping(bounded(t)); err != nil {
		t.Fatal(err)
	}
	nio.Wait(t, func(e testserver.NioEvent) bool {
		return e.Kind == "typing" && e.Room == room && slices.Contains(e.Names, string(ghost))
	})
	nio.Do(t, map[string]any{"do": "type", "room": room})
	nextWithin(w.inbox, peeked, func(ty client.Typing) bool { return ty.Handle == nio.handle })
	for _, step := range []struct {
		presence string
		state    client.State
	}{{"unavailable", client.Idle}, {"online", client.Online}, {"offline", client.Offline}, {"online", client.Online}} {
		nio.Do(t, map[string]any{"do": "be", "presence": step.presence})
		a.awaitState(nio.handle, step.state)
	}
}

// The MSN user is the first to speak: their ghost invites somebody on Matrix, with whom nobody but
// the user has ever had to do.
func TestGhostInvites(t *testing.T) {
	t.Parallel()
	c := haunt(t)
	nio := c.nio("ginio")
	a := c.signIn(c.account("anna"))
	ghost := ghostOf(a.Handle())
	a.befriend(nio.handle)
	room := nio.invitedBy(ghost)
	nio.SayPlain(t, room, words("who are you?"))
	w := a.answer(nio.handle)
	w.hear(words("who are you?"))
	c.converse(a, w, nio, room)

	a.add(client.Forward, "nobody-here@localhost")
	a.awaitList(client.Forward, "nobody-here@localhost", true)
}

// A text is a beginning, too.
func TestGhostFirstText(t *testing.T) {
	t.Parallel()
	c := haunt(t)
	bob := newMatrixUser(t, c.hs, "gtbob")
	a := c.signIn(c.account("anna"))
	ghost := ghostOf(a.Handle())
	w := a.callAgain(handleOf(bob)) // the ghost may not be there yet
	w.say(words("first"))
	room := bob.invited(ghost)
	bob.join(room)
	bob.hear(ghost, words("first"))
	bob.say(room, words("second"))
	w.hear(words("second"))
	w.say(words("third"))
	if ev := bob.hear(ghost, words("third")); ev.RoomID != room {
		t.Errorf("the third text is in %s, not in %s", ev.RoomID, room)
	}
}

// Who is asked may refuse, on both sides.
func TestGhostRefused(t *testing.T) {
	t.Parallel()
	c := haunt(t)
	a := c.signIn(c.account("anna"))
	ghost := ghostOf(a.Handle())
	bob, eve, mallory := newMatrixUser(t, c.hs, "grbob"), newMatrixUser(t, c.hs, "greve"), newMatrixUser(t, c.hs, "grmallory")
	for _, policy := range []struct {
		name string
		who  *matrixUser
	}{{"AL", eve}, {"BL", bob}} {
		if _, err := a.SetDefault(bounded(t), policy.name); err != nil {
			t.Fatal(err)
		}
		room := policy.who.direct(ghost)
		policy.who.say(room, words("let me in"))
		a.awaitRequest(handleOf(policy.who))
		none[client.Ring](a.inbox, nil)
		a.add(client.Block, handleOf(policy.who))
		policy.who.left(room, ghost)
		a.callFails(handleOf(policy.who), 216)
	}

	// Somebody who has been let in and is blocked later speaks to nobody.
	room := mallory.direct(ghost)
	a.awaitRequest(handleOf(mallory))
	a.add(client.Allow, handleOf(mallory))
	mallory.joined(room, ghost)
	w := a.answerWhenSaid(mallory, room, words("let in"))
	w.Close()
	a.remove(client.Allow, handleOf(mallory))
	a.add(client.Block, handleOf(mallory))
	mallory.say(room, words("unheard"))
	frank := newMatrixUser(t, c.hs, "grfrank")
	frank.direct(ghost)
	a.awaitRequest(handleOf(frank)) // so all before it has come too
	a.callFails(handleOf(mallory), 216)
	a.remove(client.Block, handleOf(mallory))
	a.add(client.Allow, handleOf(mallory))
	v := a.answerWhenSaid(mallory, room, words("heard"))
	none(v.inbox, func(m client.Message) bool { return undated(m.Text) == words("unheard") })
}

// answerWhenSaid has somebody say something in a direct chat, and takes the call.
func (u *user) answerWhenSaid(who *matrixUser, room id.RoomID, text string) *window {
	u.t.Helper()
	who.say(room, text)
	w := u.answer(handleOf(who))
	w.hearOnce(text)
	return w
}
