//go:build goolm

package matrix

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/signatures"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
	"msnbridge/internal/testserver"
)

// A scriptedDevice is a device of bob's on a scripted homeserver.
type scriptedDevice struct {
	t       testing.TB
	account *crypto.OlmAccount
}

func (d scriptedDevice) signed(v any) signatures.Signatures {
	signature, err := d.account.SignJSON(v)
	if err != nil {
		d.t.Fatal(err)
	}
	return signatures.NewSingleSignature("@bob:x", id.KeyAlgorithmEd25519, "B", signature)
}

// keys is an answer to /keys/query.
func (d scriptedDevice) keys() answer {
	keys := &mautrix.DeviceKeys{
		UserID: "@bob:x", DeviceID: "B", Algorithms: []id.Algorithm{id.AlgorithmMegolmV1, id.AlgorithmOlmV1},
		Keys: mautrix.KeyMap{"curve25519:B": string(d.account.IdentityKey()), "ed25519:B": string(d.account.SigningKey())},
	}
	keys.Signatures = d.signed(keys)
	raw, _ := json.Marshal(keys)
	return ok(fmt.Sprintf(`{"device_keys":{"@bob:x":{"B":%s,"JUNK":{"user_id":"@bob:x","device_id":"JUNK","keys":{"ed25519:JUNK":"AA"}}},"@eve:x":{"E":%s}}}`, raw, raw))
}

// oneTime is an answer to /keys/claim, with things in it that nobody has asked for.
func (d scriptedDevice) oneTime() answer {
	d.account.Internal.GenOneTimeKeys(1)
	all, err := d.account.Internal.OneTimeKeys()
	if err != nil {
		d.t.Fatal(err)
	}
	for name, key := range all {
		k := &mautrix.OneTimeKey{Key: key, IsSigned: true}
		k.Signatures = d.signed(k)
		raw, _ := json.Marshal(k)
		return ok(fmt.Sprintf(`{"one_time_keys":{"@bob:x":{"B":{"signed_curve25519:%s":%s},"C":{"signed_curve25519:A":%[2]s},"JUNK":7},"@eve:x":{"E":{}}}}`, name, raw))
	}
	return ok(`{}`)
}

// secretScript is a homeserver on which the direct chat is encrypted. Each request about keys is
// refused busy times before it is answered.
func secretScript(t testing.TB, busy int) *script {
	s := newScript(t)
	device := scriptedDevice{t, crypto.NewOlmAccount()}
	refused := func(what string, f func(*http.Request) answer) {
		var tries atomic.Int32
		s.on(what, func(r *http.Request) answer {
			if int(tries.Add(1)) <= busy {
				return answer{status: 429, body: `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":20}`}
			}
			return f(r)
		})
	}
	s.on("POST /keys/query", func(*http.Request) answer { return device.keys() })
	s.on("POST /keys/upload", func(*http.Request) answer { return ok(`{"one_time_key_counts":{"signed_curve25519":50}}`) })
	refused("POST /keys/claim", func(*http.Request) answer { return device.oneTime() })
	refused("PUT /sendToDevice/m.room.encrypted", func(*http.Request) answer { return ok(`{}`) })
	refused("GET /rooms/!r:x/state/m.room.encryption", func(*http.Request) answer {
		return ok(`{"algorithm":"m.megolm.v1.aes-sha2","rotation_period_msgs":1}`)
	})
	refused("GET /rooms/!r:x/joined_members", func(*http.Request) answer { return ok(`{"joined":{"@me:x":{},"@bob:x":{},"nonsense":1}}`) })
	return s
}

func TestSecretBusy(t *testing.T) {
	s := secretScript(t, 2)
	c := s.owner().connect()
	for _, text := range []string{"one", "two"} {
		if err := c.Send(t.Context(), bobSays(text)); err != nil {
			t.Fatal(err)
		}
	}
	sent := s.asked("PUT /rooms/!r:x/send/m.room.encrypted/")
	if len(sent) != 2 || strings.Contains(sent[0], `"one"`) || !strings.Contains(sent[0], ownKey) || len(s.asked("PUT /rooms/!r:x/send/m.room.message")) > 0 {
		t.Errorf("sent %q", sent)
	}
	// The session is for one message each.
	sessions := map[string]bool{}
	for _, body := range sent {
		var content struct {
			Session string `json:"session_id"`
		}
		lenient(json.RawMessage(body), &content)
		sessions[content.Session] = true
	}
	if given := s.asked("PUT /sendToDevice/m.room.encrypted/"); len(sessions) != 2 || len(given) != 4 {
		t.Errorf("%d sessions, %d requests to give keys", len(sessions), len(given))
	}
}

