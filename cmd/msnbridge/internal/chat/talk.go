package chat

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"msnbridge/msn/client"
)

// ackTime is how long the server may take to find out whether a message has been
// delivered: it says so within 50 s.
const ackTime = time.Minute

var errNoWindow = errors.New("no conversation is open; open one with /chat HANDLE")

// maxText is the longest text of one message, in bytes (doc/protocol, 03).
const maxText = 1400

// talkTo makes the conversation with handle the current one, and opens it if need
// be.
func (c *Chat) talkTo(ctx context.Context, handle string) error {
	c.mu.Lock()
	w := c.find(handle)
	c.mu.Unlock()
	if w == nil || w.ended() {
		var err error
		if w, err = c.call(ctx, handle); err != nil {
			return err
		}
	}
	c.mu.Lock()
	c.current = w
	c.mu.Unlock()
	c.say("* you are talking to %s", handle)
	return nil
}

// call opens a conversation.
func (c *Chat) call(ctx context.Context, handle string) (*window, error) {
	sb, err := c.client.Call(ctx, handle)
	if err != nil {
		return nil, err
	}
	return c.open(handle, sb), nil
}

// window is the current one.
func (c *Chat) window() (*window, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == nil {
		return nil, errNoWindow
	}
	return c.current, nil
}

// write sends a text to the current conversation, and calls its people back if
// they have left.
func (c *Chat) write(ctx context.Context, text string) error {
	w, err := c.ready(ctx)
	if err != nil {
		return err
	}
	for len(text) > 0 {
		part := text[:end(text, maxText)]
		text = text[len(part):]
		if err := c.send(ctx, w, part); err != nil {
			return err
		}
	}
	return nil
}

// ready returns the current conversation with somebody in it.
func (c *Chat) ready(ctx context.Context) (*window, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	w, err := c.window()
	switch {
	case err != nil:
		return nil, err
	case w.ended():
		return c.call(ctx, w.handle())
	case len(w.sb.Participants()) > 0:
		return w, nil
	}
	if err := w.sb.Invite(ctx, w.handle()); err != nil {
		return nil, fmt.Errorf("call %s again: %w", w.handle(), err)
	}
	return w, w.sb.WaitFor(ctx, w.handle())
}

// ended tells whether the server has closed the conversation.
func (w *window) ended() bool {
	select {
	case <-w.sb.Done():
		return true
	default:
		return false
	}
}

func (c *Chat) send(ctx context.Context, w *window, text string) error {
	ctx, cancel := context.WithTimeout(ctx, ackTime)
	defer cancel()
	err := w.sb.SendText(ctx, text)
	if errors.Is(err, client.ErrNotDelivered) {
		return fmt.Errorf("not delivered: %s", text)
	}
	return err
}

// end is where to cut s so that at most max bytes and no half characters are
// before it.
func end(s string, max int) int {
	if len(s) <= max {
		return len(s)
	}
	for i := max; i > max-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			return i
		}
	}
	return max
}
