package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"msnbridge/msn/wire"
)

// What can become of a connection.
var (
	ErrClosed   = errors.New("connection closed")
	ErrOverflow = errors.New("events are not read fast enough")
)

const (
	writeTime   = 30 * time.Second // for one command to be written
	leaveTime   = time.Second      // for the last one
	maxIncoming = 64 << 10         // longest payload taken from a server, in bytes
)

// payloads are the verbs with which a server sends a payload.
var payloads = wire.Payloads{
	"MSG": {Words: 3, Limit: maxIncoming},
	"NOT": {Words: 1, Limit: maxIncoming},
	"IPG": {Words: 1, Limit: maxIncoming},
	"UBX": {Words: 2, Limit: maxIncoming},
	"GCF": {Words: 3, Limit: maxIncoming},
}

// A link is a connection to a server: it numbers commands and finds out which
// reply belongs to which. Its reader calls handle for everything else.
type link struct {
	conn   net.Conn
	trace  func(line string)
	handle func(Reply)

	writing sync.Mutex // held to write one command

	mu      sync.Mutex // guards the rest
	last    uint32     // transaction ID
	pending map[uint32]*call
	loose   *call // the one of pending whose answer has lines without a transaction ID, if there is one
	pings   []chan struct{}
	err     error // why the link has ended
	ended   bool

	gone chan struct{} // closed when the reader has ended
}

// A call waits for the answer to a command.
type call struct {
	id    uint32
	verb  string
	loose bool // lines of the answer have no transaction ID

	// take is shown each line with the command's ID, and says whether it belongs to
	// the answer and whether the answer is complete with it.
	take func(Reply) (mine, complete bool)

	done  chan struct{} // closed when the answer is complete
	reply Reply         // the line that completed it
	err   error
}

func newLink(conn net.Conn, first uint32, trace func(string), handle func(Reply)) *link {
	return &link{conn: conn, trace: trace, handle: handle, last: first,
		pending: map[uint32]*call{}, gone: make(chan struct{})}
}

// read takes what the server sends until the connection ends.
func (l *link) read() {
	r := wire.NewReader(l.conn, payloads)
	defer r.Close()
	defer close(l.gone)
	for {
		cmd, err := r.Read()
		if err != nil {
			l.fail(err)
			break
		}
		reply := newReply(cmd)
		l.say("S: ", reply.Verb, reply.Words)
		if !l.answered(cmd, reply) {
			l.handle(reply)
		}
	}
	l.abandon()
}

// answered gives a line to the call that it answers, if there is one.
func (l *link) answered(cmd *wire.Command, r Reply) bool {
	id, ok := cmd.TrID()
	l.mu.Lock()
	c, loose := l.pending[id], l.loose
	l.mu.Unlock()
	e, isError := cmd.Error()
	switch {
	case !ok || id == 0:
		c = nil
	case c != nil && isError:
		l.finish(c, r, &ErrorReply{c.verb, e.Code})
		return true
	}
	return l.taken(c, r) || loose != c && l.taken(loose, r)
}

// taken shows a line to a call, or to none.
func (l *link) taken(c *call, r Reply) bool {
	if c == nil {
		return false
	}
	mine, complete := c.take(r)
	if complete {
		l.finish(c, r, nil)
	}
	return mine
}

// finish ends a call, unless who waited has given up meanwhile.
func (l *link) finish(c *call, r Reply, err error) {
	l.drop(c)
	c.reply, c.err = r, err
	close(c.done)
}

func (l *link) drop(c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pending, c.id)
	if l.loose == c {
		l.loose = nil
	}
}

// fail ends the link. The first reason counts.
func (l *link) fail(err error) {
	l.mu.Lock()
	if !l.ended {
		l.ended, l.err = true, err
	}
	l.mu.Unlock()
	l.conn.Close()
}

// abandon tells all calls that there will be no answer.
func (l *link) abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, c := range l.pending {
		c.err = fmt.Errorf("%s: %w", c.verb, l.reason())
		close(c.done)
		delete(l.pending, id)
	}
}

// reason is why the link has ended. It is called with mu held.
func (l *link) reason() error {
	if l.err == nil || errors.Is(l.err, io.EOF) || errors.Is(l.err, net.ErrClosed) {
		return ErrClosed
	}
	return l.err
}

// ask sends a command and waits for its answer.
func (l *link) ask(ctx context.Context, verb string, take func(Reply) (mine, complete bool), words []string, payload []byte) (Reply, error) {
	return l.call(ctx, &call{verb: verb, take: take, done: make(chan struct{})}, words, payload)
}

func (l *link) call(ctx context.Context, c *call, words []string, payload []byte) (Reply, error) {
	if err := l.register(c); err != nil {
		return Reply{}, fmt.Errorf("%s: %w", c.verb, err)
	}
	if err := l.send(c.verb, append([]string{fmt.Sprint(c.id)}, words...), payload); err != nil {
		l.drop(c)
		return Reply{}, fmt.Errorf("%s: %w", c.verb, err)
	}
	select {
	case <-c.done:
		return c.reply, c.err
	case <-ctx.Done():
		l.drop(c)
		return Reply{}, fmt.Errorf("%s: no answer: %w", c.verb, ctx.Err())
	}
}

// register numbers a call.
func (l *link) register(c *call) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return l.reason()
	}
	l.last++
	c.id = l.last
	l.pending[c.id] = c
	if c.loose {
		l.loose = c
	}
	return nil
}

// number takes a transaction ID for a command that is not waited for.
func (l *link) number() uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	return l.last
}

// lastNumber is the transaction ID that was taken last.
func (l *link) lastNumber() uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// send writes a command.
func (l *link) send(verb string, words []string, payload []byte) error {
	l.say("C: ", verb, words)
	b := append([]byte{}, verb...)
	for _, w := range words {
		b = wire.AppendWord(b, w)
	}
	if payload == nil {
		b = wire.AppendEnd(b)
	} else {
		b = wire.AppendPayload(b, payload)
	}
	return l.write(b)
}

func (l *link) write(b []byte) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.conn.SetWriteDeadline(time.Now().Add(writeTime))
	if _, err := l.conn.Write(b); err != nil {
		l.fail(err)
		return l.why()
	}
	return nil
}

// leave says OUT, if that can be said within a moment, and ends the link.
func (l *link) leave() {
	l.conn.SetWriteDeadline(time.Now().Add(leaveTime)) // of a write that is stuck, too
	l.writing.Lock()
	l.conn.Write([]byte("OUT\r\n")) // the server finds out in any case
	l.writing.Unlock()
	l.fail(ErrClosed)
}

// why is the reason for which the link has ended.
func (l *link) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reason()
}

// only takes lines with one of the verbs; the first one is the whole answer.
func only(verbs ...string) func(Reply) (mine, complete bool) {
	return func(r Reply) (bool, bool) {
		for _, v := range verbs {
			if r.Verb == v {
				return true, true
			}
		}
		return false, false
	}
}
