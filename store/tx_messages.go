package store

import "msnbridge/bridge"

// messageColumns are those that waiting and outgoing messages share, in the order
// of messageArgs and scanMessage.
const messageColumns = `id, chat_network, chat_address, via, from_network, from_address, from_name,
	body, emote, own, said_at, format, mention`

// waitingColumns are those of an inbound message, in the order of waitingArgs: it
// may bring a file.
const waitingColumns = messageColumns + `, file`

func messageArgs(account string, number int64, m bridge.Message) []any {
	return []any{account, number, m.ID, m.Chat.Network, m.Chat.ID, m.Via, m.From.Network, m.From.ID, m.Name,
		m.Text, m.Emote, m.Own, packTime(m.Time), m.Format.String(), m.Mention}
}

// waitingArgs seals the file: its Ref may hold the key of it.
func (t *tx) waitingArgs(account string, number int64, m bridge.Message) []any {
	return append(messageArgs(account, number, m), t.seal.sealFile(m.File, fileAt(account, number)))
}

// AddWaiting keeps an inbound message and returns its number, which no other
// message of the account has had or will have; ErrNotFound.
func (t *tx) AddWaiting(account string, m bridge.Message) (seq int64, err error) {
	if seq, err = t.number(account); err != nil {
		return 0, err
	}
	return seq, t.exec(`INSERT INTO waiting (account, number, `+waitingColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`, t.waitingArgs(account, seq, m)...)
}

// DropWaiting forgets inbound messages. Those that are not there are no error.
func (t *tx) DropWaiting(account string, seqs ...int64) error {
	for _, seq := range seqs {
		if err := t.exec("DELETE FROM waiting WHERE account = $1 AND number = $2", account, seq); err != nil {
			return err
		}
	}
	return nil
}

// ReplaceWaiting puts another message in the place of one that waits. One that is
// not there is no error.
func (t *tx) ReplaceWaiting(account string, seq int64, m bridge.Message) error {
	return t.exec(`UPDATE waiting SET
			id = $3, chat_network = $4, chat_address = $5, via = $6, from_network = $7, from_address = $8,
			from_name = $9, body = $10, emote = $11, own = $12, said_at = $13, format = $14, mention = $15,
			file = $16
		WHERE account = $1 AND number = $2`, t.waitingArgs(account, seq, m)...)
}

// AddOutgoing keeps an outbound message. One that has the same ID is replaced, but
// keeps its place in the order; ErrNotFound.
func (t *tx) AddOutgoing(account string, m bridge.Message) error {
	number, err := t.number(account)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO outgoing (account, number, `+messageColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (account, id) DO UPDATE SET
			chat_network = excluded.chat_network, chat_address = excluded.chat_address, via = excluded.via,
			from_network = excluded.from_network, from_address = excluded.from_address, from_name = excluded.from_name,
			body = excluded.body, emote = excluded.emote, own = excluded.own, said_at = excluded.said_at,
			format = excluded.format, mention = excluded.mention`,
		messageArgs(account, number, m)...)
}

// DropOutgoing forgets an outbound message. One that is not there is no error.
func (t *tx) DropOutgoing(account, id string) error {
	return t.exec("DELETE FROM outgoing WHERE account = $1 AND id = $2", account, id)
}

// SaveVia keeps where in a conversation the last message shown was said, or
// forgets it if via is empty; ErrNotFound if there is no such account.
func (t *tx) SaveVia(account string, chat bridge.Addr, via string) error {
	if via == "" {
		return t.exec("DELETE FROM vias WHERE account = $1 AND network = $2 AND address = $3",
			account, chat.Network, chat.ID)
	}
	return t.one(`
		INSERT INTO vias (account, network, address, via)
		SELECT handle, CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT) FROM accounts WHERE handle = $1
		ON CONFLICT (account, network, address) DO UPDATE SET via = excluded.via`,
		account, chat.Network, chat.ID, via)
}
