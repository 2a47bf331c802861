package wire

import (
	"io"
	"sync"
	"syscall"
)

const (
	bufferSize = 16 << 10 // of input while some is pending
	idleSize   = 512      // of what an idle reader of something else than a socket holds
	keepWords  = 64       // longest word list that goes back to the pool
)

// A Reader reads commands. While it waits for input it holds no buffer, or one
// of 512 bytes where its source is not a socket; buffers for input that is
// pending come from a pool.
//
// Fill reads once, and Next cuts what there is into commands, so that all that
// one read has brought can be handled before the next. Read does both, for who
// wants one command after another.
type Reader struct {
	// Payloads are the verbs that have a payload. It may be replaced between two
	// commands.
	Payloads Payloads

	src  io.Reader
	sock *socket // src, where it is a socket that can be read without a buffer
	idle []byte

	buf     *buffer // nil while no input is pending
	need    int     // bytes that the command at hand is known to need
	scanned int     // bytes of input known to hold no line end
}

// A buffer holds input from r to w.
type buffer struct {
	b    []byte
	r, w int
	cmd  Command
}

var buffers = sync.Pool{New: func() any { return &buffer{b: make([]byte, bufferSize)} }}

// NewReader reads commands from src.
func NewReader(src io.Reader, t Payloads) *Reader {
	r := &Reader{}
	r.Init(src, t)
	return r
}

// Init makes r a reader of src, for who keeps a Reader in a struct of its own.
func (r *Reader) Init(src io.Reader, t Payloads) {
	*r = Reader{src: src, Payloads: t}
	if c, ok := src.(syscall.Conn); ok {
		r.sock = newSocket(r, c)
	}
}

// Read returns the next command and waits for it if need be. The command is
// valid until the next call of Read, Next or Fill.
func (r *Reader) Read() (*Command, error) {
	for {
		if c, err := r.Next(); c != nil || err != nil {
			return c, err
		}
		if err := r.Fill(); err != nil {
			return nil, err
		}
	}
}

// Next returns the next command of the input that is there, or nil if there is
// no whole one. The command is valid until the next call of Next or Fill, but
// what it points to until Fill. Blank lines are passed over.
func (r *Reader) Next() (*Command, error) {
	for r.buf != nil && r.buf.r < r.buf.w && r.buf.r+r.need <= r.buf.w {
		in := r.buf.b[r.buf.r:r.buf.w]
		cmd := &r.buf.cmd
		n, err := r.Payloads.parse(in, r.scanned, cmd)
		if err != nil {
			return nil, err
		}
		if n == 0 || n > len(in) {
			r.incomplete(len(in), n)
			return nil, nil
		}
		r.buf.r += n
		r.need, r.scanned = 0, 0
		if len(cmd.Verb) > 0 {
			return cmd, nil
		}
	}
	return nil, nil
}

// incomplete notes what the next attempt to parse must wait for.
func (r *Reader) incomplete(have, total int) {
	if total > 0 {
		r.need = total
	} else {
		r.need, r.scanned = have+1, have
	}
}

// InPayload tells whether a command whose payload is not complete is waiting.
func (r *Reader) InPayload() bool { return r.need > 0 && r.scanned == 0 && r.buf != nil }

// Fill waits until the source has brought something more. It is called when Next
// has returned nil.
func (r *Reader) Fill() error {
	if r.buf != nil && r.buf.r == r.buf.w {
		r.release()
	}
	if r.sock != nil {
		return r.sock.fill()
	}
	if r.buf != nil {
		n, err := r.src.Read(r.space())
		return r.filled(n, err)
	}
	if r.idle == nil {
		r.idle = make([]byte, idleSize)
	}
	n, err := r.src.Read(r.idle)
	if n > 0 {
		copy(r.space(), r.idle[:n])
	}
	return r.filled(n, err)
}

// filled takes note of n bytes that have been read into space.
func (r *Reader) filled(n int, err error) error {
	if n > 0 {
		r.buf.w += n
		return nil
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// space makes room for more input, at least for the command at hand.
func (r *Reader) space() []byte {
	if r.buf == nil {
		r.buf = buffers.Get().(*buffer)
	}
	b := r.buf
	if b.r > 0 && (b.w == len(b.b) || b.r+r.need > len(b.b)) {
		b.w = copy(b.b, b.b[b.r:b.w])
		b.r = 0
	}
	if r.need > len(b.b) {
		b.b = append(b.b, make([]byte, r.need-len(b.b))...)
	}
	return b.b[b.w:]
}

// release gives the buffer back.
func (r *Reader) release() {
	b := r.buf
	if b == nil {
		return
	}
	r.buf, r.need, r.scanned = nil, 0, 0
	b.r, b.w = 0, 0
	if len(b.b) == bufferSize && cap(b.cmd.Words) <= keepWords {
		buffers.Put(b)
	}
}

// Close gives the reader's buffers back. It does not close the source.
func (r *Reader) Close() {
	r.release()
	r.idle = nil
}
