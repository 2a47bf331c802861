package store

import "msnbridge/bridge"

// CreateAccount makes an account with list version 1 and the default settings;
// ErrExists.
func (t *tx) CreateAccount(a bridge.AccountInfo, password bridge.Secret) error {
	n, err := t.change(`
		INSERT INTO accounts (handle, name, password, version, ask_about_adders, allowed_only, properties, last_number)
		VALUES ($1, $2, $3, 1, $4, $4, '', 0)
		ON CONFLICT (handle) DO NOTHING`,
		a.Handle, a.Name, t.sealPassword(a.Handle, password), false)
	if err == nil && n == 0 {
		return bridge.ErrExists
	}
	return err
}

// DeleteAccount removes an account with all that is its own. Entries of other
// accounts that stand for it stay, and so do aliases; ErrNotFound.
func (t *tx) DeleteAccount(handle string) error {
	return t.one("DELETE FROM accounts WHERE handle = $1", handle)
}

// SetPassword changes the password; ErrNotFound.
func (t *tx) SetPassword(handle string, password bridge.Secret) error {
	return t.one("UPDATE accounts SET password = $2 WHERE handle = $1", handle, t.sealPassword(handle, password))
}

func (t *tx) sealPassword(handle string, password bridge.Secret) []byte {
	return t.seal.seal([]byte(password.Reveal()), passwordAt(handle))
}

// SetAdmitted notes which network admits the account's owner; ErrNotFound.
func (t *tx) SetAdmitted(handle, network string) error {
	return t.one("UPDATE accounts SET admitted = $2 WHERE handle = $1", handle, network)
}

// SaveSettings keeps the settings, the name among them; ErrNotFound.
func (t *tx) SaveSettings(handle string, s bridge.Settings) error {
	return t.one(`
		UPDATE accounts SET name = $2, ask_about_adders = $3, allowed_only = $4, properties = $5
		WHERE handle = $1`,
		handle, s.Name, s.AskAboutAdders, s.AllowedOnly, packMap(s.Properties))
}

// SaveVersion keeps the list version, which never goes back; ErrNotFound.
func (t *tx) SaveVersion(handle string, version uint32) error {
	return t.one(`UPDATE accounts SET version = CASE WHEN version > $2 THEN version ELSE $2 END
		WHERE handle = $1`, handle, int64(version))
}

// SaveAlias keeps a handle that stands for an address.
func (t *tx) SaveAlias(handle string, a bridge.Addr) error {
	return t.exec(`
		INSERT INTO aliases (handle, network, address) VALUES ($1, $2, $3)
		ON CONFLICT (handle) DO UPDATE SET network = excluded.network, address = excluded.address`,
		handle, a.Network, a.ID)
}
