//go:build goolm

package matrix

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// keepKey has bob write a text whose key nobody is given.
func (s *secretive) keepKey(room, text string) string {
	s.t.Helper()
	s.do("rotate", s.CryptoStore.RemoveOutboundGroupSession(s.t.Context(), id.RoomID(room)))
	s.DisableDeviceChangeKeyRotation = true
	s.do("share", s.ShareGroupSession(s.t.Context(), id.RoomID(room), []id.UserID{s.UserID}))
	session, err := s.CryptoStore.GetOutboundGroupSession(s.t.Context(), id.RoomID(room))
	s.do("session", err)
	session.ShareContent() // what giveKey gives begins here
	return s.write(room, text)
}

// giveKey gives the key of what bob has written last.
func (s *secretive) giveKey(room string, to ...*friend) {
	s.t.Helper()
	session, err := s.CryptoStore.GetOutboundGroupSession(s.t.Context(), id.RoomID(room))
	s.do("session", err)
	session.Shared = false
	var who []id.UserID
	for _, f := range to {
		who = append(who, f.UserID)
	}
	s.do("share", s.ShareGroupSession(s.t.Context(), id.RoomID(room), who))
}

// awaitPlaced waits for what comes in the place of a line that stood in for an event.
func awaitPlaced(o *owner, event string) bridge.MessageReplaced {
	o.t.Helper()
	return await(o, func(e bridge.MessageReplaced) bool { return e.ID == waitingID(event) })
}

func TestSecretWaits(t *testing.T) {
	o, own, bob, c, room := secretChat(t)
	bob.sync(t.Context())
	one := bob.keepKey(room, "one")
	two := bob.write(room, "two")
	for _, event := range []string{one, two} {
		m := await(o, func(e bridge.MessageReceived) bool { return e.Message.ID == waitingID(event) }).Message
		if m.Text != textWaiting || m.Chat != addr(bob.id()) {
			t.Errorf("%+v", m)
		}
	}
	bob.giveKey(room, own)
	for i, event := range []string{one, two} {
		got := awaitPlaced(o, event)
		if got.New == nil || got.New.Text != []string{"one", "two"}[i] || got.New.ID != event || got.Chat != addr(bob.id()) || got.Else == nil {
			t.Errorf("%+v", got)
		}
		if late := have[bridge.MessageReplaced](o); i == 1 && len(late) > 0 {
			t.Errorf("out of order: %+v", late)
		}
	}
	until(t, "nothing is kept any more", func() bool {
		keys, _ := o.state.Keys(t.Context(), stateEncrypted)
		return len(keys) == 0
	})

	// The key comes while there is no connection.
	three := bob.keepKey(room, "three")
	await(o, func(e bridge.MessageReceived) bool { return e.Message.ID == waitingID(three) })
	c.Close()
	bob.giveKey(room, own)
	o.connect()
	if got := awaitPlaced(o, three); got.New == nil || got.New.Text != "three" {
		t.Errorf("%+v", got)
	}
}

// What was kept before there was encryption has a line with the event's own ID.
func TestSecretKeptBefore(t *testing.T) {
	o, own, bob, c, room := secretChat(t)
	bob.sync(t.Context())
	event := bob.keepKey(room, "from long ago")
	await(o, func(e bridge.MessageReceived) bool { return e.Message.ID == waitingID(event) })
	c.Close()
	keys, _ := o.state.Keys(t.Context(), stateEncrypted)
	for _, key := range keys {
		value, _ := o.state.Get(t.Context(), key)
		o.state.Put(t.Context(), key, []byte(strings.Replace(string(value), `,"waits":true`, "", 1)))
	}
	bob.giveKey(room, own)
	o.connect()
	got := await(o, func(e bridge.MessageReplaced) bool { return e.ID == event })
	if got.New == nil || got.New.Text != "from long ago" || got.New.ID == event {
		t.Errorf("%+v", got)
	}
}

// Keys that somebody else forwards are not taken: they could be anything.
func TestSecretForwardedByOthers(t *testing.T) {
	o, own, bob, c, room := secretChat(t)
	bob.sync(t.Context())
	event := bob.keepKey(room, "hidden")
	await(o, func(e bridge.MessageReceived) bool { return e.Message.ID == waitingID(event) })
	bob.forward(room, own.UserID, c.api.client.DeviceID)
	bob.do("text", bob.SendEncryptedToDevice(t.Context(), bob.device(own.UserID, c.api.client.DeviceID), eventDummy, eventContent(map[string]any{})))
	own.say(room, "a mark") // in plain text, from a client without encryption
	awaitText(o, "a mark")
	if late := have[bridge.MessageReplaced](o); len(late) > 0 {
		t.Errorf("%+v", late)
	}
	bob.giveKey(room, own)
	awaitPlaced(o, event)
}

