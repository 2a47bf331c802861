package e2e

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"
)

// asClient connects as a front does for a client with this address, and asks for a dialect.
func (d *daemon) asClient(address string) string {
	d.t.Helper()
	c, err := net.Dial("tcp", d.addr)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, "PROXY TCP4 "+address+" 192.0.2.1 4000 1863\r\nVER 1 MSNP2\r\n"); err != nil {
		d.t.Fatal(err)
	}
	line, _ := bufio.NewReader(c).ReadString('\n')
	return line
}

// Behind a front the limits are those of its clients, one by one.
func TestFront(t *testing.T) {
	t.Parallel()
	d := start(t, `trusted_proxies = ["127.0.0.0/8"]`, "connections_per_address = 1")
	for _, c := range []struct{ address, want string }{
		{"192.0.2.7", "VER 1 MSNP2\r\n"},
		{"192.0.2.7", "600\r\n"},
		{"192.0.2.8", "VER 1 MSNP2\r\n"},
	} {
		if got := d.asClient(c.address); got != c.want {
			t.Errorf("%s: %q, want %q", c.address, got, c.want)
		}
	}
}
