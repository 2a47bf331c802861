package store

import (
	"time"

	"msnbridge/bridge"
)

// AddLogin makes a login; ErrExists, and ErrNotFound if there is no such account.
func (t *tx) AddLogin(l bridge.LoginRecord) error {
	if err := t.needAccount(l.Account); err != nil {
		return err
	}
	n, err := t.change(`
		INSERT INTO logins (account, network, keys, secret, position, since)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account, network) DO NOTHING`,
		l.Account, l.Network, packMap(l.Keys), t.sealSecret(l.Account, l.Network, l.Secret), l.Position, l.Since)
	if err == nil && n == 0 {
		return bridge.ErrExists
	}
	return err
}

// DeleteLogin removes a login with its state, the IDs seen, and the messages and
// Vias of its network's conversations. List entries are left to the caller;
// ErrNotFound.
func (t *tx) DeleteLogin(account, network string) error {
	for _, query := range []string{
		"DELETE FROM waiting WHERE account = $1 AND chat_network = $2",
		"DELETE FROM outgoing WHERE account = $1 AND chat_network = $2",
		"DELETE FROM vias WHERE account = $1 AND network = $2",
	} {
		if err := t.exec(query, account, network); err != nil {
			return err
		}
	}
	return t.one("DELETE FROM logins WHERE account = $1 AND network = $2", account, network)
}

// ReplaceLogin puts a login in the place of another one of the account on the
// network, whose state, Vias and outgoing messages go. What waits stays, without ID and
// Via, and so do the IDs seen. ErrNotFound.
func (t *tx) ReplaceLogin(l bridge.LoginRecord) error {
	for _, query := range []string{
		"DELETE FROM outgoing WHERE account = $1 AND chat_network = $2",
		"DELETE FROM vias WHERE account = $1 AND network = $2",
		"DELETE FROM login_state WHERE account = $1 AND network = $2",
		"UPDATE waiting SET id = '', via = '' WHERE account = $1 AND chat_network = $2",
	} {
		if err := t.exec(query, l.Account, l.Network); err != nil {
			return err
		}
	}
	return t.one("UPDATE logins SET keys = $3, secret = $4, position = $5, since = $6 WHERE account = $1 AND network = $2",
		l.Account, l.Network, packMap(l.Keys), t.sealSecret(l.Account, l.Network, l.Secret), l.Position, l.Since)
}

// SaveLoginKeys keeps other settings of a login; ErrNotFound.
func (t *tx) SaveLoginKeys(account, network string, keys map[string]string) error {
	return t.one("UPDATE logins SET keys = $3 WHERE account = $1 AND network = $2", account, network, packMap(keys))
}

// SavePosition keeps where the login has got to; ErrNotFound.
func (t *tx) SavePosition(account, network string, position []byte) error {
	return t.one("UPDATE logins SET position = $3 WHERE account = $1 AND network = $2", account, network, position)
}

// SaveLoginSecret keeps another secret of a login; ErrNotFound.
func (t *tx) SaveLoginSecret(account, network string, s bridge.Secret) error {
	return t.one("UPDATE logins SET secret = $3 WHERE account = $1 AND network = $2",
		account, network, t.sealSecret(account, network, s))
}

func (t *tx) sealSecret(account, network string, s bridge.Secret) []byte {
	return t.seal.seal([]byte(s.Reveal()), secretAt(account, network))
}

// Seen remembers a message ID from at on, and tells whether it was known: seen no
// more than 30 days before. ErrNotFound if there is no such login.
func (t *tx) Seen(account, network, id string, at time.Time) (bool, error) {
	n, err := t.change(`
		INSERT INTO seen (account, network, id, seen_at)
		SELECT account, network, CAST($3 AS TEXT), CAST($4 AS BIGINT) FROM logins
		WHERE account = $1 AND network = $2
		ON CONFLICT (account, network, id) DO UPDATE SET seen_at = excluded.seen_at
		WHERE seen.seen_at < $5`,
		account, network, id, at.Unix(), at.Add(-seenFor).Unix())
	if err != nil || n > 0 {
		return false, err
	}
	return true, t.needLogin(account, network)
}

// SaveState keeps a value of a login's state; ErrNotFound if there is no such login.
func (t *tx) SaveState(account, network, key string, value []byte) error {
	return t.one(`
		INSERT INTO login_state (account, network, key, value)
		SELECT account, network, CAST($3 AS TEXT), $4 FROM logins
		WHERE account = $1 AND network = $2
		ON CONFLICT (account, network, key) DO UPDATE SET value = excluded.value`,
		account, network, key, t.seal.seal(value, stateAt(account, network, key)))
}

func (t *tx) deleteState(account, network, key string) error {
	return t.exec("DELETE FROM login_state WHERE account = $1 AND network = $2 AND key = $3", account, network, key)
}
