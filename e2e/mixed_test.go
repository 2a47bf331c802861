package e2e

import (
	"slices"
	"testing"

	"msnbridge/msn/client"
)

// TestMixed has users of MSNP2, 7, 9 and 12 and a friend on Matrix in one conversation, whose owner
// speaks the oldest of these dialects or the newest.
func TestMixed(t *testing.T) {
	t.Parallel()
	hs := dendrite(t)
	for _, dialects := range [][]string{{"MSNP12", "MSNP2", "MSNP7", "MSNP9"}, {"MSNP2", "MSNP12", "MSNP9", "MSNP7"}} {
		t.Run(dialects[0], func(t *testing.T) {
			t.Parallel()
			mixed(onMatrix(t, hs, "mx", passportTable), dialects)
		})
	}
}

func mixed(c *matrixCase, dialects []string) {
	bob, me := c.bob, c.elsewhere.UserID
	room := c.chat()
	users := []*user{c.signInWith(c.handle, dialects[0])}
	c.link()
	users[0].awaitContact(handleOf(bob))
	for i, name := range []string{"ben", "carl", "dora"} {
		users = append(users, c.signInWith(c.account(name), dialects[i+1]))
	}

	// The friend rings; the others are called one by one, and see who is there already.
	bob.say(room, words("hello anna"))
	windows := []*window{users[0].answer(handleOf(bob))}
	windows[0].hear(words("hello anna"))
	for i, u := range users[1:] {
		if err := windows[i].Invite(bounded(c.t), u.Handle()); err != nil {
			c.t.Fatal(err)
		}
		w := u.answer(users[i].Handle())
		for j, other := range windows {
			joined := next(other.inbox, func(j client.Joined) bool { return j.Handle == u.Handle() })
			if told := dialects[j] == "MSNP12" && slices.Contains(client.PassportDialects, u.Dialect()); told != (joined.Features != 0) {
				c.t.Errorf("%s is told in %s: %+v", u.Handle(), dialects[j], joined)
			}
			w.await(users[j].Handle())
		}
		w.await(handleOf(bob))
		windows = append(windows, w)
	}

	everybody := func(text string, from *user) {
		c.t.Helper()
		for i, w := range windows {
			if users[i] != from {
				w.hear(text)
			}
		}
	}
	for i, w := range windows {
		text := words("of " + users[i].Dialect())
		w.say(text)
		everybody(text, users[i])
		bob.hear(me, c.guest(i)+text)
	}
	bob.say(room, words("of bob: ä & ö"))
	everybody(words("of bob: ä & ö"), nil)
	shake(c, users, windows)

	// Who leaves is missed by all who stay, and hears no more.
	for i := len(windows) - 1; i > 0; i-- {
		windows[i].Close()
		for _, w := range windows[:i] {
			next(w.inbox, func(l client.Left) bool { return l.Handle == users[i].Handle() })
		}
		windows = windows[:i]
		text := words("without " + users[i].Dialect())
		bob.say(room, text)
		everybody(text, nil)
	}
	windows[0].say(words("alone"))
	bob.hear(me, words("alone"))
}

// guest is what stands in front of the texts of the user with this number, for people outside.
func (c *matrixCase) guest(i int) string {
	return []string{"", "ben: ", "carl: ", "dora: "}[i]
}

// shake has a client of MSNP12 nudge: the payload goes to every client as it is, and to Matrix in words.
func shake(c *matrixCase, users []*user, windows []*window) {
	c.t.Helper()
	for i, u := range users {
		if u.Dialect() != "MSNP12" {
			continue
		}
		if err := windows[i].SendNudge(bounded(c.t)); err != nil {
			c.t.Fatal(err)
		}
		for j, w := range windows {
			if j != i {
				next(w.inbox, func(m client.Message) bool { return m.IsNudge && m.From == u.Handle() })
			}
		}
		who := map[bool]string{true: "", false: "* ben "}[i == 0]
		c.bob.hear(c.elsewhere.UserID, who+"sends a nudge")
	}
}
