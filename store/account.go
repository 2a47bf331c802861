package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"msnbridge/bridge"
)

// Most accounts have no groups, and nothing that waits: what is not there costs
// no query.
const accountQuery = `
	SELECT handle, name, password, version, ask_about_adders, allowed_only, properties, admitted,
		EXISTS (SELECT 1 FROM entries WHERE account = $1),
		EXISTS (SELECT 1 FROM contact_groups WHERE account = $1),
		EXISTS (SELECT 1 FROM waiting WHERE account = $1),
		EXISTS (SELECT 1 FROM outgoing WHERE account = $1),
		EXISTS (SELECT 1 FROM vias WHERE account = $1),
		EXISTS (SELECT 1 FROM entries WHERE network = 'local' AND (lists & 1) = 1 AND address = $1),
		EXISTS (SELECT 1 FROM logins WHERE account = $1),
		EXISTS (SELECT 1 FROM entries e JOIN accounts a ON a.handle = e.address
			WHERE e.account = $1 AND e.network = 'local' AND (e.lists & 1) = 1 AND a.properties <> '')
	FROM accounts WHERE handle = $1`

// accountParts are the queries for what belongs to an account, in the order of
// the columns that tell whether there is any.
var accountParts = [...]struct {
	query string
	add   func(*Store, *bridge.AccountRecord, scanFunc) error
}{
	{`SELECT handle, shown, network, address, kind, name, lists, groups, removed, auto, pending, ring
		FROM entries WHERE account = $1 ORDER BY number`, (*Store).addEntry},
	{`SELECT id, name FROM contact_groups WHERE account = $1 ORDER BY id`, (*Store).addGroup},
	{`SELECT number, ` + waitingColumns + ` FROM waiting WHERE account = $1 ORDER BY number`, (*Store).addWaiting},
	{`SELECT number, ` + messageColumns + ` FROM outgoing WHERE account = $1 ORDER BY number`, (*Store).addOutgoing},
	{`SELECT network, address, via FROM vias WHERE account = $1`, (*Store).addVia},
	{`SELECT a.handle, a.name FROM entries e JOIN accounts a ON a.handle = e.account
		WHERE e.network = 'local' AND (e.lists & 1) = 1 AND e.address = $1`, (*Store).addReverse},
	{loginsQuery + ` WHERE account = $1`, (*Store).addLogin},
	{`SELECT a.handle, a.properties FROM entries e JOIN accounts a ON a.handle = e.address
		LEFT JOIN entries back ON back.account = a.handle AND back.handle = e.account
		WHERE e.account = $1 AND e.network = 'local' AND (e.lists & 1) = 1 AND a.properties <> ''
			AND (COALESCE(back.lists, 0) & 4) = 0 AND (NOT a.allowed_only OR (COALESCE(back.lists, 0) & 2) = 2)`,
		(*Store).addProperties},
}

// accountQueries are all of them, accountQuery first.
var accountQueries = func() (all [1 + len(accountParts)]string) {
	all[0] = accountQuery
	for i, part := range accountParts {
		all[i+1] = part.query
	}
	return all
}()

// Account loads all there is of one account, as it was at one moment;
// bridge.ErrNotFound.
func (s *Store) Account(ctx context.Context, handle string) (*bridge.AccountRecord, error) {
	r, err := s.account(ctx, handle)
	if err != nil {
		return nil, fmt.Errorf("account %s: %w", handle, err)
	}
	return r, nil
}

func (s *Store) account(ctx context.Context, handle string) (*bridge.AccountRecord, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx = s.db.brief(ctx)
	snap, err := s.reads.snapshot(ctx, accountQueries[:])
	if err != nil {
		return nil, err
	}
	defer snap.end()
	r, parts, err := s.readAccount(ctx, snap, handle)
	if err != nil {
		return nil, err
	}
	for i, part := range accountParts {
		if !parts[i] {
			continue
		}
		err := snap.each(ctx, i+1, handle, func(scan scanFunc) error { return part.add(s, r, scan) })
		if err != nil {
			return nil, err
		}
	}
	// Here, because the order of texts in PostgreSQL depends on its configuration.
	slices.SortFunc(r.Reverse, func(a, b bridge.AccountInfo) int { return cmp.Compare(a.Handle, b.Handle) })
	slices.SortFunc(r.Logins, byAccountAndNetwork)
	return r, nil
}

// readAccount reads the account itself, and which parts there are.
func (s *Store) readAccount(ctx context.Context, snap *snapshot, handle string) (
	r *bridge.AccountRecord, parts [len(accountParts)]bool, err error) {
	r = &bridge.AccountRecord{Vias: map[bridge.Addr]string{}}
	var sealed []byte
	var properties string
	dest := []any{&r.Handle, &r.Name, &sealed, &r.Version, &r.Settings.AskAboutAdders, &r.Settings.AllowedOnly, &properties, &r.Admitted}
	for i := range parts {
		dest = append(dest, &parts[i])
	}
	err = snap.each(ctx, 0, handle, func(scan scanFunc) error { return scan(dest...) })
	switch {
	case err != nil:
	case sealed == nil:
		err = bridge.ErrNotFound
	default:
		err = s.finishAccount(r, sealed, properties)
	}
	return r, parts, err
}

func (s *Store) finishAccount(r *bridge.AccountRecord, sealed []byte, properties string) error {
	password, err := s.seal.open(sealed, passwordAt(r.Handle))
	if err != nil {
		return fmt.Errorf("password: %w", err)
	}
	r.Password = bridge.Secret(password)
	r.Settings.Name = r.Name
	r.Settings.Properties, err = unpackMap(properties)
	return err
}
