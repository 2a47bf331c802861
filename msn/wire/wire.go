// Package wire is the framing of MSNP: commands of a verb and words, payloads
// that follow some of them, percent-encoded words, and the MIME-like payload of
// MSG. It knows no command's meaning and keeps no state but unread input.
package wire

import (
	"errors"
	"fmt"
	"strconv"
)

// MaxLine is the longest command line that is read, line end included, in bytes.
const MaxLine = 8 << 10

// What ends a connection: after it the input is out of step.
var (
	ErrLineTooLong    = errors.New("command line too long")
	ErrPayloadTooLong = errors.New("payload too long")
	ErrPayloadLength  = errors.New("payload length is no number")
)

// A Command is one command as it was framed. Everything in it points into the
// bytes that were parsed.
type Command struct {
	Verb    []byte
	Words   [][]byte // what follows the verb: the transaction ID, where there is one, is the first
	Payload []byte   // nil if the verb has none
	Raw     []byte   // the whole command, line end and payload included
}

// TrID reads the first word as a transaction ID.
func (c *Command) TrID() (id uint32, ok bool) {
	if len(c.Words) == 0 {
		return 0, false
	}
	return ParseTrID(c.Words[0])
}

// Error tells whether the command is an error reply, and which.
func (c *Command) Error() (e Error, ok bool) {
	code, ok := decimal(c.Verb)
	if !ok || len(c.Verb) != 3 {
		return Error{}, false
	}
	e.TrID, _ = c.TrID()
	e.Code = int(code)
	return e, true
}

// ParseTrID reads a transaction ID, a decimal number from 0 to 2^32-1.
func ParseTrID(w []byte) (id uint32, ok bool) {
	n, ok := decimal(w)
	return uint32(n), ok && n <= 1<<32-1
}

// decimal reads a number of at most ten decimal digits.
func decimal(w []byte) (n uint64, ok bool) {
	if len(w) == 0 || len(w) > 10 {
		return 0, false
	}
	for _, c := range w {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

// An Error is an error reply: a number of three digits, and the transaction ID
// of the command that it answers, or 0.
type Error struct {
	Code int
	TrID uint32
}

func (e Error) Error() string { return fmt.Sprintf("error %03d to command %d", e.Code, e.TrID) }

// Append writes the reply.
func (e Error) Append(b []byte) []byte {
	if e.Code < 100 {
		b = append(b, '0')
	}
	b = strconv.AppendInt(b, int64(e.Code), 10)
	return AppendEnd(AppendInt(b, int64(e.TrID)))
}
