package appservice

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
	"go.uber.org/goleak"
	_ "modernc.org/sqlite" // the driver

	"msnbridge/internal/testserver"
)

var (
	servers testserver.Package
	pg      = testserver.Share(&servers, func(t testing.TB) *testserver.PostgresServer { return testserver.Postgres(t) })
)

func TestMain(m *testing.M) {
	code := servers.Main(m)
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// A base is a database that can be opened again and again.
type base struct{ driver, source, dialect string }

func sqliteBase(t testing.TB) base {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(NORMAL)"}}
	u := url.URL{Scheme: "file", Path: filepath.Join(t.TempDir(), "log.db"), RawQuery: query.Encode()}
	return base{"sqlite", u.String(), "sqlite"}
}

func postgresBase(t testing.TB) base {
	return base{"pgx", pg(t).NewDatabase(t), "postgres"}
}

// everyBase runs a test on each kind of database.
func everyBase(t *testing.T, f func(t *testing.T, b base)) {
	t.Run("sqlite", func(t *testing.T) { f(t, sqliteBase(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, postgresBase(t)) })
}

func (b base) open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open(b.driver, b.source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// A testService is a service on a database.
type testService struct {
	*Service
	db *sql.DB
}

// service makes a service, as after a start of the process. change may be nil.
func (b base) service(t testing.TB, change func(*Config)) testService {
	t.Helper()
	db := b.open(t)
	c := Config{
		Server: "example.org", Homeserver: "http://127.0.0.1:1", Bot: "msnbot", Prefix: "_msn_",
		ASToken: "as-token", HSToken: "hs-token",
		Open: func(context.Context) (*sql.DB, string, error) { return db, b.dialect, nil },
		Log:  slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return testService{s, db}
}

// kill takes the database away, as if the process had ended.
func (s testService) kill(t testing.TB) {
	t.Helper()
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %v; want %v", what, got, want)
	}
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
