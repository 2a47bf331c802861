package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/internal/testserver"
	"msnbridge/msn/client"
)

// A matrixCase is a daemon whose user anna has a Matrix account, and a friend of hers.
type matrixCase struct {
	*daemon
	hs        *testserver.DendriteServer
	handle    string      // of anna, here
	elsewhere *matrixUser // anna's other client
	bob       *matrixUser
}

// onMatrix prepares a case. Users are called by this prefix.
func onMatrix(t *testing.T, hs *testserver.DendriteServer, prefix string, tables ...string) *matrixCase {
	t.Helper()
	d := start(t, append(tables, matrixTable)...)
	return &matrixCase{
		daemon: d, hs: hs, handle: d.account("anna"),
		elsewhere: newMatrixUser(t, hs, prefix+"anna"), bob: newMatrixUser(t, hs, prefix+"bob"),
	}
}

// link adds anna's login, by password.
func (c *matrixCase) link() {
	c.t.Helper()
	me := c.elsewhere.UserID
	c.login(c.handle, "matrix", passwordOf(me.Localpart()), "user="+string(me), "homeserver="+c.hs.BaseURL)
}

// chat is a direct chat of anna's and bob's.
func (c *matrixCase) chat() id.RoomID {
	c.t.Helper()
	room := c.elsewhere.direct(c.bob.UserID)
	c.bob.join(room)
	return room
}

// linked links, with a direct chat, and signs in.
func (c *matrixCase) linked() (a *user, room id.RoomID) {
	c.t.Helper()
	room = c.chat()
	a = c.signIn(c.handle)
	c.link()
	a.awaitContact(handleOf(c.bob))
	return a, room
}

// awaitContact waits until somebody is put on the forward list.
func (u *user) awaitContact(handle string) {
	u.t.Helper()
	u.awaitList(client.Forward, handle, false)
}

func (u *user) awaitList(l client.List, handle string, removed bool) {
	u.t.Helper()
	next(u.inbox, func(c client.ListChanged) bool {
		return c.Removed == removed && c.List == l && strings.EqualFold(c.Entry.Handle, handle)
	})
}

func TestMatrixDirectChat(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "dc")
	a, room := c.linked()
	bob, me := c.bob, c.elsewhere.UserID

	bob.say(room, words("hello anna"))
	w := a.answer(handleOf(bob))
	w.hear(words("hello anna"))
	w.say(words("hello bob"))
	bob.hear(me, words("hello bob"))

	if err := w.SendTyping(bounded(t)); err != nil {
		t.Fatal(err)
	}
	bob.next("anna types", func(ev *event.Event) bool {
		return ev.Type.Type == event.EphemeralEventTyping.Type && strings.Contains(fmt.Sprint(ev.Content.Raw["user_ids"]), string(me))
	})
	if _, err := bob.UserTyping(bounded(t), room, true, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	next(w.inbox, func(ty client.Typing) bool { return ty.Handle == handleOf(bob) })

	c.elsewhere.say(room, words("from my phone"))
	w.hear("(you, elsewhere) " + words("from my phone"))

	bob.sayHTML(room, "ignored", "<mx-reply>old</mx-reply><b>"+words("bold")+"</b> <a href=\"https://example.org/x\">link</a><script>evil()</script>")
	if m := w.hearSome(words("bold")); !strings.Contains(m.Text, "https://example.org/x") || strings.Contains(m.Text, "evil") || strings.Contains(m.Text, "old</mx") {
		t.Errorf("HTML became %q", m.Text)
	}
	bob.emote(room, words("waves"))
	w.hear("* " + bob.UserID.Localpart() + " " + words("waves"))
}

func (u *matrixUser) sayHTML(room id.RoomID, plain, html string) {
	u.t.Helper()
	u.sendContent(room, &event.MessageEventContent{MsgType: event.MsgText, Body: plain, Format: event.FormatHTML, FormattedBody: html})
}

func (u *matrixUser) emote(room id.RoomID, text string) {
	u.t.Helper()
	u.sendContent(room, &event.MessageEventContent{MsgType: event.MsgEmote, Body: text})
}

func (u *matrixUser) sendContent(room id.RoomID, content *event.MessageEventContent) {
	u.t.Helper()
	if _, err := u.SendMessageEvent(bounded(u.t), room, event.EventMessage, content); err != nil {
		u.t.Fatal(err)
	}
}

