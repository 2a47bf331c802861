package msn

import (
	"strings"
	"time"

	"msnbridge/msn/wire"
)

// A seat is a client's place in a switchboard. All but its connection is its
// reader's, and does not change once it is seated.
type seat struct {
	c      *conn
	sb     *switchboard // nil until USR or ANS
	ns     *session     // the notification session that got the cookie
	handle string
	name   string
	client string // what the client can do
	head   []byte // "MSG handle name"
	batch  *batch // MSGs of the read at hand
	req    request
	peer   peer
	chunks chunks
	secret string // Message-ID of the last command that came in chunks
}

// A seatCommand is one row of the switchboard's table.
type seatCommand struct {
	min, max int
	seated   bool // after USR or ANS, or before
	run      func(*seat, *request) error
}

var switchboardCommands = map[string]seatCommand{
	"USR": {min: 2, max: 2, run: sbUSR},
	"ANS": {min: 3, max: 3, run: sbANS},
	"CAL": {min: 1, max: 1, seated: true, run: cal},
	"MSG": {min: 2, max: 2, seated: true, run: msg},
}

// switchboardPayloads are the payloads of the switchboard's commands.
var switchboardPayloads = wire.Payloads{"MSG": {Words: 3, Limit: maxMessage}}

// command is called by the reader. Before it is seated, a client may not err.
func (s *seat) command(cmd *wire.Command) error {
	if string(cmd.Verb) != "MSG" {
		s.flush() // what came before is relayed first
	}
	if string(cmd.Verb) == "OUT" {
		return errEnd
	}
	r := &s.req
	*r = request{args: cmd.Words, payload: cmd.Payload}
	trid, numbered := cmd.TrID()
	if numbered {
		r.trid, r.args = trid, r.args[1:]
	}
	row, ok := switchboardCommands[string(cmd.Verb)]
	if !ok || !numbered || len(r.args) < row.min || len(r.args) > row.max || row.seated != (s.sb != nil) {
		if s.sb == nil {
			return errEnd
		}
		s.fail(r.trid, codeSyntax)
		return nil
	}
	return row.run(s, r)
}

// fail answers with an error number.
func (s *seat) fail(trid uint32, c code) {
	var a [32]byte
	s.c.send(wire.Error{Code: int(c), TrID: trid}.Append(a[:0]))
}

// sbUSR seats a client that has come to call.
func sbUSR(s *seat, r *request) error {
	t, ok := s.c.srv.cookies.take(r.arg(1), strings.ToLower(r.arg(0)), false, 0)
	if !ok {
		s.fail(r.trid, codeFailed)
		return errEnd
	}
	s.sit(t, newSwitchboard(s.c.srv))
	b := append(wire.AppendInt([]byte("USR"), int64(r.trid)), " OK"...)
	b = appendName(wire.AppendWord(b, s.handle), s.name, s.handle)
	s.c.send(wire.AppendEnd(b))
	s.sb.join(s, r.trid, false)
	return nil
}

// sbANS seats a client that answers a ring.
func sbANS(s *seat, r *request) error {
	id, ok := wire.ParseTrID(r.args[2])
	t, known := s.c.srv.cookies.take(r.arg(1), strings.ToLower(r.arg(0)), true, id)
	if !ok || !known {
		s.fail(r.trid, codeFailed)
		return errEnd
	}
	s.sit(t, t.sb)
	o, ok := s.sb.join(s, r.trid, true)
	if !ok {
		s.fail(r.trid, codeFailed)
		return errEnd
	}
	if o != nil {
		o.attach()
		return nil
	}
	if o := t.sb.outside(); o != nil {
		o.welcome(s, func() {})
	}
	return nil
}

// sit takes what the cookie stood for.
func (s *seat) sit(t ticket, sb *switchboard) {
	s.sb, s.ns, s.handle, s.name, s.client = sb, t.ns, t.handle, t.name, t.client
	s.head = appendName(wire.AppendWord([]byte("MSG"), s.handle), s.name, s.handle)
	s.c.rd.Payloads = switchboardPayloads
	s.c.readDeadline(time.Time{})
	s.c.setFarewell("OUT\r\n")
}

func (s *seat) ended() {
	if s.sb != nil {
		s.sb.leave(s)
	}
}
