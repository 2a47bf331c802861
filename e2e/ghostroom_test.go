package e2e

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"msnbridge/msn/client"
)

// Two ghosts, somebody with an own Matrix account and a person on Matrix are in one room: each sees
// what the others say, once and by name, and who leaves.
func TestGhostRoom(t *testing.T) {
	t.Parallel()
	c := haunt(t)
	nio := c.nio("gonio")
	own := newMatrixUser(t, c.hs, "carl")
	a, b, o := c.signIn(c.account("anna")), c.signIn(c.account("bob")), c.signIn(c.account("carl"))
	c.login(o.Handle(), "matrix", passwordOf(own.UserID.Localpart()), "user="+string(own.UserID), "homeserver="+c.hs.BaseURL)
	b.rename("Bob B.")
	c.awaitCalled(ghostOf(b.Handle()), "Bob B.")
	room := nio.Do(t, map[string]any{"do": "make", "direct": false, "plain": true, "name": "Picnic",
		"invite": []id.UserID{ghostOf(a.Handle()), ghostOf(b.Handle()), own.UserID}}).Room
	users := []*user{a, b, o}
	as := []id.UserID{ghostOf(a.Handle()), ghostOf(b.Handle()), own.UserID}
	windows := make([]*window, len(users))
	for i, u := range users {
		handle := u.accept("Picnic")
		nio.finds(as[i], room, "join")
		windows[i] = u.call(handle)
		windows[i].await(nio.handle)
	}
	nio.SayPlain(t, room, words("who is here?"))
	for _, w := range windows {
		w.line(nio.handle, words("who is here?"))
	}
	for i, u := range users {
		text := words("I am " + u.Handle())
		windows[i].say(text)
		nio.hears(as[i], room, text)
		for j, w := range windows {
			if i != j {
				w.hears(knownAs(as[i]), text)
			}
		}
	}
	nio.SayPlain(t, room, words("the end"))
	for _, w := range windows {
		w.hears(nio.handle, words("the end")) // and nothing came twice
	}

	if g := a.call(gateway); !strings.Contains(g.ask("part Picnic"), "You have left") {
		t.Error("anna does not leave")
	}
	nio.finds(ghostOf(a.Handle()), room, "leave")
	windows[1].leaves(knownAs(as[0]))
	nio.SayPlain(t, room, words("after anna"))
	windows[1].hears(nio.handle, words("after anna"))
	windows[2].hears(nio.handle, words("after anna"))
	none(windows[0].inbox, func(m client.Message) bool { return m.Text == words("after anna") })
	nio.Do(t, map[string]any{"do": "leave", "room": room})
	windows[1].leaves(nio.handle)
}

// accept accepts the invitation into a room of this name, and returns the room's handle once it is entered.
func (u *user) accept(name string) (handle string) {
	u.t.Helper()
	l := next(u.inbox, func(l client.ListChanged) bool {
		return !l.Removed && l.List == client.Reverse && strings.HasPrefix(l.Entry.Name, name)
	})
	u.add(client.Allow, l.Entry.Handle)
	u.awaitContact(l.Entry.Handle)
	return l.Entry.Handle
}

// knownAs is how the others in a room see somebody who speaks.
func knownAs(who id.UserID) string { return who.Localpart() + "@" + who.Homeserver() }
