package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/msn/client"
)

// Who is called into a conversation with a Matrix person makes it a group room, in the same window.
func TestMatrixGather(t *testing.T) {
	t.Parallel()
	hs := dendrite(t)
	for _, dialect := range []string{"MSNP2", "MSNP7"} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			prefix := "ga" + dialect[4:]
			c := onMatrix(t, hs, prefix)
			eve, frank := newMatrixUser(t, hs, prefix+"eve"), newMatrixUser(t, hs, prefix+"frank")
			chat, me := c.chat(), c.elsewhere.UserID
			a := c.signIn(c.handle, dialect, "CVR0")
			c.link()
			a.awaitContact(handleOf(c.bob))
			w := a.call(handleOf(c.bob))
			w.say(words("for bob alone"))
			c.bob.hear(me, words("for bob alone"))

			w.invite(eve)
			group := eve.invited(me)
			c.bob.invitedInto(group)
			room := a.awaitRoom()
			w.await(room)
			c.bob.join(group)
			eve.join(group)
			w.await(handleOf(eve))
			w.say(words("for both"))
			for _, u := range []*matrixUser{c.bob, eve} {
				if ev := u.hear(me, words("for both")); ev.RoomID != group {
					t.Errorf("%s hears it in %s, not in %s", u.UserID, ev.RoomID, group)
				}
			}
			eve.say(group, words("hello all"))
			w.line(handleOf(eve), words("hello all"))
			c.bob.say(group, words("hello eve"))
			w.line(handleOf(c.bob), words("hello eve"))

			w.invite(frank)
			frank.invitedInto(group)
			c.bob.say(chat, words("for anna alone"))
			a.answer(handleOf(c.bob)).hear(words("for anna alone"))
		})
	}
}

// invitedInto waits until the user is invited into a room.
func (u *matrixUser) invitedInto(room id.RoomID) {
	u.t.Helper()
	u.next("an invitation into "+string(room), func(ev *event.Event) bool {
		return ev.RoomID == room && ev.Type.Type == event.StateMember.Type && ev.GetStateKey() == string(u.UserID) && ev.Content.Raw["membership"] == "invite"
	})
}

// invite calls somebody into the conversation.
func (w *window) invite(who *matrixUser) {
	w.t.Helper()
	if err := w.Invite(bounded(w.t), handleOf(who)); err != nil {
		w.t.Fatalf("%s: invite %s: %v", w.whose, who.UserID, err)
	}
}

// awaitRoom waits until a room without an address of its own is put on the forward list, and
// returns its handle.
func (u *user) awaitRoom() (handle string) {
	u.t.Helper()
	next(u.inbox, func(c client.ListChanged) bool {
		handle = c.Entry.Handle
		return !c.Removed && c.List == client.Forward && strings.HasSuffix(handle, "@x."+domain)
	})
	return handle
}

// Which rooms are on the list is what the user has told the service contact.
func TestMatrixRoomChoice(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "rc")
	allotment, bakery := c.bob.group("Allotment", c.elsewhere), c.bob.group("Bakery", c.elsewhere)
	a := c.signIn(c.handle)
	c.link()
	first, second := a.awaitNamed("Allotment"), a.awaitNamed("Bakery")
	w := a.call(gateway)
	w.wantAnswer("rooms", "Allotment ("+first+"): entered", "Bakery ("+second+"): entered")
	w.wantAnswer("rooms matrix", "1. Allotment ("+first+"): on your list", "2. Bakery ("+second+"): on your list")
	w.wantAnswer("rooms matrix bak", "1. Bakery")
	w.wantAnswer("show matrix", "All rooms", "Of 2 rooms", "2 are on it")

	w.wantAnswer("show matrix chosen", "put there yourself", "0 are on it")
	a.awaitList(client.Forward, first, true)
	a.awaitList(client.Forward, second, true)
	w.wantAnswer("join bakery", "You are in Bakery")
	a.awaitContact(second)
	w.wantAnswer("rooms matrix", "1. Allotment ("+first+"): not on your list", "2. Bakery ("+second+"): on your list")
	if err := c.elsewhere.AddTag(bounded(t), allotment, event.RoomTagFavourite, 0.5); err != nil {
		t.Fatal(err)
	}
	w.wantAnswer("show matrix favourites", "favourites")
	a.awaitContact(first)

	w.wantAnswer("hide 2", "Bakery ("+second+") is not on your list any more")
	a.awaitList(client.Forward, second, true)
	w.wantAnswer("part 1", "You have left Allotment ("+first+").")
	a.awaitList(client.Forward, first, true)
	c.bob.left(allotment, c.elsewhere.UserID)

	c.stop()
	c.start()
	a = c.signIn(c.handle)
	c.bob.say(bakery, words("unheard"))
	room := c.bob.group("Chapel", c.elsewhere)
	if err := c.elsewhere.AddTag(bounded(t), room, event.RoomTagFavourite, 0.5); err != nil {
		t.Fatal(err)
	}
	chapel := a.awaitNamed("Chapel") // so all before it has come too
	a.awaitState(chapel, client.Online)
	w = a.call(gateway)
	w.wantAnswer("rooms matrix", "Bakery ("+second+"): not on your list", chapel, ": on your list, favourite")
	none(a.inbox, func(l client.ListChanged) bool { return !l.Removed && l.Entry.Handle == second })
	if rooms, err := c.elsewhere.JoinedRooms(bounded(t)); err != nil || slices.Contains(rooms.JoinedRooms, allotment) || !slices.Contains(rooms.JoinedRooms, bakery) {
		t.Errorf("joined: %v, %v", rooms, err)
	}
}

