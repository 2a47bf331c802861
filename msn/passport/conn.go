package passport

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// What a connection may take. A slow client is behind a modem.
const (
	requestTime = 30 * time.Second // to send the request, the handshake included
	checkTime   = 20 * time.Second // to find out whether a password is right
	writeTime   = 30 * time.Second // to take the answer
	leaveTime   = 2 * time.Second  // to end the connection after the answer

	maxHead = 16 << 10 // bytes of a request without its body
	maxBody = 64 << 10 // bytes of a body
)

// An inquiry is a request with what it came by.
type inquiry struct {
	*http.Request
	from  net.Addr // the client
	local net.Addr // where it has reached us
	asked string   // the host that it wants, HOST or HOST:PORT; empty: not told
	tls   bool
	port  string // where we listen, for the plain listener
	body  []byte
}

// serve answers the one request of a connection in the clear.
func (s *Server) serve(ctx context.Context, nc net.Conn, port string) {
	nc.SetDeadline(time.Now().Add(requestTime))
	s.exchange(ctx, nc, &inquiry{from: nc.RemoteAddr(), local: nc.LocalAddr(), port: port})
	leave(nc)
}

// exchange reads a request and answers it. Its deadline has been set.
func (s *Server) exchange(ctx context.Context, nc net.Conn, q *inquiry) {
	err := q.read(nc)
	if errors.Is(err, io.EOF) && q.Request == nil {
		return // only looked in
	}
	var a *answer
	switch refusal := refusals[reason(err)]; {
	case refusal != nil:
		a = refusal
		s.log.Debug("bad request to passport", "peer", q.from, "err", err)
	case err != nil:
		s.log.Debug("connection to passport lost", "peer", q.from, "err", err)
		return
	default:
		check, cancel := context.WithTimeout(ctx, checkTime)
		defer cancel()
		a = s.answer(check, q)
	}
	nc.SetDeadline(time.Now().Add(writeTime))
	if err := a.write(nc, q.Request != nil && q.Method == http.MethodHead); err != nil {
		s.log.Debug("answer of passport not taken", "peer", q.from, "err", err)
	}
}

// What can be wrong with a request as such.
var (
	errHead = errors.New("request too long")
	errBody = errors.New("body too long")
	errForm = errors.New("malformed request")
)

var refusals = map[error]*answer{
	errHead: page("431 Request Header Fields Too Large", "No", "This request is too long."),
	errBody: page("413 Request Entity Too Large", "No", "This request is too long."),
	errForm: page("400 Bad Request", "No", "This is no request."),
}

// reason is what err says of the request, if it does.
func reason(err error) error {
	for known := range refusals {
		if errors.Is(err, known) {
			return known
		}
	}
	return nil
}

// read reads a request, with its body.
func (q *inquiry) read(nc net.Conn) error {
	limit := &io.LimitedReader{R: nc, N: maxHead}
	r, err := readHead(bufio.NewReader(limit))
	switch {
	case err != nil && limit.N <= 0:
		return errHead
	case err != nil:
		return err
	}
	q.Request = r
	if r.Host != "" {
		q.asked = r.Host
	}
	return q.readBody(nc, limit)
}

func (q *inquiry) readBody(nc net.Conn, limit *io.LimitedReader) (err error) {
	if q.ContentLength > maxBody {
		return errBody
	}
	if q.Header.Get("Expect") != "" && q.ProtoAtLeast(1, 1) {
		if _, err := io.WriteString(nc, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
			return err
		}
	}
	limit.N = 2 * maxBody // in chunks it is longer
	q.body, err = io.ReadAll(io.LimitReader(q.Body, maxBody+1))
	switch {
	case len(q.body) > maxBody:
		return errBody
	case err != nil && !isLost(err):
		return errForm
	}
	return err
}

// isLost tells an error of the connection from one of what came by it.
func isLost(err error) bool {
	if _, ok := errors.AsType[*url.Error](err); ok {
		return false // although it looks like one
	}
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// leave ends a connection so that the client gets all of the answer: closing with
// input unread could throw it away.
func leave(nc net.Conn) {
	if c, ok := nc.(interface{ CloseWrite() error }); ok && c.CloseWrite() == nil {
		nc.SetReadDeadline(time.Now().Add(leaveTime))
		io.Copy(io.Discard, io.LimitReader(nc, maxBody))
	}
	nc.Close()
}
