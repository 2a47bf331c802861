package e2e

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/msn/client"
)

// An own Matrix account takes the ghost's place, and makes way for it again.
func TestGhostAndOwnLogin(t *testing.T) {
	t.Parallel()
	c := haunt(t)
	a, bob, chat := c.friends("bob")
	ghost, own := ghostOf(a.Handle()), newMatrixUser(t, c.hs, "own")
	w := a.call(handleOf(bob))
	w.say(words("as a ghost"))
	bob.hear(ghost, words("as a ghost"))
	w.Close()
	c.wantLogin(a.Handle(), "ghost", string(own.UserID))
	bob.sees(ghost, event.PresenceOnline)

	c.login(a.Handle(), "matrix", passwordOf(own.UserID.Localpart()), "user="+string(own.UserID), "homeserver="+c.hs.BaseURL)
	c.wantLogin(a.Handle(), string(own.UserID), "ghost")
	bob.left(chat, ghost)
	a.sync()
	if !a.has(client.Forward, handleOf(bob)) || !a.has(client.Allow, handleOf(bob)) {
		t.Errorf("bob is not on the lists any more: %+v", a.roster)
	}
	w = a.call(handleOf(bob))
	w.say(words("as myself"))
	room := bob.invited(own.UserID)
	bob.join(room)
	bob.hear(own.UserID, words("as myself"))
	bob.say(room, words("hello you"))
	w.hear(words("hello you"))
	w.Close()

	bob.sync(0)
	bob.news = nil // such as how bob was invited before
	c.must("", "login", "remove", a.Handle(), "matrix")
	c.wantLogin(a.Handle(), "ghost", string(own.UserID))
	w = a.callAgain(handleOf(bob))
	w.say(words("a ghost again"))
	chat = bob.invited(ghost)
	bob.join(chat)
	bob.hear(ghost, words("a ghost again"))
	bob.sees(ghost, event.PresenceOnline)
	bob.say(chat, words("welcome back"))
	w.hear(words("welcome back"))

	c.stop()
	c.start()
	a = c.signIn(a.Handle())
	bob.say(chat, words("after a restart"))
	a.answer(handleOf(bob)).hear(words("after a restart"))
}

// wantLogin wants the list of logins to say this of an account, and not that.
func (c *ghostCase) wantLogin(handle, says, not string) {
	c.t.Helper()
	if list := c.must("", "login", "list", handle); !strings.Contains(list, says) || strings.Contains(list, not) {
		c.t.Errorf("login list says %q; want %q and not %q", list, says, not)
	}
}

// Ghosts and own accounts are the same to clients of all ages.
func TestGhostDialects(t *testing.T) {
	t.Parallel()
	c := haunt(t, passportTable)
	for _, dialect := range []string{"MSNP2", "MSNP7", "MSNP12"} {
		for _, kind := range []string{"ghost", "own"} {
			t.Run(dialect+"-"+kind, func(t *testing.T) {
				t.Parallel()
				c.as(t).speaks(dialect, kind == "own")
			})
		}
	}
}

// speaks has a client of a dialect asked by somebody on Matrix, and ask somebody else.
func (c *ghostCase) speaks(dialect string, own bool) {
	c.t.Helper()
	name := strings.ToLower(dialect)
	if own {
		name += "own"
	}
	handle := c.account(name)
	var a *user
	if dialect == "MSNP12" {
		a = c.signInWith(handle, dialect)
	} else {
		a = c.signIn(handle, dialect, "CVR0")
	}
	me := ghostOf(handle)
	if own {
		me = newMatrixUser(c.t, c.hs, name).UserID
		c.login(handle, "matrix", passwordOf(me.Localpart()), "user="+string(me), "homeserver="+c.hs.BaseURL)
	}
	bob, eve := newMatrixUser(c.t, c.hs, name+"bob"), newMatrixUser(c.t, c.hs, name+"eve")
	room := bob.direct(me)
	a.awaitRequest(handleOf(bob))
	a.befriend(handleOf(bob))
	bob.joined(room, me)
	bob.sees(me, event.PresenceOnline)
	c.chats(a, bob, me, room)
	a.befriend(handleOf(eve))
	room = eve.invited(me)
	eve.join(room)
	c.chats(a, eve, me, room)
	a.rename("Somebody else")
	until(c.t, "the new name", func() bool { return own || c.called(me) == "Somebody else" })
}

func (c *ghostCase) chats(a *user, who *matrixUser, me id.UserID, room id.RoomID) {
	c.t.Helper()
	who.say(room, words("hello "+a.Handle()))
	w := a.answer(handleOf(who))
	w.hear(words("hello " + a.Handle()))
	w.say(words("hello " + handleOf(who)))
	if ev := who.hear(me, words("hello "+handleOf(who))); ev.RoomID != room {
		c.t.Errorf("said in %s, not in %s", ev.RoomID, room)
	}
	who.show(event.PresenceUnavailable)
	a.awaitState(handleOf(who), client.Idle)
}
