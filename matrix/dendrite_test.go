package matrix

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
	"msnbridge/internal/testserver"
)

// chat links an account that has a direct chat with bob.
func chat(t testing.TB) (o *owner, own, bob *friend, c *Conn, room string) {
	o, own, bob = users(t, homeserver(t))
	c = o.connect()
	room = bob.direct(own.id())
	await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(bob.id()) })
	if err := c.Answer(t.Context(), addr(bob.id()), true); err != nil {
		t.Fatal(err)
	}
	await(o, func(e bridge.ContactFound) bool { return e.Contact.Addr == addr(bob.id()) })
	return o, own, bob, c, room
}

func TestDendriteLogin(t *testing.T) {
	o, own, _ := users(t, homeserver(t))
	c := o.connect()
	if o.state.secret == "a good password" || o.state.secret.Reveal() != c.api.client.AccessToken {
		t.Error("the password was not replaced by the token")
	}
	device := c.api.client.DeviceID
	info, err := own.GetDeviceInfo(t.Context(), device)
	if err != nil || info.DisplayName != "msnbridge" {
		t.Errorf("device %+v, %v", info, err)
	}
	c.Close()
	if c.Err() != nil {
		t.Errorf("Err is %v after Close", c.Err())
	}
	again := o.connect()
	if again.api.client.DeviceID != device {
		t.Error("another device after reconnecting")
	}
	again.Close()

	// A password that is given anew signs in as the same device.
	o.state.secret = "a good password"
	third := o.connect()
	if third.api.client.DeviceID != device {
		t.Error("another device after signing in again")
	}
	_, err = third.api.client.Logout(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	<-third.Done()
	var rejected *bridge.RejectedError
	if !errors.As(third.Err(), &rejected) || !strings.Contains(rejected.Reason, "signed out") {
		t.Errorf("after the token was revoked: %v", third.Err())
	}

	// The homeserver has deleted that device, so it is not used again.
	_, err = o.tryConnect()
	wants(t, err, "signed out")
	o.state.secret = "a good password"
	if fourth := o.connect(); fourth.api.client.DeviceID == device {
		t.Error("the same device after it was deleted")
	}
}

func TestDendriteRejected(t *testing.T) {
	hs := homeserver(t)
	o, own, bob := users(t, hs)
	for name, test := range map[string]struct {
		keys   map[string]string
		secret string
		want   string
	}{
		"wrong password": {nil, "wrong", "wrong password"},
		"unknown token":  {map[string]string{"auth": "token"}, "nonsense", "no longer accepts"},
		"another's":      {map[string]string{"auth": "token"}, bob.AccessToken, bob.id()},
		"no user":        {map[string]string{"user": ""}, "x", "user: missing"},
	} {
		t.Run(name, func(t *testing.T) {
			keys := map[string]string{"user": own.id(), "homeserver": hs.BaseURL}
			for k, v := range test.keys {
				keys[k] = v
			}
			_, err := newOwner(t, keys, test.secret).tryConnect()
			var rejected *bridge.RejectedError
			if !errors.As(err, &rejected) || !strings.Contains(rejected.Reason, test.want) {
				t.Errorf("got %v; want %q", err, test.want)
			}
		})
	}
	o.login.Keys["auth"] = "token"
	o.state.secret = bridge.Secret(own.AccessToken)
	o.connect()
}

func TestDendriteTexts(t *testing.T) {
	o, own, bob, c, room := chat(t)
	bob.do("name", bob.SetDisplayName(t.Context(), "Bob\nthe Builder"))
	event := bob.say(room, "hello")
	m := awaitText(o, "hello")
	if m.ID != event || m.Via != room || m.Chat != addr(bob.id()) || m.From != addr(bob.id()) || m.Own {
		t.Errorf("%+v", m)
	}
	out := outgoing(bob.id(), "hi\nyou")
	out.Via = room
	if err := c.Send(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	if in := bob.seeText("hi\nyou"); in != room {
		t.Errorf("said in %s", in)
	}
	out = outgoing(bob.id(), "waves")
	out.Emote = true
	if err := c.Send(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	bob.seeText("waves")

	// What the account says elsewhere; and it has read all before that.
	own.say(room, "from my phone")
	m = awaitText(o, "from my phone")
	if !m.Own || m.From != addr(own.id()) || m.Chat != addr(bob.id()) {
		t.Errorf("%+v", m)
	}
	await(o, func(e bridge.ReadElsewhere) bool {
		return e.Chat == addr(bob.id()) && e.Via == room && e.Time.Equal(m.Time)
	})
	for _, e := range have[bridge.MessageReceived](o) {
		t.Errorf("our own came back: %+v", e)
	}
	event = bob.say(room, "read this")
	m = awaitText(o, "read this")
	own.do("read", own.MarkRead(t.Context(), id.RoomID(room), id.EventID(event)))
	await(o, func(e bridge.ReadElsewhere) bool {
		return e.ID == event && e.Via == room && e.Time.Equal(m.Time)
	})
	bob.do("rename", bob.SetDisplayName(t.Context(), "Robert"))
	await(o, func(e bridge.ContactFound) bool { return e.Contact.Name == "Robert" })
}

func TestDendriteTyping(t *testing.T) {
	o, own, bob, c, room := chat(t)
	_, err := bob.UserTyping(t.Context(), id.RoomID(room), true, 10*time.Second)
	bob.do("typing", err)
	await(o, func(e bridge.Typing) bool { return e.From == addr(bob.id()) && e.Chat == addr(bob.id()) })
	if err := c.SetTyping(t.Context(), addr(bob.id()), true); err != nil {
		t.Fatal(err)
	}
	bob.see("typing", func(_ string, e *event.Event) bool {
		return e.Type.Type == typeTyping && strings.Contains(string(e.Content.VeryRaw), own.id())
	})
	if err := c.Send(t.Context(), outgoing(bob.id(), "done")); err != nil {
		t.Fatal(err)
	}
	bob.see("the end of typing", func(_ string, e *event.Event) bool {
		return e.Type.Type == typeTyping && !strings.Contains(string(e.Content.VeryRaw), own.id())
	})
	for _, e := range have[bridge.Typing](o) {
		if e.From == addr(own.id()) {
			t.Error("our own typing came back")
		}
	}
}

func TestDendritePresence(t *testing.T) {
	o, own, bob, c, _ := chat(t)
	put := func(state event.Presence, status string) {
		t.Helper()
		bob.do("presence", bob.SetPresence(t.Context(), mautrix.ReqPresence{Presence: state, StatusMsg: status}))
	}
	put("unavailable", "gone fishing")
	if err := c.Watch(t.Context(), []bridge.Addr{addr(bob.id())}); err != nil {
		t.Fatal(err)
	}
	want := func(state bridge.State, note string) {
		t.Helper()
		await(o, func(e bridge.PresenceChanged) bool {
			return e.Addr == addr(bob.id()) && e.Presence == bridge.Presence{State: state, Note: note}
		})
	}
	want(bridge.Idle, "gone fishing")
	put("online", "back")
	want(bridge.Online, "back")
	put("offline", "")
	want(bridge.Offline, "")
	if s := c.Status(); strings.Contains(s, "inferred") {
		t.Errorf("status %q", s)
	}

	shown := func(p bridge.Presence, state, status string) {
		t.Helper()
		if err := c.SetPresence(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		bob.see("presence "+state+" "+status, func(_ string, e *event.Event) bool {
			var pc presenceContent
			return e.Type.Type == typePresence && e.Sender == own.UserID &&
				json.Unmarshal(e.Content.VeryRaw, &pc) == nil && pc.Presence == state && pc.Status == status
		})
	}
	shown(bridge.Presence{State: bridge.OnPhone, Note: "call"}, "unavailable", "on the phone: call")
	shown(bridge.Presence{State: bridge.Online}, "online", "")
	shown(bridge.Presence{State: bridge.Busy}, "online", "busy")
	shown(bridge.Presence{State: bridge.Away}, "unavailable", "")
	shown(bridge.Presence{State: bridge.Hidden}, "offline", "")
}

func TestDendriteNewChat(t *testing.T) {
	o, own, bob := users(t, homeserver(t))
	c := o.connect()
	if err := c.Reach(t.Context(), addr(bob.id())); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), outgoing(bob.id(), "first")); err != nil {
		t.Fatal(err)
	}
	room := bob.joinDirect()
	bob.say(room, "second")
	if m := awaitText(o, "second"); m.Via != room {
		t.Errorf("%+v", m)
	}
	if err := c.Send(t.Context(), outgoing(bob.id(), "third")); err != nil {
		t.Fatal(err)
	}
	if in := bob.seeText("third"); in != room {
		t.Errorf("another room, %s", in)
	}
	var direct map[string][]string
	own.do("m.direct", own.GetAccountData(t.Context(), typeDirect, &direct))
	if !slices.Equal(direct[bob.id()], []string{room}) {
		t.Errorf("m.direct is %v", direct)
	}
	contact, err := c.AddContact(t.Context(), addr(bob.id()))
	if err != nil || contact.Addr != addr(bob.id()) || contact.Name == "" {
		t.Errorf("%+v, %v", contact, err)
	}
	if _, err := c.AddContact(t.Context(), addr("@nobody-here:localhost")); !errors.Is(err, bridge.ErrNoSuchPerson) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := c.AddContact(t.Context(), addr(own.id())); !errors.Is(err, bridge.ErrNoSuchPerson) {
		t.Errorf("self: %v", err)
	}
}

func TestDendriteInvites(t *testing.T) {
	o, own, bob := users(t, homeserver(t))
	room := bob.direct(own.id())
	bob.say(room, "before you came")
	c := o.connect()
	await[bridge.Invited](o, nil)
	if _, err := c.AddContact(t.Context(), addr(bob.id())); err != nil {
		t.Fatal(err)
	}
	awaitText(o, "before you came")

	second := bob.direct(own.id())
	await[bridge.Invited](o, nil)
	if err := c.Answer(t.Context(), addr(bob.id()), false); err != nil {
		t.Fatal(err)
	}
	bob.see("the refusal", func(r string, e *event.Event) bool {
		return r == second && e.GetStateKey() == own.id() && e.Content.Raw["membership"] == "leave"
	})
	third, err := bob.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{
		Preset: "private_chat", IsDirect: true, Invite: []id.UserID{own.UserID},
	})
	bob.do("create", err)
	await[bridge.Invited](o, nil)
	_, err = bob.KickUser(t.Context(), third.RoomID, &mautrix.ReqKickUser{UserID: own.UserID})
	bob.do("take back", err)
	await(o, func(e bridge.InvitationGone) bool { return e.Addr == addr(bob.id()) })
	if n := len(have[bridge.InvitationGone](o)); n != 0 {
		t.Errorf("%d more are gone", n)
	}

	// An invitation that is accepted elsewhere is gone, and its room in use.
	fourth := bob.direct(own.id())
	await[bridge.Invited](o, nil)
	own.join(fourth)
	await[bridge.InvitationGone](o, nil)
	bob.say(fourth, "fourth")
	if m := awaitText(o, "fourth"); m.Via != fourth {
		t.Errorf("%+v", m)
	}
}

func TestDendriteNotDirect(t *testing.T) {
	o, own, bob, _, room := chat(t)
	group, err := bob.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Name: "a group", Invite: []id.UserID{own.UserID}, IsDirect: true})
	bob.do("create", err)
	own.join(group.RoomID.String())
	bob.say(group.RoomID.String(), "in the group")
	plain, err := bob.CreateRoom(t.Context(), &mautrix.ReqCreateRoom{Invite: []id.UserID{own.UserID}})
	bob.do("create", err)
	own.join(plain.RoomID.String())
	bob.say(plain.RoomID.String(), "in another room")
	bob.say(room, "in the chat")
	awaitText(o, "in the chat")

	// A chat that gets a name is none any more.
	_, err = bob.SendStateEvent(t.Context(), id.RoomID(room), event.StateRoomName, "", &event.RoomNameEventContent{Name: "x"})
	bob.do("name", err)
	bob.say(room, "named")
	_, err = bob.SendStateEvent(t.Context(), id.RoomID(room), event.StateRoomName, "", &event.RoomNameEventContent{})
	bob.do("unname", err)
	bob.say(room, "unnamed")
	awaitText(o, "unnamed")
	for text, in := range map[string]string{"in the group": group.RoomID.String(), "in another room": plain.RoomID.String()} {
		if m := awaitText(o, text); m.Chat != addr(in) || m.From != addr(bob.id()) {
			t.Errorf("%+v", m)
		}
	}
	// "named" may have come in one piece with the end of the name.
	if m := awaitText(o, "named"); m.Chat != addr(room) && m.Chat != addr(bob.id()) {
		t.Errorf("%+v", m)
	}
}

