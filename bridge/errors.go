package bridge

import (
	"errors"
	"fmt"
	"time"
)

// What can be wrong with a request of a session or of the command line.
var (
	ErrMalformed    = errors.New("malformed handle")
	ErrNoSuchUser   = errors.New("no such user, or no login on that network")
	ErrAlreadyThere = errors.New("already there")
	ErrNotOnList    = errors.New("not on the list")
	ErrOpposite     = errors.New("on the opposite list")
	ErrListFull     = errors.New("list full")
	ErrInvalid      = errors.New("invalid parameter")
	ErrNameTooLong  = errors.New("name too long")
	ErrSame         = errors.New("already in that mode")
	ErrGroup        = errors.New("no such group")
	ErrNotInGroup   = errors.New("not in that group")
	ErrGroupExists  = errors.New("group name exists")
	ErrGroupZero    = errors.New("group 0 cannot be removed")
	ErrTooManyGroup = errors.New("too many groups")
	ErrNotOnline    = errors.New("not online")
	ErrBlocked      = errors.New("blocked")
	ErrStore        = errors.New("store failed")
	ErrNotFound     = errors.New("not found")
	ErrExists       = errors.New("exists already")
	ErrClosed       = errors.New("closed")

	ErrWrongPassword = errors.New("wrong password, or no such account")
	ErrTooManyTries  = errors.New("too many failed sign-ins")

	// ErrLeftBehind: what was to be removed is removed, but a network has not taken
	// back what it had there.
	ErrLeftBehind = errors.New("something is left behind")
)

// A SignInError says in words why somebody cannot sign in, to themselves.
type SignInError struct {
	Reason string // plain words; see Words
	Err    error  // for the log; may be nil. ErrWrongPassword if it is that
}

// mostWords is the longest text of a SignInError that is shown, in bytes.
const mostWords = 250

// Words are the reason, fit to be shown: one line of some length.
func (e *SignInError) Words() string { return shorten(oneLine(e.Reason), mostWords) }

func (e *SignInError) Error() string {
	if e.Err == nil {
		return e.Words()
	}
	return e.Words() + " (" + e.Err.Error() + ")"
}

func (e *SignInError) Unwrap() error { return e.Err }

// ErrNoSuchPerson is what a Conn returns from AddContact and Reach when the
// network says that there is nobody of that name.
var ErrNoSuchPerson = errors.New("no such person")

// A RejectedError is what Connect returns, or Conn.Err after Done, when the
// network will not have the login until its owner changes something: a wrong
// password, a ban, a revoked token. The bridge does not try again.
type RejectedError struct {
	Reason string // in plain words, for the owner
	Err    error  // may be nil
}

func (e *RejectedError) Error() string { return e.Reason }
func (e *RejectedError) Unwrap() error { return e.Err }

// A LaterError is what Connect returns, or Conn.Err after Done, when the network
// asks to be left alone for a while ("throttled"). The bridge tries again when
// Wait is over.
type LaterError struct {
	Wait time.Duration
	Err  error

	// Quiet: the network has logged it, once for all the logins that it keeps from
	// being connected.
	Quiet bool
}

func (e *LaterError) Error() string { return e.Err.Error() }
func (e *LaterError) Unwrap() error { return e.Err }

// A SendError is what Conn.Send returns for a message that the network does
// not, or may not, have. Any other error counts as Unknown.
type SendError struct {
	// Unknown: the network may have the message. Otherwise it certainly has not,
	// but for the parts counted in Sent.
	Unknown bool

	// Sent and Parts say how much of a text that had to be split went out.
	Sent, Parts int

	// Reason is said to the writer in plain words ("this room is encrypted");
	// empty where the failure speaks for itself.
	Reason string

	// Err may be nil. It wraps ErrClosed if the message was not sent only because
	// the connection has ended: then the next one is asked.
	Err error
}

func (e *SendError) Error() string {
	s := "refused"
	if e.Unknown {
		s = "outcome unknown"
	}
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	if e.Sent > 0 {
		s += fmt.Sprintf(" (%d of %d parts sent)", e.Sent, e.Parts)
	}
	return s
}

func (e *SendError) Unwrap() error { return e.Err }
