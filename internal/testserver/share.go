package testserver

import (
	"sync"
	"testing"
)

// A Package holds the servers that the tests of one package share. The zero value is ready.
type Package struct {
	mu       sync.Mutex // guards the fields below
	running  bool
	cleanups []func()
}

// Main runs the tests and then stops what they have shared. TestMain calls it and passes the
// result to os.Exit.
func (p *Package) Main(m *testing.M) int {
	p.mu.Lock()
	p.running = true
	p.mu.Unlock()
	code := m.Run()
	p.mu.Lock()
	cleanups := p.cleanups
	p.running, p.cleanups = false, nil
	p.mu.Unlock()
	for i := len(cleanups) - 1; i >= 0; i-- {
		cleanups[i]()
	}
	return code
}

// Share returns a function that gives a test the server which it shares with the others of its
// package: the first test that asks starts it. If an earlier test has left the server down, it is
// started again. A test that stops a shared server must not run in parallel with others.
func Share[S interface {
	logWhenFailed(testing.TB)
	revive(testing.TB)
}](p *Package, start func(testing.TB) S) func(testing.TB) S {
	var (
		mu      sync.Mutex // guards the fields below, and is held while the server starts
		started bool
		server  S
	)
	return func(t testing.TB) S {
		t.Helper()
		if testing.Short() {
			t.Skip("servers are not started with -short")
		}
		mu.Lock()
		defer mu.Unlock()
		if started {
			server.revive(t)
		} else {
			server = start(packageTB{t, p})
			started = true
		}
		server.logWhenFailed(t)
		return server
	}
}

// A packageTB is a test whose cleanups are put off until all tests of the package have ended.
type packageTB struct {
	testing.TB
	p *Package
}

func (t packageTB) Cleanup(f func()) {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	if !t.p.running {
		t.Fatal("shared servers need a TestMain that calls Package.Main")
	}
	t.p.cleanups = append(t.p.cleanups, f)
}

// Failed is false because the test that has started a server may be over when the server ends.
func (packageTB) Failed() bool { return false }
