package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"msnbridge/bridge"
	"msnbridge/bridge/bridgetest"
	"msnbridge/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// daemon serves a real bridge on the socket of dir, until the test ends.
func daemon(t *testing.T, dir string) *bridge.Bridge {
	t.Helper()
	return daemonWith(t, dir, bridgetest.New(bridgetest.Options{}))
}

func daemonWith(t *testing.T, dir string, n bridge.Network) *bridge.Bridge {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	lock, err := TryLock(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, store.Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	b, err := bridge.New(ctx, s, []bridge.Network{n}, bridge.Options{Domains: []string{"msn.local"}})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 2)
	go func() { ended <- b.Run(ctx) }()
	go func() { ended <- Serve(ctx, ln, b, nil, slog.New(slog.DiscardHandler)) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, <-ended, s.Close(), lock.Close()); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(filepath.Join(dir, socketName)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the socket is still there: %v", err)
		}
	})
	return b
}

func client(t *testing.T, dir string) *Client {
	t.Helper()
	c, lock, err := Reach(within(t, 5*time.Second), dir)
	if err != nil {
		t.Fatal(err)
	}
	if lock != nil {
		t.Fatal("the lock was free")
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestAccountsAcrossTheSocket(t *testing.T) {
	dir := t.TempDir()
	b := daemon(t, dir)
	c := client(t, dir)
	ctx := within(t, 10*time.Second)
	if err := c.AddAccounts(ctx, bridge.NewAccount{Handle: "Anna@msn.local", Name: "Anna Ä", Password: "s3cret"}); err != nil {
		t.Fatal(err)
	}
	if p, err := b.Password(ctx, "anna@msn.local"); err != nil || p.Reveal() != "s3cret" {
		t.Errorf("password %q, %v", p.Reveal(), err)
	}
	if err := c.SetPassword(ctx, "anna@msn.local", "other"); err != nil {
		t.Error(err)
	}
	if p, _ := b.Password(ctx, "anna@msn.local"); p.Reveal() != "other" {
		t.Errorf("password is %q", p.Reveal())
	}
	as, err := c.Accounts(ctx)
	if err != nil || len(as) != 1 || as[0] != (bridge.AccountInfo{Handle: "anna@msn.local", Name: "Anna Ä"}) {
		t.Errorf("%+v %v", as, err)
	}
	if err := c.RemoveAccount(ctx, "anna@msn.local"); err != nil {
		t.Error(err)
	}
	if as, err = c.Accounts(ctx); err != nil || len(as) != 0 {
		t.Errorf("%+v %v", as, err)
	}
}

func TestErrorsAcrossTheSocket(t *testing.T) {
	dir := t.TempDir()
	daemon(t, dir)
	c := client(t, dir)
	ctx := within(t, 10*time.Second)
	for name, want := range map[string]struct {
		err  error
		kind error
		text string
	}{
		"malformed":   {c.AddAccounts(ctx, bridge.NewAccount{Handle: "anna", Password: "x"}), bridge.ErrMalformed, `"anna"`},
		"elsewhere":   {c.AddAccounts(ctx, bridge.NewAccount{Handle: "anna@other.example", Password: "x"}), bridge.ErrInvalid, "other.example"},
		"no account":  {c.RemoveAccount(ctx, "nobody@msn.local"), bridge.ErrNotFound, ""},
		"no network":  {c.AddLogin(ctx, "nobody@msn.local", "nonet", nil, ""), bridge.ErrNotFound, "nonet"},
		"bad request": {c.do(ctx, addAccounts, "text", nil), nil, "request"},
		"no ghosts":   {noWayBack(ctx, c), nil, "[matrix.appservice]"},
		"no method":   {c.do(ctx, "/v1/nothing", nothing{}, nil), nil, "404"},
	} {
		if want.err == nil || want.kind != nil && !errors.Is(want.err, want.kind) || !strings.Contains(want.err.Error(), want.text) {
			t.Errorf("%s: %v", name, want.err)
		}
	}
}

func noWayBack(ctx context.Context, c *Client) error {
	_, err := c.WayBack(ctx)
	return err
}

func TestLoginsAcrossTheSocket(t *testing.T) {
	dir := t.TempDir()
	daemon(t, dir)
	c := client(t, dir)
	ctx := within(t, 10*time.Second)
	if err := c.AddAccounts(ctx, bridge.NewAccount{Handle: "anna@msn.local", Password: "s3cret"}); err != nil {
		t.Fatal(err)
	}
	if err := c.AddLogin(ctx, "anna@msn.local", "test", map[string]string{"user": "anna"}, "pw"); err != nil {
		t.Fatal(err)
	}
	s, err := c.WaitLogin(ctx, "anna@msn.local", "test")
	if err != nil || !s.Connected || s.Keys["user"] != "anna" {
		t.Errorf("%+v %v", s, err)
	}
	ls, err := c.Logins(ctx, "")
	if err != nil || len(ls) != 1 || !ls[0].Connected {
		t.Errorf("%+v %v", ls, err)
	}
	if err := c.RemoveLogin(ctx, "anna@msn.local", "test"); err != nil {
		t.Error(err)
	}
	if ls, err = c.Logins(ctx, "anna@msn.local"); err != nil || len(ls) != 0 {
		t.Errorf("%+v %v", ls, err)
	}
}

func TestLoginThatTakesLong(t *testing.T) {
	dir := t.TempDir()
	n := bridgetest.New(bridgetest.Options{})
	n.OnConnect(func(ctx context.Context, _ bridge.Login) error {
		<-ctx.Done()
		return ctx.Err()
	})
	daemonWith(t, dir, n)
	c := client(t, dir)
	ctx := within(t, 10*time.Second)
	if err := c.AddAccounts(ctx, bridge.NewAccount{Handle: "anna@msn.local", Password: "s3cret"}); err != nil {
		t.Fatal(err)
	}
	if err := c.AddLogin(ctx, "anna@msn.local", "test", nil, ""); err != nil {
		t.Fatal(err)
	}
	s, err := c.WaitLogin(within(t, 50*time.Millisecond), "anna@msn.local", "test")
	if err != nil || s.Connected || s.Reason == "" {
		t.Errorf("%+v %v", s, err)
	}
}

func TestOnlyItsOwnerMayUseTheSocket(t *testing.T) {
	dir := t.TempDir()
	daemon(t, dir)
	info, err := os.Lstat(filepath.Join(dir, socketName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".control-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestLongDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long/", 60))
	daemon(t, dir)
	if err := client(t, dir).Hello(within(t, 5*time.Second)); err != nil {
		t.Error(err)
	}
}

func TestStaleSocket(t *testing.T) {
	dir := t.TempDir()
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, socketName), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	ln.Close() // as a kill leaves it
	_, lock, err := Reach(within(t, 5*time.Second), dir)
	if err != nil || lock == nil {
		t.Fatalf("lock %v, %v", lock, err)
	}
	lock.Close()
	daemon(t, dir)
	client(t, dir)
}

func TestSilentHolder(t *testing.T) {
	dir := t.TempDir()
	lock, err := TryLock(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	_, _, err = Reach(within(t, 100*time.Millisecond), dir)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("got %v", err)
	}
	if _, err := WaitLock(within(t, 50*time.Millisecond), dir); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v", err)
	}
}

func TestLockIsWaitedFor(t *testing.T) {
	dir := t.TempDir()
	lock, err := TryLock(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	ctx := within(t, 5*time.Second)
	go func() {
		_, second, err := Reach(ctx, dir)
		if err == nil {
			err = second.Close()
		}
		got <- err
	}()
	lock.Close()
	if err := <-got; err != nil {
		t.Error(err)
	}
}

func TestDirectoryThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o600)
	if _, err := TryLock(filepath.Join(file, "data")); err == nil || !strings.Contains(err.Error(), "data directory") {
		t.Errorf("got %v", err)
	}
}