// A message that the homeserver has, though it has said otherwise, is found by the key outside of
// what is sealed.
func TestSecretAnsweredLate(t *testing.T) {
	s := secretScript(t, 0)
	msg := bobSays("once")
	s.on("PUT /rooms/!r:x/send/", func(*http.Request) answer { return answer{status: 502, body: "late"} })
	s.on("GET /rooms/!r:x/messages", func(*http.Request) answer {
		return ok(fmt.Sprintf(`{"chunk":[{"type":"m.room.encrypted","event_id":"$1","sender":"@me:x","origin_server_ts":%d,
			"content":{"algorithm":"m.megolm.v1.aes-sha2","org.msnbridge.key":%q}}]}`, msg.Time.UnixMilli(), msg.ID))
	})
	c := s.owner().connect()
	if err := c.Send(t.Context(), msg); err != nil {
		t.Error(err)
	}
	if sent := s.asked("PUT /rooms/!r:x/send/"); len(sent) != 1 {
		t.Errorf("sent %d times", len(sent))
	}
}

// A session whose key was given away, though it was never written with, is not written with later: who
// has its key may have left.
func TestSecretSharedInPart(t *testing.T) {
	s := secretScript(t, 0)
	c := s.owner().connect()
	m := c.cipher.(*olmMachine)
	audience := []id.UserID{"@bob:x", "@me:x"}
	set, err := m.settings(t.Context(), "!r:x")
	if err == nil {
		err = m.refresh(t.Context(), audience)
	}
	if err == nil {
		err = m.shareWith(context.WithValue(t.Context(), settingsKey{}, set), "!r:x", audience)
	}
	if err != nil {
		t.Fatal(err)
	}
	given, err := m.store.GetOutboundGroupSession(t.Context(), "!r:x")
	if err != nil || given == nil || given.Shared {
		t.Fatalf("session %+v, %v", given, err)
	}
	sealed, err := m.seal(t.Context(), "!r:x", "m.room.message", map[string]any{"body": "hello"})
	if err != nil || sealed["session_id"] == given.ID().String() {
		t.Errorf("sealed %v, %v", sealed, err)
	}
}

// The key of a crowded room goes to its people in several parts, all of the same session.
func TestSecretCrowd(t *testing.T) {
	s := secretScript(t, 0)
	device := scriptedDevice{t, crypto.NewOlmAccount()}
	people := []string{`"@me:x":{}`, `"@bob:x":{}`}
	for n := range 2 * shareChunk {
		people = append(people, fmt.Sprintf(`"@a%d:x":{}`, n), fmt.Sprintf(`"@z%d:x":{}`, n))
	}
	s.on("GET /rooms/!r:x/joined_members", func(*http.Request) answer { return ok(`{"joined":{` + strings.Join(people, ",") + `}}`) })
	s.on("POST /keys/query", func(*http.Request) answer { return device.keys() })
	s.on("POST /keys/claim", func(*http.Request) answer { return device.oneTime() })
	if err := s.owner().connect().Send(t.Context(), bobSays("to all")); err != nil {
		t.Error(err)
	}
	if given := s.asked("PUT /sendToDevice/m.room.encrypted/"); len(given) != 1 {
		t.Errorf("%d requests to give keys", len(given))
	}
}

// Somebody whose homeserver does not answer is not asked for before each message.
func TestSecretSilentServer(t *testing.T) {
	s := secretScript(t, 0)
	s.on("GET /rooms/!r:x/state/m.room.encryption", func(*http.Request) answer { return ok(`{"algorithm":"m.megolm.v1.aes-sha2"}`) })
	s.on("POST /keys/query", func(*http.Request) answer { return ok(`{"device_keys":{"@me:x":{}},"failures":{"x":{}}}`) })
	c := s.owner().connect()
	for _, text := range []string{"one", "two", "three"} {
		if err := c.Send(t.Context(), bobSays(text)); err != nil {
			t.Fatal(err)
		}
	}
	asked := func() (n int) {
		for _, body := range s.asked("POST /keys/query") {
			if strings.Contains(body, "@bob:x") {
				n++
			}
		}
		return n
	}
	if n := asked(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	m := c.cipher.(*olmMachine)
	if err := m.devicesChanged(t.Context(), []string{"@bob:x"}, false); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), bobSays("four")); err != nil || asked() != 2 {
		t.Errorf("asked %d times after news, %v", asked(), err)
	}
}