func TestDendriteGap(t *testing.T) {
	o, _, bob, c, room := chat(t)
	bob.say(room, "known")
	awaitText(o, "known")
	c.Close()
	const n = 230
	for i := range n {
		bob.say(room, fmt.Sprint("n", i))
	}
	o.connect()
	awaitText(o, fmt.Sprint("n", n-1))
	var got []string
	for _, e := range have[bridge.MessageReceived](o) {
		got = append(got, e.Message.Text)
	}
	for i, text := range got {
		if text != fmt.Sprint("n", i) {
			t.Fatalf("message %d is %q", i, text)
		}
	}
	if len(got) != n-1 {
		t.Errorf("%d messages", len(got)+1)
	}
}

// The connection ends after the position of messages was taken that are still to be read back, and the
// next one reads them from there.
func TestDendriteHeldWhenRestarted(t *testing.T) {
	o, _, bob, c, room := chat(t)
	bob.say(room, "known")
	awaitText(o, "known")
	c.Close()
	const n = 70
	for i := range n {
		bob.say(room, fmt.Sprint("n", i))
	}
	o.mu.Lock()
	before := o.position
	o.mu.Unlock()
	resp, err := c.api.sync(t.Context(), mautrix.ReqSync{Since: string(before), FilterID: syncFilter(timelineLimit)})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.put(t.Context(), stateGap+room, keptGap{To: string(before), Who: bob.id()}); err != nil {
		t.Fatal(err)
	}
	o.mu.Lock()
	o.position = []byte(resp.NextBatch)
	o.mu.Unlock()
	bob.say(room, fmt.Sprint("n", n))
	o.connect()
	var want []string
	for i := range n + 1 {
		want = append(want, fmt.Sprint("n", i))
	}
	awaitTexts(o, want...)
}

