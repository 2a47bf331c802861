package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
)

// Each migration is a text that takes the schema from one version to the next:
// 002.sql leads from version 1 to 2. Where the databases differ there are
// 002.sqlite.sql and 002.postgres.sql instead. They are appended, never edited.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

func loadMigrations(dialect string) ([]string, error) {
	var all []string
	for {
		text, err := migration(len(all)+1, dialect)
		if errors.Is(err, fs.ErrNotExist) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, text)
	}
}

func migration(version int, dialect string) (string, error) {
	text, err := migrationFiles.ReadFile(fmt.Sprintf("migrations/%03d.%s.sql", version, dialect))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = migrationFiles.ReadFile(fmt.Sprintf("migrations/%03d.sql", version))
	}
	return string(text), err
}

// schemaInfo says how far a database is. The zero value is an empty one.
type schemaInfo struct {
	version  int
	keyCheck []byte // a known value, sealed: it opens with the right key only
}

// schema reads the version; one newer than the program knows is an error.
func (db *database) schema(ctx context.Context) (schemaInfo, error) {
	now, err := db.readSchema(ctx, db.write)
	if err == nil && now.version > len(db.migrations) {
		err = fmt.Errorf("its schema has version %d, this program knows no later one than %d: "+
			"run the program that has used it last, or a newer one", now.version, len(db.migrations))
	}
	return now, err
}

func (db *database) readSchema(ctx context.Context, q execer) (now schemaInfo, err error) {
	err = q.QueryRowContext(ctx, "SELECT version, key_check FROM store_info").Scan(&now.version, &now.keyCheck)
	if err == nil {
		return now, nil
	}
	var exists bool
	if e := q.QueryRowContext(ctx, db.tableExists, "store_info").Scan(&exists); e != nil || exists {
		return schemaInfo{}, fmt.Errorf("read schema version: %w", err)
	}
	return schemaInfo{}, nil
}

// migrate brings the schema up to date, in one transaction.
func (db *database) migrate(ctx context.Context, keyCheck []byte, log *slog.Logger) (schemaInfo, error) {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return schemaInfo{}, err
	}
	defer tx.Rollback()
	from, err := db.upgrade(ctx, tx, keyCheck)
	if err != nil {
		return schemaInfo{}, err
	}
	if err := tx.Commit(); err != nil {
		return schemaInfo{}, err
	}
	log.Info("database schema upgraded", "database", db.where, "from", from, "to", len(db.migrations))
	return db.schema(ctx)
}

func (db *database) upgrade(ctx context.Context, tx *sql.Tx, keyCheck []byte) (from int, err error) {
	if from, err = db.lockSchema(ctx, tx); err != nil {
		return 0, err
	}
	for v := from; v < len(db.migrations); v++ {
		if _, err := tx.ExecContext(ctx, db.migrations[v]); err != nil {
			return 0, fmt.Errorf("migration %d: %w", v+1, err)
		}
	}
	_, err = tx.ExecContext(ctx, "UPDATE store_info SET version = $1, key_check = COALESCE(key_check, $2)",
		max(from, len(db.migrations)), keyCheck)
	return from, err
}

// lockSchema keeps other processes from migrating, and returns the version, which
// they may have changed before.
func (db *database) lockSchema(ctx context.Context, tx *sql.Tx) (int, error) {
	if _, err := tx.ExecContext(ctx, db.lock); err != nil {
		return 0, err
	}
	var exists bool
	if err := tx.QueryRowContext(ctx, db.tableExists, "store_info").Scan(&exists); err != nil {
		return 0, err
	}
	if !exists {
		return 0, db.makeRoom(ctx, tx)
	}
	now, err := db.readSchema(ctx, tx)
	return now.version, err
}
