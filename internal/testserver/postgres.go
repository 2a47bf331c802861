package testserver

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A PostgresServer is a running PostgreSQL. It is fast because it does not wait for the disk: what
// was committed survives Kill, but not a crash of the machine.
type PostgresServer struct {
	*Server
	addr      string
	databases atomic.Int32
}

// Postgres starts a PostgreSQL, which takes two seconds.
func Postgres(t testing.TB) *PostgresServer {
	t.Helper()
	bin := needPostgres(t)
	s := &PostgresServer{Server: newServer(t, "postgres", unprivileged(t, "postgres", "nobody"))}
	s.stop = syscall.SIGINT   // "fast": sessions are ended
	s.crash = syscall.SIGQUIT // "immediate": as a crash, but the children end too
	s.probe = func(ctx context.Context) error { return s.exec(ctx, "SELECT 1") }
	data := s.initdb(t, bin)
	s.launch(t, 1, func(ports []int) {
		s.addr = loopback(ports[0])
		s.args = []string{filepath.Join(bin, "postgres"), "-D", data}
		for _, setting := range []string{
			"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(ports[0]), "unix_socket_directories=",
			"fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200",
			"dynamic_shared_memory_type=mmap",
		} {
			s.args = append(s.args, "-c", setting)
		}
	})
	return s
}

// NewDatabase makes an empty database and returns its URL. It is dropped after the test.
func (s *PostgresServer) NewDatabase(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	if err := s.exec(t.Context(), "CREATE DATABASE "+name); err != nil {
		t.Fatalf("create database: %v", err)
	}
	t.Cleanup(func() {
		if !s.Running() {
			return
		}
		if err := s.exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	return s.url(name)
}

func (s *PostgresServer) url(database string) string {
	return "postgres://postgres@" + s.addr + "/" + database + "?sslmode=disable"
}

// exec runs a statement in the database that every server has.
func (s *PostgresServer) exec(ctx context.Context, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// initdb makes the files of a server and returns their folder.
func (s *PostgresServer) initdb(t testing.TB, bin string) string {
	t.Helper()
	data := filepath.Join(s.dir, "data")
	ctx, cancel := context.WithTimeout(t.Context(), readyTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"),
		"-D", data, "-A", "trust", "-U", "postgres", "--no-sync", "--locale=C", "-E", "UTF8")
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.user}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	return data
}

// needPostgres returns the folder of the newest PostgreSQL's programs. Debian keeps them out of PATH.
func needPostgres(t testing.TB) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if testing.Short() || len(found) == 0 {
		return filepath.Dir(Need(t, "initdb", "apt-get install postgresql"))
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int {
		return cmp.Compare(postgresVersion(a), postgresVersion(b))
	}))
}

// postgresVersion reads 15 out of /usr/lib/postgresql/15/bin/initdb.
func postgresVersion(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}
