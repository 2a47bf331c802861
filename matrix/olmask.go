//go:build goolm

package matrix

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// A wantedKey is one that our other devices are to be asked for, if it has not come by then.
type wantedKey struct {
	room    string
	session id.SessionID
	sender  id.SenderKey
	at      time.Time
}

// want implements cipher. Keys often come a moment after the message.
func (m *olmMachine) want(room string, e *anEvent) {
	evt, err := encryptedOf(room, e)
	if err != nil {
		return
	}
	content := evt.Content.AsEncrypted()
	m.wantKey(wantedKey{room, content.SessionID, content.SenderKey, time.Now().Add(m.conn.times.Repeat)})
}

func (m *olmMachine) wantKey(k wantedKey) {
	if m.note(k) {
		m.conn.spawn(m.ask)
	}
}

// wantAll has all keys looked for once more that are waited for, at once.
func (m *olmMachine) wantAll(ctx context.Context) {
	m.mu.Lock()
	m.asked = map[string]bool{}
	m.mu.Unlock()
	c := m.conn
	c.mu.Lock()
	keys := slices.Clone(c.kept)
	c.mu.Unlock()
	for _, key := range keys {
		kept, e, ok, err := c.keptAt(ctx, key)
		if err != nil || !ok {
			continue
		}
		if evt, err := encryptedOf(kept.Room, &e); err == nil {
			content := evt.Content.AsEncrypted()
			m.wantKey(wantedKey{kept.Room, content.SessionID, content.SenderKey, time.Now()})
		}
	}
}

// note notes a key to be asked for, and tells whether nobody does so yet.
func (m *olmMachine) note(k wantedKey) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !validKey(string(k.session)) || m.asked[string(k.session)] || len(m.wanted) >= maxAsked {
		return false
	}
	if len(m.asked) >= maxAsked {
		clear(m.asked)
	}
	m.asked[string(k.session)] = true
	m.wanted = append(m.wanted, k)
	asks := m.asking
	m.asking = true
	return !asks
}

// ask asks for the keys that have not come, until there are none.
func (m *olmMachine) ask(ctx context.Context) {
	for {
		m.mu.Lock()
		if len(m.wanted) == 0 || ctx.Err() != nil {
			m.asking = false
			m.mu.Unlock()
			return
		}
		next := m.wanted[0]
		m.wanted = m.wanted[1:]
		m.mu.Unlock()
		if pause(ctx, time.Until(next.at)) == nil {
			m.askFor(ctx, next)
		}
	}
}

// askFor looks for a key in the backup, and if it is not there asks our other devices.
func (m *olmMachine) askFor(ctx context.Context, k wantedKey) {
	if !m.enter() {
		return
	}
	defer m.underWay.Done()
	there, err := m.store.GetGroupSession(ctx, id.RoomID(k.room), k.session)
	if err != nil || there != nil && there.Internal.FirstKnownIndex() == 0 {
		return
	}
	if m.restore(ctx, k) {
		m.conn.rouseSync()
		return
	}
	if err := m.askOwn(ctx, k); err != nil {
		m.conn.log.Debug("matrix key not asked for", slog.String("reason", brief(err)))
	}
}

// askOwn asks our other devices for a key. It waits until the homeserver has the request: there may
// be more of them than the outbox has room for.
func (m *olmMachine) askOwn(ctx context.Context, k wantedKey) error {
	var out []toDevice
	everywhere := map[id.UserID][]id.DeviceID{m.Client.UserID: {"*"}}
	err := m.SendRoomKeyRequest(context.WithValue(ctx, tray{}, &out), id.RoomID(k.room), k.sender, k.session, "", everywhere)
	if err != nil {
		return err
	}
	return m.sendAll(ctx, out)
}

// keyRequest answers a device of our own that wants a key. Other people's devices got theirs when
// the message was sent.
func (m *olmMachine) keyRequest(_ context.Context, evt *event.Event) error {
	content, ok := evt.Content.Parsed.(*event.RoomKeyRequestEventContent)
	if ok && evt.Sender == m.Client.UserID && content.Action == event.KeyRequestActionRequest {
		m.answer(func(ctx context.Context) { m.HandleRoomKeyRequest(ctx, evt.Sender, content) })
	}
	return nil
}

// secretRequest answers a device of our own that wants to know what we do.
func (m *olmMachine) secretRequest(_ context.Context, evt *event.Event) error {
	content, ok := evt.Content.Parsed.(*event.SecretRequestEventContent)
	if ok && evt.Sender == m.Client.UserID && content.Action == event.SecretRequestRequest {
		m.answer(func(ctx context.Context) { m.HandleSecretRequest(ctx, evt.Sender, content) })
	}
	return nil
}

// answer runs an answer to one of our own devices, unless there are too many. The library itself
// gives keys and secrets to verified devices alone.
func (m *olmMachine) answer(f func(ctx context.Context)) {
	if m.answers.Add(1) > maxHelping {
		m.answers.Add(-1)
		return
	}
	m.conn.spawn(func(ctx context.Context) {
		defer m.answers.Add(-1)
		m.answerNow(ctx, f)
	})
}

func (m *olmMachine) answerNow(ctx context.Context, f func(ctx context.Context)) {
	if !m.enter() {
		return
	}
	defer m.underWay.Done()
	if err := m.claim(ctx, []id.UserID{m.Client.UserID}); err != nil {
		m.conn.log.Debug("matrix devices of our own not reached", slog.String("reason", brief(err)))
	}
	given := context.WithValue(ctx, canned{}, map[string][]byte{pathQuery: []byte("{}"), pathClaim: []byte("{}")})
	err := m.careful("a request of our own device", func() error {
		m.identity.RLock()
		defer m.identity.RUnlock()
		f(given)
		return nil
	})
	if err != nil {
		m.conn.log.Debug("matrix request of our own device not answered", slog.String("reason", brief(err)))
	}
}

// keyWithheld notes why somebody keeps a key from us. It is only said: whoever sends such a notice
// need not be the one whose key it is.
func (m *olmMachine) keyWithheld(_ context.Context, evt *event.Event) error {
	content, ok := evt.Content.Parsed.(*event.RoomKeyWithheldEventContent)
	m.mu.Lock()
	defer m.mu.Unlock()
	if ok && validKey(string(content.SessionID)) && len(content.Code) <= maxID {
		if len(m.withheld) >= maxWithheld {
			clear(m.withheld)
		}
		m.withheld[string(content.SessionID)] = string(content.Code)
	}
	return nil
}
