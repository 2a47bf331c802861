//go:build goolm

package matrix

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/ssss"
	"maunium.net/go/mautrix/crypto/utils"
	"maunium.net/go/mautrix/event"
)

// What is said about recovery keys.
var (
	errNoRecovery    = errors.New("your account has no recovery key: set one up in another Matrix client first (there it may be called secure backup)")
	errWrongRecovery = errors.New("that is not the recovery key or passphrase of your account")
	errNoIdentity    = errors.New("your account has no identity for its sessions (cross-signing): set it up in another Matrix client first")
	errOldRecovery   = errors.New("the recovery key belongs to an identity that your account has given up; make a new one in another Matrix client")
)

// maxIterations bounds the work that a homeserver can make us do with a passphrase.
const maxIterations = 5_000_000

// recover verifies our device with the recovery key, and opens the key backup. The key itself is not
// kept.
func (m *olmMachine) recover(ctx context.Context, words []string) (string, error) {
	if len(words) == 0 {
		return "", errors.New("the key is missing: matrix recovery KEY")
	}
	if err := m.refreshOwn(ctx); err != nil {
		return "", recoveryError(err)
	}
	key, err := m.recoveryKey(ctx, strings.Join(words, " "))
	if err != nil {
		return "", recoveryError(err)
	}
	if err := m.signSelf(ctx, key); err != nil {
		return "", recoveryError(err)
	}
	if err := m.refreshOwn(ctx); err != nil {
		return "", recoveryError(err)
	}
	return "This gateway is verified now. " + m.recoverBackup(ctx, key), nil
}

func recoveryError(err error) error {
	var asked mautrix.HTTPError
	switch {
	case errors.Is(err, ssss.ErrNoDefaultKeyID):
		return errNoRecovery
	case errors.Is(err, ssss.ErrIncorrectSSSSKey), errors.Is(err, ssss.ErrInvalidRecoveryKey),
		errors.Is(err, ssss.ErrKeyDataMACMismatch), errors.Is(err, ssss.ErrNoPassphrase):
		return errWrongRecovery
	case errors.As(err, &asked):
		return fmt.Errorf("the homeserver: %s", brief(err))
	}
	return err
}

// recoveryKey makes the key of the account's secret storage of what the user has typed.
func (m *olmMachine) recoveryKey(ctx context.Context, typed string) (*ssss.Key, error) {
	limited, cancel := m.conn.api.limited(ctx)
	defer cancel()
	name, meta, err := m.SSSS.GetDefaultKeyData(limited)
	if err != nil {
		return nil, err
	}
	var key *ssss.Key
	err = m.careful("a recovery key", func() (err error) {
		if utils.DecodeBase58RecoveryKey(typed) != nil {
			key, err = meta.VerifyRecoveryKey(name, typed)
		} else if p := meta.Passphrase; p != nil && (p.Iterations < 1 || p.Iterations > maxIterations || p.Bits < 0 || p.Bits > 512) {
			err = errSenseless
		} else {
			key, err = meta.VerifyPassphrase(name, typed)
		}
		return err
	})
	if errors.Is(err, ssss.ErrUnverifiableKey) && key != nil {
		err = nil // the secrets will show whether it is right
	}
	return key, err
}

// apart is a second machine with the same keys, for what is seldom done: the library guards what it
// remembers of our identity by no lock.
func (m *olmMachine) apart(ctx context.Context) (*crypto.OlmMachine, error) {
	other := crypto.NewOlmMachine(m.Client, nil, m.store, olmState{m})
	m.oneTime.Lock()
	defer m.oneTime.Unlock()
	return other, other.Load(ctx)
}

// signSelf has our identity vouch for our device, and our device for the identity.
func (m *olmMachine) signSelf(ctx context.Context, key *ssss.Key) error {
	other, err := m.apart(ctx)
	if err != nil {
		return err
	}
	defer other.Destroy()
	published, err := other.GetOwnCrossSigningPublicKeys(ctx)
	if err != nil {
		return err
	}
	if published == nil {
		return errNoIdentity
	}
	known := *published
	return m.careful("our identity", func() error {
		if err := other.FetchCrossSigningKeysFromSSSS(ctx, key); err != nil {
			return err
		}
		if *other.CrossSigningKeys.PublicKeys() != known {
			return errOldRecovery
		}
		if err := other.SignOwnDevice(ctx, other.OwnIdentity()); err != nil {
			return err
		}
		return other.SignOwnMasterKey(ctx)
	})
}

// recoverBackup takes the key of the backup from secret storage, and says what has come of it.
func (m *olmMachine) recoverBackup(ctx context.Context, key *ssss.Key) string {
	secret, err := m.SSSS.GetDecryptedAccountData(ctx, event.AccountDataMegolmBackupKey, key)
	if err == nil {
		err = m.useBackup(ctx, base64.RawStdEncoding.EncodeToString(secret))
	}
	if err != nil {
		return "There is no key backup that it opens, so older messages stay unread."
	}
	m.wantAll(ctx)
	return "Encrypted messages that wait are being read from your key backup."
}
