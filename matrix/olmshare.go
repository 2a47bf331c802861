//go:build goolm

package matrix

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"msnbridge/bridge"
)

const (
	maxTurns    = 4     // how often a key is shared for one message, if people come and go meanwhile
	maxAudience = 20000 // people in a room for whom a key is shared
	shareChunk  = 50    // people who are sent a key at once
)

// What a writer is told.
const (
	reasonAlgorithm = "this chat is encrypted in a way that the gateway does not know"
	reasonCrowd     = "there are too many people in this encrypted room"
	reasonRestless  = "people come to this encrypted room and leave it just now"
)

// seal implements cipher.
func (m *olmMachine) seal(ctx context.Context, room, kind string, content any) (map[string]any, error) {
	if !m.enter() {
		return nil, bridge.ErrClosed
	}
	defer m.underWay.Done()
	m.awaitNews(ctx)
	unlock, err := m.busy.lock(ctx, room)
	if err != nil {
		return nil, err
	}
	defer unlock()
	for range maxTurns {
		if err := m.refresh(ctx, m.outdatedReaders(room)); err != nil {
			return nil, err
		}
		sealed, err := m.encrypt(ctx, room, kind, content)
		if !crypto.IsShareError(err) {
			return sealed, err
		}
		if err := m.share(ctx, room); err != nil {
			return nil, err
		}
	}
	return nil, &sealError{reasonRestless}
}

func (m *olmMachine) encrypt(ctx context.Context, room, kind string, content any) (map[string]any, error) {
	var sealed *event.EncryptedEventContent
	err := m.careful("what is to be sealed", func() (err error) {
		sealed, err = m.EncryptMegolmEvent(ctx, id.RoomID(room), event.Type{Type: kind, Class: event.MessageEventType}, content)
		return err
	})
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(sealed)
	if err != nil {
		return nil, err
	}
	var plain map[string]any
	return plain, json.Unmarshal(raw, &plain)
}

// stale implements cipher.
func (m *olmMachine) stale(ctx context.Context, room string) error {
	m.mu.Lock()
	_, shared := m.readers[room]
	m.turns[room]++
	m.mu.Unlock()
	if !shared {
		return nil
	}
	return m.store.RemoveOutboundGroupSession(ctx, id.RoomID(room))
}

// outdatedReaders lists the people with our key whose devices must be asked for.
func (m *olmMachine) outdatedReaders(room string) []id.UserID {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []id.UserID
	for who := range m.outdated {
		if m.readers[room][string(who)] && m.mustAsk(who) {
			found = append(found, who)
		}
	}
	return found
}

// share makes a session for a room and gives the key to all who are in it. Nobody reads with a session
// before all have been sent its key. One that was shared in part is not used: who was given its key
// may have left since.
func (m *olmMachine) share(ctx context.Context, room string) error {
	m.mu.Lock()
	turn := m.turns[room]
	delete(m.readers, room)
	m.mu.Unlock()
	if err := m.store.RemoveOutboundGroupSession(ctx, id.RoomID(room)); err != nil {
		return err
	}
	set, err := m.settings(ctx, room)
	if err != nil {
		return err
	}
	who, err := m.audience(ctx, room, set)
	if err != nil {
		return err
	}
	if err := m.refresh(ctx, who); err != nil {
		return err
	}
	m.setReaders(room, who)
	for part := range slices.Chunk(who, shareChunk) {
		if err := m.shareWith(context.WithValue(ctx, settingsKey{}, set), room, part); err != nil {
			return err
		}
	}
	return m.confirm(ctx, room, turn)
}

