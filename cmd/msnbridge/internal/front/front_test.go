package front

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen makes a listener that trusts these networks, and dials it.
func listen(t *testing.T, trusted ...string) (ln net.Listener, dial func(first string) net.Conn) {
	t.Helper()
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var networks []netip.Prefix
	for _, n := range trusted {
		networks = append(networks, netip.MustParsePrefix(n))
	}
	ln = Listen(raw, networks, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { ln.Close() })
	return ln, func(first string) net.Conn {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if _, err := io.WriteString(c, first); err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// accept accepts a connection and reads n bytes of it.
func accept(t *testing.T, ln net.Listener, n int) (c net.Conn, got string) {
	t.Helper()
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	b := make([]byte, n)
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
	return c, string(b)
}

func header2(t *testing.T, command proxyproto.ProtocolVersionAndCommand) string {
	t.Helper()
	h := &proxyproto.Header{
		Version: 2, Command: command, TransportProtocol: proxyproto.TCPv6,
		SourceAddr:      &net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 5},
		DestinationAddr: &net.TCPAddr{IP: net.ParseIP("2001:db8::2"), Port: 1863},
	}
	b, err := h.Format()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestHeaders(t *testing.T) {
	const v1 = "PROXY TCP4 192.0.2.7 192.0.2.1 4000 1863\r\n"
	for name, c := range map[string]struct{ header, rest, remote, local string }{
		"version 1":     {v1, "VER 1\r\n", "192.0.2.7:4000", "192.0.2.1:1863"},
		"version 2":     {header2(t, proxyproto.PROXY), "VER 1\r\n", "[2001:db8::1]:5", "[2001:db8::2]:1863"},
		"front's own":   {header2(t, proxyproto.LOCAL), "VER 1\r\n", "", ""},
		"unknown":       {"PROXY UNKNOWN\r\n", "VER 1\r\n", "", ""},
		"none":          {"", "VER 1\r\n", "", ""},
		"none but like": {"", "PNG\r\nVER 1\r\n", "", ""},
		"no second":     {v1, v1, "192.0.2.7:4000", "192.0.2.1:1863"},
		"binary":        {v1, "\x16\x03\x01\x00\xff", "192.0.2.7:4000", "192.0.2.1:1863"},
	} {
		t.Run(name, func(t *testing.T) {
			ln, dial := listen(t, "127.0.0.0/8")
			client := dial(c.header + c.rest)
			got, text := accept(t, ln, len(c.rest))
			if text != c.rest {
				t.Errorf("read %q", text)
			}
			if c.remote == "" {
				c.remote, c.local = client.LocalAddr().String(), client.RemoteAddr().String()
			}
			if got.RemoteAddr().String() != c.remote || got.LocalAddr().String() != c.local {
				t.Errorf("from %v to %v", got.RemoteAddr(), got.LocalAddr())
			}
			if _, err := io.WriteString(client, "more"); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 4)
			if _, err := io.ReadFull(got, b); err != nil || string(b) != "more" {
				t.Errorf("then %q, %v", b, err)
			}
			if err := got.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Error(err)
			}
			if _, err := client.Read(b); err != io.EOF {
				t.Errorf("after CloseWrite: %v", err)
			}
		})
	}
}

// Who is not trusted is not believed: the header is input like any other.
func TestStranger(t *testing.T) {
	const header = "PROXY TCP4 192.0.2.7 192.0.2.1 4000 1863\r\n"
	ln, dial := listen(t, "192.0.2.0/24")
	client := dial(header)
	got, text := accept(t, ln, len(header))
	if text != header || got.RemoteAddr().String() != client.LocalAddr().String() {
		t.Errorf("read %q from %v", text, got.RemoteAddr())
	}
}

// A front that says nothing, or nonsense, holds up nobody else.
func TestBadFronts(t *testing.T) {
	ln, dial := listen(t, "127.0.0.1/32")
	dial("")
	nonsense := dial("PROXY TCP4 nonsense\r\n")
	if _, err := nonsense.Read(make([]byte, 1)); err == nil {
		t.Error("a broken header was taken")
	}
	dial("VER 1\r\n")
	accept(t, ln, len("VER 1\r\n"))
}

func TestClose(t *testing.T) {
	ln, dial := listen(t, "127.0.0.1/32")
	silent := dial("")
	done := make(chan error, 1)
	go func() {
		_, err := ln.Accept()
		done <- err
	}()
	if err := ln.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("then: %v", err)
	}
	silent.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := silent.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a connection was left open")
	}
}

func TestNobodyTrusted(t *testing.T) {
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if Listen(raw, nil, nil) != raw {
		t.Error("wrapped for nothing")
	}
}
