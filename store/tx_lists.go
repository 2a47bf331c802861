package store

import (
	"slices"

	"msnbridge/bridge"
)

// SaveEntry keeps a list entry as it is now, or deletes it if there is no more
// reason to keep it. One that is new comes after all others; ErrNotFound if there
// is no such account.
func (t *tx) SaveEntry(handle string, e *bridge.Entry) error {
	if e.Lists == 0 && e.Pending == bridge.NothingPending && !e.Removed && e.Ring == bridge.RingDefault {
		return t.exec("DELETE FROM entries WHERE account = $1 AND handle = $2", handle, e.Handle)
	}
	n, err := t.updateEntry(handle, e)
	if err != nil || n > 0 {
		return err
	}
	return t.insertEntry(handle, e)
}

func (t *tx) updateEntry(account string, e *bridge.Entry) (int64, error) {
	return t.change(`
		UPDATE entries SET shown = $3, network = $4, address = $5, kind = $6, name = $7,
			lists = $8, groups = $9, removed = $10, auto = $11, pending = $12, ring = $13
		WHERE account = $1 AND handle = $2`, entryArgs(account, e)...)
}

func (t *tx) insertEntry(account string, e *bridge.Entry) error {
	number, err := t.number(account)
	if err != nil {
		return err
	}
	return t.exec(`
		INSERT INTO entries (account, handle, shown, network, address, kind, name,
			lists, groups, removed, auto, pending, ring, number)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		append(entryArgs(account, e), number)...)
}

func entryArgs(account string, e *bridge.Entry) []any {
	return []any{account, e.Handle, e.Shown, e.Addr.Network, e.Addr.ID, int64(e.Kind), e.Name,
		int64(e.Lists), packIDs(e.Groups), e.Removed, e.Auto, int64(e.Pending), int64(e.Ring)}
}

// SaveGroup keeps a group, or its new name; ErrNotFound if there is no such account.
func (t *tx) SaveGroup(handle string, g bridge.Group) error {
	return t.one(`
		INSERT INTO contact_groups (account, id, name)
		SELECT handle, CAST($2 AS BIGINT), CAST($3 AS TEXT) FROM accounts WHERE handle = $1
		ON CONFLICT (account, id) DO UPDATE SET name = excluded.name`,
		handle, int64(g.ID), g.Name)
}

// DeleteGroup removes a group and takes it off all entries. One that is not there
// is no error.
func (t *tx) DeleteGroup(handle string, id int) error {
	members, err := t.entryGroups(handle)
	if err != nil {
		return err
	}
	for entry, groups := range members {
		if i := slices.Index(groups, id); i >= 0 {
			if err := t.setEntryGroups(handle, entry, slices.Delete(groups, i, i+1)); err != nil {
				return err
			}
		}
	}
	return t.exec("DELETE FROM contact_groups WHERE account = $1 AND id = $2", handle, int64(id))
}

// entryGroups finds the groups of all entries that are in one.
func (t *tx) entryGroups(account string) (map[string][]int, error) {
	members := map[string][]int{}
	err := t.each("SELECT handle, groups FROM entries WHERE account = $1 AND groups <> ''", []any{account},
		func(scan scanFunc) error {
			var handle, text string
			if err := scan(&handle, &text); err != nil {
				return err
			}
			groups, err := unpackIDs(text)
			members[handle] = groups
			return err
		})
	return members, err
}

func (t *tx) setEntryGroups(account, entry string, groups []int) error {
	return t.exec("UPDATE entries SET groups = $3 WHERE account = $1 AND handle = $2",
		account, entry, packIDs(groups))
}