// However many keys are missing, all of them are asked for.
func TestSecretAsksForAll(t *testing.T) {
	s := secretScript(t, 0)
	s.on("PUT /sendToDevice/m.room_key_request", func(*http.Request) answer { return ok(`{}`) })
	c := s.owner().connect()
	m := c.cipher.(*olmMachine)
	const keys = maxOutbox + 20
	for n := range keys {
		key := b64(fmt.Appendf(nil, "%032d", n))
		m.wantKey(wantedKey{"!r:x", id.SessionID(key), id.SenderKey(key), time.Now()})
	}
	until(t, "all keys to be asked for", func() bool { return len(s.asked("PUT /sendToDevice/m.room_key_request")) == keys })
}

// A message waits on in a room whose people the homeserver does not name when we come back.
func TestSecretWaitsUnsettled(t *testing.T) {
	s := secretScript(t, 0)
	o := s.owner()
	c := o.connect()
	session := b64(fmt.Appendf(nil, "%032d", 1))
	s.news <- timelineAnswer("s2", false, fmt.Sprintf(`{"type":"m.room.encrypted","event_id":"$1","sender":"@bob:x","origin_server_ts":%d,
		"content":{"algorithm":"m.megolm.v1.aes-sha2","sender_key":%q,"session_id":%[2]q,"device_id":"B","ciphertext":"AwgA%[3]s"}}`, time.Now().UnixMilli(), session, strings.Repeat("A", 120)))
	await(o, func(e bridge.MessageReceived) bool { return e.Message.ID == waitingID("$1") })
	s.hangUp(c)
	s.initial = strings.Replace(twoChats(), `"m.heroes":["@bob:x"],"m.joined_member_count":2,"m.invited_member_count":0`, "", 1)
	from, to := strings.Index(s.initial, `"state"`), strings.Index(s.initial, `"timeline"`)
	s.initial = s.initial[:from] + s.initial[to:]
	g := s.gate("GET /rooms/!r:x/state", `[`+joins("@bob:x", "Bob")+`]`)
	c = o.connect()
	waits := func() {
		t.Helper()
		if keys, _ := o.state.Keys(t.Context(), stateEncrypted); len(keys) != 1 {
			t.Errorf("kept %q", keys)
		}
	}
	s.news <- timelineAnswer("s3", false, textEvent("$2", "two"))
	s.news <- roomAnswer("s4", "!al:x", timelineBody(textFrom("$a1", "@al:x", "on")))
	awaitText(o, "on")
	waits()
	close(g.opened)
	awaitText(o, "two")
	waits()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sessions) != 1 {
		t.Errorf("tried %v", c.sessions)
	}
	for key, waitsFor := range c.sessions {
		if waitsFor != session {
			t.Errorf("%s waits for %q", key, waitsFor)
		}
	}
}

// A homeserver that does not say any more, after a restart, that a room is encrypted gets no plain text.
func TestSecretHidden(t *testing.T) {
	s := secretScript(t, 0)
	s.initial = strings.Replace(scriptInitial, `"state":{"events":[`, `"state":{"events":[{"type":"m.room.encryption","state_key":"",
		"event_id":"$e","sender":"@bob:x","content":{"algorithm":"m.megolm.v1.aes-sha2"}},`, 1)
	o := s.owner()
	o.connect().Close()
	s.mu.Lock()
	s.initial = scriptInitial
	s.mu.Unlock()
	s.on("GET /rooms/!r:x/state/m.room.encryption", func(*http.Request) answer {
		return answer{status: 404, body: `{"errcode":"M_NOT_FOUND"}`}
	})
	if err := o.connect().Send(t.Context(), bobSays("hello")); err == nil {
		t.Error("sent")
	}
	if sent := s.asked("PUT /rooms/"); len(sent) != 0 {
		t.Errorf("sent %q", sent)
	}
}

func TestSecretAlgorithm(t *testing.T) {
	s := secretScript(t, 0)
	s.on("GET /rooms/!r:x/state/m.room.encryption", func(*http.Request) answer { return ok(`{"algorithm":"m.new"}`) })
	err := s.owner().connect().Send(t.Context(), bobSays("hello"))
	if failed, is := err.(*bridge.SendError); !is || failed.Unknown || failed.Reason != reasonAlgorithm {
		t.Errorf("got %v", err)
	}
	if sent := s.asked("PUT /rooms/"); len(sent) != 0 {
		t.Errorf("sent %q", sent)
	}
}

