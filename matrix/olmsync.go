//go:build goolm

package matrix

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// absorb implements cipher.
func (m *olmMachine) absorb(ctx context.Context, resp *syncResponse, lost bool) error {
	if !m.enter() {
		return bridge.ErrClosed
	}
	defer m.underWay.Done()
	others := slices.Concat(resp.DeviceLists.Changed, resp.DeviceLists.Left)
	if err := m.devicesChanged(ctx, others, lost); err != nil {
		return err
	}
	for _, raw := range resp.ToDevice.Events {
		if err := m.toDevice(ctx, raw); err != nil {
			return err
		}
	}
	if resp.OneTimeKeys != nil {
		m.topUp(resp.OneTimeKeys["signed_curve25519"])
	}
	m.MarkOlmHashSavePoint(ctx)
	return nil
}

// caughtUp implements cipher.
func (m *olmMachine) caughtUp() { m.hear.Do(func() { close(m.current) }) }

// newsTime is how long the first news are waited for before something is sealed.
const newsTime = 5 * time.Second

// awaitNews waits for the first news of a connection: other people may have other devices than
// before.
func (m *olmMachine) awaitNews(ctx context.Context) {
	timer := time.NewTimer(newsTime)
	defer timer.Stop()
	select {
	case <-m.current:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// toDeviceEvents is what messages to our device do. What is not listed is passed over.
var toDeviceEvents = map[event.Type]func(*olmMachine, context.Context, *event.Event) error{
	event.ToDeviceEncrypted:                (*olmMachine).olmEvent,
	event.ToDeviceRoomKeyRequest:           (*olmMachine).keyRequest,
	event.ToDeviceRoomKeyWithheld:          (*olmMachine).keyWithheld,
	event.ToDeviceOrgMatrixRoomKeyWithheld: (*olmMachine).keyWithheld,
	event.ToDeviceSecretRequest:            (*olmMachine).secretRequest,
	event.ToDeviceVerificationRequest:      (*olmMachine).verifyEvent,
	event.ToDeviceVerificationReady:        (*olmMachine).verifyEvent,
	event.ToDeviceVerificationStart:        (*olmMachine).verifyEvent,
	event.ToDeviceVerificationAccept:       (*olmMachine).verifyEvent,
	event.ToDeviceVerificationKey:          (*olmMachine).verifyEvent,
	event.ToDeviceVerificationMAC:          (*olmMachine).verifyEvent,
	event.ToDeviceVerificationDone:         (*olmMachine).verifyEvent,
	event.ToDeviceVerificationCancel:       (*olmMachine).verifyEvent,
}

// toDevice handles one message to our device. An error means that it could not be kept.
func (m *olmMachine) toDevice(ctx context.Context, raw json.RawMessage) error {
	e, ok := parseEvent(raw)
	kind := event.Type{Type: e.Type, Class: event.ToDeviceEventType}
	f := toDeviceEvents[kind]
	if f == nil && ok {
		return nil
	}
	evt := &event.Event{Sender: id.UserID(e.Sender), Type: kind}
	if !ok || !validUser(e.Sender) || json.Unmarshal(e.Content, &evt.Content) != nil || evt.Content.ParseRaw(kind) != nil {
		m.conn.passOver("message to our device", e.Sender)
		return nil
	}
	return f(m, ctx, evt)
}

// olmEvent handles one that is encrypted for us: a key, most of all.
func (m *olmMachine) olmEvent(ctx context.Context, evt *event.Event) error {
	if content, ok := evt.Content.Parsed.(*event.EncryptedEventContent); !ok || !m.listen(ctx, evt.Sender, content) {
		m.conn.passOver("encrypted message to our device", evt.Sender.String())
		return nil
	}
	m.oneTime.Lock() // what is kept of the account and of the message belongs together
	defer m.oneTime.Unlock()
	ctx, u := withUnit(ctx)
	err := m.careful("a message to our device", func() error {
		m.identity.RLock()
		defer m.identity.RUnlock()
		m.HandleEncryptedEvent(ctx, evt)
		return nil
	})
	if err != nil {
		u.err = err
		_ = u.end()
		return nil // such a message will never be better
	}
	return u.end()
}

// listen tells whether a message is worth to be decrypted. The library remembers every device whose
// messages it could not read, so there is a limit to those that nobody knows.
func (m *olmMachine) listen(ctx context.Context, sender id.UserID, content *event.EncryptedEventContent) bool {
	if _, forUs := content.OlmCiphertext[m.GetAccount().IdentityKey()]; !forUs || !validKey(string(content.SenderKey)) {
		return false
	}
	if d, err := m.store.FindDeviceByKey(ctx, sender, content.SenderKey); err == nil && d != nil {
		return true
	}
	name := string(sender) + " " + string(content.SenderKey)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.strange) < maxStrange {
		m.strange[name] = true
	}
	return m.strange[name]
}

// sessionReceived notes that a key has come.
func (m *olmMachine) sessionReceived(_ context.Context, _ id.RoomID, session id.SessionID, _ uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.came) < maxCame {
		m.came[string(session)] = true
	} else {
		m.cameAny = true
	}
}

// pending implements cipher.
func (m *olmMachine) pending() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cameAny || len(m.came) > 0
}

// arrived implements cipher.
func (m *olmMachine) arrived() (sessions map[string]bool, any bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sessions, any = m.came, m.cameAny
	m.came, m.cameAny = map[string]bool{}, false
	return sessions, any
}
