package store

import (
	"context"
	"database/sql"
	"errors"

	"msnbridge/bridge"
)

var errTxOver = errors.New("transaction used outside its function")

// A tx is what one function queued by Do or Update writes with. What callers
// expect now and then (ErrExists, ErrNotFound) is found out without an error of
// the database, so f may go on after it.
type tx struct {
	ctx  context.Context
	conn *writeConn
	seal *sealer

	// err is the first error of the database. After it nothing more is done, and f
	// fails, even if it returns nil: PostgreSQL would not go on, nor can SQLite
	// after some errors.
	err error
}

var _ bridge.Tx = (*tx)(nil)

// change runs a statement and returns how many rows it has changed.
func (t *tx) change(query string, args ...any) (n int64, err error) {
	if t.err == nil {
		n, t.err = t.conn.change(t.ctx, query, args...)
	}
	return n, t.err
}

func (t *tx) exec(query string, args ...any) error {
	_, err := t.change(query, args...)
	return err
}

// one runs a statement that changes one row; ErrNotFound if it has changed none.
func (t *tx) one(query string, args ...any) error {
	n, err := t.change(query, args...)
	if err == nil && n == 0 {
		return bridge.ErrNotFound
	}
	return err
}

// row reads one row into dest; ErrNotFound if there is none.
func (t *tx) row(query string, args []any, dest ...any) error {
	if t.err != nil {
		return t.err
	}
	err := t.conn.row(t.ctx, query, args, dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return bridge.ErrNotFound
	}
	t.err = err
	return err
}

// number gives an account the next number of its own; ErrNotFound.
func (t *tx) number(account string) (n int64, err error) {
	err = t.row(`
		UPDATE accounts SET last_number = last_number + 1 WHERE handle = $1
		RETURNING last_number`, []any{account}, &n)
	return n, err
}

// needAccount returns ErrNotFound if there is no such account.
func (t *tx) needAccount(handle string) error {
	var one int
	return t.row("SELECT 1 FROM accounts WHERE handle = $1", []any{handle}, &one)
}

// needLogin returns ErrNotFound if there is no such login.
func (t *tx) needLogin(account, network string) error {
	var one int
	return t.row("SELECT 1 FROM logins WHERE account = $1 AND network = $2", []any{account, network}, &one)
}

// each calls f for each row.
func (t *tx) each(query string, args []any, f func(scanFunc) error) error {
	if t.err != nil {
		return t.err
	}
	st, err := t.conn.stmt(t.ctx, query)
	if err == nil {
		err = eachRow(t.ctx, st, args, f)
	}
	t.err = err
	return err
}
