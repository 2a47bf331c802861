//go:build goolm

package e2e

import (
	"strings"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	_ "maunium.net/go/mautrix/crypto/goolm" // in pure Go
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/msn/client"
)

// A secretive user encrypts.
type secretive struct {
	*matrixUser
	keys *crypto.OlmMachine
}

// secretive gives a user's session keys.
func (u *matrixUser) secretive() *secretive {
	u.t.Helper()
	u.DeviceID = u.deviceID()
	rooms := mautrix.NewMemoryStateStore()
	u.StateStore = rooms
	s := &secretive{u, crypto.NewOlmMachine(u.Client, nil, crypto.NewMemoryStore(nil), rooms.(crypto.StateStore))}
	s.ok(s.keys.Load(u.t.Context()))
	s.ok(s.keys.ShareKeys(u.t.Context(), -1))
	return s
}

func (s *secretive) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", s.UserID, err)
	}
}

// secretChat makes an encrypted direct chat with somebody.
func (s *secretive) secretChat(with id.UserID) id.RoomID {
	s.t.Helper()
	resp, err := s.CreateRoom(bounded(s.t), &mautrix.ReqCreateRoom{
		Preset: "trusted_private_chat", IsDirect: true, Invite: []id.UserID{with},
		InitialState: []*event.Event{{
			Type:    event.StateEncryption,
			Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}},
		}},
	})
	s.ok(err)
	s.ok(s.StateStore.SetEncryptionEvent(bounded(s.t), resp.RoomID, &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}))
	return resp.RoomID
}

// keepKey says something with a new key that nobody else is given yet.
func (s *secretive) keepKey(room id.RoomID, text string) {
	s.t.Helper()
	ctx := s.t.Context()
	s.ok(s.keys.CryptoStore.RemoveOutboundGroupSession(ctx, room))
	s.ok(s.keys.ShareGroupSession(ctx, room, []id.UserID{s.UserID}))
	s.session(room).ShareContent() // what giveKey gives begins here
	sealed, err := s.keys.EncryptMegolmEvent(ctx, room, event.EventMessage, &event.MessageEventContent{MsgType: event.MsgText, Body: text})
	s.ok(err)
	_, err = s.SendMessageEvent(ctx, room, event.EventEncrypted, sealed)
	s.ok(err)
}

// giveKey gives the key of what was said last.
func (s *secretive) giveKey(room id.RoomID, to id.UserID) {
	s.t.Helper()
	s.session(room).Shared = false
	s.ok(s.keys.ShareGroupSession(s.t.Context(), room, []id.UserID{to}))
}

func (s *secretive) session(room id.RoomID) *crypto.OutboundGroupSession {
	s.t.Helper()
	session, err := s.keys.CryptoStore.GetOutboundGroupSession(s.t.Context(), room)
	s.ok(err)
	return session
}

// A message whose key has not come is shown as one that waits, and then with its text: in a window
// that is open, and after a restart.
func TestMatrixLateKey(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "lk")
	me, handle := c.elsewhere.UserID, handleOf(c.bob)
	a := c.signIn(c.handle)
	c.link()
	bob := c.bob.secretive()
	room := bob.secretChat(me)
	a.awaitList(client.Reverse, handle, false)
	a.add(client.Allow, handle)
	c.elsewhere.joined(room, me)

	bob.keepKey(room, words("first"))
	w := a.answer(handle)
	w.hearSome("cannot be read yet")
	bob.giveKey(room, me)
	w.hearSecret(words("first"))

	bob.keepKey(room, words("second"))
	w.hearSome("cannot be read yet")
	c.stop()
	bob.giveKey(room, me)
	c.start()
	c.signIn(c.handle).answer(handle).hearSecret(words("second"))
}

// The recovery key, said to the service contact, has the user's identity vouch for the gateway. It is
// kept nowhere.
func TestMatrixRecovery(t *testing.T) {
	t.Parallel()
	c := onMatrix(t, dendrite(t), "rv")
	phone := c.elsewhere.secretive()
	recovery, _, err := phone.keys.GenerateAndUploadCrossSigningKeysWithPassword(t.Context(), passwordOf(c.elsewhere.UserID.Localpart()), "")
	phone.ok(err)
	c.hush(recovery, strings.ReplaceAll(recovery, " ", ""))
	a := c.signIn(c.handle)
	c.link()
	w := a.answer(gateway)
	w.hearSome("matrix recovery KEY") // as it is advised
	w.wantAnswer("matrix encryption", "not verified")
	w.wantAnswer("matrix recovery "+strings.Replace(recovery, recovery[10:14], "EsTs", 1), "not the recovery key")
	w.wantAnswer("matrix recovery "+recovery, "verified now")
	w.wantAnswer("matrix encryption", "It is verified.")

	gateway := c.elsewhere.ours()[0]
	device, err := phone.keys.GetOrFetchDevice(bounded(t), c.elsewhere.UserID, gateway)
	phone.ok(err)
	if trust, err := phone.keys.ResolveTrustContext(bounded(t), device); err != nil || trust != id.TrustStateCrossSignedVerified {
		t.Errorf("on the phone it is %v, %v", trust, err)
	}
}
