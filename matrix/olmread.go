//go:build goolm

package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

// open implements cipher. What was encrypted for another room, by another person than the sender,
// or sent a second time under another name is an error for good.
func (m *olmMachine) open(ctx context.Context, room string, e *anEvent) (anEvent, error) {
	if !m.enter() {
		return anEvent{}, bridge.ErrClosed
	}
	defer m.underWay.Done()
	evt, err := encryptedOf(room, e)
	if err != nil {
		return anEvent{}, err
	}
	by := &opening{}
	var plain *event.Event
	err = m.careful("a message", func() (err error) {
		m.identity.RLock()
		defer m.identity.RUnlock()
		plain, err = m.DecryptMegolmEvent(context.WithValue(ctx, openingKey{}, by), evt)
		return err
	})
	switch {
	case by.err != nil:
		return anEvent{}, fmt.Errorf("%w: %w", errStore, by.err)
	case errors.Is(err, crypto.ErrNoSessionFound) || errors.Is(err, olm.ErrUnknownMessageIndex):
		return anEvent{}, m.waiting(evt.Content.AsEncrypted().SessionID)
	case errors.Is(err, crypto.ErrWrongRoom) || errors.Is(err, crypto.ErrDuplicateMessageIndex):
		return anEvent{}, errForged
	case err != nil:
		return anEvent{}, err
	case plain.Mautrix.TrustState == id.TrustStateDeviceKeyMismatch || by.forged(evt.Sender):
		return anEvent{}, errForged
	}
	return m.plain(ctx, e, plain), nil
}

// encryptedOf is an event as the library wants it. The time must be as the homeserver says, since
// with it the library knows an event again.
func encryptedOf(room string, e *anEvent) (*event.Event, error) {
	var told struct {
		Time int64 `json:"origin_server_ts"`
	}
	lenient(e.raw, &told)
	evt := &event.Event{
		ID: id.EventID(e.ID), Sender: id.UserID(e.Sender), RoomID: id.RoomID(room),
		Type: event.EventEncrypted, Timestamp: told.Time,
	}
	if err := json.Unmarshal(e.Content, &evt.Content); err != nil {
		return nil, err
	}
	return evt, evt.Content.ParseRaw(event.EventEncrypted)
}

// An opening notes, in a context, what the library reads an event with.
type opening struct {
	session *crypto.InboundGroupSession
	err     error // of the database
}

type openingKey struct{}

// forged tells whether a key that came straight from somebody's device came from another person's
// than the one who is said to have written.
func (r *opening) forged(sender id.UserID) bool {
	s := r.session
	return s != nil && s.KeySource == id.KeySourceDirect && s.SourceUser != "" && s.SourceUser != sender
}

// waiting is errWaiting, with the reason if somebody keeps the key from us.
func (m *olmMachine) waiting(session id.SessionID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if code, ok := m.withheld[string(session)]; ok {
		return fmt.Errorf("%w: %w", errWaiting, withheldError(code))
	}
	return errWaiting
}

// plain is an event as it was before it was encrypted.
func (m *olmMachine) plain(ctx context.Context, e *anEvent, plain *event.Event) anEvent {
	in := *e
	in.Type, in.Content, in.StateKey = plain.Type.Type, plain.Content.VeryRaw, nil
	switch plain.Mautrix.TrustState {
	case id.TrustStateUnset, id.TrustStateCrossSignedUntrusted:
		in.unsigned = m.personVerified(ctx, plain.Sender)
	}
	return in
}
