package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"msnbridge/bridge"
)

// Config says where a store is.
type Config struct {
	// Dir is the data directory, made if need be: it holds the SQLite files and the
	// secret key.
	Dir string

	// URL names a PostgreSQL database (postgres://user:password@host/name); empty
	// is SQLite in Dir.
	URL string

	// Key is the secret key as it stands in the environment variable KeyVariable:
	// 32 bytes in base64 or hex. If it is empty, the key is in Dir/secret.key, which
	// is made together with a new database.
	Key bridge.Secret

	Log *slog.Logger // nil: slog.Default
}

// A Store is an open database. Its methods may be called from any goroutine.
type Store struct {
	db     *database
	reads  *statements
	seal   *sealer
	writer *writer
	aux    auxiliaries
}

var _ bridge.Store = (*Store)(nil)

// Open opens the database, makes it if it is new, and brings its schema up to
// date. It fails if the schema is newer than the program, and if the key is
// missing or is not the one that the database was sealed with.
func Open(ctx context.Context, c Config) (*Store, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	db, err := openDatabase(c)
	if err != nil {
		return nil, err
	}
	seal, err := prepare(ctx, db, c)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", db.where, err), db.close())
	}
	s := &Store{db: db, seal: seal, reads: newStatements(db.read), writer: newWriter(db, seal, c.Log)}
	go s.writer.run()
	return s, nil
}

// prepare checks key and schema, and upgrades the schema.
func prepare(ctx context.Context, db *database, c Config) (*sealer, error) {
	now, err := db.schema(ctx)
	if err != nil {
		return nil, err
	}
	seal, err := openSealer(c, now)
	if err != nil {
		return nil, err
	}
	if now.version < len(db.migrations) {
		if now, err = db.migrate(ctx, seal.check(), c.Log); err != nil {
			return nil, err
		}
	}
	// Another process may have made the database meanwhile, with another key.
	return seal, seal.verify(now.keyCheck)
}

// Close finishes what is queued, stops the writer and closes the database, those
// given out by OpenAux included. Do and Update then fail with bridge.ErrClosed.
func (s *Store) Close() error {
	s.writer.close()
	return errors.Join(s.reads.close(), s.aux.close(), s.db.close())
}
