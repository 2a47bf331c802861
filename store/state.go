package store

import (
	"context"
	"fmt"
	"slices"

	"msnbridge/bridge"
)

// loginState is what a network keeps about one login.
type loginState struct {
	s                *Store
	account, network string
}

// State is what the network keeps about a login. Values are sealed, keys are not.
// Put and ReplaceSecret fail with bridge.ErrNotFound if there is no such login.
func (s *Store) State(account, network string) bridge.LoginState {
	return loginState{s, account, network}
}

func (l loginState) Get(ctx context.Context, key string) (value []byte, err error) {
	err = l.s.reads.each(ctx, "SELECT value FROM login_state WHERE account = $1 AND network = $2 AND key = $3",
		[]any{l.account, l.network, key},
		func(scan scanFunc) error {
			var sealed []byte
			if err := scan(&sealed); err != nil {
				return err
			}
			value, err = l.s.seal.open(sealed, stateAt(l.account, l.network, key))
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("state %s of %s on %s: %w", key, l.account, l.network, err)
	}
	return value, nil
}

// Keys lists the keys that begin with prefix, in order.
func (l loginState) Keys(ctx context.Context, prefix string) (keys []string, err error) {
	err = l.s.reads.each(ctx, `
		SELECT key FROM login_state
		WHERE account = $1 AND network = $2 AND substr(key, 1, length(CAST($3 AS TEXT))) = $3`,
		[]any{l.account, l.network, prefix},
		func(scan scanFunc) error {
			var key string
			err := scan(&key)
			keys = append(keys, key)
			return err
		})
	slices.Sort(keys)
	return keys, err
}

func (l loginState) Put(ctx context.Context, key string, value []byte) error {
	return l.do(ctx, func(t *tx) error { return t.SaveState(l.account, l.network, key, value) })
}

func (l loginState) Delete(ctx context.Context, key string) error {
	return l.do(ctx, func(t *tx) error { return t.deleteState(l.account, l.network, key) })
}

func (l loginState) ReplaceSecret(ctx context.Context, s bridge.Secret) error {
	return l.do(ctx, func(t *tx) error { return t.SaveLoginSecret(l.account, l.network, s) })
}

func (l loginState) do(ctx context.Context, f func(*tx) error) error {
	return l.s.Do(ctx, func(t bridge.Tx) error { return f(t.(*tx)) })
}
