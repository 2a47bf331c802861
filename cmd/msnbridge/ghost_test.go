package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"msnbridge/cmd/msnbridge/internal/config"
	"msnbridge/internal/testserver"
)

// ghostTable makes ghosts of a homeserver that is away.
const ghostTable = `[matrix]
[matrix.appservice]
listen = "127.0.0.1:%d"
homeserver = "http://127.0.0.1:1"
domain = "matrix.test"
`

// lend lends an account a ghost, as when it signs in.
func (p *place) lend(t *testing.T, handle string) {
	t.Helper()
	c, err := config.Load(filepath.Join(p.dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	c.DataDir = filepath.Join(p.dir, c.DataDir) // where the commands run
	r, err := openRooms(context.Background(), c, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.bridge.Lend(context.Background(), handle, "matrix", 0); err != nil {
		t.Error(err)
	}
	if err := r.store.Close(); err != nil {
		t.Error(err)
	}
}

// Commands say which login is a ghost, and what becomes of it.
func TestGhosts(t *testing.T) {
	p := newPlace(t, fmt.Sprintf(ghostTable, testserver.Port(t)))
	p.must(t, "pw\n", "account", "add", "anna@msn.local", "--password-stdin")
	says := func(want string, args ...string) {
		t.Helper()
		if out := p.must(t, "pw\n", args...); !strings.Contains(out, want) {
			t.Errorf("%q: %q is missing in:\n%s", args, want, out)
		}
	}
	const takes = "takes the place of the ghost of anna@msn.local"
	add := []string{"login", "add", "anna@msn.local", "matrix", "user=@anna:matrix.test", "homeserver=http://127.0.0.1:1", "--password-stdin"}
	p.lend(t, "anna@msn.local")
	says("auth=appservice user=@_msn_anna_msn.local:matrix.test  ghost, msnbridge does not run", "login", "list")
	says(takes, add...)
	out := p.must(t, "", "login", "list")
	if strings.Contains(out, "ghost") || !strings.Contains(out, "user=@anna:matrix.test") {
		t.Errorf("list:\n%s", out)
	}
	p.fail(t, 1, []string{"exists", "login remove anna@msn.local matrix"}, "pw\n", add...)
	says("login of anna@msn.local on matrix removed", "login", "remove", "anna@msn.local", "matrix")
	p.lend(t, "anna@msn.local")
	p.fail(t, 1, []string{"lent by the service itself"}, "", "login", "add", "anna@msn.local", "matrix",
		"user=@_msn_anna_msn.local:matrix.test", "auth=appservice")
	says("ghost of anna@msn.local on matrix removed; it comes back when it is needed", "login", "remove", "anna@msn.local", "matrix")
	p.start(t)
	if out := p.must(t, "pw\n", add...); strings.Contains(out, "ghost") {
		t.Errorf("there was no ghost:\n%s", out)
	}
}
