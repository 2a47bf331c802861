package incoming

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// faulty is a listener that fails once before it goes on.
type faulty struct {
	net.Listener
	failed bool
}

func (l *faulty) Accept() (net.Conn, error) {
	if !l.failed {
		l.failed = true
		return nil, errors.New("too many open files")
	}
	return l.Listener.Accept()
}

func TestAccept(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln := &faulty{Listener: inner}
	var log strings.Builder
	got, done := make(chan net.Conn), make(chan error, 1)
	go func() {
		done <- Accept(ctx, ln, slog.New(slog.NewTextHandler(&log, nil)), func(nc net.Conn) { got <- nc })
	}()
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	select {
	case nc := <-got:
		nc.Close()
	case <-ctx.Done():
		t.Fatal("nothing after an error that passes")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("not closed: %v", err)
	}
	if !strings.Contains(log.String(), "too many open files") {
		t.Errorf("log: %q", log.String())
	}
	if err := Accept(t.Context(), ln, slog.New(slog.DiscardHandler), nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed by somebody else: %v", err)
	}
}

func TestOwner(t *testing.T) {
	for address, want := range map[string]string{
		"10.0.0.1:5": "10.0.0.1", "[::ffff:10.0.0.1]:5": "10.0.0.1",
		"[2001:db8:1:2:3:4:5:6]:7": "2001:db8:1:2::", "[fe80::1%lo]:5": "fe80::",
	} {
		a, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if got, local := Owner(a); got.String() != want || local {
			t.Errorf("%s: %s, local %t", address, got, local)
		}
	}
	for _, ip := range []net.IP{net.IPv4(127, 0, 0, 2), net.IPv6loopback} {
		if got, local := Owner(&net.TCPAddr{IP: ip}); !got.IsValid() || !local {
			t.Errorf("%s: %s, local %t", ip, got, local)
		}
	}
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	if got, local := Owner(here.RemoteAddr()); got.IsValid() || local {
		t.Errorf("no address: %s, local %t", got, local)
	}
}
