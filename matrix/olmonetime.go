//go:build goolm

package matrix

import (
	"context"
	"log/slog"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/signatures"
	"maunium.net/go/mautrix/id"
)

// oneTimeAge is how long after new keys were given a number of keys in an answer to /sync is not
// believed: the answer may have been made before.
const oneTimeAge = time.Minute

// A supply says how the homeserver's one-time keys of our device stand.
type supply struct {
	busy bool      // a goroutine gives new ones
	at   time.Time // when it was given some last
}

// enoughKeys is how many one-time keys the homeserver should have.
func (m *olmMachine) enoughKeys() int {
	return int(m.GetAccount().Internal.MaxNumberOfOneTimeKeys() / 2)
}

// topUp sees to it that the homeserver has one-time keys of our device to give away. It does not wait
// for that. What has to be given while keys are being given is said by the next answer.
func (m *olmMachine) topUp(count int) {
	if count >= m.enoughKeys() || !m.beginTopUp() {
		return
	}
	m.conn.spawn(func(ctx context.Context) {
		defer m.endTopUp()
		if !m.enter() {
			return
		}
		defer m.underWay.Done()
		err := m.careful("one-time keys", func() error { return m.giveKeys(ctx, max(count, 0)) })
		if err != nil && ctx.Err() == nil {
			m.conn.log.Warn("matrix one-time keys not published", slog.String("reason", brief(err)))
		}
	})
}

func (m *olmMachine) beginTopUp() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	begin := !m.supply.busy
	m.supply.busy = true
	return begin
}

func (m *olmMachine) endTopUp() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.supply.busy = false
}

// giveKeys gives the homeserver, which has so many, what is missing.
func (m *olmMachine) giveKeys(ctx context.Context, count int) error {
	m.mu.Lock()
	unsure := time.Since(m.supply.at) < oneTimeAge
	m.mu.Unlock()
	if unsure {
		resp, err := m.upload(ctx, nil)
		if err != nil {
			return err
		}
		count = resp.OneTimeKeyCounts.SignedCurve25519
	}
	keys, err := m.newKeys(ctx, count)
	if err != nil || len(keys) == 0 {
		return err
	}
	if _, err := m.upload(ctx, keys); err != nil {
		return err
	}
	return m.keysGiven(ctx)
}

func (m *olmMachine) upload(ctx context.Context, keys map[id.KeyID]mautrix.OneTimeKey) (resp *mautrix.RespUploadKeys, err error) {
	err = m.conn.api.try(ctx, func() error {
		limited, cancel := m.conn.api.limited(ctx)
		defer cancel()
		resp, err = m.Client.UploadKeys(limited, &mautrix.ReqUploadKeys{OneTimeKeys: keys})
		return err
	})
	return resp, err
}

// newKeys makes what is missing besides those that the homeserver has and those that it was perhaps
// not given the last time, and keeps it. It returns all that has to be given.
func (m *olmMachine) newKeys(ctx context.Context, count int) (map[id.KeyID]mautrix.OneTimeKey, error) {
	m.oneTime.Lock()
	defer m.oneTime.Unlock()
	account := m.GetAccount()
	left, err := account.Internal.OneTimeKeys()
	if err != nil {
		return nil, err
	}
	if missing := m.enoughKeys() - count - len(left); missing > 0 {
		if err := account.Internal.GenOneTimeKeys(uint(missing)); err != nil {
			return nil, err
		}
		if left, err = account.Internal.OneTimeKeys(); err != nil {
			return nil, err
		}
	}
	keys := map[id.KeyID]mautrix.OneTimeKey{}
	for name, public := range left {
		key := mautrix.OneTimeKey{Key: public}
		signature, err := account.SignJSON(key)
		if err != nil {
			return nil, err
		}
		key.IsSigned = true
		key.Signatures = signatures.NewSingleSignature(m.Client.UserID, id.KeyAlgorithmEd25519, string(m.Client.DeviceID), signature)
		keys[id.NewKeyID(id.KeyAlgorithmSignedCurve25519, name)] = key
	}
	return keys, m.store.PutAccount(ctx, account)
}

// keysGiven keeps that the homeserver has all keys that there are.
func (m *olmMachine) keysGiven(ctx context.Context) error {
	m.mu.Lock()
	m.supply.at = time.Now()
	m.mu.Unlock()
	m.oneTime.Lock()
	defer m.oneTime.Unlock()
	m.GetAccount().Internal.MarkKeysAsPublished()
	return m.store.PutAccount(ctx, m.GetAccount())
}