func TestMatrixPresence(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "pr")
	a, _ := c.linked()
	bob, me := c.bob, c.elsewhere.UserID
	bob.show(event.PresenceOnline)
	a.awaitState(handleOf(bob), client.Online)
	bob.show(event.PresenceUnavailable)
	a.awaitState(handleOf(bob), client.Idle)
	bob.show(event.PresenceOffline)
	a.awaitState(handleOf(bob), client.Offline)

	a.show(client.Away)
	bob.sees(me, event.PresenceUnavailable)
	a.show(client.Online)
	bob.sees(me, event.PresenceOnline)
	a.show(client.Hidden)
	bob.sees(me, event.PresenceOffline)
	a.show(client.Online)
	bob.sees(me, event.PresenceOnline)
	a.Close()
	bob.sees(me, event.PresenceOffline)
}

func TestMatrixInvitation(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "iv")
	eve := newMatrixUser(t, c.hs, "iveve")
	a := c.signIn(c.handle)
	c.link()
	me := c.elsewhere.UserID

	room := c.bob.direct(me)
	a.awaitList(client.Reverse, handleOf(c.bob), false)
	a.add(client.Allow, handleOf(c.bob))
	c.bob.joined(room, me)
	c.bob.say(room, words("you came"))
	a.answer(handleOf(c.bob)).hear(words("you came"))

	room = eve.direct(me)
	a.awaitList(client.Reverse, handleOf(eve), false)
	a.add(client.Block, handleOf(eve))
	eve.next("a refusal", func(ev *event.Event) bool {
		return ev.RoomID == room && ev.GetStateKey() == string(me) && ev.Content.Raw["membership"] == "leave"
	})
	a.callFails(handleOf(eve), 216)
}

func TestMatrixAdd(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "ad")
	if err := c.bob.SetDisplayName(bounded(t), "Bob the Builder"); err != nil {
		t.Fatal(err)
	}
	a := c.signIn(c.handle)
	c.link()
	me := c.elsewhere.UserID
	a.befriend(handleOf(c.bob))
	room := c.bob.invited(me)
	c.bob.join(room)
	c.bob.say(room, words("thanks"))
	w := a.answer(handleOf(c.bob))
	if m := w.hear(words("thanks")); m.Name != "Bob the Builder" {
		t.Errorf("bob is called %q", m.Name)
	}

	a.add(client.Forward, "adnobody@localhost")
	a.awaitList(client.Forward, "adnobody@localhost", true)
	a.answer("gateway@" + domain).hearSome("adnobody@localhost")
}

func TestMatrixFirstText(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "ft")
	a := c.signIn(c.handle)
	c.link()
	me := c.elsewhere.UserID
	w := a.call(handleOf(c.bob)) // offline and without a direct chat
	w.say(words("first"))
	room := c.bob.invited(me)
	c.bob.join(room)
	c.bob.hear(me, words("first"))
	c.bob.say(room, words("second"))
	w.hear(words("second"))
	w.say(words("third"))
	if ev := c.bob.hear(me, words("third")); ev.RoomID != room {
		t.Errorf("the third text is in %s, not in %s", ev.RoomID, room)
	}
}

func TestMatrixWaiting(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "wt")
	room := c.chat()
	c.bob.say(room, words("before the login"))
	a := c.signIn(c.handle)
	c.link()
	a.awaitContact(handleOf(c.bob))
	a.Close()
	c.bob.sees(c.elsewhere.UserID, event.PresenceOffline)

	first := c.bob.say(room, words("read elsewhere"))
	c.bob.say(room, words("one"))
	c.bob.say(room, words("two"))
	c.elsewhere.next("bob's words", func(ev *event.Event) bool { return textOf(ev, c.bob.UserID) == words("two") })
	if err := c.elsewhere.MarkRead(bounded(t), room, first); err != nil {
		t.Fatal(err)
	}
	c.bob.next("a receipt", func(ev *event.Event) bool {
		return ev.Type.Type == event.EphemeralEventReceipt.Type && strings.Contains(fmt.Sprint(ev.Content.Raw), string(first))
	})
	c.bob.say(room, words("three"))

	a = c.dial(c.handle)
	a.sync()
	a.show(client.Hidden)
	eve := newMatrixUser(t, c.hs, "wteve")
	eve.direct(c.elsewhere.UserID)
	a.awaitList(client.Reverse, handleOf(eve), false) // so all before it has come too
	none[client.Ring](a.inbox, nil)
	a.show(client.Online)
	w := a.answer(handleOf(c.bob))
	for _, text := range []string{"one", "two", "three"} {
		w.hearLate(words(text))
	}
}

