package web

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
)

// What is too much is closed, and there is room again when others have gone.
func TestGate(t *testing.T) {
	r := newRig(t)
	dial := func() net.Conn {
		c, err := net.Dial("tcp", r.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		deadline, _ := r.ctx.Deadline()
		c.SetDeadline(deadline)
		return c
	}
	served := func(c net.Conn) bool {
		io.WriteString(c, "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
		line, err := bufio.NewReader(c).ReadString('\n')
		return err == nil && strings.Contains(line, "404")
	}
	var all []net.Conn
	for range mostConns {
		c := dial()
		if !served(c) {
			t.Fatalf("not served: %d", len(all))
		}
		all = append(all, c)
	}
	if served(dial()) {
		t.Error("one more was served")
	}
	all[0].Close()
	for !served(dial()) {
		if r.ctx.Err() != nil {
			t.Fatal("no room")
		}
	}
}

func TestOwnerOf(t *testing.T) {
	addr := func(s string) string {
		a, err := net.ResolveTCPAddr("tcp", s)
		if err != nil {
			t.Fatal(err)
		}
		return ownerOf(a).String()
	}
	for address, want := range map[string]string{
		"127.0.0.1:5": "invalid IP", "[::1]:5": "invalid IP", "10.0.0.1:5": "10.0.0.1",
		"[::ffff:10.0.0.1]:5": "10.0.0.1", "[2001:db8:1:2:3:4:5:6]:7": "2001:db8:1:2::",
	} {
		if got := addr(address); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
	g := newGate(nil)
	one := ownerOf(&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 1})
	for range mostFromOne {
		if !g.admit(one) {
			t.Fatal("not admitted")
		}
	}
	if g.admit(one) {
		t.Error("one more of the same was admitted")
	}
	if !g.admit(ownerOf(&net.TCPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 1})) {
		t.Error("another was not admitted")
	}
}