// A position that the homeserver has never heard of: the next connection does without.
func TestDendritePositionRefused(t *testing.T) {
	o, _, bob, c, room := chat(t)
	bob.say(room, "known")
	awaitText(o, "known")
	c.Close()
	o.mu.Lock()
	o.position = []byte("nonsense")
	o.mu.Unlock()
	for i := range 5 {
		bob.say(room, fmt.Sprint("n", i))
	}
	c = o.connect()
	<-c.Done()
	if c.Err() == nil {
		t.Error("ended without a reason")
	}
	o.connect()
	awaitText(o, "n4")
	var got []string
	for _, e := range have[bridge.MessageReceived](o) {
		got = append(got, e.Message.Text)
	}
	if strings.Join(got, " ") != "n0 n1 n2 n3" {
		t.Errorf("%q", got)
	}
	bob.say(room, "after")
	awaitText(o, "after")
}

func TestDendriteOldMessages(t *testing.T) {
	o, own, bob := users(t, homeserver(t))
	room := bob.direct(own.id())
	own.join(room)
	bob.say(room, "long ago")
	o.login.Since = time.Now().Unix() + 2 // as if it were long ago
	own.do("m.direct", own.SetAccountData(t.Context(), typeDirect, map[string][]string{bob.id(): {room}}))
	o.connect()
	await(o, func(e bridge.ContactFound) bool { return e.Contact.Addr == addr(bob.id()) })
	until(t, "the time of the login", func() bool { return time.Now().Unix() >= o.login.Since })
	bob.say(room, "new")
	awaitText(o, "new")
	for _, e := range have[bridge.MessageReceived](o) {
		t.Errorf("delivered: %+v", e)
	}
}

