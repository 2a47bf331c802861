package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"msnbridge/bridge"
)

// Handles lists the handles of all accounts, in order.
func (s *Store) Handles(ctx context.Context) (handles []string, err error) {
	err = s.reads.each(ctx, "SELECT handle FROM accounts", nil, func(scan scanFunc) error {
		var handle string
		err := scan(&handle)
		handles = append(handles, handle)
		return err
	})
	slices.Sort(handles)
	return handles, err
}

// AccountInfos lists handle and name of every account, in handle order.
func (s *Store) AccountInfos(ctx context.Context) (infos []bridge.AccountInfo, err error) {
	err = s.reads.each(ctx, "SELECT handle, name FROM accounts", nil, func(scan scanFunc) error {
		var a bridge.AccountInfo
		err := scan(&a.Handle, &a.Name)
		infos = append(infos, a)
		return err
	})
	// Here, because the order of texts in PostgreSQL depends on its configuration.
	slices.SortFunc(infos, func(a, b bridge.AccountInfo) int { return cmp.Compare(a.Handle, b.Handle) })
	return infos, err
}

// Having lists the handles of the accounts that have somebody on their forward list and not on
// their block list, in order.
func (s *Store) Having(ctx context.Context, who bridge.Addr) (handles []string, err error) {
	const query = "SELECT account FROM entries WHERE network = $1 AND address = $2 AND (lists & $3) = $4"
	args := []any{who.Network, who.ID, int64(bridge.FL | bridge.BL), int64(bridge.FL)}
	err = s.reads.each(ctx, query, args, func(scan scanFunc) error {
		var handle string
		err := scan(&handle)
		handles = append(handles, handle)
		return err
	})
	slices.Sort(handles)
	return handles, err
}

const loginsQuery = `SELECT account, network, keys, secret, position, since FROM logins`

// Logins lists all logins of all accounts, in order of account and network.
func (s *Store) Logins(ctx context.Context) (logins []bridge.LoginRecord, err error) {
	err = s.reads.each(ctx, loginsQuery, nil,
		func(scan scanFunc) error {
			l, err := s.scanLogin(scan)
			logins = append(logins, l)
			return err
		})
	slices.SortFunc(logins, byAccountAndNetwork)
	return logins, err
}

func byAccountAndNetwork(a, b bridge.LoginRecord) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Network, b.Network))
}

func (s *Store) scanLogin(scan scanFunc) (l bridge.LoginRecord, err error) {
	var keys string
	var sealed []byte
	if err := scan(&l.Account, &l.Network, &keys, &sealed, &l.Position, &l.Since); err != nil {
		return l, err
	}
	secret, err := s.seal.open(sealed, secretAt(l.Account, l.Network))
	if err == nil {
		l.Secret = bridge.Secret(secret)
		l.Keys, err = unpackMap(keys)
	}
	if err != nil {
		return l, fmt.Errorf("login of %s on %s: %w", l.Account, l.Network, err)
	}
	return l, nil
}

// Aliases lists the handles that stand for IDs which have no plain form.
func (s *Store) Aliases(ctx context.Context) (map[string]bridge.Addr, error) {
	aliases := map[string]bridge.Addr{}
	err := s.reads.each(ctx, "SELECT handle, network, address FROM aliases", nil, func(scan scanFunc) error {
		var handle string
		var a bridge.Addr
		err := scan(&handle, &a.Network, &a.ID)
		aliases[handle] = a
		return err
	})
	return aliases, err
}
