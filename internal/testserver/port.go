package testserver

import (
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"testing"
)

// Ports are taken below the range from which the kernel picks a client's port. A server that is
// down for a while would else find its port taken by some connection, or a client that keeps
// trying to reach it would, once in a while, connect to itself.
const (
	firstPort = 20000
	lastPort  = 29999
)

// reservePort returns a loopback port that nobody listens on. No other test process gets it
// before lock is closed.
func reservePort(t testing.TB) (port int, lock io.Closer) {
	t.Helper()
	for range 200 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		lock, err := lockPort(port)
		if err != nil {
			continue
		}
		if portFree(port) {
			return port, lock
		}
		lock.Close()
	}
	t.Fatalf("no free port from %d to %d", firstPort, lastPort)
	return 0, nil
}

func portFree(port int) bool {
	l, err := net.Listen("tcp4", loopback(port))
	if err != nil {
		return false
	}
	l.Close()
	return true
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// portOf returns the port of an address that loopback made.
func portOf(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return port
}

// Port is a loopback port that nobody else gets before the test ends, for a program of the test's own.
func Port(t testing.TB) int {
	t.Helper()
	port, lock := reservePort(t)
	t.Cleanup(func() { lock.Close() })
	return port
}
