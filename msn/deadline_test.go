package msn

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// A timed connection remembers its last read deadline.
type timed struct {
	net.Conn
	mu    sync.Mutex
	until time.Time
}

func (c *timed) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	c.until = t
	c.mu.Unlock()
	return c.Conn.SetReadDeadline(t)
}

// limit says how long the client may take.
func (c *timed) limit() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch left := time.Until(c.until); {
	case c.until.IsZero():
		return "none"
	case left > signInTime:
		return "ticket"
	}
	return "sign-in"
}

// A client has a time to sign in, more of it to get a ticket, and none later; a
// payload changes nothing about that.
func TestDeadlines(t *testing.T) {
	r := newPipeRig(t)
	var c *timed
	r.Dial = func(string) (net.Conn, error) {
		a, b := net.Pipe()
		c = &timed{Conn: b}
		go r.srv.ServeConn(r.ctx, c)
		return a, nil
	}
	const payload = `alice C: QRY 5 x 2\r\n\c` + "\n" + `alice C: hi\c` + "\n"
	script := signIn("alice", "MSNP9")
	first, rest, _ := strings.Cut(script, "alice C: USR 3")
	second, third, _ := strings.Cut("alice C: USR 3"+rest, "! ticket")
	for _, step := range []struct{ script, want string }{
		{first + payload + "alice S: 302 5", "sign-in"},
		{second + payload + "alice S: 302 5", "ticket"},
		{"! ticket" + third + payload + "alice S: QRY 5\nalice C: PNG\nalice S: QNG 50", "none"},
	} {
		r.Play(t, step.script)
		if got := c.limit(); got != step.want {
			t.Errorf("%s: limit %s, want %s", step.script, got, step.want)
		}
	}
}
