package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"msnbridge/bridge"
)

func TestPostgresConnectionsLost(t *testing.T) {
	c := dialects[1].config(t)
	s := open(t, c)
	do(t, s, create(me))
	account(t, s, me)
	admin := adminOf(t, c)
	if _, err := admin.ExecContext(t.Context(), `
		SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	do(t, s, func(tx bridge.Tx) error { return tx.SaveVersion(me, 2) })
}

func adminOf(t *testing.T, c Config) *sql.DB {
	t.Helper()
	config, err := postgresConfig(c.URL, "public")
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { db.Close() })
	return db
}

// The connection goes while a batch is under way.
func TestPostgresConnectionLostInBatch(t *testing.T) {
	s := open(t, dialects[1].config(t))
	var o outcomes
	release := hold(t, s)
	o.update(s, "before", create("a@x"))
	o.update(s, "bad", func(w bridge.Tx) error {
		return w.(*tx).exec("SELECT pg_terminate_backend(pg_backend_pid())")
	})
	o.update(s, "after", create("b@x"))
	release()
	o.wg.Wait()
	for i, err := range o.errs {
		if err == nil {
			t.Errorf("%s: no error", o.names[i])
		}
	}
	do(t, s, create("c@x"))
	equal(t, "accounts", handlesOf(t, s), []string{"c@x"})
}

func TestPostgresRestart(t *testing.T) {
	server := pg(t)
	s := open(t, Config{Dir: t.TempDir(), URL: server.NewDatabase(t)})
	do(t, s, create(me))
	server.Stop(t)
	if err := s.Do(t.Context(), create("lost@x")); err == nil {
		t.Error("written without a server")
	}
	if _, err := s.Account(t.Context(), me); err == nil || errors.Is(err, bridge.ErrNotFound) {
		t.Errorf("without a server: %v", err)
	}
	server.Restart(t)
	do(t, s, create("a@x"))
	equal(t, "accounts", handlesOf(t, s), []string{"a@x", me})
}

func TestPostgresURLErrorsKeepThePassword(t *testing.T) {
	for _, url := range []string{
		"mysql://me:hunter2secret@localhost/x",
		"postgres://me:hunter2secret@localhost:notaport/x",
		"postgres://me:hunter2secret@127.0.0.1:1/x?connect_timeout=2",
		"postgres://me:hunter2secret@127.0.0.1:1/x?sslmode=wrong",
	} {
		_, err := Open(t.Context(), Config{Dir: t.TempDir(), URL: url})
		if err == nil || strings.Contains(err.Error(), "hunter2secret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestAux(t *testing.T) {
	withEach(t, func(t *testing.T, c Config) {
		s := open(t, c)
		for range 2 {
			db, dialect, err := s.OpenAux(t.Context(), "matrix")
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "dialect", dialect, s.db.name)
			// A table of a name that the store has too.
			if _, err := db.ExecContext(t.Context(), "CREATE TABLE IF NOT EXISTS accounts (x BIGINT)"); err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), "INSERT INTO accounts VALUES (1)"); err != nil {
				t.Fatal(err)
			}
		}
		do(t, s, create(me))
		db, _, err := s.OpenAux(t.Context(), "matrix")
		if err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
		if err := db.PingContext(context.Background()); err == nil {
			t.Error("open after Close")
		}
		equal(t, "handles", handlesOf(t, open(t, c)), []string{me})
	})
}

func TestAuxNames(t *testing.T) {
	s := open(t, Config{Dir: t.TempDir()})
	for _, name := range []string{"", storeName, "../x", "A", "a-b", "a\"b", "a\n", strings.Repeat("a", 40)} {
		if _, _, err := s.OpenAux(t.Context(), name); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}
