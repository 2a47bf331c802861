package irc

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"msnbridge/internal/testserver"
)

var servers testserver.Package

func TestMain(m *testing.M) {
	code := servers.Main(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
