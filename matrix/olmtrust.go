//go:build goolm

package matrix

import (
	"context"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// What is here is read from the database each time: the library remembers that there was no identity
// until it is started anew.

// identityKeys are the public keys of somebody's identity; the zero value if there is none that holds
// together.
func (m *olmMachine) identityKeys(ctx context.Context, who id.UserID) (crypto.CrossSigningPublicKeysCache, error) {
	keys, err := m.store.GetCrossSigningKeys(ctx, who)
	found := crypto.CrossSigningPublicKeysCache{
		MasterKey: keys[id.XSUsageMaster].Key, SelfSigningKey: keys[id.XSUsageSelfSigning].Key, UserSigningKey: keys[id.XSUsageUserSigning].Key,
	}
	if err != nil || found.MasterKey == "" || found.SelfSigningKey == "" {
		return crypto.CrossSigningPublicKeysCache{}, err
	}
	if signed, err := m.store.IsKeySignedBy(ctx, who, found.SelfSigningKey, who, found.MasterKey); err != nil || !signed {
		return crypto.CrossSigningPublicKeysCache{}, err
	}
	return found, nil
}

// ownIdentity is our own identity if our device has vouched for it, which it does once the user has
// verified it.
func (m *olmMachine) ownIdentity(ctx context.Context) (crypto.CrossSigningPublicKeysCache, bool) {
	me := m.Client.UserID
	keys, err := m.identityKeys(ctx, me)
	if err != nil || keys.MasterKey == "" {
		return keys, false
	}
	signed, err := m.store.IsKeySignedBy(ctx, me, keys.MasterKey, me, m.GetAccount().SigningKey())
	return keys, err == nil && signed
}

// ownVerified tells whether a device of ours is one that we have verified, or that our identity,
// which we trust, vouches for.
func (m *olmMachine) ownVerified(ctx context.Context, key id.IdentityKey) bool {
	me := m.Client.UserID
	d, err := m.store.FindDeviceByKey(ctx, me, key)
	if err != nil || d == nil || d.Deleted || d.DeviceID == m.Client.DeviceID {
		return false
	}
	if d.Trust == id.TrustStateVerified {
		return true
	}
	keys, trusted := m.ownIdentity(ctx)
	if !trusted {
		return false
	}
	signed, err := m.store.IsKeySignedBy(ctx, me, d.SigningKey, me, keys.SelfSigningKey)
	return err == nil && signed
}

// personVerified tells whether we have verified somebody's identity.
func (m *olmMachine) personVerified(ctx context.Context, who id.UserID) bool {
	own, trusted := m.ownIdentity(ctx)
	theirs, err := m.identityKeys(ctx, who)
	if !trusted || err != nil || theirs.MasterKey == "" {
		return false
	}
	if who == m.Client.UserID {
		return true
	}
	me := m.Client.UserID
	usable, err := m.store.IsKeySignedBy(ctx, me, own.UserSigningKey, me, own.MasterKey)
	if err != nil || !usable {
		return false
	}
	signed, err := m.store.IsKeySignedBy(ctx, who, theirs.MasterKey, me, own.UserSigningKey)
	return err == nil && signed
}

// standing tells whether the account has an identity, and whether it vouches for our device.
func (m *olmMachine) standing(ctx context.Context) (has, verified bool, err error) {
	me := m.Client.UserID
	keys, err := m.identityKeys(ctx, me)
	if err != nil || keys.MasterKey == "" {
		return false, false, err
	}
	verified, err = m.store.IsKeySignedBy(ctx, me, m.GetAccount().SigningKey(), me, keys.SelfSigningKey)
	return true, verified, err
}

// unverified implements cipher.
func (m *olmMachine) unverified(ctx context.Context) bool {
	has, verified, err := m.standing(ctx)
	return err == nil && has && !verified
}

// mayHave decides whether a device that asks for the key of a message is given it: verified ones of
// our own are.
func (m *olmMachine) mayHave(ctx context.Context, d *id.Device, _ event.RequestedKeyInfo) *crypto.KeyShareRejection {
	if d.UserID == m.Client.UserID && m.ownVerified(ctx, d.IdentityKey) {
		return nil
	}
	return &crypto.KeyShareRejectNoResponse
}
