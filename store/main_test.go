package store

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"msnbridge/internal/testserver"
)

var (
	servers testserver.Package
	pg      = testserver.Share(&servers, func(t testing.TB) *testserver.PostgresServer { return testserver.Postgres(t) })
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		writeUntilKilled(dir)
	}
	code := servers.Main(m)
	if err := goleak.Find(); err != nil && code == 0 {
		os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}
