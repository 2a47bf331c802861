package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver
)

// sqliteReaders is how many accounts are loaded at a time; the file is in memory
// for the most part, so more would only wait for a processor.
const sqliteReaders = 4

// storeName names the store's own file, or schema on PostgreSQL.
const storeName = "msnbridge"

// sqlite needs no limit: it waits for nothing but locks, and busy_timeout limits those.
var sqlite = &dialect{
	name:        "sqlite",
	begin:       "BEGIN IMMEDIATE",
	lock:        "SELECT 1",
	tableExists: "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1)",
}

func openSQLite(c Config) (*database, error) {
	path, err := databaseFile(c.Dir, storeName)
	if err != nil {
		return nil, err
	}
	write, err := sql.Open("sqlite", sqliteSource(path))
	if err != nil {
		return nil, err
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", sqliteReadSource(path))
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(sqliteReaders)
	read.SetMaxIdleConns(sqliteReaders)
	return &database{
		dialect: sqlite, where: path, write: write, read: read,
		makeRoom: func(context.Context, execer) error { return nil },
		openAux:  openAuxSQLite(c.Dir),
	}, nil
}

// databaseFile returns the path of a database in dir. A file that is new is made
// here, because SQLite would let others read it; SQLite gives the files it makes
// beside it the same mode.
func databaseFile(dir, name string) (string, error) {
	path, err := filepath.Abs(filepath.Join(dir, name+".db"))
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", fmt.Errorf("database file: %w", err)
	}
	defer f.Close()
	return path, ownerOnly(f)
}

// ownerOnly takes away what others may do with a file.
func ownerOnly(f *os.File) error {
	info, err := f.Stat()
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return f.Chmod(info.Mode() & fs.ModePerm &^ 0o077)
}

func sqliteSource(path string) string {
	return sqliteURI(path, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(10000)", "foreign_keys(1)", "journal_mode(WAL)", "synchronous(NORMAL)"},
	})
}

func sqliteReadSource(path string) string {
	return sqliteURI(path, url.Values{"_pragma": {"busy_timeout(10000)", "query_only(1)"}})
}

func sqliteURI(path string, query url.Values) string {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	return u.String()
}
