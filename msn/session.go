package msn

import (
	"errors"
	"sync"

	"golang.org/x/time/rate"

	"msnbridge/bridge"
	"msnbridge/msn/wire"
)

// maxPending is how many answers may wait for the store before no more input is
// read.
const maxPending = 64

// A state says how far a notification connection has come.
type state uint8

const (
	fresh state = iota
	negotiated
	signedIn
)

// farewell tells a client that the service goes down in a minute, and ends its
// session (doc/protocol, 02 section 8).
var farewell = string(wire.AppendCommand(wire.AppendPayload([]byte("MSG Hotmail Hotmail"), []byte(
	"MIME-Version: 1.0\r\nContent-Type: application/x-msmsgssystemmessage\r\n\r\nType: 1\r\nArg1: 1\r\n")),
	"OUT", "SSD"))

// A session is a connection to the notification server, and from its sign-in on
// the sink of an account's session. Until then everything is its reader's.
// Afterwards the reader only cuts input into commands and posts all that one
// read has brought to the account's turn, where they are handled.
type session struct {
	c        *conn
	dispatch bool

	// The reader's. bs and d do not change after the sign-in.
	state state
	d     *dialect
	try   *attempt
	bs    *bridge.Session
	in    []byte // commands to be posted

	unescapes bool // its client decodes percent codes in UBX: CVR has said so

	// The account's turn's.
	out    []byte // being appended to; nil outside of the turn
	open   bool   // USR OK has been sent
	synced bool   // SYN has been answered
	quiet  bool   // IMS OFF: is not rung
	shown  bool   // has had a state, but FLN
	ending bool
	early  []bridge.Event // came before USR OK
	held   *removal       // or nil
	guids  guidIndex      // of the forward list; nil while it is not needed
	asked  *asked         // CHL that waits for QRY, or nil

	calls *rate.Limiter // CAL and XFR; made with the first XFR

	mu      sync.Mutex // guards the rest
	pending int        // answers that wait for the store
	room    chan struct{}
	gone    bool
}

// A request is a command that is handled. What it points to stays as it is, but
// for args itself, which is valid until the handler returns.
type request struct {
	trid    uint32
	args    [][]byte // the words after the transaction ID
	payload []byte
	row     *command
	out     *[]byte
}

// reply appends an answer with the request's transaction ID.
func (r *request) reply(verb string, words ...string) {
	*r.out = wire.AppendReply(*r.out, verb, r.trid, words...)
}

// arg is a word of the request as a string.
func (r *request) arg(i int) string { return string(r.args[i]) }

// command is called by the reader.
func (s *session) command(cmd *wire.Command) error {
	if s.state == signedIn {
		s.in = append(s.in, cmd.Raw...)
		return nil
	}
	var err error
	aside(func() {
		var out []byte
		err = s.handle(cmd, &out)
		s.c.send(out)
	})
	return err
}

// aside runs f and waits for it. What a sign-in calls goes deep, and would leave
// the reader of every idle connection with a large stack.
func aside(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}

// flush posts what the last read has brought, and holds the reader while too
// much waits for the store.
func (s *session) flush() {
	if len(s.in) == 0 {
		return
	}
	b := s.in
	s.in = nil
	s.bs.Post(func() { s.turn(func() { s.batch(b) }) })
	s.waitForRoom()
}

// ended is called by the reader. The session closes after the commands that have
// been posted.
func (s *session) ended() {
	s.mu.Lock()
	s.gone = true
	s.wake()
	s.mu.Unlock()
	if s.bs != nil {
		if d := s.dialect(); d.renames || d.challenged {
			s.bs.Post(func() { s.turn(s.settle) })
		}
		s.bs.Close()
	}
}

// settle ends what waits for the client's next command.
func (s *session) settle() {
	s.release()
	s.takeAsked()
}

// turn runs f in the account's turn and sends what it has appended to s.out.
func (s *session) turn(f func()) {
	if s.out != nil {
		f()
		return
	}
	o := outputs.Get().(*output)
	s.out = append(o.b[:0], 0)[:0]
	f()
	s.c.send(s.out)
	o.b, s.out = s.out, nil
	o.free()
	if s.ending {
		s.c.finish()
	}
}

// batch handles commands in the turn.
func (s *session) batch(b []byte) {
	var cmd wire.Command
	for len(b) > 0 && !s.ending {
		n, err := s.d.payloads.Parse(b, &cmd)
		if err != nil || n == 0 || n > len(b) {
			return // cannot be: the reader has cut it
		}
		b = b[n:]
		if s.held != nil && !s.held.renamedBy(&cmd) {
			s.release()
		}
		if len(cmd.Verb) > 0 && s.handle(&cmd, &s.out) != nil {
			s.ending = true
		}
	}
}

// handle runs one command and answers it with an error number if need be. The
// error that it returns ends the connection.
func (s *session) handle(cmd *wire.Command, out *[]byte) error {
	r := request{out: out}
	err := s.dispatchCommand(cmd, &r)
	var c code
	if errors.As(err, &c) {
		*out = wire.Error{Code: int(c), TrID: r.trid}.Append(*out)
	}
	if err == nil || errors.Is(err, errEnd) {
		return err
	}
	if c == 0 {
		s.c.srv.log.Warn("command failed", "command", string(cmd.Verb), "err", err)
	}
	return nil
}

// dispatchCommand finds the command's row and checks what the row asks for.
func (s *session) dispatchCommand(cmd *wire.Command, r *request) error {
	trid, numbered := cmd.TrID()
	r.trid = trid
	r.row = commandFor(cmd.Verb, s.dialect())
	if r.row == nil {
		return codeSyntax
	}
	r.args, r.payload = cmd.Words, cmd.Payload
	switch {
	case s.state < r.row.from && r.row.bare:
		return errEnd
	case s.state < r.row.from:
		return codeNotSignedIn
	case r.row.strict && !numbered:
		return errEnd
	case !r.row.bare && !numbered:
		return codeSyntax
	case !r.row.bare:
		r.args = r.args[1:]
	}
	if len(r.args) < r.row.min || len(r.args) > r.row.max {
		return codeSyntax
	}
	return r.row.run(s, r)
}

// dialect is the one in force. Without VER it is MSNP2: an early Gaim begins so
// after a referral (doc/protocol, 00).
func (s *session) dialect() *dialect {
	if s.d == nil {
		return dialects[0]
	}
	return s.d
}

// await notes that an answer waits for the store. It is called before the call
// that the answer waits for, and settled in what is called when that is done.
func (s *session) await() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending++
}

// settled answers, in the turn, a request that has waited for the store: with
// ok, or with the number of err.
func (s *session) settled(trid uint32, row *command, err error, ok func()) {
	s.mu.Lock()
	s.pending--
	if s.pending <= maxPending/2 {
		s.wake()
	}
	s.mu.Unlock()
	s.turn(func() {
		if err == nil {
			ok()
			return
		}
		s.out = wire.Error{Code: int(codeOf(err, row.errs)), TrID: trid}.Append(s.out)
	})
}

// wake lets the reader go on. s.mu is held.
func (s *session) wake() {
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
}

// waitForRoom holds the reader while too many answers wait for the store. The
// store answers each of them, so the wait ends.
func (s *session) waitForRoom() {
	s.mu.Lock()
	var room chan struct{}
	if s.pending > maxPending && !s.gone {
		room = make(chan struct{})
		s.room = room
	}
	s.mu.Unlock()
	if room != nil {
		<-room
	}
}
