package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresReaders is how many reads run at a time.
const postgresReaders = 8

var postgres = &dialect{
	name:        "postgres",
	begin:       "BEGIN",
	lock:        "SELECT pg_advisory_xact_lock(7892746331)", // any number, but always this one
	tableExists: "SELECT to_regclass($1) IS NOT NULL",
	limit:       30 * time.Second,
}

func openPostgres(c Config) (*database, error) {
	config, err := postgresConfig(c.URL, storeName)
	if err != nil {
		return nil, err
	}
	write := stdlib.OpenDB(*config)
	write.SetMaxOpenConns(1)
	read := stdlib.OpenDB(*config)
	read.SetMaxOpenConns(postgresReaders)
	read.SetMaxIdleConns(postgresReaders)
	where := fmt.Sprintf("%s on %s:%d", config.Database, config.Host, config.Port)
	return &database{
		dialect: postgres, where: where, write: write, read: read,
		makeRoom: makeStoreSchema,
		openAux:  openAuxPostgres(c.URL),
	}, nil
}

// postgresConfig reads a URL. All tables are in a schema of ours, so that the
// database may hold others too.
func postgresConfig(url, schema string) (*pgx.ConnConfig, error) {
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return nil, fmt.Errorf("database url: it does not begin with postgres://")
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err) // pgx leaves the password out
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 10 * time.Second
	}
	config.RuntimeParams["search_path"] = schema
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "msnbridge"
	}
	return config, nil
}

// An execer is a connection, a pool or a transaction.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// makeSchema makes a schema if it is missing. IF NOT EXISTS alone would need the
// right to make one, even where there is nothing to make.
func makeSchema(ctx context.Context, db execer, schema string) error {
	var exists bool
	err := db.QueryRowContext(ctx, "SELECT to_regnamespace($1) IS NOT NULL", schema).Scan(&exists)
	if err == nil && !exists {
		_, err = db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize())
	}
	if err != nil {
		return fmt.Errorf("schema %s: %w", schema, err)
	}
	return nil
}

func makeStoreSchema(ctx context.Context, tx execer) error { return makeSchema(ctx, tx, storeName) }