var eventDummy = event.ToDeviceDummy

func eventContent(raw map[string]any) event.Content { return event.Content{Raw: raw} }

func (s *secretive) device(who id.UserID, device id.DeviceID) *id.Device {
	s.t.Helper()
	d, err := s.GetOrFetchDevice(s.t.Context(), who, device)
	s.do("device", err)
	return d
}

// forward sends the key of what bob has written last as one that he has got from elsewhere.
func (s *secretive) forward(room string, who id.UserID, device id.DeviceID) {
	s.t.Helper()
	out, err := s.CryptoStore.GetOutboundGroupSession(s.t.Context(), id.RoomID(room))
	s.do("session", err)
	in, err := s.CryptoStore.GetGroupSession(s.t.Context(), id.RoomID(room), out.ID())
	s.do("session", err)
	key, err := in.Internal.Export(in.Internal.FirstKnownIndex())
	s.do("export", err)
	s.do("forward", s.SendEncryptedToDevice(s.t.Context(), s.device(who, device), event.ToDeviceForwardedRoomKey, event.Content{
		Parsed: &event.ForwardedRoomKeyEventContent{
			RoomKeyEventContent: event.RoomKeyEventContent{
				Algorithm: id.AlgorithmMegolmV1, RoomID: id.RoomID(room), SessionID: in.ID(), SessionKey: string(key),
			},
			SenderKey: in.SenderKey, SenderClaimedKey: in.SigningKey,
		},
	}))
}

// Somebody who says again what another has sealed is not listened to.
func TestSecretRepeated(t *testing.T) {
	o, own, bob, _, room := secretChat(t)
	bob.sync(t.Context())
	sealed := bob.encrypted(room, &event.MessageEventContent{MsgType: event.MsgText, Body: "once"})
	bob.event(room, typeEncrypted, sealed)
	awaitText(o, "once")
	bob.event(room, typeEncrypted, sealed)
	own.event(room, typeEncrypted, sealed)
	bob.write(room, "the end")
	awaitText(o, "the end")
	if more := have[bridge.MessageReceived](o); len(more) > 0 {
		t.Errorf("%+v", more)
	}
}

// Nonsense in messages to our device, and answers that are given twice, do no harm.
func TestSecretNonsense(t *testing.T) {
	o, own, bob, c, room := secretChat(t)
	bob.sync(t.Context())
	device := c.api.client.DeviceID
	nonsense := func(kind event.Type, raw map[string]any) {
		_, err := bob.friend.SendToDevice(t.Context(), kind, &mautrix.ReqSendToDevice{
			Messages: map[id.UserID]map[id.DeviceID]*event.Content{own.UserID: {device: {Raw: raw}}},
		})
		bob.do("send", err)
	}
	key := string(c.cipher.(*olmMachine).GetAccount().IdentityKey())
	nonsense(event.ToDeviceEncrypted, map[string]any{"algorithm": 7})
	nonsense(event.ToDeviceEncrypted, map[string]any{"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": "x",
		"ciphertext": map[string]any{key: map[string]any{"type": 0, "body": "AAAA"}}})
	nonsense(event.ToDeviceEncrypted, map[string]any{"algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": strings.Repeat("A", 43),
		"ciphertext": map[string]any{key: map[string]any{"type": 0, "body": strings.Repeat("A", 200)}}})
	nonsense(event.ToDeviceRoomKey, map[string]any{"algorithm": "m.megolm.v1.aes-sha2", "room_id": room})
	nonsense(event.ToDeviceRoomKeyWithheld, map[string]any{"code": "m.blacklisted", "session_id": "\x00"})
	nonsense(event.ToDeviceRoomKeyRequest, map[string]any{"action": "request", "body": 1})
	o.mu.Lock()
	o.refusals = 2
	o.mu.Unlock()
	bob.write(room, "still here")
	awaitText(o, "still here")
	if err := c.Send(t.Context(), outgoing(bob.id(), "so am I")); err != nil {
		t.Fatal(err)
	}
	bob.read("so am I")
}

