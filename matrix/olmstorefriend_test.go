//go:build goolm

package matrix

import (
	"context"
	"maps"
	"sync"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"
)

// friendKeys is the library's store in memory, whose keys of identities and their signatures are
// guarded: it changes them under a lock for readers, and hands out its own maps.
type friendKeys struct {
	*crypto.MemoryStore
	mu sync.Mutex
}

func newFriendKeys() *friendKeys { return &friendKeys{MemoryStore: crypto.NewMemoryStore(nil)} }

func (f *friendKeys) PutCrossSigningKey(ctx context.Context, who id.UserID, usage id.CrossSigningUsage, key id.Ed25519) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.MemoryStore.PutCrossSigningKey(ctx, who, usage, key)
}

func (f *friendKeys) GetCrossSigningKeys(ctx context.Context, who id.UserID) (map[id.CrossSigningUsage]id.CrossSigningKey, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	keys, err := f.MemoryStore.GetCrossSigningKeys(ctx, who)
	return maps.Clone(keys), err
}

func (f *friendKeys) PutSignature(ctx context.Context, signed id.UserID, key id.Ed25519, signer id.UserID, by id.Ed25519, signature string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.MemoryStore.PutSignature(ctx, signed, key, signer, by, signature)
}

func (f *friendKeys) GetSignaturesForKeyBy(ctx context.Context, who id.UserID, key id.Ed25519, signer id.UserID) (map[id.Ed25519]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	signatures, err := f.MemoryStore.GetSignaturesForKeyBy(ctx, who, key, signer)
	return maps.Clone(signatures), err
}

func (f *friendKeys) IsKeySignedBy(ctx context.Context, who id.UserID, key id.Ed25519, signer id.UserID, by id.Ed25519) (bool, error) {
	signatures, err := f.GetSignaturesForKeyBy(ctx, who, key, signer)
	return signatures[by] != "", err
}

func (f *friendKeys) DropSignaturesByKey(ctx context.Context, who id.UserID, key id.Ed25519) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.MemoryStore.DropSignaturesByKey(ctx, who, key)
}