// left waits until somebody has left a room.
func (u *matrixUser) left(room id.RoomID, who id.UserID) {
	u.t.Helper()
	u.next(string(who)+" leaves", func(ev *event.Event) bool {
		return ev.RoomID == room && ev.Type.Type == event.StateMember.Type && ev.GetStateKey() == string(who) && ev.Content.Raw["membership"] == "leave"
	})
}

// The block list and the list of ignored people are one, whichever side has changed it.
func TestMatrixBlockList(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "bl")
	eve := newMatrixUser(t, c.hs, "bleve")
	a, chat := c.linked()
	bob := handleOf(c.bob)

	a.remove(client.Allow, bob)
	a.add(client.Block, bob)
	c.elsewhere.ignores(c.bob)
	a.callFails(bob, 216)
	a.remove(client.Block, bob)
	c.elsewhere.ignores()
	a.add(client.Allow, bob)

	c.elsewhere.ignore(c.bob, eve)
	a.awaitList(client.Allow, bob, true)
	a.awaitList(client.Block, bob, false)
	a.awaitList(client.Block, handleOf(eve), false)
	c.bob.say(chat, words("unheard"))
	frank := newMatrixUser(t, c.hs, "blfrank")
	frank.direct(c.elsewhere.UserID)
	a.awaitList(client.Reverse, handleOf(frank), false) // so all before it has come too
	c.elsewhere.ignore(eve)
	a.awaitList(client.Block, bob, true)
	a.awaitList(client.Allow, bob, false)
	c.bob.say(chat, words("heard"))
	a.answer(bob).hear(words("heard"))

	c.stop()
	c.elsewhere.ignore(c.bob)
	c.start()
	a = c.signIn(c.handle)
	if a.has(client.Block, handleOf(eve)) {
		a.awaitList(client.Block, handleOf(eve), true)
	}
	if !a.has(client.Block, bob) {
		a.awaitList(client.Block, bob, false)
	}
}

// ignore has the user ignore these people and nobody else.
func (u *matrixUser) ignore(who ...*matrixUser) {
	u.t.Helper()
	list := event.IgnoredUserListEventContent{IgnoredUsers: map[id.UserID]event.IgnoredUser{}}
	for _, w := range who {
		list.IgnoredUsers[w.UserID] = event.IgnoredUser{}
	}
	if err := u.SetAccountData(bounded(u.t), event.AccountDataIgnoredUserList.Type, list); err != nil {
		u.t.Fatal(err)
	}
}

// ignores waits until the user ignores these people and nobody else.
func (u *matrixUser) ignores(who ...*matrixUser) {
	u.t.Helper()
	u.next(fmt.Sprintf("%d ignored people", len(who)), func(ev *event.Event) bool {
		list, _ := ev.Content.Raw["ignored_users"].(map[string]any)
		return ev.Type.Type == event.AccountDataIgnoredUserList.Type && len(list) == len(who) &&
			!slices.ContainsFunc(who, func(w *matrixUser) bool { return list[string(w.UserID)] == nil })
	})
}

// A room's address on the list makes way for the room, and the room for the one that replaces it.
func TestMatrixAlias(t *testing.T) {
	t.Parallel()
	for spelling, dialect := range map[string]string{"#": "MSNP7", "~23": "MSNP2"} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			c := onMatrix(t, dendrite(t), "al"+dialect[4:])
			me, alias := c.elsewhere.UserID, fresh("al"+dialect[4:]+"cake")
			resp, err := c.bob.CreateRoom(bounded(t), &mautrix.ReqCreateRoom{Preset: "public_chat", Name: "Cake", RoomAliasName: alias})
			if err != nil {
				t.Fatal(err)
			}
			a := c.signIn(c.handle, dialect, "CVR0")
			c.link()
			address := spelling + alias + "@" + me.Homeserver()
			a.befriend(address)
			c.bob.joined(resp.RoomID, me)
			a.awaitList(client.Forward, address, true)
			cake := a.awaitNamed("Cake")
			a.awaitState(cake, client.Online)
			w := a.call(cake)
			w.say(words("is there cake?"))
			c.bob.hear(me, words("is there cake?"))

			next := c.bob.upgrade(resp.RoomID)
			c.bob.joined(next, me)
			a.awaitList(client.Forward, cake, true)
			w.leaves(cake)
			a.callFails(cake, 217)
			more := a.awaitNamed("Cake")
			w = a.call(more)
			c.bob.say(next, words("there is"))
			w.line(handleOf(c.bob), words("there is"))
			a.sync()
			for _, gone := range []string{address, cake} {
				if a.has(client.Forward, gone) || a.has(client.Allow, gone) {
					t.Errorf("%s is still there: %+v", gone, a.roster.Lists)
				}
			}
			if !a.has(client.Forward, more) || !a.has(client.Allow, more) {
				t.Errorf("%s is not there: %+v", more, a.roster.Lists)
			}
		})
	}
}

// upgrade replaces a room by a new one.
func (u *matrixUser) upgrade(room id.RoomID) id.RoomID {
	u.t.Helper()
	var resp struct {
		Replacement id.RoomID `json:"replacement_room"`
	}
	url := u.BuildClientURL("v3", "rooms", room, "upgrade")
	if _, err := u.MakeRequest(bounded(u.t), "POST", url, map[string]string{"new_version": "10"}, &resp); err != nil {
		u.t.Fatal(err)
	}
	return resp.Replacement
}
