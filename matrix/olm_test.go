//go:build goolm

package matrix

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
	_ "modernc.org/sqlite"

	"msnbridge/bridge"
)

func openKeys(t testing.TB, path string) *sql.DB {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {"foreign_keys(1)", "journal_mode(WAL)", "busy_timeout(10000)"}}
	db, err := sql.Open("sqlite", "file:"+path+"?"+query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// testCrypto is a database of keys that lasts for a test.
func testCrypto(t testing.TB) func(context.Context) (*Crypto, error) {
	open := sync.OnceValue(func() *Crypto {
		db := openKeys(t, filepath.Join(t.TempDir(), "keys.db"))
		return &Crypto{DB: db, Dialect: "sqlite", Key: []byte("0123456789abcdef0123456789abcdef")}
	})
	return func(context.Context) (*Crypto, error) { return open(), nil }
}

// A secretive friend has encryption, with keys of its own.
type secretive struct {
	*friend
	*crypto.OlmMachine
	syncer *mautrix.DefaultSyncer
	seen   []*event.Event // decrypted
	failed []*event.Event
}

func (f *friend) secretive() *secretive {
	f.t.Helper()
	s := &secretive{friend: f, syncer: mautrix.NewDefaultSyncer()}
	who, err := f.Whoami(f.t.Context())
	f.do("whoami", err)
	f.DeviceID = who.DeviceID
	f.Syncer = s.syncer
	rooms := mautrix.NewMemoryStateStore()
	f.StateStore = rooms
	s.OlmMachine = crypto.NewOlmMachine(f.Client, nil, newFriendKeys(), rooms.(crypto.StateStore))
	f.do("encryption", s.Load(f.t.Context()))
	f.do("encryption", s.ShareKeys(f.t.Context(), -1))
	s.syncer.OnSync(s.ProcessSyncResponse)
	s.syncer.OnEvent(f.StateStoreSyncHandler)
	s.syncer.OnEventType(event.StateMember, s.HandleMemberEvent)
	s.syncer.OnEventType(event.EventEncrypted, s.decrypt)
	return s
}

func (s *secretive) decrypt(ctx context.Context, e *event.Event) {
	plain, err := s.DecryptMegolmEvent(ctx, e)
	if err != nil {
		s.t.Logf("%s cannot read %s: %v", s.UserID, e.ID, err)
		s.failed = append(s.failed, e)
		return
	}
	s.seen = append(s.seen, plain)
}

// sync takes in one answer to /sync.
func (s *secretive) sync(ctx context.Context) {
	s.t.Helper()
	resp, err := s.friend.SyncRequest(ctx, 1000, s.since, "", false, "offline")
	s.do("sync", err)
	s.do("sync", s.syncer.ProcessResponse(ctx, resp, s.since))
	s.since = resp.NextBatch
}

// read waits for a text that was encrypted.
func (s *secretive) read(text string) *event.Event {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	for {
		for _, e := range s.seen {
			if e.Content.AsMessage().Body == text {
				if !e.Mautrix.WasEncrypted {
					s.t.Errorf("%q came in plain text", text)
				}
				return e
			}
		}
		s.sync(ctx)
	}
}

// write says something encrypted.
func (s *secretive) write(room, text string) string {
	s.t.Helper()
	return s.event(room, typeEncrypted, s.encrypted(room, &event.MessageEventContent{MsgType: event.MsgText, Body: text}))
}

// encrypted is what is to be said, sealed for all who are in the room.
func (s *secretive) encrypted(room string, content any) *event.EncryptedEventContent {
	s.t.Helper()
	ctx, in := s.t.Context(), id.RoomID(room)
	sealed, err := s.EncryptMegolmEvent(ctx, in, event.EventMessage, content)
	if crypto.IsShareError(err) {
		who, err := s.friend.StateStore.GetRoomJoinedOrInvitedMembers(ctx, in)
		s.do("members", err)
		s.do("share", s.ShareGroupSession(ctx, in, who))
		sealed, err = s.EncryptMegolmEvent(ctx, in, event.EventMessage, content)
		s.do("encrypt", err)
	} else {
		s.do("encrypt", err)
	}
	return sealed
}

// secretChat makes an encrypted room with the account, which has joined it.
func secretChat(t testing.TB, more ...*friend) (o *owner, own *friend, bob *secretive, c *Conn, room string) {
	o, own, friend := users(t, homeserver(t))
	o.times.Repeat = 50 * time.Millisecond
	bob = friend.secretive()
	c = o.connect()
	if c.cipher == nil {
		t.Fatal(c.noCipher)
	}
	room = bob.secretRoom(own.id(), true, more...)
	await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(bob.id()) })
	if err := c.Answer(t.Context(), addr(bob.id()), true); err != nil {
		t.Fatal(err)
	}
	await(o, func(e bridge.ContactFound) bool { return e.Contact.Addr == addr(bob.id()) })
	return o, own, bob, c, room
}

func (s *secretive) secretRoom(with string, direct bool, more ...*friend) string {
	s.t.Helper()
	req := &mautrix.ReqCreateRoom{
		Preset: "trusted_private_chat", IsDirect: direct, Invite: []id.UserID{id.UserID(with)},
		InitialState: []*event.Event{{
			Type:    event.StateEncryption,
			Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}},
		}},
	}
	for _, f := range more {
		req.Invite = append(req.Invite, f.UserID)
	}
	resp, err := s.CreateRoom(s.t.Context(), req)
	s.do("create room", err)
	s.sync(s.t.Context())
	return resp.RoomID.String()
}

func TestSecretChat(t *testing.T) {
	o, _, bob, c, room := secretChat(t)
	bob.sync(t.Context())
	event := bob.write(room, "for you alone")
	m := awaitText(o, "for you alone")
	if m.ID != event || m.Via != room || m.Chat != addr(bob.id()) {
		t.Errorf("%+v", m)
	}
	if err := c.Send(t.Context(), outgoing(bob.id(), "and for you")); err != nil {
		t.Fatal(err)
	}
	if e := bob.read("and for you"); e.RoomID.String() != room {
		t.Errorf("%+v", e)
	}
	if texts := bob.texts(room); len(texts) != 0 {
		t.Errorf("in plain text: %q", texts)
	}

	// After a restart, and what was said meanwhile.
	c.Close()
	bob.write(room, "while you were away")
	c = o.connect()
	awaitText(o, "while you were away")
	if err := c.Send(t.Context(), outgoing(bob.id(), "back again")); err != nil {
		t.Fatal(err)
	}
	bob.read("back again")
	if late := have[bridge.MessageReceived](o); len(late) > 0 {
		t.Errorf("%+v", late)
	}
}

// heard returns what the service contact has said with this in it; empty if nothing.
func (o *owner) heard(part string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.notices, func(text string) bool { return strings.Contains(text, part) })
	if i < 0 {
		return ""
	}
	return o.notices[i]
}
