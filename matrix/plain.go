package matrix

import (
	"bytes"
	"context"
	"errors"
	"time"

	"msnbridge/bridge"
)

// plainTrust is how long the homeserver's word is good that a room is not encrypted, while /sync
// would tell of a change. A text in the clear can then only slip through if somebody switches
// encryption on less than so long before, and /sync is still behind when the text goes out: before
// its writer has seen anything that was said afterwards.
const plainTrust = 5 * time.Second

// maxPlain is how many rooms that word is remembered for.
const maxPlain = 1000

// A plainness is a homeserver's word that a room is not encrypted.
type plainness struct {
	at     time.Time // when it was asked for; zero: it was not given yet
	asking bool      // a goroutine asks for it
}

// plainAllowed is an error if plain text must not be sent to a room: it is encrypted, or we cannot
// be sure. /sync may be behind, so the homeserver is asked, unless it has just been.
func (c *Conn) plainAllowed(ctx context.Context, room string, retry bool) error {
	if !c.knownEncrypted(room) && !retry && c.trusts(room, plainTrust) {
		return nil
	}
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

// trusts tells whether the homeserver has said, not longer ago than that, that a room is not
// encrypted, and /sync has told nothing else.
func (c *Conn) trusts(room string, age time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.plain[room]
	return c.hearing && p != nil && time.Since(p.at) < age
}

// expectText has the homeserver asked whether a room is encrypted, since somebody is about to write
// there: so it need not be waited for then.
func (c *Conn) expectText(room string) {
	if room == "" || c.knownEncrypted(room) || c.trusts(room, plainTrust/2) {
		return
	}
	if p := c.askPlain(room); p != nil {
		c.spawn(func(ctx context.Context) { c.foresee(ctx, room, p) })
	}
}

// askPlain says that a room is being asked about; nil if it is already.
func (c *Conn) askPlain(room string) *plainness {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.plain[room]
	switch {
	case p != nil && p.asking:
		return nil
	case p == nil && (len(c.plain) >= maxPlain || c.plain == nil):
		c.plain = map[string]*plainness{}
	}
	if p == nil {
		p = &plainness{}
		c.plain[room] = p
	}
	p.asking = true
	return p
}

// foresee asks whether a room is encrypted. What /sync has told meanwhile counts more: then nobody
// looks at p any more.
func (c *Conn) foresee(ctx context.Context, room string, p *plainness) {
	at := time.Now()
	encrypted, err := c.api.encrypted(ctx, room)
	if err == nil && encrypted {
		c.noteEncrypted(room)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	p.asking = false
	if err == nil && !encrypted {
		p.at = at
	}
}

// heed looks, before anything else is done with an answer to /sync, for rooms of which it may say
// that they are encrypted.
func (c *Conn) heed(resp *syncResponse) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for room := range c.plain {
		if bytes.Contains(resp.Rooms.Join[room], []byte(typeEncryption)) {
			delete(c.plain, room)
		}
	}
}

// hears notes whether /sync tells what happens.
func (c *Conn) hears(yes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hearing = yes
}
