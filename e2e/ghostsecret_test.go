package e2e

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// A ghost has no keys. Both sides are told so in an encrypted room, once, and nothing is said there in
// the clear.
func TestGhostEncrypted(t *testing.T) {
	t.Parallel()
	c := haunt(t)
	nio := c.nio("genio")
	a := c.signIn(c.account("anna"))
	ghost := ghostOf(a.Handle())
	a.add(client.Allow, nio.handle)
	room := nio.Make(t, true, string(ghost))
	nio.finds(ghost, room, "join")
	nio.Say(t, room, words("in cipher"))
	notice := nio.Wait(t, func(e testserver.NioEvent) bool {
		return e.Kind == "notice" && e.Room == room && e.Sender == string(ghost)
	})
	if !strings.Contains(notice.Text, "encrypt") {
		t.Errorf("the ghost says %q", notice.Text)
	}
	w := a.answer(nio.handle)
	if m := w.hearSome("crypt"); strings.Contains(m.Text, marker) {
		t.Errorf("the user is shown %q", m.Text)
	}
	w.fails(words("in the clear"))
	bob := newMatrixUser(t, c.hs, "gebob")
	nio.Do(t, map[string]any{"do": "invite", "room": room, "user": string(bob.UserID)})
	bob.join(id.RoomID(room))
	if n := bob.count(id.RoomID(room), ghost, words("in the clear")); n != 0 {
		t.Errorf("plain text is in an encrypted room")
	}
}
