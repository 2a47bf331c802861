package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// A dialect is what differs between the databases.
type dialect struct {
	name string // as OpenAux tells it

	begin       string        // begins a transaction that writes
	lock        string        // first statement of a migration; it keeps others from migrating
	tableExists string        // whether table $1 exists
	limit       time.Duration // how long one transaction of the writer may take; 0: no limit
}

// A database is one to write to, by one connection, and to read from.
type database struct {
	*dialect
	where       string // for messages, without a password
	migrations  []string
	write, read *sql.DB

	// makeRoom prepares an empty database for the first migration.
	makeRoom func(ctx context.Context, tx execer) error

	// openAux opens a database beside this one.
	openAux func(ctx context.Context, name string) (*sql.DB, error)
}

// openDatabase prepares the database of c. Nothing is connected yet.
func openDatabase(c Config) (*database, error) {
	open := openSQLite
	if c.URL != "" {
		open = openPostgres
	}
	db, err := open(c)
	if err != nil {
		return nil, err
	}
	db.migrations, err = loadMigrations(db.name)
	return db, err
}

func (db *database) close() error { return errors.Join(db.read.Close(), db.write.Close()) }

// bounded limits how long the writer's statements may take.
func (db *database) bounded() (context.Context, context.CancelFunc) {
	if db.limit == 0 {
		return context.Background(), func() {}
	}
	return context.WithTimeout(context.Background(), db.limit)
}

// brief is the context of a short read. Where none can hang, nobody watches
// whether ctx ends meanwhile: that would cost a goroutine for each query.
func (db *database) brief(ctx context.Context) context.Context {
	if db.limit == 0 {
		return context.WithoutCancel(ctx)
	}
	return ctx
}
