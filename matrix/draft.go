package matrix

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"msnbridge/bridge"
)

// A draft is what is kept of a login that there is not yet: in memory, before what is kept of an
// earlier one.
type draft struct {
	before bridge.LoginState // nil: nothing

	mu     sync.Mutex // guards values
	values map[string][]byte
}

var _ bridge.LoginState = (*draft)(nil)

func newDraft(before bridge.LoginState) *draft {
	return &draft{before: before, values: map[string][]byte{}}
}

// Get implements bridge.LoginState.
func (d *draft) Get(ctx context.Context, key string) ([]byte, error) {
	d.mu.Lock()
	v, ok := d.values[key]
	d.mu.Unlock()
	if ok || d.before == nil {
		return v, nil
	}
	return d.before.Get(ctx, key)
}

// Put implements bridge.LoginState.
func (d *draft) Put(_ context.Context, key string, value []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.values[key] = bytes.Clone(value)
	return nil
}

// Delete implements bridge.LoginState. What is deleted of an earlier login is there nevertheless.
func (d *draft) Delete(_ context.Context, key string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.values, key)
	return nil
}

// Keys implements bridge.LoginState, for the draft alone.
func (d *draft) Keys(_ context.Context, prefix string) ([]string, error) {
	keys := slices.Sorted(maps.Keys(d.all()))
	return slices.DeleteFunc(keys, func(k string) bool { return !strings.HasPrefix(k, prefix) }), nil
}

// ReplaceSecret implements bridge.LoginState. The secret of a draft is with its owner.
func (d *draft) ReplaceSecret(context.Context, bridge.Secret) error { return nil }

// all is what has been put into the draft.
func (d *draft) all() map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.values)
}
