package irc

import (
	"os"
	"testing"

	"msnbridge/internal/testserver"
)

var servers testserver.Package

func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }
