package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
)

// A writeConn is the connection of the writer, with the statements prepared on it.
type writeConn struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt // by their text
}

func connectWriter(ctx context.Context, db *sql.DB) (*writeConn, error) {
	conn, err := db.Conn(ctx)
	return &writeConn{conn, map[string]*sql.Stmt{}}, err
}

// discard closes the connection. It does not go back to the pool, because it may
// be in a transaction. Statements that are left open would keep SQLite from
// closing its file.
func (c *writeConn) discard() {
	for _, st := range c.stmts {
		_ = st.Close()
	}
	_ = c.conn.Raw(func(any) error { return driver.ErrBadConn })
}

func (c *writeConn) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := c.stmts[query]; ok {
		return st, nil
	}
	st, err := c.conn.PrepareContext(ctx, query)
	if err == nil {
		c.stmts[query] = st
	}
	return st, err
}

func (c *writeConn) exec(ctx context.Context, query string, args ...any) error {
	_, err := c.change(ctx, query, args...)
	return err
}

// change returns how many rows a statement has changed.
func (c *writeConn) change(ctx context.Context, query string, args ...any) (int64, error) {
	st, err := c.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := st.ExecContext(ctx, cleanArgs(args)...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// row reads one row into dest; sql.ErrNoRows.
func (c *writeConn) row(ctx context.Context, query string, args []any, dest ...any) error {
	st, err := c.stmt(ctx, query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(ctx, cleanArgs(args)...).Scan(dest...)
}
