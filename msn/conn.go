package msn

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"msnbridge/msn/wire"
)

const (
	signInTime = time.Minute      // to sign in, and to complete a payload
	writeTime  = 30 * time.Second // for the client to take what is written
	lingerTime = time.Second      // for the client to close after we have
)

// Why connections end.
var (
	errDown   = errors.New("service goes down")
	errSlow   = errors.New("client does not read")
	errClosed = errors.New("connection closed")
)

// A role is what a connection has turned out to be: a notification session or a
// switchboard seat. Its methods are called by the connection's reader.
type role interface {
	// command handles a command that is valid until it returns. An error ends the
	// connection, errEnd after what has been sent to it.
	command(cmd *wire.Command) error

	// flush is called when all that one read has brought has been handled.
	flush()

	// ended is called once, when the connection is over.
	ended()
}

// A conn is a connection to a client. Its reader is the goroutine that serve
// runs in. Output is appended to a queue, which a goroutine writes that lives
// only while there is something in it; a queue over its limit ends the
// connection.
type conn struct {
	srv   *Server
	group *group
	nc    net.Conn

	// The reader's.
	rd       wire.Reader
	role     role
	deadline bool      // a payload's
	until    time.Time // the deadline apart from payloads: of the sign-in; zero: none

	mu              sync.Mutex // guards the rest
	out             *output    // nil at rest
	draining        bool
	state           connState
	half, lingering bool          // our side of the stream has ended; the reader waits for the client's
	renew           time.Duration // when the write deadline is to be set again
	farewell        string        // sent when the service goes down
}

type connState uint8

const (
	connOpen    connState = iota
	connClosing           // takes no more output, and is closed when all is written
	connClosed
)

func newConn(s *Server, g *group, nc net.Conn, dispatch bool) *conn {
	c := &conn{srv: s, group: g, nc: nc}
	c.rd.Init(nc, nil)
	c.role = &opening{c, dispatch}
	return c
}

// serve reads and handles commands until the connection ends.
func (c *conn) serve() {
	c.readDeadline(time.Now().Add(signInTime))
	err := c.read()
	if c.closing() {
		err = errEnd
	}
	c.role.ended()
	if errors.Is(err, errEnd) {
		c.linger()
	}
	c.abort(err)
	c.rd.Close()
	c.group.remove(c)
	if c.srv.log.Enabled(c.group.ctx, slog.LevelDebug) {
		c.srv.log.Debug("connection ended", "from", c.nc.RemoteAddr(), "err", reason(err))
	}
}

// reason is what is worth logging of how a connection has ended.
func reason(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, errEnd) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (c *conn) read() error {
	for {
		if err := c.rd.Fill(); err != nil {
			return err
		}
		if c.closing() {
			return errEnd
		}
		err := c.handle()
		c.role.flush()
		if err != nil {
			return err
		}
		c.payloadDeadline()
	}
}

// handle handles the commands that the last read has brought.
func (c *conn) handle() error {
	for {
		cmd, err := c.rd.Next()
		if cmd == nil || err != nil {
			return err
		}
		c.trace("received", cmd.Raw)
		if err := c.role.command(cmd); err != nil {
			return err
		}
	}
}

// payloadDeadline limits the time that a payload may take, where there is no
// other limit.
func (c *conn) payloadDeadline() {
	in := c.rd.InPayload()
	if in == c.deadline {
		return
	}
	c.deadline = in
	if in && c.until.IsZero() {
		c.setReadDeadline(time.Now().Add(signInTime))
	} else {
		c.setReadDeadline(c.until)
	}
}

// readDeadline sets until when the client may take its time. It is called by the
// reader, or while that waits.
func (c *conn) readDeadline(t time.Time) {
	c.until = t
	c.setReadDeadline(t)
}

// setReadDeadline sets the read deadline of a connection that is not closing.
func (c *conn) setReadDeadline(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == connOpen {
		c.nc.SetReadDeadline(t)
	}
}

func (c *conn) closing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state != connOpen
}

// setFarewell says what is to be sent when the service goes down.
func (c *conn) setFarewell(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.farewell = s
}

func (c *conn) sayFarewell() {
	c.mu.Lock()
	s := c.farewell
	c.mu.Unlock()
	c.send([]byte(s))
	c.finish()
}

// finish closes the connection when what is in its queue has been written.
// Nothing can be sent any more, and the reader is woken.
func (c *conn) finish() {
	c.mu.Lock()
	done := c.state == connOpen && !c.draining
	if c.state == connOpen {
		c.state = connClosing
		c.nc.SetReadDeadline(time.Unix(1, 0))
	}
	c.mu.Unlock()
	if done {
		c.closeWrite()
	}
}

// closeWrite ends our side of the stream.
func (c *conn) closeWrite() {
	w, ok := c.nc.(interface{ CloseWrite() error })
	if !ok || w.CloseWrite() != nil {
		c.nc.Close()
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.half = true
	if c.lingering {
		c.nc.SetReadDeadline(time.Now().Add(lingerTime))
	}
}

// linger waits, for a bounded time, until the queue is written and the client
// has closed its side: closing with input unread would have the system throw
// away what the client has not read yet.
func (c *conn) linger() {
	c.finish()
	c.mu.Lock()
	c.lingering = true
	patience := lingerTime
	if !c.half {
		patience += writeTime
	}
	c.nc.SetReadDeadline(time.Now().Add(patience))
	c.mu.Unlock()
	b := make([]byte, 512)
	for {
		if _, err := c.nc.Read(b); err != nil {
			return
		}
	}
}

// abort closes the connection at once. What was not written is lost, and those
// who wait for it are told.
func (c *conn) abort(err error) {
	if err == nil {
		err = errClosed
	}
	c.mu.Lock()
	was, o := c.state, c.out
	c.state, c.out = connClosed, nil
	c.mu.Unlock()
	if was != connClosed {
		c.nc.Close()
	}
	if o != nil {
		o.settle(0, err)
		o.free()
	}
}

// trace logs the commands in b, at Debug.
func (c *conn) trace(what string, b []byte) {
	if c.srv.log.Enabled(context.Background(), slog.LevelDebug) {
		logCommands(c.srv.log, what, c.nc.RemoteAddr(), b)
	}
}
