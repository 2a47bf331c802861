package irc

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ergochat/irc-go/ircmsg"

	"msnbridge/bridge"
)

// An errand is a command of ours whose outcome matters. It is written with a PING
// behind it: all that the server says of it comes before the PONG. One is under way
// at a time, so that it is known which one an answer is for. It is guarded by the
// lock of the Conn.
type errand struct {
	command string
	line    string   // as it is written
	about   []string // what an error about it may name: nick, channel

	// hears are called with the answers, by numeric or command; any, if it is not nil,
	// with all messages that come meanwhile.
	hears map[string]func(*ircmsg.Message)
	any   func(*ircmsg.Message)

	says bool // it says something: errors about messages may be its

	// over is called once, at the end: refused has the server's words if it did, err
	// is not nil if the end is not known.
	over func(refused string, err error)

	token   string // of the PING
	job     *command
	written bool
	at      time.Time
	refused string
}

// errands are those that wait and the one that is under way.
type errands struct {
	queue []*errand
	now   *errand
}

const (
	errandKey  = " errand"   // in the outbox
	maxErrands = 20          // that wait; more are refused
	errandTime = time.Minute // that a server has to answer one
)

var (
	errManyErrands = errors.New("too many commands wait for an answer")
	errNoSuchLine  = errors.New("this cannot be said to an IRC server")
)

// errand makes an errand of a command, which names about.
func (c *Conn) errand(command string, params ...string) (*errand, error) {
	line, err := encode(nil, command, params...)
	if err != nil {
		return nil, errNoSuchLine
	}
	return &errand{command: command, line: line, about: params, token: "errand" + rand.Text()[:8],
		hears: map[string]func(*ircmsg.Message){}}, nil
}

// send queues an errand. The lock must be held.
func (c *Conn) sendErrand(e *errand) error {
	if len(c.errands.queue) >= maxErrands {
		return errManyErrands
	}
	c.errands.queue = append(c.errands.queue, e)
	c.nextErrand()
	return nil
}

func (c *Conn) nextErrand() {
	es := &c.errands
	if es.now != nil || len(es.queue) == 0 {
		return
	}
	e := es.queue[0]
	es.queue = es.queue[1:]
	es.now = e
	e.job = &command{text: e.line + "PING " + e.token + "\r\n", wrote: func() { e.written, e.at = true, time.Now() }}
	c.out.push(errandKey, e.job)
	signal(c.work)
}

// end takes an errand off the books, and begins the next.
func (c *Conn) endErrand(e *errand, err error) {
	es := &c.errands
	if es.now == e {
		es.now, e.job.gone = nil, true
		c.out.drop(errandKey)
	} else {
		es.queue = slices.DeleteFunc(es.queue, func(o *errand) bool { return o == e })
	}
	c.nextErrand()
	if over := e.over; over != nil {
		e.over = nil
		over(e.refused, err)
	}
}

// hear sees a message that may belong to the errand that is under way; true if
// nobody else needs it.
func (c *Conn) hear(m *ircmsg.Message) bool {
	e := c.errands.now
	if e == nil || !e.written {
		return false
	}
	if m.Command == "PONG" && slices.Contains(m.Params, e.token) {
		c.endErrand(e, nil)
		return true
	}
	if e.any != nil {
		e.any(m)
	}
	if f := e.hears[m.Command]; f != nil {
		f(m)
		return false
	}
	if !c.concerns(e, m) {
		return false
	}
	if e.refused == "" {
		e.refused = c.id.scrub(last(m))
		if e.refused == "" {
			e.refused = "refused (" + m.Command + ")"
		}
	}
	return true
}

// aboutErrands are errors that no message of ours leads to: about modes, mostly.
var aboutErrands = []string{"472", "501", "502", "696", "697", "698"}

// concerns tells whether an error is about an errand: it names what the errand
// does, or nothing at all.
func (c *Conn) concerns(e *errand, m *ircmsg.Message) bool {
	switch {
	case slices.Contains(aboutErrands, m.Command):
		return true
	case m.Command == "FAIL":
		return len(m.Params) > 0 && m.Params[0] == e.command
	case !isError(m.Command) || !e.says && slices.Contains(aboutMessages, m.Command):
		return false
	}
	names := m.Params[min(1, len(m.Params)):max(1, len(m.Params)-1)]
	if len(m.Params) < 2 || len(names) == 0 {
		return true
	}
	return slices.ContainsFunc(names, func(name string) bool {
		return strings.EqualFold(name, e.command) ||
			slices.ContainsFunc(e.about, func(a string) bool { return c.support.fold(a) == c.support.fold(name) })
	})
}

// lateErrand gives up an errand that the server does not answer, and says when to
// look again.
func (c *Conn) lateErrand(now time.Time) time.Duration {
	e := c.errands.now
	if e == nil || !e.written {
		return never
	}
	if left := e.at.Add(errandTime).Sub(now); left > 0 {
		return left
	}
	c.endErrand(e, errNoAnswer)
	return c.lateErrand(now)
}

// loseErrands ends them all, when the connection has ended.
func (c *Conn) loseErrands(err error) {
	all := c.errands.queue
	if e := c.errands.now; e != nil {
		all = append([]*errand{e}, all...)
	}
	c.errands = errands{}
	for _, e := range all {
		c.endErrand(e, err)
	}
}

// run does an errand, and waits for its end. The error is a *bridge.SendError.
func (c *Conn) runErrand(ctx context.Context, e *errand) error {
	ended := make(chan error, 1)
	e.over = func(refused string, err error) {
		switch {
		case err != nil:
			ended <- &bridge.SendError{Unknown: e.written, Err: err}
		case refused != "":
			ended <- &bridge.SendError{Reason: refused}
		default:
			ended <- nil
		}
	}
	c.mu.Lock()
	err := c.closed()
	if err == nil {
		err = c.sendErrand(e)
	}
	c.mu.Unlock()
	switch {
	case errors.Is(err, errManyErrands):
		return &bridge.SendError{Reason: err.Error()}
	case err != nil:
		return &bridge.SendError{Err: err}
	}
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.endErrand(e, context.Cause(ctx))
	})
	defer stop()
	return <-ended
}
