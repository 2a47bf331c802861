package store

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"sync"

	"github.com/jackc/pgx/v5/stdlib"
)

// auxConns bounds the connections of an auxiliary database.
const auxConns = 16

var auxName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)

// auxiliaries are the databases given out by OpenAux.
type auxiliaries struct {
	mu  sync.Mutex // guards dbs
	dbs []*sql.DB
}

func (a *auxiliaries) add(db *sql.DB) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dbs = append(a.dbs, db)
}

func (a *auxiliaries) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	var errs []error
	for _, db := range a.dbs {
		errs = append(errs, db.Close())
	}
	a.dbs = nil
	return errors.Join(errs...)
}

// OpenAux opens a database for a library that brings its own tables, apart from
// the store's: the file name.db in the data directory, or on PostgreSQL a schema of
// that name. dialect is "sqlite" or "postgres". name is lower-case letters,
// digits and underscores. Close closes it.
func (s *Store) OpenAux(ctx context.Context, name string) (db *sql.DB, dialect string, err error) {
	if !auxName.MatchString(name) || name == storeName {
		return nil, "", fmt.Errorf("auxiliary database: bad name %q", name)
	}
	if db, err = s.db.openAux(ctx, name); err != nil {
		return nil, "", fmt.Errorf("auxiliary database %s: %w", name, err)
	}
	db.SetMaxOpenConns(auxConns)
	db.SetMaxIdleConns(2)
	s.aux.add(db)
	return db, s.db.name, nil
}

// KeyFor derives a key of 32 bytes from the secret key, always the same for a purpose and of no
// use to find another: for what a library seals by itself in a database of OpenAux.
func (s *Store) KeyFor(purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, s.seal.key, nil, "msnbridge "+purpose, keySize)
}

func openAuxSQLite(dir string) func(context.Context, string) (*sql.DB, error) {
	return func(_ context.Context, name string) (*sql.DB, error) {
		path, err := databaseFile(dir, name)
		if err != nil {
			return nil, err
		}
		return sql.Open("sqlite", sqliteSource(path))
	}
}

func openAuxPostgres(url string) func(context.Context, string) (*sql.DB, error) {
	return func(ctx context.Context, name string) (*sql.DB, error) {
		config, err := postgresConfig(url, name)
		if err != nil {
			return nil, err
		}
		db := stdlib.OpenDB(*config)
		if err := makeSchema(ctx, db, name); err != nil {
			return nil, errors.Join(err, db.Close())
		}
		return db, nil
	}
}