// A homeserver that has lost our keys is given them again. If we have lost them, the user is told.
func TestSecretKeysLost(t *testing.T) {
	s := secretScript(t, 0)
	o := s.owner()
	o.connect().Close()
	uploads := func() (devices int) {
		for _, body := range s.asked("POST /keys/upload") {
			if strings.Contains(body, `"device_keys":{`) {
				devices++
			}
		}
		return devices
	}
	if n := uploads(); n != 1 {
		t.Fatalf("%d devices published", n)
	}
	o.connect().Close()
	if n := uploads(); n != 2 {
		t.Errorf("%d devices published", n)
	}
	awaitSaid(o, "had lost the encryption keys")

	hs := homeserver(t)
	o, _, _ = users(t, hs)
	o.connect().Close()
	o.crypto = testCrypto(t) // the database is gone
	for range 2 {
		c := o.connect()
		if !strings.Contains(c.Status(), noteKeysLost) || o.heard("add it again") == "" {
			t.Errorf("status %q", c.Status())
		}
		c.Close()
	}
}

func TestSecretNoKeysThere(t *testing.T) {
	s := newScript(t)
	c := s.owner().connect()
	if !strings.Contains(c.Status(), noteNoKeys) {
		t.Errorf("status %q", c.Status())
	}
	if got, err := c.Command(t.Context(), []string{"verify"}); err != nil || !strings.Contains(got, noteNoKeys) {
		t.Errorf("%q, %v", got, err)
	}
}

// A device that takes the place of another has the keys of messages, and nothing is left of a login
// that is forgotten.
func TestSecretForgotten(t *testing.T) {
	o, _, bob, c, room := secretChat(t)
	bob.sync(t.Context())
	bob.write(room, "for the first device")
	awaitText(o, "for the first device")
	c.Close()
	o.state = newMemory("a good password") // signs in as a new device
	o.login.State = o.state
	o.connect().Close()
	keys, _ := o.crypto(t.Context())
	count := func(table string) (n int) {
		if err := keys.DB.QueryRow("SELECT count(*) FROM " + table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if accounts, sessions := count("crypto_account"), count("crypto_megolm_inbound_session"); accounts != 1 || sessions == 0 {
		t.Errorf("%d devices, %d keys", accounts, sessions)
	}
	other, _, _ := users(t, homeserver(t))
	other.crypto = o.crypto
	other.login.Account = o.login.Account + ".au" // the first one's name is the beginning of it
	other.connect().Close()
	n, err := New(Config{Crypto: o.crypto})
	if err != nil {
		t.Fatal(err)
	}
	login := o.login
	login.Secret = o.state.secret
	if err := n.Forget(t.Context(), login); err != nil {
		t.Fatal(err)
	}
	if accounts, sessions := count("crypto_account"), count("crypto_megolm_inbound_session"); accounts != 1 || sessions != 0 {
		t.Errorf("%d devices, %d keys", accounts, sessions)
	}
	if n := count("crypto_tracked_user"); n != 1 { // the other login's own
		t.Errorf("%d people known", n)
	}
}

func TestSecretPostgres(t *testing.T) {
	url := testserver.Postgres(t).NewDatabase(t)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	o, own, friend := users(t, homeserver(t))
	o.crypto = func(context.Context) (*Crypto, error) {
		return &Crypto{DB: db, Dialect: "postgres", Key: []byte("0123456789abcdef0123456789abcdef")}, nil
	}
	bob := friend.secretive()
	c := o.connect()
	room := bob.secretRoom(own.id(), true)
	await(o, func(e bridge.Invited) bool { return e.Contact.Addr == addr(bob.id()) })
	if err := c.Answer(t.Context(), addr(bob.id()), true); err != nil {
		t.Fatal(err)
	}
	await(o, func(e bridge.ContactFound) bool { return e.Contact.Addr == addr(bob.id()) })
	bob.sync(t.Context())
	bob.write(room, "on a larger database")
	awaitText(o, "on a larger database")
	if err := c.Send(t.Context(), outgoing(bob.id(), "indeed")); err != nil {
		t.Fatal(err)
	}
	bob.read("indeed")
	c.Close()
	bob.write(room, "and after a restart")
	c = o.connect()
	awaitText(o, "and after a restart")
	c.Close()
	n, _ := New(Config{Crypto: o.crypto})
	if err := n.forgetCipher(t.Context(), o.login); err != nil {
		t.Error(err)
	}
}
