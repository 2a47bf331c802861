//go:build goolm

package matrix

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"sync"
	"time"

	"maunium.net/go/mautrix/crypto/backup"
	"maunium.net/go/mautrix/id"
)

// A keyBackup is where our other devices put the keys of messages, sealed for whoever has its key
// (client-server API, 11.12.4.2). It is only read, one key at a time, when a message waits for it.
type keyBackup struct {
	mu      sync.Mutex // guards the fields below
	key     *backup.MegolmBackupKey
	version id.KeyBackupVersion
	looked  bool // whether we have its key
}

// errOtherBackup is the error of a key that does not fit.
var errOtherBackup = errors.New("the key backup of the account has another key")

// restore takes the key of a message from the backup, and tells whether it was there.
func (m *olmMachine) restore(ctx context.Context, k wantedKey) bool {
	key, version := m.openBackup(ctx)
	if key == nil {
		return false
	}
	for {
		err := m.careful("a key of the backup", func() error { return m.restoreKey(ctx, key, version, k) })
		wait := retryAfter(err)
		if wait == 0 {
			if err != nil {
				m.conn.log.Debug("matrix key not in the backup", slog.String("reason", brief(err)))
			}
			return err == nil
		}
		if pause(ctx, max(wait, m.conn.times.Retry)) != nil {
			return false
		}
	}
}

func (m *olmMachine) restoreKey(ctx context.Context, key *backup.MegolmBackupKey, version id.KeyBackupVersion, k wantedKey) error {
	ctx, cancel := m.conn.api.limited(ctx)
	defer cancel()
	kept, err := m.Client.GetKeyBackupForRoomAndSession(ctx, version, id.RoomID(k.room), k.session)
	if err != nil {
		return err
	}
	session, err := kept.SessionData.Decrypt(key)
	if err != nil {
		return err
	}
	_, err = m.ImportRoomKeyFromBackup(ctx, version, id.RoomID(k.room), k.session, session)
	return err
}

// openBackup returns the key and the version of the backup; nil if we have none.
func (m *olmMachine) openBackup(ctx context.Context) (*backup.MegolmBackupKey, id.KeyBackupVersion) {
	b := &m.backup
	b.mu.Lock()
	key, version, looked := b.key, b.version, b.looked
	b.mu.Unlock()
	if looked {
		return key, version
	}
	secret, err := m.store.GetSecret(ctx, id.SecretMegolmBackupV1)
	if err == nil && secret != "" {
		err = m.useBackup(ctx, secret)
	}
	if err != nil {
		m.conn.log.Warn("matrix key backup cannot be read", slog.String("reason", brief(err)))
		return nil, ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.looked = true
	return b.key, b.version
}

// useBackup checks that a secret (base64) is the key of the account's backup, and keeps it.
func (m *olmMachine) useBackup(ctx context.Context, secret string) error {
	ctx, cancel := m.conn.api.limited(ctx)
	defer cancel()
	raw, err := base64.RawStdEncoding.DecodeString(unpadded(secret))
	if err != nil {
		return errOtherBackup
	}
	key, err := backup.MegolmBackupKeyFromBytes(raw)
	if err != nil {
		return errOtherBackup
	}
	info, err := m.Client.GetKeyBackupLatestVersion(ctx)
	if err != nil {
		return err
	}
	public := base64.RawStdEncoding.EncodeToString(key.PublicKey().Bytes())
	if info == nil || info.Algorithm != id.KeyBackupAlgorithmMegolmBackupV1 || unpadded(info.AuthData.PublicKey.String()) != public {
		return errOtherBackup
	}
	if err := m.store.PutSecret(ctx, id.SecretMegolmBackupV1, base64.RawStdEncoding.EncodeToString(raw)); err != nil {
		return err
	}
	m.backup.mu.Lock()
	defer m.backup.mu.Unlock()
	m.backup.key, m.backup.version, m.backup.looked = key, info.Version, true
	return nil
}

// secretTime is how long our other devices have to tell us the key of the backup.
const secretTime = 2 * time.Minute

// fetchBackupKey asks our other devices, which have just verified us, for the key of the backup.
func (m *olmMachine) fetchBackupKey(ctx context.Context) {
	if !m.enter() {
		return
	}
	defer m.underWay.Done()
	err := m.GetOrRequestSecret(ctx, id.SecretMegolmBackupV1, func(secret string) (bool, error) {
		return m.useBackup(ctx, secret) == nil, nil
	}, secretTime)
	if err == nil {
		m.wantAll(ctx)
		m.conn.tell("Older encrypted messages that wait are being read from your key backup.")
	}
}
