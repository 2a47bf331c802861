package e2e

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/msn/client"
)

// talking opens the conversation with bob, who has said something there, so that it is the window
// which everything is shown in.
func talking(t *testing.T, prefix string) (c *matrixCase, w *window, room id.RoomID, first id.EventID) {
	t.Helper()
	c = onMatrix(t, dendrite(t), prefix)
	a, room := c.linked()
	first = c.bob.say(room, words("helo anna"))
	w = a.answer(handleOf(c.bob))
	w.hear(words("helo anna"))
	return c, w, room, first
}

// What somebody on Matrix does to messages that were shown is told in lines.
func TestMatrixChanges(t *testing.T) {
	t.Parallel()
	c, w, room, first := talking(t, "ch")
	bob, name := c.bob, c.bob.UserID.Localpart()
	bob.correct(room, first, words("hello anna"))
	w.hear("* " + words("hello anna"))

	bob.sendContent(room, &event.MessageEventContent{MsgType: event.MsgText, Body: words("an answer"),
		RelatesTo: (&event.RelatesTo{}).SetReplyTo(first)})
	w.hear("> " + name + ": " + words("hello anna") + "\n" + words("an answer"))

	if _, err := bob.SendReaction(bounded(t), room, first, "\U0001f44d"); err != nil {
		t.Fatal(err)
	}
	w.hear("(" + name + ": (Y) to \u201c" + words("hello anna") + "\u201d)")

	gone := bob.say(room, words("never said"))
	w.hear(words("never said"))
	bob.redact(room, gone)
	w.hear("(" + name + " has taken back a message: \u201c" + words("never said") + "\u201d)")
}

// What the user types after a slash, and corrections, are the same on Matrix.
func TestMatrixChangesByUser(t *testing.T) {
	t.Parallel()
	c, w, room, first := talking(t, "cu")
	bob, me := c.bob, c.elsewhere.UserID
	w.say(words("hello wrold"))
	said := bob.hear(me, words("hello wrold")).ID
	w.say("s/wrold/world/")
	if in := bob.heard(me, "* "+words("hello world")); in.RelatesTo.GetReplaceID() != said || in.NewContent == nil || in.NewContent.Body != words("hello world") {
		t.Errorf("corrected with %+v", in)
	}
	w.fails("s/nowhere/anywhere/")
	w.hearSome("does not contain")

	w.say("/reply " + words("thanks"))
	if in := bob.heard(me, words("thanks")); in.RelatesTo.GetReplyTo() != first {
		t.Errorf("answered with %+v", in)
	}
	w.say("/react \U0001f600")
	bob.next("a reaction", func(ev *event.Event) bool {
		return ev.RoomID == room && ev.Type.Type == event.EventReaction.Type && ev.Sender == me &&
			strings.Contains(fmt.Sprint(ev.Content.Raw), string(first)) && strings.Contains(fmt.Sprint(ev.Content.Raw), "\U0001f600")
	})
	w.say(words("never said"))
	gone := bob.hear(me, words("never said")).ID
	w.say("/redact")
	bob.next("a redaction", func(ev *event.Event) bool {
		return ev.Type.Type == event.EventRedaction.Type && ev.Sender == me && (ev.Redacts == gone || fmt.Sprint(ev.Content.Raw["redacts"]) == string(gone))
	})
	w.hearSome("You have taken back a message")
}

// correct replaces what the user has said.
func (u *matrixUser) correct(room id.RoomID, what id.EventID, text string) {
	u.t.Helper()
	in := &event.MessageEventContent{MsgType: event.MsgText, Body: text}
	in.SetEdit(what)
	u.sendContent(room, in)
}

func (u *matrixUser) redact(room id.RoomID, what id.EventID) {
	u.t.Helper()
	if _, err := u.RedactEvent(bounded(u.t), room, what); err != nil {
		u.t.Fatal(err)
	}
}

// heard is what was in the next text of somebody, which must be this one.
func (u *matrixUser) heard(from id.UserID, text string) *event.MessageEventContent {
	u.t.Helper()
	return u.hear(from, text).Content.AsMessage()
}

// A message is told to be read once a window has shown it, and not while it waits; to nobody but
// the user's other clients while the user is hidden.
func TestMatrixReceipts(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "rr")
	a, room := c.linked()
	me := c.elsewhere.UserID
	a.show(client.Hidden)
	waits := c.bob.say(room, words("one"))
	eve := newMatrixUser(t, c.hs, "rreve")
	eve.direct(me)
	a.awaitList(client.Reverse, handleOf(eve), false) // so all before it has come too
	c.bob.notRead(me, waits)
	if at := c.elsewhere.readUntil(room); at == waits {
		t.Errorf("%s counts as read before it was shown", at)
	}
	a.show(client.Online)
	w := a.answer(handleOf(c.bob))
	w.hearLate(words("one"))
	c.bob.next("a receipt", func(ev *event.Event) bool { return receiptOf(ev, me, waits) })

	a.show(client.Hidden)
	hidden := c.bob.say(room, words("two"))
	w.hear(words("two"))
	w.say(words("I am here")) // until then nothing is told at all
	until(t, "it is read", func() bool { return c.elsewhere.readUntil(room) == hidden })
	c.bob.notRead(me, hidden)
}

// receiptOf tells whether somebody has read an event.
func receiptOf(ev *event.Event, who id.UserID, what id.EventID) bool {
	if ev.Type.Type != event.EphemeralEventReceipt.Type {
		return false
	}
	kinds, _ := ev.Content.Raw[string(what)].(map[string]any)
	by, _ := kinds["m.read"].(map[string]any)
	return by[string(who)] != nil
}

// notRead fails the test if the user has been told that somebody has read an event.
func (u *matrixUser) notRead(who id.UserID, what id.EventID) {
	u.t.Helper()
	u.sync(0)
	if slices.ContainsFunc(u.news, func(ev *event.Event) bool { return receiptOf(ev, who, what) }) {
		u.t.Errorf("%s is told that %s has read %s", u.UserID, who, what)
	}
}

// readUntil is until where the user's clients know a room to be read.
func (u *matrixUser) readUntil(room id.RoomID) id.EventID {
	u.t.Helper()
	var marker struct {
		Event id.EventID `json:"event_id"`
	}
	err := u.GetRoomAccountData(bounded(u.t), room, "m.fully_read", &marker)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		u.t.Fatal(err)
	}
	return marker.Event
}