func TestMatrixLongText(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "lt")
	a, room := c.linked()
	long := words(strings.Repeat("äöü€ text ", 500))
	c.bob.say(room, long)
	w := a.answer(handleOf(c.bob))
	var got strings.Builder
	for got.Len() < len(strings.TrimSpace(long)) {
		m := next[client.Message](w.inbox, nil)
		if len(m.Raw) > client.MaxPayload {
			t.Errorf("a payload of %d bytes", len(m.Raw))
		}
		got.WriteString(m.Text)
	}
	if strings.ReplaceAll(got.String(), " ", "") != strings.ReplaceAll(long, " ", "") {
		t.Errorf("got %q", got.String())
	}
	c.bob.say(room, words(strings.Repeat("y", 1400*25)))
	if m := w.hearSome("left out"); !strings.Contains(m.Text, "rest") {
		t.Errorf("the last line is %q", m.Text)
	}
}

func TestMatrixEncrypted(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "en")
	a, room := c.linked()
	_, err := c.elsewhere.SendStateEvent(bounded(t), room, event.StateEncryption, "", &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.bob.SendMessageEvent(bounded(t), room, event.EventEncrypted, map[string]any{
		"algorithm": id.AlgorithmMegolmV1, "ciphertext": "AwgAEnACgAkLmt6qF84IK++J7UDH2Za1YVchHyprqTqsg", "session_id": "s", "sender_key": "k", "device_id": "d",
	})
	if err != nil {
		t.Fatal(err)
	}
	w := a.answer(handleOf(c.bob))
	if m := w.hearSome("cannot be decrypted"); strings.Contains(m.Text, "AwgAEn") {
		t.Errorf("shown: %q", m.Text)
	}
	w.say(words("in cipher"))
	c.bob.next("cipher text", func(ev *event.Event) bool {
		return ev.Type.Type == event.EventEncrypted.Type && ev.Sender == c.elsewhere.UserID
	})
	if n := c.bob.count(room, c.elsewhere.UserID, words("in cipher")); n != 0 {
		t.Errorf("plain text is in an encrypted room")
	}
}

func TestMatrixToken(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "tk")
	room := c.chat()
	a := c.signIn(c.handle)
	c.login(c.handle, "matrix", c.elsewhere.AccessToken, "user="+string(c.elsewhere.UserID), "homeserver="+c.hs.BaseURL, "auth=token")
	a.awaitContact(handleOf(c.bob))
	c.bob.say(room, words("hello"))
	a.answer(handleOf(c.bob)).hear(words("hello"))

	out, err := c.run(passwordOf("wrong")+"\n", "login", "add", c.account("eve"), "matrix",
		"user="+string(c.bob.UserID), "homeserver="+c.hs.BaseURL, "--password-stdin")
	if err == nil || !strings.Contains(err.Error(), "password") {
		t.Errorf("a wrong password: %q, %v", out, err)
	}
}

// TestMatrixNotDirect has rooms that are no direct chats, which stay out of sight.
func TestMatrixNotDirect(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "nd")
	a, room := c.linked()
	resp, err := c.bob.CreateRoom(bounded(t), &mautrix.ReqCreateRoom{Name: "A named room", IsDirect: true, Invite: []id.UserID{c.elsewhere.UserID}})
	if err != nil {
		t.Fatal(err)
	}
	c.elsewhere.join(resp.RoomID)
	c.bob.say(resp.RoomID, words("in the room"))
	c.bob.say(room, words("in the chat"))
	a.answer(handleOf(c.bob)).hear(words("in the chat"))
}

func TestMatrixWithoutPresence(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, testserver.Dendrite(t, testserver.DendriteOptions{NoPresence: true}), "np")
	a, room := c.linked()
	c.bob.say(room, words("a sign of life"))
	a.awaitState(handleOf(c.bob), client.Online)
	w := a.call("gateway@" + domain)
	w.say("status")
	w.hearSome("inferred")
}