func TestDendriteOutage(t *testing.T) {
	hs := testserver.Dendrite(t, testserver.DendriteOptions{})
	o, own, bob := users(t, hs)
	room := bob.direct(own.id())
	c := o.connect()
	if _, err := c.AddContact(t.Context(), addr(bob.id())); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), outgoing(bob.id(), "one")); err != nil {
		t.Fatal(err)
	}
	hs.Kill(t)
	<-c.Done()
	if c.Err() == nil {
		t.Error("no reason for the end")
	}
	if _, err := o.tryConnect(); err == nil || errors.As(err, new(*bridge.RejectedError)) {
		t.Errorf("connect: %v", err)
	}
	hs.Restart(t)
	c = o.connect()
	again := outgoing(bob.id(), "two")
	for _, retry := range []bool{false, true, true} {
		again.Retry = retry
		if err := c.Send(t.Context(), again); err != nil {
			t.Fatal(err)
		}
	}
	hs.Pause(t)
	sent := make(chan error, 1)
	go func() { sent <- c.Send(t.Context(), outgoing(bob.id(), "three")) }()
	if pause(t.Context(), 300*time.Millisecond) != nil {
		t.Fatal("test over")
	}
	hs.Resume(t)
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	// What it has accepted shows a moment later.
	var texts []string
	until(t, "three in the room", func() bool {
		texts = bob.texts(room)
		return slices.Contains(texts, "three")
	})
	if !slices.Equal(texts, []string{"one", "two", "three"}) {
		t.Errorf("the room has %q", texts)
	}
}

func TestDendriteNoPresence(t *testing.T) {
	hs := testserver.Dendrite(t, testserver.DendriteOptions{NoPresence: true})
	o, own, bob := users(t, hs)
	o.times.Probe = 10 * time.Millisecond
	o.times.Fresh, o.times.Idle = time.Second, 2*time.Second
	room := bob.direct(own.id())
	c := o.connect()
	if _, err := c.AddContact(t.Context(), addr(bob.id())); err != nil {
		t.Fatal(err)
	}
	until(t, "no presence", func() bool { return strings.Contains(c.Status(), "inferred") })
	if err := c.Watch(t.Context(), []bridge.Addr{addr(bob.id())}); err != nil {
		t.Fatal(err)
	}
	bob.say(room, "alive")
	for _, state := range []bridge.State{bridge.Online, bridge.Idle, bridge.Offline} {
		await(o, func(e bridge.PresenceChanged) bool {
			return e.Addr == addr(bob.id()) && e.Presence.State == state
		})
	}
}
