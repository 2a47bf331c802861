package passport

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// What is too much is closed, and there is room again when others have gone.
func TestGate(t *testing.T) {
	r := newRig(t)
	var held []net.Conn
	for range mostConns {
		held = append(held, r.dial())
	}
	// The last of them may not be served yet: what comes is refused once they are.
	served := func() bool {
		c := r.dial()
		defer c.Close()
		io.WriteString(c, "GET / HTTP/1.0\r\n\r\n")
		b, _ := io.ReadAll(c) // what is refused may end with an error
		return len(b) > 0
	}
	for served() {
		if r.ctx.Err() != nil {
			t.Fatal("one more was served")
		}
	}
	for _, c := range held {
		c.Close()
	}
	for !served() {
		if r.ctx.Err() != nil {
			t.Fatal("no room")
		}
	}
}

func TestGateOfOne(t *testing.T) {
	g := newGate()
	one := ownerOf(&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 1})
	for range mostFromOne {
		if !g.enter(one) {
			t.Fatal("not admitted")
		}
	}
	if g.enter(one) {
		t.Error("one more of the same was admitted")
	}
	if !g.enter(ownerOf(&net.TCPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 1})) {
		t.Error("another was not admitted")
	}
	if g.leave(one); !g.enter(one) {
		t.Error("no room again")
	}
	for range 2 * mostFromOne {
		if !g.enter(ownerOf(&net.TCPAddr{IP: net.IPv6loopback, Port: 1})) {
			t.Error("this machine has limits")
		}
	}
	for address, want := range map[string]string{
		"127.0.0.1:5": "invalid IP", "[::ffff:10.0.0.1]:5": "10.0.0.1", "[2001:db8:1:2:3:4:5:6]:7": "2001:db8:1:2::",
	} {
		a, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if got := ownerOf(a).String(); got != want {
			t.Errorf("%s: %s", address, got)
		}
	}
}

// Clients that send nothing, or not all, do not hold the server up when it ends.
func TestEndsUnderWay(t *testing.T) {
	r := newRig(t)
	for _, part := range []string{"", "GET /login", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc"} {
		if _, err := r.dial().Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	r.stop()
}

// A slow client is given up: nothing is answered, and nothing is left.
func TestSlowClient(t *testing.T) {
	r := newRig(t)
	here, there := net.Pipe()
	defer here.Close()
	ctx, cancel := context.WithCancel(r.ctx)
	served := make(chan struct{})
	go func() {
		defer close(served)
		r.admit(ctx, impatient{there}, func(ctx context.Context, nc net.Conn) { r.serve(ctx, nc, "80") })
	}()
	here.Write([]byte("GET / HTT"))
	<-served
	cancel()
	if !strings.Contains(r.log.String(), "connection to passport lost") {
		t.Error(r.log.String())
	}
}

var past = time.Unix(1, 0)

// impatient has its deadlines at once.
type impatient struct{ net.Conn }

func (c impatient) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == nil {
		c.Conn.SetReadDeadline(past)
	}
	return n, err
}
