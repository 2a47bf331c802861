package store

import (
	"log/slog"
	"testing"
)

// dialects open an empty database of each kind.
var dialects = []struct {
	name   string
	config func(t testing.TB) Config
}{
	{"sqlite", func(t testing.TB) Config { return Config{Dir: t.TempDir()} }},
	{"postgres", func(t testing.TB) Config {
		return Config{Dir: t.TempDir(), URL: pg(t).NewDatabase(t)}
	}},
}

// onEach runs a test on a new store of each kind.
func onEach(t *testing.T, f func(t *testing.T, s *Store)) {
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) { f(t, open(t, d.config(t))) })
	}
}

// withEach runs a test with the configuration of an empty database of each kind.
func withEach(t *testing.T, f func(t *testing.T, c Config)) {
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) { f(t, d.config(t)) })
	}
}

// open opens a store and closes it after the test.
func open(t testing.TB, c Config) *Store {
	t.Helper()
	c.Log = slog.New(slog.DiscardHandler)
	s, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}