// A chat that we make ourselves is encrypted if the other person can read that.
func TestSecretNewChat(t *testing.T) {
	o, own, friend := users(t, homeserver(t))
	bob := friend.secretive()
	c := o.connect()
	if _, err := c.AddContact(t.Context(), addr(bob.id())); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), outgoing(bob.id(), "before you came")); err != nil {
		t.Fatal(err)
	}
	var room string
	bob.see("invitation", func(in string, e *event.Event) bool {
		if e.Type == event.StateMember && e.GetStateKey() == bob.id() {
			room = in
		}
		return room != ""
	})
	bob.join(room)
	bob.since = ""
	bob.read("before you came")
	if texts := own.texts(room); len(texts) != 0 {
		t.Errorf("in plain text: %q", texts)
	}
	// What is looked for after a crash is found by its key.
	again := outgoing(bob.id(), "once only")
	again.Via = room
	for range 2 {
		if err := c.Send(t.Context(), again); err != nil {
			t.Fatal(err)
		}
		again.Retry = true
	}
	bob.read("once only")
	sealed := 0
	for _, e := range bob.history(room) {
		if keyOf(&e) == again.ID {
			sealed++
		}
	}
	if sealed != 1 {
		t.Errorf("said %d times", sealed)
	}
}

// history reads the events of a room, the newest first.
func (f *friend) history(room string) []anEvent {
	f.t.Helper()
	resp, err := f.Messages(f.t.Context(), id.RoomID(room), "", "", mautrix.DirectionBackward, nil, 100)
	f.do("messages", err)
	var found []anEvent
	for _, e := range resp.Chunk {
		found = append(found, anEvent{ID: e.ID.String(), Type: e.Type.Type, Sender: e.Sender.String(), Content: e.Content.VeryRaw})
	}
	return found
}

// Who has left cannot read what is said later, and who comes can.
func TestSecretMembers(t *testing.T) {
	o, own, friend := users(t, homeserver(t))
	_, _, other := users(t, homeserver(t))
	bob, eve := friend.secretive(), other.secretive()
	c := o.connect()
	room := bob.secretRoom(own.id(), false, eve.friend)
	await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(room) })
	if err := c.Answer(t.Context(), addr(room), true); err != nil {
		t.Fatal(err)
	}
	say := func(text string) {
		t.Helper()
		m := outgoing(room, text)
		if err := c.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	await(o, func(e bridge.ContactFound) bool { return e.Contact.Addr == addr(room) })
	say("one")
	eve.join(room)
	eve.read("one") // she was invited
	_, err := eve.LeaveRoom(t.Context(), id.RoomID(room))
	eve.do("leave", err)
	until(t, "she is gone", func() bool {
		who, err := c.api.members(t.Context(), room)
		return err == nil && len(who) == 2 && !c.cipher.(*olmMachine).shared(room)
	})
	say("two")
	bob.read("one")
	bob.read("two")
	sessions := map[any]bool{}
	for _, e := range bob.history(room) {
		var content struct {
			Session string `json:"session_id"`
		}
		if lenient(e.Content, &content); e.Type == typeEncrypted {
			sessions[content.Session] = true
		}
	}
	if len(sessions) != 2 {
		t.Errorf("%d sessions for two texts", len(sessions))
	}
}

// shared tells whether there is a session to write with.
func (m *olmMachine) shared(room string) bool {
	s, _ := m.store.GetOutboundGroupSession(m.conn.ctx, id.RoomID(room))
	return s != nil
}

// Two logins have their keys in one database, and talk to each other.
func TestSecretTwoLogins(t *testing.T) {
	hs := homeserver(t)
	o1, own1, _ := users(t, hs)
	o2, own2, _ := users(t, hs)
	o2.crypto = o1.crypto
	o2.login.Account = "you@msn.local"
	c1, c2 := o1.connect(), o2.connect()
	if _, err := c1.AddContact(t.Context(), addr(own2.id())); err != nil {
		t.Fatal(err)
	}
	await(o2, func(e bridge.Invited) bool { return e.Contact.Addr == addr(own1.id()) })
	if err := c2.Answer(t.Context(), addr(own1.id()), true); err != nil {
		t.Fatal(err)
	}
	await(o2, func(e bridge.ContactFound) bool { return e.Contact.Addr == addr(own1.id()) })
	const count = 20
	var all sync.WaitGroup
	talk := func(c *Conn, to string) {
		for i := range count {
			if err := c.Send(t.Context(), outgoing(to, fmt.Sprint("line ", i))); err != nil {
				t.Error(err)
			}
		}
	}
	all.Go(func() { talk(c1, own2.id()) })
	all.Go(func() { talk(c2, own1.id()) })
	all.Wait()
	for _, o := range []*owner{o1, o2} {
		var got []string
		for range count {
			got = append(got, awaitMessage(o, func(m bridge.Message) bool { return strings.HasPrefix(m.Text, "line ") }).Text)
		}
		if want := "line 0"; got[0] != want || !slices.IsSortedFunc(got, func(a, b string) int { return len(a) - len(b) }) {
			t.Errorf("got %q", got)
		}
	}
}
