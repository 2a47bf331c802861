package store

import (
	"context"
	"database/sql"
)

// A snapshot is the database at one moment.
type snapshot struct {
	tx    *sql.Tx
	stmts []*sql.Stmt
}

// snapshot begins one for queries. All are prepared first: later that might wait
// for a second connection, while others wait for this one.
func (s *statements) snapshot(ctx context.Context, queries []string) (*snapshot, error) {
	stmts := make([]*sql.Stmt, len(queries))
	for i, query := range queries {
		st, err := s.get(ctx, query)
		if err != nil {
			return nil, err
		}
		stmts[i] = st
	}
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	return &snapshot{tx, stmts}, err
}

// end must be called when the snapshot is no longer needed.
func (s *snapshot) end() { _ = s.tx.Rollback() }

// each calls f for each row of query number i.
func (s *snapshot) each(ctx context.Context, i int, arg any, f func(scanFunc) error) error {
	return eachRow(ctx, s.tx.StmtContext(ctx, s.stmts[i]), []any{arg}, f)
}
