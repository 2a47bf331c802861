package matrix

import (
	"context"
	"errors"
	"net/http"
	"time"

	"msnbridge/bridge"
)

// What a writer is told.
const (
	reasonEncrypted = "this chat is encrypted, and the gateway cannot write encrypted messages"
	reasonUnsure    = "the homeserver does not say whether this chat is encrypted"
	reasonForbidden = "the homeserver does not let you write there"
	reasonTooLong   = "the message is too long for the homeserver"
	reasonGone      = "the chat is not there any more"
	reasonAway      = "the homeserver cannot be reached"
	reasonNoRoom    = "a chat with this person could not be made"
	reasonBusy      = "the homeserver is too busy"
	reasonRefused   = "the homeserver has refused the message"
)

var reasons = map[int]string{
	http.StatusForbidden:             reasonForbidden,
	http.StatusRequestEntityTooLarge: reasonTooLong,
	http.StatusNotFound:              reasonGone,
	http.StatusTooManyRequests:       reasonBusy,
}

// Send writes a message into a direct chat with the person. It is tried until ctx ends, each time
// with the same transaction ID. A homeserver that was started again may have forgotten that, so
// before another try of what it may have, the room is searched for our own key.
func (c *Conn) Send(ctx context.Context, msg bridge.Message) error {
	if err := c.alive(); err != nil {
		return &bridge.SendError{Unknown: msg.Retry, Reason: reasonAway, Err: err}
	}
	if err := c.somebody(msg.Chat); err != nil {
		return &bridge.SendError{Unknown: msg.Retry, Reason: err.Error(), Err: err}
	}
	if c.unheard(msg.Chat) {
		return &bridge.SendError{Reason: errUnwanted.Error(), Err: errUnwanted}
	}
	ctx, stop := c.during(ctx)
	defer stop()
	if msg.Command != "" {
		return c.obey(ctx, msg)
	}
	c.talks()
	err := c.transmit(ctx, msg)
	var failed *bridge.SendError
	if errors.As(err, &failed) && errors.Is(context.Cause(ctx), bridge.ErrClosed) {
		failed.Err = bridge.ErrClosed // so that the next connection is given the message
	}
	return err
}

func (c *Conn) transmit(ctx context.Context, msg bridge.Message) error {
	room, err := c.place(ctx, msg)
	if err != nil {
		return &bridge.SendError{Unknown: msg.Retry, Reason: reasonNoRoom, Err: errors.New(brief(err))}
	}
	if err := c.plainAllowed(ctx, room, msg.Retry); err != nil {
		return err
	}
	t := &transmission{conn: c, room: room, msg: msg, perhaps: msg.Retry, search: msg.Retry}
	return t.deliver(ctx)
}

// plainAllowed is an error if plain text must not be sent to a room: it is encrypted, or we cannot
// be sure. The homeserver is asked before each message: /sync may be behind.
func (c *Conn) plainAllowed(ctx context.Context, room string, retry bool) error {
	encrypted := c.knownEncrypted(room)
	var err error
	if !encrypted {
		err = c.api.try(ctx, func() error {
			encrypted, err = c.api.encrypted(ctx, room)
			return err
		})
	}
	switch {
	case err != nil && statusOf(err) == 0:
		return &bridge.SendError{Unknown: retry, Reason: reasonAway, Err: errors.New(brief(err))}
	case err != nil:
		return &bridge.SendError{Unknown: retry, Reason: orSo(reasons[statusOf(err)], reasonUnsure), Err: errors.New(brief(err))}
	case encrypted && c.cipher == nil:
		return &bridge.SendError{Unknown: retry, Reason: c.cannotSeal()}
	case encrypted:
		c.noteEncrypted(room)
	}
	return nil
}

// cannotSeal says why nothing can be written into encrypted rooms.
func (c *Conn) cannotSeal() string {
	if c.noCipher == "" {
		return reasonEncrypted
	}
	return reasonEncrypted + ": " + c.noCipher
}

