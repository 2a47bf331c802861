package e2e

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"

	"msnbridge/msn/client"
)

// awaitNote waits until a contact says this of themselves.
func (u *user) awaitNote(handle, note string) client.Presence {
	u.t.Helper()
	return next(u.inbox, func(p client.Presence) bool { return strings.EqualFold(p.Handle, handle) && p.Note == note })
}

// TestMatrixNotes has the personal message of a client of MSNP12 become the status of Matrix, and back.
func TestMatrixNotes(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "nt", passportTable)
	bob, me := c.bob, c.elsewhere.UserID
	c.chat()
	a := c.signInWith(c.handle, "MSNP12")
	c.link()
	a.awaitContact(handleOf(bob))
	for _, note := range []string{words("gone <fishing> & co"), words("back"), ""} {
		if err := bob.SetPresence(bounded(t), mautrix.ReqPresence{Presence: event.PresenceOnline, StatusMsg: note}); err != nil {
			t.Fatal(err)
		}
		if p := a.awaitNote(handleOf(bob), note); p.State != client.Online {
			t.Errorf("%+v", p)
		}
	}
	if err := a.SetNote(bounded(t), words("at <home> & happy")); err != nil {
		t.Fatal(err)
	}
	a.show(client.Away) // goes out at once, where words alone would wait for some seconds
	bob.next("the status", func(ev *event.Event) bool {
		return ev.Type.Type == event.EphemeralEventPresence.Type && ev.Sender == me && ev.Content.Raw["status_msg"] == words("at <home> & happy")
	})
}

// TestIRCNotes has it become the text of AWAY, and back.
func TestIRCNotes(t *testing.T) {
	t.Parallel()
	s := inspircd(t)
	c := ircCase{start(t, passportTable, ircTLSTable("insp", s.TLSAddr, s.CAFile)), s.Addr, "insp.test", "ntanna", "nt"}
	handle := c.d.account("anna")
	c.d.login(handle, c.network(), "", "nick="+c.nick)
	a, bob := c.d.signInWith(handle, "MSNP11"), c.friend(t, "bob")
	a.befriend(c.handle(bob))
	a.awaitState(c.handle(bob), client.Online)
	bob.send("AWAY :%s", words("lunch & <more>"))
	if p := a.awaitNote(c.handle(bob), words("lunch & <more>")); p.State != client.Away {
		t.Errorf("%+v", p)
	}
	bob.send("AWAY")
	a.awaitNote(c.handle(bob), "")

	if err := a.SetNote(bounded(t), words("in the garden")); err != nil {
		t.Fatal(err)
	}
	a.show(client.Away)
	bob.awaitAway(c.nick, words("in the garden"))
	a.show(client.Online)
	bob.awaitAway(c.nick, "")
}
