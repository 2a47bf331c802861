//go:build goolm

package matrix

import (
	"context"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// olmState is what the library asks about rooms.
type olmState struct{ machine *olmMachine }

// IsEncrypted implements crypto.StateStore.
func (s olmState) IsEncrypted(_ context.Context, room id.RoomID) (bool, error) {
	return s.machine.conn.knownEncrypted(string(room)), nil
}

type settingsKey struct{}

// GetEncryptionEvent implements crypto.StateStore: when a session is made, the settings that were
// looked up before, and else nothing.
func (s olmState) GetEncryptionEvent(ctx context.Context, _ id.RoomID) (*event.EncryptionEventContent, error) {
	if set, ok := ctx.Value(settingsKey{}).(*roomSettings); ok {
		return &set.encryption, nil
	}
	return nil, nil
}

// GetHistoryVisibility implements crypto.StateStore, likewise.
func (s olmState) GetHistoryVisibility(ctx context.Context, _ id.RoomID) (*event.HistoryVisibilityEventContent, error) {
	if set, ok := ctx.Value(settingsKey{}).(*roomSettings); ok {
		return &event.HistoryVisibilityEventContent{HistoryVisibility: set.visibility}, nil
	}
	return nil, nil
}

// FindSharedRooms implements crypto.StateStore: the rooms in which the user has the key that we
// write with.
func (s olmState) FindSharedRooms(_ context.Context, who id.UserID) ([]id.RoomID, error) {
	m := s.machine
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []id.RoomID
	for room, readers := range m.readers {
		if readers[string(who)] {
			m.turns[room]++
			found = append(found, id.RoomID(room))
		}
	}
	return found, nil
}