func (m *olmMachine) setReaders(room string, who []id.UserID) {
	readers := make(map[string]bool, len(who))
	for _, w := range who {
		readers[string(w)] = true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.readers[room] = readers
}

// shareWith gives the key of a room's session to the devices of some people.
func (m *olmMachine) shareWith(ctx context.Context, room string, who []id.UserID) error {
	if err := m.claim(ctx, who); err != nil {
		return err
	}
	var out []toDevice
	given := context.WithValue(ctx, sharing{}, true)
	given = context.WithValue(given, tray{}, &out)
	given = context.WithValue(given, canned{}, map[string][]byte{pathQuery: []byte("{}"), pathClaim: []byte("{}")})
	err := m.careful("the key of a room", func() error {
		m.identity.RLock()
		defer m.identity.RUnlock()
		return m.ShareGroupSession(given, id.RoomID(room), who)
	})
	if err != nil {
		return err
	}
	return m.sendAll(ctx, out)
}

// confirm makes a session that all have been given the one to write with, unless others are in the
// room by now.
func (m *olmMachine) confirm(ctx context.Context, room string, turn uint64) error {
	session, err := m.store.GetOutboundGroupSession(ctx, id.RoomID(room))
	if err != nil || session == nil {
		return err
	}
	session.Shared = true
	if err := m.store.AddOutboundGroupSession(ctx, session); err != nil {
		return err
	}
	m.mu.Lock()
	changed := m.turns[room] != turn
	m.mu.Unlock()
	if changed {
		return m.store.RemoveOutboundGroupSession(ctx, id.RoomID(room))
	}
	return nil
}

// roomSettings are how a room is encrypted, and who may read what was said before they came.
type roomSettings struct {
	encryption event.EncryptionEventContent
	visibility event.HistoryVisibility
}

func (m *olmMachine) settings(ctx context.Context, room string) (*roomSettings, error) {
	var encryption struct {
		Algorithm string `json:"algorithm"`
		Period    int64  `json:"rotation_period_ms"`
		Messages  int    `json:"rotation_period_msgs"`
	}
	if err := m.stateOf(ctx, room, typeEncryption, &encryption); err != nil {
		return nil, err
	}
	if encryption.Algorithm != string(id.AlgorithmMegolmV1) {
		return nil, &sealError{reasonAlgorithm}
	}
	var history struct {
		Visibility string `json:"history_visibility"`
	}
	if err := m.stateOf(ctx, room, "m.room.history_visibility", &history); err != nil && codeOf(err) != "M_NOT_FOUND" {
		return nil, err
	}
	return &roomSettings{
		encryption: event.EncryptionEventContent{
			Algorithm: id.AlgorithmMegolmV1, RotationPeriodMillis: max(encryption.Period, 0), RotationPeriodMessages: max(encryption.Messages, 0),
		},
		visibility: event.HistoryVisibility(orSo(history.Visibility, "shared")),
	}, nil
}

func (m *olmMachine) stateOf(ctx context.Context, room, kind string, into any) error {
	body, err := m.conn.api.state(ctx, room, kind, "")
	if err == nil && !lenient(body, into) {
		err = errors.New(kind + ": the answer makes no sense")
	}
	return err
}

// audience lists who is to read what is said in a room: who is in it, and who is invited unless what
// was said before they came is hidden from those who come.
func (m *olmMachine) audience(ctx context.Context, room string, set *roomSettings) ([]id.UserID, error) {
	joined, err := m.conn.api.members(ctx, room)
	if err != nil {
		return nil, err
	}
	who := slices.Collect(maps.Keys(joined))
	if set.visibility != event.HistoryVisibilityJoined {
		invited, err := m.conn.api.invited(ctx, room)
		if err != nil && !definite(err) {
			return nil, err
		}
		who = append(who, invited...)
	}
	slices.Sort(who)
	if who = slices.Compact(who); len(who) > maxAudience {
		return nil, &sealError{reasonCrowd}
	}
	return idsOf(who), nil
}

// invited lists who is invited into a room.
func (a *api) invited(ctx context.Context, room string) ([]string, error) {
	body, err := a.request(ctx, http.MethodGet, mautrix.ClientURLPath{"v3", "rooms", room, "members"},
		map[string]string{"membership": "invite"}, nil)
	if err != nil {
		return nil, err
	}
	var resp messagesResponse
	if !lenient(body, &resp) {
		return nil, errors.New("members: the answer makes no sense")
	}
	var who []string
	for _, raw := range resp.Chunk {
		e, ok := parseEvent(raw)
		if ok && e.StateKey != nil && validUser(*e.StateKey) && membershipOf(e.Content) == "invite" {
			who = append(who, *e.StateKey)
		}
	}
	return who, nil
}
