package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// statements are prepared when they are first needed, for all connections of a
// pool.
type statements struct {
	db *sql.DB

	mu  sync.RWMutex // guards all
	all map[string]*sql.Stmt
}

func newStatements(db *sql.DB) *statements {
	return &statements{db: db, all: map[string]*sql.Stmt{}}
}

func (s *statements) get(ctx context.Context, query string) (*sql.Stmt, error) {
	s.mu.RLock()
	st := s.all[query]
	s.mu.RUnlock()
	if st != nil {
		return st, nil
	}
	st, err := s.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.keep(query, st), nil
}

// keep keeps st, or what another goroutine was faster to prepare.
func (s *statements) keep(query string, st *sql.Stmt) *sql.Stmt {
	s.mu.Lock()
	kept := s.all[query]
	if kept == nil {
		s.all[query] = st
	}
	s.mu.Unlock()
	if kept == nil {
		return st
	}
	st.Close() // of no consequence
	return kept
}

func (s *statements) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, st := range s.all {
		errs = append(errs, st.Close())
	}
	clear(s.all)
	return errors.Join(errs...)
}

// each calls f for each row of a query.
func (s *statements) each(ctx context.Context, query string, args []any, f func(scanFunc) error) error {
	st, err := s.get(ctx, query)
	if err != nil {
		return err
	}
	return eachRow(ctx, st, args, f)
}

// A scanFunc copies the columns of a row (sql.Rows.Scan).
type scanFunc func(dest ...any) error

func eachRow(ctx context.Context, st *sql.Stmt, args []any, f func(scanFunc) error) error {
	rows, err := st.QueryContext(ctx, cleanArgs(args)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
