//go:build unix

package wire

import (
	"io"
	"syscall"
)

// A socket is a source that is read when it is readable and not before, so that
// no buffer is held while nothing comes.
type socket struct {
	r    *Reader
	conn syscall.RawConn
	try  func(fd uintptr) bool
	n    int
	err  error
}

// newSocket returns nil if c cannot be read in this way.
func newSocket(r *Reader, c syscall.Conn) *socket {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil
	}
	s := &socket{r: r, conn: raw}
	s.try = s.read
	return s
}

func (s *socket) fill() error {
	s.n, s.err = 0, nil
	if err := s.conn.Read(s.try); err != nil {
		return err
	}
	return s.r.filled(s.n, s.err)
}

// read is called once at first and then whenever the socket may be readable; it
// returns false to go on waiting.
func (s *socket) read(fd uintptr) bool {
	had := s.r.buf != nil
	for {
		s.n, s.err = syscall.Read(int(fd), s.r.space())
		if s.err != syscall.EINTR {
			break
		}
	}
	if s.n == 0 && s.err == nil {
		s.err = io.EOF
	}
	if s.n <= 0 && !had {
		s.r.release()
	}
	return s.err != syscall.EAGAIN
}
