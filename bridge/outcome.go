package bridge

import (
	"errors"
	"fmt"
	"time"
)

// finish tells the writer, and takes the message out of the store.
func (l *login) finish(o *outgoing, err error) {
	told := o.done(err)
	if err != nil && o.msg.Command == "" {
		l.log.Warn("message not confirmed", "outcome", err, "writer_told", told)
	}
	l.a.turn.settle(func() { l.a.finished(o.msg, err, told) })
}

// finished runs in the turn.
func (a *account) finished(m Message, err error, told bool) {
	a.leftBox(m)
	w := batch{func(tx Tx) error { return tx.DropOutgoing(a.handle, m.ID) }}
	taken := func() {}
	if err != nil && !told {
		taken = a.keep(&w, a.complaint(m, err))
	}
	a.commit(w, func(err error) {
		if err == nil {
			taken()
		}
	})
}

// complaint is the line that tells the writer, in the conversation, that a
// message has not got through.
func (a *account) complaint(m Message, err error) Message {
	text := "(not delivered"
	var se *SendError
	if errors.As(err, &se) {
		if se.Unknown {
			text = "(perhaps not delivered"
		}
		if se.Reason != "" {
			text += ", " + se.Reason
		}
		if se.Sent > 0 {
			text += fmt.Sprintf(", %d of %d parts were sent", se.Sent, se.Parts)
		}
	}
	text += ": " + shorten(m.Text, 200) + ")"
	return Message{Chat: m.Chat, From: m.Chat, Text: text, Time: time.Now()}
}

// shorten cuts a text to at most n bytes, at the border of a character.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n] + "..."
}
