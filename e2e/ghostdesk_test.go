package e2e

import (
	"regexp"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// bot is the service's own user.
const bot id.UserID = "@msnbot:localhost"

// desk opens a control room.
func (n *nioUser) desk() (room string) {
	n.t.Helper()
	room = n.MakePlain(n.t, true, string(bot))
	if hello := n.told(room); !strings.Contains(hello, "help") {
		n.t.Errorf("%s says %q", bot, hello)
	}
	return room
}

// told waits for the next that the service's own user says in a room.
func (n *nioUser) told(room string) string {
	n.t.Helper()
	return n.Wait(n.t, func(e testserver.NioEvent) bool {
		return (e.Kind == "notice" || e.Kind == "text") && e.Room == room && e.Sender == string(bot)
	}).Text
}

// asks says something in a control room, and returns the answer, which must have these words in it.
func (n *nioUser) asks(room, text string, want ...string) (answer string) {
	n.t.Helper()
	n.SayPlain(n.t, room, text)
	if answer = n.told(room); !containsAll(answer, want) {
		n.t.Errorf("%q is answered with %q; want %q", text, answer, want)
	}
	return answer
}

var codeIn = regexp.MustCompile(`matrix link (\S+)`)

// The service's own user tells people on Matrix who has them on their list, blocks whom they do not
// want, and links their account on MSN, once its owner has confirmed that.
func TestGhostControlRoom(t *testing.T) {
	t.Parallel()
	c := haunt(t)
	nio := c.nio("gcnio")
	a := c.signIn(c.account("anna"))
	ghost := ghostOf(a.Handle())
	desk := nio.desk()
	if help := nio.asks(desk, "help", "list", "link", "block"); strings.Contains(help, "status") {
		t.Errorf("status is offered to everybody: %q", help)
	}
	nio.asks(desk, "list", "Nobody")
	for _, command := range []string{"status", "status " + a.Handle(), "unlink", "block @x:localhost"} {
		if answer := nio.asks(desk, command); strings.Contains(answer, "Accounts") || strings.Contains(answer, "connected") {
			t.Errorf("%q is answered with %q", command, answer)
		}
	}

	a.befriend(nio.handle)
	room := nio.invitedBy(ghost)
	nio.SayPlain(t, room, words("hello"))
	w := a.answer(nio.handle)
	w.hear(words("hello"))
	nio.asks(desk, "list", a.Handle())
	nio.asks(desk, "block "+a.Handle(), a.Handle())
	nio.asks(desk, "list", "You block: "+a.Handle())
	w.fails(words("unwanted"))
	nio.asks(desk, "unblock "+a.Handle(), a.Handle())
	until(t, "nobody is blocked", func() bool { return w.SendText(bounded(t), words("wanted")) == nil })
	nio.hears(ghost, room, words("wanted"))

	code := codeIn.FindStringSubmatch(nio.asks(desk, "link "+a.Handle(), "matrix link"))
	if code == nil {
		t.Fatal("there is no code")
	}
	g := a.call(gateway)
	g.wantAnswer("matrix link wrong", "code")
	g.wantAnswer("matrix link "+code[1], string(nio.UserID))
	nio.told(desk) // that it is linked
	nio.asks(desk, "list", "People and rooms here on the list of "+a.Handle(), nio.UserID)
	nio.asks(desk, "block @eve:localhost", "@eve:localhost")
	a.awaitList(client.Block, "eve@localhost", false)
	nio.asks(desk, "unlink", "not linked")
	nio.asks(desk, "block @mallory:localhost")
	a.settle()
	none(a.inbox, func(l client.ListChanged) bool { return l.Entry.Handle == "mallory@localhost" })

	// Nothing is said where others listen.
	eve := newMatrixUser(t, c.hs, "gceve")
	nio.Do(t, map[string]any{"do": "invite", "room": desk, "user": string(eve.UserID)})
	nio.finds(bot, desk, "leave")
}

// Who runs the service learns how it fares, and nobody becomes that by an invitation of the ghosts.
func TestGhostControlRoomOfAdmin(t *testing.T) {
	t.Parallel()
	c := haunt(t)
	a := c.signIn(c.account("anna"))
	c.awaitCalled(ghostOf(a.Handle()), "anna")
	boss := c.nio("boss")
	desk := boss.desk()
	boss.asks(desk, "help", "status")
	until(t, "the ghost is counted", func() bool {
		return strings.Contains(boss.asks(desk, "status", "Accounts: ", "Problems: none"), "with a ghost: 1, of which 1 are connected")
	})
	boss.asks(desk, "status "+a.Handle(), a.Handle(), "a ghost", "connected")
	boss.asks(desk, "status nobody@"+domain, "nobody")

	secret := boss.Make(t, true, string(bot))
	if text := boss.told(secret); !strings.Contains(text, "encrypt") {
		t.Errorf("%s says %q in an encrypted room", bot, text)
	}

	// After a crash it is still there, and answers once.
	c.kill()
	boss.SayPlain(t, desk, "status")
	c.start()
	if text := boss.told(desk); !strings.Contains(text, "Accounts: ") {
		t.Errorf("after a crash: %q", text)
	}
	c.restart()
	boss.asks(desk, "help", "status") // and nothing came twice
}