// A transmission is a message on its way into a room.
type transmission struct {
	conn    *Conn
	room    string
	msg     bridge.Message
	perhaps bool // the homeserver may have the message
	search  bool // look for it before the next try

	corrects *said  // the message that this one takes the place of
	answers  *said  // or answers
	event    string // that it has become; empty if that is not known
}

// deliver sends the message, which may be a correction of the one before.
func (t *transmission) deliver(ctx context.Context) error {
	if done, err := t.correct(ctx); done || err != nil {
		return err
	}
	if err := t.run(ctx); err != nil {
		return err
	}
	t.conn.noteSent(t)
	t.conn.typedOut(t.room)
	return nil
}

// run tries until the message is there, refused, or ctx ends.
func (t *transmission) run(ctx context.Context) error {
	a := t.conn.api
	for wait := a.times.Retry; ; wait = a.longer(wait) {
		err := t.once(ctx)
		if err == nil {
			return nil
		}
		var unsealed *sealError
		if definite(err) || errors.As(err, &unsealed) || ctx.Err() != nil {
			return t.failure(err)
		}
		if pause(ctx, max(wait, retryAfter(err))) != nil {
			return t.failure(err)
		}
	}
}

// once looks for the message if need be, and sends it.
func (t *transmission) once(ctx context.Context) error {
	if t.search {
		found, err := t.find(ctx)
		if err != nil || found {
			return err
		}
	}
	kind, content, err := t.conn.sealed(ctx, t.room, typeMessage, t.content())
	if err != nil {
		return err
	}
	event, left, err := t.conn.api.send(ctx, t.room, kind, txnID(t.msg.ID), content)
	t.event = event
	if err == nil || definite(err) || retryAfter(err) > 0 {
		return err
	}
	if left {
		t.perhaps, t.search = true, true
	}
	return err
}

func (t *transmission) failure(err error) error {
	failed := &bridge.SendError{Unknown: t.perhaps, Reason: orSo(accountReason(err), reasons[statusOf(err)]), Err: errors.New(brief(err))}
	var unsealed *sealError
	switch {
	case errors.As(err, &unsealed):
		failed.Reason = unsealed.reason
	case failed.Reason != "":
	case definite(err):
		failed.Reason = reasonRefused
	case !t.perhaps:
		failed.Reason = reasonAway
	}
	return failed
}

// How far back a message is searched for.
const (
	searchPages = 10
	searchPage  = 50
	searchSlack = 10 * time.Minute // our clock and the homeserver's may differ
)

// find tells whether the message is in the room. What a homeserver has accepted may show a moment
// later, so it is looked for twice.
func (t *transmission) find(ctx context.Context) (bool, error) {
	found, err := t.look(ctx)
	if found || err != nil {
		return found, err
	}
	if err := pause(ctx, t.conn.times.Retry); err != nil {
		return false, err
	}
	return t.look(ctx)
}

// look reads what we have written in the room, the newest first.
func (t *transmission) look(ctx context.Context) (bool, error) {
	from := ""
	for range searchPages {
		resp, err := t.conn.api.messages(ctx, t.room, from, "", messagesFilter(t.conn.me, typeMessage, typeEncrypted), searchPage)
		if err != nil {
			return false, err
		}
		for _, e := range t.conn.parseEvents(resp.Chunk, t.room) {
			if e.Sender == t.conn.me && keyOf(&e) == t.msg.ID {
				t.event = e.ID
				return true, nil
			}
			if t.tooOld(&e) {
				return false, nil
			}
		}
		if resp.End == "" || resp.End == from || len(resp.Chunk) == 0 {
			return false, nil
		}
		from = resp.End
	}
	return false, nil
}

func (t *transmission) tooOld(e *anEvent) bool {
	return !t.msg.Time.IsZero() && time.UnixMilli(e.Time).Before(t.msg.Time.Add(-searchSlack))
}
